"""Migration m0008. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0008_attention(db: sqlite_utils.Database) -> None:
    """One attention budget: late papers of a digest, who reads which channel, and who looks
    after what a channel gets.
    """
    for statement in (
        "ALTER TABLE subscriptions ADD COLUMN late_seq INTEGER NOT NULL DEFAULT 0",
        """
        ALTER TABLE subscriptions ADD COLUMN reach_days INTEGER NOT NULL DEFAULT 14
            CHECK (reach_days > 0)
        """,
        """
        ALTER TABLE subscriptions ADD COLUMN collapses INTEGER NOT NULL DEFAULT 1
            CHECK (collapses IN (0, 1))
        """,
        "ALTER TABLE digests ADD COLUMN amends INTEGER REFERENCES digests (id) ON DELETE CASCADE",
        "CREATE INDEX digests_amends ON digests (amends) WHERE amends IS NOT NULL",
        """
        CREATE TABLE readers (
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            member TEXT NOT NULL,
            how TEXT NOT NULL CHECK (how IN ('acted', 'member')),
            seen_at TEXT NOT NULL,
            PRIMARY KEY (platform, member, address, how)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX readers_place ON readers (platform, address, how)",
        """
        CREATE TABLE keepers (
            subscription_id INTEGER NOT NULL PRIMARY KEY
                REFERENCES subscriptions (id) ON DELETE CASCADE,
            platform TEXT NOT NULL,
            member TEXT NOT NULL,
            since TEXT NOT NULL
        ) STRICT
        """,
    ):
        db.execute(statement)
