"""Migration m0007. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations


@migrations()
def m0007_lanes(db: sqlite_utils.Database) -> None:
    """Turns are found platform by platform: however many wait on one, another's cost the same."""
    for statement in (
        "DROP INDEX turns_at",
        """
        CREATE INDEX turns_next ON turns (platform, precedence, at, first_id) WHERE at IS NOT NULL
        """,
    ):
        db.execute(statement)
