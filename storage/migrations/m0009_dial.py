"""Migration m0009. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0009_dial(db: sqlite_utils.Database) -> None:
    """How much a subscription wants, the floor that follows from it, and each digest's floor."""
    for statement in (
        """
        CREATE TABLE dials (
            subscription_id INTEGER PRIMARY KEY REFERENCES subscriptions (id) ON DELETE CASCADE,
            about REAL CHECK (about > 0),
            sure REAL CHECK (sure > 0 AND sure < 1),
            surprise INTEGER NOT NULL DEFAULT 1 CHECK (surprise IN (0, 1)),
            set_at TEXT NOT NULL,
            floor REAL,
            expected REAL,
            own_votes INTEGER NOT NULL DEFAULT 0,
            all_votes INTEGER NOT NULL DEFAULT 0,
            prepared_at TEXT,
            CHECK (about IS NULL OR sure IS NULL)
        ) STRICT
        """,
        "CREATE INDEX dials_prepared ON dials (prepared_at)",
        "ALTER TABLE digests ADD COLUMN floor REAL",
    ):
        db.execute(statement)
