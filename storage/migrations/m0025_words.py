"""Migration m0025. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0025_words(db: sqlite_utils.Database) -> None:
    """Which papers were deleted or have other words than they had, for what was made from these
    (see `concordance`).

    New papers are found by their seq. One that was deleted may be given again, which is told as a
    change then.
    """
    for statement in (
        """
        CREATE TABLE paper_changes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            seq INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX paper_changes_seq ON paper_changes (seq)",
        """
        CREATE TRIGGER papers_reworded AFTER UPDATE OF title, abstract, author_names ON papers
        WHEN old.title <> new.title OR old.abstract <> new.abstract
            OR old.author_names IS NOT new.author_names
        BEGIN
            INSERT INTO paper_changes (seq) VALUES (NEW.seq);
        END
        """,
        """
        CREATE TRIGGER papers_renumbered AFTER UPDATE OF seq ON papers WHEN OLD.seq <> NEW.seq
        BEGIN
            INSERT INTO paper_changes (seq) VALUES (OLD.seq), (NEW.seq);
        END
        """,
        """
        CREATE TRIGGER papers_deleted AFTER DELETE ON papers BEGIN
            INSERT INTO paper_changes (seq) VALUES (OLD.seq);
        END
        """,
        """
        CREATE TRIGGER papers_again AFTER INSERT ON papers
        WHEN EXISTS (SELECT 1 FROM paper_changes WHERE seq = NEW.seq)
        BEGIN
            INSERT INTO paper_changes (seq) VALUES (NEW.seq);
        END
        """,
    ):
        db.execute(statement)
