"""The inbox: a folder that dumps are dropped into.

A file is taken by renaming it into `taken` beside the inbox, ingested, and moved on to `done` or,
with the reason in a text file next to it, to `failed`. A file found in `taken` at the start was
being ingested when the service died; it is ingested again, which stores what is missing.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from matching.ingest import IngestReport
from storage.dumps import MAX_BYTES, NotADump
from storage.records import RawDump

SETTLE_S = 1.0
"""A file that was written to more recently may not be complete."""

PARTIAL = (".part", ".partial", ".tmp", ".crdownload", ".swp")

log = structlog.get_logger()

Ingest = Callable[[RawDump], Awaitable[IngestReport]]


class Inbox:
    """Watches one folder. `taken`, `done` and `failed` are made beside it."""

    def __init__(self, folder: Path, ingest: Ingest) -> None:
        self.folder = folder
        self._ingest = ingest
        self._taken, self._done, self._failed = (
            folder.parent / name for name in ("taken", "done", "failed")
        )

    def prepare(self) -> None:
        """Make the folders, and put what a killed service had taken back to the front."""
        for folder in (self.folder, self._taken, self._done, self._failed):
            folder.mkdir(parents=True, exist_ok=True)

    async def look(self) -> int:
        """Ingest every complete file that is there, in the order of arrival; how many."""
        handled = 0
        for path in await asyncio.to_thread(self._waiting):
            await self._handle(path)
            handled += 1
        return handled

    def _waiting(self) -> list[Path]:
        """Files to ingest, all of them in `taken` by now, oldest first."""
        for path in self.folder.iterdir():
            if _is_complete(path):
                path.rename(_free(self._taken / path.name))
        return sorted(
            (path for path in self._taken.iterdir() if path.is_file()),
            key=lambda path: (path.stat().st_mtime, path.name),
        )

    async def _handle(self, path: Path) -> None:
        try:
            raw = await asyncio.to_thread(read_file, path)
            report = await self._ingest(raw)
        except (NotADump, OSError) as error:
            await asyncio.to_thread(_fail, path, self._failed, str(error))
            log.error("dump refused", file=path.name, reason=str(error))
            return
        await asyncio.to_thread(path.rename, _free(self._done / path.name))
        log.info(
            "dump ingested",
            file=path.name,
            layout=report.layout.value,
            new=report.new,
            seen_again=report.seen_again,
            rejects=len(report.rejects),
            was_known=report.was_known,
        )


def read_file(path: Path, year: int | None = None) -> RawDump:
    """A dump from a file. Raises NotADump for one too large to be a page, OSError as it comes."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise NotADump(
            f"{path.name} has {size // 2**20} MB and a page has less than one: "
            f"split it into files of at most {MAX_BYTES // 2**20} MB"
        )
    return RawDump(name=path.name, data=path.read_bytes(), year=year)


def _is_complete(path: Path) -> bool:
    if path.name.startswith(".") or path.suffix in PARTIAL or not path.is_file():
        return False
    return time.time() - path.stat().st_mtime >= SETTLE_S


def _fail(path: Path, folder: Path, reason: str) -> None:
    to = _free(folder / path.name)
    to.with_name(to.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")
    path.rename(to)


def _free(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`… that does not exist: nothing is overwritten."""
    free, number = path, 1
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
