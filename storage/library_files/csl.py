"""CSL JSON, as Zotero and others export it: https://github.com/citation-style-language/schema"""

import re
from collections.abc import Iterable
from typing import Any

from storage.library_files.items import Found, Item, NotALibrary, Unread, item, parted

_TAG = re.compile(r"</?(?:i|b|sub|sup|span|sc|jats:\w+|p|em|strong)\b[^<>]{0,200}>", re.IGNORECASE)
_FIELDS = (
    "DOI",
    "URL",
    "number",
    "archive_location",
    "note",
    "container-title",
    "journalAbbreviation",
)


def read(data: Any) -> Found:
    """The items of a parsed file; `line` is the item's place in it. Raises NotALibrary."""
    return parted([_item(place, one) for place, one in enumerate(_listed(data), 1)])


def _listed(data: Any) -> Iterable[Any]:
    if isinstance(data, dict):
        listed = data.get("items", data.get("references"))
        data = [data] if listed is None and "title" in data else listed
    if not isinstance(data, list):
        raise NotALibrary(
            "the file is JSON and no list of papers: in Zotero, export the library as CSL JSON"
        )
    return data


def _item(place: int, one: Any) -> Item | Unread:
    if not isinstance(one, dict):
        return Unread(line=place, reason="it is no object with a title", text="")
    return item(
        place,
        _plain(one.get("title")),
        _plain(one.get("abstract")),
        *(_plain(one.get(name)) for name in _FIELDS),
        eprint=_plain(one.get("arxivId") or one.get("eprint")),
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return _TAG.sub("", value) if isinstance(value, str) else ""
