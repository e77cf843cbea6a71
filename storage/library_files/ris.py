"""RIS. A record that its program never ended is ended where the next begins."""

import re
from typing import Any

import rispy

from storage.library_files.items import Found, Item, Unread, item, parted

_BEGIN = re.compile(r"^\s*TY  ?- ?")
_END = re.compile(r"^\s*ER  ?-")
_TITLES = ("title", "primary_title", "translated_title", "short_title")
_ABSTRACTS = ("abstract", "notes_abstract")


def read(text: str) -> Found:
    """The records of a RIS file."""
    return parted([_item(line, _record(lines)) for line, lines in _cut(text)])


def _cut(text: str) -> list[tuple[int, list[str]]]:
    """(line, lines) of each record; the library would drop one that has no end."""
    records: list[tuple[int, list[str]]] = []
    is_open = False
    for number, line in enumerate(text.split("\n"), 1):
        if _BEGIN.match(line):
            records.append((number, [_BEGIN.sub("TY  - ", line)]))
            is_open = True
        elif _END.match(line):
            is_open = False
        elif is_open:
            records[-1][1].append(line)
    return records


def _record(lines: list[str]) -> dict[str, Any]:
    found = rispy.loads("\n".join([*lines, "ER  - ", ""]))
    return dict(found[0]) if found else {}


def _item(line: int, record: dict[str, Any]) -> Item | Unread:
    addresses = [_said(record, "doi"), *(str(one) for one in record.get("urls") or [])]
    notes = record.get("notes") or []
    return item(
        line,
        next((said for name in _TITLES if (said := _said(record, name))), ""),
        next((said for name in _ABSTRACTS if (said := _said(record, name))), ""),
        *addresses,
        *(str(one) for one in notes),
        _said(record, "number"),
        _said(record, "accession_number"),
    )


def _said(record: dict[str, Any], name: str) -> str:
    value = record.get(name) or ""
    return " ".join(str(one) for one in value) if isinstance(value, list) else str(value)
