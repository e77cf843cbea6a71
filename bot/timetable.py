"""Wall times into instants: when a digest is due, when quiet hours end. Pure.

A wall time that a zone skips (clocks go forward) counts from the offset before the change, so that
02:30 becomes 03:30; one that comes twice counts the first time. Due instants only ever rise, so a
change of the clocks neither skips nor doubles a digest.
"""

import difflib
import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, available_timezones

from storage.records import QuietHours, Schedule

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS_IN_FULL = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
EVERY_DAY = frozenset(range(7))
EXAMPLES = "`daily 08:30`, `daily 08:30,17:00`, `weekdays 09:00` or `weekly mon,thu 09:00`"


class BadTime(ValueError):
    """A schedule, time or zone that can't be read; the message shows one that can."""


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first instant of the schedule that is later than `after`, in UTC."""
    zone = ZoneInfo(schedule.zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    for _ in range(10):  # a week, and a day on each side for zones that skip or repeat one
        due = [
            at
            for at in (_instant(day, wall, zone) for wall in schedule.times)
            if at > after and _scheduled(day, schedule)
        ]
        # The next day too: around a change of the clocks it can hold an earlier instant.
        due += [
            at
            for at in (_instant(day + timedelta(days=1), wall, zone) for wall in schedule.times)
            if at > after and _scheduled(day + timedelta(days=1), schedule)
        ]
        if due:
            return min(due)
        day += timedelta(days=1)
    raise BadTime(f"the schedule {describe(schedule)} has no day: use {EXAMPLES}")


def leave_quiet(at: datetime, quiet: QuietHours | None, zone: str) -> datetime:
    """`at`, or the end of the quiet hours that `at` falls into, in UTC."""
    if quiet is None or quiet.start == quiet.end:
        return at
    local = at.astimezone(ZoneInfo(zone))
    wall = local.time()
    over_midnight = quiet.start > quiet.end
    if over_midnight:
        is_quiet = wall >= quiet.start or wall < quiet.end
    else:
        is_quiet = quiet.start <= wall < quiet.end
    if not is_quiet:
        return at
    day = local.date() + timedelta(days=int(over_midnight and wall >= quiet.start))
    return max(at, _instant(day, quiet.end, ZoneInfo(zone)))


def read_schedule(text: str, zone: str) -> Schedule:
    """`daily 08:30`, `weekdays 09:00`, `weekly mon,thu 09:00` as a schedule. Raises BadTime."""
    kind, *rest = text.casefold().replace(",", " ").split() or [""]
    names = list(takewhile(str.isalpha, rest)) if kind == "weekly" else []
    times = rest[len(names) :]
    match kind:
        case "daily":
            days = EVERY_DAY
        case "weekdays":
            days = frozenset(range(5))
        case "weekly" if names:
            days = frozenset(_weekday(name) for name in names)
        case _:
            raise BadTime(f"can't read the schedule {text!r}: use {EXAMPLES}")
    walls = {read_time(wall) for wall in times}
    if not walls:
        raise BadTime(f"the schedule {text!r} has no time of day: use {EXAMPLES}")
    return Schedule(times=tuple(sorted(walls)), weekdays=days, zone=read_zone(zone))


def read_time(text: str) -> time:
    """`08:30`, `8:30` or `8` as a wall time. Raises BadTime."""
    found = re.fullmatch(r"(\d{1,2})(?::(\d{2}))?", text.strip())
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise BadTime(f"can't read the time {text!r}: write it as 08:30, in 24 hours")
    return time(int(found[1]), int(found[2] or 0))


def read_quiet(text: str) -> QuietHours | None:
    """`22:00-07:00` as quiet hours, `off` as None. Raises BadTime."""
    if text.strip().casefold() == "off":
        return None
    start, dash, end = text.replace("–", "-").partition("-")
    if not dash:
        raise BadTime(f"can't read the quiet hours {text!r}: write 22:00-07:00, or `off`")
    return QuietHours(start=read_time(start), end=read_time(end))


def read_zone(text: str) -> str:
    """An IANA zone by its exact name. Raises BadTime with the nearest names."""
    zones = available_timezones()
    if text in zones:
        return text
    # People know the city, not the continent: "berlin" means Europe/Berlin.
    wanted = text.strip().casefold().replace(" ", "_")
    cities = {zone.rsplit("/", 1)[-1].casefold(): zone for zone in sorted(zones, reverse=True)}
    near = [cities[city] for city in difflib.get_close_matches(wanted, cities, n=3)]
    hint = f"did you mean {', '.join(near)}?" if near else "use a name such as Europe/Berlin"
    raise BadTime(f"{text!r} is no time zone: {hint}")


def describe(schedule: Schedule) -> str:
    """The schedule as people say it: `weekly on Mon and Thu at 09:00, Europe/Berlin`."""
    at = " and ".join(wall.isoformat("minutes") for wall in schedule.times)
    days = sorted(schedule.weekdays)
    if len(days) == len(WEEKDAYS):
        when = "daily"
    elif days == list(range(5)):
        when = "on weekdays"
    else:
        when = "weekly on " + " and ".join(WEEKDAYS[day].capitalize() for day in days)
    return f"{when} at {at}, {schedule.zone}"


def _weekday(name: str) -> int:
    for day, full in enumerate(WEEKDAYS_IN_FULL):
        if len(name) >= 3 and full.startswith(name):
            return day
    raise BadTime(f"{name!r} is no day of the week: use {', '.join(WEEKDAYS)}")


def _scheduled(day: date, schedule: Schedule) -> bool:
    return day.weekday() in schedule.weekdays


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)
