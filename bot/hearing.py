"""Hearing: a file that lands in a folder is told of at once, rather than found at the next look.

A file has landed when it was renamed into its place, or when whoever wrote it let go of it and
nothing was written since. Where the system tells nothing, as of some network drives, the looks find
everything that this room would have told of.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

_IS_LINUX = sys.platform == "linux"

LET_GO_S = 0.1
"""So long a file must be left alone after it was closed: some are written in several goes."""

log = structlog.get_logger()


class Ears(FileSystemEventHandler):
    """Listens to one folder, between `start` and `stop`."""

    def __init__(self, folder: Path, landed: Callable[[Path, float], Awaitable[object]]) -> None:
        """landed: gets the path, and for how many seconds it must not change to be complete."""
        self._folder = folder
        self._landed = landed
        self._telling: set[asyncio.Future[object]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        # Without all events, a file from another folder seems to be one that is being written.
        self._observer = Observer(**({"generate_full_events": True} if _IS_LINUX else {}))

    def start(self) -> None:
        """Listen from now on; where that is impossible it is logged, and looks must do."""
        self._loop = asyncio.get_running_loop()
        wanted: list[type[FileSystemEvent]] = [FileClosedEvent, FileMovedEvent]
        try:
            self._observer.schedule(self, str(self._folder), event_filter=wanted)
            self._observer.start()
        except OSError as error:
            log.warning("folder not heard", reason=error.strerror or str(error))

    async def stop(self) -> None:
        """Hear no more; what was told of goes on."""
        self._loop = None
        if self._observer.is_alive():
            self._observer.stop()
            await asyncio.to_thread(self._observer.join)

    def on_closed(self, event: FileSystemEvent) -> None:
        """Called on a thread of its own."""
        self._tell(event.src_path, LET_GO_S)

    def on_moved(self, event: FileSystemEvent) -> None:
        """The same."""
        self._tell(event.dest_path, 0.0)

    def _tell(self, written: str | bytes, still_s: float) -> None:
        path, loop = Path(os.fsdecode(written)), self._loop
        if loop is not None and path.parent == self._folder:
            loop.call_soon_threadsafe(self._begin, path, still_s)

    def _begin(self, path: Path, still_s: float) -> None:
        telling = asyncio.ensure_future(self._landed(path, still_s))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
