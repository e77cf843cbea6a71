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


def refuse_others(db: sqlite_utils.Database, path: Path) -> None:
    """Raise where the file is empty, another program's, or of a newer version; old ones pass."""
    if is_empty(db):
        raise NotOurDatabase(f"{path} holds nothing: name a file that Paperround made")
    _missing(db, path)


def ensure(db: sqlite_utils.Database, path: Path) -> None:
    """Make a new file ours; refuse one that is not, or whose schema is not this version's."""
    if is_empty(db):
        apply(db, path)
    if missing := _missing(db, path):
        here = [migration.name for migration in migrations.applied(db)]
        raise SchemaOutdated(
            f"{path} is at {here[-1] if here else 'no migration'}, this version needs "
            f"{missing[-1]}: run `paperround db backup FILE`, then `paperround db migrate`"
        )


def apply(db: sqlite_utils.Database, path: Path) -> list[str]:
    """Apply what is pending, all of it or nothing; the names of the migrations that were applied.

    Raises NotOurDatabase and SchemaTooNew, with nothing changed.
    """
    if not is_empty(db) and not _missing(db, path):
        return []
    db.enable_wal()
    # Whoever opens a new file at the same moment waits here, and finds it made.
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        missing = [one.name for one in migrations._migrations] if is_empty(db) else None
        missing = _missing(db, path) if missing is None else missing
        if missing:
            db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrations.apply(db)
        db.conn.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.conn.execute("ROLLBACK")
        raise
    return missing


def is_empty(db: sqlite_utils.Database) -> bool:
    """Whether the file is new: it holds no table and no view."""
    return not db.table_names() and not db.view_names()


def _missing(db: sqlite_utils.Database, path: Path) -> list[str]:
    """Migrations of this version that a file of ours has not seen."""
    if db.conn.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise NotOurDatabase(f"{path} belongs to another program: name another file with --db")
    here = [migration.name for migration in migrations.applied(db)]
    ours = [migration.name for migration in migrations._migrations]  # it has no public list
    if unknown := [name for name in here if name not in ours]:
        raise SchemaTooNew(
            f"{path} is at {unknown[-1]}, this version knows {ours[-1]}: install a newer Paperround"
        )
    return [name for name in ours if name not in here]
