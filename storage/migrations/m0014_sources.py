"""Migration m0014. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0014_sources(db: sqlite_utils.Database) -> None:
    """Live sources and what they told, more about papers, and papers of the past."""
    for statement in (
        "ALTER TABLE papers ADD COLUMN facts TEXT",
        "ALTER TABLE papers ADD COLUMN doi TEXT",
        "CREATE INDEX papers_doi ON papers (doi) WHERE doi IS NOT NULL",
        "DROP INDEX papers_untitled",
        """
        CREATE UNIQUE INDEX papers_untitled ON papers (title_key)
        WHERE arxiv_id IS NULL AND doi IS NULL
        """,
        # A paper of the archive that becomes news gets another seq.
        """
        CREATE TRIGGER papers_fts_renumber AFTER UPDATE OF seq ON papers
        WHEN old.seq <> new.seq BEGIN
            INSERT INTO papers_fts (papers_fts, rowid, title, abstract, author_names)
            VALUES ('delete', old.seq, old.title, old.abstract, old.author_names);
            INSERT INTO papers_fts (rowid, title, abstract, author_names)
            VALUES (new.seq, new.title, new.abstract, new.author_names);
        END
        """,
        "ALTER TABLE sightings ADD COLUMN announced TEXT",
        "ALTER TABLE sightings ADD COLUMN version INTEGER",
        "ALTER TABLE dumps ADD COLUMN source TEXT",
        "ALTER TABLE dumps ADD COLUMN day TEXT",
        "ALTER TABLE dumps ADD COLUMN is_past INTEGER NOT NULL DEFAULT 0 CHECK (is_past IN (0, 1))",
        "CREATE INDEX dumps_source ON dumps (source, day) WHERE source IS NOT NULL",
        """
        CREATE TABLE sources (
            name TEXT PRIMARY KEY,
            added_at TEXT NOT NULL,
            next_at TEXT NOT NULL,
            cursor TEXT,
            etag TEXT,
            last_modified TEXT,
            failures INTEGER NOT NULL DEFAULT 0,
            reached_at TEXT,
            problem TEXT
        ) STRICT
        """,
        """
        CREATE TABLE source_days (
            source TEXT NOT NULL,
            day TEXT NOT NULL,
            papers INTEGER NOT NULL DEFAULT 0,
            doubt TEXT,
            said TEXT,
            changed_at TEXT NOT NULL,
            PRIMARY KEY (source, day),
            CHECK ((doubt IS NULL) = (said IS NULL))
        ) STRICT
        """,
    ):
        db.execute(statement)
