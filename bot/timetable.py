"""Wall times into instants: when a digest is due, when quiet hours or a snooze end. Pure.

A wall time that a zone skips (clocks go forward) counts from the offset before the change, so that
02:30 becomes 03:30; one that comes twice counts the first time. Due instants only ever rise, so a
change of the clocks neither skips nor doubles a digest.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot import zones
from storage.records import Profile, QuietHours, Schedule

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


LONGEST_SNOOZE = timedelta(days=90)
"""Who wants nothing for longer is better off without a digest."""

SNOOZES = "`3d`, `2w`, `until monday` or `until 2026-01-05`"


class BadTime(ValueError):
    """A schedule, time or zone that can't be read; the message shows one that can."""

    def __init__(self, said: str, remedy: str, near: tuple[zones.Place, ...] = ()) -> None:
        super().__init__(f"{said}: {remedy}")
        self.said = said
        """What is wrong, without the remedy."""
        self.near = near
        """Places that may have been meant, where it is about a zone."""


@lru_cache(maxsize=4096)  # many read at the same hours
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
    raise BadTime(f"the schedule {describe(schedule)} has no day", f"use {EXAMPLES}")


def moved(schedule: Schedule, due_at: datetime, zone: str, now: datetime) -> datetime:
    """When the digest that is due at `due_at` is due once its schedule has moved to `zone`, in UTC.

    It keeps its day and wall time, so that none comes twice for a day; where they have passed
    there it is due now, so that none is left out.
    """
    old, new = ZoneInfo(schedule.zone), ZoneInfo(zone)
    day = due_at.astimezone(old).date()
    for near in (day, day - timedelta(days=1)):  # a wall time that was skipped may end a day later
        for wall in schedule.times:
            if _instant(near, wall, old) == due_at:
                return max(now, _instant(near, wall, new))
    return next_due(replace(schedule, zone=zone), now)


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


def free(now: datetime, profile: Profile) -> datetime:
    """The first instant from `now` at which the profile may be sent something, in UTC: after its
    snooze and outside its quiet hours.
    """
    at = max(now, profile.snoozed_until or now)
    return leave_quiet(at, profile.quiet, profile.zone)


def local(at: datetime, zone: str) -> str:
    """The instant as a person in that zone says it: `Tue 28 Oct 08:30`."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"


def read_schedule(text: str, zone: str) -> Schedule:
    """`daily 08:30`, `weekdays 09:00`, `weekly mon,thu 09:00` as a schedule. Raises BadTime."""
    joined = re.sub(r"(\d)\s+([ap]m)\b", r"\1\2", text.casefold().replace(",", " "))
    kind, *rest = joined.split() or [""]
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
            raise BadTime(f"can't read the schedule {_shown(text)}", f"use {EXAMPLES}")
    walls = {read_time(wall) for wall in times}
    if not walls:
        raise BadTime(f"the schedule {_shown(text)} has no time of day", f"use {EXAMPLES}")
    return Schedule(times=tuple(sorted(walls)), weekdays=days, zone=read_zone(zone))


def read_time(text: str) -> time:
    """`08:30`, `8:30`, `8.30`, `8` or `8:30pm` as a wall time. Raises BadTime."""
    found = re.fullmatch(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?\s*([ap]m)?", text.strip().casefold())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if found and found[3]:
        hour = hour % 12 + 12 * (found[3] == "pm") if 1 <= hour <= 12 else 99
    if hour > 23 or minute > 59:
        raise BadTime(f"can't read the time {_shown(text)}", "write it as 08:30, in 24 hours")
    return time(hour, minute)


def read_quiet(text: str) -> QuietHours | None:
    """`22:00-07:00` or `10pm to 7am` as quiet hours, `off` as None. Raises BadTime."""
    if text.strip().casefold() == "off":
        return None
    start, dash, end = re.sub(r"[–—]|\bto\b", "-", text.casefold()).partition("-")
    if not dash:
        raise BadTime(f"can't read the quiet hours {_shown(text)}", "write 22:00-07:00, or `off`")
    quiet = QuietHours(start=read_time(start), end=read_time(end))
    if quiet.start == quiet.end:
        raise BadTime(
            f"the quiet hours {_shown(text)} end when they begin", "write 22:00-07:00, or `off`"
        )
    return quiet


def read_zone(text: str) -> str:
    """An IANA zone by its name, or by that of a city or country that has one only.

    Raises BadTime with the nearest names.
    """
    if text in zones.every():
        return text
    if zones.offset(text) is not None:
        raise BadTime(
            f"{_shown(text)} is an offset, which is wrong as soon as the clocks change",
            "use a name such as Europe/Berlin",
        )
    places = zones.meant(text)
    if len(places) == 1:
        return places[0].zone
    if places:
        said, hint = f"{_shown(text)} has several time zones", "use one of {}"
    else:
        said, hint = f"{_shown(text)} is no time zone", "did you mean {}?"
        places = zones.near(text, 3)
    names = ", ".join(dict.fromkeys(place.zone for place in places))
    remedy = hint.format(names) if names else "use a name such as Europe/Berlin"
    raise BadTime(said, remedy, places)


def read_snooze(text: str, zone: str, now: datetime) -> datetime:
    """`3d`, `2 weeks`, `until monday`, `until 2026-01-05`: when it ends, in UTC. Raises BadTime.

    A day begins at midnight there; so many days or weeks end at the same wall time.
    """
    return read_end(text, zone, now, longest=LONGEST_SNOOZE, of="the silence")


def read_end(
    text: str, zone: str, now: datetime, *, longest: timedelta, of: str = "an alert"
) -> datetime:
    """The same for the end of something else, at most `longest` ahead."""
    wanted = re.sub(r"^(?:for|until|till|to)\s+", "", " ".join(text.casefold().split()))
    here = now.astimezone(ZoneInfo(zone))
    until = _span(wanted, here) or _day(wanted, here)
    if until is None:
        raise BadTime(f"can't read {_shown(text)} as an end of {of}", f"use {SNOOZES}")
    if until <= now:
        raise BadTime(f"{_shown(text)} is over already", f"use {SNOOZES}")
    if until > now + longest + timedelta(hours=2):  # the clocks may change on the way
        raise BadTime(
            f"{_shown(text)} is too far ahead", f"use at most {longest.days}d, as {SNOOZES}"
        )
    return until


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


def parts(schedule: Schedule) -> tuple[str, str, str]:
    """`("weekly", "mon,thu", "09:00,17:00")`; the days are empty where they are not chosen."""
    times = ",".join(wall.isoformat("minutes") for wall in schedule.times)
    days = sorted(schedule.weekdays)
    if len(days) == len(WEEKDAYS):
        return "daily", "", times
    if days == list(range(5)):
        return "weekdays", "", times
    return "weekly", ",".join(WEEKDAYS[day] for day in days), times


def typed(schedule: Schedule) -> str:
    """The schedule as `read_schedule` reads it: `weekly mon,thu 09:00`."""
    return " ".join(part for part in parts(schedule) if part)


def _weekday(name: str) -> int:
    for day, full in enumerate(WEEKDAYS_IN_FULL):
        if len(name) >= 3 and full.startswith(name):
            return day
    raise BadTime(f"{_shown(name)} is no day of the week", f"use {', '.join(WEEKDAYS)}")


def _span(text: str, here: datetime) -> datetime | None:
    """`3d`, `an hour`, `2 weeks` from here, in UTC; None for anything else."""
    found = re.fullmatch(r"(\d{1,4}|an?|one)\s*(h|hours?|d|days?|w|weeks?)", text)
    if found is None:
        return None
    many = int(found[1]) if found[1].isdecimal() else 1
    if found[2][0] == "h":
        return here.astimezone(UTC) + timedelta(hours=many)
    days = timedelta(days=many * (7 if found[2][0] == "w" else 1))
    return _instant(here.date() + days, here.time(), ZoneInfo(str(here.tzinfo)))


def _day(text: str, here: datetime) -> datetime | None:
    """When the next `monday`, `tomorrow` or a date begins, in UTC; None for anything else."""
    zone = ZoneInfo(str(here.tzinfo))
    for day, full in enumerate(WEEKDAYS_IN_FULL):
        if len(text) >= 3 and full.startswith(text):
            ahead = (day - here.weekday() - 1) % 7 + 1
            return _instant(here.date() + timedelta(days=ahead), time(), zone)
    if text == "tomorrow":
        return _instant(here.date() + timedelta(days=1), time(), zone)
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        return None
    try:
        return _instant(date.fromisoformat(text), time(), zone)
    except (
        ValueError,
        OverflowError,
    ):  # 30 February; a midnight before the first or after the last day
        return None


def _shown(text: str) -> str:
    """As typed, in quotes; of a long one the beginning."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _scheduled(day: date, schedule: Schedule) -> bool:
    return day.weekday() in schedule.weekdays


def _instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, wall.replace(fold=0), tzinfo=zone).astimezone(UTC)
