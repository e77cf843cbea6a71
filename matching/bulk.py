"""Bulk: a file of any length, a paper a line, into the archive. Memory does not grow with it.

Three kinds of work go on side by side: one thread reads and unpacks lines, one tells new papers
from known ones and stores them, and one builds the full text of the batches in between. A batch
that is stored is found, and the same file goes on after the last one of those.
"""

import asyncio
import gc
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import structlog

from matching.batches import Batch, batches
from matching.indexing import AHEAD, Indexing
from storage import arrivals, bulk, segments
from storage.bulk import Overtaken, Sifted
from storage.database import Database
from storage.dumps import NotADump
from storage.layouts import Layout
from storage.records import Dump, RawDump, Reject
from storage.segments import Segment, UnknownFormat

log = structlog.get_logger()

REJECTS_KEPT = 100
"""With their lines; further ones are counted."""

LOOKED_AT = 1024 * 1024
"""Bytes at both ends by which a file is known again, beside its name and size."""

READ_AT_ONCE = 1024 * 1024
"""Bytes: each time that the file is asked for more, others may take the interpreter."""

COLLECTED_AFTER = 100_000
"""Objects, before the interpreter looks for cycles among them."""

SWITCHED_AFTER_S = 0.001
"""A thread that waits for the interpreter takes it from another: a fifth of Python's own."""

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes of the file as it lies there)."""


@dataclass(frozen=True, kw_only=True)
class BulkReport:
    """What became of a file."""

    name: str
    lines: int
    new: int
    known: int
    """Papers that were there before, or stood in the file before."""
    rejects: int
    first_rejects: tuple[Reject, ...]
    passed_over: int = 0
    """Lines that an earlier run of the same file had stored."""
    was_known: bool = False
    """This very file was stored to its end before: nothing was done."""


@dataclass(frozen=True, kw_only=True)
class _Coming:
    """A batch of which the full text is being built."""

    batch: Batch
    sifted: Sifted
    segment: asyncio.Future[Segment]


async def store_file(
    db: Database, path: Path, now: datetime, progress: Progress | None = None
) -> BulkReport:
    """Store every paper of a file of JSON lines, gzipped or not. The same file again adds nothing,
    and goes on where it was killed.

    Raises NotADump where its first lines hold no paper, OSError as it comes.
    """
    with _hurried():
        return await _store_file(db, path, now, progress)


async def _store_file(
    db: Database, path: Path, now: datetime, progress: Progress | None
) -> BulkReport:
    size, stands_for = await asyncio.to_thread(_looked_at, path)
    raw = RawDump(name=path.name, data=stands_for, is_past=True)
    dump_id, is_done, done = await db.read(bulk.begun, raw)
    if is_done:
        return BulkReport(
            name=raw.name, lines=0, new=0, known=0, rejects=0, first_rejects=(), was_known=True
        )
    with path.open("rb", READ_AT_ONCE) as file:
        read = batches(file, raw.name, done)
        first = await asyncio.to_thread(next, read, None)
        if dump_id is None:
            if first is None:
                raise NotADump(f"{raw.name}: the file is empty")
            dump_id = await _open(db, raw, first, now)
        storing = _Storing(db, dump_id, now, size, progress)
        await storing.run(first, read)
    await db.write(arrivals.close_dump, dump_id, now)
    return storing.report(raw.name, done)


class _Storing:
    """The storing of one file."""

    def __init__(
        self, db: Database, dump_id: int, now: datetime, size: int, progress: Progress | None
    ) -> None:
        self._db, self._dump_id, self._now = db, dump_id, now
        self._size, self._progress = size, progress
        self._coming: deque[_Coming] = deque()
        self._next_seq: int | None = None
        self._lines = self._new = self._papers = self._rejected = 0
        self._rejects: list[Reject] = []

    async def run(self, first: Batch | None, batches: Iterator[Batch]) -> None:
        """All batches, the first of which is read already."""
        batch = first
        try:
            table = await self._db.read(segments.definition)
        except UnknownFormat:  # another SQLite's: it is slower, and right all the same
            log.warning("full text written without segments")
            while batch is not None:
                await self._store_plainly(batch)
                batch = await asyncio.to_thread(next, batches, None)
            return
        async with Indexing(table) as indexing:
            while batch is not None:
                ahead = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
                try:
                    await self._take(batch, indexing)
                    await self._store_all(but=AHEAD)
                    batch = await ahead
                except BaseException:
                    await asyncio.wait([ahead])
                    # What was read before a damage is stored.
                    await self._store_all()
                    raise
            await self._store_all()

    def report(self, name: str, passed_over: int) -> BulkReport:
        """What became of it all."""
        return BulkReport(
            name=name,
            lines=self._lines,
            new=self._new,
            known=self._papers - self._new,
            rejects=self._rejected,
            first_rejects=tuple(self._rejects),
            passed_over=passed_over,
        )

    async def _take(self, batch: Batch, indexing: Indexing) -> None:
        sifted = await self._db.write_apart(
            bulk.sift, batch.papers, [one.sifted.names for one in self._coming], self._next_seq
        )
        self._next_seq = sifted.next_seq
        segment = indexing.start(sifted.texts())
        self._coming.append(_Coming(batch=batch, sifted=sifted, segment=segment))

    async def _store_all(self, but: int = 0) -> None:
        """Store what comes, the oldest first, but for the latest few."""
        while len(self._coming) > but:
            if not await self._store(self._coming.popleft()):
                but = 0  # their numbers are not free any more

    async def _store(self, one: _Coming) -> bool:
        """Whether it was stored as it was sifted."""
        batch, sifted = one.batch, one.sifted
        try:
            segment = await one.segment
            many = await self._db.write_apart(
                bulk.put, self._dump_id, sifted, segment, self._now, batch.end
            )
            new = len(sifted.fresh)
            if sifted.seen:
                new += await self._db.write(
                    bulk.see, self._dump_id, sifted.seen, self._now, batch.end
                )
            while many >= segments.MOST and await self._db.write(segments.merge):
                pass
        except (Overtaken, UnknownFormat):
            await self._store_plainly(batch)
            self._next_seq = None
            return False
        self._told(batch, new)
        return True

    async def _store_plainly(self, batch: Batch) -> None:
        """Store a batch by inserts alone, whatever was sifted."""
        self._told(
            batch,
            await self._db.write(
                bulk.put_plainly, self._dump_id, batch.papers, self._now, batch.end
            ),
        )

    def _told(self, batch: Batch, new: int) -> None:
        self._lines += batch.lines
        self._new += new
        self._papers += len(batch.papers)
        self._rejected += len(batch.rejects)
        self._rejects += batch.rejects[: REJECTS_KEPT - len(self._rejects)]
        if self._progress is not None:
            self._progress(batch.position, self._size)


@contextmanager
def _hurried() -> Iterator[None]:
    """Lines hold no cycles, and looking for some takes a seventh of the time; and whoever has
    written or built something shall not wait long for the interpreter to go on.
    """
    collected, switched = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(COLLECTED_AFTER, *collected[1:])
    sys.setswitchinterval(SWITCHED_AFTER_S)
    try:
        yield
    finally:
        sys.setswitchinterval(switched)
        gc.set_threshold(*collected)


def _looked_at(path: Path) -> tuple[int, bytes]:
    """How many bytes a file has, and what stands for all of them: it is read but once."""
    size = path.stat().st_size
    with path.open("rb") as file:
        ends = sha256(file.read(LOOKED_AT))
        file.seek(max(0, size - LOOKED_AT))
        ends.update(file.read(LOOKED_AT))
    return size, f"{path.name} {size} {ends.hexdigest()}".encode()


async def _open(db: Database, raw: RawDump, first: Batch, now: datetime) -> int:
    if not first.papers:
        why = first.rejects[0].reason if first.rejects else "nothing stands in it"
        raise NotADump(
            f"{raw.name}: no paper in its first {first.lines:,} lines ({why}): --no-embed takes "
            "JSON lines, as arXiv's metadata snapshot"
        )
    dump = Dump(layout=Layout.JSON_LINES, entries=(), rejects=(), furniture=())
    return (await db.write(arrivals.open_dump, raw, dump, 0, now)).id
