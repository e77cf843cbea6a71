"""Readers of dumps: bytes to papers, and an account of everything that could not be read.

What feeds and APIs give is read by the rooms that `recognised` lists. The text of a captured page
has one way through, a module each:

    lines     bytes to numbered lines; what is no text is refused
    heads     page heads, and what was glued to them
    looks     what each line could be by itself, with `prose` and `details`
    roles     what each line is, decided over all lines together
    pages     pages and their papers
    rejects   the lines that could not be read
    verdict   whether all this is a dump
    years     the year of each page, and the papers' dates

Every non-blank line ends up in exactly one of an entry, a reject or the furniture. A line in which
a button is glued to a title belongs to the entry.
"""

from collections.abc import Iterator, Sequence

from storage.dumps import values
from storage.dumps.details import DateLine
from storage.dumps.heads import unglued
from storage.dumps.lines import MAX_BYTES, Line, NotADump, decoded, split
from storage.dumps.pages import Page, layout_of, pages
from storage.dumps.recognised import document
from storage.dumps.rejects import rejects
from storage.dumps.roles import assign
from storage.dumps.unpacking import unpacked
from storage.dumps.verdict import refuse_unless_dump
from storage.dumps.years import published
from storage.records import Dump, Entry, RawDump, Reject

__all__ = ["MAX_BYTES", "NotADump", "read_dump"]


def read_dump(raw: RawDump) -> Dump:
    """The papers of a dump, and what could not be read of it.

    Raises NotADump where the file as a whole is unreadable or holds no paper; whatever has at
    least one gives a Dump. Titles and abstracts are as on the page, without the white space
    around them. Time and memory grow linearly with the size.
    """
    text, notes = decoded(raw.name, unpacked(raw.name, raw.data))
    found_there = document(raw.name, text, notes)
    return _page_dump(raw, text, notes) if found_there is None else found_there


def _page_dump(raw: RawDump, text: str, notes: Sequence[str]) -> Dump:
    """The papers of a captured page."""
    lines, guesses = unglued(split(raw.name, text))
    cast = list(zip(assign(lines), lines, strict=True))
    found = pages(cast)
    numbers = dict.fromkeys(line.number for line in lines)
    taken = frozenset(n for page in found for sheet in page.sheets for n in sheet.lines)
    passed_over = rejects(cast, taken)
    rejected = frozenset(reject.line for reject in passed_over)
    refuse_unless_dump(raw.name, found, lines=len(taken) + len(rejected), text=text)
    read: list[Entry] = []
    doubts: list[str] = []
    for page in found:
        read += _entries(page, raw.year, doubts)
    entries = [one for one in read if not values.too_long(one.title, one.abstract)]
    for one in read:
        why = values.too_long(one.title, one.abstract)
        passed_over += [Reject(line=n, reason=why, text=one.title[:80]) for n in one.lines if why]
    if not entries:
        raise NotADump(f"{raw.name}: {passed_over[-1].reason} is no paper's, and no other is there")
    return Dump(
        layout=layout_of(found),
        entries=tuple(entries),
        rejects=tuple(sorted(passed_over, key=lambda one: one.line)),
        furniture=tuple(n for n in numbers if n not in taken and n not in rejected),
        notes=(*notes, *guesses, *doubts, *_cut(text, lines, entries)),
    )


def _cut(text: str, lines: Sequence[Line], entries: Sequence[Entry]) -> Iterator[str]:
    """Whether the file ends within the last paper's abstract: no line end, no end of a sentence."""
    last = lines[-1]
    if (
        text[-1:] not in "\r\n"
        and entries
        and entries[-1].lines[-1] == last.number
        and entries[-1].abstract.endswith(last.text)
        and not last.text.rstrip("\"'”’)]}*_$").endswith((".", "!", "?", "…", "。"))
    ):
        yield (
            f"The file ends in the middle of the abstract in line {last.number}, which was kept as "
            "far as it goes: if the file was cut, ingest the whole one as well."
        )


def _entries(page: Page, year: int | None, doubts: list[str]) -> Iterator[Entry]:
    dates, notes = published(
        page.date,
        [sheet.date for sheet in page.sheets],
        strays=page.stray_dates,
        stated=year,
    )
    doubts += notes
    for sheet, day in zip(page.sheets, dates, strict=True):
        when = DateLine.parse(sheet.date.text) if sheet.date else None
        if sheet.pieces > 2:
            doubts.append(
                f"The paper in line {sheet.lines[0]} goes on over line breaks; they became spaces."
            )
        yield Entry(
            title=sheet.title,
            abstract=sheet.abstract,
            lines=sheet.lines,
            authors=sheet.authors,
            organisation=sheet.organisation,
            organisation_handle=sheet.organisation_handle,
            published=day,
            comments=when.comments if when else None,
        )
