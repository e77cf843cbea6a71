"""Papers that trend: people talk about them, and they fit many profiles here.

Talk is comments and upvotes. All are counts with a long tail, so all are taken as logarithms, and
as deviations from the other papers of the window, so that none outweighs another by its scale. Talk
and fit are added: a paper that is average in one has to stand out in the other.
"""

import asyncio
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from matching.library import Library
from matching.ranking import FLOOR, score_all
from matching.scores import TOGETHER
from storage import papers, profiles, sightings, vectors
from storage.records import Paper
from storage.sightings import Growth

ASKED = 200
"""Profiles that papers are tried on; of more, so many are drawn and the count is scaled up. The
standard error of a share of one in ten is then two in a hundred."""

AT_HAND = 0.2
"""Where no larger a share of a window's papers is uncounted, nobody waits for it."""

AT_ONCE = 1_000
"""Papers that are tried together: more would take hundreds of megabytes."""

SEED = 20
"""Of the draw, so that the same profiles are asked again."""

_ALIKE = 1e-9
"""A spread below this is rounding."""


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A paper that trends, and what it is known by."""

    paper: Paper
    growth: int | None
    """Comments gained in the window; None: its comments were counted once, or never."""
    before: int | None
    """Comments that the growth is counted from."""
    comments: int | None
    """Comments when it was last counted."""
    upvoted: int | None
    """Upvotes gained in the window; None: not known."""
    upvotes: int | None
    """Upvotes when they were last counted."""
    fits: int
    """Profiles that it fits; estimated where there are more than ASKED."""
    score: float
    """Deviations above the window's average paper, the higher the better; comparable within one
    answer only."""


async def trending(library: Library, since: datetime, now: datetime, limit: int) -> list[Trend]:
    """The best `limit` papers that were new, or talked about, in [`since`, `now`]; best first.

    A paper fits a profile where `ranking.score` reaches FLOOR, as for its digests. That is tried on
    all profiles that have an interest or a liked paper; of more than ASKED, on so many drawn at
    random but the same each time, and scaled up. What was counted is kept until an hour has passed,
    so that votes and interests show within the hour. Nobody waits for a few papers that came a
    moment ago: until `prepare` has counted them, they fit nobody.
    """
    found = await _window(library, since, now)
    fits = await _fits(library, found, now, AT_HAND)
    return ordered(found, fits, now)[: max(limit, 0)]


async def prepare(library: Library, since: datetime, now: datetime) -> None:
    """Count ahead what `trending` of that window asks for, so that nobody waits for it."""
    await _fits(library, await _window(library, since, now), now, 0.0)


async def _window(library: Library, since: datetime, now: datetime) -> list[tuple[Paper, Growth]]:
    """Papers that were new, or gained comments or upvotes, in [`since`, `now`]."""
    grown = await library.db.read(sightings.growth, since, now)
    seen = await library.db.read(papers.by_seq, [one.seq for one in grown])
    of_paper = {one.seq: one for one in grown}
    return [
        (paper, of_paper[paper.seq])
        for paper in seen
        if paper.first_seen >= since
        or (of_paper[paper.seq].gained or 0) > 0
        or (of_paper[paper.seq].upvotes_gained or 0) > 0
    ]


async def _fits(
    library: Library, found: Sequence[tuple[Paper, Growth]], now: datetime, spared: float
) -> dict[int, int]:
    kept: _Fits = library.memory.setdefault("fits", _Fits())
    return await kept.of(library, [paper.seq for paper, _ in found], now, spared)


def ordered(
    found: Sequence[tuple[Paper, Growth]], fits: Mapping[int, int], now: datetime
) -> list[Trend]:
    """The papers of a window, best first; of equals the newest. Pure.

    The score is the sum of two deviations: that of talk, and that of the logarithm of the profiles
    that it fits, among all papers. Talk is comments and upvotes, the mean of the two where both are
    known: the logarithm of what was gained, among papers whose growth is known. A paper that was
    counted once is compared by its count with others of its age that were counted once. Of a paper
    that nobody counted, talk says nothing: it is taken to be average.
    """
    ages = [_age(paper, now) for paper, _ in found]
    comments = _talk([(growth.gained, growth.comments) for _, growth in found], ages)
    upvotes = _talk([(growth.upvotes_gained, growth.upvotes) for _, growth in found], ages)
    wanted = {i: float(np.log1p(fits.get(paper.seq, 0))) for i, (paper, _) in enumerate(found)}
    total = _standing(len(found), wanted, dict.fromkeys(wanted, 0))
    for i, (_, growth) in enumerate(found):
        told = (growth.comments is not None) + (growth.upvotes is not None)
        total[i] += (comments[i] + upvotes[i]) / max(told, 1)
    trends = [
        Trend(
            paper=paper,
            growth=growth.gained,
            before=growth.before,
            comments=growth.comments,
            upvoted=growth.upvotes_gained,
            upvotes=growth.upvotes,
            fits=fits.get(paper.seq, 0),
            score=float(total[i]),
        )
        for i, (paper, growth) in enumerate(found)
    ]
    return sorted(trends, key=lambda one: (-one.score, -one.paper.seq))


def _talk(
    counts: Sequence[tuple[int | None, int | None]], ages: Sequence[int]
) -> npt.NDArray[np.float64]:
    """(counts,) how each `(gained, newest count)` stands out; 0 where nothing was counted."""
    gained, once = {}, {}
    for place, (grown, newest) in enumerate(counts):
        if grown is not None:
            gained[place] = float(np.log1p(max(grown, 0)))
        elif newest is not None:
            once[place] = float(np.log1p(newest))
    found = _standing(len(counts), gained, dict.fromkeys(gained, 0))
    found += _standing(len(counts), once, {i: ages[i] for i in once})
    return found


def _age(paper: Paper, now: datetime) -> int:
    """Which papers are of one age: those of today, of yesterday, then of spans that double."""
    day = paper.published or paper.first_seen.date()
    return max((now.date() - day).days, 0).bit_length()


def _standing(
    count: int, values: Mapping[int, float], group: Mapping[int, Hashable]
) -> npt.NDArray[np.float64]:
    """(count,) how many deviations each value is above its group's mean; 0 for places without one.

    The deviation is that of all of them within their groups, since a group may be small.
    """
    found = np.zeros(count)
    for one in {*group.values()}:
        places = [i for i in values if group[i] == one]
        found[places] = [values[i] for i in places]
        found[places] -= found[places].mean()
    spread = found[[*values]].std() if values else 0.0
    return found / spread if spread > _ALIKE else np.zeros(count)


class _Fits:
    """How many profiles each paper fits, as it was counted last."""

    def __init__(self) -> None:
        self._counted: dict[int, int] = {}
        self._hour: datetime | None = None
        self._counting = asyncio.Lock()

    async def of(
        self, library: Library, seqs: Sequence[int], now: datetime, spared: float
    ) -> dict[int, int]:
        """The profiles that each of these papers fits; a paper without a vector fits nobody yet.

        spared: no larger a share of them is left uncounted, and fits nobody yet either.
        """
        hour = now.replace(minute=0, second=0, microsecond=0)
        if not self._serves(seqs, hour, spared):
            async with self._counting:
                if not self._serves(seqs, hour, 0.0):
                    await self._count(library, seqs, hour, now)
        return {seq: self._counted.get(seq, 0) for seq in seqs}

    def _serves(self, seqs: Sequence[int], hour: datetime, spared: float) -> bool:
        missing = sum(seq not in self._counted for seq in seqs)
        return self._hour == hour and missing <= len(seqs) * spared

    async def _count(
        self, library: Library, seqs: Sequence[int], hour: datetime, now: datetime
    ) -> None:
        known = self._counted if self._hour == hour else {}
        embedded = await library.db.read(vectors.having, await library.model(now), seqs)
        missing = [seq for seq in seqs if seq in embedded and seq not in known]
        for first in range(0, len(missing), AT_ONCE):
            known = known | await _count(library, missing[first : first + AT_ONCE], now)
        self._counted, self._hour = known, hour


async def _count(library: Library, seqs: Sequence[int], now: datetime) -> dict[int, int]:
    wishing = await library.db.read(profiles.wishing)
    asked = wishing
    if len(wishing) > ASKED:
        drawn = np.random.default_rng(SEED).choice(wishing, ASKED, replace=False)
        asked = [int(one) for one in drawn]
    if not asked:
        return dict.fromkeys(seqs, 0)
    pool = await library.pool_of(seqs, now)
    background = await library.background_at_hand(now)
    reached = np.zeros(len(pool), dtype=np.int64)
    for first in range(0, len(asked), TOGETHER):
        tastes = await library.tastes(asked[first : first + TOGETHER], now)
        for found in await asyncio.to_thread(score_all, tastes, pool, background):
            reached += found.total >= FLOOR
    scaled = np.rint(reached * len(wishing) / len(asked)).astype(int)
    fitted = zip((paper.seq for paper in pool.papers), scaled.tolist(), strict=True)
    return dict.fromkeys(seqs, 0) | dict(fitted)
