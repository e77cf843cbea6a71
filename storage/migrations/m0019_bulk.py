"""Migration m0019. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0019_bulk(db: sqlite_utils.Database) -> None:
    """How far a long file is stored, and which numbers papers had in the archive."""
    for statement in (
        "ALTER TABLE dumps ADD COLUMN lines_stored INTEGER",
        # Buttons of old messages bear the number that a paper had before it became news.
        """
        CREATE TABLE old_seqs (
            old INTEGER PRIMARY KEY CHECK (old < 1),
            seq INTEGER NOT NULL REFERENCES papers (seq)
        ) STRICT
        """,
        "CREATE INDEX old_seqs_seq ON old_seqs (seq)",
    ):
        db.execute(statement)
