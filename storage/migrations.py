"""The migrations, oldest first. A shipped one is never edited, only followed by another."""

import sqlite_utils
from sqlite_utils import Migrations

migrations = Migrations("paperround")


@migrations()
def m0001_papers(db: sqlite_utils.Database) -> None:
    """Dumps, papers, sightings, vectors, and the full text."""
    for statement in (
        """
        CREATE TABLE dumps (
            id INTEGER PRIMARY KEY,
            sha256 TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            layout TEXT NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('open', 'done')),
            entries INTEGER NOT NULL,
            rejects TEXT NOT NULL,
            notes TEXT NOT NULL,
            arrived_at TEXT NOT NULL,
            touched_at TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX dumps_open ON dumps (touched_at) WHERE status = 'open'",
        """
        CREATE TABLE papers (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL CHECK (title <> ''),
            title_key TEXT NOT NULL CHECK (title_key <> ''),
            abstract TEXT NOT NULL,
            authors INTEGER CHECK (authors >= 0),
            organisation TEXT,
            organisation_handle TEXT,
            published TEXT,
            comments INTEGER CHECK (comments >= 0),
            arxiv_id TEXT,
            first_seen TEXT NOT NULL,
            first_dump INTEGER NOT NULL REFERENCES dumps (id)
        ) STRICT
        """,
        "CREATE UNIQUE INDEX papers_arxiv ON papers (arxiv_id) WHERE arxiv_id IS NOT NULL",
        "CREATE UNIQUE INDEX papers_untitled ON papers (title_key) WHERE arxiv_id IS NULL",
        "CREATE INDEX papers_title ON papers (title_key)",
        "CREATE INDEX papers_dump ON papers (first_dump)",
        """
        CREATE TABLE sightings (
            seq INTEGER NOT NULL REFERENCES papers (seq),
            dump_id INTEGER NOT NULL REFERENCES dumps (id),
            comments INTEGER CHECK (comments >= 0),
            PRIMARY KEY (seq, dump_id)
        ) STRICT
        """,
        "CREATE INDEX sightings_dump ON sightings (dump_id)",
        """
        CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            identity TEXT NOT NULL UNIQUE,
            dim INTEGER NOT NULL CHECK (dim > 0),
            first_used TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE vectors (
            model_id INTEGER NOT NULL REFERENCES models (id),
            seq INTEGER NOT NULL REFERENCES papers (seq),
            vector BLOB NOT NULL,
            PRIMARY KEY (model_id, seq)
        ) STRICT
        """,
        """
        CREATE VIRTUAL TABLE papers_fts USING fts5 (
            title, abstract, content='papers', content_rowid='seq',
            tokenize='porter unicode61 remove_diacritics 2'
        )
        """,
        """
        CREATE TRIGGER papers_fts_insert AFTER INSERT ON papers BEGIN
            INSERT INTO papers_fts (rowid, title, abstract)
            VALUES (new.seq, new.title, new.abstract);
        END
        """,
        """
        CREATE TRIGGER papers_fts_delete AFTER DELETE ON papers BEGIN
            INSERT INTO papers_fts (papers_fts, rowid, title, abstract)
            VALUES ('delete', old.seq, old.title, old.abstract);
        END
        """,
        """
        CREATE TRIGGER papers_fts_update AFTER UPDATE OF title, abstract ON papers
        WHEN old.title <> new.title OR old.abstract <> new.abstract BEGIN
            INSERT INTO papers_fts (papers_fts, rowid, title, abstract)
            VALUES ('delete', old.seq, old.title, old.abstract);
            INSERT INTO papers_fts (rowid, title, abstract)
            VALUES (new.seq, new.title, new.abstract);
        END
        """,
    ):
        db.execute(statement)


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
