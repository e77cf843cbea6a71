"""A stage for benchmarks: many papers and many people in a new database, and an eye on the loop.

Papers are put together from the sentences of the samples that ship with Paperround, people from
their titles: everyone has two interests of their own, three likes and a dislike. Vectors come from
a stand-in that needs no model: a text is the sum of random directions, one for each word.
"""

import asyncio
import itertools
import random
import re
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from bot.demo import samples
from matching.encoder import paper_text
from matching.sentences import sentences
from storage import vectors
from storage.database import Database, Tx
from storage.dumps import read_dump
from storage.identity import title_key
from storage.instants import to_text
from storage.records import Entry, Vector, Vectors

DIM = 384
LIKES, DISLIKES, INTERESTS = 3, 1, 2
CHUNK = 2_000


class Words:
    """An encoder without a model."""

    identity, dim = f"words-{DIM}", DIM

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dim) unit rows."""
        return await asyncio.to_thread(rows, texts)

    async def aclose(self) -> None:
        """Nothing to let go."""


def rows(texts: Sequence[str]) -> Vectors:
    """(len(texts), DIM) unit rows; texts that share words are near to each other."""
    found = np.zeros((len(texts), DIM), dtype=np.float32)
    for place, text in enumerate(texts):
        for word in re.findall(r"\w+", text.casefold()) or [""]:
            found[place] += direction(word)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@cache
def direction(word: str) -> Vector:
    """(DIM,) the same for the same word, longer for longer words."""
    drawn = np.random.default_rng(zlib.crc32(word.encode())).standard_normal(DIM)
    return (drawn * min(len(word), 9)).astype(np.float32)


def entries(many: int) -> Iterator[Entry]:
    """Papers that are all different, each about some three things."""
    known = [one for raw in samples() for one in read_dump(raw).entries]
    said = [sentences(one.abstract) for one in known]
    drawn = random.Random(17)
    for number in range(many):
        one, two, three = drawn.choices(range(len(known)), k=3)
        yield Entry(
            title=f"{known[one].title}, and {known[two].title} ({number})",
            abstract=" ".join([*said[one][:3], *said[two][:3], *said[three][:2]]),
            lines=(),
            authors=3,
            organisation=f"Lab {number % 97}",
        )


async def fill_papers(db: Database, model: int, many: int, new: int, now: datetime) -> None:
    """`many` papers of the last year, of which the last `new` came just now."""
    await db.write(_dump, now)
    number = itertools.count()
    for chunk in batched(entries(many), CHUNK):
        made = await asyncio.to_thread(rows, [paper_text(one) for one in chunk])
        before = next(number) * CHUNK
        old = [before + place < many - new for place in range(len(chunk))]
        seen = [now - timedelta(days=60 if is_old else 0) for is_old in old]
        await db.write(put_papers, model, chunk, made, before, seen)


def batched(every: Iterator[Entry], size: int) -> Iterator[list[Entry]]:
    """Lists of at most `size`."""
    while chunk := list(itertools.islice(every, size)):
        yield chunk


def _dump(tx: Tx, now: datetime) -> None:
    tx.execute(
        """
        INSERT INTO dumps (sha256, name, layout, status, entries, rejects, notes, arrived_at,
            touched_at) VALUES ('bench', 'bench', 'tight', 'done', 0, '[]', '[]', :now, :now)
        """,
        now=to_text(now),
    )


def put_papers(
    tx: Tx,
    model: int,
    chunk: Sequence[Entry],
    made: Vectors,
    before: int,
    seen: Sequence[datetime],
) -> None:
    """Papers with their vectors, behind the `before` that are there; seen: when each came."""
    tx.many(
        """
        INSERT INTO papers (title, title_key, abstract, authors, organisation, first_seen,
            first_dump) VALUES (:title, :key, :abstract, :authors, :organisation, :at, 1)
        """,
        [
            {
                "title": one.title,
                "key": title_key(one.title),
                "abstract": one.abstract,
                "authors": one.authors,
                "organisation": one.organisation,
                "at": to_text(at),
            }
            for one, at in zip(chunk, seen, strict=True)
        ],
    )
    vectors.put_vectors(tx, model, range(before + 1, before + len(chunk) + 1), made)


async def fill_people(
    db: Database, model: int, people: int, cursor: int, due_at: datetime, now: datetime
) -> None:
    """People who read and voted up to `cursor`, each due at `due_at`."""
    titles = [
        re.split(r"[:,]", one.title)[0] for raw in samples() for one in read_dump(raw).entries
    ]
    for first in range(0, people, CHUNK):
        some = range(first, min(first + CHUNK, people))
        texts = [
            f"{titles[(p * 7 + i * 13) % len(titles)]} {titles[(p // 41 + i) % len(titles)]} "
            f"{p * INTERESTS + i}"
            for p in some
            for i in range(INTERESTS)
        ]
        made = await asyncio.to_thread(rows, texts)
        await db.write(_people, model, some, texts, made, cursor, due_at, now)


def _people(
    tx: Tx,
    model: int,
    some: range,
    texts: list[str],
    made: Vectors,
    cursor: int,
    due_at: datetime,
    now: datetime,
) -> None:
    at = to_text(now - timedelta(days=30))
    tx.many(
        """
        INSERT INTO profiles (id, kind, platform, workspace, owner, name, zone, created_at)
        VALUES (:id, 'person', 'console', 'local', :name, :name, 'UTC', :at)
        """,
        [{"id": p + 1, "name": f"person-{p}", "at": at} for p in some],
    )
    tx.many(
        "INSERT INTO interests (id, profile_id, text, created_at) VALUES (:id, :p, :text, :at)",
        [
            {
                "id": p * INTERESTS + i + 1,
                "p": p + 1,
                "text": texts[place * INTERESTS + i],
                "at": at,
            }
            for place, p in enumerate(some)
            for i in range(INTERESTS)
        ],
    )
    first = some.start * INTERESTS + 1
    vectors.put_interests(tx, model, range(first, first + len(texts)), made)
    tx.many(
        """
        INSERT INTO votes (profile_id, seq, kind, voted_at) VALUES (:p, :seq, :kind, :at)
        ON CONFLICT DO NOTHING
        """,
        [
            {
                "p": p + 1,
                "seq": (p * 31 + vote * 977) % cursor + 1,
                "kind": "like" if vote < LIKES else "dislike",
                "at": at,
            }
            for p in some
            for vote in range(LIKES + DISLIKES)
        ],
    )
    tx.many(
        """
        INSERT INTO subscriptions (profile_id, platform, address, times, weekdays, zone, size,
            cursor, due_at, created_at)
        VALUES (:p, 'console', :address, '08:30', '0123456', 'UTC', 8, :cursor, :due, :at)
        """,
        [
            {
                "p": p + 1,
                "address": f"local/person-{p}",
                "cursor": cursor,
                "due": to_text(due_at),
                "at": at,
            }
            for p in some
        ],
    )


class Lag:
    """How late the event loop wakes whoever asked to be woken; `async with`."""

    EVERY_S = 0.005

    def __init__(self) -> None:
        """Nothing was measured yet."""
        self.late: list[float] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Lag":
        """Begin."""
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End."""
        assert self._task is not None
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(self.EVERY_S)
            self.late.append(time.perf_counter() - start - self.EVERY_S)

    def ms(self, share: float) -> float:
        """The lateness in milliseconds that this share of the wakings stays under."""
        return round(float(np.quantile(self.late or [0.0], share)) * 1e3, 1)
