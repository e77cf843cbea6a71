"""What the cards of a message show of their papers, as it stands when the message leaves.

A digest is drafted up to half an hour ahead; comments that came since are told all the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot import messages
from bot.messages import Card
from storage import papers
from storage.database import Tx
from storage.records import Paper


class Shown:
    """Papers as they stand now, each read once for all messages that are queued in one go."""

    def __init__(self) -> None:
        self._known: dict[int, Paper | None] = {}
        self._told: dict[int, str] = {}

    def as_of_now(self, tx: Tx, bodies: Sequence[str], shown: Sequence[Sequence[int]]) -> list[str]:
        """These messages, as `messages.to_json` wrote them, with what is known of their papers.

        shown: by message, the `seq` of each of its cards.
        """
        new = {seq for seqs in shown for seq in seqs}.difference(self._known)
        self._known |= dict.fromkeys(new) | {one.seq: one for one in papers.by_seq(tx, list(new))}
        self._told |= {seq: _told(self._known[seq]) for seq in new}
        told = self._told
        return [
            body if all(told[seq] in body for seq in seqs) else _retold(body, self._known)
            for body, seqs in zip(bodies, shown, strict=True)
        ]


def _told(paper: Paper | None) -> str:
    """A piece of every message that shows the paper as it is: most have it, and are not read."""
    if paper is None:  # it is gone: what was said of it stands
        return ""
    card = vars(messages.card(paper, reason="", sentence=""))
    first = {name: card[name] for name in ("seq", "title", "url", "facts")}
    return json.dumps(first, ensure_ascii=False).removesuffix("}")


def _retold(body: str, known: Mapping[int, Paper | None]) -> str:
    message = messages.from_json(body)
    cards = tuple(_now(card, known.get(card.seq)) for card in message.cards)
    return messages.to_json(replace(message, cards=cards))


def _now(card: Card, paper: Paper | None) -> Card:
    if paper is None:
        return card
    now = messages.card(paper, reason=card.reason, sentence=card.sentence, score=card.score)
    return replace(card, title=now.title, url=now.url, facts=now.facts, discussed=now.discussed)
