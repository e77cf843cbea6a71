"""The stored papers that hold some words, however many there are.

Among few FTS5 is asked. Of many the concordance tells (see `storage.concordance`), once it has read
all but the latest of them; what came in a moment ago is taken in before it answers.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from matching.library import Library
from storage import fulltext, papers, reworded, segments
from storage.bm25 import Found
from storage.concordance import IN_MEMORY, Concordance
from storage.database import Database, Tx
from storage.portions import MOST_PAPERS
from storage.records import Paper
from storage.segments import UnknownFormat, Unusual
from storage.trouble import beside

FEW = 20_000
"""Papers among which FTS5 finds words in some milliseconds; up to here there are no files."""

SOON = IN_MEMORY + 500
"""Papers that are taken in while somebody waits, some 0.2 s; more are left to `refresh`."""

log = structlog.get_logger()


class Worded:
    """Finds papers by their words; one for each open database, see `of`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: Concordance | None = None
        self._is_known = False
        """Whether it was looked for: the full text may be of a kind that it can't follow."""
        self._reading = asyncio.Lock()

    @classmethod
    def of(cls, library: Library) -> "Worded":
        """The one of this library."""
        found: Worded = library.memory.setdefault("worded", cls(library.db))
        return found

    async def ranked(self, text: str, limit: int) -> Found:
        """`(seq, score)` of papers that hold any of the words, best first, by BM25."""
        kept = await self._at_hand()
        if kept is None:
            return await self._db.read(papers.by_words, text.split(), limit)
        return await asyncio.to_thread(kept.ranked, text.split(), limit)

    async def titled(self, typed: str, limit: int, *, is_begun: bool = True) -> list[Paper]:
        """As `papers.by_title`."""
        words = fulltext.quoted_words(typed.split())
        kept = await self._at_hand() if 0 < len(words) <= fulltext.LONGEST_TITLE else None
        if kept is None:
            return await self._db.read(papers.by_title, typed, limit, is_begun=is_begun)
        newest = await asyncio.to_thread(
            kept.titled, typed.split(), fulltext.TITLED, is_begun=is_begun
        )
        return await self._db.read(_shortest, newest, limit)

    async def find(self, name: str, limit: int = 5) -> list[Paper]:
        """As `papers.find`."""
        found = await self._db.read(papers.named, name)
        if found or papers.number(name) is not None or not name.strip():
            return found
        return await self.titled(name, limit, is_begun=False)

    async def refresh(self) -> None:
        """Take in what is new and write what is worth it, so that nobody has to wait for it."""
        try:
            kept = await self._opened()
            is_read = kept is None
            while kept is not None and not is_read:
                if kept.unwritten() > MOST_PAPERS - reworded.READ:
                    await self._write(kept)  # where that fails, no more is read
                is_read = await self._read_on(kept)
            if kept is not None and kept.unwritten() >= IN_MEMORY:
                await self._write(kept)
        except OSError as error:
            log.warning("words not kept", error=error.strerror, path=str(self._path))

    async def _at_hand(self) -> Concordance | None:
        """All that is stored; None where that takes longer than FTS5 does."""
        try:
            kept = self._kept or await self._opened()
            if kept is None:
                return None
            left = await self._db.read(reworded.behind, kept.extent)
            if left > SOON:
                return None
            while left and not await self._read_on(kept):
                pass
        except OSError as error:
            log.warning("words not kept", error=error.strerror, path=str(self._path))
            return None
        return kept

    async def _opened(self) -> Concordance | None:
        if await self._db.read(papers.span) <= FEW:
            return None
        async with self._reading:
            if not self._is_known:
                try:
                    table = await self._db.read(segments.definition)
                    kept = Concordance(self._path, table)
                except (UnknownFormat, Unusual):
                    log.warning("full text of another kind: searches take longer")
                else:
                    await asyncio.to_thread(kept.open)
                    if not await self._db.read(kept.is_of):
                        kept.forget()
                    self._kept = kept
                self._is_known = True
        return self._kept

    async def _read_on(self, kept: Concordance) -> bool:
        """Whether nothing was left to be taken in."""
        if not await self._db.read(reworded.behind, kept.extent):
            return True
        async with self._reading:
            news = await self._db.read(reworded.news, kept.extent)
            if news.extent == kept.extent:
                return True
            await asyncio.to_thread(kept.add, news)
        return False

    async def _write(self, kept: Concordance) -> None:
        async with self._reading:
            marks = await self._db.read(reworded.marks, kept.extent)
            await asyncio.to_thread(kept.write, marks)

    @property
    def _path(self) -> Path:
        return beside(self._db.path, ".words")


def _shortest(tx: Tx, seqs: Sequence[int], limit: int) -> list[Paper]:
    return papers.by_seq(tx, fulltext.shortest(tx, seqs, limit))
