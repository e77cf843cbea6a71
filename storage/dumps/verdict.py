"""Is this a dump at all? Many texts have a short line above a long one somewhere.

A dump is known by what nothing else has, a page's head or a paper's number of authors, or else by
its rhythm: most of its lines are titles and abstracts in turn, and look like it.
"""

from collections.abc import Iterable, Sequence

from storage.dumps.heads import is_chrome, is_sure_head
from storage.dumps.lines import REMEDY, Line, NotADump
from storage.dumps.looks import doubt
from storage.dumps.pages import Page, Sheet
from storage.dumps.prose import width

_CONVINCING = 8.0  # doubt; of 14,000 real papers none had more
_PLAIN = 3.0  # doubt; papers with an abstract clipped to 160 characters have less
_SHORT = 5.0  # doubt; papers with an abstract of one short sentence have less
_ABSTRACT = range(120, 20_000)  # characters; short texts rhyme by chance, and code has long lines
_RHYTHM = 0.6  # the share of lines that must be titles and abstracts in turn
_FEW = 3

_EXPECTED = (
    "expected titles and abstracts in turn, a line each, as on a Hugging Face Daily Papers page"
)


def refuse_unless_dump(name: str, found: Sequence[Page], *, lines: int, text: str) -> None:
    """NotADump where the pages of a text are none; `lines` is how many are no furniture."""
    sheets = [sheet for page in found for sheet in page.sheets]
    if any(sheet.authors is not None for sheet in sheets):
        return
    convincing = [sheet for sheet in sheets if _doubt(sheet) < _CONVINCING]
    has_head = any(_pieces(page.head) > 1 or _is_sure(page.head) for page in found)
    if convincing and has_head:
        return
    if has_head:
        raise NotADump(
            f"{name}: the head of a page is there, but not one whole paper below it; "
            "it looks cut: capture the page again"
        )
    plain = [sheet for sheet in convincing if _doubt(sheet) < _PLAIN]
    if _lines(plain) >= _RHYTHM * lines and any(width(x.abstract) in _ABSTRACT for x in plain):
        return
    short = [sheet for sheet in convincing if _doubt(sheet) < _SHORT]
    if len(short) >= _FEW and _lines(short) == lines:
        return
    raise NotADump(f"{name}: {_kind(text)}; {_EXPECTED}: {REMEDY}")


def _pieces(head: Iterable[Line]) -> int:
    """How many of them are the page's own: menus stand on every page of the web."""
    return sum(not is_chrome(line.text) for line in head)


def _is_sure(head: Iterable[Line]) -> bool:
    return any(is_sure_head(line.text) for line in head)


def _doubt(sheet: Sheet) -> float:
    return doubt(sheet.title, sheet.abstract)


def _lines(sheets: Iterable[Sheet]) -> int:
    """The lines of papers, with one each for title and abstract: any prose has broken lines."""
    return sum(len(sheet.lines) - (sheet.pieces - 2) for sheet in sheets)


def _kind(text: str) -> str:
    """What the text seems to be, for the message only."""
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "this is the HTML of a page (open it in a browser and copy what you see)"
    if start.startswith("<"):
        return "this is markup (XML or HTML)"
    if start.startswith(("{", "[{", "[\n", "[ ", '["')):
        return "this looks like JSON"
    return "this is text, but no dump of papers"
