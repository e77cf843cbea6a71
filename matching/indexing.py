"""Indexing: the full text of batches of papers, built on threads of its own.

SQLite and numpy work without holding the interpreter, so as many batches grow at a time as there
are cores.
"""

import asyncio
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from storage.building import Builder
from storage.segments import Segment, Text

MOST_WORKERS = 4
"""More would outrun the one thread that reads."""


class Indexing:
    """An async context manager; `start` begins with a batch."""

    def __init__(self, table: str) -> None:
        """table: as `segments.definition` tells it."""
        self.workers = max(2, min(os.cpu_count() or 1, MOST_WORKERS))
        self._table = table
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="indexing")
        self._local = threading.local()
        self._builders: list[Builder] = []

    async def __aenter__(self) -> "Indexing":
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for builder in self._builders:
            builder.close()

    def start(self, texts: Sequence[Text]) -> asyncio.Future[Segment]:
        """The segment of some texts, once it is built."""
        return asyncio.get_running_loop().run_in_executor(self._threads, self._build, texts)

    def _build(self, texts: Sequence[Text]) -> Segment:
        if not hasattr(self._local, "builder"):
            self._local.builder = Builder(self._table)
            self._builders.append(self._local.builder)
        segment: Segment = self._local.builder.build(texts)
        return segment
