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


def as_of_now(tx: Tx, bodies: Sequence[str], shown: Sequence[Sequence[int]]) -> list[str]:
    """These messages, as `messages.to_json` wrote them, with what is known of their papers now.

    shown: by message, the `seq` of each of its cards.
    """
    every = papers.by_seq(tx, list(dict.fromkeys(seq for seqs in shown for seq in seqs)))
    known = {one.seq: one for one in every}
    told = {one.seq: _told(one) for one in every}
    return [
        body if all(told.get(seq, "") in body for seq in seqs) else _retold(body, known)
        for body, seqs in zip(bodies, shown, strict=True)
    ]


def _told(paper: Paper) -> str:
    """A piece of every message that shows the paper as it is: most have it, and are not read."""
    card = vars(messages.card(paper, reason="", sentence=""))
    first = {name: card[name] for name in ("seq", "title", "url", "facts")}
    return json.dumps(first, ensure_ascii=False).removesuffix("}")


def _retold(body: str, known: Mapping[int, Paper]) -> str:
    message = messages.from_json(body)
    cards = tuple(
        _now(card, known[card.seq]) if card.seq in known else card for card in message.cards
    )
    return messages.to_json(replace(message, cards=cards))


def _now(card: Card, paper: Paper) -> Card:
    now = messages.card(paper, reason=card.reason, sentence=card.sentence, score=card.score)
    return replace(card, title=now.title, url=now.url, facts=now.facts, discussed=now.discussed)
