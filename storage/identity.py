"""When two entries are one paper: the same arXiv id, or else the same title.

Pages, feeds and files write one title in several ways (hyphens, case, punctuation, what is left of
LaTeX), so titles are compared by `title_key`. It forgets how a title is written and keeps what it
says: letters, digits, and signs that make another name, as in C and C++.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from storage.records import Entry, Paper

# A page may lose the backslash: texttt{D}ual. Other commands keep their name: \mu is mu.
_FONT = re.compile(
    r"\\?(?:text[a-z]{2,}|math[a-z]{2,}|emph|mbox|bm|boldsymbol|underline|operatorname|ensuremath)"
    r"(?=\s*\{)"
    r"|\\(?:rm|bf|it|tt|sc|em|sf|cal|xspace)\b"
)
_SPELLINGS = (("&amp;", "&"), ("&", " and "), ("\\times", "x"), ("×", "x"))
_ACCENTS = re.compile("[\u0300-\u036f]")
_MARKS = frozenset("#*%@")  # punctuation to Unicode, but part of a name to people
_LATEX = frozenset("$^`~_")  # symbols to Unicode, but only typesetting
_VERSION = re.compile(r"^(?:arxiv:)?\s*(.*?)(?:v[0-9]+)?$", re.IGNORECASE)


def title_key(title: str) -> str:
    """What identifies a paper by its title; equal for all ways to write one title.

    Spaces and punctuation only matter between two digits: "2.5" is neither "25" nor "2 5". A title
    of which nothing would be left (only punctuation) is its own key. Never empty for a title that
    holds anything but white space.
    """
    text = _FONT.sub("", title)
    for spelling, plain in _SPELLINGS:
        text = text.replace(spelling, plain)
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    key = ""
    gap = ""
    for sign in text:
        if _says_something(sign):
            if gap and key[-1:].isdigit() and sign.isdigit():
                key += "." if gap == "." else " "
            key += _spelled(sign)
            gap = ""
        else:
            gap += sign
    return key or " ".join(title.split())


def arxiv_key(arxiv_id: str) -> str:
    """The id of a paper in all its versions: `arXiv:2501.01234v2` -> `2501.01234`."""
    return _VERSION.sub(r"\1", arxiv_id.strip()).lower()


def merged(old: Entry, new: Entry) -> Entry:
    """The earlier entry with what a later sighting of the same paper adds.

    A newer number of comments wins, and so does an abstract of which the earlier page showed only
    the beginning. All else that the earlier entry has stays, its lines too.
    """
    organisation = old if old.organisation is not None else new
    return replace(
        old,
        abstract=new.abstract if is_clipped(old, new) else old.abstract,
        authors=old.authors if old.authors is not None else new.authors,
        author_names=old.author_names or new.author_names,
        source=old.source if old.source is not None else new.source,
        organisation=organisation.organisation,
        organisation_handle=organisation.organisation_handle,
        published=old.published if old.published is not None else new.published,
        comments=new.comments if new.comments is not None else old.comments,
        arxiv_id=old.arxiv_id if old.arxiv_id is not None else new.arxiv_id,
    )


def resolve(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each paper, in the order of first appearance; duplicates are merged.

    Entries of one title but different arXiv ids stay apart; one of that title without an id goes
    to the first of them.
    """
    papers: dict[int, Entry] = {}
    by_id: dict[str, int] = {}
    by_title: dict[str, dict[int, None]] = {}  # several where ids keep a title apart
    home: dict[int, int] = {}  # where a paper went that turned out to be an earlier one
    for number, entry in enumerate(entries):
        arxiv = arxiv_key(entry.arxiv_id) if entry.arxiv_id is not None else None
        titled = by_title.setdefault(title_key(entry.title), {})
        here = (_at_home(n, home) for n in titled)
        known = [n for n in here if _may_be_one(papers[n], entry)][:1]
        if arxiv in by_id:
            known.append(_at_home(by_id[arxiv], home))
        first = min(known, default=number)
        for other in set(known) - {first}:  # the id shows that two titles are one paper
            papers[first] = merged(papers[first], papers.pop(other))
            home[other] = first
        papers[first] = merged(papers[first], entry) if known else entry
        if arxiv is not None:
            by_id[arxiv] = first
        titled[first] = None
    return list(papers.values())


def _at_home(number: int, home: dict[int, int]) -> int:
    while number in home:
        number = home[number]
    return number


def _may_be_one(one: Entry, other: Entry) -> bool:
    """Whether the ids allow that two entries of one title are one paper."""
    if one.arxiv_id is None or other.arxiv_id is None:
        return True
    return arxiv_key(one.arxiv_id) == arxiv_key(other.arxiv_id)


def is_clipped(old: Entry | Paper, new: Entry | Paper) -> bool:
    """Whether the old abstract is only the beginning of the new one."""
    beginning = old.abstract.rstrip(" .…")
    return len(new.abstract) > len(old.abstract) and new.abstract.startswith(beginning)


def _says_something(sign: str) -> bool:
    if sign in _LATEX:
        return False
    return sign.isalnum() or sign in _MARKS or unicodedata.category(sign)[0] in "SM"


def _spelled(sign: str) -> str:
    """Greek letters by their names, as LaTeX writes them."""
    name = unicodedata.name(sign, "").replace("LAMDA", "LAMBDA")
    return name.split()[-1].lower() if name.startswith("GREEK SMALL LETTER") else sign
