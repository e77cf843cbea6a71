"""Lines of arXiv's metadata snapshot, many at once, straight to what the store keeps of them.

The same that `jsonl` and `documents` make of a line, many times faster, for lines that are just as
the snapshot has them. All others are left to those rooms, and a test holds the two ways equal.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from storage.dumps import documents, jsonl, values
from storage.identity import arxiv_key, title_key, title_keys
from storage.known import columns
from storage.records import Entry, Reject

_GMT = re.compile(
    r"([A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4}) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d GMT"
)
_PLAIN_ID = re.compile(r"[0-9]{4}\.[0-9]{4,5}")
_LISTS = {list}


class Plain(NamedTuple):
    """A line as rows hold it, as a tuple, since there are millions: first `COLUMNS`, then what it
    says of this sighting, where it stands, and its text.
    """

    title: str
    key: str
    abstract: str
    authors: int | None
    author_names: str | None
    published: str | None
    arxiv: str | None
    facts: str | None
    doi: str | None
    version: int | None
    line: int
    text: bytes

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


def read(lines: Sequence[tuple[int, bytes]]) -> list[Plain | Reject]:
    """Each line's paper, or why it is none. lines: with their numbers."""
    parts = [_parts(text) for _, text in lines]
    keys = iter(title_keys([part[0] for part in parts if part is not None]))
    found: list[Plain | Reject] = []
    for line, part in zip(lines, parts, strict=True):
        if part is None:
            found.append(_other(*line))
        else:
            found.append(Plain._make((part[0], next(keys), *part[1:], *line)))
    return found


def _other(number: int, text: bytes) -> Plain | Reject:
    found = documents.entry(jsonl.read_line(number, text))
    if isinstance(found, Reject):
        return found
    known: dict[str, Any] = columns(found)
    return Plain(
        title=found.title,
        key=title_key(found.title),
        abstract=found.abstract,
        authors=known["authors"],
        author_names=known["author_names"],
        published=known["published"],
        arxiv=known["arxiv_id"],
        facts=known["facts"],
        doi=known["doi"],
        version=found.facts.version,
        line=number,
        text=text,
    )


def _parts(text: bytes) -> tuple[Any, ...] | None:
    """What a line holds, but for the key, the line and its number; None for one that is not just as
    expected.
    """
    try:
        item = orjson.loads(text)
        title, abstract = _text(item["title"].strip()), _text(item["abstract"].strip())
        versions = item["versions"]
        first = _GMT.fullmatch(versions[0]["created"])
        arxiv = item["id"]
        if first is None or "arxiv_id" in item or not title:
            return None
        if len(title) > values.LONGEST_TITLE or len(abstract) > values.LONGEST_ABSTRACT:
            return None
        if len(item["categories"]) > values.LONGEST_NAME:
            return None
        published = _day(first[1])
        if not _PLAIN_ID.fullmatch(arxiv):
            arxiv_id, _ = values.arxiv(arxiv)
            arxiv = arxiv_id and arxiv_key(arxiv_id)
        authors = item["authors_parsed"]
        if published is None or arxiv is None or not {*map(type, authors)} <= _LISTS:
            return None
        names = dict.fromkeys([f"{one[1]} {one[0]}" if one[1] else one[0] for one in authors])
        listed = "\n".join(names)
        if listed.count("\n") >= max(len(names), 1):
            return None
        said = item.get("doi")
        doi = values.doi(said) if said else None
        facts = _facts(item["categories"], len(versions))
        if doi is not None:
            facts = f'{{"doi":{orjson.dumps(doi).decode()},{facts[1:]}'
        listed = _listed(listed)
        many = listed.count("\n") + 1 if listed else None
        version = len(versions)
        return title, abstract, many, listed or None, published, arxiv, facts, doi, version
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=20_000)
def _facts(categories: str, version: int) -> str:
    """As `facts.to_text` writes them."""
    known: dict[str, object] = {}
    if listed := categories.split():
        known["categories"] = list(dict.fromkeys(listed))
    return orjson.dumps(known | {"version": version}).decode()


@lru_cache(maxsize=20_000)
def _day(said: str) -> str | None:
    found = values.day(f"{said} 00:00:00 GMT")
    return None if found is None else found.isoformat()


def _text(stripped: str) -> str:
    """`values.text` of what has no white space at its ends."""
    said = stripped.replace("\n", " ")
    return said if _is_plain(said) else " ".join(stripped.split())


def _listed(lines: str) -> str:
    """`values.listed` of some lines, as lines."""
    is_short = len(lines) <= values.LONGEST_NAME or (
        lines.count("\n") < values.MOST_NAMES
        and max(map(len, lines.split("\n"))) <= values.LONGEST_NAME
    )
    is_plain = is_short and lines == lines.strip() and _is_plain(lines)
    if is_plain and "\n\n" not in lines and " \n" not in lines and "\n " not in lines:
        return lines
    return "\n".join(values.listed(lines.split("\n")))


def _is_plain(said: str) -> bool:
    """Whether a text holds no white space but single spaces, beside line feeds; False where it
    takes longer to tell.
    """
    return (
        said.isascii()
        and "\t" not in said
        and "\r" not in said
        and "\x0b" not in said
        and "\x0c" not in said
        and "\x1c" not in said
        and "\x1d" not in said
        and "\x1e" not in said
        and "\x1f" not in said
        and "  " not in said
    )
