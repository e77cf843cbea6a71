"""Silence: quiet hours every day, a snooze for a while, and the way back to both and to deliveries.

What is held back is never lost: a digest takes it up, an alert waits in the outbox.
"""

from dataclasses import replace
from datetime import datetime

from bot import desk, timetable
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.phrases import plain, sentence, where, whose
from bot.commands.request import Reply
from bot.forms import Field, Form
from bot.messages import Button, Message, Style, counted
from bot.timetable import BadTime
from storage import profiles, subscriptions
from storage.destinations import PAUSED_BY_OWNER
from storage.records import Profile


async def quiet(ask: Ask) -> Reply:
    """`quiet`, `quiet 22:00-07:00`, `quiet off`."""
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return await _quiet_now(ask)
    typed = ask.rest if fields is None else fields.get("hours", "")
    try:
        hours = timetable.read_quiet(typed)
    except BadTime as error:
        if fields is not None:
            raise BadField("hours", "Write it as 22:00-07:00, or off.") from error
        raise BadInput(
            f"{sentence(plain(error.said))} Write {ask.written('quiet 22:00-07:00')} or "
            f"{ask.written('quiet off')}."
        ) from error
    profile = await ask.profile()
    await desk.change_quiet(ask.db, profile, hours, ask.now)
    if hours is None:
        ask.wake()  # what waited for their end may go now
    return await _quiet_now(ask, is_changed=True)


async def _quiet_now(ask: Ask, *, is_changed: bool = False) -> Reply:
    profile = await ask.known()
    other = Button(label="Other hours", action=ask.action("quiet-form"))
    if profile is None or profile.quiet is None:
        night = Button(label="22:00 to 07:00", action=ask.action("quiet 22:00-07:00"))
        message = Message(
            heading="No quiet hours",
            intro="Digests and alerts come at any hour. "
            f"{ask.written('quiet 22:00-07:00')} keeps the night free.",
            buttons=(night, other),
        )
        return Reply(message=message, is_profile_changed=is_changed)
    hours = f"{profile.quiet.start:%H:%M} to {profile.quiet.end:%H:%M}"
    said = f"From {hours}, {profile.zone}, nothing comes; what waits comes when they end."
    free = timetable.leave_quiet(ask.now, profile.quiet, profile.zone)
    if free > ask.now:
        said += f" That is {timetable.local(free, profile.zone)} this time."
    message = Message(
        heading=whose(ask, "quiet hours"),
        intro=said,
        buttons=(Button(label="Turn off", action=ask.action("quiet off")), other),
    )
    return Reply(message=message, is_profile_changed=is_changed)


async def quiet_form(ask: Ask) -> Reply:
    """`quiet-form`: the hours as they are, to be changed."""
    profile = await ask.known()
    now = profile.quiet if profile else None
    value = f"{now.start:%H:%M}-{now.end:%H:%M}" if now else "22:00-07:00"
    field = Field(
        name="hours", label="From when to when", hint="22:00-07:00, or off", value=value, longest=40
    )
    form = Form(title="Quiet hours", action=ask.action("quiet"), fields=(field,))
    return Reply(form=form)


async def snooze(ask: Ask) -> Reply:
    """`snooze`, `snooze 3d`, `snooze until monday`, `snooze off`."""
    if ask.rest.casefold() == "off":
        return await wake(ask)
    if not ask.rest:
        return await _snoozed_now(ask, await ask.known())
    profile = await ask.profile()
    try:
        until = timetable.read_snooze(ask.rest, profile.zone, ask.now)
    except BadTime as error:
        ways = ", ".join(ask.written(f"snooze {it}") for it in ("3d", "2w", "until monday"))
        most = f"at most {timetable.LONGEST_SNOOZE.days} days"
        raise BadInput(f"{sentence(plain(error.said))} Write {ways}; {most}.") from error
    await desk.snooze(ask.db, profile, until, ask.now)
    return await _snoozed_now(ask, replace(profile, snoozed_until=until), is_changed=True)


async def _snoozed_now(ask: Ask, profile: Profile | None, *, is_changed: bool = False) -> Reply:
    until = profile.snoozed_until if profile else None
    if profile is None or until is None or until <= ask.now:
        offers = {"1 day": "1d", "3 days": "3d", "1 week": "1w", "2 weeks": "2w"}
        message = Message(
            heading="Nothing is snoozed",
            intro=f"{ask.written('snooze 3d')} or {ask.written('snooze until monday')} keeps "
            "digests and alerts back for so long.",
            buttons=tuple(
                Button(label=label, action=ask.action(f"snooze {span}"))
                for label, span in offers.items()
            ),
        )
        return Reply(message=message)
    message = Message(
        heading=f"Silent until {timetable.local(until, profile.zone)}",
        intro="Papers that come meanwhile are not lost: the best of them are in the first digest "
        f"afterwards, and the hits of alerts come then too. "
        f"{await _first(ask, profile, until)}".strip(),
        buttons=(Button(label="Wake up", action=ask.action("wake"), style=Style.PRIMARY),),
    )
    return Reply(message=message, is_profile_changed=is_changed)


async def _first(ask: Ask, profile: Profile, now: datetime) -> str:
    mine = [one for one in await ask.db.read(subscriptions.of, profile.id) if one.paused is None]
    if not mine:
        return ""
    at = timetable.free(max(now, min(one.due_at for one in mine)), profile)
    return f"The next digest comes {timetable.local(at, profile.zone)}."


async def wake(ask: Ask) -> Reply:
    """End a snooze; what waited goes out at once."""
    profile = await ask.known()
    if profile is None or profile.snoozed_until is None or profile.snoozed_until <= ask.now:
        return await _snoozed_now(ask, None)
    awake = replace(profile, snoozed_until=None)
    await desk.snooze(ask.db, profile, None, ask.now)
    ask.wake()
    message = Message(
        heading="Awake again",
        intro=f"What waited comes now, outside your quiet hours. "
        f"{await _first(ask, awake, ask.now)}".strip(),
    )
    return Reply(message=message, is_profile_changed=True)


async def resume(ask: Ask) -> Reply:
    """Try a place again that messages could not be sent to, and say what goes on."""
    profile = await ask.known()
    destination = profile.destination if profile else ask.request.asker.destination
    was_wrong = await desk.reopen(ask.db, destination)
    said = await _going_on(ask, profile) if profile else []
    if was_wrong:
        ask.wake()
        heading = "Trying again"
        said.append("If it fails once more, you are told here.")
    else:
        heading = "Everything is running" if said else "Nothing was waiting"
    if profile and profile.snoozed_until is not None and profile.snoozed_until > ask.now:
        until = timetable.local(profile.snoozed_until, profile.zone)
        said.append(f"A snooze keeps all back until {until}; {ask.written('wake')} ends it.")
    if not said:
        said.append(
            "There is neither a digest nor an alert yet: begin with "
            f"{ask.written('digest daily 08:30')} or {ask.written('alert speculative decoding')}."
        )
    return Reply(
        message=Message(heading=heading, intro="\n".join(said)), is_profile_changed=was_wrong
    )


async def _going_on(ask: Ask, profile: Profile) -> list[str]:
    said = []
    for one in await ask.db.read(subscriptions.of, profile.id):
        at = timetable.free(max(one.due_at, ask.now), profile)
        when = timetable.local(at, profile.zone) if at > ask.now else "within a minute"
        said.append(f"The digest goes on; the next one comes {when}, {where(ask)}.")
    every = await ask.db.read(profiles.alerts, profile.id)
    running = [one for one in every if one.paused is None]
    stopped = [one for one in every if one.paused == PAUSED_BY_OWNER]
    if running:
        verb = "goes" if len(running) == 1 else "go"
        said.append(f"{counted(len(running), 'alert')} {verb} on with the papers from now on.")
    if stopped:
        stay, them = ("stays", "it") if len(stopped) == 1 else ("stay", "them")
        said.append(
            f"{counted(len(stopped), 'alert')} {stay} paused by you; {ask.written('alerts')} lists "
            f"{them}."
        )
    return said
