"""A message in as many messages as it takes: each fits into one layout with all its buttons.

The first has the heading, the intro, the footer and the message's own buttons, so that it looks the
same alone and before others; the others say where they stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.messages import Card, Message, Row, card_buttons
from bot.platforms.discord import limits, wording
from bot.platforms.discord.text import size

MOST_CARDS = 5
"""In one message: as many rows of buttons as the embeds of old clients may have."""

MORE = 40
"""Characters kept free for the note that more was left out."""

LATER = Message(heading="00,000–00,000 of 00,000")
"""What a message that is not the first has beside cards and rows, at most."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is still free in a message."""

    parts: int
    characters: int
    cards: int

    def without(self, one: Card | Row) -> "Room":
        """What is left beside a card or a row; negative where it does not fit."""
        said = wording.card_text(one) if isinstance(one, Card) else wording.row_text(one)
        return Room(
            parts=self.parts - cost(one),
            characters=self.characters - size(said) - 1,  # rows are joined by line breaks
            cards=self.cards - isinstance(one, Card),
        )

    @property
    def holds(self) -> bool:
        """Whether nothing is overdrawn."""
        return min(self.parts, self.characters, self.cards) >= 0


def several(message: Message) -> list[Message]:
    """One message or more, in order. Every card and row is in exactly one of them."""
    first, *others = list(_pieces(_contents(message), _room(message))) or [[]]
    total = len(_contents(message))
    return [_holding(message, first), *_standing(others, total, len(first))]


def details(message: Message) -> list[Message]:
    """The cards and rows alone, in as many messages as it takes."""
    contents = _contents(message)
    return _standing(list(_pieces(contents, _room(LATER))), len(contents), 0)


def cost(one: Card | Row) -> int:
    """Components that a card or a row takes up."""
    if isinstance(one, Card):
        return 3 + len(card_buttons(one, ""))  # a container, its text, a row of buttons
    buttons = min(len(one.buttons), limits.BUTTONS_IN_A_ROW)
    return 1 + buttons + (buttons > 0)


def _contents(message: Message) -> list[Card | Row]:
    return [*message.cards, *message.rows]


def _standing(pieces: Sequence[Sequence[Card | Row]], total: int, before: int) -> list[Message]:
    """Messages that say which of how many they hold; one that holds all needs not."""
    found = []
    for piece in pieces:
        place = f"{before + 1}–{before + len(piece)} of {total}" if len(piece) < total else ""
        found.append(_holding(Message(heading=place), piece))
        before += len(piece)
    return found


def _holding(message: Message, piece: Sequence[Card | Row]) -> Message:
    return replace(
        message,
        cards=tuple(one for one in piece if isinstance(one, Card)),
        rows=tuple(one for one in piece if isinstance(one, Row)),
    )


def _room(message: Message) -> Room:
    """What the heading, the intro, the footer and the message's own buttons leave free."""
    head = wording.head(message.heading, message.intro, wording.INTRO_ABOVE_MORE)
    buttons = min(len(message.buttons), limits.BUTTONS_IN_A_ROW)
    foot = wording.small(message.footer, wording.FOOTER) + wording.posts(message.elsewhere)
    spent = size(head) + size(foot) + MORE
    return Room(
        parts=limits.PARTS - 3 - (1 + buttons if buttons else 0),  # head, footer, rows' container
        characters=limits.TEXT - spent,
        cards=MOST_CARDS - (buttons > 0),
    )


def _pieces(contents: Sequence[Card | Row], room: Room) -> Iterator[list[Card | Row]]:
    """Greedy: whoever does not fit any more opens the next message. Each fits into an empty one."""
    piece: list[Card | Row] = []
    left = room
    for one in contents:
        beside = left.without(one)
        if piece and not beside.holds:
            yield piece
            piece, beside = [], _room(LATER).without(one)
        left = beside
        piece.append(one)
    if piece:
        yield piece
