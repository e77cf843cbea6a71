"""Messages in embeds, for where components V2 are refused.

Buttons can't stand below what they are about there: they say its number.
"""

from collections.abc import Sequence
from typing import Any

import discord

from bot.messages import Card, Message, card_buttons
from bot.platforms.discord import limits, text, wording
from bot.platforms.discord.buttons import Presses
from bot.platforms.discord.layout import ACCENT, listed
from bot.platforms.discord.splitting import several

INTRO, TITLE, REASON, SENTENCE, FOOTER = 1_000, 200, 200, 200, 300
"""Shorter than in components: all embeds of a message share 6,000 characters."""

LISTED = 3_000
"""Characters for the rows of a list, or for the titles of an overview."""

Shown = tuple[list[discord.Embed], discord.ui.View]


def embeds(message: Message, ref: str) -> Shown:
    """The message, or the first of `several` and a note of how much more there is."""
    shown = several(message)[0]
    presses = Presses(ref)
    rows: list[list[discord.ui.Item[Any]]] = []
    drawn = []
    for number, card in enumerate(shown.cards, 1):
        drawn.append(_card(card, number))
        rows.append(presses.items(card_buttons(card, ref), number))
    lines, kept = [], LISTED
    for number, row in enumerate(shown.rows, 1):
        line = f"{number}. {wording.row_text(row)}"
        kept -= text.size(line) + 1
        if kept < 0:
            break
        lines.append(line)
        rows.append(presses.items(row.buttons, number))
    left = len(message.cards) + len(message.rows) - len(drawn) - len(lines)
    head = _head(message, lines, left)
    return [head, *drawn], _view([*rows, presses.items(shown.buttons)])


def overview(message: Message, ref: str = "") -> Shown:
    """The compact head of a digest: what is in it, a title and a reason each, and its buttons."""
    lines = listed(message.cards, LISTED)
    head = _head(message, lines, len(message.cards) - len(lines))
    return [head], _view([Presses(ref).items(message.buttons)])


def _head(message: Message, lines: Sequence[str], left: int) -> discord.Embed:
    said = [text.own(message.intro, INTRO), *lines, wording.more(left) if left else ""]
    title = text.own(" ".join(message.heading.split()), limits.EMBED_TITLE)
    described = "\n".join(one for one in said if one)
    head = discord.Embed(title=title or None, description=described or None, colour=ACCENT)
    if not title and not described:
        head.description = wording.NOTHING
    if message.footer:
        head.set_footer(text=text.plain(message.footer, FOOTER))
    return head


def _card(card: Card, number: int) -> discord.Embed:
    return discord.Embed(
        title=f"{number}. {text.line(card.title, TITLE) or wording.UNTITLED}",
        url=text.web_address(card.url),
        description=wording.below_title(card, REASON, SENTENCE) or None,
        colour=ACCENT,
    )


def _view(rows: Sequence[Sequence[discord.ui.Item[Any]]]) -> discord.ui.View:
    """As many rows of buttons as there may be; the last, the message's own, always among them."""
    view = discord.ui.View(timeout=None)
    *others, last = [row for row in rows if row] or [[]]
    for place, row in enumerate([*others[: limits.ROWS - 1], last]):
        for item in row:
            item.row = place
            view.add_item(item)
    view.stop()
    return view
