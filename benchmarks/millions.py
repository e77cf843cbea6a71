"""A stage for benchmarks: a database of a million papers with their words and vectors.

`python benchmarks/millions.py FOLDER [--papers N] [--seconds S]` makes `FOLDER/bench.db`, or goes
on where it was stopped; after S seconds it stops by itself, with exit code 3, to be called again.

Words are as rare as words are: those of the samples that ship with Paperround as often as they
stand there, whole sentences of them too, and 300,000 others, of which most stand in a handful of
papers. Some thousands are news, all others the archive's, stored as `paperround ingest --no-embed`
stores them. A vector is that of a paper's sentences (see `crowd`) with noise of its own.
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from crowd import DIM, Words, fill_papers, rows

from bot.demo import samples
from matching.bulk import store_file
from matching.library import Library
from matching.sentences import sentences
from storage import archive, papers, vectors
from storage.database import Database
from storage.dumps import read_dump
from storage.records import Vectors

NOW = datetime(2025, 10, 28, tzinfo=UTC)
NEWS = 6_000
"""Papers that came as news: as many as statistics are fitted on, and some more."""

RARE, RARE_SHARE = 300_000, 0.1
"""Words beyond those of the samples, and how much of a text they are."""

TITLE, ABSTRACT, QUOTED = 9, 100, 2
"""Words of a title and an abstract, and sentences of the samples that the latter holds beside."""

NOISE = 0.6
"""Length of what each vector has of its own, beside what its sentences give it."""

FILE, LINES, VECTORS = 100_000, 10_000, 5_000
"""Stored, written and embedded at a time."""


class Language:
    """What the texts are made of; the same each time."""

    def __init__(self) -> None:
        known = [one for raw in samples() for one in read_dump(raw).entries]
        self.sentences = [text for one in known for text in sentences(one.abstract)]
        self.titles = _words([one.title for one in known])
        self.words = _words([one.abstract for one in known])
        draw = random.Random(1)
        self.rare = [
            "".join(draw.choices("etaoinshrdlucm", k=draw.randint(5, 11))) for _ in range(RARE)
        ]

    @cached_property
    def meant(self) -> Vectors:
        """(sentences, DIM) their unit vectors."""
        return rows(self.sentences)

    def quoted(self, chunk: int) -> npt.NDArray[np.intp]:
        """(LINES, QUOTED) which sentences the papers of a chunk hold."""
        drawn = np.random.default_rng((1, chunk))
        return drawn.integers(len(self.sentences), size=(LINES, QUOTED))

    def lines(self, chunk: int) -> Iterator[str]:
        """A chunk's papers as arXiv's snapshot has them."""
        drawn = np.random.default_rng((2, chunk))
        said = self._drawn(drawn, self.words, ABSTRACT)
        titled = self._drawn(drawn, self.titles, TITLE)
        for n, (title, abstract, quoted) in enumerate(
            zip(titled, said, self.quoted(chunk).tolist(), strict=True), chunk * LINES
        ):
            text = " ".join([*(self.sentences[one] for one in quoted), *abstract])
            yield json.dumps(
                {
                    "id": f"{n // 90_000 % 90 + 10:02}{n // 8_100_000 + 1:02}.{n % 90_000:05}",
                    "submitter": "Ada One",
                    "authors": "Ada One, Grace Two and Alan Three",
                    "title": " ".join(title).capitalize(),
                    "comments": "9 pages",
                    "doi": None,
                    "categories": "cs.CL cs.LG",
                    "abstract": f"  {text}\n",
                    "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
                    "update_date": "2008-11-26",
                    "authors_parsed": [["One", "Ada", ""], ["Two", "Grace", ""]],
                }
            )

    def vectors(self, first: int, many: int) -> Vectors:
        """(many, DIM) unit rows of the lines from `first` on; all of one chunk."""
        chunk, place = divmod(first, LINES)
        quoted = self.quoted(chunk)[place : place + many]
        drawn = np.random.default_rng((3, first))
        made = self.meant[quoted].sum(axis=1) / QUOTED
        made += drawn.standard_normal((len(quoted), DIM), dtype=np.float32) * (NOISE / DIM**0.5)
        found: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return found

    def _drawn(
        self,
        drawn: np.random.Generator,
        usual: tuple[list[str], npt.NDArray[np.float64]],
        each: int,
    ) -> Iterator[list[str]]:
        names, shares = usual
        common = drawn.choice(len(names), size=(LINES, each), p=shares)
        weights = 1 / (np.arange(RARE) + 100.0)
        rare = drawn.choice(RARE, size=(LINES, each), p=weights / weights.sum())
        is_rare = drawn.random((LINES, each)) < RARE_SHARE
        for one, other, which in zip(common.tolist(), rare.tolist(), is_rare.tolist(), strict=True):
            yield [
                self.rare[far] if seldom else names[near]
                for near, far, seldom in zip(one, other, which, strict=True)
            ]


def _words(texts: list[str]) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Words, and what share of all each is."""
    counted = Counter(word for text in texts for word in re.findall(r"\w+", text.casefold()))
    names = sorted(counted)
    held = np.array([counted[one] for one in names], dtype=np.float64)
    return names, held / held.sum()


async def fill(folder: Path, many: int, until: float) -> bool:
    """Go on filling until so many papers have a vector, or it is that late; whether it is done."""
    language = Language()
    async with await Database.open(folder / "bench.db") as db:
        model = await Library(db, Words()).model(NOW)
        if not await db.read(papers.newest):
            await fill_papers(db, model, NEWS, 0, NOW)
        for first in range(0, many - NEWS, FILE):
            if time.monotonic() > until:
                return False
            await _store(db, folder / f"{first}.jsonl", language, first, many - NEWS)
        return await _embed(db, model, language, until)


async def _store(db: Database, path: Path, language: Language, first: int, end: int) -> None:
    """One file of papers, as `paperround ingest --no-embed` takes it."""
    if -(await db.read(archive.next_seq)) > min(first + FILE, end):
        return
    with path.open("w", encoding="utf-8") as file:
        for start in range(first, min(first + FILE, end), LINES):
            some = itertools.islice(language.lines(start // LINES), end - start)
            file.writelines(f"{one}\n" for one in some)
    await store_file(db, path, NOW)
    await asyncio.to_thread(path.unlink)


async def _embed(db: Database, model: int, language: Language, until: float) -> bool:
    first = await db.read(lambda tx: tx.value("SELECT MAX(seq) FROM papers WHERE seq < 1"))
    if first is None:
        return True  # so few that none are of the archive
    last = await db.read(lambda tx: tx.value("SELECT MIN(seq) FROM papers"))
    done = await db.read(
        lambda tx: tx.value("SELECT MIN(seq) FROM vectors WHERE model_id = :model", model=model)
    )
    at = first if done > first else done - 1
    while at >= last:
        if time.monotonic() > until:
            return False
        some = min(VECTORS, at - last + 1)
        made = language.vectors(first - at, some)
        await db.write(vectors.put_vectors, model, range(at, at - some, -1), made)
        at -= some
    return True


def main() -> None:
    """Fill."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--papers", type=int, default=1_000_000)
    arguments.add_argument("--seconds", type=float, default=1e9)
    asked = arguments.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    if not asyncio.run(fill(asked.folder, asked.papers, time.monotonic() + asked.seconds)):
        sys.exit(3)


if __name__ == "__main__":
    main()
