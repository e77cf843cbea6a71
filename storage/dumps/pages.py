"""From roles to pages: each with its head, its date and its papers.

A head starts a page. A file may hold several, and each has its own date and its own layout.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from storage.dumps import details
from storage.dumps.lines import Line
from storage.dumps.looks import Form, Role, form_of
from storage.records import Layout

Cast = tuple[Role, Line]
"""A line and the role it has."""

_TITLE = (Role.TITLE, Role.TITLE_WRAP)
_ABSTRACT = (Role.ABSTRACT, Role.ABSTRACT_WRAP, Role.PARAGRAPH)
_DETAILS = (Role.AUTHORS, Role.ORGANISATION, Role.DOT, Role.DATE)
_PASSED_OVER = (Role.LOST, Role.NOISE)
_STRAYS = 3  # papers of the other spacing that do not yet make a second layout


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One paper of a page, with its date still as it is written."""

    title: str
    abstract: str
    lines: tuple[int, ...]
    is_spaced: bool
    has_details: bool
    pieces: int
    """How many lines title and abstract stood on: 2 unless one of them was broken."""
    authors: int | None
    organisation_handle: str | None
    organisation: str | None
    date: Line | None


@dataclass(frozen=True, kw_only=True)
class Page:
    """What stands below one head, or all of a file that has none."""

    head: tuple[Line, ...]
    sheets: tuple[Sheet, ...]
    stray_dates: tuple[Line, ...]
    """Dates of papers that could not be read; they too tell the year of the capture."""

    @property
    def date(self) -> Line | None:
        """The line of the head with the page's date; the last one, next to the papers."""
        return next((x for x in reversed(self.head) if form_of(x.text) is Form.DATE), None)


def pages(cast: Iterable[Cast]) -> list[Page]:
    """The pages in order; a page may be without papers."""
    return [_page(part) for part in _parts(cast)]


def layout_of(found: Iterable[Page]) -> Layout:
    """The layout of all pages; MIXED where they differ, or where one changes its spacing."""
    layouts: set[Layout] = set()
    for page in found:
        spaced = sum(sheet.is_spaced for sheet in page.sheets)
        tight = len(page.sheets) - spaced
        if spaced > tight or min(spaced, tight) >= _STRAYS:
            has_details = any(sheet.has_details for sheet in page.sheets if sheet.is_spaced)
            layouts.add(Layout.SPACED_WITH_DETAILS if has_details else Layout.SPACED_PLAIN)
        if tight > spaced or min(spaced, tight) >= _STRAYS:
            layouts.add(Layout.TIGHT)
    return layouts.pop() if len(layouts) == 1 else Layout.MIXED


def _parts(cast: Iterable[Cast]) -> Iterator[list[Cast]]:
    """The lines of each page: a head begins one where papers stand before it."""
    part: list[Cast] = []
    has_papers = False
    for role, line in cast:
        if role is Role.HEAD and has_papers:
            yield part
            part, has_papers = [], False
        has_papers = has_papers or role is Role.TITLE
        part.append((role, line))
    yield part


def _page(part: Sequence[Cast]) -> Page:
    starts = [i for i, (role, _) in enumerate(part) if role is Role.TITLE]
    ends = [*starts[1:], len(part)]
    passed_over = [line for role, line in part if role in _PASSED_OVER]
    return Page(
        head=tuple(line for role, line in part if role is Role.HEAD),
        sheets=tuple(_sheet(part[a:b]) for a, b in zip(starts, ends, strict=False)),
        stray_dates=tuple(line for line in passed_over if form_of(line.text) is Form.DATE),
    )


def _sheet(part: Sequence[Cast]) -> Sheet:
    """A paper from the lines between its title and the next, less what was passed over."""
    group = [(role, line) for role, line in part if role not in _PASSED_OVER]
    title = [line for role, line in group if role in _TITLE]
    abstract = [line for role, line in group if role in _ABSTRACT]
    found = {role: line for role, line in group if role in _DETAILS}
    authors, organisation = found.get(Role.AUTHORS), found.get(Role.ORGANISATION)
    parted = details.organisation(organisation.text) if organisation is not None else None
    handle, name = parted or (None, None)
    return Sheet(
        title=" ".join(line.text for line in title),
        abstract=" ".join(line.text for line in abstract),
        lines=tuple(dict.fromkeys(line.number for _, line in group)),
        is_spaced=abstract[0].gap > 0,
        has_details=bool(found),
        pieces=len(title) + len(abstract),
        authors=details.authors(authors.text) if authors is not None else None,
        organisation_handle=handle,
        organisation=name,
        date=found.get(Role.DATE),
    )
