"""The road from a dump to the console, walked by a process that may be killed on it.

`python road.py FOLDER MINUTES [before|after N]` prepares profiles (once), ingests, queues alerts
and digests and empties the outbox, then the same with papers that come late, as it stands MINUTES
after the beginning. With a third and
fourth argument it kills itself with SIGKILL before its Nth transaction begins, or after it has
committed.
It ends by printing how many transactions there were.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.pages import dump
from fakes.words_encoder import WordsEncoder
from rich.console import Console

from bot import alerts, desk, digests, late, timetable
from bot.dispatcher import Dispatcher
from bot.platforms.console import ConsolePlatform
from matching import ingest as ingesting
from matching.alerts import parse
from matching.library import Library
from storage import profiles
from storage.database import Database
from storage.records import OwnerKind

START = datetime(2025, 10, 28, 6, 0, tzinfo=UTC)
SUBJECTS = (
    "Graph Networks", "Diffusion Models", "Speech Recognition", "Protein Folding", "Robot Grasping",
    "Table Parsing", "Music Tagging", "Code Repair",
)  # fmt: skip
SIZE = 30
"""Papers in a digest: room is left for those that come late."""

TITLES = tuple(
    f"{subject} for {use}" for use in ("Kitchens", "Ships", "Farms") for subject in SUBJECTS
)
LATE = ("Graph Networks for Ships at Night", "Music Tagging for Kitchens by Ear")
PEOPLE = {"ada": "graph networks for ships", "ben": "music tagging for kitchens"}
ALERTS = {"ada": '"speech recognition"', "ben": "robot*", "#room": "ships -music"}


class Killer:
    """Counts transactions, and kills the process at the one it was told."""

    def __init__(self, when: str | None, number: int) -> None:
        self.count, self._when, self._number = 0, when, number

    def watch(self, db: Database) -> None:
        write = db.write

        async def watched(fn, /, *args, **kwargs):
            self.count += 1
            self._kill("before")
            result = await write(fn, *args, **kwargs)
            self._kill("after")
            return result

        db.write = watched

    def _kill(self, when: str) -> None:
        if (when, self.count) == (self._when, self._number):
            os.kill(os.getpid(), signal.SIGKILL)


async def prepare(library: Library, now: datetime) -> None:
    for name in ("ada", "ben", "#room"):
        profile = await library.db.write(
            profiles.add,
            kind=OwnerKind.CHANNEL if name.startswith("#") else OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner=name,
            name=name,
            zone="UTC",
            now=now,
        )
        if name in PEOPLE:
            await library.db.write(profiles.add_interest, profile.id, PEOPLE[name], now)
            schedule = timetable.read_schedule("daily 06:01", "UTC")
            await desk.subscribe(library.db, profile, schedule, SIZE, now)
        await desk.add_alert(library.db, profile, parse(ALERTS[name]), now)


async def walk(folder: Path, now: datetime, killer: Killer) -> None:
    ingesting.BATCH = 12
    async with await Database.open(folder / "paperround.db") as db:
        library = Library(db, WordsEncoder())
        if not await db.read(profiles.every):
            await prepare(library, START)
        killer.watch(db)
        await ingesting.ingest(db, library.encoder, dump(*TITLES), now)
        await alerts.queue_new(db, now)
        await digests.queue_due(library, now)
        console = ConsolePlatform(Console(quiet=True), folder / "transcript.jsonl")
        sending = Dispatcher(db, [console], lambda: now, owner=f"process {os.getpid()}")
        await sending.drain()
        await ingesting.ingest(db, library.encoder, dump(*LATE, name="late.txt"), now)
        await alerts.queue_new(db, now)
        await late.queue_late(library, now)
        await sending.drain()


if __name__ == "__main__":
    folder, minutes, *when = sys.argv[1:]
    killer = Killer(when[0], int(when[1])) if when else Killer(None, 0)
    asyncio.run(walk(Path(folder), START + timedelta(minutes=int(minutes)), killer))
    print(killer.count)
