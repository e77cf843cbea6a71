"""Weeks of real papers lived through by the service's own rounds, for simulated people.

    python benchmarks/streams.py --data DIR [--streams hf-daily-2024 arxiv-2025-autumn]
        [--days N] [--papers 60] [--people 6] [--about 3] [--sure 80] [--json]

DIR holds the streams, `NAME.jsonl.gz` with `id`, `day`, `title` and `abstract`. All days are lived
through (or the first N), with at most `--papers` papers a day spread evenly over it; the first four
weeks only fill the store. Then people come, each with a profile of two interests, the titles of two
papers of those weeks, and a daily digest. What they truly like is hidden from the ranking and made
without its vectors: papers that share rare words with ten papers around each of the two. They vote
on a third of what they are sent, one time in ten the opposite.

Each day the product's own functions take in the papers, move the floors and queue the digests, in a
real database. Three groups of the same people: with no dial, about so many a day, and so sure.
Printed are the volume and its spread, how steady the dial is, how much was truly liked, and, for
the papers that were sent, the likelihood of a like that was reckoned beforehand beside the share
that was liked. Times are of the processor. Embeddings are kept under the user's cache folder, by
model and text.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from relevance_tasks import embed
from streams_people import Person, Recorded, Stream, kept_as, load, people

from bot import desk, dials, digests, logs, timetable
from bot.reckoning import curves
from matching.encoder import load_encoder
from matching.ingest import ingest
from matching.library import Library
from matching.ranking import FLOOR
from storage import dials as stored
from storage import papers, profiles, upkeep, votes
from storage.database import Database, Tx
from storage.records import OwnerKind, VoteKind

WARM = 28
"""Days that only fill the store."""

SIZE = 12
VOTED = 1 / 3
BY_CHANCE = 0.1
"""Share of votes that say the opposite."""

T = TypeVar("T")


class Life:
    """One stream, lived through."""

    def __init__(self, library: Library, stream: Stream, crowd: list[Person], options: Any) -> None:
        self._library, self._stream, self._crowd, self._options = library, stream, crowd, options
        self._luck = np.random.default_rng(11)
        self._spent: dict[str, float] = defaultdict(float)
        self._last_digest = 0

    async def live(self) -> dict[str, float]:
        """Every day in its turn; milliseconds of the processor by what they went into."""
        days = sorted(set(self._stream.days))
        first = days[0] + timedelta(days=WARM)
        lived = 0
        for day in days:
            at = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
            await self._timed("intake", self._take_in(day, at), counts=day >= first)
            if day < first:
                continue
            if not lived:
                for one in self._crowd:
                    await self._join(one, at)
            lived += 1
            await self._timed("floors", dials.prepare(self._library, at + timedelta(hours=1)))
            await self._note_floors()
            due = at + timedelta(hours=2.75)
            await self._timed("digests", digests.queue_due(self._library, due))
            await self._read(due + timedelta(hours=1))
            print(f"\r{day}", end="", file=sys.stderr)
        dialled = sum(one.wish != "no dial" for one in self._crowd)
        return {
            "days": (days[-1] - first).days + 1,
            "lived": lived,
            "intake_ms_a_day": 1000 * self._spent["intake"] / lived,
            "floor_ms_each": 1000 * self._spent["floors"] / lived / dialled,
            "digest_ms_each": 1000 * self._spent["digests"] / lived / len(self._crowd),
        }

    async def _timed(self, what: str, work: Awaitable[T], *, counts: bool = True) -> T:
        start = time.process_time()
        found = await work
        self._spent[what] += (time.process_time() - start) * counts
        return found

    async def _take_in(self, day: date, at: datetime) -> None:
        await ingest(self._library.db, self._library.encoder, self._stream.dump(day), at)
        await self._library.background(at)

    async def _join(self, one: Person, at: datetime) -> None:
        db, number = self._library.db, f"{one.wish}/{self._crowd.index(one)}"
        profile = await db.write(
            profiles.add,
            kind=OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner=number,
            name=number,
            zone="UTC",
            now=at,
        )
        for text in one.interests:
            await db.write(profiles.add_interest, profile.id, text, at)
        daily = timetable.read_schedule("daily 08:30", "UTC")
        made = await desk.subscribe(db, profile, daily, SIZE, at)
        one.profile_id, one.subscription_id = profile.id, made.id
        about, sure = self._options.about, self._options.sure / 100
        if one.wish == "about":
            await dials.turn(db, made, dials.Wish(about=about), at)
        elif one.wish == "sure":
            await dials.turn(db, made, dials.Wish(sure=sure), at)

    async def _note_floors(self) -> None:
        ids = [one.subscription_id for one in self._crowd]
        found = await self._library.db.read(stored.of, ids)
        for one in self._crowd:
            mine = found.get(one.subscription_id)
            if mine is not None and mine.floor is not None:
                one.floors.append(mine.floor)

    async def _read(self, at: datetime) -> None:
        """Everybody reads what came, and votes on some of it."""
        sent, self._last_digest = await self._library.db.read(_sent, self._last_digest)
        for one in self._crowd:
            curve, _ = await curves(self._library, one.profile_id, at)
            mine = sent.get(one.profile_id, [])
            one.volumes.append(sum(score >= floor for _, score, floor in mine))
            for seq, score, floor in mine:
                (paper,) = await self._library.db.read(papers.by_seq, [seq])
                is_liked = kept_as(paper.title) in one.liked
                says = is_liked != (self._luck.random() < BY_CHANCE)
                if score >= floor:
                    one.right.append(is_liked)
                    one.foretold.append(curve.likelihood(score))
                    one.answers.append(says)
                else:
                    one.tried.append(is_liked)
                if self._luck.random() < VOTED:
                    kind = VoteKind.LIKE if says else VoteKind.DISLIKE
                    await self._library.db.write(votes.vote, one.profile_id, seq, kind, at)


def _sent(tx: Tx, after: int) -> tuple[dict[int, list[tuple[int, float, float]]], int]:
    """By profile `(paper, score, floor)` of digests behind `after`, and the last digest."""
    found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    last = after
    for row in tx.rows(
        """
        SELECT digests.id, profile_id, floor, seq, score FROM digests
        JOIN digest_papers ON digest_id = digests.id WHERE digests.id > :after
        ORDER BY digests.id, seq
        """,
        after=after,
    ):
        floor = FLOOR if row["floor"] is None else row["floor"]
        found[row["profile_id"]].append((row["seq"], row["score"], floor))
        last = max(last, row["id"])
    return found, last


async def figures(db: Database, crowd: list[Person], span: int, at: datetime) -> dict[str, Any]:
    """Of one group: volume a day, its spread, steadiness, how much was liked, what was foretold."""
    volumes = [sum(one.volumes) / span for one in crowd]
    steps = [abs(b - a) for one in crowd for a, b in pairwise(one.floors)]
    right = [hit for one in crowd for hit in one.right]
    late = [hit for one in crowd for hit in one.right[len(one.right) // 2 :]]
    tried = [hit for one in crowd for hit in one.tried]
    told = [
        await db.read(stored.reached, one.subscription_id, at - timedelta(days=10_000))
        for one in crowd
    ]
    return {
        "a_day": statistics.mean(volumes),
        "least": min(volumes),
        "most": max(volumes),
        "empty_days": statistics.mean(not n for one in crowd for n in one.volumes),
        "floor": statistics.mean(one.floors[-1] if one.floors else FLOOR for one in crowd),
        "step": statistics.mean(steps) if steps else 0.0,
        "longest_step": max(steps, default=0.0),
        "liked": _mean(right),
        "liked_later": _mean(late),
        "foretold": _mean([one for person in crowd for one in person.foretold]),
        "said": _mean([one for person in crowd for one in person.answers]),
        "reported": sum(one.liked for one in told) / max(sum(one.voted for one in told), 1),
        "tried_a_day": len(tried) / sum(len(one.volumes) for one in crowd),
        "tried_liked": _mean(tried),
    }


def _mean(found: list[Any]) -> float:
    return statistics.mean(found) if found else float("nan")


async def lived(name: str, options: Any, encoder: Any) -> dict[str, Any]:
    """One stream's figures."""
    stream = await load(options.data, name, options.days, options.papers, encoder)
    first = stream.days[0] + timedelta(days=WARM)
    known = sum(day < first for day in stream.days)
    groups = {
        wish: people(stream, known, options.people, wish) for wish in ("no dial", "about", "sure")
    }
    crowd = [one for group in groups.values() for one in group]
    texts = list(dict.fromkeys(text for one in crowd for text in one.interests))
    made = await embed(encoder, texts, f"people-{name}")
    known_texts = {kept_as(text): row for text, row in zip(texts, made, strict=True)}
    recorded = Recorded(encoder, {**stream.vectors, **known_texts})
    print(f"{name}: {len(stream.papers)} papers, {encoder.identity}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stream.db"
        upkeep.migrate(path)
        async with await Database.open(path) as db:
            life = Life(Library(db, recorded), stream, crowd, options)
            times = await life.live()
            last = datetime.combine(max(stream.days), datetime.min.time(), tzinfo=UTC)
            found = {"papers": len(stream.papers), "people": options.people} | times
            for wish, group in groups.items():
                span = int(times["days"])
                found[wish] = await figures(db, group, span, last + timedelta(days=1))
    return found


async def main() -> None:
    """Live through them, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--streams", nargs="+", default=["hf-daily-2024", "arxiv-2025-autumn"])
    parser.add_argument("--days", type=int, default=None)
    parser.add_argument("--papers", type=int, default=60, help="a day, at most")
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--about", type=float, default=3)
    parser.add_argument("--sure", type=float, default=80)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    logs.configure("error", "text")
    encoder = await load_encoder()
    try:
        found = {name: await lived(name, options, encoder) for name in options.streams}
    finally:
        await encoder.aclose()
    if options.json:
        print(json.dumps({"model": encoder.identity} | found, indent=1))
        return
    for name, one in found.items():
        print(f"\n{name}: {one['papers']} papers, {one['days']} days, 3 x {one['people']} people")
        for wish in ("no dial", "about", "sure"):
            print(f"  {wish:8}" + "".join(f"  {key} {n:.3f}" for key, n in one[wish].items()))
        print("  " + ", ".join(f"{key} {n:.1f}" for key, n in one.items() if "ms" in key))


if __name__ == "__main__":
    asyncio.run(main())
