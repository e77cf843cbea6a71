"""How fast a dump goes in, and how little of that is ours.

`python benchmarks/ingest.py [DUMP ...] [--json]` reads, embeds and stores each dump in a new
database, and prints papers per second for each step (the fastest of some rounds) and the share of
the time that is not the model's (their median). The reference is the model itself: the time that
the encoder is at work in the same run. Without a dump, the samples that ship with Paperround are
taken.
"""

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.demo import samples
from bot.inbox import read_file
from matching.encoder import Encoder, load_encoder
from matching.ingest import ingest
from storage.database import Database
from storage.dumps import read_dump
from storage.identity import resolve
from storage.records import RawDump, Vectors

ROUNDS = 3


class Timed:
    """An encoder that knows how long it was at work."""

    def __init__(self, encoder: Encoder) -> None:
        """Wrap `encoder`."""
        self.identity, self.dim = encoder.identity, encoder.dim
        self.seconds = 0.0
        self._encoder = encoder

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """As the encoder does, with a look at the clock before and after."""
        start = time.perf_counter()
        try:
            return await self._encoder.encode(texts)
        finally:
            self.seconds += time.perf_counter() - start

    async def aclose(self) -> None:
        """The encoder is closed by whoever opened it."""


async def measure(encoder: Encoder, dumps: list[RawDump]) -> list[dict[str, float]]:
    """Seconds of each step, round by round."""
    rounds = []
    for _ in range(ROUNDS):
        timed, seconds = Timed(encoder), {}
        start = time.perf_counter()
        for raw in dumps:
            resolve(read_dump(raw).entries)
        seconds["read"] = time.perf_counter() - start
        with tempfile.TemporaryDirectory() as folder:
            async with await Database.open(Path(folder) / "bench.db") as db:
                start = time.perf_counter()
                for raw in dumps:
                    await ingest(db, timed, raw, datetime.now(UTC))
                seconds["whole"] = time.perf_counter() - start
        seconds["model"] = timed.seconds
        rounds.append(seconds)
    return rounds


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dumps", nargs="*", type=Path)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    dumps = [read_file(path) for path in asked.dumps] or samples()
    encoder = await load_encoder(os.environ.get("PAPERROUND_MODEL"))
    await encoder.encode(["warm up"])
    rounds = await measure(encoder, dumps)
    await encoder.aclose()
    papers = sum(len(resolve(read_dump(raw).entries)) for raw in dumps)
    best = {step: min(one[step] for one in rounds) for step in ("read", "model", "whole")}
    shares = sorted(1 - one["model"] / one["whole"] for one in rounds)
    result = {
        "papers": papers,
        "read_per_s": round(papers / best["read"]),
        "embedded_per_s": round(papers / best["model"], 1),
        "stored_per_s": round(papers / (best["whole"] - best["model"] - best["read"])),
        "whole_per_s": round(papers / best["whole"], 1),
        "not_the_model": round(shares[len(shares) // 2], 4),
        "model": encoder.identity,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
    }
    if asked.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name.replace('_', ' '):16} {value}")


if __name__ == "__main__":
    asyncio.run(main())
