"""Spare time: papers of the archive are embedded when nothing else wants the model.

A few at a time, so that whoever comes waits for one slice of them at most; nothing while a dump is
ingested, and nothing beside somebody else's question to the model.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from matching.ingest import embed_some
from matching.library import Library
from storage import vectors

SLICE = 16
"""Papers at a time: half a second of a small encoder."""

AT_A_TIME = timedelta(seconds=4)
"""How long one look goes on; a stop waits for the slice, not for the look."""

BREATH_S = 0.05
"""Between two slices, for those who wait."""


class SpareTime:
    """`look` is one tick; what runs within `busy` goes first."""

    def __init__(self, library: Library, clock: Callable[[], datetime]) -> None:
        self._library = library
        self._clock = clock
        self._busy = 0
        self._below = 1
        """From here up all of the archive has a vector ..."""
        self._changes: int | None = None
        """... that had one when so much was changed."""

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While this lasts, the archive waits."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def look(self) -> int:
        """Embed for a while, as long as nothing else is to be done; how many papers."""
        done = 0
        until = self._clock() + AT_A_TIME
        model = await self._library.model(self._clock())
        await self._begin_again()
        while not self._busy and self._clock() < until:
            before = self._below
            some, self._below = await embed_some(
                self._library.db, self._library.encoder, model, SLICE, self._clock(), before
            )
            if self._below == before:
                break
            done += some
            await asyncio.sleep(BREATH_S if some else 0)
        return done

    async def _begin_again(self) -> None:
        """A paper of the archive that lost its vector, as its abstract changed, stands further up
        than we are.
        """
        changes = await self._library.db.read(vectors.changes)
        if self._changes != changes:
            self._changes, self._below = changes, 1
