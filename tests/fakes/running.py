"""The whole service inside a test: the real rooms, a small encoder, platforms that a test names."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from fakes.pages import page
from rich.console import Console

from bot.platforms.chosen import chosen
from bot.service import Service, utc_now
from bot.settings import Settings
from matching.library import Library

PATIENCE_S = 120.0
"""A deadline for what should take a moment: reaching it is a failure, not a measurement."""


async def until(condition: Callable[[], object], what: str = "", within_s: float = PATIENCE_S):
    """Wait for something to hold; what it was, where it does not come."""
    try:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"did not come within {within_s} s: {what or condition}") from None


@asynccontextmanager
async def running(library: Library, settings: Settings) -> AsyncIterator[Service]:
    """The service at work; stopped in order at the end."""
    made = chosen(settings, library.db, utc_now, Console(file=io.StringIO()))
    service = Service(library, made, settings)
    task = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        service.stop()
        await asyncio.wait_for(task, PATIENCE_S)


def drop(settings: Settings, name: str, *titles: str) -> None:
    """A dump with these papers lands in the inbox."""
    settings.inbox.mkdir(parents=True, exist_ok=True)
    half = settings.inbox / f"{name}.part"
    half.write_bytes(page(titles))
    half.rename(settings.inbox / name)


def settings_in(folder: Path, **more: object) -> Settings:
    """Settings whose files are all in one folder."""
    return Settings(db=folder / "paperround.db", inbox=folder / "dumps" / "inbox", **more)
