"""Comparisons of a query: `comments>10`, `authors<=3`, `date>2025-06`.

A month or year is a span: `date>2025-06` begins with July, `date>=2025-06` with 1 June. The date is
the day of publication, or, where no source told it, the day on which the paper was first seen.
"""

import re
from datetime import date, timedelta

from matching.alerts.errors import Trouble
from matching.alerts.nodes import Comparison
from storage.records import Paper

NUMBERS = {"comments": "comment", "authors": "author"}
"""What can be counted, and one of it in words."""

FIELDS = (*NUMBERS, "date")

_DAY = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?")
_SIGNS = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "": "="}
_DATE_WORDS = {">": "after", ">=": "from", "<": "before", "<=": "up to the end of", "=": "in"}
_MONTHS = (
    *("", "January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def comparison(name: str, sign: str, value: str, *, at: int, value_at: int) -> Comparison:
    """Read one comparison; `at` and `value_at` are its places in the query."""
    sign = _SIGNS.get(sign, sign)
    if name == "date":
        first, last, said = _span(value, sign, value_at)
        words = f"a date {_DATE_WORDS[sign]} {said}"
        if sign == ">=":
            words += " on"
        if last == first:
            words = words.replace("date in ", "date of ").replace("up to the end of", "up to")
    else:
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise Trouble(
                value_at,
                f"“{name}” is compared with something that is no number",
                "a whole number",
                f"{name}{sign}10",
            )
        first = last = int(value)
        words = _counted(NUMBERS[name], sign, first)
    low, high = {
        ">": (last + 1, None),
        ">=": (first, None),
        "<": (None, first - 1),
        "<=": (None, last),
        "=": (first, last),
    }[sign]
    return Comparison(name=name, low=low, high=high, words=words, at=at)


def holds(one: Comparison, paper: Paper) -> bool:
    """Whether a paper's number or day is within the bounds; unknown is not."""
    value = _value(one.name, paper)
    return (
        value is not None
        and (one.low is None or value >= one.low)
        and (one.high is None or value <= one.high)
    )


def of_paper(one: Comparison, paper: Paper) -> str:
    """What a paper that was compared has, in words: "41 comments"."""
    value = _value(one.name, paper)
    if value is None:
        return f"no known {one.name}"
    if one.name == "date":
        return f"the date {date.fromordinal(value).isoformat()}"
    return f"{value} {NUMBERS[one.name]}{'s' * (value != 1)}"


def _value(name: str, paper: Paper) -> int | None:
    match name:
        case "comments":
            return paper.comments
        case "authors":
            return paper.authors
        case _:
            return (paper.published or paper.first_seen.date()).toordinal()


def _counted(noun: str, sign: str, number: int) -> str:
    words = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly"}
    return f"{words[sign]} {number} {noun}{'s' * (number != 1)}"


def _span(value: str, sign: str, at: int) -> tuple[int, int, str]:
    found = _DAY.fullmatch(value)
    try:
        if not found:
            raise ValueError(value)
        year, month, day = (int(part or 0) for part in found.groups())
        first = date(year, month or 1, day or 1)
        if day:
            return first.toordinal(), first.toordinal(), f"{day} {_MONTHS[first.month]} {year}"
        after = date(year + (not month or month == 12), (month or 12) % 12 + 1, 1)
    except ValueError:
        raise Trouble(
            at,
            "This is not a date that I can read",
            "a year, a month or a day, written 2025, 2025-06 or 2025-06-30",
            f"date{sign}2025-06",
        ) from None
    last = (after - timedelta(days=1)).toordinal()
    return first.toordinal(), last, f"{_MONTHS[month]} {year}" if month else f"{year}"
