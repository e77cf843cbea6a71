"""Search and similar over very many stored papers, as people ask for them.

`python benchmarks/search.py [--in FOLDER] [--papers N] [--asked N] [--part P] [--model] [--json]`
gives the service's own commands, `search …` and `similar …`, over a database that
`benchmarks/millions.py` made (with --in in a folder that is kept); a line for each part:

* `cold`: the first commands of a new process, after the system has forgotten the files;
* `warm`: what people look for, by kind: words of a title and a whole one, common words, rare ones,
  one word, an author with a word of the field, words with a letter too few, a sentence, a pasted
  abstract; `similar`; completing a title of which the last word is begun; median and p99 on the
  wall, and of the processor;
* `dump`: the same while papers come in, 32 every half second;
* `deleted`: the same after so many vectors were replaced and so many papers deleted;
* `recall`: how many of the exact ten nearest are found. The reference is the product of the query
  with all vectors in float32, held in memory;
* `words`: how many of the ten best by words are found. The reference is FTS5's own BM25 of all
  papers by all words.

With the model (--model) the queries and the sentences that are shown cost what they do in the
service; the vectors are the stand-in's all the same (see `crowd`).
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import platform
import random
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from crowd import Words, rows
from millions import NOW, fill
from search_recall import ms, papers_to, recall, recall_by_words

from bot.commands import Commands
from bot.commands.request import Asker, Request
from matching.encoder import Encoder, load_encoder
from matching.library import Library
from matching.nearest import Nearest
from matching.worded import Worded
from storage import arrivals, papers, vectors
from storage.database import Database, Tx
from storage.records import Entry, Paper, Vectors

PARTS = ("cold", "warm", "dump", "deleted", "recall", "words")
COLD = 10
"""Commands of each kind after the files were forgotten."""

COMING, EVERY_S = 32, 0.5
REPLACED, DELETED = 2_000, 1_000
ASKER = Asker(platform="console", workspace="local", id="ada", name="ada")


class Costly(Words):
    """The stand-in's vectors at the price of the model's."""

    def __init__(self, model: Encoder) -> None:
        self._model = model

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dim) unit rows."""
        await self._model.encode(texts)
        return rows(texts)


def queries(stored: Sequence[Paper], seed: int) -> dict[str, list[str]]:
    """What people look for, by kind; as many of each as there are papers."""
    draw = random.Random(seed)
    words = [f"{one.title} {one.abstract}".split() for one in stored]
    return {
        "title": [" ".join(one.title.split()[:5]) for one in stored],
        "common": [
            " ".join(draw.sample(["the model", "deep learning", "language", "of data", "and"], 3))
            for _ in stored
        ],
        "rare": [" ".join([max(each, key=len), *draw.sample(each, 2)]) for each in words],
        "whole_title": [one.title for one in stored],
        "one_word": [max(each, key=len) for each in words],
        "author": [f"Grace Two {draw.choice(each)}" for each in words],
        "misspelt": [
            " ".join(word[:-2] + word[-1:] for word in one.title.split()[:4]) for one in stored
        ],
        "sentence": [" ".join(each[15:30]) for each in words],
        "pasted": [one.abstract[:490] for one in stored],
    }


async def timed(texts: Sequence[str], commands: Commands) -> dict[str, float]:
    """Median and p99 of these commands, in milliseconds, and how many of them found something."""
    wall, cpu, found = [], [], 0
    for text in texts:
        start, used = time.perf_counter(), time.process_time()
        reply = await commands.answer(Request(asker=ASKER, text=text))
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
        assert reply.message is not None
        assert not reply.message.heading.startswith("Something broke")
        found += bool(reply.message.cards)
    return {
        "median_ms": ms(wall, 0.5),
        "p99_ms": ms(wall, 0.99),
        "median_processor_ms": ms(cpu, 0.5),
        "p99_processor_ms": ms(cpu, 0.99),
        "found": round(found / len(texts), 2),
    }


async def asked(db: Database, commands: Commands, many: int, seed: int) -> dict[str, object]:
    """All kinds, `many` of each."""
    drawn = random.Random(seed)
    first = await db.read(lambda tx: tx.value("SELECT MIN(seq) FROM papers"))
    chosen = [drawn.randrange(first, papers_to(first)) for _ in range(many)]
    stored = await db.read(papers.by_seq, chosen)
    found: dict[str, object] = {}
    for kind, texts in queries(stored, seed).items():
        found[kind] = await timed([f"search {text}" for text in texts], commands)
    found["similar"] = await timed([f"similar {one.seq}" for one in stored], commands)
    found["completing"] = await completing(stored, commands)
    return found


async def completing(stored: Sequence[Paper], commands: Commands) -> dict[str, float]:
    """Median and p99 of what is offered while somebody types a title, in milliseconds."""
    wall, found = [], 0
    for number, one in enumerate(stored):
        typed = " ".join(one.title.split()[: number % 4 + 1])[:-2]
        start = time.perf_counter()
        offered = await commands.complete(Request(asker=ASKER, text=typed), "similar", "paper")
        wall.append(time.perf_counter() - start)
        found += bool(offered)
    return {
        "median_ms": ms(wall, 0.5),
        "p99_ms": ms(wall, 0.99),
        "found": round(found / len(stored), 2),
    }


@contextlib.asynccontextmanager
async def coming(db: Database, model: int) -> AsyncIterator[None]:
    """A dump comes in meanwhile."""

    async def come() -> None:
        for number in range(10**6):
            await db.write(_come, model, number)
            await asyncio.sleep(EVERY_S)

    task = asyncio.create_task(come())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _come(tx: Tx, model: int, number: int) -> None:
    dump = tx.value("SELECT MAX(id) FROM dumps")
    made = [
        Entry(title=f"Coming in {os.getpid()} {number} {n}", abstract="Graph networks.", lines=())
        for n in range(COMING)
    ]
    arrivals.store(tx, dump, made, NOW, NOW)
    some = [row["seq"] for row in tx.rows("SELECT seq FROM papers ORDER BY seq DESC LIMIT 32")]
    vectors.put_vectors(tx, model, some, rows([one.title for one in made]))


def _delete(tx: Tx, model: int) -> None:
    """Papers at the archive's end, and vectors of others anew."""
    last = tx.value("SELECT MIN(seq) FROM papers") + DELETED
    for table in ("vectors", "sightings", "papers"):
        tx.execute(f"DELETE FROM {table} WHERE seq < :last", last=last)
    drawn = random.Random(3)
    some = sorted({drawn.randrange(last, 0) for _ in range(REPLACED)})
    vectors.put_vectors(tx, model, some, rows([f"another text {n}" for n in some]))


def forget(path: Path) -> None:
    """Let the system forget what it holds of the database's files."""
    for one in [*path.parent.glob(f"{path.name}*"), *path.parent.glob(f"{path.name}.words/*")]:
        if one.is_dir():
            continue
        with one.open("rb") as file:
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(name: str) -> int:
    """MiB of this process in memory: `VmRSS`, or `RssAnon` without what files are mapped to."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024


async def measure(
    folder: Path, many: int, parts: Sequence[str], encoder: Encoder
) -> AsyncIterator[dict[str, object]]:
    """A line for each part."""
    path = folder / "bench.db"
    if "cold" in parts:
        forget(path)
    async with await Database.open(path) as db:
        library = Library(db, encoder)
        model = await library.model(NOW)
        commands = Commands(library, lambda: NOW, lambda: None)
        await encoder.encode(["warm up"])
        background = await library.background(NOW)
        # As counting what trends does: a service holds it that nobody searches.
        await asyncio.to_thread(lambda: background.stored)
        before = resident("VmRSS"), resident("RssAnon")
        work: dict[str, Callable[[], Awaitable[dict[str, object]]]] = {
            "cold": lambda: asked(db, commands, COLD, 1),
            "warm": lambda: asked(db, commands, many, 2),
            "dump": lambda: asked(db, commands, many, 3),
            "deleted": lambda: asked(db, commands, many, 4),
            "recall": lambda: recall(library, 100),
            "words": lambda: recall_by_words(library, queries, 3),
        }
        start, used = time.perf_counter(), time.process_time()
        await Nearest.of(library).refresh(NOW)
        await Worded.of(library).refresh()
        yield {
            "part": "ready",
            "wall_s": round(time.perf_counter() - start, 1),
            "processor_s": round(time.process_time() - used, 1),
        }
        for part in parts:
            async with contextlib.AsyncExitStack() as stack:
                if part == "dump":
                    await stack.enter_async_context(coming(db, model))
                if part == "deleted":
                    await db.write(_delete, model)
                found = await work[part]()
            yield (
                {"part": part}
                | found
                | {
                    "more_memory_mb": resident("VmRSS") - before[0],
                    "of_it_not_files_mb": resident("RssAnon") - before[1],
                }
            )


async def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--in", dest="folder", type=Path)
    arguments.add_argument("--papers", type=int, default=50_000)
    arguments.add_argument("--asked", type=int, default=100)
    arguments.add_argument("--part", choices=PARTS, action="append")
    arguments.add_argument("--model", action="store_true")
    arguments.add_argument("--json", action="store_true")
    asked_for = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    machine = {"machine": f"{os.cpu_count()} cores, {platform.machine()}"}
    with contextlib.ExitStack() as stack:
        folder = asked_for.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not (folder / "bench.db").exists():
            await fill(folder, asked_for.papers, time.monotonic() + 1e9)
        model = await load_encoder(os.environ.get("PAPERROUND_MODEL")) if asked_for.model else None
        encoder = Words() if model is None else Costly(model)
        parts = asked_for.part or PARTS
        async for line in measure(folder, asked_for.asked, parts, encoder):
            if asked_for.json:
                print(json.dumps(line | machine), flush=True)
                continue
            for name, value in line.items():
                told = (
                    ", ".join(f"{k} {v}" for k, v in value.items())
                    if isinstance(value, dict)
                    else value
                )
                print(f"{name.replace('_', ' ')}: {told}", end="; ")
            print(flush=True)
        if model is not None:
            await model.aclose()


if __name__ == "__main__":
    asyncio.run(main())
