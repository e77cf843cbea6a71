"""Page heads: the buttons and headings above the first paper, and what is glued to them.

A head is some of `new`, the mail-box line, `Subscribe`, `Daily Papers`, `byAK and the research
community` and the page's date, in any order. The site's menus, the tabs of weeks and months, and
what stands at the bottom may be copied with it. Copying glues two things: in the tight layout the
button to the first title (`SubscribeKnowledge ...`), and where one file was appended to another
that lacked its last line feed, a head to the end of a paper. `unglued` takes both apart; the
halves keep the number of their line.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from storage.dumps.details import DateLine, in_parts
from storage.dumps.lines import Line
from storage.dumps.months import month

_MAIL = r"Get trending papers in your email inbox(?:\s+once a day)?!"
_BY = r"by\s*AK and the research community"
_PIECES = rf"(?:(?:new|{_MAIL}|Subscribe|Daily Papers|{_BY})\s*)+"
_HEAD = re.compile(_PIECES, re.IGNORECASE)
_SURE = re.compile(rf"{_MAIL}|{_BY}", re.IGNORECASE)
_TAIL = re.compile(rf"{_PIECES}\Z")
_TAILS = ("new", "!", "Subscribe", "Daily Papers", "community")  # how each piece ends
_MENU = (
    r"Hugging Face(?:['’]s logo)?|Search models, datasets, users\W*|Models|Datasets|Spaces"
    r"|Community|Posts|Docs|Enterprise|Pricing|Log In|Sign Up|Previous|Next|System theme"
    r"|Company|© Hugging Face|TOS|Privacy|About|Careers|Jobs|Website|Inference Endpoints"
)
_PERIOD = (
    r"Daily|Weekly|Monthly|Today|(?:Trending|Weekly|Monthly) Papers|Week [0-9]{1,2}(?:, [0-9]{4})?"
    r"|[A-Z][a-z]{2,8} [0-9]{4}|[A-Z][a-z]{2} [0-9]{1,2} ?[-–] ?(?:[A-Z][a-z]{2} )?[0-9]{1,2}"
)
_CHROME = re.compile(rf"(?:(?:{_MENU}|{_PERIOD})\s*)+")
LONGEST = 300
"""Characters: all pieces on one line, twice."""

# What follows a glued button begins a title: a letter, a digit, or a symbol that goes on no word.
_BUTTON = re.compile(
    rf"(?:new\s*)?(?P<mail>(?:{_MAIL}\s*)*)Subscribe"
    r"(?=[^\W_]|[!?]\w|[^\w\s!?,.:;/&%+'’)\]}‐-―-])"
)
_INFLECTION = re.compile(r"(?:[ds]|rs?(?:hips?)?)\b")  # "Subscribers Prefer ..." is one word


def is_head(text: str) -> bool:
    """Whether a line holds nothing but buttons and headings of a page (its date aside)."""
    is_own = len(text) <= LONGEST and _HEAD.fullmatch(text) is not None
    return is_own or is_chrome(text)


def is_chrome(text: str) -> bool:
    """Whether a line holds nothing but what stands around every page: menus, tabs, footers."""
    if len(text) > LONGEST or _CHROME.fullmatch(text) is None:
        return False
    name = re.fullmatch(r"([A-Z][a-z]+) [0-9]{4}", text)
    return name is None or month(name[1]) is not None


def is_sure_head(text: str) -> bool:
    """Whether a line of a head holds a piece that nothing else says."""
    return len(text) <= LONGEST and _SURE.search(text) is not None


def unglued(lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines with glued ones taken apart, and notes where that was a guess."""
    parts: list[Line] = []
    notes: list[str] = []
    head: list[str] | None = []  # what the head says so far; None within the papers
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if is_head(line.text) or (head is not None and _is_page_date(line.text)):
            head = [*(head or []), line.text]
            parts.append(line)
        elif cut := _button_end(line, following, head):
            if not head and not is_sure_head(line.text[:cut]):
                notes.append(
                    f"Line {line.number} begins with “Subscribe”, which was taken for the button "
                    "glued to a title, though no page head stands above it."
                )
            parts += _halves(line, cut)
            head = None
        elif details := in_parts(line.text):
            who, *others = (replace(line, text=said) for said in details)
            parts += [who, *(replace(one, gap=0) for one in others)]
            head = None
        elif cut := _tail_start(line.text, following):
            parts += _halves(line, cut)
            head = [line.text[cut:]]
        else:
            parts.append(line)
            head = None
    return parts, notes


def _is_page_date(text: str) -> bool:
    date = DateLine.parse(text)
    return date is not None and date.comments is None


def _halves(line: Line, cut: int) -> list[Line]:
    first, second = line.text[:cut].rstrip(), line.text[cut:].lstrip()
    return [replace(line, text=first), replace(line, text=second)]


def _button_end(line: Line, following: Line | None, head: list[str] | None) -> int:
    """Where the title begins in a line that opens with a glued button; 0 where none does.

    A head shows its button once: where it stands on a line of its own, no title is glued to it.
    The mail-box line asks for a button; without that line, only the tight layout glues one.
    """
    match = _BUTTON.match(line.text)
    if match is None or _INFLECTION.match(line.text, match.end()):
        return 0
    if match["mail"]:
        return match.end()
    if head is None or any("subscribe" in piece.lower() for piece in head):
        return 0
    is_tight = following is not None and following.gap == 0
    return match.end() if is_tight or any(map(is_sure_head, head)) else 0


def _tail_start(text: str, following: Line | None) -> int:
    """Where a page head begins at the end of a line; 0 where none does."""
    if not text.endswith(_TAILS):
        return 0
    offset = max(0, len(text) - LONGEST)
    match = _TAIL.search(text, offset)
    if match is None or match.start() == 0:
        return 0
    is_sure = is_sure_head(match[0])
    is_glued = not text[match.start() - 1].isspace()
    goes_on = following is not None and is_head(following.text)
    return match.start() if is_sure or (is_glued and goes_on) else 0
