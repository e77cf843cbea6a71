"""Migration m0017. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0017_refused(db: sqlite_utils.Database) -> None:
    """Papers that a model failed on again and again, so that nothing waits for their vectors."""
    db.execute(
        """
        CREATE TABLE refused_papers (
            model_id INTEGER NOT NULL REFERENCES models (id),
            seq INTEGER NOT NULL REFERENCES papers (seq) ON UPDATE CASCADE ON DELETE CASCADE,
            reason TEXT NOT NULL,
            at TEXT NOT NULL,
            PRIMARY KEY (model_id, seq)
        ) STRICT
        """
    )
    db.execute("CREATE INDEX refused_papers_seq ON refused_papers (seq)")
