"""Migration m0002. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0002_profiles(db: sqlite_utils.Database) -> None:
    """Profiles with their interests, votes, alerts and subscriptions.

    Their ids stand in delivery keys and beside vectors, so none is ever used again.
    """
    for statement in (
        """
        CREATE TABLE profiles (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('person', 'channel')),
            platform TEXT NOT NULL,
            workspace TEXT NOT NULL,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            zone TEXT NOT NULL,
            quiet_start TEXT,
            quiet_end TEXT,
            created_at TEXT NOT NULL,
            UNIQUE (platform, workspace, owner),
            CHECK ((quiet_start IS NULL) = (quiet_end IS NULL))
        ) STRICT
        """,
        "CREATE INDEX profiles_name ON profiles (name)",
        """
        CREATE TABLE interests (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            text TEXT NOT NULL CHECK (text <> ''),
            created_at TEXT NOT NULL,
            UNIQUE (profile_id, text)
        ) STRICT
        """,
        """
        CREATE TABLE interest_vectors (
            model_id INTEGER NOT NULL REFERENCES models (id),
            interest_id INTEGER NOT NULL REFERENCES interests (id) ON DELETE CASCADE,
            vector BLOB NOT NULL,
            PRIMARY KEY (model_id, interest_id)
        ) STRICT
        """,
        "CREATE INDEX interest_vectors_interest ON interest_vectors (interest_id)",
        """
        CREATE TABLE votes (
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            kind TEXT NOT NULL CHECK (kind IN ('like', 'dislike', 'save')),
            voted_at TEXT NOT NULL,
            PRIMARY KEY (profile_id, seq, kind)
        ) STRICT
        """,
        """
        CREATE TABLE alerts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            query TEXT NOT NULL CHECK (query <> ''),
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            after_seq INTEGER NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (profile_id, query, platform, address)
        ) STRICT
        """,
        """
        CREATE TABLE subscriptions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            times TEXT NOT NULL CHECK (times <> ''),
            weekdays TEXT NOT NULL CHECK (weekdays <> ''),
            zone TEXT NOT NULL,
            size INTEGER NOT NULL CHECK (size > 0),
            cursor INTEGER NOT NULL,
            due_at TEXT NOT NULL,
            paused TEXT,
            created_at TEXT NOT NULL,
            UNIQUE (profile_id, platform, address)
        ) STRICT
        """,
        "CREATE INDEX subscriptions_due ON subscriptions (due_at) WHERE paused IS NULL",
    ):
        db.execute(statement)
