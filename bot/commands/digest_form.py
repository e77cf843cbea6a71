"""The form for a digest: how often, on which day, at what time, how long, in which zone."""

from collections.abc import Mapping

from bot import desk, timetable
from bot.commands.ask import Ask, BadField
from bot.commands.phrases import number, sentence
from bot.forms import Choice, Field, FieldKind, Form
from bot.timetable import WEEKDAYS, WEEKDAYS_IN_FULL, BadTime
from storage.records import Profile, Schedule, Subscription

SIZES = (3, 5, 8, 10, 15, 20, 30, 50)

_OFTEN = {"daily": "Every day", "weekdays": "Monday to Friday", "weekly": "Once a week"}


def form(ask: Ask, profile: Profile | None, mine: Subscription | None) -> Form:
    """The form as it stands now; without a subscription with what most people take."""
    zone = profile.zone if profile else ask.request.asker.zone or "UTC"
    often, days, times = ("daily", "mon", "08:30")
    if mine is not None:
        often, days, times = timetable.parts(mine.schedule)
    return Form(
        title="Digest",
        action=ask.action("digest-form"),
        fields=(
            Field(
                name="often",
                label="How often",
                kind=FieldKind.RADIO,
                value=often,
                choices=tuple(Choice(value=it, label=said) for it, said in _OFTEN.items()),
            ),
            Field(
                name="day",
                label="On which day, if once a week",
                kind=FieldKind.CHOICE,
                value=days or "mon",
                choices=_days(days),
                is_optional=True,
            ),
            Field(
                name="time",
                label="At what time",
                hint="In 24 hours: 08:30, or 08:30, 17:00 for two a day",
                value=times,
                longest=100,
            ),
            Field(
                name="size",
                label="Papers at most",
                kind=FieldKind.CHOICE,
                value=str(mine.size if mine else desk.SIZE),
                choices=_sizes(mine.size if mine else desk.SIZE),
            ),
            Field(
                name="zone",
                label="Time zone",
                hint="A city: Berlin, New York",
                value=zone,
                longest=60,
            ),
        ),
    )


def read(fields: Mapping[str, str]) -> tuple[Schedule, int]:
    """The schedule and the size that a form was filled with. Raises BadField."""
    often = fields.get("often", "")
    if often not in _OFTEN:
        raise BadField("often", "Choose how often it should come.")
    zone = _zone(fields.get("zone", ""))
    days = fields.get("day") or "mon"
    start = f"weekly {days}" if often == "weekly" else often
    try:
        timetable.read_schedule(f"{start} 08:30", zone)
    except BadTime as error:
        raise BadField("day", "Choose a day of the week.") from error
    try:
        schedule = timetable.read_schedule(f"{start} {fields.get('time', '')}", zone)
    except BadTime as error:
        raise BadField("time", "Write it in 24 hours: 08:30.") from error
    size = number(fields.get("size", ""))
    if size is None or not 1 <= size <= desk.MOST_PAPERS:
        raise BadField("size", f"Choose 1 to {desk.MOST_PAPERS} papers.")
    return schedule, size


def _zone(text: str) -> str:
    try:
        return timetable.read_zone(text.strip())
    except BadTime as error:
        raise BadField("zone", sentence(str(error))) from error


def _days(now: str) -> tuple[Choice, ...]:
    """Each day; and the days of now, where they are several."""
    single = tuple(
        Choice(value=day, label=full.capitalize())
        for day, full in zip(WEEKDAYS, WEEKDAYS_IN_FULL, strict=True)
    )
    if "," not in now:
        return single
    named = " and ".join(WEEKDAYS_IN_FULL[WEEKDAYS.index(day)] for day in now.split(","))
    return (Choice(value=now, label=f"{named[0].upper()}{named[1:]}"), *single)


def _sizes(now: int) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(size), label=str(size)) for size in sorted({*SIZES, now}))
