"""Shadows: what a change of a profile would have made of its last month, told with the change.

A shadow is worked out beside the real thing: nothing is sent by it, and nothing counts as read.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot import desk, timetable
from bot.messages import Row, counted
from matching import replay
from matching.library import Library
from matching.ranking import Match
from matching.reasons import explain
from matching.replay import DAYS, Replay, Wish
from storage import subscriptions
from storage.changes import Delta
from storage.records import Profile

MUCH, MUCH_SHARE = 5, 0.5
"""A change that takes so many papers of a month, and such a share, is asked about first."""


async def wish(library: Library, profile: Profile, now: datetime) -> Wish:
    """The profile as it stands, with the digest that it has, or would have by default."""
    mine = await library.db.read(subscriptions.of, profile.id)
    one = mine[0] if mine else await desk.imagined(library.db, profile, desk.SIZE, now)
    times, at = [], now - timedelta(days=DAYS)
    while (at := timetable.next_due(one.schedule, at)) <= now:
        times.append(at)
    return Wish(
        taste=await library.taste(profile.id, now),
        size=one.size,
        times=tuple(times),
    )


async def cast(library: Library, profile: Profile, was: Wish, now: datetime) -> Replay:
    """The shadow of a change that was made: the profile as it stands beside what it was."""
    will = replace(await wish(library, profile, now), times=was.times)
    return await replay.replayed(library, was, will, now)


async def ahead(library: Library, was: Wish, delta: Delta, now: datetime) -> Replay:
    """The shadow of a change that is not made."""
    return await replay.replayed(library, was, await replay.changed(library, was, delta, now), now)


def takes_much(shadow: Replay) -> bool:
    """Whether a change takes so much away that its owner should be asked first."""
    return shadow.fewer >= max(MUCH, MUCH_SHARE * shadow.before) and shadow.after < shadow.before


def told(shadow: Replay) -> str:
    """`Digests of the last 30 days, replayed: +9 papers, −4 (26 instead of 21).`"""
    if not shadow.papers:
        return ""
    days = f"last {counted(shadow.days, 'day')}" if shadow.days > 1 else "last day"
    if not (shadow.more or shadow.fewer):
        return f"Digests of the {days}, replayed: nothing changes ({shadow.after:,} as before)."
    signs = [(shadow.more, "+"), (shadow.fewer, "−")]
    first, *second = [f"{sign}{{}}" for count, sign in signs if count]
    counts = [count for count, _ in signs if count]
    parts = [first.format(counted(counts[0], "paper"))]
    parts += [one.format(f"{count:,}") for one, count in zip(second, counts[1:], strict=True)]
    return (
        f"Digests of the {days}, replayed: {', '.join(parts)} "
        f"({shadow.after:,} instead of {shadow.before:,})."
    )


def rows(shadow: Replay) -> tuple[Row, ...]:
    """Examples of what comes more and of what comes no more."""
    return (*(_row("+", one) for one in shadow.come), *(_row("−", one) for one in shadow.go))


def _row(sign: str, one: Match) -> Row:
    return Row(text=f"{sign} {one.paper.title}", detail=explain(one).text)
