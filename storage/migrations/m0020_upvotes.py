"""Migration m0020. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0020_upvotes(db: sqlite_utils.Database) -> None:
    """How many upvotes a paper had at each sighting, where the source counts them."""
    db.execute("ALTER TABLE sightings ADD COLUMN upvotes INTEGER")
