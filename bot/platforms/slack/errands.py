"""Errands: work that goes on after Slack has its acknowledgement, and that nobody waits for."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

LONGEST_S = 60.0
PATIENCE_S = 10.0
"""How long a stop waits for errands under way."""

log = structlog.get_logger()


class Errands:
    """Keeps hold of every task; one that fails is logged and leaves the others alone."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        """Let it run on, for LONGEST_S at most. kind: what the log calls it."""
        task = asyncio.create_task(_watched(kind, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Wait for what is under way, then cancel it."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=PATIENCE_S)
        for task in late:
            task.cancel()
        if late:
            log.warning("slack errands interrupted", count=len(late))
            await asyncio.gather(*late, return_exceptions=True)


async def _watched(kind: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        async with asyncio.timeout(LONGEST_S):
            await work
    except Exception:  # one of three doors: what it could tell the person, it has told
        log.exception("slack errand failed", kind=kind)
