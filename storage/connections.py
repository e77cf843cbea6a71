"""Connections to a database file, and to none: the settings that each has, and who is let in."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import sqlite_utils

from storage import schema
from storage.schema import DatabaseUnusable
from storage.trouble import DatabaseBusy, refuse_part, told

BUSY_TIMEOUT_MS = 10_000

CACHE_KIB = 16 * 1024
"""Pages that a connection keeps: the busy ones of a million old deliveries, not all of them; the
system keeps the others. Each fills up to this as the file grows.
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, so that BEGIN and COMMIT are ours alone."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a receipt that was acknowledged survives
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    # What a trigger's statement may have to undo is otherwise a file in the temporary folder.
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def scratch() -> sqlite3.Connection:
    """An empty in-memory database for one piece of work; the caller closes it."""
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


def open_checked(path: Path) -> sqlite3.Connection:
    """A connection to a file that is ours and up to date. Raises DatabaseUnusable."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return opened(path, schema.ensure)
        except DatabaseBusy:
            # Turning a new file to its write-ahead log does not wait for a lock: we do.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def opened(path: Path, check: Callable[[sqlite_utils.Database, Path], None]) -> sqlite3.Connection:
    """A connection to a file that passes `check`. Raises DatabaseUnusable."""
    with told(path):
        db = utils(path)
        try:
            check(db, path)
        except BaseException:
            db.close()
            raise
    return db.conn


def utils(path: Path) -> sqlite_utils.Database:
    """sqlite-utils' view of the file, unchecked. Raises DatabaseUnusable."""
    if not os.path.isdir(path.parent):  # Path.is_dir raises where we may not look
        raise DatabaseUnusable(
            f"{path.parent} is no folder that can be opened: create it, or name another --db"
        )
    refuse_part(path)
    with told(path):
        return sqlite_utils.Database(connect(path))
