"""Reckoning floors: what a dial comes to for one profile, by the papers of the last weeks.

What was sent and voted on keeps the score that it was sent with, since what was voted on scores
higher ever after. The papers are read once an hour for everybody, and so are the votes.
"""

import asyncio
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from matching import dial
from matching.background import Background
from matching.dial import Calibration
from matching.library import Library
from matching.pool import Pool
from matching.ranking import FLOOR, score
from matching.taste import Taste
from storage import alert_hits, dials, papers, vectors
from storage.dials import Turned

WINDOW = timedelta(days=28)
"""Four whole weeks: papers come with the days of the week."""

MOST_SCORED = 2_000
"""Papers of the window that a profile is tried on; of more, so many spread evenly over it."""

VOTES_SINCE = timedelta(days=180)
MOST_VOTES = 20_000
"""Of all profiles together."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reckoned:
    """One profile's last weeks."""

    scores: Floats
    """Of each paper that was, or would be, offered; 0..1."""
    weights: Floats
    """(papers,) what each counts for."""
    days: float
    """That the papers came in."""
    own: Calibration
    """How likely this profile likes a paper of a score."""
    every: Calibration
    """How likely anybody does."""

    def floor(self, wish: Turned) -> float:
        """The score from which papers are sent, once the dial has come to rest."""
        if wish.about is not None:
            return dial.for_volume(self.scores, self.weights, self.days, wish.about)
        return FLOOR if wish.sure is None else self.own.floor(wish.sure)

    def volume(self, floor: float) -> float:
        """Papers a day that a floor would have let through."""
        return dial.volume(self.scores, self.weights, self.days, floor)


async def reckoned(library: Library, profile_id: int, taste: Taste, now: datetime) -> Reckoned:
    """The last weeks of a profile, as it stands or with another taste."""
    recent = await _recent(library, now)
    sent = await library.db.read(dials.sent_scores, profile_id, recent.after)
    told = await library.db.read(alert_hits.told, [profile_id], recent.after)
    taste = replace(taste, told=frozenset(told.get(profile_id, ())))
    background = await library.background(now)
    scores, weights = await asyncio.to_thread(_scores, taste, recent, background, sent)
    own, every = await curves(library, profile_id, now)
    return Reckoned(scores=scores, weights=weights, days=recent.days, own=own, every=every)


@dataclass(frozen=True, kw_only=True)
class _Recent:
    """The papers of the window, ready for every profile."""

    after: int
    pool: Pool
    weights: Floats
    days: float


def _scores(
    taste: Taste, recent: _Recent, background: Background, sent: dict[int, float]
) -> tuple[Floats, Floats]:
    """`(scores, weights)` of the window's papers that were, or would be, offered."""
    total = score(taste, recent.pool, background).total.astype(float)
    voted = {vote.seq for vote in taste.votes}
    muted = recent.pool.muting.by(taste.mutes)
    kept = []
    for place, paper in enumerate(recent.pool.papers):
        if paper.seq in voted and paper.seq in sent:
            total[place] = sent[paper.seq]
        elif paper.seq in taste.seen or place in muted:
            continue
        kept.append(place)
    return total[kept], recent.weights[kept]


async def _recent(library: Library, now: datetime) -> _Recent:
    newest = await library.db.read(papers.newest)
    hour = now.replace(minute=0, second=0, microsecond=0)
    known: tuple[tuple[int, datetime], _Recent] | None = library.memory.get("dials recent")
    if known is None or known[0] != (newest, hour):
        known = ((newest, hour), await _read_recent(library, newest, now))
        library.memory["dials recent"] = known
    return known[1]


async def _read_recent(library: Library, newest: int, now: datetime) -> _Recent:
    after = await library.db.read(papers.last_before, now - WINDOW)
    came = await library.db.read(papers.arrivals, after, newest)
    model = await library.model(now)
    embedded = await library.db.read(vectors.having, model, [seq for seq, _ in came])
    came = [(seq, at) for seq, at in came if seq in embedded]
    weights = dial.weigh([at.date() for _, at in came])
    chosen = np.unique(np.linspace(0, len(came) - 1, min(len(came), MOST_SCORED)).astype(int))
    first = now - WINDOW if after else min((at for _, at in came), default=now)
    return _Recent(
        after=after,
        pool=await library.pool_of([came[i][0] for i in chosen], now),
        weights=weights[chosen] * (len(came) / max(len(chosen), 1)),
        days=max(math.ceil((now - first) / timedelta(days=1)), 1),
    )


async def curves(
    library: Library, profile_id: int, now: datetime
) -> tuple[Calibration, Calibration]:
    """The profile's curve, and that of all profiles; votes are read once an hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    known = library.memory.get("dials votes")
    if known is None or known[0] != hour:
        cast = await library.db.read(dials.votes_on_sent, now - VOTES_SINCE, MOST_VOTES)
        known = (hour, cast, await asyncio.to_thread(dial.pooled, cast))
        library.memory["dials votes"] = known
    _, cast, every = known
    return dial.calibrate(cast.get(profile_id, ()), every), every
