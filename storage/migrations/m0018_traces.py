"""Migration m0018. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0018_traces(db: sqlite_utils.Database) -> None:
    """Each delivery knows what it came from, so that its log lines are found (see `traces`)."""
    db.execute("ALTER TABLE outbox ADD COLUMN trace TEXT")
