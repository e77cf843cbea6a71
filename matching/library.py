"""The library: what ranking needs from the store, in the space of one encoder.

Background statistics are fitted once for each state of the store and shared by everyone. Interests
are encoded at their first use and kept beside the papers' vectors.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from matching import background
from matching.background import Background
from matching.boosts import spoken
from matching.encoder import Encoder
from matching.ranking import Pool
from matching.taste import Taste
from matching.threads import one_thread
from storage import library_papers, mutes, papers, profiles, vectors, votes
from storage.database import Database, Tx
from storage.library_papers import LibraryPaper
from storage.mutes import Mute
from storage.records import Interest, Paper, Vectors, Vote, VoteKind

BACKGROUND_PAPERS = 5_000
"""The newest papers that statistics are fitted on: some two months of a busy feed."""

AT_HAND = 0.2
"""Statistics without so large a share of newer papers serve an answer."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A background, and the papers that it was fitted on."""

    background: Background
    after: int
    up_to: int
    """Those in (`after`, `up_to`] that had a vector."""
    fingerprint: str
    """See `fingerprint`."""


@dataclass(frozen=True, kw_only=True)
class _Wants:
    """A profile as the store holds it, or once held it."""

    interests: Sequence[Interest]
    known: dict[int, bytes]
    votes: list[tuple[Vote, Paper]]
    voted_vectors: Vectors
    mutes: Sequence[Mute]


class Library:
    """Reads papers and profiles as ranking wants them. One for each open database."""

    def __init__(self, db: Database, encoder: Encoder) -> None:
        one_thread()
        self.db = db
        self.encoder = encoder
        self.memory: dict[str, Any] = {}
        """What others worked out from this store, and keep as long as it is open."""
        self._model: int | None = None
        self._fitted: Fitted | None = None
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
        return (await self.fitted(now)).background

    async def background_at_hand(self, now: datetime) -> Background:
        """The same as it was last fitted, for somebody who waits: while a dump is embedded there
        are newer papers every second, and what they change is too little to be seen in an answer.
        """
        known = self._fitted
        if known is not None:
            newest = await self.db.read(_embedded_to, await self.model(now), known.up_to)
            if newest - known.up_to <= len(known.background.stored) * AT_HAND:
                return known.background
        return await self.background(now)

    async def fitted(self, now: datetime) -> Fitted:
        """The background of the newest papers, and which they are."""
        async with self._fitting:
            before = self._fitted.up_to if self._fitted else 0
            newest = await self.db.read(_embedded_to, await self.model(now), before)
            if self._fitted is None or before < newest:
                self._fitted = await self._fit(max(0, newest - BACKGROUND_PAPERS), newest, now)
            return self._fitted

    async def fitted_on(self, after: int, up_to: int, now: datetime) -> Fitted:
        """The background of the papers in (`after`, `up_to`], as it was when they were the newest;
        it is not kept.
        """
        known = self._fitted
        if known is not None and (known.after, known.up_to) == (after, up_to):
            return known
        return await self._fit(after, up_to, now)

    async def _fit(self, after: int, up_to: int, now: datetime) -> Fitted:
        found, rows = await self.db.read(_papers, await self.model(now), after, up_to)
        return Fitted(
            background=await asyncio.to_thread(background.fit, found, rows),
            after=after,
            up_to=up_to,
            fingerprint=await asyncio.to_thread(fingerprint, found, rows),
        )

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
        (found,) = await self.tastes([profile_id], now)
        return found

    async def tastes(self, profile_ids: Sequence[int], now: datetime) -> list[Taste]:
        """`taste` of each of these profiles, read in one snapshot."""
        model = await self.model(now)
        return await self._encoded(model, await self.db.read(_wants, model, profile_ids))

    async def past_taste(
        self,
        interests: Sequence[Interest],
        cast: Sequence[Vote],
        muted: Sequence[Mute],
        now: datetime,
    ) -> Taste:
        """A profile as it once was: one vote a paper, oldest first. Votes on papers that have no
        vector of this model are left out.
        """
        model = await self.model(now)
        wants = await self.db.read(_wanted, model, [(interests, cast, muted)])
        (found,) = await self._encoded(model, wants)
        return found

    async def _encoded(self, model: int, every: Sequence[_Wants]) -> list[Taste]:
        known = {one: row for wants in every for one, row in wants.known.items()}
        missing = [one for wants in every for one in wants.interests if one.id not in known]
        if missing:
            made = await self.encoder.encode([spoken(one.text) for one in missing])
            ids = [one.id for one in missing]
            await self.db.write(vectors.put_interests, model, ids, made)
            known |= {one: row.tobytes() for one, row in zip(ids, made, strict=True)}
        found = []
        for wants in every:
            rows = b"".join(known[one.id] for one in wants.interests)
            found.append(
                Taste.of(
                    wants.interests,
                    np.frombuffer(rows, dtype=np.float32).reshape(-1, self.encoder.dim),
                    wants.votes,
                    wants.voted_vectors,
                    wants.mutes,
                )
            )
        return found


def fingerprint(found: Sequence[Paper], rows: Vectors) -> str:
    """The same for the same papers as ranking sees them; rows: (len(found), dim) their vectors.

    Title and abstract are in the vector: it is made anew whenever they change.
    """
    content = hashlib.sha256()
    for one in found:
        content.update(f"{one.seq}\t{one.organisation}\t{one.organisation_handle}\n".encode())
    content.update(np.ascontiguousarray(rows).tobytes())
    return content.hexdigest()[:16]


def _embedded_to(tx: Tx, model: int, before: int) -> int:
    """The highest `seq` up to which each of the latest papers has a vector, `before` at the least.
    Papers are stored before they are embedded: statistics of half a dump would stay."""
    newest = papers.newest(tx)
    without = vectors.first_without(tx, model, max(newest - BACKGROUND_PAPERS, before))
    return newest if without is None else without - 1


def _papers(tx: Tx, model: int, after: int, up_to: int) -> tuple[list[Paper], Vectors]:
    seqs, rows = vectors.between(tx, model, after, up_to)
    embedded = set(seqs)
    found = [paper for paper in papers.between(tx, after, up_to) if paper.seq in embedded]
    return found, rows


def _chosen(tx: Tx, model: int, seqs: Sequence[int]) -> tuple[list[Paper], Vectors]:
    found = papers.by_seq(tx, seqs)
    return found, vectors.by_seq(tx, model, [paper.seq for paper in found])


def _wants(tx: Tx, model: int, profile_ids: Sequence[int]) -> list[_Wants]:
    """What each of these profiles wants; what they have in common is read once."""
    interests = profiles.interests_of(tx, profile_ids)
    cast = votes.of_many(tx, profile_ids)
    shelves = library_papers.of_many(tx, profile_ids)
    muted = mutes.of_many(tx, profile_ids)
    return _wanted(
        tx,
        model,
        [
            (interests[one], _with_shelf(one, shelves[one], _one_a_paper(cast[one])), muted[one])
            for one in profile_ids
        ],
    )


def _with_shelf(
    profile_id: int, shelf: Sequence[LibraryPaper], cast: Sequence[Vote]
) -> Sequence[Vote]:
    """The papers of one's own library are liked before everything else, by their negative numbers;
    one that a dump has brought is the stored paper, of which a vote is the last word.
    """
    if not shelf:
        return cast
    said = {vote.seq for vote in cast}
    liked = {
        one.paper.seq if one.stored is None else one.stored: one.paper.first_seen for one in shelf
    }
    return [
        *(
            Vote(profile_id=profile_id, seq=seq, kind=VoteKind.LIKE, voted_at=at)
            for seq, at in liked.items()
            if seq not in said
        ),
        *cast,
    ]


_Said = tuple[Sequence[Interest], Sequence[Vote], Sequence[Mute]]


def _wanted(tx: Tx, model: int, every: Sequence[_Said]) -> list[_Wants]:
    # A paper that another process stored with another model counts once it is embedded again.
    seqs = list(dict.fromkeys(vote.seq for _, cast, _ in every for vote in cast))
    embedded = vectors.having(tx, model, seqs)
    stored, rows = _chosen(tx, model, [seq for seq in seqs if seq in embedded])
    shelf, shelf_rows = _shelf(tx, model, [-seq for seq in seqs if seq < 0])
    papers_voted = (*shelf, *stored)
    found = {paper.seq: place for place, paper in enumerate(papers_voted)}
    together = np.concatenate([shelf_rows.reshape(-1, rows.shape[1]), rows])
    ids = [one.id for interests, _, _ in every for one in interests]
    known = vectors.interests(tx, model, ids)
    wants = []
    for interests, cast, muted in every:
        counted = [vote for vote in cast if vote.seq in found]
        places = [found[vote.seq] for vote in counted]
        wants.append(
            _Wants(
                interests=interests,
                known={one.id: known[one.id] for one in interests if one.id in known},
                votes=[
                    (vote, papers_voted[place]) for vote, place in zip(counted, places, strict=True)
                ],
                voted_vectors=together[places],
                mutes=muted,
            )
        )
    return wants


def _shelf(tx: Tx, model: int, ids: Sequence[int]) -> tuple[list[Paper], Vectors]:
    """Papers of people's own libraries that the model has embedded, and their vectors."""
    known = library_papers.vectors(tx, model, ids)
    found = [one.paper for one in library_papers.by_id(tx, ids) if one.id in known]
    rows = b"".join(known[-paper.seq] for paper in found)
    return found, np.frombuffer(rows, dtype=np.float32)


def _one_a_paper(cast: Sequence[Vote]) -> list[Vote]:
    """A paper both liked and saved counts once, as a like; a dislike is the last word."""
    strength = {VoteKind.SAVE: 0, VoteKind.LIKE: 1, VoteKind.DISLIKE: 2}
    said: dict[int, Vote] = {}
    for vote in cast:
        before = said.get(vote.seq)
        if before is None:
            said[vote.seq] = vote
        elif strength[vote.kind] > strength[before.kind]:
            said[vote.seq] = replace(before, kind=vote.kind)
    return list(said.values())
