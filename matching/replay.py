"""Replay: what a profile's digests of the last month would have brought, as it is and changed.

Nothing is sent and nothing is stored. Each digest holds what came between two of its times; papers
that were voted on before or after the change are left out of both sides.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from matching.background import Background
from matching.boosts import spoken
from matching.library import Library
from matching.mutes import Muting
from matching.pool import Pool
from matching.ranking import FLOOR, Match, diverse, fitting, matches, score, score_all
from matching.taste import Taste
from storage import papers
from storage.changes import Delta
from storage.mutes import Mute, MuteKind
from storage.records import Interest, Vote, VoteKind

if TYPE_CHECKING:
    from matching.catching import Catches

DAYS = 30
MOST = 5_000
"""The newest papers, if the days brought more."""

EXAMPLES = 3
"""Papers that are shown of those that come more, or no more."""

_MONTH = "replay: month"


@dataclass(frozen=True, kw_only=True, eq=False)
class Wish:
    """A profile as its digests are made from it."""

    taste: Taste
    size: int
    """Papers in a digest."""
    times: tuple[datetime, ...]
    """When its digests of the last month were, or would have been, due; ascending."""
    floor: float = FLOOR
    """Score from which a paper enters them."""


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a change makes of a month."""

    days: int
    """How many days the papers span."""
    papers: int
    """How many there were to choose from."""
    before: int
    """Papers brought."""
    after: int
    more: int
    """Brought after the change only."""
    fewer: int
    """Brought before the change only."""
    come: tuple[Match, ...]
    """The best of those that come more, at most EXAMPLES."""
    go: tuple[Match, ...]
    """The best of those that come no more, with what carried them then."""
    catches: "Catches | None" = None
    """What it does to papers that must not be missed; None where there are none."""


async def month(library: Library, now: datetime) -> Pool:
    """The papers of the last DAYS days, at most MOST, ready for ranking; kept until newer come."""
    model = await library.model(now)
    newest = await library.db.read(papers.newest)
    since = await library.db.read(papers.last_before, now - timedelta(days=DAYS))
    key = (model, max(since, newest - MOST), newest)
    kept: tuple[tuple[int, int, int], Pool] | None = library.memory.get(_MONTH)
    if kept is None or kept[0] != key:
        kept = (key, await library.pool(key[1], key[2], now))
        library.memory[_MONTH] = kept
    return kept[1]


def readied(pool: Pool, background: Background) -> None:
    """What every replay of the pool begins with, worked out ahead. Pure."""
    pool.view(background)


async def changed(library: Library, was: Wish, delta: Delta, now: datetime) -> Wish:
    """The wish with interests, mutes, likes and size changed, as if it were so; its floor stays."""
    taste = was.taste
    liked = await library.pool_of([one for one in delta.taught if one not in taste.seen], now)
    votes = [
        Vote(profile_id=0, seq=one.seq, kind=VoteKind.LIKE, voted_at=now) for one in liked.papers
    ]
    keep = [i for i, one in enumerate(taste.interests) if one.text not in delta.unfollowed]
    added = [
        Interest(id=-place, profile_id=0, text=text, created_at=now)
        for place, text in enumerate(delta.followed, 1)
    ]
    vectors = await library.encoder.encode([spoken(one.text) for one in added])
    muted = [
        Mute(id=-place, profile_id=0, kind=MuteKind(kind), value=value, created_at=now)
        for place, (kind, value) in enumerate(delta.muted, 1)
    ]
    kept = [one for one in taste.mutes if (str(one.kind), one.value) not in delta.unmuted]
    return replace(
        was,
        taste=replace(
            taste,
            interests=(*(taste.interests[i] for i in keep), *added),
            interest_vectors=np.concatenate([taste.interest_vectors[keep], vectors]),
            votes=(*taste.votes, *votes),
            voted=(*taste.voted, *liked.papers),
            voted_vectors=np.concatenate([taste.voted_vectors, liked.vectors]),
            mutes=(*kept, *muted),
        ),
        size=was.size if delta.size is None else delta.size[1],
    )


async def replayed(library: Library, was: Wish, will: Wish, now: datetime) -> Replay:
    """A month as it was, and as it would have been."""
    pool, background = await month(library, now), await library.background(now)
    return await asyncio.to_thread(compared, was, will, pool, background)


def compared(was: Wish, will: Wish, pool: Pool, background: Background) -> Replay:
    """What `will` brings of the pool and `was` does not, and the other way round. Pure."""
    seen = was.taste.seen | will.taste.seen
    tastes = [one.taste.after(seen) for one in (was, will)]
    score_all(tastes, pool, background)
    old, new = (
        _Brought(replace(one, taste=taste), pool, background)
        for one, taste in zip((was, will), tastes, strict=True)
    )
    more, fewer = new.rows - old.rows, old.rows - new.rows
    return Replay(
        days=_days(pool),
        papers=len(pool),
        before=len(old.rows),
        after=len(new.rows),
        more=len(more),
        fewer=len(fewer),
        come=new.best(more),
        go=old.best(fewer),
    )


def brought(wish: Wish, pool: Pool, background: Background) -> frozenset[int]:
    """The `seq` of the pool's papers that the wish's digests would have brought. Pure."""
    told = wish.taste.after(wish.taste.seen)
    rows = _Brought(replace(wish, taste=told), pool, background).rows
    return frozenset(pool.papers[row].seq for row in rows)


class _Brought:
    """What the digests of one wish bring."""

    def __init__(self, wish: Wish, pool: Pool, background: Background) -> None:
        self._scores = score(wish.taste, pool, background)
        loud = replace(wish.taste, mutes=())
        of_digest: dict[int, list[int]] = {}
        for row in _heard(fitting(self._scores, loud, pool, wish.floor), wish.taste, pool):
            at = bisect_left(wish.times, pool.papers[row].first_seen)
            of_digest.setdefault(at, []).append(row)
        self.rows = frozenset(
            row
            for fits in of_digest.values()
            for row in diverse(fits, self._scores.total, pool, wish.size)
        )

    def best(self, rows: Iterable[int]) -> tuple[Match, ...]:
        """The best EXAMPLES of these rows."""
        order = sorted(rows, key=lambda row: (-self._scores.total[row], row))
        return tuple(matches([(self._scores, row) for row in order[:EXAMPLES]]))


def _heard(rows: list[int], taste: Taste, pool: Pool) -> list[int]:
    """Those that no mute silences: only what fits is read for muted words, not the whole month."""
    if not taste.mutes:
        return rows
    silent = Muting([pool.papers[row] for row in rows]).by(taste.mutes)
    return [row for place, row in enumerate(rows) if place not in silent]


def _days(pool: Pool) -> int:
    if not len(pool):
        return 0
    first = min(paper.first_seen for paper in pool.papers)
    last = max(paper.first_seen for paper in pool.papers)
    return min(DAYS, (last.date() - first.date()).days + 1)
