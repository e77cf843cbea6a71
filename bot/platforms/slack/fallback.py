"""Messages as plain text: for notifications, for screen readers, and where blocks are refused.

Slack reads this text as `mrkdwn` and looks for addresses in it: all but our own links is defused.
https://docs.slack.dev/messaging/formatting-message-text
"""

from collections.abc import Iterator

from bot.messages import Card, Message
from bot.platforms.slack import limits
from bot.platforms.slack.text import MORE, defused, escaped, length, line, lines, web_address

NOTHING = "There is nothing to show."

LINE = 300
PARAGRAPH = 1_000


def spoken(message: Message) -> str:
    """What a notification begins with and a screen reader reads; never empty."""
    return _fitted(_spoken(message))


def plain(message: Message) -> str:
    """Everything in the message, with the papers' addresses; never empty."""
    return _fitted(_plain(message))


def _spoken(message: Message) -> Iterator[str]:
    yield _said(message.heading)
    yield _said(message.intro)
    for place, card in enumerate(message.cards, 1):
        number = f"{place}. " if len(message.cards) > 1 else ""
        title = defused(line(card.title, LINE))
        reason = defused(line(card.reason, LINE))
        yield number + (f"{title} ({reason})" if title and reason else title or reason)
    for row in message.rows:
        yield _said(row.text)
    yield _said(message.footer)


def _plain(message: Message) -> Iterator[str]:
    yield _said(message.heading)
    yield _said(message.intro)
    for card in message.cards:
        yield _paper(card)
    for row in message.rows:
        yield "\n".join(one for one in (_said(row.text), _said(row.detail)) if one)
    yield _said(message.footer)


def _paper(card: Card) -> str:
    address = web_address(card.url)
    sentence = line(card.sentence, PARAGRAPH)
    parts = (
        defused(line(card.title, LINE)),
        f"<{escaped(address)}>" if address else "",
        defused(line(card.facts, LINE)),
        defused(line(card.reason, LINE)),
        defused(f"“{sentence}”") if sentence else "",
    )
    return "\n".join(part for part in parts if part)


def _said(text: str) -> str:
    return defused(lines(text, PARAGRAPH))


def _fitted(parts: Iterator[str]) -> str:
    """As many whole parts as there is room for: a link is never cut."""
    kept: list[str] = []
    left = limits.FALLBACK
    for part in parts:
        if not part:
            continue
        left -= length(part) + 1
        if left < 0 and kept:
            return "\n".join([*kept, MORE])
        kept.append(part)
    return "\n".join(kept) or NOTHING
