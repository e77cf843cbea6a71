"""Migration m0015. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0015_codes(db: sqlite_utils.Database) -> None:
    """Which vectors changed after they were stored, for what was made from them (see `codes`).

    New vectors are found by their row. A row that was deleted may be given again to another vector,
    which is told as a change then.
    """
    for statement in (
        """
        CREATE TABLE vector_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            vector_id INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX vector_changes_vector ON vector_changes (vector_id)",
        """
        CREATE TRIGGER vectors_changed AFTER UPDATE ON vectors WHEN OLD.vector <> NEW.vector
        BEGIN
            INSERT INTO vector_changes (model_id, seq, vector_id)
            VALUES (NEW.model_id, NEW.seq, NEW.rowid);
        END
        """,
        """
        CREATE TRIGGER vectors_deleted AFTER DELETE ON vectors BEGIN
            INSERT INTO vector_changes (model_id, seq, vector_id)
            VALUES (OLD.model_id, OLD.seq, OLD.rowid);
        END
        """,
        """
        CREATE TRIGGER vectors_again AFTER INSERT ON vectors
        WHEN EXISTS (SELECT 1 FROM vector_changes WHERE vector_id >= NEW.rowid)
        BEGIN
            INSERT INTO vector_changes (model_id, seq, vector_id)
            VALUES (NEW.model_id, NEW.seq, NEW.rowid);
        END
        """,
    ):
        db.execute(statement)
