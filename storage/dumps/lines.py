"""Bytes to lines: decode a dump, refuse what is not text, number its lines.

A line ends at a line feed, a carriage return, or both together, and nowhere else: abstracts hold
other separators (U+2028, form feeds) that `str.splitlines` would break them at.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BYTES = 64 * 1024 * 1024
"""A real page has some 200 kB; ten thousand papers have some 15 MB."""

MAX_LINES = 250_000
"""A real page has some 600; ten thousand papers have some 80,000."""

_BOMS = (  # longest first: a UTF-32 mark begins with a UTF-16 one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a zip archive (or a document of an office program)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF-", "a PDF document"),
)
_BREAK = re.compile(r"\r\n|\n|\r")
_INVISIBLE = "\ufeff\u200b\u2060"  # marks that a paste leaves at the edges; strip() keeps them
_LOST = "\N{REPLACEMENT CHARACTER}"
_UNREADABLE_SHARE = 0.1
_NUL_SHARE = 0.01

REMEDY = "save the text of a Hugging Face Daily Papers page as a UTF-8 text file and pass that"


class NotADump(ValueError):
    """The whole file is no dump; the message says in one sentence what is wrong and the remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One non-blank line, or one part of a line in which two were glued together."""

    number: int
    """1-based, in the file."""
    text: str
    """Without the white space around it."""
    gap: int
    """How many blank lines stand before it."""


def decoded(name: str, data: bytes) -> tuple[str, list[str]]:
    """The text of a dump and notes about what its bytes lost; NotADump for what is not text.

    A byte order mark decides between UTF-8, UTF-16 and UTF-32; without one it is UTF-8. Stray
    bytes that are not UTF-8 and stray NULs become U+FFFD, so the papers around them survive.
    """
    if len(data) > MAX_BYTES:
        megabytes, limit = len(data) / 1e6, MAX_BYTES / 1e6
        raise NotADump(
            f"{name}: {megabytes:.0f} MB is more than the {limit:.0f} MB that are read of one dump "
            "(a page has some 0.2 MB): split it into files of a few pages each"
        )
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise NotADump(f"{name}: this is {kind}, not text: {REMEDY}")
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), "utf-8")
    if encoding.startswith("utf-8") and data.count(0) > _NUL_SHARE * len(data):
        raise NotADump(
            f"{name}: this is a binary file (or UTF-16 without a byte order mark), "
            f"it is full of NUL bytes: {REMEDY}"
        )
    text = data.decode(encoding, errors="replace")
    own = text.count(_LOST) if _is_sound(data, encoding) else 0
    text = text.replace("\x00", _LOST)
    lost = text.count(_LOST) - own
    spoken = encoding.removesuffix("-sig").upper()
    if lost > _UNREADABLE_SHARE * len(text):
        raise NotADump(f"{name}: this is binary or not encoded as {spoken}: {REMEDY}")
    if not lost:
        return text, []
    first = len(_BREAK.findall(text, 0, text.index(_LOST))) + 1
    return text, [
        f"Characters that could not be read as {spoken} became “{_LOST}”: {lost}, "
        f"the first in line {first}."
    ]


def _is_sound(data: bytes, encoding: str) -> bool:
    """Whether all bytes can be read: then each U+FFFD is the page's own."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def split(name: str, text: str) -> list[Line]:
    """The non-blank lines of a text, in order; NotADump where there are none or far too many."""
    breaks = text.count("\n") + text.count("\r") - text.count("\r\n")
    if breaks > MAX_LINES:
        raise NotADump(
            f"{name}: this has more than {MAX_LINES:,} lines, a page has some 600: "
            "split it into files of a few pages each"
        )
    lines = list(_numbered(text))
    if not lines:
        raise NotADump(f"{name}: the file is empty: {REMEDY}")
    return lines


def _numbered(text: str) -> Iterator[Line]:
    gap = 0
    for number, raw in enumerate(_BREAK.split(text), start=1):
        if not (stripped := raw.strip()):
            gap += 1
            continue
        yield Line(number=number, text=stripped.strip(_INVISIBLE).strip(), gap=gap)
        gap = 0
