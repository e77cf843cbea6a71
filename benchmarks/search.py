"""Search and similar over very many stored papers.

`python benchmarks/search.py [--papers N] [--asked N] [--json]` fills a new database with N papers
(texts and vectors as `crowd` makes them, the vectors with noise of their own so that no two are
alike) and prints one line: how long `similar`, `search` by words and `search` by words and meaning
take (median and p99, of the processor and on the wall), how many of the exact ten nearest are
found, and how much more memory the process has than before. The reference is the exact product of
the query with all vectors in float32, held in memory.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from crowd import CHUNK, DIM, Words, _dump, _papers, batched, entries, rows

from matching.encoder import paper_text
from matching.library import Library
from matching.nearest import Nearest
from matching.search import by_words, by_words_and_meaning, similar
from storage import papers, vectors
from storage.database import Database

NOW = datetime(2025, 10, 28, tzinfo=UTC)
NOISE = 0.6
"""Length of what each vector has of its own, beside what its words give it."""

KINDS = 20_000
"""Papers whose texts differ; with more, texts are told again with another number."""


async def fill(db: Database, model: int, many: int) -> None:
    """`many` papers with a vector each."""
    await db.write(_dump, NOW)
    drawn = np.random.default_rng(7)
    known = list(entries(min(many, KINDS)))
    near = rows([paper_text(one) for one in known])
    for chunk in batched(iter(range(many)), CHUNK):
        own = drawn.standard_normal((len(chunk), DIM), dtype=np.float32) * (NOISE / DIM**0.5)
        made = near[np.array(chunk) % len(known)] + own
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        some = [known[n % len(known)] for n in chunk]
        told = [
            type(one)(title=f"{one.title} {n}", abstract=one.abstract, lines=())
            for n, one in zip(chunk, some, strict=True)
        ]
        await db.write(_papers, model, told, made, chunk[0], many, NOW)


def resident() -> int:
    """KiB of this process in memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def timed(asked: int, work: Callable[[int], Awaitable[object]]) -> dict[str, float]:
    """Median and p99 of so many calls, in milliseconds."""
    wall, cpu = [], []
    for number in range(asked):
        start, used = time.perf_counter(), time.process_time()
        await work(number)
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return {
        "median_ms": round(float(np.median(wall)) * 1e3, 1),
        "p99_ms": round(float(np.quantile(wall, 0.99)) * 1e3, 1),
        "median_processor_ms": round(float(np.median(cpu)) * 1e3, 1),
        "p99_processor_ms": round(float(np.quantile(cpu, 0.99)) * 1e3, 1),
    }


async def exact(db: Database, model: int, queries: np.ndarray, many: int) -> list[set[int]]:
    """The ten nearest of each query, by all vectors."""
    best: list[list[tuple[float, int]]] = [[] for _ in queries]
    for first in range(0, many, 50_000):
        seqs, block = await db.read(vectors.between, model, first, first + 50_000)
        for place, near in enumerate(queries @ block.T):
            top = np.argsort(-near)[:10]
            best[place] += [(float(near[i]), seqs[i]) for i in top]
    return [{seq for _, seq in sorted(one, reverse=True)[:10]} for one in best]


async def measure(many: int, asked: int) -> dict[str, object]:
    """All figures."""
    drawn = random.Random(5)
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(Path(folder) / "bench.db") as db:
            library = Library(db, Words())
            model = await library.model(NOW)
            await fill(db, model, many)
            chosen = drawn.sample(range(1, many + 1), asked)
            about = await db.read(papers.by_seq, chosen)
            by_number = {one.seq: one for one in about}
            texts = [" ".join(by_number[seq].title.split()[:5]) for seq in chosen]
            await by_words(db, "warm up", 10)
            before = resident()
            start, used = time.perf_counter(), time.process_time()
            await Nearest.of(library).refresh(NOW)
            built = time.perf_counter() - start, time.process_time() - used
            queries = await db.read(vectors.by_seq, model, chosen[:100])
            truth = await exact(db, model, queries, many)
            found = [await Nearest.of(library).find(one, 10, NOW) for one in queries]
            hits = [
                len(right & {s for s, _ in one}) for right, one in zip(truth, found, strict=True)
            ]
            like = await timed(asked, lambda n: similar(library, by_number[chosen[n]], 10, NOW))
            words = await timed(asked, lambda n: by_words(db, texts[n], 10))
            common = await timed(
                min(asked, 20), lambda _: by_words(db, "the model of learning and data", 10)
            )
            both = await timed(asked, lambda n: by_words_and_meaning(library, texts[n], 10, NOW))
            more = resident() - before
    held = np.random.default_rng(1).standard_normal((min(many, 100_000), DIM), dtype=np.float32)
    used = time.process_time()
    for query in queries[:10]:
        _ = np.argpartition(-(held @ query), 10)[:10]
    product = (time.process_time() - used) / 10 * many / len(held) * 1e3
    return {
        "papers": many,
        "similar": like,
        "words": words,
        "common_words": common,
        "words_and_meaning": both,
        "recall_at_10": round(sum(hits) / 10 / len(hits), 4),
        "more_memory_mb": round(more / 1024),
        "built_s": round(built[0], 1),
        "built_processor_s": round(built[1], 1),
        "exact_product_processor_ms": round(product, 1),
        "ratio_to_exact_product": round(like["median_processor_ms"] / product, 2),
    }


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--papers", type=int, default=50_000)
    arguments.add_argument("--asked", type=int, default=100)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    found = await measure(asked.papers, asked.asked)
    found |= {"machine": f"{os.cpu_count()} cores, {platform.machine()}"}
    if asked.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        said = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name.replace('_', ' ')}: {said}", end="; ")
    print()


if __name__ == "__main__":
    asyncio.run(main())
