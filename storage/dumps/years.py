"""The year of a capture, and with it the dates that a page writes without a year.

A date has its year unless that is the year of the capture, and the page's own date has none. So
the capture year is the smallest one that contradicts nothing: later than every year written on
the page, and with a 29 February where the page needs one. A year that the caller states wins.

What stays unknown stays out: the paper has no date, and a note says why and what would settle it.
So too where a date without a year is later in the year than the page's own: that contradicts
every year, and only a stated year settles it.
"""

from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

from storage.dumps.details import DateLine
from storage.dumps.lines import Line

_LEAP_DAY = (2, 29)
_LEAP_YEAR = 2000  # any: it has every day that exists
_YEARS_OF_OUR_TIME = range(1990, 2100)
_SHOWN = 10
_REMEDY = "state the year of the capture (`--year`)"


@dataclass(frozen=True, kw_only=True)
class _Dated:
    """A line that holds a date."""

    line: Line
    when: DateLine

    @property
    def is_bare(self) -> bool:
        return self.when.year is None

    @property
    def day(self) -> tuple[int, int]:
        return self.when.month, self.when.day

    @property
    def exists(self) -> bool:
        year = _LEAP_YEAR if self.when.year is None else self.when.year
        return self.when.in_year(year) is not None

    def __str__(self) -> str:
        return f"line {self.line.number} “{self.line.text}”"


def published(
    head: Line | None,
    papers: Sequence[Line | None],
    *,
    strays: Iterable[Line] = (),
    stated: int | None,
) -> tuple[list[date | None], list[str]]:
    """When each paper of one page was published, in order, and notes about what could not be told.

    head: the line with the page's date.  papers: each paper's line with a date.
    strays: other lines of the page with a date.
    stated: the year of the capture, where the caller knows it.
    """
    heading = _dated(head)
    page = heading if heading is not None and heading.exists else None
    found = [_dated(line) for line in papers]
    written = [dated for dated in found if dated is not None]
    others = [dated for line in strays if (dated := _dated(line)) is not None]
    year = _capture_year(page, [*written, *others], stated)
    days = [
        None if dated is None else _day(dated, page, year, is_stated=stated is not None)
        for dated in found
    ]
    notes = []
    if heading is not None and page is None:
        notes.append(f"The page's date is not in the calendar and was left out: {heading}.")
    notes += _doubts_about_year([*written, *others], stated, year)
    notes += _doubts_about_days(written, page, stated, year)
    return days, notes


def _dated(line: Line | None) -> _Dated | None:
    when = DateLine.parse(line.text) if line is not None else None
    return _Dated(line=line, when=when) if line is not None and when is not None else None


def _capture_year(page: _Dated | None, written: Iterable[_Dated], stated: int | None) -> int | None:
    """The year of the capture; None where nothing tells it."""
    if stated is not None:
        return stated if MINYEAR <= stated <= MAXYEAR else None
    if page is not None and page.when.year is not None:
        return page.when.year
    years = [dated.when.year for dated in written if dated.when.year]
    if not years:
        return None
    bare = [dated for dated in written if dated.is_bare and not _is_after(dated, page)]
    needs_leap_day = any(dated.day == _LEAP_DAY for dated in (*bare, page) if dated is not None)
    year = max(years) + 1
    while needs_leap_day and not isleap(year):
        year += 1
    return year if year <= MAXYEAR else None


def _is_after(dated: _Dated, page: _Dated | None) -> bool:
    return page is not None and dated.is_bare and dated.day > page.day


def _day(dated: _Dated, page: _Dated | None, year: int | None, *, is_stated: bool) -> date | None:
    if dated.when.year is not None:
        return dated.when.in_year(dated.when.year)
    if year is None or (_is_after(dated, page) and not is_stated):
        return None
    return dated.when.in_year(year)


def _doubts_about_year(
    written: Sequence[_Dated], stated: int | None, year: int | None
) -> Iterator[str]:
    latest = max(
        (x for x in written if not x.is_bare), key=lambda x: x.when.year or 0, default=None
    )
    if year is not None and latest is not None and (latest.when.year or 0) >= year:
        yield (
            f"The year of the capture, {year}, contradicts the page, which writes out only the "
            f"years before it: {latest}."
        )
    if year is not None or not any(dated.is_bare for dated in written):
        return
    if stated is not None:
        why = f"{stated} is no year of the calendar"
    elif latest is not None:
        why = f"no year comes after {latest}"
    else:
        why = "no year is written on the page"
    bare = [dated for dated in written if dated.is_bare]
    yield f"Dates without a year were left out, {why}; {_REMEDY}: {_listed(bare)}."


def _doubts_about_days(
    written: Sequence[_Dated], page: _Dated | None, stated: int | None, year: int | None
) -> Iterator[str]:
    missing = [
        x for x in written if not x.exists or (x.is_bare and year and not x.when.in_year(year))
    ]
    if missing:
        in_year = f" of {year}" if all(dated.exists for dated in missing) else ""
        yield f"Dates that are not in the calendar{in_year} were left out: {_listed(missing)}."
    later = [x for x in written if x not in missing and _is_after(x, page)]
    if later and year is not None:
        done = f"left out; {_REMEDY}" if stated is None else f"read as of {year}"
        yield f"Dates later than the page's own ({page}) were {done}: {_listed(later)}."
    odd = [x for x in written if x.is_bare and x.when.comments in _YEARS_OF_OUR_TIME]
    if odd:
        yield (
            "Numbers were read as comments that could be years, but a comma stands before a year: "
            f"{_listed(odd)}."
        )


def _listed(dated: Sequence[_Dated]) -> str:
    shown = ", ".join(str(x) for x in dated[:_SHOWN])
    return shown if len(dated) <= _SHOWN else f"{shown} and {len(dated) - _SHOWN} more"
