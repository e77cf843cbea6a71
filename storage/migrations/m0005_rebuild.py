"""Migration m0005. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0005_rebuild(db: sqlite_utils.Database) -> None:
    """What each digest was made from, and what it left out; unknown of those made before."""
    for statement in (
        "ALTER TABLE digests ADD COLUMN profile_version TEXT",
        "ALTER TABLE digests ADD COLUMN made_from TEXT",
        "ALTER TABLE digests ADD COLUMN left_out TEXT",
    ):
        db.execute(statement)
