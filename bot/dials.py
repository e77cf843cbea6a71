"""The dial at work: each subscription's floor, prepared in batches, and what was reached with it.

A floor is worked out once a day, off the loop, from the papers of the last weeks as the profile
sees them now (see `reckoning`); a digest only reads it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.deltas import wished
from bot.reckoning import reckoned
from matching import dial
from matching.library import Library
from storage import changes, dials
from storage.changes import Change, Delta
from storage.database import Database, Tx
from storage.dials import Dial, Reached, Turned
from storage.records import Schedule, Subscription

EVERY = timedelta(hours=20)
"""A floor older than this is worked out anew: once a day, before the digest of that hour."""

AT_ONCE = 50
"""Floors that are written in one transaction."""

TOLD = timedelta(days=14)
"""What was reached is told over so long."""

TELLING = 5
"""Votes from which a share of them is told."""

LEAST_SURE, MOST_SURE = 0.5, 0.95
MOST_ABOUT = 50


class BadDial(ValueError):
    """A wish that no dial can be turned to; the message says which ones can be."""


@dataclass(frozen=True, kw_only=True)
class Wish(Turned):
    """What somebody wants a dial turned to. Raises BadDial for what none can be turned to."""

    def __post_init__(self) -> None:
        if self.about is not None and not 0 < self.about <= MOST_ABOUT:
            raise BadDial(f"a dial goes up to about {MOST_ABOUT} papers a day: about 6")
        if self.sure is not None and not LEAST_SURE <= self.sure <= MOST_SURE:
            raise BadDial(f"a likelihood is {LEAST_SURE:.0%} to {MOST_SURE:.0%}: sure 80")


async def turn(
    db: Database, subscription: Subscription, wish: Turned, now: datetime, *, resize: bool = True
) -> tuple[Dial, Change | None]:
    """Turn a subscription's dial. resize: digests become long enough for the volume.

    With it the change that this is; None where it was turned so already.
    """
    profile_id = subscription.profile_id
    return await db.write(changes.recorded, profile_id, now, _turn, subscription, wish, now, resize)


async def turned(db: Database, subscription: Subscription) -> Turned:
    """What the subscription's dial is turned to."""
    return await db.read(_turned, subscription.id)


async def delta(db: Database, subscription: Subscription, wish: Turned) -> Delta:
    """What turning it would change, with digests long enough for the volume."""
    return await db.read(delta_in, subscription, wish)


def delta_in(tx: Tx, subscription: Subscription, wish: Turned) -> Delta:
    """The same within a transaction."""
    was, size = _turned(tx, subscription.id), subscription.size
    to = Turned(about=wish.about, sure=wish.sure)
    room = size if to.about is None else room_for(to.about, subscription.schedule)
    return Delta(size=None if room == size else (size, room), dial=None if was == to else (was, to))


def _turned(tx: Tx, subscription_id: int) -> Turned:
    there = dials.of(tx, [subscription_id]).get(subscription_id)
    return Turned() if there is None else there.turned


def room_for(about: float, schedule: Schedule) -> int:
    """The size of digest that holds twice the volume: days differ."""
    a_week = len(schedule.weekdays) * len(schedule.times)
    return min(max(math.ceil(2 * about * 7 / a_week), 3), 50)


def _turn(tx: Tx, was: Subscription, wish: Turned, now: datetime, resize: bool) -> Dial:
    if resize and wish.about is not None:
        tx.execute(
            "UPDATE subscriptions SET size = :size WHERE id = :id",
            size=room_for(wish.about, was.schedule),
            id=was.id,
        )
    return dials.turn(tx, was.id, Turned(about=wish.about, sure=wish.sure), now)


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
    found = await reckoned(library, profile_id, await library.taste(profile_id, now), now)
    floor = dial.steady(was.floor, found.floor(was.turned))
    return replace(
        was,
        floor=floor,
        expected=found.volume(floor),
        own_votes=found.own.votes,
        all_votes=found.every.votes,
        prepared_at=now,
    )


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
        share = f" ({reached.liked / reached.voted:.0%})" if reached.voted >= TELLING else ""
        parts.append(f"{reached.liked} of {reached.voted} voted on were liked{share}")
    if one.sure is not None and one.floor is not None:
        parts.append(
            f"reckoned from {one.own_votes} votes here and {one.all_votes - one.own_votes} of "
            "others"
        )
    return f"{wished(one)}: {'; '.join(parts)}" if parts else wished(one)
