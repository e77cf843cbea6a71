"""Catching: whether papers that somebody missed would be sent to them as their profile stands.

A paper is caught that fits, is not muted, and, where it came in the last month, finds room in the
digest of its day. A vote on the paper itself counts for nothing: it would prove itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from matching import replay
from matching.background import Background
from matching.encoder import paper_text
from matching.library import Library
from matching.pool import Pool
from matching.ranking import fitting, score, score_all
from matching.replay import Wish
from matching.taste import Taste
from storage import papers, vectors
from storage.identity import title_key
from storage.missed import Missed
from storage.records import Paper


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One missed paper, tried."""

    missed: Missed
    title: str = field(repr=False)
    caught: bool
    score: float
    """0..1."""


@dataclass(frozen=True, kw_only=True)
class Catches:
    """All missed papers of a profile, before a change and after it."""

    total: int
    """Those that could be tried: of the others nothing but an id is known."""
    before: int
    """Caught before the change."""
    caught: int
    """Caught after it."""
    lost: tuple[str, ...] = field(repr=False)
    """Titles of those that were caught before it and are no more."""


async def tried(
    library: Library, wish: Wish, missed: Sequence[Missed], now: datetime
) -> list[Verdict]:
    """A verdict for each of the missed papers of which enough is known."""
    tests = await _tests(library, missed, now)
    if not tests:
        return []
    pool = Pool([paper for _, paper, _ in tests], np.stack([row for *_, row in tests]))
    month, background = await replay.month(library, now), await library.background(now)
    found = await asyncio.to_thread(_verdicts, wish, pool, month, background)
    return [
        Verdict(missed=one, title=paper.title, caught=caught, score=got)
        for (one, paper, _), (caught, got) in zip(tests, found, strict=True)
    ]


def compared(before: Sequence[Verdict], after: Sequence[Verdict]) -> Catches:
    """What a change does to the catching of missed papers, by the verdicts before and after it."""
    lost = [
        new.title for old, new in zip(before, after, strict=True) if old.caught and not new.caught
    ]
    return Catches(
        total=len(after),
        before=sum(one.caught for one in before),
        caught=sum(one.caught for one in after),
        lost=tuple(lost),
    )


async def _tests(
    library: Library, missed: Sequence[Missed], now: datetime
) -> list[tuple[Missed, Paper, np.ndarray[tuple[int], np.dtype[np.float32]]]]:
    """Each missed paper as a paper with its vector; those of which only an id is known left out."""
    model = await library.model(now)
    seqs = [one.seq for one in missed if one.seq is not None]
    embedded = sorted(await library.db.read(vectors.having, model, seqs))
    stored = {paper.seq: paper for paper in await library.db.read(papers.by_seq, embedded)}
    rows = dict(zip(embedded, await library.db.read(vectors.by_seq, model, embedded), strict=True))
    bare = {
        one.id: Paper(seq=-one.id, title=one.title, abstract="", first_seen=one.added_at)
        for one in missed
        if one.seq not in stored and one.title
    }
    made = await library.encoder.encode([paper_text(paper) for paper in bare.values()])
    own = dict(zip(bare, made, strict=True))
    found = []
    for one in missed:
        if one.seq in stored:
            found.append((one, stored[one.seq], rows[one.seq]))
        elif one.id in bare:
            found.append((one, bare[one.id], own[one.id]))
    return found


def _verdicts(
    wish: Wish, tests: Pool, month: Pool, background: Background
) -> list[tuple[bool, float]]:
    tastes = [_without(wish.taste, paper) for paper in tests.papers]
    untouched = [place for place, taste in enumerate(tastes) if taste is None]
    found: dict[int, tuple[bool, float]] = {}

    def judge(taste: Taste, places: list[int]) -> None:
        own = replace(wish, taste=taste)
        recent = [place for place in places if tests.papers[place].seq in month.places]
        if recent:  # they are caught where they find room in the digest of their day
            brought = replay.brought(own, month, background)
            total = score(taste, month, background).total
            for place in recent:
                seq = tests.papers[place].seq
                found[place] = (seq in brought, float(total[month.places[seq]]))
        others = [place for place in places if place not in recent]
        if others:
            apart = Pool([tests.papers[place] for place in others], tests.vectors[others])
            # Not to put its scores in the place of the month's, which the next try asks for.
            alone = replace(taste)
            scores = score(alone, apart, background)
            fits = set(fitting(scores, alone, apart, wish.floor))
            for row, place in enumerate(others):
                found[place] = (row in fits, float(scores.total[row]))

    score_all([taste for taste in tastes if taste is not None], month, background)  # together
    if untouched:
        judge(wish.taste.after(frozenset()), untouched)
    for place, taste in enumerate(tastes):
        if taste is not None:
            judge(taste, [place])
    return [found[place] for place in range(len(tests))]


def _without(taste: Taste, paper: Paper) -> Taste | None:
    """The taste without what was said of this very paper; None where nothing was."""
    key = title_key(paper.title)
    kept = [
        place
        for place, voted in enumerate(taste.voted)
        if voted.seq != paper.seq and title_key(voted.title) != key
    ]
    if len(kept) == len(taste.voted):
        return None
    return replace(
        taste,
        votes=tuple(taste.votes[place] for place in kept),
        voted=tuple(taste.voted[place] for place in kept),
        voted_vectors=taste.voted_vectors[kept],
        told=frozenset(),
    )
