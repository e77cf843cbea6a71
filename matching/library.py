"""The library: what ranking needs from the store, in the space of one encoder.

Background statistics are fitted once for each state of the store and shared by everyone. Interests
are encoded at their first use and kept beside the papers' vectors.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from matching import background
from matching.background import Background
from matching.encoder import Encoder
from matching.ranking import Pool
from matching.taste import Taste
from storage import papers, profiles, vectors
from storage.database import Database, Tx
from storage.records import Interest, Paper, Vectors, Vote, VoteKind

BACKGROUND_PAPERS = 5_000
"""The newest papers that statistics are fitted on: some two months of a busy feed."""


@dataclass(frozen=True, kw_only=True)
class _Wants:
    """A profile as the store holds it."""

    interests: list[Interest]
    known: dict[int, bytes]
    votes: list[tuple[Vote, Paper]]
    voted_vectors: Vectors


class Library:
    """Reads papers and profiles as ranking wants them. One for each open database."""

    def __init__(self, db: Database, encoder: Encoder) -> None:
        self.db = db
        self.encoder = encoder
        self._model: int | None = None
        self._background: Background | None = None
        self._fitted_to = -1
        self._fitting = asyncio.Lock()

    async def model(self, now: datetime) -> int:
        """The database's row of the encoder's model."""
        if self._model is None:
            self._model = await self.db.write(
                vectors.model_id, self.encoder.identity, self.encoder.dim, now
            )
        return self._model

    async def background(self, now: datetime) -> Background:
        """Statistics of the newest papers, fitted anew when there are newer ones."""
        model = await self.model(now)
        async with self._fitting:
            newest = await self.db.read(papers.newest)
            if self._background is None or self._fitted_to < newest:
                found, rows = await self.db.read(_papers, model, newest - BACKGROUND_PAPERS, newest)
                self._background = await asyncio.to_thread(background.fit, found, rows)
                self._fitted_to = newest
            return self._background

    async def pool(self, after: int, up_to: int, now: datetime) -> Pool:
        """The papers in (`after`, `up_to`], ready for ranking."""
        found, rows = await self.db.read(_papers, await self.model(now), after, up_to)
        return await asyncio.to_thread(Pool, found, rows)

    async def pool_of(self, seqs: Sequence[int], now: datetime) -> Pool:
        """These papers, ready for ranking."""
        found, rows = await self.db.read(_chosen, await self.model(now), seqs)
        return await asyncio.to_thread(Pool, found, rows)

    async def taste(self, profile_id: int, now: datetime) -> Taste:
        """The profile as ranking sees it, with every interest encoded."""
        model = await self.model(now)
        wants = await self.db.read(_wants, model, profile_id)
        missing = [one for one in wants.interests if one.id not in wants.known]
        known = wants.known
        if missing:
            made = await self.encoder.encode([one.text for one in missing])
            ids = [one.id for one in missing]
            await self.db.write(vectors.put_interests, model, ids, made)
            known = known | {one: row.tobytes() for one, row in zip(ids, made, strict=True)}
        rows = b"".join(known[one.id] for one in wants.interests)
        return Taste.of(
            wants.interests,
            np.frombuffer(rows, dtype=np.float32).reshape(-1, self.encoder.dim),
            wants.votes,
            wants.voted_vectors,
        )


def _papers(tx: Tx, model: int, after: int, up_to: int) -> tuple[list[Paper], Vectors]:
    seqs, rows = vectors.between(tx, model, after, up_to)
    embedded = set(seqs)
    found = [paper for paper in papers.between(tx, after, up_to) if paper.seq in embedded]
    return found, rows


def _chosen(tx: Tx, model: int, seqs: Sequence[int]) -> tuple[list[Paper], Vectors]:
    found = papers.by_seq(tx, seqs)
    return found, vectors.by_seq(tx, model, [paper.seq for paper in found])


def _wants(tx: Tx, model: int, profile_id: int) -> _Wants:
    interests = profiles.interests(tx, profile_id)
    cast = _one_a_paper(profiles.votes(tx, profile_id))
    # A paper that another process stored with another model counts once it is embedded again.
    embedded = vectors.having(tx, model, [vote.seq for vote in cast])
    votes = [vote for vote in cast if vote.seq in embedded]
    found, rows = _chosen(tx, model, [vote.seq for vote in votes])
    return _Wants(
        interests=interests,
        known=vectors.interests(tx, model, [one.id for one in interests]),
        votes=list(zip(votes, found, strict=True)),
        voted_vectors=rows,
    )


def _one_a_paper(votes: Sequence[Vote]) -> list[Vote]:
    """A paper both liked and saved counts once, as a like; a dislike is the last word."""
    strength = {VoteKind.SAVE: 0, VoteKind.LIKE: 1, VoteKind.DISLIKE: 2}
    said: dict[int, Vote] = {}
    for vote in votes:
        before = said.get(vote.seq)
        if before is None:
            said[vote.seq] = vote
        elif strength[vote.kind] > strength[before.kind]:
            said[vote.seq] = replace(before, kind=vote.kind)
    return list(said.values())
