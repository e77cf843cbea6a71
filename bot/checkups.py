"""Checkups: what the doctor looks at, and what each look found. No platform is known here."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import timetable
from bot.messages import counted
from storage.database import Tx
from storage.instants import from_text
from storage.records import Subscription

LITTLE_SPACE = 512 * 1024 * 1024
"""Bytes that should be free beside the database."""

NO_SPACE = 64 * 1024 * 1024

SKEW = timedelta(seconds=30)
"""Slack refuses requests that are five minutes old; half a minute tells that nothing keeps the
clock."""

AHEAD = timedelta(days=370)
"""Every zone that changes its clocks does so within a year."""

MOST_RUNS = 20


class Level(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    level: Level
    said: str
    """What is there; what is wrong comes with its remedy."""


def passed(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check=check, level=Level.PASSED, said=said)


def warned(check: str, said: str) -> Finding:
    """It works, and should be looked at."""
    return Finding(check=check, level=Level.WARNED, said=said)


def failed(check: str, said: str) -> Finding:
    """It does not work."""
    return Finding(check=check, level=Level.FAILED, said=said)


def disk(db: Path) -> Finding:
    """Whether there is room beside the database."""
    free = shutil.disk_usage(db.absolute().parent).free
    said = f"{free // 2**20:,} MB free beside the database"
    if free < NO_SPACE:
        return failed("disk", f"only {said}: make room, or nothing can be taken in or sent")
    if free < LITTLE_SPACE:
        return warned("disk", f"only {said}: make room soon")
    return passed("disk", said)


def clock(tx: Tx, now: datetime) -> Finding:
    """Whether the clock went back behind what is on record."""
    latest = tx.value(
        """
        SELECT MAX(at) FROM (
            SELECT MAX(created_at) AS at FROM outbox UNION ALL SELECT MAX(arrived_at) FROM dumps
        )
        """
    )
    if latest and from_text(latest) > now + SKEW:
        return failed(
            "clock",
            f"it says {now:%Y-%m-%d %H:%M} UTC, and something was recorded at "
            f"{from_text(latest):%Y-%m-%d %H:%M} UTC: set the clock, and let NTP keep it",
        )
    return passed("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def skew(platform: str, theirs: datetime, ours: datetime) -> Finding:
    """How far the clock is from a platform's own."""
    apart = abs(theirs - ours)
    check = f"{platform} clock"
    if apart > SKEW:
        return warned(
            check,
            f"{apart.total_seconds():.0f} s from ours: let NTP keep the clock; digests come at the "
            "wrong time, and platforms refuse what seems old",
        )
    return passed(check, "as ours")


def runs(subscriptions: list[tuple[str, Subscription]], now: datetime) -> list[Finding]:
    """When each digest comes next, and the first one after the clocks change. Pure.

    subscriptions: with the name of the profile that each belongs to, the next one first.
    """
    found = []
    for name, one in subscriptions[:MOST_RUNS]:
        check = f"digest of {name}"
        if one.paused is not None:
            found.append(warned(check, f"paused: {one.paused}"))
            continue
        zone = one.schedule.zone
        said = f"next {_both(one.due_at, zone)}"
        change = next_change(zone, max(now, one.due_at))
        if change is not None:
            after = timetable.next_due(one.schedule, change)
            said += f"; after the clocks change, {_both(after, zone)}"
        if one.due_at < now - timedelta(hours=1):
            found.append(warned(check, f"{said}; it was due and waits for `paperround run`"))
        else:
            found.append(passed(check, said))
    if len(subscriptions) > MOST_RUNS:
        more = counted(len(subscriptions) - MOST_RUNS, "further digest")
        found.append(passed("digests", f"and {more}"))
    return found


def next_change(zone: str, after: datetime) -> datetime | None:
    """An instant soon after the zone's clocks change next; None where they do not within a year."""
    place = ZoneInfo(zone)
    was = after.astimezone(place).utcoffset()
    for days in range(1, AHEAD.days):
        at = after + timedelta(days=days)
        if at.astimezone(place).utcoffset() != was:
            return at
    return None


def _both(at: datetime, zone: str) -> str:
    here = at.astimezone(ZoneInfo(zone))
    return f"{here:%a %d %b %H:%M} {zone} ({at:%H:%M} UTC)"
