"""Text from people and papers made fit for Slack: harmless, cut, escaped.

Most of it is shown where Slack obeys no markup (`plain_text` and `rich_text`), so only the lengths
and the unseen signs matter there. What is left is `mrkdwn`, where `escaped` and `defused` apply.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.platforms.slack import limits
from matching.sentences import sentences

MORE = "…"

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control and direction signs, and halves of characters, which no request can carry."""

_CODE = re.compile(r"`([^`\n]+)`")
_MARKUP = re.compile(r"[*_~]|^\s*>|:[\w+'-]+:", re.MULTILINE)
"""What `mrkdwn` may take for formatting, and nothing can escape."""

_AUTOLINKED = re.compile(r"(?<=:)(?=//)|(?<=\w)(?=\.[a-z]{2})|(?<=\w)(?=@\w)", re.IGNORECASE)
_WORD_JOINER = "\N{WORD JOINER}"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A stretch of text, code or not."""

    text: str
    is_code: bool


def length(text: str) -> int:
    """Characters as Slack's clients count them: those beyond the basic plane are two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def harmless(text: str) -> str:
    """The text without control signs, direction signs and halves of characters."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def line(text: str, most: int) -> str:
    """The text on one line, harmless, at most so long; empty where nothing is to be seen."""
    return cut(" ".join(harmless(text).split()), most)


def lines(text: str, most: int) -> str:
    """The text with its line breaks, at most one of them empty in a row, harmless and cut."""
    kept = "\n".join(" ".join(one.split()) for one in harmless(text).split("\n")).strip()
    return cut(re.sub(r"\n{3,}", "\n\n", kept), most)


def cut(text: str, most: int) -> str:
    """At most `most` characters (>= 1): whole sentences if they fill half of it, else whole words,
    and a sign that there was more.
    """
    if length(text) <= most:
        return text
    room = text[: max(0, most - 2)]  # for the sign and a space
    while length(room) > max(0, most - 2):
        room = room[:-1]
    whole = _sentences(text, room)
    if whole and 2 * len(whole) >= len(room):
        return f"{whole} {MORE}"
    kept = _words(text, room).rstrip(" \n,;:–-")
    return kept + MORE


def _sentences(text: str, room: str) -> str:
    """As many sentences from the beginning as fit into `room`."""
    end = 0
    for sentence in sentences(
        text[: len(room) + limits.HEADER]
    ):  # beyond it, to see where one ends
        end_of_this = text.index(sentence, end) + len(sentence)
        if end_of_this > len(room):
            break
        end = end_of_this
    return text[:end]


def _words(text: str, room: str) -> str:
    if text[len(room) : len(room) + 1].isspace():
        return room
    before = re.match(r"(?s).*\s", room)
    if before and 2 * len(before.group()) >= len(room):
        return before.group()
    while room and _belongs_to_the_one_before(text[len(room) : len(room) + 1]):
        room = room[:-1]  # no accent without its letter, no half of a joined emoji
    return room.removesuffix("\N{ZERO WIDTH JOINER}")


def _belongs_to_the_one_before(sign: str) -> bool:
    return bool(sign) and (unicodedata.combining(sign) > 0 or sign in "\u200d\ufe0f")


def runs(text: str) -> list[Run]:
    """The text apart from its `code`; a backtick without its partner is text."""
    found: list[Run] = []
    end = 0
    for code in _CODE.finditer(text):
        found.append(Run(text=text[end : code.start()], is_code=False))
        found.append(Run(text=code.group(1), is_code=True))
        end = code.end()
    found.append(Run(text=text[end:], is_code=False))
    return [run for run in found if run.text]


def has_code(text: str) -> bool:
    """Whether any of it is `code`."""
    return _CODE.search(text) is not None


def is_tame(text: str) -> bool:
    """Whether `mrkdwn` would take nothing outside the text's `code` for formatting."""
    outside = "".join(run.text for run in runs(text) if not run.is_code)
    return _MARKUP.search(outside) is None and "`" not in outside


def escaped(text: str) -> str:
    """The text for `mrkdwn`: it opens no link and no mention.

    https://docs.slack.dev/messaging/formatting-message-text
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def defused(text: str) -> str:
    """Escaped, and what looks like an address in it stays text: an unseen joiner splits it."""
    return escaped(_AUTOLINKED.sub(_WORD_JOINER, text))


def web_address(url: str, most: int = limits.URL) -> str | None:
    """The address if people can be sent there: http or https, whole and not too long; else None."""
    if len(url) > most or not url.isascii() or re.search(r"[\s<>|\"\\^`{}\x00-\x1f\x7f]", url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
