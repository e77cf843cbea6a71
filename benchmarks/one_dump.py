"""One dump comes in: is everybody else still answered?

`python benchmarks/one_dump.py [DUMP ...] [--papers N] [--people N] [--json]` takes each dump, or
one that is made up of N papers, into a store with people, as the service does: read, embedded by
the real model, stored, matched with everyone's alerts, and the digests that are due are queued.
Meanwhile it looks how late the loop is and gives commands. It prints one line for each dump. The
reference is the model itself, the seconds that the encoder is at work in the same run; the loop's
lateness while nothing is done stands beside the other.
"""

import argparse
import asyncio
import itertools
import json
import logging
import os
import platform
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from crowd import Lag, entries, fill_papers
from ingest import Timed

from bot import alerts, desk, digests, timetable
from bot.commands import Commands
from bot.commands.request import Asker, Request
from bot.demo import samples
from bot.inbox import read_file
from matching.alerts import parse
from matching.encoder import Encoder, load_encoder, patiently
from matching.ingest import ingest
from matching.library import Library
from storage import profiles
from storage.database import Database
from storage.records import OwnerKind, RawDump

NOW = datetime(2025, 10, 28, 8, 0, tzinfo=UTC)
IDLE_S = 2.0
COMMANDS = ("status", "interests", "search graph networks", "save 3", "help")
INTERESTS = ("graph networks", "speech recognition", "cheaper language models", "robot learning")
ALERTS = ('"language model"', "diffusion -video", "reason* AND agent", "title:graph")


STORED = 500


def made_up(papers: int) -> RawDump:
    """A dump of so many papers that are not stored yet, as JSON lines."""
    lines = [
        json.dumps({"title": one.title, "abstract": one.abstract})
        for one in itertools.islice(entries(STORED + papers), STORED, None)
    ]
    return RawDump(name=f"{papers} papers", data="\n".join(lines).encode())


async def settle(library: Library, people: int) -> None:
    """People with an interest, an alert and a digest at half past eight."""
    for number in range(people):
        profile = await library.db.write(
            profiles.add,
            kind=OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner=f"person-{number}",
            name=f"person-{number}",
            zone="UTC",
            now=NOW,
        )
        text = INTERESTS[number % len(INTERESTS)]
        await library.db.write(profiles.add_interest, profile.id, text, NOW)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        await desk.subscribe(library.db, profile, schedule, 8, NOW)
        await desk.add_alert(library.db, profile, parse(ALERTS[number % len(ALERTS)]), NOW)


async def ask(commands: Commands, took: list[float]) -> None:
    """Give a command again and again, as somebody does."""
    asker = Asker(platform="console", workspace="local", id="person-0", name="person-0")
    while True:
        for text in COMMANDS:
            start = time.perf_counter()
            reply = await commands.answer(Request(asker=asker, text=text))
            took.append(time.perf_counter() - start)
            assert reply.message is not None
            assert "broke" not in reply.message.heading
            await asyncio.sleep(0.1)


async def measure(encoder: Encoder, raw: RawDump, people: int) -> dict[str, object]:
    """All figures of one dump."""
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(Path(folder) / "bench.db") as db:
            watched = Timed(encoder)
            library = Library(db, watched)
            await fill_papers(db, await library.model(NOW), STORED, 0, NOW)
            await settle(library, people)
            commands = Commands(library, lambda: NOW, lambda: None)
            async with Lag() as idle:
                await asyncio.sleep(IDLE_S)
            took: list[float] = []
            watched.seconds = 0.0
            async with Lag() as lag:
                asking = asyncio.create_task(ask(commands, took))
                start = time.perf_counter()
                with patiently():  # as all ticks do
                    report = await ingest(db, watched, raw, NOW)
                    hits = await alerts.queue_new(db, NOW)
                    queued = await digests.queue_due(library, NOW + timedelta(minutes=31))
                wall = time.perf_counter() - start
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
    assert queued == people
    return {
        "dump": raw.name,
        "papers": report.new + report.seen_again,
        "people": people,
        "alerts": hits,
        "wall_s": round(wall, 2),
        "model_s": round(watched.seconds, 2),
        "ratio_to_model": round(wall / watched.seconds, 2),
        "lag_p99_ms": lag.ms(0.99),
        "lag_most_ms": lag.ms(1.0),
        "idle_lag_p99_ms": idle.ms(0.99),
        "commands": len(took),
        "slowest_command_s": round(max(took), 2),
    }


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dumps", nargs="*", type=Path)
    arguments.add_argument("--papers", type=int)
    arguments.add_argument("--people", type=int, default=50)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    dumps = [read_file(path) for path in asked.dumps]
    if asked.papers:
        dumps.append(made_up(asked.papers))
    encoder = await load_encoder(os.environ.get("PAPERROUND_MODEL"))
    await encoder.encode(["warm up"])
    for raw in dumps or samples():
        found = await measure(encoder, raw, asked.people)
        found |= {"machine": f"{os.cpu_count()} cores, {platform.machine()}"}
        if asked.json:
            print(json.dumps(found))
        else:
            print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))
    await encoder.aclose()


if __name__ == "__main__":
    asyncio.run(main())
