"""Migration m0003. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0003_outbox(db: sqlite_utils.Database) -> None:
    """What was decided, what is to be sent, and where sending is on hold."""
    for statement in (
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            key TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL CHECK (kind IN ('alert', 'notice', 'digest')),
            precedence INTEGER NOT NULL,
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            profile_id INTEGER REFERENCES profiles (id) ON DELETE SET NULL,
            body TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'leased', 'sent', 'dead')),
            attempts INTEGER NOT NULL DEFAULT 0,
            maybe_posted INTEGER NOT NULL DEFAULT 0 CHECK (maybe_posted IN (0, 1)),
            due_at TEXT NOT NULL,
            leased_by TEXT,
            lease_until TEXT,
            receipt TEXT,
            reason TEXT,
            created_at TEXT NOT NULL,
            settled_at TEXT,
            CHECK ((status = 'leased') = (lease_until IS NOT NULL)),
            CHECK (status <> 'sent' OR receipt IS NOT NULL),
            CHECK (status <> 'dead' OR reason IS NOT NULL)
        ) STRICT
        """,
        # claim: the first due row of each destination, and whether one is in flight there. The
        # address stands first, so that a search by platform alone does not pick this index.
        "CREATE INDEX outbox_place ON outbox (address, platform, status, precedence, id)",
        "CREATE INDEX outbox_due ON outbox (precedence, id) WHERE status = 'pending'",
        "CREATE INDEX outbox_leases ON outbox (lease_until) WHERE status = 'leased'",
        "CREATE INDEX outbox_profile ON outbox (profile_id)",
        """
        CREATE TABLE destinations (
            platform TEXT NOT NULL,
            address TEXT NOT NULL,
            held_until TEXT,
            dead TEXT,
            reason TEXT,
            PRIMARY KEY (platform, address)
        ) STRICT
        """,
        """
        CREATE TABLE digests (
            id INTEGER PRIMARY KEY,
            subscription_id INTEGER REFERENCES subscriptions (id) ON DELETE SET NULL,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            due_at TEXT NOT NULL,
            composed_at TEXT NOT NULL,
            after_seq INTEGER NOT NULL,
            up_to_seq INTEGER NOT NULL,
            model_id INTEGER NOT NULL REFERENCES models (id),
            considered INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            delivery_key TEXT UNIQUE REFERENCES outbox (key),
            UNIQUE (subscription_id, due_at)
        ) STRICT
        """,
        "CREATE INDEX digests_profile ON digests (profile_id)",
        """
        CREATE TABLE digest_papers (
            digest_id INTEGER NOT NULL REFERENCES digests (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            rank INTEGER NOT NULL,
            score REAL NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (digest_id, seq)
        ) STRICT
        """,
        """
        CREATE TABLE alert_hits (
            alert_id INTEGER NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            delivery_key TEXT NOT NULL REFERENCES outbox (key),
            PRIMARY KEY (alert_id, seq)
        ) STRICT
        """,
        "CREATE TABLE cursors (name TEXT NOT NULL PRIMARY KEY, seq INTEGER NOT NULL) STRICT",
        "INSERT INTO cursors (name, seq) VALUES ('alerts', 0)",
    ):
        db.execute(statement)
