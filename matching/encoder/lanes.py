"""Whose turn it is on the encoder's thread: somebody who waits for an answer, before a dump.

There is one model and one thread. Long work goes there slice by slice; between two slices whoever
asks on behalf of a person goes first. What runs `patiently` lets everybody pass.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

_patient: ContextVar[bool] = ContextVar("patient", default=False)


@contextmanager
def patiently() -> Iterator[None]:
    """What is encoded within this, and in tasks that begin within it, lets others go first."""
    token = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(token)


def is_patient() -> bool:
    """Whether whoever asks now has time."""
    return _patient.get()


class Lanes:
    """One at a time; of those who wait, the impatient first, each lane in order."""

    def __init__(self) -> None:
        self._is_taken = False
        self._waiting: dict[bool, deque[asyncio.Future[None]]] = {False: deque(), True: deque()}

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, and have it."""
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[is_patient()].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._leave()  # it was handed over just as its owner was cancelled
            raise

    def _leave(self) -> None:
        for lane in (False, True):
            while self._waiting[lane]:
                following = self._waiting[lane].popleft()
                if not following.done():
                    following.set_result(None)  # stays taken, by another
                    return
        self._is_taken = False
