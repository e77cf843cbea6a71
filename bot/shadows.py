"""Shadows: what a change of a profile would have made of its last month, told with the change.

A shadow is worked out beside the real thing: nothing is sent by it, and nothing counts as read.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot import desk, timetable
from bot.messages import Row, counted
from matching import catching, replay
from matching.catching import Catches
from matching.library import Library
from matching.ranking import Match
from matching.reasons import explain
from matching.replay import DAYS, Replay, Wish
from storage import missed, subscriptions
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
    shadow = await replay.replayed(library, was, will, now)
    known = await library.db.read(missed.of, profile.id)
    if not known:
        return shadow
    catches, verdicts = await catching.compared(library, was, will, known, now)
    await library.db.write(missed.tried, {one.missed.id: one.caught for one in verdicts})
    return replace(shadow, catches=catches)


async def ahead(
    library: Library, profile: Profile, was: Wish, delta: Delta, now: datetime
) -> Replay:
    """The shadow of a change that is not made."""
    will = await replay.changed(library, was, delta, now)
    shadow = await replay.replayed(library, was, will, now)
    known = await library.db.read(missed.of, profile.id)
    if not known:
        return shadow
    catches, _ = await catching.compared(library, was, will, known, now)
    return replace(shadow, catches=catches)


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
