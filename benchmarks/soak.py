"""Runs the whole service through a day at 200 times its pace, and looks whether it grows.

    python benchmarks/soak.py [--hours 24] [--people 1000] [--speed 200] [--seed 1] [--json]

The service runs in a process of its own, with the real model and a fast clock
(`fakes.soak_service`), beside stand-ins for Slack and Discord in theirs. A thousand people, half on
each, have two interests, an alert and a digest at an hour of theirs, spread over the day; a dump
comes every hour, and people give commands. Everything is drawn from the seed; when exactly the
machine gets to it is not.

What is compared are the medians of an hour's looks: memory of the last hour with that of the first
full one, and the least number of tasks and of open files in it with the most in the first: a leak
raises the least of an hour too, and in a day above what was once the most. Connections to the
platforms are counted apart: they have a bound of their own. Of memory it is told how much is the
process's own (`anon`) and how much is pages of files (`mapped`). It follows how many papers are
stored, up to the runbook's bounds, so the day begins with those of a month (`--known`).
`heap` is what C code holds (tensors, pages of the database), `spare` what it gave back and the
system did not get. `lag_*` says how late the service's loop wakes a sleeper while the model is at
work, in real milliseconds, and otherwise. It prints one line, or with --json one object; the exit
code is 1 where memory grew by more than 5 %, something leaks, the loop was late (p99 of 50 ms or
more while embedding, in runs of an hour or more), or something was not sent.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from chaos_cast import Place
from chaos_stage import Stage
from crowd import entries
from soak_judge import faults, judged
from soak_people import gather, jsonl, known, subjects

from storage import deliveries, papers
from storage.database import Database, Tx
from storage.records import DeliveryStatus, Entry

PAPERS_A_DUMP = (4, 12)
"""With a dump an hour that is two hundred a day, more than Hugging Face lists."""

COMMANDS_A_DAY = 1
"""By each person."""

COMMANDS = (
    "status", "interests", "alerts", "digest preview", "profile", "search {words}", "like {paper}",
    "dislike {paper}", "why {paper}", "trending week", "saved", "follow {words}", "history", "help",
)  # fmt: skip
SETTLED_S = 120.0
"""For what waits at the end to be sent."""

READY_S = 300.0


@dataclass(kw_only=True)
class Run:
    """One day."""

    asked: argparse.Namespace
    stage: Stage
    rng: random.Random
    people: list[Place]
    papers: Iterator[Entry]
    words: list[str]
    looks: list[dict[str, Any]] = field(default_factory=list)
    dumps: int = 0
    commands: int = 0
    wrong: list[str] = field(default_factory=list)
    ended: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it takes by our clocks."""
        return float(self.asked.hours * 3600 / self.asked.speed)

    async def day(self) -> None:
        """From the first minute to the last."""
        order = {"speed": self.asked.speed, "hours": self.asked.hours, "every": self.every}
        if self.asked.closely:
            order["closely"] = str(self.asked.closely.absolute())
        async with asyncio.timeout(READY_S):
            life = await start(self.stage, order)
        doing = [asyncio.create_task(one) for one in (self._dumps(), *self._askers())]
        try:
            async with asyncio.timeout(self.seconds + READY_S):
                while not self.looks or self.looks[-1]["hour"] < self.asked.hours:
                    self.looks.append(await self.stage.told())
        finally:
            for one in doing:
                one.cancel()
            done = await asyncio.gather(*doing, return_exceptions=True)
        self.wrong += [
            repr(one)
            for one in done
            if isinstance(one, Exception) and not isinstance(one, asyncio.CancelledError)
        ]
        await self._settled()
        life.stop()
        async with asyncio.timeout(READY_S):
            while not self.ended:
                told = await self.stage.told()
                self.ended = told if told.get("ended") else {}

    @property
    def every(self) -> float:
        """Simulated minutes between two looks: twenty in an hour, at least twenty in all."""
        return min(3.0, float(self.asked.hours) * 3)

    def hour(self, number: int) -> list[dict[str, Any]]:
        """The looks of the hour that ends after so many; of a run of minutes its first or last."""
        length = min(1.0, self.asked.hours / 2)
        return [one for one in self.looks if length * (number - 1) < one["hour"] <= length * number]

    async def _dumps(self) -> None:
        gap = min(1.0, self.asked.hours / 4) * 3600 / self.asked.speed
        while True:
            some = [next(self.papers) for _ in range(self.rng.randint(*PAPERS_A_DUMP))]
            self.dumps += 1
            half = self.stage.inbox / f"dump-{self.dumps:03}.part"
            half.write_bytes(jsonl(some))
            half.rename(half.with_suffix(".jsonl"))
            await asyncio.sleep(gap)

    def _askers(self) -> Iterator[Any]:
        gap = 24 * 3600 / self.asked.speed / len(self.people) / COMMANDS_A_DAY
        for platform in ("slack", "discord"):
            yield self._ask([one for one in self.people if one.platform == platform], gap * 2)

    async def _ask(self, people: list[Place], gap: float) -> None:
        """Commands by these people, as they come: Slack's by slash, Discord's by message."""
        rng = random.Random(f"{self.asked.seed} {people[0].platform}")
        while True:
            await asyncio.sleep(rng.expovariate(1 / gap))
            who, text = rng.choice(people), rng.choice(COMMANDS)
            text = text.format(words=rng.choice(self.words), paper=rng.randint(1, self.asked.known))
            if who.platform == "slack":
                act = {"user": who.owner, "do": "command"}
                act |= {"args": {"command": "/papers", "text": text}}
            else:
                act = {"do": "say", "who": who.owner, "text": text}
            await self.stage.ask(who.platform, "__act", act)
            self.commands += 1

    async def _settled(self) -> None:
        """What waits is sent; what is due only later stays."""
        try:
            async with asyncio.timeout(SETTLED_S):
                while self.stage.waiting() or await self._due():  # noqa: ASYNC110
                    await asyncio.sleep(0.5)
        except TimeoutError:
            self.wrong.append(f"{await self._due()} deliveries were not sent")

    async def _due(self) -> int:
        async with await Database.open(self.stage.db) as db:
            return await db.read(_due, datetime.now(UTC))


def _due(tx: Tx, now: datetime) -> int:
    return int(
        tx.value(
            "SELECT COUNT(*) FROM outbox WHERE status IN ('pending', 'leased') AND due_at <= :now",
            now=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Service:
    """The process, from its first minute."""

    pid: int

    def stop(self) -> None:
        """Ask for an orderly end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


async def start(stage: Stage, order: dict[str, Any]) -> Service:
    """Give the order, and wait until both platforms are connected."""
    await stage.order(order)
    return Service(pid=int((await stage.told())["pid"]))


async def play(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """One run; what it found."""
    began, rng = time.monotonic(), random.Random(asked.seed)
    async with Stage(folder, "fakes.soak_service") as stage:
        people = await gather(stage, asked, rng)
        more = entries(100_000)
        for _ in known(asked):
            next(more)
        run = Run(
            asked=asked,
            stage=stage,
            rng=rng,
            people=[one for one in people if not one.is_channel],
            papers=more,
            words=subjects(),
        )
        await run.day()
        slack, discord = [await stage.ask(one, "__state") for one in ("slack", "discord")]
        async with await Database.open(stage.db) as db:
            counts = await db.read(deliveries.counts)
            stored = await db.read(papers.count)
        run.wrong += [str(one) for one in (*slack["violations"], *discord["violations"])][:10]
        run.wrong += [f"{name} was not ingested" for name in stage.waiting()]
        if counts[DeliveryStatus.DEAD]:
            run.wrong.append(f"{counts[DeliveryStatus.DEAD]} deliveries were given up")
        return judged(run, counts[DeliveryStatus.SENT], stored, time.monotonic() - began)


async def main() -> int:
    """Run, print, and say whether it held."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hours", type=float, default=24)
    arguments.add_argument("--people", type=int, default=1_000)
    arguments.add_argument("--known", type=int, default=2_500, help="papers of the month before")
    arguments.add_argument("--speed", type=float, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--folder", type=Path, help="keep what the run leaves there")
    arguments.add_argument("--closely", type=Path, help="write there what allocations grew")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = await play(asked.folder or Path(folder), asked)
    found["faults"] = faults(found)
    if asked.json:
        print(json.dumps(found))
    else:
        print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))
    return 1 if found["faults"] else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
