"""Text from people and papers made fit for Discord: harmless, cut, escaped.

What is not ours is shown as it is: no sign in it formats, links, mentions or unfurls. A backslash
before a sign is all that Discord's markdown needs for that; two things need more, since they are
looked for in the raw text: `@everyone` and invitations to servers.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from bot.platforms import console
from bot.platforms.discord import limits
from matching.sentences import sentences

MORE = "…"

_HALVES = re.compile("[\ud800-\udfff]")
_SIGNS = re.compile(r"[\\`*_~|\[\]<>#]")
_ADDRESS = re.compile(r":(?=//)")
_LIST = re.compile(r"^(\s*)(?:(\d+)([.)])|([-+]))(?=\s)", re.MULTILINE)
_EVERYBODY = re.compile(r"@(?=(?:everyone|here)\b)")
_INVITATION = re.compile(r"(discord(?:app)?)\.(?=gg|com|new|gift)", re.IGNORECASE)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_BRACKETS = re.compile(r"[\[\]]")

_SAFE_IN_URL = "/:?#@!$&'*+,;=-._~%"
"""Left as they are in an address; parentheses and brackets would end the link early."""


def size(text: str) -> int:
    """Characters as Discord's clients count them: those beyond the basic plane are two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def harmless(text: str) -> str:
    """The text without control signs, direction signs and halves of characters."""
    tidy = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _HALVES.sub("\N{REPLACEMENT CHARACTER}", console.harmless(tidy))


def escaped(text: str) -> str:
    """The text as markdown that shows it as it is."""
    shown = _SIGNS.sub(r"\\\g<0>", harmless(text))
    shown = _ADDRESS.sub(r"\:", shown)
    shown = _LIST.sub(_unlisted, shown)
    shown = _INVITATION.sub(r"\1\.", shown)
    return _EVERYBODY.sub("@\N{ZERO WIDTH SPACE}", shown)


def line(text: str, most: int) -> str:
    """Foreign text on one line, escaped and cut; empty where there is nothing to see."""
    return _fitted(one_line(text), most, escaped)


def own(text: str, most: int) -> str:
    """Text of ours, line by line: `code` stays code, all else is escaped; cut."""
    return _fitted(harmless(text).strip(), most, _with_code)


def plain(text: str, most: int) -> str:
    """For places that know no markdown, as labels and names: on one line, harmless, cut."""
    return _fitted(one_line(text), most, str)


def one_line(text: str) -> str:
    """Harmless, with single spaces for line breaks and the like."""
    return " ".join(harmless(text).split())


def link(text: str, url: str, most: int) -> str:
    """Foreign text as a link that we make; without one where the address is none to send people to.

    most: of the text shown; the address comes on top, at most `limits.URL`.
    """
    address = web_address(url)
    if address is None:
        return line(text, most)
    shown = line(_with_partners(one_line(text)), most)
    return f"[{shown}]({address})" if shown else ""


def web_address(url: str, most: int = limits.URL) -> str | None:
    """The address encoded for markdown, if it is http or https, whole and not too long."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname)
        encoded = quote(url, safe=_SAFE_IN_URL)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not has_host or len(encoded) > most:
        return None
    return encoded


def _unlisted(start: re.Match[str]) -> str:
    indent, number, point, dash = start.groups()
    return f"{indent}{number}\\{point}" if number else f"{indent}\\{dash}"


def _with_partners(text: str) -> str:
    """Brackets without partners, or inside others, end a link's text early: look-alikes do not."""
    depth = 0
    for sign in _BRACKETS.findall(text):
        depth += 1 if sign == "[" else -1
        if depth not in (0, 1):
            break
    return text if depth == 0 else text.replace("[", "［").replace("]", "］")


def _with_code(text: str) -> str:
    shown = []
    end = 0
    for code in _CODE.finditer(text):
        shown += [text[end : code.start()], code.group()]
        end = code.end()
    shown.append(text[end:])
    return "".join(one if place % 2 else escaped(one) for place, one in enumerate(shown))


def _fitted(text: str, most: int, shown: Callable[[str], str]) -> str:
    """`shown(text)` if it is at most `most` long, else of as much of the text as fits."""
    if len(text) <= most and size(whole := shown(text)) <= most:
        return whole
    room = max(0, most - size(f" {MORE}"))
    least, length = 0, min(len(text), room)
    while least < length:  # the longest beginning that fits
        middle = (least + length + 1) // 2
        if size(shown(text[:middle])) <= room:
            least = middle
        else:
            length = middle - 1
    kept = shown(_worth_keeping(text, length))
    while size(kept) >= most and length:  # a cut in the middle of code can make the rest longer
        length = length * 9 // 10
        kept = shown(_worth_keeping(text, length))
    return f"{kept}{MORE}" if most > 1 else MORE


def _worth_keeping(text: str, length: int) -> str:
    """Of so long a beginning: whole sentences if they fill half of it, else whole words."""
    begun = text[:length]
    ends_whole = text[length : length + 1].isspace()
    if ends_whole and begun.endswith((".", "!", "?")):
        return f"{begun} "
    *_, torn = sentences(begun) or [""]
    whole = begun[: begun.rindex(torn)].rstrip() if torn else ""
    if whole and 2 * len(whole) >= length:
        return f"{whole} "
    words = begun if ends_whole else begun.rpartition(" ")[0]
    return (words if 2 * len(words) >= length else begun).rstrip(" \n,;:–-")
