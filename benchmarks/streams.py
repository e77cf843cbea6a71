"""Weeks of real papers replayed for simulated people: volume, steadiness of the dial, time a day.

    python benchmarks/streams.py --data DIR [--streams hf-daily-2024 arxiv-2025-autumn]
        [--days 56] [--papers 40] [--people 12] [--about 3] [--sure 80] [--json]

DIR holds the streams, `NAME.jsonl.gz` with `id`, `day`, `title` and `abstract`. Of each stream the
first `--days` days are replayed, with at most `--papers` papers a day spread evenly over it; the
first four weeks only fill the store. Every person follows the titles of two papers of those weeks.
What they truly like is hidden from the ranking and made without its vectors: papers that share rare
words with ten papers around each of the two, and some by chance. They vote on a third of what they
are sent. Every day the product's own functions fit the background, move the floors and rank.

Three groups of the same people: with no dial, about so many a day, and so sure. Embeddings are kept
under the user's cache folder, by model and text.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from streams_people import WARM, Person, Stream, load, people, taste

from matching import dial
from matching.background import Background, fit
from matching.encoder import load_encoder
from matching.pool import Pool
from matching.ranking import FLOOR, score
from matching.surprise import candidate, ranked
from matching.taste import Taste

SIZE = 12
VOTED = 1 / 3
BY_CHANCE = 0.1
"""Share of votes that say the opposite."""


def turn(
    person: Person, mine: Taste, recent: Pool, ground: Background, every: Any, options: Any
) -> None:
    """Move the person's floor, as the service does once a day."""
    if person.wish == "no dial":
        return
    total = score(mine, recent, ground).total.astype(float)
    kept = []
    for place, paper in enumerate(recent.papers):
        if paper.seq in mine.seen:
            if paper.seq not in person.sent:
                continue
            total[place] = person.sent[paper.seq]
        kept.append(place)
    if person.wish == "about":
        weights = dial.weigh([paper.first_seen.date() for paper in recent.papers])[kept]
        wanted = dial.for_volume(total[kept], weights, WARM, options.about)
    else:
        wanted = dial.calibrate(person.cast, every).floor(options.sure / 100)
    person.floor = dial.steady(person.floor, wanted)
    person.floors.append(person.floor)


def digest(
    person: Person, mine: Taste, new: Pool, ground: Background, luck: Any, day: date
) -> None:
    """Send the day's papers and take the votes."""
    floor = FLOOR if person.floor is None else person.floor
    lot = f"{person.number}/{day}"
    other = candidate(mine, new, ground, floor=floor, lot=lot)
    fits, tried = ranked(mine, new, ground, size=SIZE, floor=floor, surprise=other)
    person.volumes.append(len(fits))
    for match in [*fits, *([tried] if tried else [])]:
        place = match.paper.seq - 1
        is_liked = bool(person.liked[place])
        (person.tried if match is tried else person.right).append(is_liked)
        person.sent[match.paper.seq] = match.score
        if luck.random() < VOTED:
            said = is_liked != (luck.random() < BY_CHANCE)
            person.votes.append(place)
            person.said.append(said)
            person.cast.append((match.score, said))


def replay(stream: Stream, crowd: list[Person], options: Any) -> dict[str, Any]:
    """Every day after the warm weeks; seconds by what they went into."""
    luck = np.random.default_rng(11)
    spent: dict[str, float] = defaultdict(float)
    days = sorted(set(stream.days))
    replayed = 0
    for day in days:
        passed = (day - stream.days[0]).days
        if passed < WARM:
            continue
        replayed += 1
        old = [i for i, at in enumerate(stream.days) if at < day]
        window = [i for i in old if (day - stream.days[i]).days <= WARM]
        today = [i for i, at in enumerate(stream.days) if at == day]
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        start = time.perf_counter()
        ground = fit([stream.papers[i] for i in old], stream.vectors[old])
        recent = Pool([stream.papers[i] for i in window], stream.vectors[window])
        new = Pool([stream.papers[i] for i in today], stream.vectors[today])
        spent["shared"] += time.perf_counter() - start
        for group in {one.wish for one in crowd}:
            members = [one for one in crowd if one.wish == group]
            every = dial.pooled({one.number: one.cast for one in members})
            for one in members:
                mine = taste(one, stream, now)
                start = time.perf_counter()
                turn(one, mine, recent, ground, every, options)
                middle = time.perf_counter()
                digest(one, mine, new, ground, luck, day)
                spent["floors"] += middle - start if group != "no dial" else 0.0
                spent["digests"] += time.perf_counter() - middle
    span = (days[-1] - stream.days[0]).days - WARM + 1
    dialled = sum(one.wish != "no dial" for one in crowd)
    return {
        "days": span,
        "shared_ms_a_day": 1000 * spent["shared"] / replayed,
        "floor_ms_each": 1000 * spent["floors"] / replayed / dialled,
        "digest_ms_each": 1000 * spent["digests"] / replayed / len(crowd),
    }


def figures(crowd: list[Person], span: int) -> dict[str, float]:
    """Of one group: volume a day, its spread, steadiness, and how much was truly liked."""
    volumes = [sum(one.volumes) / span for one in crowd]
    steps = [abs(b - a) for one in crowd for a, b in pairwise(one.floors)]
    halves = [one.right[len(one.right) // 2 :] for one in crowd]
    right = [hit for one in crowd for hit in one.right]
    late = [hit for one in halves for hit in one]
    tried = [hit for one in crowd for hit in one.tried]
    return {
        "a_day": statistics.mean(volumes),
        "least": min(volumes),
        "most": max(volumes),
        "empty_days": statistics.mean(not n for one in crowd for n in one.volumes),
        "floor": statistics.mean(one.floors[-1] if one.floors else FLOOR for one in crowd),
        "step": statistics.mean(steps) if steps else 0.0,
        "longest_step": max(steps, default=0.0),
        "liked": statistics.mean(right) if right else float("nan"),
        "liked_later": statistics.mean(late) if late else float("nan"),
        "tried": len(tried) / sum(len(one.volumes) for one in crowd),
        "tried_liked": statistics.mean(tried) if tried else float("nan"),
    }


async def main() -> None:
    """Replay, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--streams", nargs="+", default=["hf-daily-2024", "arxiv-2025-autumn"])
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument("--papers", type=int, default=40, help="a day, at most")
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--about", type=float, default=3)
    parser.add_argument("--sure", type=float, default=80)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    encoder = await load_encoder()
    found: dict[str, Any] = {"model": encoder.identity}
    try:
        for name in options.streams:
            stream = await load(options.data, name, options.days, options.papers, encoder)
            print(f"{name}: {len(stream.papers)} papers, {encoder.identity}", file=sys.stderr)
            groups = {
                wish: await people(stream, options.people, wish, encoder)
                for wish in ("no dial", "about", "sure")
            }
            times = replay(stream, [one for group in groups.values() for one in group], options)
            found[name] = {"papers": len(stream.papers), "people": options.people} | times
            for wish, group in groups.items():
                found[name][wish] = figures(group, times["days"])
    finally:
        await encoder.aclose()
    if options.json:
        print(json.dumps(found, indent=1))
        return
    for name in options.streams:
        one = found[name]
        print(f"\n{name}: {one['papers']} papers, {one['days']} days replayed, 3 x {one['people']}")
        for wish in ("no dial", "about", "sure"):
            print(f"  {wish:8}" + "".join(f"  {key} {n:.3f}" for key, n in one[wish].items()))
        print("  " + ", ".join(f"{key} {one[key]:.1f}" for key in times if key != "days"))


if __name__ == "__main__":
    asyncio.run(main())
