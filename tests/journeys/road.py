"""The road from a dump to the console, walked by a process that may be killed on it.

`python road.py` reads orders, one a line:

    {"folder": "...", "minutes": 5, "when": "before", "number": 3}

Each is walked by a fork of its own, so that what all need is imported once. A walk prepares
profiles (once), ingests, queues alerts, drafts and queues digests and empties the outbox, then the
same with papers that come late and with one that is much talked about, as it stands `minutes`
after the beginning. With `when`, "before" or "after", it kills itself with SIGKILL before its
`number`th transaction begins, or after it has committed. What became of it is one line, 0
transactions where it was killed:

    {"ended": 0, "transactions": 35}
"""

import asyncio
import gc
import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.pages import dump
from fakes.words_encoder import WordsEncoder
from rich.console import Console

from bot import alerts, desk, digests, late, second_chances, timetable
from bot.dispatcher import Dispatcher
from bot.drafts import Drafts
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
TALKED = "Graph Networks for Ships"
"""Of it much is said afterwards."""

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
    ingesting.BATCH = ingesting.STORED = 12
    async with await Database.open(folder / "paperround.db") as db:
        library = Library(db, WordsEncoder())
        if not await db.read(profiles.every):
            await prepare(library, START)
        killer.watch(db)
        await ingesting.ingest(db, library.encoder, dump(*TITLES), now)
        await alerts.queue_new(db, now)
        await Drafts(library, lambda: START).look()
        await digests.queue_due(library, now)
        console = ConsolePlatform(Console(quiet=True), folder / "transcript.jsonl")
        sending = Dispatcher(db, [console], lambda: now, owner=f"process {os.getpid()}")
        await sending.drain()
        await ingesting.ingest(db, library.encoder, dump(*LATE, name="late.txt"), now)
        await alerts.queue_new(db, now)
        await late.queue_late(library, now)
        await sending.drain()
        later = now + timedelta(minutes=1)
        talk = dump(TALKED, name="talk.txt", comments=50)
        await ingesting.ingest(db, library.encoder, talk, later)
        await second_chances.queue(library, later)
        await Dispatcher(db, [console], lambda: later, owner=f"process {os.getpid()}").drain()


def fork(order: dict[str, Any]) -> dict[str, int]:
    """Walk in a process of its own; how it ended."""
    said, says = os.pipe()
    if not (pid := os.fork()):
        code = 1
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is logged is no answer
        try:
            killer = Killer(order.get("when"), order.get("number", 0))
            now = START + timedelta(minutes=order["minutes"])
            asyncio.run(walk(Path(order["folder"]), now, killer))
            os.write(says, str(killer.count).encode())
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(says)
    with os.fdopen(said) as told:
        count = told.read()
    _, status = os.waitpid(pid, 0)
    return {"ended": os.waitstatus_to_exitcode(status), "transactions": int(count or 0)}


if __name__ == "__main__":
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), flush=True)
