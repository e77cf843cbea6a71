"""When two entries are one paper: the same arXiv id, the same DOI, or else the same title.

Pages, feeds and files write one title in several ways (hyphens, case, punctuation, what is left of
LaTeX), so titles are compared by `title_key`. It forgets how a title is written and keeps what it
says: letters, digits, and signs that make another name, as in C and C++.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import compress

from storage.facts import NOTHING
from storage.records import Entry, Paper

# A page may lose the backslash: texttt{D}ual. Other commands keep their name: \mu is mu.
_FONT = re.compile(
    r"\\?(?:text[a-z]{2,}|math[a-z]{2,}|emph|mbox|bm|boldsymbol|underline|operatorname|ensuremath)"
    r"(?=\s*\{)"
    r"|\\(?:rm|bf|it|tt|sc|em|sf|cal|xspace)\b"
)
_SPELLINGS = (("&amp;", "&"), ("&", " and "), ("×", "x"), ("−", "-"))
_ACCENTED = re.compile(r"\\[Hbcdkrtuv](?=\s*\{)")  # \H{o} is ő
_COMMANDS = {
    "times": "x",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "ell": "ℓ",
    "infty": "∞",
    "sim": "∼",
    "neq": "≠",
    "leq": "≤",
    "geq": "≥",
}
_COMMAND = re.compile(rf"\\({'|'.join(_COMMANDS)})(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
# Accents, and how to draw an emoji; the stroke of ≠ says something.
_ACCENTS = re.compile("[\u0300-\u0337\u0339-\u036f\ufe0e\ufe0f]")
_MARKS = frozenset("#*%@")  # punctuation to Unicode, but part of a name to people
_LATEX = frozenset("$^`~_")  # symbols to Unicode, but only typesetting
_SPECIAL = re.compile(r"[\\{&\x01\x02]")
_SAYING = "a-z0-9+<=>|#*%@"  # what `_says_something` keeps of lower-case ASCII
_DIGIT_GAP = re.compile(rf"([0-9])([^{_SAYING}\n]+)(?=[0-9])")
_KEPT = {n: None for n in range(128) if not re.match(f"[{_SAYING}\n]", chr(n))} | {1: ".", 2: " "}
_VERSION = re.compile(r"^(?:arxiv:)?\s*(.*?)(?:v[0-9]+)?$", re.IGNORECASE)


def title_key(title: str) -> str:
    """What identifies a paper by its title; equal for all ways to write one title.

    Spaces and punctuation only matter between two digits: "2.5" is neither "25" nor "2 5". A title
    of which nothing would be left (only punctuation) is its own key. Never empty for a title that
    holds anything but white space.
    """
    if title.isascii() and not _SPECIAL.search(title):
        return _plain_key(title.replace("\n", " ")) or " ".join(title.split())
    if "\\" in title or "{" in title:
        title = _ACCENTED.sub("", _FONT.sub("", title))
        title = _FRACTION.sub(r"\1/\2", title)
        title = _COMMAND.sub(lambda found: _COMMANDS[found[1]], title)
    text = title
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


def _plain_key(title: str) -> str:
    """`title_key` where there is nothing but ASCII without LaTeX: most titles, far faster. Lines
    are titles of their own.
    """
    marked = _DIGIT_GAP.sub(
        lambda gap: gap[1] + ("\x01" if gap[2] == "." else "\x02"), title.lower()
    )
    return marked.translate(_KEPT)


def title_keys(titles: Sequence[str]) -> list[str]:
    """`title_key` of each; of many at once, as far as they are plain, faster."""
    is_plain = [
        title.isascii() and "\n" not in title and not _SPECIAL.search(title) for title in titles
    ]
    said = "\n".join(compress(titles, is_plain))
    keys = iter(_plain_key(said).split("\n"))
    return [
        (next(keys) if plain else title_key(title)) or " ".join(title.split())
        for title, plain in zip(titles, is_plain, strict=True)
    ]


def arxiv_key(arxiv_id: str) -> str:
    """The id of a paper in all its versions: `arXiv:2501.01234v2` -> `2501.01234`."""
    if arxiv_id[:4].isdecimal() and arxiv_id[4:5] == "." and arxiv_id[5:].isdecimal():
        return arxiv_id  # most are whole already
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
        facts=old.facts.merged(new.facts) if new.facts is not NOTHING else old.facts,
    )


def resolve(entries: Iterable[Entry]) -> list[Entry]:
    """One entry for each paper, in the order of first appearance; duplicates are merged.

    Entries of one title but different arXiv ids stay apart; one of that title without an id goes
    to the first of them. So do those of different DOIs whose abstracts differ.
    """
    papers: dict[int, Entry] = {}
    by_id: dict[str, int] = {}  # arXiv ids and DOIs
    by_title: dict[str, dict[int, None]] = {}  # several where ids keep a title apart
    home: dict[int, int] = {}  # where a paper went that turned out to be an earlier one
    for number, entry in enumerate(entries):
        ids = _ids(entry)
        titled = by_title.setdefault(title_key(entry.title), {})
        here = (_at_home(n, home) for n in titled)
        known = [n for n in here if may_be_one(papers[n], entry)][:1]
        # A DOI joins what is on arXiv once with what is there not at all, never two of its papers.
        named = (_at_home(by_id[one], home) for one in ids if one in by_id)
        known += [n for n in named if arxiv_agrees(papers[n], entry)]
        first = min(known, default=number)
        for other in set(known) - {first}:  # the id shows that two titles are one paper
            papers[first] = merged(papers[first], papers.pop(other))
            home[other] = first
        papers[first] = merged(papers[first], entry) if known else entry
        for one in ids:
            by_id.setdefault(one, first)
        titled[first] = None
    return list(papers.values())


def _at_home(number: int, home: dict[int, int]) -> int:
    while number in home:
        number = home[number]
    return number


def may_be_one(one: Entry, other: Entry) -> bool:
    """Whether the ids allow that two entries of one title are one paper.

    A preprint and its journal version have two DOIs and one abstract; two editorials of one title
    have two DOIs and nothing else in common.
    """
    if not arxiv_agrees(one, other):
        return False
    if None in (one.facts.doi, other.facts.doi) or one.facts.doi == other.facts.doi:
        return True
    is_on_arxiv_once = one.arxiv_id is not None and one.arxiv_id == other.arxiv_id
    return is_on_arxiv_once or _beginning(one.abstract) == _beginning(other.abstract) != ""


def arxiv_agrees(one: Entry, other: Entry) -> bool:
    """Whether not both are on arXiv, or both under one id."""
    if one.arxiv_id is None or other.arxiv_id is None:
        return True
    return arxiv_key(one.arxiv_id) == arxiv_key(other.arxiv_id)


def _ids(entry: Entry) -> list[str]:
    """What names the paper, the surest first."""
    arxiv = [] if entry.arxiv_id is None else [arxiv_key(entry.arxiv_id)]
    return arxiv if entry.facts.doi is None else [*arxiv, entry.facts.doi]


def _beginning(abstract: str) -> str:
    return title_key(abstract[:120])[:60] if abstract.strip() else ""


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
