"""The inbox: a folder that dumps are dropped into.

A file is taken by renaming it into `taken` beside the inbox, ingested, and moved on to `done` or,
with the reason in a text file next to it, to `failed`. A file found in `taken` at the start was
being ingested when the service died; it is ingested again, which stores what is missing. Several
looks may be at work at once: each takes the oldest file that no other one has.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

import structlog

from bot.metrics import DumpOutcome, Metrics
from bot.settings import BadSetting
from bot.troubles import Troubles
from matching.ingest import IngestReport
from storage import traces
from storage.dumps import MAX_BYTES, NotADump
from storage.records import RawDump
from storage.schema import DatabaseUnusable

TRIES = 3
"""Looks after which a file that makes the service fail is put to `failed`."""

PARTIAL = (".part", ".partial", ".tmp", ".crdownload", ".swp")

State = tuple[int, int]
"""Size and time of the last change, in nanoseconds: a file that keeps them is complete."""

log = structlog.get_logger()

Ingest = Callable[[RawDump], Awaitable[IngestReport]]


class Inbox:
    """Watches one folder. `taken`, `done` and `failed` are made beside it."""

    def __init__(
        self,
        folder: Path,
        ingest: Ingest,
        metrics: Metrics | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self._ingest = ingest
        self._dumps = (metrics or Metrics()).dumps
        self._troubles = troubles or Troubles()
        self._states: dict[Path, State] = {}
        self._tried: Counter[Path] = Counter()
        self._at_work: set[Path] = set()
        self._taken, self._done, self._failed = (
            self.folder.parent / name for name in ("taken", "done", "failed")
        )

    def prepare(self) -> None:
        """Make the folders. Raises BadSetting where one can't be made."""
        for folder in (self.folder, self._taken, self._done, self._failed):
            make(folder)

    async def look(self) -> int:
        """Ingest every complete file that is there, in the order of arrival; how many.

        A file is complete when it has not changed since the look before.
        """
        return await self._handle_all(await asyncio.to_thread(self._waiting))

    async def landed(self, path: Path, still_s: float) -> int:
        """Ingest a file that is said to be complete, and what else waits; how many.

        It must not change for so many seconds: then it is left to the looks.
        """
        state = await asyncio.to_thread(_state, path)
        await asyncio.sleep(still_s)
        if state is None or await asyncio.to_thread(_state, path) != state:
            return 0
        try:
            await asyncio.to_thread(path.rename, _free(self._taken / path.name))
        except FileNotFoundError:
            return 0  # a look was quicker
        return await self.go_on()

    async def go_on(self) -> int:
        """Ingest what is taken and not at work already; how many files."""
        return await self._handle_all(await asyncio.to_thread(self._waiting_in_taken))

    async def _handle_all(self, paths: Sequence[Path]) -> int:
        handled = 0
        for path in paths:
            if path not in self._at_work:
                self._at_work.add(path)
                try:
                    handled += await self._handle(path)
                finally:
                    self._at_work.discard(path)
        return handled

    async def prune(self, before: datetime) -> int:
        """Delete what came to `done` or `failed` before; how many files."""
        return await asyncio.to_thread(self._prune, before.timestamp())

    def _prune(self, before: float) -> int:
        old = [
            path
            for folder in (self._done, self._failed)
            for path in folder.iterdir()
            if path.is_file() and path.lstat().st_ctime < before  # renaming sets it
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _waiting(self) -> list[Path]:
        """Files to ingest, all of them in `taken` by now, oldest first."""
        before, self._states = self._states, {}
        for path in sorted(self.folder.iterdir()):
            state = _state(path)
            if state is None:
                continue
            self._states[path] = state
            if before.get(path) == state:
                path.rename(_free(self._taken / path.name))
        return self._waiting_in_taken()

    def _waiting_in_taken(self) -> list[Path]:
        taken = [(path, state) for path in self._taken.iterdir() if (state := _state(path))]
        there = {path for path, _ in taken}
        for path in [one for one in self._tried if one not in there]:
            self._tried.pop(path, None)  # another file of that name has tries of its own
        return [path for path, _ in sorted(taken, key=lambda one: (one[1][1], one[0].name))]

    async def _handle(self, path: Path) -> bool:
        """Whether the file has come to an end: ingested, or refused with its reason."""
        state = await asyncio.to_thread(_state, path)
        if state is None:
            return False  # another look has ended it
        try:
            raw = await asyncio.to_thread(read_file, path)
        except Exception as error:
            return await self._stopped(path, error)
        with traces.bound(traces.of_dump(raw.sha256)):
            return await self._take(path, raw, state)

    async def _take(self, path: Path, raw: RawDump, state: State | None) -> bool:
        try:
            report = await self._ingest(raw)
        except Exception as error:
            return await self._stopped(path, error)
        if await asyncio.to_thread(_state, path) != state:
            log.warning("dump grew while it was read", file=_shown(path))
            return False  # what was added is read at the next look; what is known stays known
        await asyncio.to_thread(path.rename, _free(self._done / path.name))
        known = DumpOutcome.KNOWN if report.was_known else DumpOutcome.INGESTED
        self._dumps.labels(known).inc()
        log.info(
            "dump ingested",
            file=_shown(path),
            layout=report.layout.value,
            new=report.new,
            seen_again=report.seen_again,
            rejects=len(report.rejects),
            was_known=report.was_known,
        )
        return True

    async def _stopped(self, path: Path, error: Exception) -> bool:
        """What is no dump is refused. A file on which the service fails is tried again, but does
        not block those behind it.
        """
        if isinstance(error, DatabaseUnusable):
            raise error  # not the file's fault: everything waits
        if isinstance(error, NotADump | PermissionError):
            await asyncio.to_thread(_fail, path, self._failed, str(error))
            self._refused(path, DumpOutcome.REFUSED)
            log.error("dump refused", file=_shown(path), reason=str(error))
            return True
        self._tried[path] += 1
        log.error("dump failed", file=_shown(path), tries=self._tried[path], exc_info=error)
        if self._tried[path] < TRIES:
            return False
        self._refused(path, DumpOutcome.FAILED)
        reason = f"the service failed on it {TRIES} times: {type(error).__name__}: {error}"
        await asyncio.to_thread(_fail, path, self._failed, reason)
        return True

    def _refused(self, path: Path, outcome: DumpOutcome) -> None:
        self._dumps.labels(outcome).inc()
        self._troubles.happened(
            f"dump {path.name}",
            f"the dump {_shown(path)} was not taken in: the reason lies beside it in "
            f"{self._failed.name}",
        )


def read_file(path: Path, year: int | None = None) -> RawDump:
    """A dump from a file. Raises NotADump for one too large to be a page, OSError as it comes."""
    if (size := path.stat().st_size) > MAX_BYTES:
        raise NotADump(
            f"{path.name} has {size // 2**20} MB and a page has less than one: "
            f"split it into files of at most {MAX_BYTES // 2**20} MB"
        )
    return RawDump(name=_shown(path), data=path.read_bytes(), year=year)


def _shown(path: Path) -> str:
    """The name as text; bytes that are none become replacement characters."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _state(path: Path) -> State | None:
    """Size and time of a file that may be a dump; None for what is not."""
    if path.name.startswith(".") or path.suffix in PARTIAL or not path.is_file():
        return None
    found = path.stat()
    return found.st_size, found.st_mtime_ns


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


def make(folder: Path) -> None:
    """The inbox, or a folder beside it. Raises BadSetting where it can't be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(
            f"{folder} can't be made ({error.strerror}): set PAPERROUND_INBOX to a folder that can"
        ) from error
