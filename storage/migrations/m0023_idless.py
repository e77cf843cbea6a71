"""Migration m0023. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0023_idless(db: sqlite_utils.Database) -> None:
    """Papers without an arXiv id by their titles: each line of a snapshot may be one of them, and
    there are few.
    """
    db.execute("CREATE INDEX papers_idless ON papers (title_key) WHERE arxiv_id IS NULL")
