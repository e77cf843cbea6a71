"""How fast a snapshot of papers goes in, read and indexed, and what memory it takes.

`python benchmarks/bulk.py [FILE] [--papers N] [--json]` stores a file of JSON lines, or N invented
lines of the size of arXiv's, with `paperround ingest --no-embed`'s own code into a new database.
The reference, in the same run: SQLite's full text alone, fed with the same titles and abstracts in
one transaction in memory, on one thread and on as many as there are cores. The file is then read
once more, when all of its papers are known. Seconds of processor time stand beside those of the
clock, since they depend less on who else is at work.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import sqlite3
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from matching.bulk import store_file
from storage.database import Database

WORDS = 40_000
SEED = 1
COMPARED = 20_000
"""Papers of the reference."""


def invented(path: Path, papers: int) -> None:
    """Lines as arXiv's snapshot has them: some 1,100 characters of abstract, words as rare as words
    are.
    """
    draw = random.Random(SEED)
    words = ["".join(draw.choices("etaoinshrdlucmfw", k=draw.randint(2, 11))) for _ in range(WORDS)]
    weights = [1 / (place + 5) for place in range(WORDS)]
    pool = draw.choices(words, weights=weights, k=1_000_000)
    with path.open("w", encoding="utf-8") as file:
        for n in range(papers):
            at = draw.randrange(len(pool) - 300)
            line = {
                "id": f"{700 + n // 90_000:04}.{n % 90_000:05}",
                "submitter": "Ada One",
                "authors": "Ada One, Grace Two and Alan Three",
                "title": " ".join(pool[at : at + 9]).title() + f"\n  {n}",
                "comments": "9 pages",
                "doi": None,
                "categories": "cs.CL cs.LG",
                "abstract": "  " + " ".join(pool[at + 9 : at + 9 + draw.randint(90, 200)]) + "\n",
                "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
                "update_date": "2008-11-26",
                "authors_parsed": [["One", "Ada", ""], ["Two", "Grace", ""], ["Three", "Alan", ""]],
            }
            file.write(json.dumps(line) + "\n")


def texts(path: Path) -> list[tuple[int, str, str]]:
    """Numbers, titles and abstracts of the first papers of a file."""
    with path.open(encoding="utf-8") as file:
        found = [json.loads(line) for _, line in zip(range(COMPARED), file, strict=False)]
    return [(n, one["title"], one["abstract"]) for n, one in enumerate(found, 1)]


def reference(rows: list[tuple[int, str, str]], threads: int) -> tuple[float, float]:
    """Papers per second of the clock and of the processor that the full text alone indexes, a table
    in memory for each thread: no disk, no rows, no reading.
    """
    dbs = []
    for _ in range(threads):
        db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        db.execute(
            "CREATE VIRTUAL TABLE texts USING fts5 (title, abstract, content='', "
            "tokenize='porter unicode61 remove_diacritics 2')"
        )
        db.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', 268435456)")
        dbs.append(db)

    def index(place: int) -> None:
        mine = rows[place::threads]
        dbs[place].execute("BEGIN")
        for start in range(0, len(mine), 10_000):
            some = mine[start : start + 10_000]
            dbs[place].execute(
                "INSERT INTO texts (rowid, title, abstract) VALUES "
                + ", ".join(["(?, ?, ?)"] * len(some)),
                [value for row in some for value in row],
            )
        dbs[place].execute("COMMIT")

    clock, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(index, range(threads)))
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    for db in dbs:
        db.close()
    return len(rows) / clock, len(rows) / cpu


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("file", nargs="?", type=Path)
    arguments.add_argument("--papers", type=int, default=100_000)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = asked.file or folder / "snapshot.json"
        if asked.file is None:
            invented(path, asked.papers)
        cores = len(os.sched_getaffinity(0))
        rows = texts(path)
        of_one, of_cpu = reference(rows, 1)
        of_all, _ = reference(rows, cores)
        del rows
        clock, cpu = time.perf_counter(), time.process_time()
        async with await Database.open(folder / "bench.db") as db:
            report = await store_file(db, path, datetime.now(UTC))
            clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
            # The same lines as another file, so that each is looked up again.
            again = folder / f"again-{path.name}"
            again.symlink_to(path.absolute())
            known = time.perf_counter()
            seen = await store_file(db, again, datetime.now(UTC))
            known = seen.known / (time.perf_counter() - known)
        result = {
            "papers": report.new,
            "megabytes": round(path.stat().st_size / 1e6),
            "per_second": round(report.new / clock),
            "per_cpu_second": round(report.new / cpu),
            "known_again_per_second": round(known),
            "cores": cores,
            "full_text_alone_per_second": round(of_one),
            "full_text_alone_on_all_cores": round(of_all),
            "full_text_alone_per_cpu_second": round(of_cpu),
            "ratio_to_all_cores": round(report.new / clock / of_all, 2),
            "ratio_of_cpu_seconds": round(report.new / cpu / of_cpu, 2),
            "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        }
    if asked.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key.replace('_', ' '):26} {value:,}")


if __name__ == "__main__":
    asyncio.run(main())
