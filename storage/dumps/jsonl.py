"""JSON lines: a paper an object, an object a line. arXiv's metadata snapshot is such a file.

Fields of the snapshot as https://www.kaggle.com/datasets/Cornell-University/arxiv describes them:
`id`, `title`, `abstract`, `authors` (one line) and `authors_parsed`, `categories` (one line),
`doi`, `versions` (`version`, `created`), `update_date`. Files of one's own need `title` and
`abstract`; their authors may be a list of names.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from storage.dumps import values
from storage.dumps.documents import Found, Unread
from storage.dumps.lines import Line
from storage.facts import Facts


def is_paper(item: Any) -> bool:
    """Whether a JSON object is a paper of this layout."""
    return (
        isinstance(item, dict)
        and isinstance(item.get("title"), str)
        and isinstance(item.get("abstract"), str)
    )


def read(lines: Iterator[Line]) -> Iterator[Found | Unread]:
    """Each line's paper."""
    for line in lines:
        yield read_line(line.number, line.text)


def read_line(number: int, text: str | bytes) -> Found | Unread:
    """One line's paper."""
    try:
        item = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Unread(place=number, reason="this line is no JSON", text=_shown(text))
    if not is_paper(item):
        return Unread(place=number, reason="no title and abstract here", text=_shown(text))
    return found(number, item)


def found(place: int, item: dict[str, Any]) -> Found:
    """The paper that a JSON object is."""
    arxiv_id, version = values.arxiv(item.get("arxiv_id") or item.get("id"))
    versions = item.get("versions")
    first = None
    if isinstance(versions, list) and versions and isinstance(versions[0], dict):
        version, first = len(versions), values.day(versions[0].get("created"))
    categories = item.get("categories")
    return Found(
        place=place,
        title=item["title"],
        abstract=item["abstract"],
        published=first or values.day(item.get("published") or item.get("update_date")),
        arxiv_id=arxiv_id,
        author_names=_names(item),
        facts=Facts(
            doi=values.doi(item.get("doi")),
            categories=values.listed(
                categories.split() if isinstance(categories, str) else _list(categories)
            ),
            version=version,
            url=None if arxiv_id else values.web_address(item.get("url")),
        ),
    )


def _names(item: dict[str, Any]) -> tuple[str, ...]:
    parsed = item.get("authors_parsed")
    if isinstance(parsed, list) and all(isinstance(one, list) for one in parsed):
        return values.listed(
            f"{one[1]} {one[0]}" if len(one) > 1 and one[1] else one[0] for one in parsed if one
        )
    authors = item.get("authors")
    return values.names(authors) if isinstance(authors, str) else values.listed(_list(authors))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _shown(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
