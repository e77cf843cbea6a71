"""Streams of real papers, and people made up to read them, for `streams.py`.

What a person truly likes is hidden from the ranking, and made from words alone, without vectors.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from relevance_tasks import embed, rows
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.encoder import paper_text
from matching.taste import Taste
from storage.records import Interest, Paper, Vectors, Vote, VoteKind

WARM = 28
"""Days that only fill the store."""

NEIGHBOURS = 10
TRULY = 0.04
"""Share of the papers that a person truly likes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream:
    """Papers in the order of their days."""

    name: str
    papers: list[Paper]
    vectors: Vectors
    days: list[date]
    """Of each paper."""


@dataclass(kw_only=True, eq=False)
class Person:
    """Somebody simulated, under one dial."""

    number: int
    wish: str
    interests: list[str]
    interest_vectors: Vectors
    liked: np.ndarray
    """(papers,) what they truly like."""
    floor: float | None = None
    votes: list[int] = field(default_factory=list)
    """Places of the papers voted on."""
    said: list[bool] = field(default_factory=list)
    cast: list[tuple[float, bool]] = field(default_factory=list)
    """Score when it was sent, and what was said."""
    sent: dict[int, float] = field(default_factory=dict)
    floors: list[float] = field(default_factory=list)
    volumes: list[int] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    """Of each paper sent because it fits: whether it is truly liked."""
    tried: list[bool] = field(default_factory=list)
    """The same of those from outside the usual."""


async def load(folder: Path, name: str, days: int, a_day: int, encoder: Any) -> Stream:
    """The first days of a stream, thinned evenly, embedded."""
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(folder / f"{name}.jsonl.gz"):
        by_day[row["day"]].append(row)
    first = date.fromisoformat(min(by_day))
    kept = []
    for day in sorted(by_day):
        if (date.fromisoformat(day) - first).days >= days:
            break
        there = by_day[day]
        places = np.unique(np.linspace(0, len(there) - 1, min(len(there), a_day)).astype(int))
        kept += [there[i] for i in places]
    papers = [
        Paper(
            seq=i + 1,
            title=row["title"],
            abstract=row["abstract"],
            comments=row.get("upvotes"),
            first_seen=datetime.fromisoformat(row["day"]).replace(tzinfo=UTC),
        )
        for i, row in enumerate(kept)
    ]
    vectors = await embed(encoder, [paper_text(one) for one in papers], f"stream-{name}")
    return Stream(
        name=name, papers=papers, vectors=vectors, days=[one.first_seen.date() for one in papers]
    )


async def people(stream: Stream, count: int, wish: str, encoder: Any) -> list[Person]:
    """The same people for every wish: what they follow and what they truly like."""
    luck = np.random.default_rng(7)
    known = sum((day - stream.days[0]).days < WARM for day in stream.days)
    bags = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english").fit_transform(
        [f"{one.title} {one.abstract}" for one in stream.papers]
    )
    found = []
    for number in range(count):
        seeds = luck.choice(known, 2, replace=False)
        texts = [stream.papers[i].title for i in seeds]
        likeness = np.zeros(len(stream.papers))
        for seed in seeds:
            near = np.argsort(-(bags @ bags[[seed]].T).toarray().ravel())[:NEIGHBOURS]
            centre = np.asarray(bags[near].mean(axis=0)).ravel()
            likeness = np.maximum(likeness, bags @ centre / np.linalg.norm(centre))
        found.append(
            Person(
                number=number,
                wish=wish,
                interests=texts,
                interest_vectors=await embed(encoder, texts, f"people-{stream.name}"),
                liked=likeness >= np.quantile(likeness, 1 - TRULY),
            )
        )
    return found


def taste(person: Person, stream: Stream, now: datetime) -> Taste:
    """The person as ranking sees them on a day."""
    interests = [
        Interest(id=i + 1, profile_id=person.number, text=text, created_at=now)
        for i, text in enumerate(person.interests)
    ]
    votes = [
        (
            Vote(
                profile_id=person.number,
                seq=place + 1,
                kind=VoteKind.LIKE if liked else VoteKind.DISLIKE,
                voted_at=now,
            ),
            stream.papers[place],
        )
        for place, liked in zip(person.votes, person.said, strict=True)
    ]
    return Taste.of(interests, person.interest_vectors, votes, stream.vectors[person.votes])
