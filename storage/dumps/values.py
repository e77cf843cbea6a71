"""Values as feeds and APIs write them: texts, ids, names, days, counts. Nothing here raises."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from itertools import islice
from typing import Any

LONGEST_TITLE = 1_000
LONGEST_ABSTRACT = 20_000

LONGEST_NAME, MOST_NAMES = 300, 5_000
"""Of people, fields and keywords. The largest collaborations have some 3,000 authors."""

NESTED = 5
"""Brackets in brackets in a line of names; each takes a pass over it."""

_NEW_ID = r"\d{4}\.\d{4,5}"
_OLD_ID = r"[a-z-]+(?:\.[A-Za-z]{2})?/\d{7}"
_ARXIV_ID = re.compile(rf"({_NEW_ID}|{_OLD_ID})(?:v(\d+))?", re.I)
_ARXIV_PLACE = re.compile(
    rf"(?:arxiv\.org[:/](?:abs/|pdf/|html/)?|arxiv:\s*|10\.48550/arxiv\.)({_NEW_ID}|{_OLD_ID})"
    r"(?:v(\d+))?(?!\d)",
    re.I,
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_BETWEEN_NAMES = re.compile(r"\s*(?:,|;|\band\b)\s*")


def too_long(title: str, abstract: str) -> str:
    """Why no paper has such a title or such an abstract; empty where one may."""
    if len(title) > LONGEST_TITLE:
        return f"a title of more than {LONGEST_TITLE:,} characters"
    if len(abstract) > LONGEST_ABSTRACT:
        return f"an abstract of more than {LONGEST_ABSTRACT:,} characters"
    return ""


def text(value: Any) -> str:
    """One line of text; empty for anything else."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def count(value: Any) -> int | None:
    """A number that counts something; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return min(value, 2**53)


def arxiv(value: Any) -> tuple[str | None, int | None]:
    """Id without version, and the version, of what is an arXiv id: `2501.01234v2`, `arXiv:…`."""
    said = text(value)
    found = _ARXIV_ID.fullmatch(said) or _ARXIV_PLACE.search(said)
    if found is None:
        return None, None
    return found[1], int(found[2]) if found[2] else None


def doi(value: Any) -> str | None:
    """`10.1000/abc` of a DOI in any spelling, in lower case; None where there is none.

    arXiv's own DOIs say no more than the arXiv id.
    """
    found = _DOI.search(text(value))
    if found is None:
        return None
    plain = found[0].rstrip(".,;)").lower()
    return None if plain.startswith("10.48550/arxiv.") else plain


def day(value: Any) -> date | None:
    """The UTC day of a date as RSS (RFC 822) or everyone else (ISO 8601) writes it."""
    return _day(value) if isinstance(value, str) else None


@lru_cache(maxsize=10_000)
def _day(value: str) -> date | None:
    said = text(value)
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        try:
            at = parsedate_to_datetime(said)
        except ValueError:
            return None
    return (at if at.tzinfo is None else at.astimezone(UTC)).date()


def names(value: Any) -> tuple[str, ...]:
    """Names of people out of one line: `A. One (Home), B. Two and C. Three`."""
    said = text(value)
    for _ in range(NESTED):
        said = _IN_BRACKETS.sub("", said)
    return listed(_BETWEEN_NAMES.split(said))


def listed(values: Iterable[Any]) -> tuple[str, ...]:
    """The texts among the values, each once, without empty ones; names, so none of them long."""
    found = dict.fromkeys(said[:LONGEST_NAME] for value in values if (said := text(value)))
    return tuple(islice(found, MOST_NAMES))


def web_address(value: Any) -> str | None:
    """An address that a browser may open; None for anything else."""
    said = text(value)
    return said if re.fullmatch(r"https?://[^\s<>\"]{3,1500}", said) else None
