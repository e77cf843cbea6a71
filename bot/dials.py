"""The dial at work: each subscription's floor, prepared in batches, and what was reached with it.

A floor is worked out once a day, off the loop, from the papers of the last weeks as the profile
sees them now; a digest only reads it. What was sent and voted on keeps the score that it was sent
with, since what was voted on scores higher ever after.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from matching import dial
from matching.background import Background
from matching.dial import Calibration
from matching.library import Library
from matching.pool import Pool
from matching.ranking import score
from matching.taste import Taste
from storage import alert_hits, dials, papers, vectors
from storage.database import Database, Tx
from storage.dials import Dial, Reached
from storage.records import Schedule, Subscription

WINDOW = timedelta(days=28)
"""Four whole weeks: papers come with the days of the week."""

MOST_SCORED = 2_000
"""Papers of the window that a profile is tried on; of more, so many spread evenly over it."""

EVERY = timedelta(hours=20)
"""A floor older than this is worked out anew: once a day, before the digest of that hour."""

AT_ONCE = 50
"""Floors that are written in one transaction."""

VOTES_SINCE = timedelta(days=180)
MOST_VOTES = 20_000
"""Of all profiles together."""

TOLD = timedelta(days=14)
"""What was reached is told over so long."""

LEAST_SURE, MOST_SURE = 0.5, 0.95
MOST_ABOUT = 50


class BadDial(ValueError):
    """A wish that no dial can be turned to; the message says which ones can be."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a dial is turned to; neither: every paper that fits."""

    about: float | None = None
    """Papers a day."""
    sure: float | None = None
    """0..1"""

    def __post_init__(self) -> None:
        if self.about is not None and not 0 < self.about <= MOST_ABOUT:
            raise BadDial(f"a dial goes up to about {MOST_ABOUT} papers a day: about 6")
        if self.sure is not None and not LEAST_SURE <= self.sure <= MOST_SURE:
            raise BadDial(f"a likelihood is {LEAST_SURE:.0%} to {MOST_SURE:.0%}: sure 80")


@dataclass(frozen=True, kw_only=True)
class _Recent:
    """The papers of the window, ready for every profile."""

    after: int
    pool: Pool
    weights: npt.NDArray[np.float64]
    days: float


async def turn(
    db: Database, subscription: Subscription, wish: Wish, now: datetime, *, resize: bool = True
) -> Dial:
    """Turn a subscription's dial. resize: digests become long enough for the volume."""
    return await db.write(_turn, subscription, wish, now, resize)


def room_for(about: float, schedule: Schedule) -> int:
    """The size of digest that holds twice the volume: days differ."""
    a_week = len(schedule.weekdays) * len(schedule.times)
    return min(max(math.ceil(2 * about * 7 / a_week), 3), 50)


def _turn(tx: Tx, was: Subscription, wish: Wish, now: datetime, resize: bool) -> Dial:
    if resize and wish.about is not None:
        tx.execute(
            "UPDATE subscriptions SET size = :size WHERE id = :id",
            size=room_for(wish.about, was.schedule),
            id=was.id,
        )
    return dials.turn(tx, was.id, about=wish.about, sure=wish.sure, now=now)


async def prepare(library: Library, now: datetime) -> int:
    """Work out every floor that is older than EVERY; how many were."""
    done, after = 0, 0
    while found := await library.db.read(dials.stale, now - EVERY, AT_ONCE, after):
        after = found[-1][1].subscription_id
        made = [await _worked_out(library, profile, one, now) for profile, one in found]
        await library.db.write(dials.prepared, made, now)
        done += len(made)
    return done


async def ready(
    library: Library, subscriptions: Sequence[Subscription], now: datetime
) -> dict[int, Dial]:
    """By subscription: its dial with a floor, worked out now where none was. Reads only."""
    found = await library.db.read(dials.of, [one.id for one in subscriptions])
    for one in subscriptions:
        mine = found.get(one.id)
        if mine is not None and mine.is_set and mine.floor is None:
            found[one.id] = await _worked_out(library, one.profile_id, mine, now)
    return found


async def _worked_out(library: Library, profile_id: int, was: Dial, now: datetime) -> Dial:
    recent = await _recent(library, now)
    taste = await library.taste(profile_id, now)
    sent = await library.db.read(dials.sent_scores, profile_id, recent.after)
    told = await library.db.read(alert_hits.told, [profile_id], recent.after)
    taste = replace(taste, told=frozenset(told.get(profile_id, ())))
    background = await library.background(now)
    scores, weights = await asyncio.to_thread(_scores, taste, recent, background, sent)
    own, every = await _calibrated(library, profile_id, now)
    if was.about is not None:
        wanted = dial.for_volume(scores, weights, recent.days, was.about)
    else:
        wanted = own.floor(was.sure or LEAST_SURE)
    floor = dial.steady(was.floor, wanted)
    return replace(
        was,
        floor=floor,
        expected=dial.volume(scores, weights, recent.days, floor),
        own_votes=own.votes,
        all_votes=every.votes,
        prepared_at=now,
    )


def _scores(
    taste: Taste, recent: _Recent, background: Background, sent: dict[int, float]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
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


async def _calibrated(
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


# --- what was reached ----------------------------------------------------------------------


async def told(db: Database, subscription: Subscription, now: datetime) -> str:
    """How the subscription's dial stands, in a line without a full stop; empty without one."""
    return await db.read(told_in, subscription.id, now)


def told_in(tx: Tx, subscription_id: int, now: datetime) -> str:
    """The same within a transaction."""
    return told_of(tx, [subscription_id], now).get(subscription_id, "")


def told_of(tx: Tx, subscription_ids: Sequence[int], now: datetime) -> dict[int, str]:
    """The same by subscription; those without a dial are missing."""
    found = {}
    for subscription_id, mine in dials.of(tx, subscription_ids).items():
        if mine.is_set:
            since = max(now - TOLD, mine.set_at)
            reached = dials.reached(tx, subscription_id, since)
            found[subscription_id] = line(mine, reached, now - since)
    return found


def wished(one: Dial | Wish) -> str:
    """`about 6 a day`, `only what fits with 80% likelihood`, `everything that fits`."""
    if one.about is not None:
        return f"about {one.about:g} a day"
    if one.sure is not None:
        return f"only what is liked with {one.sure:.0%} likelihood"
    return "everything that fits"


def line(one: Dial, reached: Reached, over: timedelta) -> str:
    """`about 6 a day: 5.4 a day in the last 14 days; 7 of 9 that were voted on were liked`."""
    days = round(over / timedelta(days=1))
    parts = []
    if days >= 1:
        lately = "the last day" if days == 1 else f"the last {days} days"
        parts.append(f"{reached.sent / days:.1f} a day in {lately}")
    elif one.expected is not None:
        parts.append(f"by the papers of the last weeks {one.expected:.1f} a day")
    if one.about is not None and one.floor is not None and one.floor <= dial.LEAST:
        parts.append("no more than that fits at all")
    if reached.voted:
        parts.append(f"{reached.liked} of {reached.voted} voted on were liked")
    if one.sure is not None and one.floor is not None:
        parts.append(
            f"reckoned from {one.own_votes} votes here and {one.all_votes - one.own_votes} of "
            "others"
        )
    return f"{wished(one)}: {'; '.join(parts)}" if parts else wished(one)
