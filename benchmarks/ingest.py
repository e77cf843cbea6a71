"""How fast a dump goes in, and how little of that is ours.

`python benchmarks/ingest.py [DUMP ...] [--json]` reads, embeds and stores each dump in a new
database, and prints papers per second for each step and the share of the time that is not the
model's. The reference is the model itself: the same texts through the encoder alone, in the same
run. Without a dump, the samples that ship with Paperround are taken.
"""

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.demo import samples
from bot.inbox import read_file
from matching.encoder import Encoder, load_encoder, paper_text
from matching.ingest import ingest
from storage.database import Database
from storage.dumps import read_dump
from storage.identity import resolve
from storage.records import RawDump

ROUNDS = 3


async def measure(encoder: Encoder, dumps: list[RawDump]) -> dict[str, float]:
    """Seconds of the fastest of some rounds, for each step."""
    best: dict[str, float] = {}

    def note(step: str, seconds: float) -> None:
        best[step] = min(best.get(step, seconds), seconds)

    texts = [[paper_text(one) for one in resolve(read_dump(raw).entries)] for raw in dumps]
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for raw in dumps:
            resolve(read_dump(raw).entries)
        note("read", time.perf_counter() - start)

        start = time.perf_counter()
        for some in texts:
            await encoder.encode(some)
        note("model", time.perf_counter() - start)

        with tempfile.TemporaryDirectory() as folder:
            async with await Database.open(Path(folder) / "bench.db") as db:
                start = time.perf_counter()
                for raw in dumps:
                    await ingest(db, encoder, raw, datetime.now(UTC))
                note("whole", time.perf_counter() - start)
    best["papers"] = sum(len(some) for some in texts)
    return best


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("dumps", nargs="*", type=Path)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    dumps = [read_file(path) for path in asked.dumps] or samples()
    encoder = await load_encoder(os.environ.get("PAPERROUND_MODEL"))
    await encoder.encode(["warm up"])
    best = await measure(encoder, dumps)
    await encoder.aclose()
    papers, ours = best["papers"], max(0.0, best["whole"] - best["model"])
    result = {
        "papers": int(papers),
        "read_per_s": round(papers / best["read"]),
        "model_per_s": round(papers / best["model"], 1),
        "ingested_per_s": round(papers / best["whole"], 1),
        "not_the_model": round(ours / best["whole"], 4),
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
