"""Messages as Slack's blocks: replies, digests, papers and the home page; modals are next door.

Whatever a message holds, Slack takes it: texts are cut at a sentence, what finds no room is counted
in a last line. The `text` beside the blocks is what notifications and screen readers give.
"""

from collections.abc import Sequence

from bot.messages import Card, Elsewhere, Message, counted
from bot.platforms.slack import blocks, cards, fallback, limits, rows
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.modals import errors, modal, submitted
from bot.platforms.slack.text import line

__all__ = ["detail", "errors", "home", "message", "modal", "overview", "plain", "submitted"]

INTRO = 2_000
FOOTER = 600
"""Characters of a message's own fallback."""

LABEL = 80
"""Characters of a link's text."""

LINES = 50
"""Papers in one list."""

CROWDED = 0.6
"""Of a message's room, for papers with everything where not all can have it."""

IN_THREAD = "Details and votes are in the thread."


def message(message: Message, ref: str) -> Json:
    """`{text, blocks}` of a reply, or of a message with its papers in it.

    ref: names the message to the buttons of its papers (`messages.card_buttons`).
    """
    made = _made(message, ref, limits.MESSAGE_BLOCKS, limits.MESSAGE_CONTENT)
    return {"text": fallback.spoken(message), "blocks": made}


def overview(message: Message) -> Json:
    """`{text, blocks}` of a digest's head: a line for each paper, whose details follow below it."""
    head = [*blocks.header(message.heading), *blocks.paragraph(message.intro, INTRO)]
    footer = [message.footer, IN_THREAD] if message.cards else [message.footer]
    tail = _tail(message, " ".join(one for one in footer if one))
    room = limits.MESSAGE_CONTENT - blocks.content([head, tail])
    shown = message.cards[:LINES]
    made = [cards.listed(shown, room, is_ordered=True)] if shown else []
    more = _more(len(message.cards) - len(shown))
    return {"text": fallback.spoken(message), "blocks": _whole([*head, *made, *more, *tail])}


def detail(card: Card, ref: str) -> Json:
    """`{text, blocks}` of one paper with everything."""
    return {
        "text": fallback.spoken(Message(heading="", cards=(card,))),
        "blocks": _whole(cards.full(card, ref)),
    }


def home(message: Message) -> Json:
    """A person's page as a view."""
    return {
        "type": "home",
        "blocks": _made(message, "", limits.VIEW_BLOCKS, limits.VIEW_CONTENT),
    }


def plain(message: Message) -> str:
    """The whole message as one text, addresses included: for when Slack refuses the blocks."""
    return fallback.plain(message)


def _made(message: Message, ref: str, most_blocks: int, most: int) -> list[Json]:
    head = [*blocks.header(message.heading), *blocks.paragraph(message.intro, INTRO)]
    tail = _tail(message, message.footer)
    free = most_blocks - len(head) - len(tail) - 2  # lines that say how much is left out
    room = most - blocks.content([head, tail])
    papers = _papers(message.cards, ref, free, room)
    free -= len(papers)
    room -= blocks.content(papers)
    listed, shown = rows.fitted(message.rows, free, room)
    more = _more(len(message.rows) - shown)
    return _whole([*head, *papers, *listed, *more, *tail])


def _papers(shown: tuple[Card, ...], ref: str, free: int, room: int) -> list[Json]:
    """All papers with everything, or as many as fit and the others as lines below them."""
    in_full = [cards.full(card, ref) for card in shown[:free]]
    everything = [block for one in in_full for block in one]
    all_are_made = len(in_full) == len(shown)
    if all_are_made and len(everything) <= free and blocks.content(everything) <= room:
        return everything
    made: list[Json] = []
    place = 0
    left = int(room * CROWDED)
    for one in in_full:
        left -= blocks.content(one)
        if left < 0 or len(made) + len(one) > free - 1:
            break
        made += one
        place += 1
    rest = shown[place : place + LINES]
    lines = cards.listed(rest, room - blocks.content(made), is_ordered=False)
    return [*made, lines, *_more(len(shown) - place - len(rest))]


def _tail(message: Message, footer: str) -> list[Json]:
    posts = _posts(message.elsewhere)
    return [*blocks.small(footer, FOOTER), *posts, *blocks.actions(message.buttons)]


def _posts(posts: Sequence[Elsewhere]) -> list[Json]:
    """Links to messages in channels."""
    links = [blocks.linked(line(one.channel, LABEL), _address(one)) for one in posts]
    parts = [part for one in links for part in (blocks.words(", "), one)][1:]
    return [blocks.rich(blocks.section([blocks.words("Open "), *parts]))] if parts else []


def _address(post: Elsewhere) -> str:
    """https://docs.slack.dev/interactivity/deep-linking; the message's `ts` is named beside it."""
    team, _, channel = post.address.partition("/")
    ts = post.receipt.rpartition("/")[2]
    return f"https://slack.com/app_redirect?team={team}&channel={channel}&message_ts={ts}"


def _more(left_out: int) -> list[Json]:
    return blocks.small(f"And {counted(left_out, 'more', 'more')}.") if left_out else []


def _whole(made: list[Json]) -> list[Json]:
    """At least one block, and every button with its id."""
    return blocks.numbered(made or blocks.small("There is nothing to show."))
