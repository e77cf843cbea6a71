"""Papers as Slack shows them: one with everything, or many as the lines of a list."""

from collections.abc import Sequence

from bot.messages import Card, card_buttons
from bot.platforms.slack import blocks
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.text import line

TITLE, REASON, FACTS, SENTENCE = 300, 300, 300, 700
"""Characters of a paper with everything; few papers have more."""

LINE_TITLE, LINE_REASON = 200, 120
SHORTEST_TITLE, SHORTEST_REASON = 40, 20
"""Characters of a paper's line: at most, and at least when it is crowded."""

SEGMENTS = 10

DISCUSSED = "Hugging Face"
UNTITLED = "Untitled paper"


def full(card: Card, ref: str) -> list[Json]:
    """One paper with everything: three blocks."""
    title = line(card.title, TITLE) or UNTITLED
    heading = [blocks.linked(title, card.url)]
    if card.discussed:
        heading += [blocks.words("  ·  "), blocks.linked(DISCUSSED, card.discussed)]
    parts = [blocks.section(heading)]
    if reason := line(card.reason, REASON):
        parts.append(blocks.section([blocks.words(reason)]))
    if sentence := line(card.sentence, SENTENCE):
        parts.append(blocks.quote(f"“{sentence}”"))
    facts = [line(card.facts, FACTS)]
    if card.score is not None:
        facts.insert(0, bar(card.score))
    return [
        blocks.rich(*parts),
        *blocks.small(" · ".join(fact for fact in facts if fact)),
        *blocks.actions(card_buttons(card, ref), title),
    ]


def bar(score: float) -> str:
    """`▰▰▰▰▰▰▰▰▱▱ 0.81`."""
    within = max(0.0, min(1.0, score))
    filled = round(within * SEGMENTS)
    return "▰" * filled + "▱" * (SEGMENTS - filled) + f" {within:.2f}"


def listed(cards: Sequence[Card], room: int, *, is_ordered: bool) -> Json:
    """Papers as one list, a linked title and a short reason each, in about `room` characters."""
    each = room // max(1, len(cards))
    return blocks.rich(blocks.items((_line(card, each) for card in cards), is_ordered=is_ordered))


def _line(card: Card, room: int) -> Json:
    address = card.url if len(card.url) <= room // 2 else ""
    rest = room - len(address)
    title = line(card.title, max(SHORTEST_TITLE, min(LINE_TITLE, rest * 2 // 3)))
    reason = line(_first_clause(card.reason), max(SHORTEST_REASON, min(LINE_REASON, rest // 3)))
    elements = [blocks.linked(title or UNTITLED, address)]
    if reason:
        elements.append(blocks.words(f"\n{reason}"))
    return blocks.section(elements)


def _first_clause(reason: str) -> str:
    """The reason up to its first semicolon, unless that stands within a quotation."""
    clause = reason.partition("; ")[0]
    return clause if clause.count("“") == clause.count("”") else reason
