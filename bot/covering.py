"""What a digest covers: whether it is the first of its week, and the days that it makes up for."""

from datetime import datetime, timedelta
from functools import lru_cache

from bot import timetable
from storage.records import Schedule

LONGEST_GAP = timedelta(days=8)
"""Between two digests of one schedule: a week, and a day for zones that skip one."""

LATE = timedelta(hours=18)
"""A digest that comes so much later than usual says what it covers."""


def is_new_week(last: datetime | None, now: datetime) -> bool:
    """Whether this is the first digest of its week; weeks begin on Monday."""
    return last is not None and last.isocalendar()[:2] != now.isocalendar()[:2]


def days_missed(schedule: Schedule, due_at: datetime, last: datetime | None, now: datetime) -> int:
    """How many days a digest for `due_at` covers where it covers more than its schedule's own span,
    as after days without service or a snooze; 0 where it does not.

    last: when the digest before was composed; None where this is the first.
    """
    before = _before(schedule, due_at)
    usual = due_at - before
    covered = now - (last if last is not None else before)
    return round(covered / timedelta(days=1)) if covered > usual + LATE else 0


@lru_cache(maxsize=4096)  # many read at the same hours
def _before(schedule: Schedule, due_at: datetime) -> datetime:
    """The instant of the schedule before `due_at`."""
    before = timetable.next_due(schedule, due_at - LONGEST_GAP)
    while (later := timetable.next_due(schedule, before)) < due_at:
        before = later
    return before
