"""Flights: the sends that are under way, so many for each platform.

A platform that is slow, or asks for its own pace, fills its own places and nobody else's.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta


class Flights:
    """Who is under way, and how many more may be."""

    def __init__(self, most: int) -> None:
        """most: at once, for each platform."""
        self._most = most
        self._platforms: dict[asyncio.Task[None], str] = {}

    def __bool__(self) -> bool:
        return bool(self._platforms)

    def free(self, platforms: Iterable[str]) -> dict[str, int]:
        """How many more may leave, by platform."""
        taken = Counter(self._platforms.values())
        return {name: self._most - taken[name] for name in platforms}

    def add(self, task: asyncio.Task[None], platform: str) -> None:
        """One more is under way."""
        self._platforms[task] = platform

    async def until_something(self, called: asyncio.Event, at_most: timedelta) -> None:
        """Wait until one has landed or somebody calls, but not for ever: one that is slow must not
        keep the others waiting.
        """
        calling = asyncio.create_task(called.wait())
        try:
            await asyncio.wait(
                {*self._platforms, calling},
                timeout=at_most.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            calling.cancel()
        self._platforms = {task: name for task, name in self._platforms.items() if not task.done()}
