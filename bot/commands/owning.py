"""One's own data: the profile page, an export, and its deletion."""

import json
from zoneinfo import ZoneInfo

from bot.commands import page as pages
from bot.commands import rights
from bot.commands.ask import Ask, BadInput
from bot.commands.request import Attachment, Reply
from bot.commands.verbs import Verb
from bot.messages import Button, Message, Row, Style
from storage import exports

KINDS = {
    "profile": ("your profile: name, zone and hours", "your profile: name, zone and hours"),
    "interests": ("interest", "interests"),
    "votes": ("vote", "votes"),
    "votes_in_channels": ("vote in a channel", "votes in channels"),
    "mutes": ("mute", "mutes"),
    "changes": ("change on record", "changes on record"),
    "library": ("paper of your own library", "papers of your own library"),
    "missed": ("paper that was missed", "papers that were missed"),
    "subscriptions": ("digest schedule", "digest schedules"),
    "digests_looked_after": ("digest you look after", "digests you look after"),
    "channels_read": ("note of a channel you read", "notes of channels you read"),
    "alerts": ("alert", "alerts"),
    "alert_hits": ("alert hit", "alert hits"),
    "deliveries": ("message that was sent or waits", "messages that were sent or wait"),
    "digests": ("record of a digest", "records of digests"),
    "kept_replies": ("kept reply", "kept replies"),
    "notices": ("notice", "notices"),
    "marks": ("note that we have met", "notes that we have met"),
}
"""What the parts of an export are called; the others are told as one."""

STAYS = (
    "What I have posted before stays in our chats and in channels; delete it there if you want it "
    "gone too."
)


async def page(ask: Ask) -> Message:
    """The profile as a page: interests, alerts, schedule, with what can be done about each."""
    room = ask.request.room
    if ask.for_channel and room is not None:
        return await pages.page(ask, is_editable=await rights.may_change(ask, room))
    return await pages.page(ask)


async def profile(ask: Ask) -> Reply:
    """`profile`."""
    return Reply(message=await page(ask))


async def export(ask: Ask) -> Reply:
    """`export`: everything about the asker as a file."""
    asker = ask.request.asker
    known = (asker.platform, asker.workspace, asker.id)
    if not await ask.db.read(exports.counts, *known):
        return Reply(message=_nothing())
    found = await ask.db.read(exports.of, *known)
    owner = await ask.known()
    today = ask.now.astimezone(ZoneInfo(owner.zone if owner else "UTC")).date()
    data = json.dumps(
        {"exported_at": ask.now.isoformat(timespec="seconds")} | found,
        ensure_ascii=False,
        indent=2,
    )
    return Reply(
        message=Message(
            heading="Everything I know about you",
            intro=(
                "The file holds it as JSON: your profile, interests, votes, alerts, mutes, digests "
                f"and what you were sent. {ask.written('forget me')} deletes all of it."
            ),
        ),
        attachment=Attachment(
            name=f"paperround-export-{today.isoformat()}.json", data=data.encode()
        ),
    )


async def forget(ask: Ask) -> Reply:
    """`forget me`, then `forget me yes`."""
    match ask.rest.casefold().split():
        case ["me"]:
            return await _asked(ask)
        case ["me", "yes"]:
            return await _forgotten(ask)
        case []:
            return Reply(message=_explained(ask))
        case _:
            raise BadInput(
                f"I can forget you, not that: {ask.written('forget me')}. To stop following "
                f"something, {ask.written('unfollow 3')}; to hear less of it, "
                f"{ask.written('mute survey')}."
            )


def _explained(ask: Ask) -> Message:
    return Message(
        heading="Forget what?",
        intro=(
            f"{ask.written('forget me')} deletes everything I know about you; I ask once more "
            f"before that. {ask.written('export')} gives it to you first. For one thing alone: "
            f"{ask.written('unfollow 3')}, {ask.written('alerts remove 3')} or "
            f"{ask.written('unlike 12')}."
        ),
        buttons=(
            Button(label="Everything about me", action="forget me"),
            Button(label="Your profile", action="profile"),
        ),
    )


async def _asked(ask: Ask) -> Reply:
    asker = ask.request.asker
    counts = await ask.db.read(exports.counts, asker.platform, asker.workspace, asker.id)
    if not counts:
        return Reply(message=_nothing())
    return Reply(
        message=Message(
            heading="Forget you?",
            intro=f"This deletes at once, and for good, what is listed here. {STAYS}",
            rows=tuple(Row(text=_counted(kind, n)) for kind, n in counts.items() if kind in KINDS),
            footer=f"{ask.written('export')} gives you all of it first.",
            buttons=(
                Button(
                    label="Forget me",
                    action="forget me yes",
                    style=Style.DANGER,
                    confirm="Delete everything about you? It can't be brought back.",
                ),
                Button(label="Export first", action="export"),
            ),
        )
    )


async def _forgotten(ask: Ask) -> Reply:
    asker = ask.request.asker
    gone = await ask.db.write(exports.forget, asker.platform, asker.workspace, asker.id, ask.now)
    if not gone:
        return Reply(message=_nothing())
    return Reply(
        message=Message(
            heading="You are forgotten",
            intro=f"Nothing about you is stored any more, and nothing more is sent. {STAYS} "
            "Whenever you write to me again, we begin anew.",
        ),
        is_profile_changed=True,
    )


def _nothing() -> Message:
    return Message(
        heading="I know nothing about you", intro="Nothing about you is stored, so nothing can go."
    )


def _counted(kind: str, count: int) -> str:
    one, many = KINDS[kind]
    if kind == "profile":
        return one.capitalize()
    return f"{count:,} {one if count == 1 else many}"


VERBS: tuple[Verb, ...] = (
    Verb(
        name="profile",
        does="Show all that you follow, and what I make of it",
        examples=("profile",),
        handler=profile,
        in_channel=True,
        only_reads=True,
        aliases=("me",),
    ),
    Verb(
        name="export",
        does="Get everything I know about you, as a file",
        examples=("export",),
        handler=export,
    ),
    Verb(
        name="forget",
        takes="me",
        does="Delete everything I know about you",
        examples=("forget me",),
        more="I show what will go and ask once more before anything is deleted.",
        handler=forget,
    ),
)
