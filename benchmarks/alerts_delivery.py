"""From a dump's last byte to its alerts at the platforms: the whole service, with its model.

    python benchmarks/alerts_delivery.py [--data FOLDER] [--alerts 1000] [--readers 100] [--dumps 2]
                                         [--fresh]

The stand-ins of Slack and Discord and `paperround run` are processes of their own; half the readers
are on each platform. A dump is 425 papers, given to the inbox by renaming. A message counts when
its stand-in has accepted it. Two dumps come before that are not counted: yesterday's, which nobody
is told of, and a small one that opens everybody's direct messages, as they are open in a service
that has run for a day. `--fresh` leaves out yesterday's: no word was ever read.
"""

import argparse
import asyncio
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from alerts import DUMP, queries, stream
from chaos_cast import Place, places
from chaos_judge import Post, discord_posts, slack_posts
from chaos_owed import quantile
from chaos_stage import HOUSE, Stage
from fakes.chaos_service import die_with_parent

from bot import desk
from matching.alerts import parse
from storage import profiles
from storage.database import Database, Tx
from storage.instants import to_text
from storage.records import OwnerKind, Paper

WARM = "Zymurgy"
PATIENCE_S = 900.0


def page(papers: Sequence[Paper]) -> bytes:
    """The papers as a page with details."""
    told = "".join(
        f"{paper.title}\n\n{' '.join(paper.abstract.split())}\n\n  • 3 authors\n·\nJun 14, 2022\n\n"
        for paper in papers
    )
    return f"Daily Papers\n\nbyAK and the research community\n\nOct 28\n\n{told}".encode()


def drop(stage: Stage, name: str, papers: Sequence[Paper]) -> None:
    """The dump lands in the inbox."""
    half = stage.inbox / f"{name}.part"
    half.write_bytes(page(papers))
    stage.dropped[name] = time.time()
    half.rename(stage.inbox / name)


async def ask(stage: Stage, found: Sequence[Place], asked: Sequence[str]) -> None:
    """The alerts, dealt out to the readers; and one for everybody that the first dump hits."""
    now = datetime.now(UTC)
    async with await Database.open(stage.db) as db:
        for n, place in enumerate(found):
            profile = await db.write(
                profiles.add,
                kind=OwnerKind.CHANNEL if place.is_channel else OwnerKind.PERSON,
                platform=place.platform,
                workspace=place.workspace,
                owner=place.owner,
                name=f"reader of {place.owner}",
                zone="UTC",
                now=now,
            )
            for query in (WARM, *asked[n :: len(found)]):
                await desk.add_alert(db, profile, parse(query), now)


def states(tx: Tx) -> tuple[int, int]:
    """Dumps that are done, and deliveries that are due and not sent: what is beyond a day's limit
    waits for the morning.
    """
    return (
        tx.value("SELECT COUNT(*) FROM dumps WHERE status = 'done'"),
        tx.value(
            "SELECT COUNT(*) FROM outbox WHERE status <> 'sent' AND due_at <= :now",
            now=to_text(datetime.now(UTC) + timedelta(minutes=1)),
        ),
    )


def keys(tx: Tx) -> list[sqlite3.Row]:
    """What the deliveries are called."""
    return tx.rows("SELECT id, key FROM outbox")


async def done(stage: Stage, dumps: int) -> float:
    """Wait until so many dumps are embedded and everything is sent; when that was."""
    async with await Database.open(stage.db) as db, asyncio.timeout(PATIENCE_S):
        while await db.read(states) != (dumps, 0):  # noqa: ASYNC110 - another process ends it
            await asyncio.sleep(0.5)
    return time.time()


async def posts(stage: Stage) -> list[Post]:
    """Everything that was posted."""
    async with await Database.open(stage.db) as db:
        rows = [dict(row) for row in await db.read(keys)]
    slack = slack_posts(await stage.ask("slack", "__state"))
    return slack + discord_posts(await stage.ask("discord", "__state"), rows)


async def run(given: argparse.Namespace) -> None:
    """Set the stage, drop the dumps, print what it took."""
    streamed = stream(given.data / "streams" / "hf-daily-2024.jsonl.gz")
    random.Random(3).shuffle(streamed)
    asked = [ours for _, ours, _ in queries(streamed, given.alerts)]
    with tempfile.TemporaryDirectory(prefix="paperround-alerts-") as folder:
        async with Stage(Path(folder)) as stage:
            found, _ = await places(stage, given.readers, 0)
            async with await Database.open(stage.db):
                pass  # it is made before two processes want it
            with stage.log.open("ab") as log:
                service = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot", "run"),
                    cwd=folder,
                    env=os.environ | {"PYTHONPATH": str(HOUSE)} | stage._settings(),
                    stdout=log,
                    stderr=log,
                    preexec_fn=die_with_parent,
                )
            try:
                ingested = 1
                if not given.fresh:
                    drop(stage, "yesterday", streamed[-4 - DUMP : -4])
                    await done(stage, 1)
                    ingested += 1
                await ask(stage, found, asked)
                named = replace(streamed[-1], title=f"On {WARM} and Other Subjects")
                drop(stage, "warm", [named, *streamed[-4:-1]])
                await done(stage, ingested)
                before = len(await posts(stage))
                for n in range(given.dumps):
                    name = f"dump {n}"
                    drop(stage, name, streamed[n * DUMP : (n + 1) * DUMP])
                    embedded = await done(stage, ingested + n + 1) - stage.dropped[name]
                    made = await posts(stage)
                    report(name, stage.dropped[name], embedded, made)
                print(f"{len(await posts(stage)) - before} messages in all")
            finally:
                service.terminate()
                await service.wait()


def report(name: str, dropped: float, embedded: float, made: Sequence[Post]) -> None:
    """One line for each platform."""
    took: dict[str, list[float]] = {}
    for post in made:
        if post.at >= dropped and post.key and "#" not in post.key:  # parts follow a message
            on = "Slack" if post.address.startswith("T") else "Discord"
            took.setdefault(on, []).append(post.at - dropped)
    took["both"] = [one for seconds in took.values() for one in seconds]
    for on, seconds in took.items():
        print(
            f"{name}, {on:8}{len(seconds):4} messages: p50 {quantile(seconds, 0.5)} s, "
            f"p99 {quantile(seconds, 0.99)} s, last {max(seconds):.3f} s"
        )
    print(f"{name}: embedded after {embedded:.1f} s")


def main() -> None:
    """Run it."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument(
        "--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared"
    )
    arguments.add_argument("--alerts", type=int, default=1_000)
    arguments.add_argument("--readers", type=int, default=100)
    arguments.add_argument("--dumps", type=int, default=2)
    arguments.add_argument("--fresh", action="store_true", help="nothing was read before")
    asyncio.run(run(arguments.parse_args()))


if __name__ == "__main__":
    main()
