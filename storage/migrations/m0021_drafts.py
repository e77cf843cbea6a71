"""Migration m0021. Shipped: never edited, only followed by another."""

import sqlite_utils

from storage.migrations.registry import migrations

CHANGED = "UPDATE profiles SET revision = revision + 1 WHERE id = {0};"

OWNER = "(SELECT profile_id FROM library_papers WHERE id = {0}.library_id)"


def told(table: str, owner: str) -> list[str]:
    """Triggers that raise the revision of the profile whose row in `table` is changed.

    owner: the profile, with a mark where the row stands.
    """
    return [
        f"""
        CREATE TRIGGER {table}_{event.lower()}_revises AFTER {event} ON {table}
        BEGIN {CHANGED.format(owner.format(row))} END
        """
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]


@migrations()
def m0021_drafts(db: sqlite_utils.Database) -> None:
    """Digests that are composed ahead of their time, and how often a profile's wishes changed.

    `revision` follows by triggers from all that a profile wants, so that whoever changes it need
    not think of drafts: one that was composed before is not sent.
    """
    for statement in (
        "ALTER TABLE profiles ADD COLUMN revision INTEGER NOT NULL DEFAULT 0",
        *(
            one
            for table in ("interests", "votes", "mutes", "library_papers")
            for one in told(table, "{0}.profile_id")
        ),
        *told("library_vectors", OWNER),
        f"""
        CREATE TRIGGER profile_changes_undone_revises AFTER UPDATE OF undone_at ON profile_changes
        BEGIN {CHANGED.format("NEW.profile_id")} END
        """,
        """
        CREATE TABLE drafts (
            subscription_id INTEGER PRIMARY KEY REFERENCES subscriptions (id) ON DELETE CASCADE,
            ground TEXT NOT NULL,
            due_at TEXT NOT NULL,
            after_seq INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            state TEXT NOT NULL,
            up_to_seq INTEGER NOT NULL,
            considered INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            floor REAL NOT NULL,
            profile_version TEXT NOT NULL,
            made_from TEXT NOT NULL,
            lines TEXT NOT NULL,
            left_out TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX drafts_due ON drafts (due_at)",
    ):
        db.execute(statement)
