"""Indexing: the full text of batches of papers, built on a thread of its own.

That works without holding the interpreter for most of the time, while others read and store. It is
quicker than they are.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from storage.building import Builder
from storage.segments import Segment, Text

AHEAD = 2
"""Batches that may wait to be stored: one that is built, and one after it."""


class Indexing:
    """An async context manager; `start` begins with a batch."""

    def __init__(self, table: str) -> None:
        """table: as `segments.definition` tells it."""
        self._builder = Builder(table)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="indexing")

    async def __aenter__(self) -> "Indexing":
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)
        self._builder.close()

    def start(self, texts: Sequence[Text]) -> asyncio.Future[Segment]:
        """The segment of some texts, once it is built."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._thread, self._builder.build, texts)
