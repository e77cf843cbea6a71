"""Messages in components V2: a container for each card, its buttons below it.

Views are made finished: presses reach us through their ids, and the library would otherwise keep
every view that was ever sent.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import discord

from bot.messages import Button, Card, Message, Row, card_buttons
from bot.platforms.discord import limits, wording
from bot.platforms.discord.buttons import Presses
from bot.platforms.discord.splitting import MORE, several
from bot.platforms.discord.text import size
from storage.records import VoteKind

ACCENT, LIKED, DISLIKED = 0xC8702A, 0x3C8C50, 0x8C8C8C
"""Colours of a card's edge: as it came, liked, not for me."""

Item: TypeAlias = discord.ui.Item[Any]
Layout: TypeAlias = discord.ui.LayoutView


def layout(message: Message, ref: str) -> Layout:
    """The message, or the first of `several` and a note of how much more there is."""
    shown = several(message)[0]
    presses = Presses(ref)
    is_alone = not (shown.cards or shown.rows)
    intro = wording.INTRO_ALONE if is_alone else wording.INTRO_ABOVE_MORE
    left = len(message.cards) + len(message.rows) - len(shown.cards) - len(shown.rows)
    items = [
        *_said(wording.head(shown.heading, shown.intro, intro)),
        *(_card(card, presses, ref) for card in shown.cards),
        *_rows(shown.rows, presses),
        *_foot(shown, left, presses),
    ]
    return _finished(items)


def overview(message: Message, ref: str = "") -> Layout:
    """The compact head of a digest: what is in it, a title and a reason each, and its buttons."""
    presses = Presses(ref)
    head = wording.head(message.heading, message.intro, wording.INTRO_ABOVE_MORE)
    posts = size(wording.posts(message.elsewhere))
    lines = listed(message.cards, limits.TEXT - size(head) - wording.FOOTER - posts - MORE)
    left = len(message.cards) - len(lines)
    papers = _said("\n".join(lines))
    items = [
        *_said(head),
        *([discord.ui.Container(*papers, accent_colour=ACCENT)] if papers else []),
        *_foot(message, left, presses),
    ]
    return _finished(items)


def detail(card: Card, ref: str) -> Layout:
    """One paper by itself."""
    return _finished([_card(card, Presses(ref), ref)])


def listed(cards: Sequence[Card], most: int) -> list[str]:
    """The papers as entries of a numbered list, as many as fit."""
    lines: list[str] = []
    for place, card in enumerate(cards, 1):
        line = wording.listed(card, place)
        most -= size(line) + 1
        if most < 0:
            break
        lines.append(line)
    return lines


def _finished(items: Sequence[Item]) -> Layout:
    view = discord.ui.LayoutView(timeout=None)
    for item in items or _said(wording.NOTHING):
        view.add_item(item)
    view.stop()
    return view


def _card(card: Card, presses: Presses, ref: str) -> Item:
    colour = ACCENT
    if VoteKind.LIKE in card.said:
        colour = LIKED
    elif VoteKind.DISLIKE in card.said:
        colour = DISLIKED
    return discord.ui.Container(
        *_said(wording.card_text(card)),
        *_buttons(card_buttons(card, ref), presses),
        accent_colour=colour,
    )


def _rows(rows: Sequence[Row], presses: Presses) -> list[Item]:
    """Rows in one container; those without buttons that follow each other are one text."""
    items: list[Item] = []
    waiting: list[str] = []
    for row in rows:
        buttons = presses.items(row.buttons)
        if buttons and waiting:
            items += _said("\n".join(waiting))
            waiting = []
        if not buttons:
            waiting.append(wording.row_text(row))
        elif len(buttons) == 1:
            said = discord.ui.TextDisplay[Any](wording.row_text(row))
            items.append(discord.ui.Section(said, accessory=buttons[0]))
        else:
            items += [*_said(wording.row_text(row)), discord.ui.ActionRow(*buttons)]
    items += _said("\n".join(waiting))
    return [discord.ui.Container(*items)] if items else []


def _foot(message: Message, left: int, presses: Presses) -> list[Item]:
    said = [wording.small(message.footer, wording.FOOTER), wording.posts(message.elsewhere)]
    if left:
        said.append(wording.small(wording.more(left), wording.FOOTER))
    return [*_said("\n".join(line for line in said if line)), *_buttons(message.buttons, presses)]


def _buttons(buttons: Sequence[Button], presses: Presses) -> list[Item]:
    items = presses.items(buttons)
    return [discord.ui.ActionRow(*items)] if items else []


def _said(text: str) -> list[Item]:
    """A text, or nothing: Discord refuses an empty one."""
    return [discord.ui.TextDisplay(text)] if text.strip() else []
