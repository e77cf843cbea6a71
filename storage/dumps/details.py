"""The values in a paper's detail lines: authors, organisation, date and comments.

Each shape is matched against a whole line, so a title such as "14 Authors Walk into a Bar" is
never a detail. `·` between the lines says nothing; it only shows where details are.
"""

import re
from dataclasses import dataclass
from datetime import date

_LOST = "\N{REPLACEMENT CHARACTER}"  # stands where a bad copy lost the bullet or the dot
_BULLET = rf"[•·∙⋅・‧●▪*{_LOST}-]"
_COUNT = r"[0-9]{1,3}(?:[,\u00a0\u2009\u202f][0-9]{3}){1,2}|[0-9]{1,9}"
_ROUNDED = r"[0-9]{1,4}(?:\.[0-9]{1,2})?[kKmM]"
_DOT = re.compile(rf"[·•∙⋅・‧●{_LOST}]")
_AUTHORS = re.compile(rf"{_BULLET}?\s*(?P<count>{_COUNT})\s*authors?", re.IGNORECASE)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
_DATE = re.compile(
    rf"(?P<month>{_MONTH})\.?\s+(?P<day>[0-9]{{1,2}})(?:\s*,\s*(?P<year>[0-9]{{4}}))?"
    rf"(?:\s+(?P<comments>{_ROUNDED}|{_COUNT}))?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"[A-Za-z0-9][\w.\-]*")  # as in huggingface.co/<handle>
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

        A year stands behind a comma only, so `Sep 8 2025` has 2025 comments. The day need not
        exist: `in_year` tells.
        """
        match = _DATE.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            return None
        return cls(
            month=_MONTHS.index(match["month"][:3].lower()) + 1,
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


def _number(text: str) -> int:
    """`1,024` -> 1024, `1.2k` -> 1200."""
    if (unit := text[-1].lower()) in "km":
        return round(float(text[:-1]) * (1_000 if unit == "k" else 1_000_000))
    return int(re.sub(r"[^0-9]", "", text))
