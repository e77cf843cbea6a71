"""The database: one writer thread, a few reader threads, one rule for transactions.

`await db.write(fn, ...)` runs `fn(tx, ...)` between BEGIN IMMEDIATE and COMMIT on the writer
thread; `await db.read(fn, ...)` runs it in one snapshot on a reader thread. A function that takes
`tx` never awaits, and one that awaits never holds a `tx`. Cancelling an awaited `write` does not
undo it, so every write is safe to repeat. What a `write` returned for is on the disk.
"""

import asyncio
import contextvars
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from storage.connections import BUSY_TIMEOUT_MS, connect, open_checked
from storage.schema import DatabaseUnusable
from storage.trouble import beside, identity, told

READERS = 2

MOST_VARIABLES = 8_192
"""Of one statement, which may have 32,766 (https://www.sqlite.org/limits.html#max_variable_number):
to prepare such a long one takes longer than fewer of them spare.
"""

READERS_CACHE_KIB, APART_CACHE_KIB = 4 * 1024, 32 * 1024
"""As `CACHE_KIB`: readers ask for what the writer has; what writes apart stores files of millions,
and is seldom there.
"""

PAGES_APART = 32_768
"""Of the write-ahead log, 128 MB: pages that many transactions change go to their place once."""

P = ParamSpec("P")
T = TypeVar("T")


class Tx:
    """One open transaction: SQL with named parameters, rows by column name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, /, **parameters: Any) -> int:
        """Run one statement; how many rows it changed."""
        return self._connection.execute(sql, parameters).rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Any]], /) -> int:
        """Run one statement for each row of parameters; how many rows changed in all."""
        return self._connection.executemany(sql, rows).rowcount

    def many_at_once(
        self,
        table: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        /,
        same: Sequence[Any] = (),
        then: str = "",
    ) -> None:
        """Insert rows, as many as fit into one statement at a time: while SQLite works on one, the
        interpreter is free for other threads, and does not change hands for each row.

        same: values of the first fields, which all rows have.  then: what follows the rows.
        """
        shared = [f"?{place}" for place in range(1, len(same) + 1)]
        own = len(fields) - len(same)
        head = f"INSERT INTO {table} ({', '.join(fields)}) VALUES "
        one = f"({', '.join([*shared, *['?'] * own])})"
        size = (MOST_VARIABLES - len(same)) // own
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            # A `?` has the number after the highest before it, so the first row names its own.
            first = [f"?{len(same) + place}" for place in range(1, own + 1)]
            values = [f"({', '.join([*shared, *first])})", *[one] * (len(some) - 1)]
            self._connection.execute(
                f"{head}{', '.join(values)} {then}", [*same, *chain.from_iterable(some)]
            )

    def rows(self, sql: str, /, **parameters: Any) -> list[sqlite3.Row]:
        """Every row of the answer."""
        return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, /, **parameters: Any) -> sqlite3.Row | None:
        """The first row of the answer, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
        return row

    def one(self, sql: str, /, **parameters: Any) -> sqlite3.Row:
        """The first row of an answer that cannot be empty. Raises LookupError if it is."""
        row = self.row(sql, **parameters)
        if row is None:
            raise LookupError(f"no row: {' '.join(sql.split())}")
        return row

    def value(self, sql: str, /, **parameters: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, **parameters)
        return None if row is None else row[0]


class Database:
    """An open Paperround database. Use `await Database.open(path)` and `await db.close()`."""

    def __init__(self, path: Path, writer: sqlite3.Connection, writes: ThreadPoolExecutor) -> None:
        self.path = path
        self._writer = writer
        self._writes = writes
        self._apart: sqlite3.Connection | None = None
        self._files = {
            one: found
            for one in (path, beside(path, "-wal"))
            if (found := identity(one)) is not None
        }
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open `path`; a file that does not exist, or is empty, becomes a new database.

        Raises SchemaOutdated, SchemaTooNew, NotOurDatabase or another DatabaseUnusable; each says
        the remedy.
        """
        writes = ThreadPoolExecutor(1, thread_name_prefix="database-writer")
        try:
            writer = await asyncio.get_running_loop().run_in_executor(writes, open_checked, path)
        except BaseException:
            writes.shutdown(wait=False)
            raise
        return cls(path, writer, writes)

    async def open_readers(self) -> None:
        """Open every connection that there will be, rather than one day under load."""
        all_here = threading.Barrier(READERS)

        def work() -> None:
            self._reader()
            all_here.wait(BUSY_TIMEOUT_MS / 1000)

        await asyncio.gather(*(_on(self._reads, work) for _ in range(READERS)))
        # While others hold locks SQLite keeps the file of a connection that is closed, for the next
        # one, as for a look for damage (https://www.sqlite.org/src/file/src/os_unix.c).
        await asyncio.to_thread(lambda: connect(self.path).close())

    async def write(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(tx, ...)` in one transaction that holds the write lock; rolled back if it raises."""

        def work() -> T:
            self._refuse_moved()
            return _transact(
                self.path, self._writer, "BEGIN IMMEDIATE", lambda tx: fn(tx, *args, **kwargs)
            )

        return await _on(self._writes, work)

    async def write_apart(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, on the same thread, over a connection that nothing else ever uses. What it
        returned for is on the disk with the next `write`, and SQLite looks after no foreign keys:
        `fn` does.
        """

        def work() -> T:
            self._refuse_moved()
            if self._apart is None:
                with told(self.path):
                    self._apart = connect(self.path)
                    self._apart.execute("PRAGMA synchronous = NORMAL")
                    self._apart.execute("PRAGMA foreign_keys = OFF")
                    self._apart.execute(f"PRAGMA wal_autocheckpoint = {PAGES_APART}")
                    self._apart.execute(f"PRAGMA cache_size = -{APART_CACHE_KIB}")
            return _transact(
                self.path, self._apart, "BEGIN IMMEDIATE", lambda tx: fn(tx, *args, **kwargs)
            )

        return await _on(self._writes, work)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`fn(tx, ...)` over one snapshot; an attempt to write raises."""

        def work() -> T:
            return _transact(self.path, self._reader(), "BEGIN", lambda tx: fn(tx, *args, **kwargs))

        return await _on(self._reads, work)

    async def close(self) -> None:
        """Wait for what is running, then close every connection."""
        await asyncio.to_thread(self._reads.shutdown)
        await asyncio.to_thread(self._writes.shutdown)
        if self._apart is not None:
            self._apart.close()
        for connection in (*self._readers, self._writer):
            connection.close()

    async def __aenter__(self) -> "Database":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._refuse_moved()
            with told(self.path):
                connection = connect(self.path)
                connection.execute("PRAGMA query_only = ON")
                connection.execute(f"PRAGMA cache_size = -{READERS_CACHE_KIB}")
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def _refuse_moved(self) -> None:
        """Raise where our files are gone from their places: nobody would find what we write."""
        for path, was in self._files.items():
            if identity(path) != was:
                raise DatabaseUnusable(
                    f"{path} was deleted, moved or replaced while it was open: stop the service; "
                    + ("put it back or restore a backup" if path == self.path else "start it again")
                )


async def _on(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """On another thread, in the context of here: what is logged there belongs to the same trace."""
    here = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(threads, here.run, work)


def _transact(path: Path, connection: sqlite3.Connection, begin: str, work: Callable[[Tx], T]) -> T:
    with told(path):
        connection.execute(begin)
        try:
            result = work(Tx(connection))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return result
