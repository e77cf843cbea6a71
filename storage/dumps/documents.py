"""JSON and XML: which reader a document is for, and papers out of what the readers find.

A reader gives `Found` for each paper of a document, with its place; here each becomes an entry, or
a reject with its reason. A document that is none of ours is left to the readers of pages, whose
refusal says what a dump looks like.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from storage.dumps import values
from storage.dumps.lines import NotADump
from storage.facts import NOTHING, Facts
from storage.layouts import Layout
from storage.records import Dump, Entry, Reject

SHOWN = 80
"""Characters of a reject that are shown."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A paper as a document has it."""

    place: int
    """1-based: the line in JSON lines, else the paper's number."""
    title: str
    abstract: str = ""
    author_names: tuple[str, ...] = ()
    authors: int | None = None
    organisation: str | None = None
    organisation_handle: str | None = None
    published: date | None = None
    comments: int | None = None
    arxiv_id: str | None = None
    facts: Facts = NOTHING


@dataclass(frozen=True, kw_only=True)
class Unread:
    """Something in a document that should be a paper and is none."""

    place: int
    reason: str
    text: str = ""


def dump(
    name: str,
    layout: Layout,
    found: Iterable[Found | Unread],
    furniture: Sequence[int] = (),
    notes: Sequence[str] = (),
) -> Dump:
    """What a document holds. Raises NotADump where no paper of it can be read."""
    entries: list[Entry] = []
    rejects: list[Reject] = []
    for one in found:
        made = entry(one)
        (entries if isinstance(made, Entry) else rejects).append(made)  # type: ignore[arg-type]
    if not entries:
        why = f": {rejects[0].reason}" if rejects else ""
        raise NotADump(
            f"{name}: this is {layout.value}, but not one paper of it can be read{why}: fetch it "
            "again, or look whether the source has changed its layout"
        )
    return Dump(
        layout=layout,
        entries=tuple(entries),
        rejects=tuple(rejects),
        furniture=tuple(furniture),
        notes=tuple(notes),
    )


def entry(found: Found | Unread) -> Entry | Reject:
    """One paper, or why it is none."""
    if isinstance(found, Unread):
        return Reject(line=found.place, reason=found.reason, text=found.text[:SHOWN])
    title, abstract = values.text(found.title), values.text(found.abstract)
    reason = values.too_long(title, abstract) if title else "a paper without a title"
    if reason:
        return Reject(line=found.place, reason=reason, text=(title or abstract)[:SHOWN])
    return Entry(
        title=title,
        abstract=abstract,
        lines=(found.place,),
        authors=found.authors if found.authors is not None else len(found.author_names) or None,
        author_names=found.author_names,
        organisation=found.organisation,
        organisation_handle=found.organisation_handle,
        published=found.published,
        comments=found.comments,
        arxiv_id=found.arxiv_id,
        facts=found.facts,
    )
