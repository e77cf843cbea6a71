"""The relevance benchmark's tasks as the product's own records: papers, votes and interests.

Embeddings are kept under the user's cache folder, by model and text.
"""

import gzip
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from peers import Corpus, Places, corpus

from matching.encoder import Encoder, paper_text
from matching.taste import Taste
from storage.records import Interest, Paper, Vectors, Vote, VoteKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)

AT_ONCE = 100
"""Texts that are encoded before what is there is written down: whoever stops it loses no more."""


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a gzipped JSONL file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cache_folder() -> Path:
    """Where embeddings are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "paperround" / "vectors"


async def embed(encoder: Encoder, texts: Sequence[str], name: str) -> Vectors:
    """(len(texts), dim) unit rows; only texts that the cache does not hold are encoded."""
    path = cache_folder() / encoder.identity / f"{name}.npz"
    known: dict[str, Any] = {}
    if path.exists():
        with np.load(path) as kept:
            known = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if new:
        print(f"{name}: encoding {len(new)} texts", file=sys.stderr)
        path.parent.mkdir(parents=True, exist_ok=True)
    left = list(new)
    for some in (left[first : first + AT_ONCE] for first in range(0, len(left), AT_ONCE)):
        made = await encoder.encode([new[key] for key in some])
        known.update(zip(some, made, strict=True))
        np.savez(path, texts=np.array(list(known)), vectors=np.array(list(known.values())))
    return np.array([known[key] for key in keys], dtype=np.float32).reshape(-1, encoder.dim)


@dataclass(frozen=True, kw_only=True, eq=False)
class Task:
    """A task with everything made ready: papers first, then people's texts."""

    name: str
    ids: list[str]
    place: dict[str, int]
    papers: list[Paper]
    vectors: Vectors
    users: list[dict[str, Any]]
    texts: dict[str, int]
    """Row of each person's text behind the papers."""
    fresh: Places
    ground: Places
    seen: Corpus | None


async def load(folder: Path, encoder: Encoder, limit: int | None, peers: bool) -> Task:
    """A task of the benchmark, embedded."""
    found = rows(folder / "papers.jsonl.gz")
    users = rows(folder / "users.jsonl.gz")[:limit]
    papers = [
        Paper(
            seq=i + 1,
            title=paper.get("title", ""),
            abstract=paper.get("abstract", ""),
            first_seen=NOW,
        )
        for i, paper in enumerate(found)
    ]
    told = [user["user"] for user in users if user.get("text")]
    said = [user["text"] for user in users if user.get("text")]
    texts = [*map(paper_text, papers), *said]
    vectors = await embed(encoder, texts, folder.name)
    new = np.array([bool(paper.get("new")) for paper in found])
    every = np.arange(len(papers))
    fresh = every[new] if new.any() else every
    ground = every[~new] if not new.all() else every
    return Task(
        name=folder.name,
        ids=[paper["id"] for paper in found],
        place={paper["id"]: i for i, paper in enumerate(found)},
        papers=papers,
        vectors=vectors,
        users=users,
        texts={name: len(papers) + i for i, name in enumerate(told)},
        fresh=fresh,
        ground=ground,
        seen=corpus(texts, vectors, ground) if peers else None,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One person under one setting."""

    user: dict[str, Any]
    setting: str
    liked: Places
    disliked: Places
    candidates: Places


def cases(task: Task) -> Iterator[Case]:
    """Every person under every setting that the person allows."""
    for user in task.users:
        asked = user.get("candidates") or user.get("ratings")
        pool = np.array([task.place[i] for i in asked if i in task.place]) if asked else task.fresh
        wanted = {"all": user["liked"], **user.get("fewshot", {})} if user["liked"] else {}
        if user.get("text"):
            wanted["text"] = []
        for setting, ids in wanted.items():
            liked = np.array([task.place[i] for i in ids if i in task.place], dtype=np.intp)
            gone = [] if setting == "text" else user.get("disliked", [])
            yield Case(
                user=user,
                setting=setting,
                liked=liked,
                disliked=np.array([task.place[i] for i in gone if i in task.place], dtype=np.intp),
                candidates=pool[~np.isin(pool, liked)],
            )


def taste(task: Task, case: Case) -> Taste:
    """The person as a profile: text is an interest, likes and dislikes are votes.

    A like is as old as `years` of the person says; without it all are of one day.
    """
    text = task.texts.get(case.user["user"])
    interests = (
        []
        if text is None
        else [Interest(id=1, profile_id=1, text=case.user["text"], created_at=NOW)]
    )
    places = np.concatenate([case.liked, case.disliked])
    kinds = [VoteKind.LIKE] * len(case.liked) + [VoteKind.DISLIKE] * len(case.disliked)
    years = dict(zip(case.user["liked"], case.user.get("years", ()), strict=False))
    votes = [
        (
            Vote(
                profile_id=1,
                seq=int(i) + 1,
                kind=kind,
                voted_at=NOW.replace(year=years.get(task.ids[i], NOW.year)) + timedelta(minutes=n),
            ),
            task.papers[i],
        )
        for n, (i, kind) in enumerate(zip(places, kinds, strict=True))
    ]
    said = task.vectors[[] if text is None else [text]]
    return Taste.of(interests, said, votes, task.vectors[places])
