"""Migration m0011. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


def changed(event: str, row: str, when: str = "") -> str:
    """A trigger that gives an alert's change the next number."""
    return f"""
        CREATE TRIGGER alert_changes_{event.partition(" ")[0].lower()} AFTER {event} ON alerts
        {when}
        BEGIN
            INSERT INTO alert_changes (alert_id, version)
            SELECT {row}.id, COALESCE(MAX(version), 0) + 1 FROM alert_changes WHERE true
            ON CONFLICT (alert_id) DO UPDATE SET version = excluded.version;
        END
    """


INTO_FTS = """
    INSERT INTO papers_fts (rowid, title, abstract, author_names)
    VALUES (new.seq, new.title, new.abstract, new.author_names);
"""
OUT_OF_FTS = """
    INSERT INTO papers_fts (papers_fts, rowid, title, abstract, author_names)
    VALUES ('delete', old.seq, old.title, old.abstract, old.author_names);
"""


@migrations()
def m0011_alerts(db: sqlite_utils.Database) -> None:
    """Alerts at the speed of the dump, with limits: papers are stored before they are embedded,
    what changed of the alerts is numbered, and a hit says whether and why it was not told.
    """
    for statement in (
        # Alerts read a dump's papers from here on; digests when it is done.
        "ALTER TABLE dumps ADD COLUMN stored_at TEXT",
        "UPDATE dumps SET stored_at = touched_at WHERE status = 'done'",
        # Whoever keeps alerts in memory learns by these numbers what changed, whoever changed it.
        # The row of an alert that was removed stays: that is how its removal is learned.
        """
        CREATE TABLE alert_changes (
            alert_id INTEGER PRIMARY KEY,
            version INTEGER NOT NULL
        ) STRICT
        """,
        "INSERT INTO alert_changes (alert_id, version) SELECT id, id FROM alerts",
        "CREATE UNIQUE INDEX alert_changes_version ON alert_changes (version)",
        changed("INSERT", "NEW"),
        changed("DELETE", "OLD"),
        changed(
            "UPDATE OF query, paused",
            "NEW",
            "WHEN OLD.query <> NEW.query OR (OLD.paused IS NULL) <> (NEW.paused IS NULL)",
        ),
        "ALTER TABLE alerts ADD COLUMN expires_at TEXT",
        "CREATE INDEX alerts_expiring ON alerts (expires_at) WHERE expires_at IS NOT NULL",
        """
        ALTER TABLE alert_hits ADD COLUMN told TEXT NOT NULL DEFAULT 'card'
            CHECK (told IN ('card', 'counted', 'silenced'))
        """,
        # What some sources tell and others do not.
        "ALTER TABLE papers ADD COLUMN author_names TEXT",
        "ALTER TABLE papers ADD COLUMN source TEXT",
        *(f"DROP TRIGGER papers_fts_{event}" for event in ("insert", "delete", "update")),
        "DROP TABLE papers_fts",
        """
        CREATE VIRTUAL TABLE papers_fts USING fts5 (
            title, abstract, author_names, content='papers', content_rowid='seq',
            tokenize='porter unicode61 remove_diacritics 2'
        )
        """,
        f"CREATE TRIGGER papers_fts_insert AFTER INSERT ON papers BEGIN {INTO_FTS} END",
        f"CREATE TRIGGER papers_fts_delete AFTER DELETE ON papers BEGIN {OUT_OF_FTS} END",
        f"""
        CREATE TRIGGER papers_fts_update AFTER UPDATE OF title, abstract, author_names ON papers
        WHEN old.title <> new.title OR old.abstract <> new.abstract
            OR old.author_names IS NOT new.author_names
        BEGIN {OUT_OF_FTS} {INTO_FTS} END
        """,
        "INSERT INTO papers_fts (papers_fts) VALUES ('rebuild')",
        # SQLite cannot change a CHECK, so the table is made anew, with its numbers.
        """
        CREATE TABLE wider_mutes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            kind TEXT NOT NULL CHECK (kind IN ('word', 'organisation', 'author', 'paper')),
            value TEXT NOT NULL CHECK (value <> ''),
            created_at TEXT NOT NULL,
            UNIQUE (profile_id, kind, value)
        ) STRICT
        """,
        "INSERT INTO wider_mutes SELECT id, profile_id, kind, value, created_at FROM mutes",
        "DELETE FROM sqlite_sequence WHERE name = 'wider_mutes'",
        """
        INSERT INTO sqlite_sequence (name, seq)
        SELECT 'wider_mutes', seq FROM sqlite_sequence WHERE name = 'mutes'
        """,
        "DROP TABLE mutes",
        "ALTER TABLE wider_mutes RENAME TO mutes",
        """
        ALTER TABLE profiles ADD COLUMN second_chances INTEGER NOT NULL DEFAULT 1
            CHECK (second_chances IN (0, 1))
        """,
        """
        CREATE TABLE second_chances (
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL REFERENCES papers (seq),
            before INTEGER NOT NULL,
            comments INTEGER NOT NULL,
            decided_at TEXT NOT NULL,
            PRIMARY KEY (profile_id, seq)
        ) STRICT
        """,
        "ALTER TABLE profiles ADD COLUMN alerts_a_day INTEGER CHECK (alerts_a_day >= 0)",
    ):
        db.execute(statement)
