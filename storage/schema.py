"""Is this file ours, and is its schema this version's?

A new file is brought up to date when it is opened; an existing one only by `paperround db
migrate`, so that nobody's data is rebuilt by surprise.
"""

from pathlib import Path

import sqlite_utils

from storage.migrations import migrations

APPLICATION_ID = 0x50617065
"""Marks the file as ours, https://sqlite.org/pragma.html#pragma_application_id"""


class DatabaseUnusable(Exception):
    """The database cannot be used as it is; the message says what to do."""


class SchemaOutdated(DatabaseUnusable):
    """The file was made by an older version."""


class SchemaTooNew(DatabaseUnusable):
    """The file was made by a newer version."""


class NotOurDatabase(DatabaseUnusable):
    """The file is a SQLite database of something else."""


def ensure(db: sqlite_utils.Database, path: Path) -> None:
    """Make a new file ours; refuse one that is not, or whose schema is not this version's."""
    if not db.table_names() and not db.view_names():
        apply(db)
        return
    if db.conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotOurDatabase(f"{path} belongs to another program: name another file with --db")
    here = [migration.name for migration in migrations.applied(db)]
    ours = [migration.name for migration in migrations._migrations]  # it has no public list
    if unknown := [name for name in here if name not in ours]:
        raise SchemaTooNew(
            f"{path} is at {unknown[-1]}, this version knows {ours[-1]}: install a newer Paperround"
        )
    if len(here) < len(ours):
        raise SchemaOutdated(
            f"{path} is at {here[-1] if here else 'no migration'}, this version needs {ours[-1]}: "
            "run `paperround db migrate` (after `paperround db backup`)"
        )


def apply(db: sqlite_utils.Database) -> list[str]:
    """Apply what is pending; the names of the migrations that were applied."""
    pending = [migration.name for migration in migrations.pending(db)]
    if pending:
        db.enable_wal()
        db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(db)
    return pending
