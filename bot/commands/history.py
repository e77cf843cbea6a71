"""What was changed of a profile: told, taken back, and made again."""

from dataclasses import replace

from bot import shadows, timetable
from bot.commands.ask import Ask, BadInput
from bot.commands.paging import page
from bot.commands.phrases import number, sentence, whose
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.deltas import described
from bot.messages import Button, Message, Row
from matching.replay import Replay
from storage import changes
from storage.changes import Change
from storage.records import Profile


async def undo(ask: Ask) -> Reply:
    """`undo [NUMBER]`: the newest change, or one of an earlier day, taken back."""
    wanted = number(ask.rest) if ask.rest else None
    profile = await ask.known()
    if ask.rest and wanted is None:
        raise BadInput(
            f"Name a change by its number, as {ask.written('undo 3')}.", history_button(ask)
        )
    if profile is None:
        raise _nothing(ask)
    was = await shadows.wish(ask.library, profile, ask.now)
    change = await ask.db.write(changes.undo, profile.id, wanted, ask.now)
    if change is None:
        raise _nothing(ask)
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    redo_button = Button(label="Redo", action=ask.action(f"redo {change.id}"))
    message = Message(
        heading="Undone",
        intro=f"This no longer holds: {described(change.delta)}.\n{shadows.told(shadow)}".strip(),
        rows=shadows.rows(shadow),
        buttons=(redo_button, history_button(ask)),
    )
    return Reply(message=message, is_profile_changed=True)


async def redo(ask: Ask) -> Reply:
    """`redo NUMBER`: what was undone, made again."""
    wanted = number(ask.rest)
    profile = await ask.known()
    if profile is None or wanted is None:
        raise _gone(ask)
    was = await shadows.wish(ask.library, profile, ask.now)
    change = await ask.db.write(changes.redo, profile.id, wanted, ask.now)
    if change is None:
        raise _gone(ask)
    shadow = await shadows.cast(ask.library, profile, was, ask.now)
    message = Message(
        heading="Done again",
        intro=f"{sentence(described(change.delta))}\n{shadows.told(shadow)}".strip(),
        rows=shadows.rows(shadow),
        buttons=(undo_button(ask, change), history_button(ask)),
    )
    return Reply(message=message, is_profile_changed=True)


async def history(ask: Ask) -> Reply:
    """`history`: every change, newest first."""
    profile = await ask.known()
    known = await ask.db.read(changes.of, profile.id) if profile else []
    if profile is None or not known:
        return Reply(
            message=Message(
                heading="No changes yet",
                intro="What is followed, muted or imported from now on is listed here, and "
                f"{ask.written('undo')} takes it back.",
            )
        )
    shown = page(ask, "history", known)
    message = Message(
        heading=whose(ask, "changes"),
        rows=tuple(_row(ask, profile, one) for one in shown.items),
        footer=shown.footer,
        buttons=shown.buttons,
    )
    return Reply(message=message)


def undo_button(ask: Ask, change: Change) -> Button:
    """Takes a change back."""
    return Button(label="Undo", action=ask.action(f"undo {change.id}"))


def history_button(ask: Ask) -> Button:
    """Lists the changes."""
    return Button(label="History", action=ask.action("history"))


def with_shadow(ask: Ask, reply: Reply, shadow: Replay, change: Change) -> Reply:
    """The answer to a change with what it makes of the last month, and the way back."""
    if reply.message is None:
        return reply
    message = replace(
        reply.message,
        intro=f"{reply.message.intro}\n{shadows.told(shadow)}".strip(),
        rows=(*reply.message.rows, *shadows.rows(shadow)),
        buttons=(*reply.message.buttons[:4], undo_button(ask, change)),
    )
    return replace(reply, message=message)


def _row(ask: Ask, profile: Profile, one: Change) -> Row:
    at = timetable.local(one.changed_at, profile.zone)
    if one.undone_at is None:
        button, state = undo_button(ask, one), ""
    else:
        button = Button(label="Redo", action=ask.action(f"redo {one.id}"))
        state = f"; undone {timetable.local(one.undone_at, profile.zone)}"
    return Row(
        text=sentence(described(one.delta)), detail=f"#{one.id}, {at}{state}", buttons=(button,)
    )


def _nothing(ask: Ask) -> BadInput:
    named = f"No change {ask.rest} stands" if ask.rest else "There is nothing to undo"
    return BadInput(
        f"{named}; {ask.written('history')} lists what was changed.", history_button(ask)
    )


def _gone(ask: Ask) -> BadInput:
    return BadInput(
        f"That change was not undone; {ask.written('history')} lists them all.",
        history_button(ask),
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        name="undo",
        takes="[number]",
        does="Take the last change back, or one by its number",
        examples=("undo", "undo 3"),
        more="It holds for what was followed, muted, imported, and for the digest's size and dial. "
        "You see what that makes of the last month.",
        handler=undo,
        in_channel=True,
    ),
    Verb(
        name="redo",
        takes="<number>",
        does="Make a change again that was undone",
        handler=redo,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="history",
        does="List what was changed of what you follow, and when",
        examples=("history",),
        handler=history,
        in_channel=True,
        only_reads=True,
        aliases=("changes",),
    ),
)
