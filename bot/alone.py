"""One service a database: a lock beside the file, which the system drops with the process."""

import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage.schema import DatabaseUnusable


class AlreadyRunning(DatabaseUnusable):
    """Another service has this database."""


@asynccontextmanager
async def alone(db: Path) -> AsyncIterator[None]:
    """Holds the lock that only one service has for a database. Raises AlreadyRunning."""
    lock = db.with_name(db.name + ".lock")
    try:
        file = lock.open("a+")
    except OSError as error:
        raise DatabaseUnusable(f"{lock} can't be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunning(
                f"another service runs on {db} (process {file.read().strip() or 'unknown'}): "
                "stop it, or give this one a PAPERROUND_DB of its own"
            ) from error
        try:
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), str(os.getpid()).encode())
        except OSError as error:
            raise DatabaseUnusable(f"{lock} can't be written: {error.strerror}") from error
        yield
