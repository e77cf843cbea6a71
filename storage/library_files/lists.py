"""Plain lists: an arXiv id, an address or a title on each line."""

import re

from storage.library_files.items import Found, Item, NotALibrary, Unread, bare, item, parted

MOST_LINES = 20_000

_BEFORE = re.compile(r"^[\s>*•·\-–]*(?:\[?\d{1,5}[.):\]]\s+)?")


def read(text: str) -> Found:
    """The lines of a list; empty ones, and those that begin with #, are none."""
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise NotALibrary(f"the list has more than {MOST_LINES:,} lines: send it in parts")
    return parted(
        [
            _line(number, line)
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith("#")
        ]
    )


def _line(number: int, line: str) -> Item | Unread:
    said = _BEFORE.sub("", line).strip().strip('"“”').strip()
    is_id = bare(said) is not None
    is_address = said.casefold().startswith(("http://", "https://", "arxiv:", "doi:", "10."))
    if is_id or is_address:
        found = item(number, "", "", said, eprint=said)
        if isinstance(found, Unread):
            return Unread(
                line=number, reason="the address holds no arXiv id: give the title", text=said[:80]
            )
        return found
    return item(number, said, "", said)
