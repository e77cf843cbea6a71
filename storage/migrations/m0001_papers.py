"""Migration m0001. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


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
