"""What a message says in Discord's markdown, whichever way it is laid out."""

from collections.abc import Sequence
from functools import lru_cache

from bot.messages import Card, Elsewhere, Row
from bot.platforms.discord import text

TITLE, FACTS, REASON, SENTENCE = 300, 200, 300, 500
"""The most that a card shows of each; its address comes on top."""

LISTED_TITLE, LISTED_REASON = 150, 120
"""The same, in a list."""

SEGMENTS = 10

ROW, DETAIL, DETAIL_LINES = 500, 900, 10
"""A group of help fits."""

HEADING = 250
INTRO_ABOVE_MORE, INTRO_ALONE = 1_200, 3_300
FOOTER = 300
SMALL_LINES = 4
POST = 80

NOTHING = "There is nothing to show."
UNTITLED = "(no title)"


def head(heading: str, intro: str, most: int) -> str:
    """The heading and, below it, at most so much of the intro; empty where there is neither."""
    shown = text.own(" ".join(heading.split()), HEADING)
    lines = [f"## {shown}" if shown else "", text.own(intro, most)]
    return "\n".join(line for line in lines if line)


def small(said: str, most: int, most_lines: int = SMALL_LINES) -> str:
    """Text of ours in small print, line by line if there are few; at most so long in all."""
    lines = [line for line in text.own(said, most - 3 * most_lines).split("\n") if line.strip()]
    if len(lines) > most_lines:
        lines = [text.own(text.one_line(said), most - 3)]
    return "\n".join(f"-# {line}" for line in lines)


def posts(found: Sequence[Elsewhere]) -> str:
    """Links to messages in channels, in small print; empty without any.

    https://discord.com/developers/docs/resources/message has their ids.
    """
    links = [
        text.link(
            one.channel,
            f"https://discord.com/channels/{one.address.partition('/')[0]}/{one.receipt}",
            POST,
        )
        for one in found
    ]
    return f"-# Open {', '.join(links)}" if links else ""


def title(card: Card, most: int = TITLE) -> str:
    """The title as a link to the paper."""
    return text.link(card.title, card.url, most) or text.link(UNTITLED, card.url, most)


def bar(score: float) -> str:
    """`▰▰▰▰▰▰▰▰▱▱ 0.81`."""
    within = max(0.0, min(1.0, score))
    filled = round(within * SEGMENTS)
    return "▰" * filled + "▱" * (SEGMENTS - filled) + f" {within:.2f}"


def below_title(card: Card, reason: int = REASON, sentence: int = SENTENCE) -> str:
    """Why it fits, the sentence that shows it, and in small print how well, and the facts."""
    quoted = text.line(card.sentence, sentence)
    small_print = [
        "" if card.score is None else bar(card.score),
        text.line(card.facts, FACTS),
        text.link("Hugging Face", card.discussed, FACTS) if card.discussed else "",
    ]
    facts = " · ".join(one for one in small_print if one)
    lines = [
        text.line(card.reason, reason),
        f"> “{quoted}”" if quoted else "",
        f"-# {facts}" if facts else "",
    ]
    return "\n".join(line for line in lines if line)


@lru_cache(maxsize=500)  # measured for each way to part a message, and then shown; often to many
def card_text(card: Card) -> str:
    """A paper with everything."""
    return f"### {title(card)}\n{below_title(card)}".rstrip()


def listed(card: Card, place: int) -> str:
    """A paper as an entry of a numbered list, with the first of its reasons in small print."""
    entry = f"{place}. {title(card, LISTED_TITLE)}"
    why = text.line(_first(card.reason), LISTED_REASON)
    return f"{entry}\n-# {why}" if why else entry


def _first(reason: str) -> str:
    """Up to the first semicolon that stands in no quotation."""
    parts = reason.split("; ")
    for count in range(1, len(parts)):
        begun = "; ".join(parts[:count])
        if begun.count("“") == begun.count("”"):
            return begun
    return reason


def row_text(row: Row) -> str:
    """A line of a list, its detail in small print below it; never empty."""
    lines = [text.own(row.text, ROW), small(row.detail, DETAIL, DETAIL_LINES)]
    return "\n".join(line for line in lines if line) or text.MORE


def more(left: int) -> str:
    """That so many were left out."""
    return f"And {left:,} more."
