"""Messages: what is said, in no platform's words. Pure.

A message is composed once, when it is decided, and travels through the outbox as JSON; a platform
only renders it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from storage.records import Paper, VoteKind

FORMAT = 1
"""Raised when a stored message could no longer be read as it is."""


MOST_LINKS = 5
"""Channels that a digest links to."""


class Style(StrEnum):
    """How much a button asks to be pressed."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True, kw_only=True)
class Button:
    """A command that is given by a press."""

    label: str
    """At most 75 characters."""
    action: str
    """The command as a person would type it, `unfollow 12`; at most 90 bytes, so that it fits into
    every platform's field for it. It is all that a press says: it works after a restart."""
    style: Style = Style.PLAIN
    confirm: str = ""
    """Asked before the command is given, where the platform can; empty: not asked."""


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
    said: tuple[VoteKind, ...] = ()
    """What the person who sees it has voted; in a channel nothing, since many see it."""
    likes: int = 0
    """Members of the channel who like it."""
    dislikes: int = 0
    discussed: str = ""
    """Its page on Hugging Face, beside `url`; empty where none is known."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a list, with what can be done about it."""

    text: str
    detail: str = ""
    """Less prominent, below the text."""
    buttons: tuple[Button, ...] = ()
    """At most four."""


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Papers that stand in a channel that the reader has."""

    channel: str
    """As people write it: `#reading-group`."""
    papers: int
    address: str = ""
    receipt: str = ""
    """Of the message that has the last of them."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """Something for one destination: a heading, cards or rows, buttons, and a closing line."""

    heading: str
    intro: str = ""
    cards: tuple[Card, ...] = ()
    rows: tuple[Row, ...] = ()
    footer: str = ""
    buttons: tuple[Button, ...] = ()
    """At most five, about the message as a whole."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """What the closing line speaks of, to be opened; on the same platform."""


def to_json(message: Message) -> str:
    """The message as it is kept in the outbox."""
    return json.dumps({"format": FORMAT} | vars(message), ensure_ascii=False, default=vars)


def from_json(text: str) -> Message:
    """The message that `to_json` wrote. Raises ValueError for anything else."""
    try:
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise ValueError("a message of another format")
        cards = tuple(_card(one) for one in data.pop("cards"))
        rows = tuple(_row(one) for one in data.pop("rows", ()))
        there = tuple(Elsewhere(**one) for one in data.pop("elsewhere", ()))
        buttons = _buttons(data.pop("buttons", ()))
        return Message(cards=cards, rows=rows, buttons=buttons, elsewhere=there, **data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no message: {error}") from error


def _card(data: dict[str, Any]) -> Card:
    said = tuple(VoteKind(one) for one in data.pop("said", ()))
    return Card(said=said, **data)


def _row(data: dict[str, Any]) -> Row:
    return Row(buttons=_buttons(data.pop("buttons", ())), **data)


def _buttons(data: Sequence[dict[str, Any]]) -> tuple[Button, ...]:
    return tuple(Button(**one | {"style": Style(one["style"])}) for one in data)


def card_buttons(card: Card, ref: str) -> tuple[Button, ...]:
    """Like, not for me, save, why: each shows where it stands.

    ref: where the card was shown, as `d12` (a delivery) or `a12` (a reply); empty: nowhere that a
    press could change.
    """

    def vote(kind: VoteKind, label: str, voted: str, count: int = 0) -> Button:
        is_cast = kind in card.said
        return Button(
            label=(voted if is_cast else label) + (f" · {count}" if count else ""),
            action=f"vote {kind} {card.seq} {ref}".rstrip(),
            style=Style.PRIMARY if is_cast else Style.PLAIN,
        )

    return (
        vote(VoteKind.LIKE, "Like", "Liked", card.likes),
        vote(VoteKind.DISLIKE, "Not for me", "Not for me ✓", card.dislikes),
        vote(VoteKind.SAVE, "Save", "Saved"),
        Button(label="Why?", action=f"why {card.seq} {ref}".rstrip()),
    )


def card(paper: Paper, *, reason: str, sentence: str, score: float | None = None) -> Card:
    """A paper as a card."""
    return Card(
        seq=paper.seq,
        title=paper.title,
        url=link(paper),
        facts=facts(paper),
        discussed=discussed(paper),
        reason=reason,
        sentence=sentence,
        score=score,
    )


def link(paper: Paper) -> str:
    """Where to read the paper: its page on arXiv, at its publisher, or where its feed says; a
    search for its title where none is known.
    """
    if paper.arxiv_id:
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    if paper.facts.doi:
        return f"https://doi.org/{quote(paper.facts.doi, safe='/.()')}"
    if paper.facts.url:
        return paper.facts.url
    return _looked_for(paper.title)


@lru_cache(maxsize=2_000)  # many are shown the same papers
def _looked_for(title: str) -> str:
    return f"https://huggingface.co/papers?q={quote(title, safe='')}"


def discussed(paper: Paper) -> str:
    """Its page on Hugging Face; empty where it is not known to have one."""
    if not paper.arxiv_id or not paper.facts.is_on_hugging_face:
        return ""
    return f"https://huggingface.co/papers/{paper.arxiv_id}"


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


def digest(
    name: str,
    cards: Sequence[Card],
    *,
    considered: int,
    left_out: int,
    told: int = 0,
    elsewhere: Sequence[Elsewhere] = (),
    too_old: int = 0,
    days: int = 0,
    doubts: Sequence[str] = (),
) -> Message:
    """A digest: `considered` new papers were read, `left_out` more would have fitted.

    told: papers that would be in it and came as an alert before.  elsewhere: such that stand in
    channels that the person reads.  too_old: papers that were passed over for their age.  days: so
    many are covered, where that is more than usual.  doubts: where papers may be missing.
    """
    footer = f"Read {counted(considered, 'new paper')} for you."
    if left_out:
        footer += f" {left_out:,} more fitted, beyond this digest's size."
    if told:
        footer += f" {told:,} more came to you as {'an alert' if told == 1 else 'alerts'}."
    if elsewhere:
        there = ", ".join(f"{one.papers:,} more in {one.channel}" for one in elsewhere)
        footer += f" You have {there}."
    if too_old:
        footer += f" {counted(too_old, 'older paper')} passed over."
    footer += "".join(f"\n{one}." for one in doubts)
    return Message(
        heading=f"{counted(len(cards), 'paper')} for {name}",
        intro=f"Covers {days} days." if days else "",
        cards=tuple(cards),
        footer=footer,
        elsewhere=tuple(one for one in elsewhere if one.receipt)[:MOST_LINKS],
    )


def late(
    name: str, cards: Sequence[Card], *, considered: int, left_out: int, was_empty: bool
) -> Message:
    """Papers that came after the digest of the day was posted, or was found empty."""
    footer = f"Read {counted(considered, 'paper')} that came in since."
    if left_out:
        footer += f" {left_out:,} more fitted, beyond this digest's size."
    if was_empty:
        heading = f"{counted(len(cards), 'paper')} for {name} after all"
        intro = "Nothing fitted when today's digest was due; these came in since."
    else:
        heading = f"{counted(len(cards), 'late addition')} to today's digest"
        intro = "They came in after it was posted, and are not repeated in the next one."
    return Message(heading=heading, intro=intro, cards=tuple(cards), footer=footer)


def alert(
    name: str,
    queries: Sequence[str],
    cards: Sequence[Card],
    beyond: int,
    *,
    limit: int | None = None,
    buttons: tuple[Button, ...] = (),
) -> Message:
    """The new hits of a profile's keyword alerts; `beyond` more than the cards that are shown.

    limit: papers a day, where that is why they are not shown.
    """
    hits = counted(len(cards) + beyond, "new hit")
    why = f", beyond your limit of {counted(limit, 'paper')} a day" if limit else ""
    return Message(
        heading=f"{hits} for {name}",
        intro=f"Your alert: {queries[0]}" if len(queries) == 1 else "",
        cards=tuple(cards),
        footer=f"And {counted(beyond, 'more hit')}{why}." if beyond else "",
        buttons=buttons,
    )


def counted(n: int, one: str, many: str | None = None) -> str:
    """`1 paper`, `2 papers`; `1 entry`, `2 entries`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
