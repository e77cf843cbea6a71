"""Looking after the file: migrate, check, back up, restore. Each opens it for itself."""

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from glob import escape
from pathlib import Path

from storage import schema
from storage.connections import connect, opened, utils
from storage.instants import from_text
from storage.schema import DatabaseUnusable
from storage.trouble import DatabaseBusy, DatabaseDamaged, DatabaseFull, beside, told


class AlreadyThere(DatabaseUnusable):
    """A file would be overwritten."""


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What a database holds, at a glance: whether a backup is the one that is meant."""

    papers: int
    profiles: int
    waiting: int
    """Deliveries that were not sent yet."""
    newest: datetime | None
    """When its newest paper arrived."""


def migrate(path: Path) -> list[str]:
    """Bring the schema of `path` up to date; the names of the migrations that were applied.

    Raises NotOurDatabase and SchemaTooNew, with nothing changed.
    """
    with told(path):
        db = utils(path)
        try:
            return schema.apply(db, path)
        finally:
            db.close()


def check(path: Path) -> list[str]:
    """What is wrong with `path`, by SQLite's own checks and by reading all of its text; empty when
    it is sound.

    Raises DatabaseUnusable where the file cannot be read as a database of ours at all.
    """
    with closing(opened(path, schema.refuse_others)) as connection:
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            found += [
                f"{row[0]} row {row[1]} points at a missing row of {row[2]}"
                for row in connection.execute("PRAGMA foreign_key_check")
            ]
        except sqlite3.DatabaseError as error:
            found = [str(error)]  # too damaged to be looked through
        else:
            found += _unreadable(connection)
    return [line for line in found if line != "ok"]


def _unreadable(connection: sqlite3.Connection) -> list[str]:
    """Tables that hold text which is none: SQLite's checks look at the pages, not into values."""
    tables = connection.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    found = []
    for (name,) in tables.fetchall():
        try:
            with told(name):
                for _ in connection.execute(f'SELECT * FROM "{name}"'):
                    pass
        except DatabaseUnusable as error:
            found.append(str(error).partition(":")[0])
    return found


def backup(path: Path, to: Path) -> None:
    """Copy the database while it is in use. Raises AlreadyThere where `to` exists."""
    if to.exists():
        raise AlreadyThere(f"{to} exists: name a new file")
    if not to.parent.is_dir():
        raise DatabaseUnusable(f"{to.parent} is no folder: create it, or name another file")
    with closing(opened(path, schema.refuse_others)) as source:
        try:
            with told(to), closing(connect(to)) as target:
                source.backup(target)
        except BaseException:
            to.unlink(missing_ok=True)
            raise


def holding(path: Path) -> Holding:
    """What the database at `path` holds. Raises DatabaseUnusable."""
    with closing(opened(path, schema.refuse_others)) as connection, told(path):
        papers, newest = connection.execute(
            "SELECT COUNT(*), MAX(first_seen) FROM papers"
        ).fetchone()
        (profiles,) = connection.execute("SELECT COUNT(*) FROM profiles").fetchone()
        (waiting,) = connection.execute(
            "SELECT COUNT(*) FROM outbox WHERE status IN ('pending', 'leased')"
        ).fetchone()
    return Holding(
        papers=papers,
        profiles=profiles,
        waiting=waiting,
        newest=from_text(newest) if newest else None,
    )


def sound(source: Path) -> None:
    """Whether a file is a backup that could be put in place.

    Raises DatabaseUnusable for one that is missing, damaged, empty or not ours.
    """
    if not source.is_file():
        raise DatabaseUnusable(f"there is no backup {source}: name a file that `db backup` made")
    try:
        problems = check(source)
    except DatabaseDamaged as error:  # whose remedy would be to restore a backup
        raise DatabaseDamaged(f"{str(error).partition(': ')[0]}: use another backup") from error
    if problems:
        raise DatabaseUnusable(f"{source} is damaged ({problems[0]}): use another backup")


def restore(source: Path, path: Path) -> Path | None:
    """Put a copy of the backup `source` at `path`; where the file that was there is kept now.

    Raises DatabaseUnusable, with nothing moved, for a `source` that is missing, damaged, empty or
    not ours, and where another process has the database open. What is at `path` may be damaged.
    """
    sound(source)
    fresh = path.with_name(path.name + ".restoring")
    fresh.unlink(missing_ok=True)
    backup(source, fresh)
    kept = None
    if path.exists():
        logs = [beside(path, suffix) for suffix in ("-wal", "-shm")]
        try:
            with told(path):
                _flush(path)
        except (DatabaseBusy, DatabaseFull) as error:
            fresh.unlink()
            if isinstance(error, DatabaseFull):
                raise
            raise DatabaseUnusable(f"{path} is in use: stop the service first") from error
        except DatabaseUnusable:
            pass  # damaged: it is kept as it is, with its logs
        kept = _unused(path.with_name(path.name + ".before-restore"))
        os.link(path, kept)  # at no instant is there no database
        for log in logs:
            if log.exists():
                log.rename(kept.with_name(kept.name + log.name.removeprefix(path.name)))
    for codes in path.parent.glob(f"{escape(path.name)}.codes-*"):
        codes.unlink()  # they follow from the database that was there
    if (words := beside(path, ".words")).is_dir():
        shutil.rmtree(words)
    fresh.replace(path)
    return kept


def _flush(path: Path) -> None:
    """Everything into the file itself. Raises sqlite3.Error, busy while anyone else has it open."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA busy_timeout = 1000")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _unused(path: Path) -> Path:
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free
