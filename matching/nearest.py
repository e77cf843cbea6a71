"""The stored papers nearest to a vector, however many there are.

Few are compared all with their vectors. Of many, those come into question whose codes are nearest
(see `storage.codes`), and these are compared with their vectors: the scores are exact, and so is
the order of what is found.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import structlog

from matching.library import Library
from storage import codes, papers, vectors
from storage.codes import Codes
from storage.database import Tx
from storage.records import Vector, Vectors

FEW = 20_000
"""Papers that are read and compared in some 20 ms; up to here there is no file of codes."""

TIMES, MORE = 4, 100
"""So many more come into question than are wanted."""

log = structlog.get_logger()

Found = list[tuple[int, float]]
"""(seq, cosine), nearest first."""


class Nearest:
    """Finds the nearest papers of one library; one for each, see `of`."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._codes: Codes | None = None
        self._refreshing = asyncio.Lock()

    @classmethod
    def of(cls, library: Library) -> "Nearest":
        """The one of this library."""
        found: Nearest = library.memory.setdefault("nearest", cls(library))
        return found

    async def find(self, query: Vector, limit: int, now: datetime) -> Found:
        """The `limit` papers nearest to a (dim,) unit vector."""
        db, model = self._library.db, await self._library.model(now)
        if await db.read(papers.span) > FEW:
            try:
                kept = await self._refreshed(now)
                near = await asyncio.to_thread(kept.nearest, query, limit * TIMES + MORE)
                seqs, rows = await db.read(_embedded, model, near)
                return await asyncio.to_thread(_best, query, seqs, rows, limit)
            except OSError as error:
                log.warning("codes not kept", error=error.strerror, path=str(self._path(model)))
        newest = await db.read(papers.newest)
        seqs, rows = await db.read(vectors.between, model, vectors.EVERYTHING, newest)
        return await asyncio.to_thread(_best, query, seqs, rows, limit)

    async def refresh(self, now: datetime) -> None:
        """Take in what is new, so that nobody's search has to wait for it."""
        if await self._library.db.read(papers.span) > FEW:
            try:
                await self._refreshed(now)
            except OSError as error:
                log.warning("codes not kept", error=error.strerror)

    async def _refreshed(self, now: datetime) -> Codes:
        db, model = self._library.db, await self._library.model(now)
        async with self._refreshing:
            if self._codes is None:
                encoder = self._library.encoder
                self._codes = Codes(self._path(model), encoder.identity, encoder.dim)
                await asyncio.to_thread(self._codes.open)
                if not await db.read(_is_of_this, model, self._codes):
                    await asyncio.to_thread(self._codes.forget)
            while True:
                news = await db.read(codes.news, model, self._codes.extent)
                was = self._codes.extent
                if (news.extent.vector, news.extent.change) == (was.vector, was.change):
                    return self._codes
                await asyncio.to_thread(self._codes.add, news)

    def _path(self, model: int) -> Path:
        path = self._library.db.path
        return path.with_name(f"{path.name}.codes-{model}")


def _is_of_this(tx: Tx, model: int, kept: Codes) -> bool:
    """Whether the file goes on where this database does; not so after another was restored."""
    if not kept.extent.vector:
        return True
    if kept.extent.change > (tx.value("SELECT COALESCE(MAX(id), 0) FROM vector_changes") or 0):
        return False
    there = vectors.row_of(tx, kept.extent.vector)
    return there is not None and there == (model, kept.extent.seq)


def _embedded(tx: Tx, model: int, seqs: Sequence[int]) -> tuple[list[int], Vectors]:
    """Those that still have a vector, and their vectors."""
    there = vectors.having(tx, model, seqs)
    kept = sorted(there)
    return kept, vectors.by_seq(tx, model, kept)


def _best(query: Vector, seqs: Sequence[int], rows: Vectors, limit: int) -> Found:
    cosines = rows @ query
    order = np.argsort(-cosines, kind="stable")[:limit]
    return [(seqs[place], float(cosines[place])) for place in order]
