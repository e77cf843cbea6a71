"""Bulk: a file of any length, a paper a line, into the archive. Memory does not grow with it.

One thread reads and unpacks lines while the database's stores the batch before.
"""

import asyncio
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from storage import arrivals, bulk
from storage.database import Database
from storage.dumps import NotADump, documents, jsonl
from storage.dumps.unpacking import GZIP
from storage.layouts import Layout
from storage.records import Dump, Entry, RawDump, Reject

BATCH = 5_000
"""Lines a transaction: some ten megabytes, a quarter of a second."""

LONGEST_LINE = 1024 * 1024
"""Of arXiv's snapshot none has a tenth of it."""

REJECTS_KEPT = 100
"""With their lines; further ones are counted."""

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


@dataclass(frozen=True, kw_only=True)
class _Batch:
    lines: int
    entries: list[Entry]
    rejects: list[Reject]
    position: int


async def store_file(
    db: Database, path: Path, now: datetime, progress: Progress | None = None
) -> BulkReport:
    """Store every paper of a file of JSON lines, gzipped or not. The same file again adds nothing.

    Raises NotADump where its first lines hold no paper, OSError as it comes.
    """
    size = await asyncio.to_thread(_size, path)
    name = path.name
    lines = new = read = rejected = 0
    kept: list[Reject] = []
    dump_id: int | None = None
    with path.open("rb") as file:
        batches = _batches(file, name)
        try:
            coming = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
            while (batch := await coming) is not None:
                coming = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
                if dump_id is None:
                    dump_id = await _open(db, path, batch, now)
                new += await db.write(bulk.store, dump_id, batch.entries, now)
                lines += batch.lines
                read += len(batch.entries)
                rejected += len(batch.rejects)
                kept += batch.rejects[: REJECTS_KEPT - len(kept)]
                if progress is not None:
                    progress(batch.position, size)
        finally:
            if dump_id is not None:
                await db.write(bulk.end)
    if dump_id is None:
        raise NotADump(f"{name}: the file is empty")
    await db.write(arrivals.close_dump, dump_id, now)
    return BulkReport(
        name=name,
        lines=lines,
        new=new,
        known=read - new,
        rejects=rejected,
        first_rejects=tuple(kept),
    )


async def _open(db: Database, path: Path, first: _Batch, now: datetime) -> int:
    if not first.entries:
        why = first.rejects[0].reason if first.rejects else "nothing stands in it"
        raise NotADump(
            f"{path.name}: no paper in its first {first.lines:,} lines ({why}): --no-embed takes "
            "JSON lines, as arXiv's metadata snapshot"
        )
    # The whole file is read once only: it goes by its name and size.
    stands_for = f"{path.name} {await asyncio.to_thread(_size, path)}".encode()
    raw = RawDump(name=path.name, data=stands_for, is_past=True)
    dump = Dump(layout=Layout.JSON_LINES, entries=(), rejects=(), furniture=())
    opened = await db.write(arrivals.open_dump, raw, dump, 0, now)
    await db.write(bulk.begin)
    return opened.id


def _size(path: Path) -> int:
    return path.stat().st_size


def _batches(file: IO[bytes], name: str) -> Iterator[_Batch]:
    is_packed = file.read(2) == GZIP
    file.seek(0)
    source: IO[bytes] = gzip.GzipFile(fileobj=file) if is_packed else file  # type: ignore[assignment]
    number = 0
    while True:
        entries: list[Entry] = []
        rejects: list[Reject] = []
        began = number
        while number - began < BATCH:
            try:
                line = source.readline(LONGEST_LINE)
            except (EOFError, gzip.BadGzipFile, OSError) as error:
                raise NotADump(
                    f"{name}: the archive is damaged after line {number:,} ({error}); what came "
                    "before is stored: fetch it again, and ingest the whole one"
                ) from error
            if not line:
                break
            number += 1
            if len(line) == LONGEST_LINE:
                rejects.append(Reject(line=number, reason="a line of more than a megabyte"))
                while line and not line.endswith(b"\n"):
                    line = source.readline(LONGEST_LINE)
                continue
            if not line.strip():
                continue
            made = documents.entry(jsonl.read_line(number, line))
            if isinstance(made, Entry):
                entries.append(made)
            else:
                rejects.append(made)
        if number == began:
            return
        yield _Batch(lines=number - began, entries=entries, rejects=rejects, position=file.tell())
