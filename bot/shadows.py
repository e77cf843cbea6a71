"""Shadows: what a change of a profile would have made of its last month, told with the change.

A shadow is worked out beside the real thing: nothing is sent by it, and nothing counts as read.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot import desk, dials, timetable
from bot.messages import Row, counted
from bot.reckoning import reckoned
from matching import catching, replay
from matching.catching import Catches, Verdict
from matching.library import Library
from matching.ranking import FLOOR, Match
from matching.reasons import explain
from matching.replay import DAYS, Replay, Wish
from storage import missed, subscriptions
from storage.changes import Delta
from storage.dials import Turned
from storage.records import Profile

MUCH, MUCH_SHARE = 5, 0.5
"""A change that takes so many papers of a month, and such a share, is asked about first."""


async def wish(library: Library, profile: Profile, now: datetime) -> Wish:
    """The profile as it stands, with the digest that it has, or would have by default.

    Its floor is where the dial comes to rest, as the replay shows what a change leads to.
    """
    mine = await library.db.read(subscriptions.of, profile.id)
    one = mine[0] if mine else await desk.imagined(library.db, profile, desk.SIZE, now)
    times, at = [], now - timedelta(days=DAYS)
    while (at := timetable.next_due(one.schedule, at)) <= now:
        times.append(at)
    taste = await library.taste(profile.id, now)
    made = Wish(taste=taste, size=one.size, times=tuple(times))
    return await _at_rest(library, profile, made, await dials.turned(library.db, one), now)


async def changed(
    library: Library, profile: Profile, was: Wish, delta: Delta, now: datetime
) -> Wish:
    """The wish as it would be after a change: a dial keeps to its volume with other interests."""
    will = await replay.changed(library, was, delta, now)
    mine = await library.db.read(subscriptions.of, profile.id)
    to = await dials.turned(library.db, mine[0]) if mine else Turned()
    if delta.dial is not None:
        to = delta.dial[1]
    return await _at_rest(library, profile, will, to, now)


async def _at_rest(
    library: Library, profile: Profile, one: Wish, turned: Turned, now: datetime
) -> Wish:
    if turned == Turned():
        return replace(one, floor=FLOOR)
    found = await reckoned(library, profile.id, one.taste, now)
    return replace(one, floor=found.floor(turned))


async def cast(library: Library, profile: Profile, was: Wish, now: datetime) -> Replay:
    """The shadow of a change that was made: the profile as it stands beside what it was."""
    will = replace(await wish(library, profile, now), times=was.times)
    shadow, verdicts = await _compared(library, profile, was, will, now)
    await library.db.write(missed.tried, {one.missed.id: one.caught for one in verdicts})
    return shadow


async def ahead(
    library: Library, profile: Profile, was: Wish, delta: Delta, now: datetime
) -> Replay:
    """The shadow of a change that is not made."""
    will = await changed(library, profile, was, delta, now)
    return await compared(library, profile, was, will, now)


async def compared(
    library: Library,
    profile: Profile,
    was: Wish,
    will: Wish,
    now: datetime,
    before: Sequence[Verdict] | None = None,
) -> Replay:
    """What `will` brings beside `was`, and what becomes of papers that must not be missed.

    before: how those fare with `was`, where that is known.
    """
    return (await _compared(library, profile, was, will, now, before))[0]


async def _compared(
    library: Library,
    profile: Profile,
    was: Wish,
    will: Wish,
    now: datetime,
    before: Sequence[Verdict] | None = None,
) -> tuple[Replay, list[Verdict]]:
    shadow = await replay.replayed(library, was, will, now)
    known = await library.db.read(missed.of, profile.id)
    if not known:
        return shadow, []
    if before is None:
        before = await catching.tried(library, was, known, now)
    after = await catching.tried(library, will, known, now)
    return replace(shadow, catches=catching.compared(before, after)), after


async def prepare(library: Library, now: datetime) -> None:
    """Ready the papers of the month before somebody waits for a shadow on them."""
    month, background = await replay.month(library, now), await library.background(now)
    await asyncio.to_thread(replay.readied, month, background)


def takes_much(shadow: Replay) -> bool:
    """Whether a change takes so much away that its owner should be asked first; a paper that must
    not be missed is much.
    """
    if shadow.catches is not None and shadow.catches.lost:
        return True
    return shadow.fewer >= max(MUCH, MUCH_SHARE * shadow.before) and shadow.after < shadow.before


def told(shadow: Replay) -> str:
    """`Digests of the last 30 days, replayed: +9 papers, −4 (26 instead of 21).` And below it what
    becomes of papers that must not be missed.
    """
    return "\n".join(one for one in (_volume(shadow), catches(shadow.catches)) if one)


def _volume(shadow: Replay) -> str:
    if not shadow.papers:
        return ""
    days = f"last {counted(shadow.days, 'day')}" if shadow.days > 1 else "last day"
    if not (shadow.more or shadow.fewer):
        return f"Digests of the {days}, replayed: nothing changes ({shadow.after:,} as before)."
    more = f"+{counted(shadow.more, 'paper')}" if shadow.more else ""
    fewer = f"−{shadow.fewer:,}" if more else f"−{counted(shadow.fewer, 'paper')}"
    parts = [more, fewer if shadow.fewer else ""]
    return (
        f"Digests of the {days}, replayed: {', '.join(one for one in parts if one)} "
        f"({shadow.after:,} instead of {shadow.before:,})."
    )


def catches(found: Catches | None) -> str:
    """`12 of 12 must-catch papers are still caught.`"""
    if found is None or not found.total:
        return ""
    papers = counted(found.total, "must-catch paper")
    if not found.lost:
        still = "still " if found.caught == found.before > 0 else ""
        return f"{found.caught} of {papers} {'is' if found.total == 1 else 'are'} {still}caught."
    named = ", ".join(f"“{title}”" for title in found.lost[:3])
    return f"{found.caught} of {papers} caught, and no longer {named}."


def rows(shadow: Replay) -> tuple[Row, ...]:
    """Examples of what comes more and of what comes no more."""
    return (*(_row("+", one) for one in shadow.come), *(_row("−", one) for one in shadow.go))


def _row(sign: str, one: Match) -> Row:
    return Row(text=f"{sign} {one.paper.title}", detail=explain(one).text)
