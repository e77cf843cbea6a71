"""Whose turn it is on the encoder's thread: somebody who waits for an answer, before a dump.

There is one model and one thread. Long work goes there slice by slice; between two slices whoever
asks on behalf of a person goes first. What runs `patiently` lets everybody pass.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

KEPT_FREE_S = 0.05
"""Behind somebody who waits: an answer mostly takes several questions, one after another."""

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
        self._kept_free: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, and have it."""
        patient = is_patient()
        await self._enter(patient)
        try:
            yield
        finally:
            self._leave(patient)

    async def _enter(self, patient: bool) -> None:
        if not self._is_taken and not (patient and self._kept_free):
            self._take()
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[patient].append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._leave(patient)  # it was handed over just as its owner was cancelled
            raise

    def _take(self) -> None:
        self._is_taken = True
        if self._kept_free is not None:
            self._kept_free.cancel()
            self._kept_free = None

    def _leave(self, patient: bool) -> None:
        self._is_taken = False
        if not self._hand_to(False):
            if patient:
                self._hand_to(True)
            else:
                loop = asyncio.get_running_loop()
                self._kept_free = loop.call_later(KEPT_FREE_S, self._free)

    def _free(self) -> None:
        self._kept_free = None
        self._hand_to(True)

    def _hand_to(self, patient: bool) -> bool:
        """Whether somebody of that lane waits, and has the turn now."""
        while self._waiting[patient]:
            following = self._waiting[patient].popleft()
            if not following.done():
                self._take()
                following.set_result(None)
                return True
        return False
