"""Intake: dumps come in one after another, and what alerts find in them goes out first.

A dump is stored, and its alerts are sent, before any other one is read. The model takes dump after
dump too, and rests while one is stored: a dump that arrives while an older one is being embedded
has its alerts told as soon as if there were no other.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime

from bot.spare_time import SpareTime
from matching.ingest import IngestReport, Met, ingest
from matching.library import Library
from storage.records import RawDump

PATIENCE_S = 5.0
"""So long at the most other work stands back while a dump is stored and its alerts are sent."""

MOST = 8
"""Dumps that wait for the model; until one is done no further one is read."""


class Intake:
    """The one way in, for folder and sources alike."""

    def __init__(
        self,
        library: Library,
        spare: SpareTime,
        clock: Callable[[], datetime],
        tell: Callable[[], Awaitable[object]],
        told: Callable[[], Awaitable[object]],
        met: Met | None = None,
    ) -> None:
        """tell: queues what alerts find in papers that were just stored.  told: waits until it is
        sent, for the model would take the processors that sending needs.  met: gets the papers of
        a dump that is about to be stored.
        """
        self._library = library
        self._spare = spare
        self._clock = clock
        self._tell = tell
        self._told = told
        self._met = met
        self._stored = self._passed = 0
        """How many dumps are stored, and of how many somebody saw the alerts sent."""
        self._storing = asyncio.Lock()
        self._embedding = asyncio.Lock()
        self._taken = asyncio.Semaphore(MOST)

    async def take(self, raw: RawDump, stored: Callable[[], object] = lambda: None) -> IngestReport:
        """Ingest a dump. Raises NotADump. stored: called when the next one may come."""
        with self._spare.busy():
            async with self._taken, AsyncExitStack() as embedding, AsyncExitStack() as storing:
                if not raw.is_past:  # which tells nobody anything, and may be long
                    await storing.enter_async_context(self._storing)

                async def papers_are_there() -> None:
                    await self._tell()
                    self._stored += 1
                    await storing.aclose()
                    stored()
                    await embedding.enter_async_context(self._embedding)

                return await ingest(
                    self._library.db,
                    self._library.encoder,
                    raw,
                    self._clock(),
                    stored=papers_are_there,
                    pause=self._let_alerts_pass,
                    met=self._met,
                )

    async def stand_back(self) -> None:
        """Awaited before work that can wait: it would take what a new dump's alerts need."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                async with self._storing:
                    pass
                if (stored := self._stored) > self._passed:
                    await self._told()
                    self._passed = max(self._passed, stored)

    async def _let_alerts_pass(self) -> None:
        async with self._storing:  # nothing is being stored now, and all of it is queued
            pass
        await self._told()
