"""Trouble with the file: what SQLite says of it, as sentences with a remedy.

SQLite opens what is left of a database as if that were all of it, and writes on into a file that
was deleted; both are refused here.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.schema import DatabaseUnusable

RESTORE = "restore a backup with `paperround db restore`"

_NO_TEXT = re.compile(r"Could not decode to UTF-8 column '(\w+)'")
"""Python's own finding, which has no code."""


class DatabaseBusy(DatabaseUnusable):
    """Another process held the database for longer than the busy timeout."""


class DatabaseFull(DatabaseUnusable):
    """The disk under the database is full; nothing of the transaction was kept."""


class DatabaseDamaged(DatabaseUnusable):
    """What stands in the file can't be right."""


@contextmanager
def told(path: Path | str) -> Iterator[None]:
    """SQLite's errors as sentences with a remedy; programming errors pass through."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        known = _told(error, path)
        if known is None:
            raise
        # Python's error about text that is none holds that text, which may be somebody's.
        raise known from (None if _NO_TEXT.match(str(error)) else error)
    except UnicodeDecodeError:  # SQLite's own message quotes what stands in the file
        raise DatabaseDamaged(f"{path} is damaged (a name in it is no text): {RESTORE}") from None


def refuse_part(path: Path) -> None:
    """Raise where SQLite would open what is left of a database as if that were all of it."""
    log, shared = beside(path, "-wal"), beside(path, "-shm")
    if _size(shared) is not None and _size(log) is None:  # SQLite makes and deletes them together
        raise DatabaseDamaged(
            f"{log} is gone, and what was saved last was in it: put it back; or delete {shared}, "
            "to go on without that"
        )
    if _size(path) == 0 and _size(log):
        raise DatabaseDamaged(f"{path} is empty, and its log {log} is not: {RESTORE}")


def beside(path: Path, suffix: str) -> Path:
    """The file of the same name with `suffix`, as SQLite calls its log and the log's index."""
    return path.with_name(path.name + suffix)


def identity(path: Path) -> tuple[int, int] | None:
    """Tells the file that stands there from any other; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: Path) -> int | None:
    """In bytes; None where nothing is, or nothing that we may look at."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def _told(error: sqlite3.Error, path: Path | str) -> DatabaseUnusable | None:
    whole = getattr(error, "sqlite_errorcode", 0)
    code = whole & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return DatabaseBusy(f"{path} is locked by another process: stop that, or try again")
    if code == sqlite3.SQLITE_FULL or whole == sqlite3.SQLITE_IOERR_SHMSIZE:  # no room for -shm
        return DatabaseFull(f"the disk under {path} is full: free some space; nothing was lost")
    if code == sqlite3.SQLITE_READONLY:
        return DatabaseUnusable(
            f"{path} can't be written: check who owns it and its folder, and the disk"
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return DatabaseUnusable(
            f"{path} can't be opened: check that you may read and write it and its folder"
        )
    if code == sqlite3.SQLITE_IOERR:  # what a commit had returned for was on the disk before
        return DatabaseUnusable(
            f"{path} can't be read or written ({error}): check the disk, the space on it, and any "
            "limit on the size of files; nothing that was saved is lost by that"
        )
    if code == sqlite3.SQLITE_NOTADB:
        return DatabaseDamaged(
            f"{path} is no SQLite database: name another file with --db; if it was one, {RESTORE}"
        )
    no_text = _NO_TEXT.match(str(error))
    if code == sqlite3.SQLITE_CORRUPT or no_text:
        found = f"what stands in column {no_text[1]} is no text" if no_text else error
        return DatabaseDamaged(f"{path} is damaged ({found}): {RESTORE}")
    return None
