"""What files of libraries hold: items, and lines that could not be read."""

import re
import unicodedata
from dataclasses import dataclass, field

from storage.library_papers import Shelved

LONGEST_TITLE = 500
"""Characters; titles of papers have up to 300."""

LONGEST_ABSTRACT = 8_000
"""Characters; the model reads the first two thousand or so."""

LONGEST_SHOWN = 80

_ID = re.compile(
    r"(?<![\w./])(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?(?!\w|\.\d)", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|huggingface\.co/papers/|10\.48550/arxiv\.|arxiv:\s*)"
    r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})",
    re.IGNORECASE,
)


class NotALibrary(ValueError):
    """The file can't be taken; the message says why and what can."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One paper of a file."""

    line: int
    """Where it begins, 1-based."""
    shelved: Shelved
    """Its title may be empty where an arXiv id is all there is."""

    @property
    def label(self) -> str:
        """What a person knows it by."""
        return shown(self.shelved.title or self.shelved.arxiv_id or "")


@dataclass(frozen=True, kw_only=True)
class Unread:
    """What could not be read, and why."""

    line: int
    reason: str
    text: str = field(default="", repr=False)
    """How it begins."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a reader found."""

    items: tuple[Item, ...]
    unread: tuple[Unread, ...]


def item(line: int, title: str, abstract: str, *named: str, eprint: str = "") -> Item | Unread:
    """An item of what an entry holds.

    named: fields that may hold an arXiv id in an address.  eprint: one that may be the bare id.
    """
    title, abstract = clean(title), clean(abstract)[:LONGEST_ABSTRACT]
    arxiv_id = next((found for one in named if (found := addressed(one))), None)
    arxiv_id = arxiv_id or addressed(eprint) or bare(eprint)
    if len(title) > LONGEST_TITLE:
        return Unread(
            line=line,
            reason=f"its title has {len(title):,} characters, and {LONGEST_TITLE} are the most",
            text=shown(title),
        )
    if not any(sign.isalnum() for sign in title):
        if arxiv_id is None:
            return Unread(line=line, reason="it has no title", text=shown(title))
        title = ""
    return Item(line=line, shelved=Shelved(title=title, abstract=abstract, arxiv_id=arxiv_id))


def addressed(text: str) -> str | None:
    """The arXiv id that stands in an address, a DOI of arXiv's, or behind `arXiv:`."""
    found = _ADDRESS.search(text[:2_000])
    return found[1].lower() if found else None


def bare(text: str) -> str | None:
    """The arXiv id that a text is, and nothing else."""
    found = _ID.fullmatch(text.strip())
    return found[1].lower() if found else None


def clean(text: str) -> str:
    """The text on one line, without signs that nobody types."""
    spaced = " ".join(text.split())
    return "".join(sign for sign in spaced if unicodedata.category(sign) not in {"Cc", "Cs"})


def shown(text: str) -> str:
    """How a text begins, for a person."""
    plain = clean(text)
    return plain if len(plain) <= LONGEST_SHOWN else plain[: LONGEST_SHOWN - 1].rstrip() + "…"


def parted(read: "list[Item | Unread]") -> Found:
    """What was read, items and others apart."""
    return Found(
        items=tuple(one for one in read if isinstance(one, Item)),
        unread=tuple(one for one in read if isinstance(one, Unread)),
    )
