"""Digests due together: how long until all are queued, and what else is kept waiting meanwhile.

`python benchmarks/digests_due.py [--people N] [--papers N] [--stored N] [--json]` has N
subscriptions due in one minute over so many new papers (with interests and votes, see `crowd`), and
prints one line: processor time of drafting them in the half hour before; seconds until all are
queued, of the processor and on the wall; the most memory; how late the loop was (p99); the slowest
of the commands that were given meanwhile. `--no-drafts` has them all composed at the hour, as after
a dump that came at the last minute. Scoring is told as a ratio to the bare product of all vectors
of the profiles with all new papers in float32 (numpy, the same threads).

`--db FILE` keeps the stage, and `--draft SECONDS` only drafts for so long and ends: with both, a
hundred thousand are drafted bit by bit and queued by a last run. `--composed N` composes the drafts
of N people, and gives all others what one of these got, drafted in every other way as their own:
to queue them takes the same. `benchmarks/growth.py` shows how it grows.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import structlog
from crowd import Lag, Words, fill_papers, fill_people

import bot.drafts
from bot import digests
from bot.commands import Commands
from bot.commands.request import Asker, Request
from bot.composing import Composed, Known, Pools, compose_known
from bot.drafts import Drafts
from matching.board import board
from matching.facets import taken_apart
from matching.library import Library
from matching.scores import TOGETHER
from storage import profiles
from storage.database import Database, Tx
from storage.records import Subscription

NOW = datetime(2025, 10, 28, 8, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=25)
"""When drafting begins."""

COMMANDS = ("status", "interests", "save 3", "digest")
COMMAND_EVERY_S = 0.5


def queued(tx: Tx) -> tuple[int, int]:
    """Digests on record, deliveries that wait."""
    return (
        tx.value("SELECT COUNT(*) FROM digests"),
        tx.value("SELECT COUNT(*) FROM outbox WHERE status = 'pending'"),
    )


async def ask(commands: Commands, took: list[float]) -> None:
    """Give a command now and then, as somebody does."""
    asker = Asker(platform="console", workspace="local", id="person-0", name="person-0")
    while True:
        for text in COMMANDS:
            start = time.perf_counter()
            reply = await commands.answer(Request(asker=asker, text=text))
            took.append(time.perf_counter() - start)
            assert reply.message is not None
            assert "broke" not in reply.message.heading
            await asyncio.sleep(COMMAND_EVERY_S)


async def scoring(library: Library, papers: int, asked: int) -> dict[str, float]:
    """Seconds of the processor of scoring as a ratio to the bare product of the same shape: all
    vectors of profiles, of interests and votes, with all new papers, in float32.

    Told apart are what each profile has to have worked out against the stored papers before
    (`readying`), and its scores for the new papers (`scoring`).
    """
    background = await library.background(NOW)
    newest = (await library.fitted(NOW)).up_to
    pool = await library.pool(newest - papers, newest, NOW)
    readying = work = product = 0.0
    every_id = [range(at, min(at + TOGETHER, asked + 1)) for at in range(1, asked + 1, TOGETHER)]
    for turn, ids in enumerate([*every_id, *every_id]):
        tastes = await library.tastes(ids, NOW)
        rows = np.concatenate(
            [it for one in tastes for it in (one.interest_vectors, one.voted_vectors)]
        )
        start = time.process_time()
        _ = rows @ pool.vectors.T
        bare = time.process_time()
        company = taken_apart(tastes, background)
        ready = time.process_time()
        board(company, pool)
        done = time.process_time()
        if turn >= len(every_id):  # what profiles share is worked out by the first of them
            product += bare - start
            readying += ready - bare
            work += done - ready
    return {
        "scoring_to_bare_product": round(work / product, 2),
        "readying_to_bare_product": round(readying / product, 2),
    }


async def stage(library: Library, people: int, papers: int, stored: int) -> None:
    """Papers and people, where there are none yet."""
    db, model = library.db, await library.model(NOW)
    if not await db.read(profiles.wishing):
        await fill_papers(db, model, stored + papers, papers, NOW)
        await fill_people(db, model, people, stored, NOW - timedelta(minutes=1), NOW)


async def draft(library: Library, seconds: float) -> int:
    """Draft for so long, or until all are; how many."""
    start, drawn_up = time.monotonic(), 0
    tick = Drafts(library, lambda: BEFORE + timedelta(seconds=time.monotonic() - start))
    while time.monotonic() - start < seconds and (made := await tick.look()):
        drawn_up += made
    return drawn_up


async def draft_copies(library: Library, composed: int, seconds: float) -> None:
    """Compose the drafts of so many; all others get what one of them got."""
    known: list[Composed] = []

    async def some_composed(
        library: Library,
        due: Sequence[Subscription],
        known_of: Known,
        now: datetime,
        *,
        pools: Pools,
    ) -> list[Composed]:
        if len(known) < composed:
            made = await compose_known(library, due, known_of, now, pools=pools)
            known.extend(made)
            return made
        return [
            replace(
                known[one.id % len(known)],
                subscription=one,
                profile=known_of.owners[one.profile_id],
            )
            for one in due
        ]

    bot.drafts.compose_known = some_composed  # type: ignore[assignment]
    try:
        await draft(library, seconds)
    finally:
        bot.drafts.compose_known = compose_known


async def hour(library: Library) -> dict[str, float]:
    """Queue what is due, with somebody who gives commands."""
    commands = Commands(library, lambda: NOW, lambda: None)
    took: list[float] = []
    async with Lag() as lag:
        asking = asyncio.create_task(ask(commands, took))
        wall, cpu = time.perf_counter(), time.process_time()
        served = await digests.queue_due(library, NOW)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    on_record, waiting = await library.db.read(queued)
    assert served == on_record, (served, on_record)
    return {
        "people": served,
        "wall_s": round(wall, 2),
        "processor_s": round(cpu, 2),
        "ms_each": round(cpu / served * 1e3, 2),
        "messages": waiting,
        "most_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "lag_p99_ms": lag.ms(0.99),
        "lag_most_ms": lag.ms(1.0),
        "commands": len(took),
        "slowest_command_s": round(max(took, default=0.0), 2),
    }


async def measure(
    people: int,
    papers: int,
    stored: int,
    *,
    drafts: bool = True,
    only_draft_s: float | None = None,
    composed: int | None = None,
    path: Path | None = None,
) -> dict[str, float]:
    """All figures of one run."""
    found: dict[str, float] = {"papers": papers}
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(path or Path(folder) / "bench.db") as db:
            library = Library(db, Words())
            await stage(library, people, papers, stored)
            if composed is not None:
                await draft_copies(library, composed, only_draft_s or float("inf"))
            elif drafts:
                cpu = time.process_time()
                made = await draft(library, only_draft_s or float("inf"))
                if made:
                    each = (time.process_time() - cpu) / made
                    found |= {"drafted": made, "ms_drafting_each": round(each * 1e3, 2)}
            if only_draft_s is not None:
                return found
            found |= await hour(library)
            found |= await scoring(library, papers, min(people, 1_000))
    return found


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=2_000)
    arguments.add_argument("--papers", type=int, default=1_000)
    arguments.add_argument("--stored", type=int, default=5_000)
    arguments.add_argument("--no-drafts", action="store_true")
    arguments.add_argument("--db", type=Path)
    arguments.add_argument("--composed", type=int, metavar="N")
    arguments.add_argument("--draft", type=float, metavar="SECONDS")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    found = await measure(
        asked.people,
        asked.papers,
        asked.stored,
        drafts=not asked.no_drafts,
        only_draft_s=asked.draft,
        composed=asked.composed,
        path=asked.db,
    )
    found |= {"machine": f"{os.cpu_count()} cores, {platform.machine()}"}
    if asked.json:
        print(json.dumps(found))
    else:
        print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))


if __name__ == "__main__":
    asyncio.run(main())
