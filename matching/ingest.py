"""Ingest a dump: read it, resolve its entries, store its papers, encode what is new.

All papers are stored before the first is encoded, because keyword alerts need no vectors and shall
not wait for the model: of a dump of 425 papers the first takes a fraction of a second, the second
half a minute. Each batch is one transaction, so a killed ingest loses nothing: the same dump again
stores and encodes what is missing and skips what is there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from matching.embedding import embedded
from matching.encoder import Encoder
from storage import arrivals, papers, vectors
from storage.database import Database
from storage.dumps import read_dump
from storage.identity import resolve
from storage.records import Dump, Entry, Layout, RawDump, Reject
from storage.sources import shown

BATCH = 32
"""Papers a transaction: half a second of a small encoder, so that progress shows and locks are
short."""

STORED = 128
"""Papers a transaction before any is embedded: some 50 ms of the writer."""

PAST_BATCH = 500
"""Papers a transaction where nothing is encoded."""

Progress = Callable[[int, int], None]
"""Called with (done, of) as papers are embedded."""

Met = Callable[[Sequence[Entry]], object]
"""Called with the papers of a dump that was read, before the first is stored."""

Stored = Callable[[], Awaitable[object]]
"""Awaited when every paper of a dump is stored, and none embedded yet."""

Pause = Callable[[], Awaitable[object]]
"""Awaited before each batch that is embedded: what is more urgent goes first."""


@dataclass(frozen=True, kw_only=True)
class IngestReport:
    """What became of a dump. `new` + `seen_again` is what it held, each paper counted once."""

    name: str
    layout: Layout
    entries: int
    """As the page has them; a paper that stands there twice counts twice."""
    new: int
    seen_again: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    was_known: bool
    """These very bytes were ingested before: nothing was done."""


async def ingest(
    db: Database,
    encoder: Encoder,
    raw: RawDump,
    now: datetime,
    progress: Progress | None = None,
    stored: Stored | None = None,
    pause: Pause | None = None,
    met: Met | None = None,
) -> IngestReport:
    """Read a dump and store its papers. Raises NotADump, with nothing stored, for other files."""
    if raw.is_past:
        return await ingest_past(db, raw, now)
    began = time.monotonic()

    def at() -> datetime:
        """How far we are: readers wait for a dump as long as its batches keep coming."""
        return now + timedelta(seconds=time.monotonic() - began)

    dump = await asyncio.to_thread(read_dump, raw)
    entries = resolve(_labelled(raw, dump.entries))
    opened = await db.write(arrivals.open_dump, raw, dump, len(dump.entries), now)
    if opened.is_done:
        return _report(raw, dump, new=0, seen_again=len(entries), was_known=True)
    if met is not None:
        met(entries)
    for start in range(0, len(entries), STORED):
        batch = entries[start : start + STORED]
        await db.write(arrivals.store, opened.id, batch, now, at())
    await db.write(arrivals.close_papers, opened.id, at())
    if stored is not None:
        await stored()
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, now)
    done = 0
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        if pause is not None:
            await pause()
        wanting = await db.read(arrivals.wanting_vectors, batch, model)
        can, made = await embedded(db, encoder, model, wanting, at())
        await db.write(arrivals.embed, opened.id, can, made, model, at())
        done += len(batch)
        if progress is not None:
            progress(done, len(entries))
    new, seen_again = await db.write(arrivals.close_dump, opened.id, now)
    return _report(raw, dump, new=new, seen_again=seen_again, was_known=False)


async def ingest_past(db: Database, raw: RawDump, now: datetime) -> IngestReport:
    """The same for a dump of the past: its papers go to the archive, to be embedded later."""
    dump = await asyncio.to_thread(read_dump, raw)
    entries = resolve(_labelled(raw, dump.entries))
    opened = await db.write(arrivals.open_dump, raw, dump, len(dump.entries), now)
    if opened.is_done:
        return _report(raw, dump, new=0, seen_again=len(entries), was_known=True)
    for start in range(0, len(entries), PAST_BATCH):
        batch = entries[start : start + PAST_BATCH]
        await db.write(arrivals.store, opened.id, batch, now, now, is_past=True)
    await db.write(arrivals.close_papers, opened.id, now)
    new, seen_again = await db.write(arrivals.close_dump, opened.id, now)
    return _report(raw, dump, new=new, seen_again=seen_again, was_known=False)


def _labelled(raw: RawDump, entries: Sequence[Entry]) -> Sequence[Entry]:
    """With the name of the source that they come from."""
    if raw.source is None:
        return entries
    return [replace(one, source=shown(raw.source)) for one in entries]


async def reembed(
    db: Database,
    encoder: Encoder,
    now: datetime,
    progress: Progress | None = None,
    *,
    with_archive: bool = False,
) -> int:
    """Encode every stored paper that this encoder's model has no vector of; how many there were.
    The archive's are left to those quiet hours that `embed_some` is for.

    Vectors of other models stay, so that going back costs nothing.
    """
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, now)
    after = vectors.EVERYTHING if with_archive else 0
    total = await db.read(vectors.count_without, model, after)
    done = 0
    if not total:
        return done
    while seqs := await db.read(vectors.without_vector, model, BATCH, after):
        found = await db.read(papers.by_seq, seqs)
        can, made = await embedded(db, encoder, model, found, now)
        await db.write(vectors.put_vectors, model, [paper.seq for paper in can], made)
        done += len(found)
        if progress is not None:
            progress(done, max(done, total))
    return done


async def embed_some(
    db: Database, encoder: Encoder, model: int, limit: int, now: datetime, below: int = 1
) -> tuple[int, int]:
    """Encode a few papers of the archive below a seq that have no vector, the highest first: how
    many, and the seq to go on below; `below` itself where the archive ends.
    """
    seqs, down_to = await db.read(vectors.archive_without, model, limit, below)
    if seqs:
        found = await db.read(papers.by_seq, seqs)
        can, made = await embedded(db, encoder, model, found, now)
        await db.write(vectors.put_vectors, model, [paper.seq for paper in can], made)
    return len(seqs), down_to


def _report(
    raw: RawDump, dump: Dump, *, new: int, seen_again: int, was_known: bool
) -> IngestReport:
    return IngestReport(
        name=raw.name,
        layout=dump.layout,
        entries=len(dump.entries),
        new=new,
        seen_again=seen_again,
        rejects=dump.rejects,
        notes=dump.notes,
        was_known=was_known,
    )
