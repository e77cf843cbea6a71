"""The form for a digest: how often, on which day, at what time, how long, in which zone."""

from collections.abc import Mapping

from bot import desk, timetable
from bot.commands.ask import Ask, BadField
from bot.commands.phrases import number, sentence
from bot.forms import Choice, Field, FieldKind, Form
from bot.timetable import WEEKDAYS, WEEKDAYS_IN_FULL, BadTime
from storage import dials
from storage.dials import Dial
from storage.records import Profile, Schedule, Subscription

SIZES = (3, 5, 8, 10, 15, 20, 30, 50)
ABOUTS = (1, 3, 6, 12)
SURES = (60, 80, 90)

_OFTEN = {"daily": "Every day", "weekdays": "Monday to Friday", "weekly": "Once a week"}


async def opened(ask: Ask, profile: Profile | None, mine: Subscription | None) -> Form:
    """The form with what the digest's dial is turned to."""
    dial = (await ask.db.read(dials.of, [mine.id])).get(mine.id) if mine else None
    return form(ask, profile, mine, dial)


def form(
    ask: Ask, profile: Profile | None, mine: Subscription | None, dial: Dial | None = None
) -> Form:
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
                label="How many papers",
                kind=FieldKind.CHOICE,
                value=_wished(dial) or str(mine.size if mine else desk.SIZE),
                choices=_sizes(mine.size if mine else desk.SIZE, dial),
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


def _sizes(now: int, dial: Dial | None) -> tuple[Choice, ...]:
    """The most that a digest holds; or what the dial is turned to, from now on."""
    sizes = [Choice(value=str(one), label=f"Up to {one}") for one in sorted({*SIZES, now})]
    abouts = {*ABOUTS, *([dial.about] if dial and dial.about else [])}
    sures = {*SURES, *([dial.sure * 100] if dial and dial.sure else [])}
    return (
        *sizes,
        *(Choice(value=f"about {one:g}", label=f"About {one:g} a day") for one in sorted(abouts)),
        *(
            Choice(value=f"sure {one:g}", label=f"Only what is liked with {one:g}% likelihood")
            for one in sorted(sures)
        ),
    )


def _wished(dial: Dial | None) -> str:
    if dial is not None and dial.about is not None:
        return f"about {dial.about:g}"
    if dial is not None and dial.sure is not None:
        return f"sure {dial.sure * 100:g}"
    return ""
