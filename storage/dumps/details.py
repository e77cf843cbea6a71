"""The values in a paper's detail lines: authors, organisation, date and comments.

Each shape is matched against a whole line, so a title such as "14 Authors Walk into a Bar" is
never a detail. `·` between the lines says nothing; it only shows where details are.
"""

import re
from dataclasses import dataclass
from datetime import date

from storage.dumps.months import month

_LOST = "\N{REPLACEMENT CHARACTER}"  # stands where a bad copy lost the bullet or the dot
_BULLET = rf"[•·∙⋅・‧●▪*{_LOST}-]"
_COUNT = r"[0-9]{1,3}(?:[,\u00a0\u2009\u202f][0-9]{3}){1,2}|[0-9]{1,9}"
_ROUNDED = r"[0-9]{1,4}(?:\.[0-9]{1,2})?[kKmM]"
_DOT = re.compile(rf"[·•∙⋅・‧●{_LOST}]")
_WRITERS = r"authors?|auteurs?|autor(?:en|es|i)?|autore|[位名]?作者|(?:人|名)の著者|명의\s?저자"
_AUTHORS = re.compile(rf"{_BULLET}?\s*(?P<count>{_COUNT})\s*(?:{_WRITERS})", re.IGNORECASE)
_PARTS = re.compile(r"(?P<who>\S.*?)\s*(?P<dot>·)\s*(?P<date>\S.*)")

_COMMENTS = rf"(?:\s+(?P<comments>{_ROUNDED}|{_COUNT}))?"
_YEAR = r"(?P<year>(?:1[89]|20)[0-9]{2})"
_NAME = r"(?P<month>[^\W\d_]{3,10}\.?)"
_DIGIT = re.compile(r"[0-9]")
_DATES = (
    re.compile(rf"{_NAME}\s+(?P<day>[0-9]{{1,2}})(?:\s*,\s*(?P<year>[0-9]{{4}}))?{_COMMENTS}"),
    re.compile(
        rf"(?P<day>[0-9]{{1,2}})\.?\s+(?:de\s+)?{_NAME}(?:,?\s+(?:de\s+)?{_YEAR})?{_COMMENTS}"
    ),
    re.compile(rf"{_YEAR}-(?P<month>[0-9]{{1,2}})-(?P<day>[0-9]{{1,2}}){_COMMENTS}"),
    re.compile(
        rf"(?:{_YEAR}\s?[年년]\s?)?(?P<month>[0-9]{{1,2}})\s?[月월]"
        rf"\s?(?P<day>[0-9]{{1,2}})\s?[日일]{_COMMENTS}"
    ),
)
_HANDLE = re.compile(r"[A-Za-z0-9_][\w.\-]*")  # as in huggingface.co/<handle>
_LONGEST = 120  # no detail line comes near; longer lines are never tried


@dataclass(frozen=True, kw_only=True)
class DateLine:
    """A date as the page writes it, with the number of comments that may stand behind it."""

    month: int
    day: int
    year: int | None
    """None where the page leaves it out: the year of the capture."""
    comments: int | None

    @classmethod
    def parse(cls, text: str) -> "DateLine | None":
        """`Jun 14, 2022 3`, `Jun 11`, `Sep 8 7`; None for any other line.

        In this order a year stands behind a comma only, so `Sep 8 2025` has 2025 comments. Of a
        translated page: `14. Juni 2022 3`, `14 de junio de 2022`, `2022-06-14`, `2022年6月14日`.
        The day need not exist: `in_year` tells.
        """
        if len(text) > _LONGEST or _DIGIT.search(text) is None:
            return None
        match = next((found for one in _DATES if (found := one.fullmatch(text))), None)
        if match is None or (number := _month(match["month"])) is None:
            return None
        return cls(
            month=number,
            day=int(match["day"]),
            year=int(match["year"]) if match["year"] else None,
            comments=_number(match["comments"]) if match["comments"] else None,
        )

    def in_year(self, year: int) -> date | None:
        """The day in that year; None where the calendar has no such day."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None


def authors(text: str) -> int | None:
    """`• 14 authors` -> 14; None for any other line."""
    match = _AUTHORS.fullmatch(text) if len(text) <= _LONGEST else None
    return _number(match["count"]) if match else None


def in_parts(text: str) -> tuple[str, str, str] | None:
    """`• 14 authors · Jun 14, 2022 3`, all on one line, as authors, dot and date; else None."""
    match = _PARTS.fullmatch(text) if len(text) <= _LONGEST and "·" in text else None
    if match is None or DateLine.parse(match["date"]) is None:
        return None
    is_who = authors(match["who"]) is not None or organisation(match["who"]) is not None
    return (match["who"], match["dot"], match["date"]) if is_who else None


def is_dot(text: str) -> bool:
    """Whether the line is the `·` that stands between authors and date."""
    return _DOT.fullmatch(text) is not None


def organisation(text: str) -> tuple[str, str] | None:
    """`naver-ai NAVER AI Lab` -> (`naver-ai`, `NAVER AI Lab`); None where no handle comes first.

    One word alone is handle and name. Many titles have this shape, so it says nothing by itself.
    """
    if len(text) > _LONGEST or not (words := text.split(maxsplit=1)):
        return None
    handle, name = words[0], words[-1]
    return (handle, name) if _HANDLE.fullmatch(handle) else None


def is_named_after(handle: str, name: str) -> bool:
    """Whether a handle is plainly that of the name: `Alibaba-DAMO-Academy` of `DAMO Academy`."""
    one, other = (re.sub(r"[\W_]+", "", text).casefold() for text in (handle, name))
    shorter, longer = sorted((one, other), key=len)
    return shorter in longer and 2 * len(shorter) >= len(longer) > 0


def _month(said: str) -> int | None:
    if not said.isdecimal():
        return month(said)
    return int(said) if 1 <= int(said) <= 12 else None


def _number(text: str) -> int:
    """`1,024` -> 1024, `1.2k` -> 1200."""
    if (unit := text[-1].lower()) in "km":
        return round(float(text[:-1]) * (1_000 if unit == "k" else 1_000_000))
    return int(re.sub(r"[^0-9]", "", text))
