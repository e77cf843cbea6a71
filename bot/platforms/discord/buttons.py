"""Buttons whose `custom_id` says all: which command a press gives, and where it was shown.

`pr:REF:COMMAND` is a press, `pc:REF:COMMAND` one that is asked about first. The middle keeps ids
apart within a message and carries the message's ref, by which a message of ours is known again.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, Self, TypeAlias, cast

import discord

from bot.messages import Button, Style
from bot.platforms.discord import limits, text

Interaction: TypeAlias = discord.Interaction[Any]
Item: TypeAlias = discord.ui.Item[Any]

STYLES = {
    Style.PLAIN: discord.ButtonStyle.secondary,
    Style.PRIMARY: discord.ButtonStyle.primary,
    Style.DANGER: discord.ButtonStyle.danger,
}


class Pressed(Protocol):
    """What a client does about presses."""

    async def pressed(self, interaction: Interaction, action: str) -> None:
        """Answer a press that gives the command `action`."""

    async def confirm(self, interaction: Interaction, action: str) -> None:
        """Ask once more, with a button that is not asked about."""


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"(?s:pr:[^:]*:(.+))"):
    """A button that gives its command at once."""

    @classmethod
    async def from_custom_id(cls, _: Interaction, item: Item, __: re.Match[str], /) -> Self:
        """The button that was pressed, from its id alone."""
        return cls(cast("discord.ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        """Give the command."""
        client = cast(Pressed, interaction.client)
        await client.pressed(interaction, action_of(self.custom_id))


class Confirm(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"(?s:pc:[^:]*:(.+))"):
    """A button that is asked about first. The question itself finds no room in the id."""

    @classmethod
    async def from_custom_id(cls, _: Interaction, item: Item, __: re.Match[str], /) -> Self:
        """The button that was pressed, from its id alone."""
        return cls(cast("discord.ui.Button[Any]", item))

    async def callback(self, interaction: Interaction) -> None:
        """Ask."""
        client = cast(Pressed, interaction.client)
        await client.confirm(interaction, action_of(self.custom_id))


class Presses:
    """Makes the buttons of one message, each with an id of its own."""

    def __init__(self, ref: str) -> None:
        """ref: names the message, as `d12`; may be empty."""
        self._ref = ref
        self._taken: set[str] = set()

    def items(self, buttons: Iterable[Button], number: int | None = None) -> list[Item]:
        """At most a row of buttons. A command that is too long for an id has none.

        number: stands before each label, where a button does not stand below what it is about.
        """
        made = [item for one in buttons if (item := self._drawn(one, number)) is not None]
        return made[: limits.BUTTONS_IN_A_ROW]

    def _drawn(self, button: Button, number: int | None) -> Item | None:
        name = self._name("pc" if button.confirm else "pr", button.action)
        if name is None:
            return None
        label = text.plain(button.label, limits.BUTTON_LABEL - 6) or text.MORE
        drawn: discord.ui.Button[Any] = discord.ui.Button(
            label=label if number is None else f"{number} · {label}",
            style=STYLES[button.style],
            custom_id=name,
        )
        return Confirm(drawn) if button.confirm else Press(drawn)

    def _name(self, kind: str, action: str) -> str | None:
        """An id that this message has not yet; None where the command is empty or too long."""
        if not action.strip():
            return None
        for middle in _middles(self._ref, len(self._taken)):
            name = f"{kind}:{middle}:{action}"
            if name not in self._taken and len(name) <= limits.CUSTOM_ID:
                self._taken.add(name)
                return name
        return None


def _middles(ref: str, taken: int) -> Iterator[str]:
    """The ref; with a number where that id is taken; the number alone where it grows too long."""
    yield ref
    yield f"{ref}.{taken}"
    yield str(taken)


def action_of(custom_id: str) -> str:
    """The command that a button's id holds."""
    return custom_id.split(":", 2)[2]


def is_marked(custom_id: str, ref: str) -> bool:
    """Whether a button with this id belongs to the message of that ref."""
    kind, _, rest = custom_id.partition(":")
    return kind in ("pr", "pc") and rest.partition(":")[0].partition(".")[0] == ref
