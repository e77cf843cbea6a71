"""The digest of a person or a channel: when it comes, how long it is, what it would hold now."""

import re
from dataclasses import replace

from bot import desk, dials, digests, shadows, timetable
from bot.commands import digest_buttons, digest_form, digest_limits, history, rights
from bot.commands.ask import Ask, BadInput
from bot.commands.phrases import number, plain, sentence, where, whose
from bot.commands.request import Reply
from bot.digests import Composed
from bot.messages import Button, Message, Style, counted
from bot.timetable import BadTime
from storage import library_papers, profiles, subscriptions, votes
from storage.records import Profile, Subscription

EXAMPLES = ("digest daily 08:30", "digest weekdays 09:00 size 5", "digest weekly mon,thu 09:00")

_SIZE = re.compile(r"\b(?:size|up to)\b[ :=]*(\S*)", re.IGNORECASE)
_TIME = re.compile(r"[0-9]")


async def digest(ask: Ask) -> Reply:
    """`digest`, and `now`, `preview`, `off`, `size 8`, `reach 7d`, `channels`, or a schedule."""
    typed, size = _size(ask)
    profile = await ask.known()
    mine = await subscribed(ask, profile)
    match typed.casefold():
        case "":
            return await _state(ask, profile, mine) if size is None else await _resize(ask, size)
        case "off":
            return await _off(ask, profile, mine)
        case "preview":
            return await _preview(ask, mine, size)
        case "now":
            return await _now(ask, mine, size)
        case "edit" | "form":
            return Reply(form=await digest_form.opened(ask, profile, mine))
    first, _, rest = typed.partition(" ")
    if first.casefold() == "reach":
        return await digest_limits.reach(ask, mine, rest)
    if first.casefold() == "channels":
        return await digest_limits.channels(ask, mine, rest)
    if _TIME.match(typed):
        typed = f"daily {typed}"
    profile = await ask.profile()
    try:
        schedule = timetable.read_schedule(typed, profile.zone)
    except BadTime as error:
        ways = ", ".join(ask.written(one) for one in EXAMPLES)
        raise BadInput(f"{sentence(plain(error.said))} Write it as {ways}.") from error
    size = size or (mine.size if mine else desk.SIZE)
    made = await desk.subscribe(ask.db, profile, schedule, size, ask.now)
    return await told(ask, profile, made)


async def form(ask: Ask) -> Reply:
    """`digest-form`: opens the form, or reads what it was filled with."""
    profile = await ask.known()
    if ask.request.fields is None:
        return Reply(form=await digest_form.opened(ask, profile, await subscribed(ask, profile)))
    schedule, size = digest_form.read(ask.request.fields)
    profile = await ask.profile()
    if schedule.zone != profile.zone:
        await desk.change_zone(ask.db, profile, schedule.zone, ask.now)
        profile = replace(profile, zone=schedule.zone)
    made = await desk.subscribe(ask.db, profile, schedule, size, ask.now)
    return await told(ask, profile, made)


async def subscribed(ask: Ask, profile: Profile | None) -> Subscription | None:
    """The profile's subscription to its own place, if it has one."""
    mine = await ask.db.read(subscriptions.of, profile.id) if profile else []
    return next((one for one in mine if profile and one.destination == profile.destination), None)


def _size(ask: Ask) -> tuple[str, int | None]:
    """`(the rest, size)` of what was typed. Raises BadInput for a size that can't be."""
    found = _SIZE.search(ask.rest)
    if found is None:
        return ask.rest, None
    size = number(found[1].rstrip(",."))
    if size is None or not 1 <= size <= desk.MOST_PAPERS:
        raise BadInput(
            f"A digest holds 1 to {desk.MOST_PAPERS} papers: {ask.written('digest size 8')}."
        )
    return " ".join((ask.rest[: found.start()] + ask.rest[found.end() :]).split()), size


async def _resize(ask: Ask, size: int) -> Reply:
    profile = await ask.known()
    mine = await subscribed(ask, profile)
    if profile is None or mine is None:
        raise BadInput(
            "There is no digest yet; say when it should come: "
            f"{ask.written(f'digest daily 08:30 size {size}')}.",
            digest_buttons.daily(ask, size),
        )
    was = await shadows.wish(ask.library, profile, ask.now)
    made, change = await desk.resize(ask.db, profile, mine, size, ask.now)
    reply = await told(ask, profile, made)
    if change is None:
        return reply
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    return history.with_shadow(ask, reply, shadow, change)


async def told(ask: Ask, profile: Profile, made: Subscription) -> Reply:
    """A subscription that was just made or changed."""
    await rights.look_after(ask, made.id)
    said = [_described(made), _next(ask, profile, made)]
    buttons = [*digest_buttons.all_of(ask)]
    if not await _wants_anything(ask, profile):
        said.append("Nothing is followed yet, so it would stay empty: add an interest first.")
        follow = ask.action("follow")
        buttons = [Button(label="Add an interest", action=follow, style=Style.PRIMARY), *buttons]
    if profile.zone == "UTC" and ask.request.asker.zone is None:
        said.append(f"Times are in UTC; {ask.written('timezone Berlin')} changes that.")
    message = Message(
        heading=f"{whose(ask, 'digest')} is set", intro="\n".join(said), buttons=tuple(buttons)
    )
    return Reply(message=message, is_profile_changed=True)


async def _state(ask: Ask, profile: Profile | None, mine: Subscription | None) -> Reply:
    if profile is None or mine is None:
        message = Message(
            heading="No digest yet",
            intro="A digest brings the papers that fit, with reasons, at your hour: "
            f"{ask.written(EXAMPLES[0])}.",
            buttons=(
                digest_buttons.daily(ask),
                digest_buttons.edit(ask, "Choose when"),
                digest_buttons.preview(ask),
            ),
        )
        return Reply(message=message)
    dial = sentence(await dials.told(ask.db, mine, ask.now))
    message = Message(
        heading=whose(ask, "digest"),
        intro="\n".join(filter(None, (_described(mine), dial, _next(ask, profile, mine)))),
        buttons=digest_buttons.all_of(ask, mine),
    )
    return Reply(message=message)


def _described(one: Subscription) -> str:
    when = timetable.describe(one.schedule)
    return f"{when[0].upper()}{when[1:]}, up to {counted(one.size, 'paper')}."


def _next(ask: Ask, profile: Profile, one: Subscription) -> str:
    """When the next one comes, and what holds it up."""
    if one.paused is not None:
        return f"It is paused: {plain(one.paused)}. {ask.written('resume')} lets it go on."
    free = timetable.free(max(one.due_at, ask.now), profile)
    at = timetable.local(free, profile.zone)
    if profile.snoozed_until is not None and profile.snoozed_until > ask.now:
        until = timetable.local(profile.snoozed_until, profile.zone)
        return f"Nothing comes before {until}; the next one comes {at}, {where(ask)}."
    if free <= ask.now:
        return f"The next one comes within a minute, {where(ask)}."
    hours = "; your quiet hours end then" if free > max(one.due_at, ask.now) else ""
    return f"The next one comes {at}, {where(ask)}{hours}."


async def _off(ask: Ask, profile: Profile | None, mine: Subscription | None) -> Reply:
    if profile is None or not await desk.unsubscribe(ask.db, profile):
        message = Message(
            heading="There is no digest",
            intro=f"So nothing had to stop; {ask.written(EXAMPLES[0])} starts one.",
            buttons=(digest_buttons.daily(ask),),
        )
        return Reply(message=message)
    again = f"digest {timetable.typed(mine.schedule)} size {mine.size}" if mine else EXAMPLES[0]
    message = Message(
        heading="The digest is off",
        intro="Interests, votes and alerts stay as they are, and alerts still come. "
        f"{ask.written(again)} brings it back.",
        buttons=(Button(label="Turn it on again", action=ask.action(again)),),
    )
    return Reply(message=message, is_profile_changed=True)


async def _preview(ask: Ask, mine: Subscription | None, size: int | None) -> Reply:
    composed = await _composed(ask, mine, size)
    dial = sentence(await dials.told(ask.db, mine, ask.now)) if mine else ""
    last = "The next digest" if mine else f"A digest of the last {desk.LOOK_BACK.days} days"
    if not composed.cards:
        message = Message(
            heading=f"{last} would be empty for now",
            intro=f"{sentence(composed.outcome)} {dial}".rstrip(),
            buttons=(
                digest_buttons.edit(ask, "Change when") if mine else digest_buttons.daily(ask),
            ),
        )
        return Reply(message=message)
    message = replace(
        composed.message,
        heading=f"{last} would hold {counted(len(composed.cards), 'paper')}",
        intro=f"A preview: nothing is sent, and nothing counts as read. {dial}".rstrip(),
        buttons=(digest_buttons.now(ask),)
        if mine
        else (digest_buttons.daily(ask), digest_buttons.edit(ask, "Choose when")),
    )
    return Reply(message=message)


async def _now(ask: Ask, mine: Subscription | None, size: int | None) -> Reply:
    if mine is None:
        return await _once(ask, size)
    if not await _wants_anything(ask, await ask.profile()):
        raise _nothing_wanted(ask)
    wanted = replace(mine, size=size or mine.size)
    composed, is_decided = await digests.send_now(ask.library, wanted, ask.now, at_once=True)
    if not is_decided:
        return await _undecided(ask)
    if not composed.cards:
        message = Message(
            heading="Nothing new to send",
            intro=f"{sentence(composed.outcome)} {_next(ask, composed.profile, mine)}",
        )
        return Reply(message=message)
    ask.wake()
    message = Message(
        heading="On its way",
        intro=f"A digest of {counted(len(composed.cards), 'paper')} comes {where(ask)} now. "
        f"{_next(ask, composed.profile, mine)}",
    )
    return Reply(message=message)


async def _once(ask: Ask, size: int | None) -> Reply:
    """Without a subscription nothing is sent: the papers stand in the reply."""
    composed = await _composed(ask, None, size)
    if not composed.cards:
        return await _preview(ask, None, size)
    whom = "Only you see it, since the channel" if ask.for_channel else "You"
    verb = "has" if ask.for_channel else "have"
    message = replace(
        composed.message,
        heading=f"A one-off digest of {counted(len(composed.cards), 'paper')}",
        intro=f"The best of the last {desk.LOOK_BACK.days} days. {whom} {verb} no digest yet; one "
        f"that comes by itself brings only what is new: {ask.written(EXAMPLES[0])}.",
        buttons=(digest_buttons.daily(ask), digest_buttons.edit(ask, "Choose when")),
    )
    return Reply(message=message)


async def _composed(ask: Ask, mine: Subscription | None, size: int | None) -> Composed:
    """What a digest would hold now. Raises BadInput where there is nothing to choose by."""
    profile = await ask.profile()
    if not await _wants_anything(ask, profile):
        raise _nothing_wanted(ask)
    wanted = mine or await desk.imagined(ask.db, profile, desk.SIZE, ask.now)
    (composed,) = await digests.compose(
        ask.library, [replace(wanted, size=size or wanted.size)], ask.now
    )
    return composed


async def _undecided(ask: Ask) -> Reply:
    """It is paused, or another pass came first."""
    mine = await subscribed(ask, await ask.known())
    if mine is None or mine.paused is None:
        raise BadInput(
            f"A digest was just sent, or changed; look at it with {ask.written('digest')}."
        )
    raise BadInput(
        f"The digest is paused: {plain(mine.paused)}. {ask.written('resume')} lets it go on.",
        Button(label="Try again", action=ask.action("resume"), style=Style.PRIMARY),
    )


async def _wants_anything(ask: Ask, profile: Profile) -> bool:
    has_interests = bool(await ask.db.read(profiles.interests, profile.id))
    has_voted = has_interests or bool(await ask.db.read(votes.of, profile.id))
    return has_voted or bool(await ask.db.read(library_papers.of, profile.id))


def _nothing_wanted(ask: Ask) -> BadInput:
    return BadInput(
        "Nothing is followed yet, so there is nothing to choose papers by. Begin with "
        f"{ask.written('follow graph neural networks')}.",
        Button(label="Add an interest", action=ask.action("follow"), style=Style.PRIMARY),
    )
