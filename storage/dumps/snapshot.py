"""Lines of arXiv's metadata snapshot, straight to what the store keeps of them.

The same that `jsonl` and `documents` make of a line, several times faster, for lines that are just
as the snapshot has them. All others are left to those rooms, and a test holds the two ways equal.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from storage.dumps import documents, jsonl, values
from storage.identity import arxiv_key, title_key
from storage.known import columns
from storage.records import Entry, Reject

_GMT = re.compile(r"([A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4}) [01]\d:[0-5]\d:[0-5]\d GMT")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """A line as rows hold it. `line` is where it stands, `text` is what it says."""

    line: int
    text: bytes
    key: str
    arxiv: str | None
    doi: str | None
    row: tuple[Any, ...]
    """Values of `COLUMNS`."""

    def entry(self) -> Entry:
        """The same, as any other reader gives it."""
        found = documents.entry(jsonl.read_line(self.line, self.text))
        if isinstance(found, Reject):
            raise AssertionError("a line that was read can be read again")
        return found


COLUMNS = (
    "title",
    "title_key",
    "abstract",
    "authors",
    "author_names",
    "published",
    "arxiv_id",
    "facts",
    "doi",
)


def read(number: int, text: bytes) -> Plain | Reject:
    """One line's paper, or why it is none."""
    return _plain(number, text) or _other(number, text)


def _other(number: int, text: bytes) -> Plain | Reject:
    found = documents.entry(jsonl.read_line(number, text))
    if isinstance(found, Reject):
        return found
    known = columns(found) | {
        "title": found.title,
        "title_key": title_key(found.title),
        "abstract": found.abstract,
    }
    return Plain(
        line=number,
        text=text,
        key=str(known["title_key"]),
        arxiv=arxiv_key(found.arxiv_id) if found.arxiv_id else None,
        doi=found.facts.doi,
        row=tuple(known[name] for name in COLUMNS),
    )


def _plain(number: int, text: bytes) -> Plain | None:
    """None for a line that is not just as expected."""
    try:
        item = orjson.loads(text)
        title, abstract = _text(item["title"]), _text(item["abstract"])
        first = _GMT.fullmatch(item["versions"][0]["created"])
        arxiv_id, _ = values.arxiv(item["id"])
        names = [f"{one[1]} {one[0]}" if one[1] else one[0] for one in item["authors_parsed"]]
        categories = item["categories"].split()
        said = item.get("doi")
        doi = values.doi(said) if said else None
        version = len(item["versions"])
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return None
    if first is None or arxiv_id is None or "arxiv_id" in item or not title:
        return None
    if len(title) > values.LONGEST_TITLE or len(abstract) > values.LONGEST_ABSTRACT:
        return None
    published = _day(first[1])
    if published is None:
        return None
    known: dict[str, object] = {} if doi is None else {"doi": doi}
    if categories:
        known["categories"] = list(dict.fromkeys(categories))
    known["version"] = version
    listed = _listed(names)
    key, arxiv = title_key(title), arxiv_key(arxiv_id)
    return Plain(
        line=number,
        text=text,
        key=key,
        arxiv=arxiv,
        doi=doi,
        row=(
            title,
            key,
            abstract,
            len(listed) or None,
            "\n".join(listed) or None,
            published,
            arxiv,
            orjson.dumps(known).decode(),
            doi,
        ),
    )


def _text(value: str) -> str:
    """`values.text` of a string."""
    said = value.strip().replace("\n", " ")
    return said if _is_clean(said) else " ".join(value.split())


def _is_clean(said: str) -> bool:
    """Whether plain text without spaces at its ends holds no white space but single spaces and
    line feeds; False where it takes longer to tell.
    """
    return (
        said.isascii()
        and "  " not in said
        and "\t" not in said
        and "\r" not in said
        and "\x0b" not in said
        and "\x0c" not in said
        and "\x1c" not in said
        and "\x1d" not in said
        and "\x1e" not in said
        and "\x1f" not in said
    )


def _listed(names: list[str]) -> list[str]:
    """`values.listed` of names."""
    said = "\n".join(names)
    is_clean = all(names) and said == said.strip() and _is_clean(said)
    if is_clean and " \n" not in said and "\n " not in said and said.count("\n") < len(names):
        return list(dict.fromkeys(names))
    return list(values.listed(names))


@lru_cache(maxsize=20_000)
def _day(said: str) -> str | None:
    found = values.day(f"{said} 00:00:00 GMT")
    return None if found is None else found.isoformat()
