"""When a digest comes, in whose time, and when nothing comes at all."""

from dataclasses import replace

from bot import desk, timetable, zones
from bot.commands import dialling, digesting, silences
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.phrases import quoted, where, whose
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.forms import Field, Form
from bot.messages import Button, Message, Row
from storage.records import Profile, Subscription

OFFERED = 8
"""Zones that are offered where a name fits several, or none."""


async def _timezone(ask: Ask) -> Reply:
    fields = ask.request.fields
    typed = ask.rest if fields is None else fields.get("zone", "")
    if not typed.strip() and fields is None:
        return await _zone_now(ask)
    zone = _zone(ask, typed)
    if isinstance(zone, Reply):
        return zone
    profile = await ask.profile()
    moved = await desk.change_zone(ask.db, profile, zone, ask.now)
    profile = replace(profile, zone=zone)
    said = [f"It is {timetable.local(ask.now, zone)} there now ({zone})."]
    said += [_moved(ask, profile, one) for one in moved if one.paused is None]
    message = Message(
        heading="Time zone changed",
        intro="\n".join(said),
        buttons=(_zone_button(ask), Button(label="Digest", action=ask.action("digest"))),
    )
    return Reply(message=message, is_profile_changed=True)


def _moved(ask: Ask, profile: Profile, one: Subscription) -> str:
    free = timetable.free(max(one.due_at, ask.now), profile)
    if free <= ask.now:
        return "The digest of today, whose time has passed there, comes within a minute."
    return f"The next digest comes {timetable.local(free, profile.zone)}, {where(ask)}."


def _zone(ask: Ask, typed: str) -> str | Reply:
    """The zone that is meant, or the zones that may be, to choose from. Raises BadInput."""
    places = zones.meant(typed)
    if len(places) == 1:
        return places[0].zone
    ahead = zones.offset(typed)
    if places:
        said = f"{quoted(typed, 40)} has several time zones."
    elif ahead is not None:
        said = "An offset is wrong as soon as the clocks change; a city never is."
        places = zones.at_offset(ahead, ask.now, OFFERED)
    else:
        said = f"I know no place called {quoted(typed, 40)}."
        places = zones.near(typed, OFFERED)
    if ask.request.fields is not None:
        names = ", ".join(place.zone for place in places[:3]) or "Europe/Berlin"
        raise BadField("zone", f"{said} Name a city or its zone, such as {names}.")
    if not places:
        raise BadInput(
            f"{said} Name a city near you: {ask.written('timezone New York')}.", _zone_button(ask)
        )
    return Reply(
        message=Message(
            heading="Which time zone?",
            intro=f"{said} Choose one:",
            rows=tuple(_place(ask, place) for place in places[:OFFERED]),
            footer=f"Another city is as good: {ask.written('timezone New York')}.",
        )
    )


def _place(ask: Ask, place: zones.Place) -> Row:
    choose = Button(label="Choose", action=ask.action(f"timezone {place.zone}"))
    at = timetable.local(ask.now, place.zone)
    return Row(text=place.name, detail=f"{place.zone}, {at} now", buttons=(choose,))


async def _zone_now(ask: Ask) -> Reply:
    profile = await ask.known()
    zone = profile.zone if profile else ask.request.asker.zone or "UTC"
    message = Message(
        heading=whose(ask, "time zone"),
        intro=f"{zone}, where it is {timetable.local(ask.now, zone)} now. "
        f"{ask.written('timezone New York')} changes it, and the digest with it.",
        buttons=(_zone_button(ask),),
    )
    return Reply(message=message)


async def _zone_form(ask: Ask) -> Reply:
    profile = await ask.known()
    zone = profile.zone if profile else ask.request.asker.zone or "UTC"
    field = Field(name="zone", label="Where you are", hint="A city: Berlin, New York", value=zone)
    form = Form(title="Time zone", action=ask.action("timezone"), fields=(field,))
    return Reply(form=form)


def _zone_button(ask: Ask) -> Button:
    return Button(label="Change", action=ask.action("timezone-form"))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="digest",
        takes="[now | preview | off | size <n> | about <n> | sure <percent> | reach <days> | "
        "channels on|off | <schedule>]",
        does="Choose when your digest comes, or have one now",
        examples=(
            *digesting.EXAMPLES,
            "digest size 8",
            "digest reach 7d",
            "digest channels off",
            "digest preview",
            "digest now",
            *dialling.EXAMPLES,
        ),
        more="Without anything it shows how things stand. `preview` shows what the next one would "
        "hold, `now` sends it ahead of its time, `off` stops it. `about 6` brings about six papers "
        "a day, `sure 80` only what is liked with 80% likelihood, by the votes so far; `dial off` "
        "takes either back. `surprise off` leaves out the one from outside the usual. `reach 7d` "
        "leaves out what came longer ago (14 days unless you say otherwise). What was posted in a "
        "channel that you read is counted and not repeated; `channels off` brings it all the same.",
        handler=dialling.digest,
        in_channel=True,
    ),
    Verb(
        name="timezone",
        takes="<city or zone>",
        does="Say where you are, so that times are yours",
        examples=("timezone Berlin", "timezone New York"),
        more="Your digest moves with it and keeps its hour.",
        handler=_timezone,
        in_channel=True,
    ),
    Verb(
        name="quiet",
        takes="<from>-<to> | off",
        does="Choose hours in which nothing comes",
        examples=("quiet 22:00-07:00", "quiet off"),
        more="What would have come in them comes when they end.",
        handler=silences.quiet,
        in_channel=True,
    ),
    Verb(
        name="snooze",
        takes="<how long> | until <day> | off",
        does="Have nothing sent for a while",
        examples=("snooze 3d", "snooze 2w", "snooze until monday", "snooze off"),
        more=f"At most {timetable.LONGEST_SNOOZE.days} days. The best of what comes meanwhile is "
        "in the first digest afterwards.",
        handler=silences.snooze,
        in_channel=True,
    ),
    Verb(
        name="wake",
        does="End a snooze",
        handler=silences.wake,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="resume",
        does="Try again what could not be sent",
        handler=silences.resume,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="digest-form",
        does="Choose when the digest comes, in a form",
        handler=dialling.form,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="timezone-form",
        does="Choose the time zone, in a form",
        handler=_zone_form,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="quiet-form",
        does="Choose the quiet hours, in a form",
        handler=silences.quiet_form,
        in_channel=True,
        is_hidden=True,
    ),
)
