"""Migration m0010. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0010_curating(db: sqlite_utils.Database) -> None:
    """What was changed of a profile, the papers of a person's own library, and those missed.

    A change's number stands on buttons, and a library paper's in records of digests, so neither is
    ever used again.
    """
    for statement in (
        """
        CREATE TABLE profile_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            changed_at TEXT NOT NULL,
            delta TEXT NOT NULL,
            undone_at TEXT
        ) STRICT
        """,
        "CREATE INDEX profile_changes_profile ON profile_changes (profile_id, id)",
        "ALTER TABLE votes ADD COLUMN source TEXT CHECK (source <> '')",
        """
        CREATE TABLE library_papers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            change_id INTEGER NOT NULL REFERENCES profile_changes (id) ON DELETE CASCADE,
            title TEXT NOT NULL CHECK (title <> ''),
            title_key TEXT NOT NULL CHECK (title_key <> ''),
            abstract TEXT NOT NULL,
            arxiv_id TEXT,
            added_at TEXT NOT NULL,
            UNIQUE (profile_id, title_key)
        ) STRICT
        """,
        "CREATE INDEX library_papers_change ON library_papers (change_id)",
        """
        CREATE TABLE library_vectors (
            model_id INTEGER NOT NULL REFERENCES models (id),
            library_id INTEGER NOT NULL REFERENCES library_papers (id) ON DELETE CASCADE,
            vector BLOB NOT NULL,
            PRIMARY KEY (model_id, library_id)
        ) STRICT
        """,
        "CREATE INDEX library_vectors_paper ON library_vectors (library_id)",
        """
        CREATE TABLE missed (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            profile_id INTEGER NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
            seq INTEGER REFERENCES papers (seq),
            title TEXT NOT NULL,
            title_key TEXT NOT NULL,
            arxiv_id TEXT,
            added_at TEXT NOT NULL,
            caught INTEGER CHECK (caught IN (0, 1)),
            CHECK (seq IS NOT NULL OR title <> '' OR arxiv_id IS NOT NULL)
        ) STRICT
        """,
        "CREATE INDEX missed_profile ON missed (profile_id, id)",
    ):
        db.execute(statement)
