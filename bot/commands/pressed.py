"""The message that a button was on, as far as the asker may see it.

A button carries no more than a number, and anybody can type one: it counts only where the message
was the asker's own, or stood in the room where it is pressed.
"""

import re
from dataclasses import dataclass, replace

from bot.commands.request import Request, Standing
from bot.messages import Card, Message, from_json
from storage import answers, archive, deliveries, profiles, votes
from storage.database import Tx
from storage.records import OwnerKind, Profile, VoteKind

_REF = re.compile(r"([da])([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """A message with the cards that a press is about."""

    message: Message
    channel: Profile | None
    """Whose members vote under it; None under what one person was sent or answered."""

    def holds(self, seq: int) -> bool:
        """Whether the paper is on one of its cards."""
        return any(card.seq == seq for card in self.message.cards)


def is_ref(text: str) -> bool:
    """Whether it is written as the reference of a message, `d12` or `a12`."""
    return _REF.fullmatch(text) is not None


def pressed(tx: Tx, request: Request, ref: str) -> Pressed | None:
    """What the reference names; None for what is unknown, somebody else's, or of another room."""
    found = _REF.fullmatch(ref)
    if found is None:
        return None
    number = int(found[2])
    return _answer(tx, request, number) if found[1] == "a" else _delivery(tx, request, number)


def personal(tx: Tx, message: Message, profile_id: int) -> Message:
    """The message with one person's votes on its cards."""
    return _with(
        message, [replace(card, said=_said(tx, profile_id, card)) for card in message.cards]
    )


def counted(tx: Tx, message: Message, profile_id: int) -> Message:
    """The message with the votes of a channel's members on its cards, and nobody's name."""
    cards = []
    for card in message.cards:
        said = votes.tally(tx, profile_id, card.seq)
        likes, dislikes = said[VoteKind.LIKE], said[VoteKind.DISLIKE]
        cards.append(replace(card, said=(), likes=likes, dislikes=dislikes))
    return _with(message, cards)


def _answer(tx: Tx, request: Request, number: int) -> Pressed | None:
    asker = request.asker
    body = answers.of(
        tx, number, platform=asker.platform, workspace=asker.workspace, person=asker.id
    )
    return None if body is None else _read(tx, body, None)


def _delivery(tx: Tx, request: Request, number: int) -> Pressed | None:
    delivery, room = deliveries.by_id(tx, number), request.room
    if delivery is None:
        return None
    if delivery.destination == request.asker.destination:
        return _read(tx, delivery.body, None)
    if room is None or room.standing is Standing.OUTSIDER:
        return None
    if delivery.destination != room.destination or delivery.profile_id is None:
        return None
    profile = profiles.by_id(tx, [delivery.profile_id]).get(delivery.profile_id)
    if profile is None or profile.kind is not OwnerKind.CHANNEL:
        return None
    return _read(tx, delivery.body, profile)


def _read(tx: Tx, body: str, channel: Profile | None) -> Pressed | None:
    try:
        message = from_json(body)
    except ValueError:
        return None  # of an older version: the vote counts, the message stays as it is
    now = archive.promoted(tx, [card.seq for card in message.cards])
    cards = [replace(card, seq=now.get(card.seq, card.seq)) for card in message.cards]
    return Pressed(message=_with(message, cards), channel=channel)


def _said(tx: Tx, profile_id: int, card: Card) -> tuple[VoteKind, ...]:
    return tuple(sorted(votes.on(tx, profile_id, card.seq)))


def _with(message: Message, cards: list[Card]) -> Message:
    return replace(message, cards=tuple(cards))
