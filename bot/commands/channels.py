"""The channel's profile: who may read it and who may change it."""

from dataclasses import replace

from bot.commands import rights
from bot.commands.ask import Ask, BadInput
from bot.commands.owning import page
from bot.commands.phrases import quoted
from bot.commands.request import Reply, Room, Standing
from bot.commands.telling import near
from bot.commands.verbs import Verb
from bot.messages import Button, Message, Style
from storage import notices, workspaces
from storage.workspaces import ChannelChanges

READ_WITHOUT_WORDS = frozenset({"alerts", "digest", "quiet", "snooze", "timezone"})
"""Verbs that change nothing while nothing follows them: they list."""

_ALLOWED = {"members": ChannelChanges.MEMBERS, "managers": ChannelChanges.MANAGERS}


def welcome(ask: Ask) -> Message:
    """The first words in a channel that the bot was added to."""
    asked = replace(ask, for_channel=True)
    return Message(
        heading="Hello, I am Paperround",
        intro=(
            "Say what this channel reads about, and I post the new papers that fit, with reasons, "
            f"at your hour: {asked.written('follow graph neural networks')}. Everybody can have "
            f"papers of their own, by direct message: {ask.written('help')}."
        ),
        buttons=(
            Button(label="Begin", action=asked.action("start"), style=Style.PRIMARY),
            Button(label="Add an interest", action=asked.action("follow")),
            Button(label="Choose when", action=asked.action("digest-form")),
        ),
    )


async def channel(ask: Ask) -> Reply:
    """`channel VERB …`: the verb, for the channel's profile."""
    room = ask.request.room
    if room is None:
        raise BadInput(
            "That is about a channel, and here is none. Type it in the channel itself, as "
            f"{ask.written('channel follow graph neural networks')}. For yourself, leave out "
            "`channel`."
        )
    rights.must_read(room)
    # Here and not above: the table is made of this room among others.
    from bot.commands import table

    name, rest = table.split(ask.rest)
    if not name:
        return await _shown(ask, room)
    if name == "allow":
        return await _allow(ask, room, rest)
    if name == "help":
        return await table.BY_NAME["help"].handler(replace(ask, rest="channel"))
    verb = table.BY_NAME.get(name)
    if verb is None or not verb.in_channel:
        raise BadInput(_unknown(ask, verb, name), Button(label="Help", action="help channel"))
    if not _only_reads(ask, verb, rest):
        await rights.must_change(ask, room)
    reply = await verb.handler(replace(ask, rest=rest, for_channel=True))
    return _told(reply)


def _only_reads(ask: Ask, verb: Verb, rest: str) -> bool:
    if verb.only_reads:
        return True
    return verb.name in READ_WITHOUT_WORDS and not rest and ask.request.fields is None


def _told(reply: Reply) -> Reply:
    """A change is for everybody in the room to see, whoever made it; the rest for the asker."""
    is_change = reply.is_profile_changed and reply.message is not None
    return replace(reply, is_public=is_change, is_profile_changed=False)


def _unknown(ask: Ask, verb: Verb | None, typed: str) -> str:
    if verb is not None:
        return (
            f"`{verb.name}` is about you, not about a channel: leave out `channel`, as "
            f"{ask.written(verb.examples[0] if verb.examples else verb.name)}."
        )
    meant = [f"`channel {one.name}`" for one in near(typed) if one.in_channel]
    guess = f" Did you mean {' or '.join(meant)}?" if meant else ""
    return (
        f"A channel knows no command {quoted(typed, 40)}.{guess} {ask.written('help channel')} "
        "lists those it knows."
    )


async def _shown(ask: Ask, room: Room) -> Reply:
    asked = replace(ask, for_channel=True)
    may = await rights.may_change(ask, room)
    message = await page(asked)
    said = [message.intro] if message.intro else []
    if may:
        said += await _notices(asked)
    who = await ask.db.read(workspaces.channel_changes, room.platform, room.workspace)
    said.append(_rights(ask, may, who))
    buttons = list(message.buttons)
    if room.standing is Standing.ADMIN:
        to = "members" if who is ChannelChanges.MANAGERS else "managers"
        label = "Let members change it" if to == "members" else "Only managers change it"
        buttons.append(Button(label=label, action=f"channel allow {to}"))
    return Reply(message=replace(message, intro="\n".join(said), buttons=tuple(buttons[:5])))


def _rights(ask: Ask, may: bool, who: ChannelChanges) -> str:
    if not may:
        return "An admin, or whoever made the channel, changes what it gets; you can read it here."
    how = f"{ask.written('channel follow graph neural networks')} adds an interest."
    if who is ChannelChanges.MEMBERS:
        return f"Every member may change what this channel gets. {how}"
    return f"Admins, and whoever made the channel, change what it gets. {how}"


async def _notices(ask: Ask) -> list[str]:
    """What went wrong for the channel and could not be told there, to somebody who can act."""
    profile = await ask.known()
    waiting = await ask.db.read(notices.waiting, profile.id) if profile else []
    if waiting:
        await ask.db.write(notices.told, [number for number, _ in waiting], ask.now)
    return [text for _, text in waiting]


async def _allow(ask: Ask, room: Room, rest: str) -> Reply:
    """`channel allow members|managers`: for all channels of the workspace."""
    if room.standing is not Standing.ADMIN:
        raise BadInput("Only an admin decides that: it holds for all channels here.")
    who = _ALLOWED.get(rest.casefold())
    if who is None:
        raise BadInput(
            f"Say who: {ask.written('channel allow members')} or "
            f"{ask.written('channel allow managers')}."
        )
    await ask.db.write(workspaces.set_channel_changes, room.platform, room.workspace, who)
    everybody = "Every member may" if who is ChannelChanges.MEMBERS else "Only managers may now"
    return Reply(
        message=Message(
            heading="Decided for all channels here",
            intro=f"{everybody} change what a channel gets.",
        ),
        is_public=True,
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        name="channel",
        takes="[<command>]",
        does="The same for the channel it is typed in",
        examples=(
            "channel",
            "channel start graph neural networks",
            "channel follow graph neural networks",
            "channel digest weekdays 09:00",
            "channel allow members",
        ),
        more=(
            "A channel has a profile of its own, and its members vote on what it gets. Admins, and "
            "whoever made the channel, change it; `channel allow members` opens that to all."
        ),
        handler=channel,
    ),
)
