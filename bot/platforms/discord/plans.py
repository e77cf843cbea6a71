"""What a delivery's first message shows, and which messages follow it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import discord

from bot.messages import Button, Message
from bot.platforms.discord import embeds, layout
from bot.platforms.discord.finding import carries
from bot.platforms.discord.splitting import details, several

SETTINGS = Button(label="Settings", action="profile")
SETTINGS_IN_CHANNEL = Button(label="Settings", action="channel profile")
"""Given to a message without buttons of its own: each must be found again by its buttons."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The first message, and what follows it."""

    message: Message
    ref: str
    is_overview: bool
    """It lists the papers; they follow by themselves."""
    parts: tuple[Message, ...]

    @cached_property
    def layout(self) -> discord.ui.LayoutView:
        """The first message in components V2, drawn once."""
        return (layout.overview if self.is_overview else layout.layout)(self.message, self.ref)

    @property
    def embeds(self) -> embeds.Shown:
        """The first message in embeds."""
        return (embeds.overview if self.is_overview else embeds.embeds)(self.message, self.ref)


def planned(message: Message, ref: str, *, is_digest: bool, is_personal: bool) -> Plan:
    """The plan of a message with that ref.

    is_digest: what begins with an overview, unless it is for one person and fits into one message.
    """
    plan = _plan(message, ref, is_digest=is_digest, is_personal=is_personal)
    if carries(_items(plan.layout), ref):
        return plan
    button = SETTINGS if is_personal else SETTINGS_IN_CHANNEL
    marked = replace(message, buttons=(*message.buttons[:4], button))
    return _plan(marked, ref, is_digest=is_digest, is_personal=is_personal)


def _plan(message: Message, ref: str, *, is_digest: bool, is_personal: bool) -> Plan:
    _, *others = several(message)
    if is_digest and message.cards and (others or not is_personal):
        parts = tuple(details(message))
        return Plan(message=message, ref=ref, is_overview=True, parts=parts)
    return Plan(message=message, ref=ref, is_overview=False, parts=tuple(others))


def _items(view: discord.ui.LayoutView) -> Iterable[Any]:
    return view.children
