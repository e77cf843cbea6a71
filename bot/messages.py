"""Messages: what is said, in no platform's words. Pure.

A message is composed once, when it is decided, and travels through the outbox as JSON; a platform
only renders it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from storage.records import Paper

FORMAT = 1
"""Raised when a stored message could no longer be read as it is."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """One paper and why it is shown."""

    seq: int
    title: str
    url: str
    facts: str
    """Authors or organisation, date and comments, on one line."""
    reason: str
    sentence: str
    """The sentence of the abstract that shows the reason, verbatim; may be empty."""
    score: float | None = None
    """0 to 1; None where nothing was ranked, as for keyword alerts."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something for one destination: a heading, cards, and a closing line."""

    heading: str
    intro: str = ""
    cards: tuple[Card, ...] = ()
    footer: str = ""


def to_json(message: Message) -> str:
    """The message as it is kept in the outbox."""
    return json.dumps({"format": FORMAT} | asdict(message), ensure_ascii=False)


def from_json(text: str) -> Message:
    """The message that `to_json` wrote. Raises ValueError for anything else."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise ValueError("a message of another format")
        cards = tuple(Card(**card) for card in data.pop("cards"))
        return Message(cards=cards, **data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no message: {error}") from error


def card(paper: Paper, *, reason: str, sentence: str, score: float | None = None) -> Card:
    """A paper as a card."""
    return Card(
        seq=paper.seq,
        title=paper.title,
        url=link(paper),
        facts=facts(paper),
        reason=reason,
        sentence=sentence,
        score=score,
    )


def link(paper: Paper) -> str:
    """Where to read the paper: its arXiv page, or a search for its title where no id is known."""
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return f"https://huggingface.co/papers?q={quote(paper.title, safe='')}"


def facts(paper: Paper) -> str:
    """`NAVER AI Lab · 14 Jun 2022 · 3 comments`: what is known, nothing that is not."""
    known = []
    if paper.organisation:
        known.append(paper.organisation)
    elif paper.authors is not None:
        known.append(counted(paper.authors, "author"))
    if paper.published:
        known.append(f"{paper.published.day} {paper.published:%b %Y}")
    if paper.comments:
        known.append(counted(paper.comments, "comment"))
    return " · ".join(known)


def digest(name: str, cards: Sequence[Card], *, considered: int, left_out: int) -> Message:
    """A digest: `considered` new papers were read, `left_out` more would have fitted."""
    footer = f"Read {counted(considered, 'new paper')} for you."
    if left_out:
        footer += f" {left_out} more fitted, beyond this digest's size."
    return Message(
        heading=f"{counted(len(cards), 'paper')} for {name}", cards=tuple(cards), footer=footer
    )


def alert(name: str, queries: Sequence[str], cards: Sequence[Card], beyond: int) -> Message:
    """The new hits of a profile's keyword alerts; `beyond` more than the cards that are shown."""
    hits = counted(len(cards) + beyond, "new hit")
    return Message(
        heading=f"{hits} for {name}",
        intro=f"Your alert: {queries[0]}" if len(queries) == 1 else "",
        cards=tuple(cards),
        footer=f"And {counted(beyond, 'more hit')}." if beyond else "",
    )


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 paper`, `2 papers`; `1 entry`, `2 entries`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
