"""Files of people's own libraries: BibTeX, RIS, CSL JSON (as Zotero exports it), or a plain list.

The shape is told by the content, whatever the file is called. What cannot be read is reported with
its line; a file that is none of these is refused with a sentence.
"""

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum

from storage.library_files import bibtex, csl, lists, ris
from storage.library_files.items import Found, Item, NotALibrary, Unread

__all__ = ["MAX_BYTES", "MOST_ITEMS", "FileKind", "Item", "LibraryFile", "NotALibrary", "Unread"]

MAX_BYTES = 5_000_000
"""A library of five thousand papers with abstracts has as much."""

MOST_ITEMS = 5_000

_RIS = re.compile(r"^\s*TY  ?- ", re.MULTILINE)
_BIBTEX = re.compile(r"^\s*@\s*[a-zA-Z]+\s*[{(]", re.MULTILINE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class FileKind(StrEnum):
    """The shape of a file."""

    BIBTEX = "BibTeX"
    RIS = "RIS"
    CSL = "CSL JSON"
    LIST = "a list"


@dataclass(frozen=True, kw_only=True)
class LibraryFile:
    """A file as it was read: each of its papers is an item or is unread."""

    kind: FileKind
    items: tuple[Item, ...] = field(repr=False)
    unread: tuple[Unread, ...] = field(repr=False)


def read_library(data: bytes) -> LibraryFile:
    """What a file holds. Raises NotALibrary with the remedy."""
    if len(data) > MAX_BYTES:
        raise NotALibrary(
            f"the file has {len(data) / 1e6:.1f} MB, and {MAX_BYTES // 1_000_000} MB are the most: "
            "export it in parts, or without attachments and notes"
        )
    kind, found = _read(_text(data))
    if not found.items and not found.unread:
        raise NotALibrary(f"no paper stands in this file: {WAYS}")
    if len(found.items) > MOST_ITEMS:
        raise NotALibrary(
            f"the file holds {len(found.items):,} papers, and {MOST_ITEMS:,} are the most at once: "
            "export it in parts"
        )
    return LibraryFile(kind=kind, items=found.items, unread=found.unread)


WAYS = "export it as BibTeX, RIS or CSL JSON, or list arXiv ids or titles, one a line"


def _read(text: str) -> tuple[FileKind, Found]:
    if text.lstrip()[:1] in ("{", "[") and not _BIBTEX.search(text[:2000]):
        try:
            data = json.loads(text)
        except RecursionError:
            raise NotALibrary("the file is JSON whose brackets nest too deep") from None
        except ValueError as error:
            raise NotALibrary(f"the file looks like JSON and is broken: {error}") from None
        return FileKind.CSL, csl.read(data)
    if _BIBTEX.search(text):
        return FileKind.BIBTEX, bibtex.read(text)
    if _RIS.search(text):
        return FileKind.RIS, ris.read(text)
    return FileKind.LIST, lists.read(text)


def _text(data: bytes) -> str:
    """The text, in the encoding that it seems to have."""
    if data.startswith((b"%PDF", b"PK\x03\x04", b"SQLite format")):
        raise NotALibrary(f"that is no text file: {WAYS}")
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding is not None:
            raise NotALibrary(f"the file is no good {encoding}: save it as UTF-8") from None
        text = data.decode("cp1252", errors="replace")  # what older reference managers write
    if "\0" in text:
        raise NotALibrary(f"that is no text file: {WAYS}")
    return text.replace("\r\n", "\n").replace("\r", "\n")
