"""BibTeX. A broken entry is reported and the others are read."""

import logging
import re
from typing import Any

import bibtexparser
from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock
from pylatexenc.latex2text import LatexNodes2Text

from storage.library_files.items import (
    LONGEST_ABSTRACT,
    Found,
    Item,
    NotALibrary,
    Unread,
    item,
    parted,
    shown,
)

MOST_BLOCKS = 10_000
"""Twice as many papers as are taken; beyond it the library takes time that nobody should wait."""

DEEPEST = 50
"""Braces within braces that are read as LaTeX; deeper ones are only taken off."""

_BLOCK = re.compile(r"@\s*\w+\s*[{(]")
_BRACES = re.compile(r"[{}]")
_LATEX = re.compile(r"[\\{}$~]|--")

# What it logs holds what people keep in their libraries.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL + 1)
logging.getLogger("pylatexenc").setLevel(logging.CRITICAL + 1)


def read(text: str) -> Found:
    """The entries of a BibTeX file. Raises NotALibrary for too many blocks."""
    if sum(1 for _ in _BLOCK.finditer(text)) > MOST_BLOCKS:
        raise NotALibrary(f"the file begins more than {MOST_BLOCKS:,} entries: export it in parts")
    library = bibtexparser.parse_string(text)
    found = [_item(entry) for entry in library.entries]
    found += [_failed(block) for block in library.failed_blocks]
    return parted(sorted(found, key=lambda one: one.line))


def _item(entry: Any) -> Item | Unread:
    fields = {one.key.casefold(): str(one.value) for one in entry.fields}
    return item(
        (entry.start_line or 0) + 1,
        unlatexed(fields.get("title", "")),
        unlatexed(fields.get("abstract", "")),
        *(fields.get(name, "") for name in ("doi", "url", "journal", "note", "howpublished")),
        eprint=fields.get("eprint", "") or fields.get("arxivid", ""),
    )


def _failed(block: Any) -> Item | Unread:
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        entry: Any = block.ignore_error_block
        if getattr(entry, "fields", None):
            return _item(entry)  # another entry under a key that is taken is a paper all the same
    return Unread(
        line=(block.start_line or 0) + 1,
        reason="the entry is broken: a brace, quote or comma is missing",
        text=shown((block.raw or "")[:400]),
    )


def unlatexed(text: str) -> str:
    """The text without LaTeX: accents as letters, formulas as they stand."""
    text = text[: 2 * LONGEST_ABSTRACT]
    if not _LATEX.search(text):
        return text
    if _depth(text) <= DEEPEST:
        plain: str = LatexNodes2Text(math_mode="verbatim").latex_to_text(text)
        return plain
    return _BRACES.sub("", text)


def _depth(text: str) -> int:
    depth = most = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        most = max(most, depth)
    return most
