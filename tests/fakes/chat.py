"""People and rooms that ask by hand, and what they are shown, read by a test."""

from collections.abc import Mapping

from bot.commands import Asker, Commands, Reply, Request, Room, Standing
from bot.messages import Button, Message


def person(
    name: str = "ada", *, platform: str = "slack", workspace: str = "T1", zone: str | None = "UTC"
) -> Asker:
    """Someone; the same name is the same person."""
    return Asker(
        platform=platform, workspace=workspace, id=f"U{name.upper()}", name=name, zone=zone
    )


def channel(
    name: str = "#reading-group",
    *,
    standing: Standing = Standing.ADMIN,
    platform: str = "slack",
    workspace: str = "T1",
) -> Room:
    """A channel, and what the asker is in it."""
    number = name.strip("#").upper().replace("-", "")
    return Room(
        platform=platform, workspace=workspace, id=f"C{number}", name=name, standing=standing
    )


ADA = person()
BOB = person("bob")
ROOM = channel()


async def ask(
    commands: Commands,
    text: str,
    *,
    person: Asker = ADA,
    room: Room | None = None,
    fields: Mapping[str, str] | None = None,
    quoted: str = "",
    receipt: str | None = None,
    prefix: str = "/papers ",
) -> Reply:
    """What comes back to a person who types `text`, or sends a form with these fields."""
    request = Request(
        asker=person,
        room=room,
        text=text,
        fields=fields,
        quoted=quoted,
        receipt=receipt,
        prefix=prefix,
    )
    return await commands.answer(request)


async def press(
    commands: Commands,
    shown: Reply,
    label: str,
    *,
    person: Asker = ADA,
    room: Room | None = None,
    prefix: str = "/papers ",
) -> Reply:
    """What comes back to a press of the first button whose label begins so."""
    action = button(shown, label).action
    return await ask(commands, action, person=person, room=room, prefix=prefix)


def message(reply: Reply) -> Message:
    """The message of a reply that has one."""
    assert reply.message is not None, reply
    return reply.message


def buttons(reply: Reply) -> list[Button]:
    """The buttons of a reply's message: its own, then those of its rows."""
    shown = message(reply)
    return [*shown.buttons, *(one for row in shown.rows for one in row.buttons)]


def button(reply: Reply, label: str) -> Button:
    """The first button whose label begins so."""
    there = buttons(reply)
    found = next((one for one in there if one.label.startswith(label)), None)
    assert found is not None, f"no button {label!r} among {[one.label for one in there]}"
    return found


def text(reply: Reply) -> str:
    """Every word that a reply shows: heading, intro, cards, rows, footer, and errors at fields."""
    parts = list(reply.errors.values())
    if reply.message is not None:
        one = reply.message
        parts += [one.heading, one.intro]
        parts += [f"{it.title} {it.facts} {it.reason} {it.sentence}" for it in one.cards]
        parts += [f"{it.text} {it.detail}" for it in one.rows]
        parts.append(one.footer)
    if reply.form is not None:
        parts += [reply.form.title, reply.form.intro]
        parts += [f"{it.label} {it.hint} {it.value}" for it in reply.form.fields]
    return "\n".join(parts)
