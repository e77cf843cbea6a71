"""Streams of real papers, and people made up to read them, for `streams.py`.

What a person truly likes is hidden from the ranking, and made from words alone, without vectors.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from relevance_tasks import embed, rows
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.encoder import Encoder, paper_text
from storage.records import Paper, RawDump, Vector, Vectors

NEIGHBOURS = 10
TRULY = 0.04
"""Share of the papers that a person truly likes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream:
    """Papers in the order of their days."""

    papers: list[dict[str, Any]]
    days: list[date]
    """Of each paper."""
    vectors: dict[str, Vector]
    """By `kept_as` of what of each paper is embedded."""

    def dump(self, day: date) -> RawDump:
        """The papers of one day as they arrive."""
        there = [one for one, at in zip(self.papers, self.days, strict=True) if at == day]
        lines = "\n".join(
            json.dumps({name: one[name] for name in ("id", "title", "abstract")}) for one in there
        )
        return RawDump(name=f"{day}.jsonl", data=lines.encode())


@dataclass(kw_only=True, eq=False)
class Person:
    """Somebody simulated, under one dial."""

    wish: str
    interests: list[str]
    liked: frozenset[str]
    """Titles of what they truly like."""
    profile_id: int = 0
    subscription_id: int = 0
    floors: list[float] = field(default_factory=list)
    volumes: list[int] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    """Of each paper sent because it fits: whether it is truly liked."""
    tried: list[bool] = field(default_factory=list)
    """The same of those from outside the usual."""
    foretold: list[float] = field(default_factory=list)
    """Of each paper sent because it fits: how likely a like was, by the curve of that day."""
    answers: list[bool] = field(default_factory=list)
    """What was, or would be, said of each of these."""


class Recorded:
    """An encoder that looks up what was encoded before.

    Sentences of abstracts are not among that: they get vectors of their own by lot, so which one a
    card quotes means nothing here.
    """

    def __init__(self, encoder: Encoder, known: Mapping[str, Vector]) -> None:
        self.identity, self.dim = encoder.identity, encoder.dim
        self._known = dict(known)
        self.unknown = 0

    async def encode(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dim) unit rows."""
        found = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            own = self._known.get(kept_as(text))
            if own is None:
                self.unknown += 1
                own = np.random.default_rng(list(kept_as(text).encode())).standard_normal(self.dim)
                own = own / np.linalg.norm(own)
            found[row] = own
        return found

    async def aclose(self) -> None:
        """There is nothing to let go."""


def kept_as(text: str) -> str:
    """What a text is known by, however it is spaced."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


async def load(folder: Path, name: str, days: int | None, a_day: int, encoder: Encoder) -> Stream:
    """The first days of a stream (None: all), thinned evenly, embedded."""
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(folder / f"{name}.jsonl.gz"):
        by_day[row["day"]].append(row)
    first = date.fromisoformat(min(by_day))
    kept = []
    for day in sorted(by_day):
        if days is not None and (date.fromisoformat(day) - first).days >= days:
            break
        there = by_day[day]
        places = np.unique(np.linspace(0, len(there) - 1, min(len(there), a_day)).astype(int))
        kept += [there[i] for i in places]
    texts = [_text(row) for row in kept]
    vectors = await embed(encoder, texts, f"stream-{name}")
    return Stream(
        papers=kept,
        days=[date.fromisoformat(row["day"]) for row in kept],
        vectors={kept_as(text): row for text, row in zip(texts, vectors, strict=True)},
    )


def people(stream: Stream, known: int, count: int, wish: str) -> list[Person]:
    """The same people for every wish: what they follow and what they truly like.

    known: papers of the weeks before they come.
    """
    luck = np.random.default_rng(7)
    bags = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(
        [f"{one['title']} {one['abstract']}" for one in stream.papers]
    )
    found = []
    for _ in range(count):
        seeds = luck.choice(known, 2, replace=False)
        likeness = np.zeros(len(stream.papers))
        for seed in seeds:
            near = np.argsort(-(bags @ bags[[seed]].T).toarray().ravel())[:NEIGHBOURS]
            centre = np.asarray(bags[near].mean(axis=0)).ravel()
            likeness = np.maximum(likeness, bags @ centre / np.linalg.norm(centre))
        liked = np.flatnonzero(likeness >= np.quantile(likeness, 1 - TRULY))
        found.append(
            Person(
                wish=wish,
                interests=[stream.papers[i]["title"] for i in seeds],
                liked=frozenset(kept_as(stream.papers[i]["title"]) for i in liked),
            )
        )
    return found


def _text(row: Mapping[str, Any]) -> str:
    now = datetime.now(UTC)
    return paper_text(Paper(seq=1, title=row["title"], abstract=row["abstract"], first_seen=now))
