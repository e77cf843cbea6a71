"""What a line could be, judged by itself and its neighbours: the roles it may play, with costs.

Furniture and details have a form that says what they are. All other lines are text, which may be
a title, an abstract, an organisation or something to pass over. `roles` puts the lines in order.
Costs are in nats.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import lru_cache
from itertools import pairwise

from storage.dumps import details
from storage.dumps.heads import LONGEST as LONGEST_HEAD
from storage.dumps.heads import is_head
from storage.dumps.lines import Line
from storage.dumps.prose import LOOKED_AT, ends_sentence, prose, softplus, strangeness, width


class Form(IntEnum):
    """What a line is plainly, whatever stands around it."""

    HEAD = auto()
    AUTHORS = auto()
    DOT = auto()
    DATE = auto()
    """A paper's date or, with nothing behind it, perhaps the page's."""
    TEXT = auto()


class Role(IntEnum):
    """What a line is in the order of the page."""

    START = auto()
    """Before the first line."""
    HEAD = auto()
    """Page furniture: a button, a heading or the page's date."""
    TITLE = auto()
    TITLE_WRAP = auto()
    """A title goes on in the next line."""
    ABSTRACT = auto()
    ABSTRACT_WRAP = auto()
    """An abstract goes on in the next line."""
    PARAGRAPH = auto()
    """An abstract goes on after a gap, or where a sentence was torn apart."""
    AUTHORS = auto()
    ORGANISATION = auto()
    DOT = auto()
    DATE = auto()
    LOST = auto()
    """Of a paper that cannot be read: title without abstract, the reverse, or their details."""
    NOISE = auto()
    """Passed over; the paper around it goes on."""


_LOST = 6.0
_LOST_DETAIL = 1.0  # details come with their paper
_NOISE = 7.0
_PLAIN_NOISE = 3.0
_FORM_AS_NOISE = 4.0
_LABEL_AS_NOISE = 0.5
_ABSTRACT_WEIGHT = 3.0  # a title taken for an abstract is worse than a title lost
_ABSTRACT_BONUS = 1.0  # so that a doubtful one still costs no more than as a title
_LONG_ABSTRACT = 2_000  # characters; arXiv takes 1,920
_TORN_OFF = 120  # characters; shorter lines are titles, and some titles begin in lower case
_FULL_LINE = 0.75
_SHORT_TITLES = ((4, 6.0), (10, 3.0))
_SHORT_ABSTRACTS = ((15, 12.0), (22, 3.0))  # the shortest sentence that says what was done
_LABEL = 60  # characters; buttons and labels are shorter
_LABEL_STANDS = 3  # times, each before another line


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A line with what stands around it, measured once."""

    line: Line
    form: Form
    previous: Line | None
    next_form: Form | None
    paragraph: str
    """The line with those that plainly go on from it, as far as one needs to tell what it is."""
    odds: float
    """`prose` of the line; 0 where it is no text."""
    strange: float
    """`strangeness` of the line; likewise."""
    has_details: bool
    """Whether any line of the dump is plainly a detail line."""
    is_label: bool
    """Whether it is among `labels`."""

    @property
    def is_plain_noise(self) -> bool:
        """Hardly a word in it."""
        return self.strange >= _LOST


def places(lines: Sequence[Line]) -> Iterator[Place]:
    """Every line at its place, in order."""
    forms = [form_of(line.text) for line in lines]
    has_details = Form.AUTHORS in forms or Form.DOT in forms
    known = labels(lines, forms)
    for i, line in enumerate(lines):
        is_text = forms[i] is Form.TEXT
        yield Place(
            line=line,
            form=forms[i],
            previous=lines[i - 1] if i else None,
            next_form=forms[i + 1] if i + 1 < len(lines) else None,
            paragraph=_paragraph(lines, forms, i) if is_text else line.text,
            odds=prose(line.text) if is_text else 0.0,
            strange=strangeness(line.text) if is_text else 0.0,
            has_details=has_details,
            is_label=line.text in known,
        )


def labels(lines: Sequence[Line], forms: Sequence[Form]) -> set[str]:
    """Short lines that stand again and again before different ones: `Abstract`, `Read more`.

    A title that stands on several pages has its abstract behind it each time, and an organisation
    its dot or its date; the end of a wrapped title stands before a gap.
    """
    followers: dict[str, set[str]] = defaultdict(set)
    for (line, form), (following, next_form) in pairwise(zip(lines, forms, strict=True)):
        is_end = line.gap == 0 and following.gap > 0
        is_text = form is Form.TEXT and next_form not in (Form.DOT, Form.DATE)
        if len(line.text) < _LABEL and is_text and not is_end:
            followers[line.text].add(following.text)
    return {
        text
        for text, texts in followers.items()
        if len(texts) >= _LABEL_STANDS or text.casefold().rstrip(":") == "abstract"
    }


def _paragraph(lines: Sequence[Line], forms: Sequence[Form], i: int) -> str:
    """Lines without a gap between them are one paragraph where a gap stands before the first."""
    text = lines[i].text
    is_block = i == 0 or lines[i].gap > 0
    for k in range(i + 1, len(lines)):
        goes_on = (is_block and lines[k].gap == 0) or is_torn(lines[k - 1], lines[k])
        if not goes_on or forms[k] is not Form.TEXT or len(text) >= LOOKED_AT:
            break
        text += " " + lines[k].text
    return text


def is_torn(line: Line, following: Line) -> bool:
    """Whether a sentence was torn apart between two lines."""
    end = line.text[-1:]
    if len(line.text) < _TORN_OFF:
        return False
    return following.text[:1].islower() and (end.isalnum() or end in ("-", ",", ";", "("))


def form_of(text: str) -> Form:
    """What a line is plainly."""
    return Form.TEXT if len(text) > LONGEST_HEAD else _short_form(text)  # details are shorter still


@lru_cache(maxsize=1 << 12)
def _short_form(text: str) -> Form:
    if is_head(text):
        return Form.HEAD
    if details.authors(text) is not None:
        return Form.AUTHORS
    if details.is_dot(text):
        return Form.DOT
    return Form.TEXT if details.DateLine.parse(text) is None else Form.DATE


def looks(place: Place) -> dict[Role, float]:
    """The roles that a line may play, with what its looks cost in each."""
    match place.form:
        case Form.TEXT:
            return _looks_of_text(place)
        case Form.HEAD:
            roles = {Role.HEAD: 0.0}
        case Form.AUTHORS:
            roles = {Role.AUTHORS: 0.0, Role.LOST: _LOST_DETAIL}
        case Form.DOT:
            roles = {Role.DOT: 0.0, Role.LOST: _LOST_DETAIL}
        case Form.DATE:
            roles = {Role.DATE: 0.0, Role.LOST: _LOST_DETAIL}
            date = details.DateLine.parse(place.line.text)
            if date is not None and date.comments is None:
                roles[Role.HEAD] = 0.0
    return {**roles, Role.NOISE: _FORM_AS_NOISE}  # but never a title


def doubt(title: str, abstract: str) -> float:
    """How little two texts look like title and abstract of one paper: below 1 for most that are."""
    strange = strangeness(title) + strangeness(abstract)
    return _as_title(title, prose(title)) + _as_abstract(abstract, prose(abstract)) + strange


def _as_title(text: str, odds: float) -> float:
    return softplus(odds) + _if_short(text, _SHORT_TITLES)


def _as_abstract(text: str, odds: float) -> float:
    as_prose = _ABSTRACT_WEIGHT * softplus(-odds - _ABSTRACT_BONUS)
    return as_prose + _if_short(text, _SHORT_ABSTRACTS)


def _if_short(text: str, costs: Sequence[tuple[int, float]]) -> float:
    return next((cost for size, cost in costs if width(text) < size), 0.0)


def _looks_of_text(place: Place) -> dict[Role, float]:
    text, odds, strange = place.line.text, place.odds, place.strange
    if not text:
        return {Role.NOISE: _PLAIN_NOISE}  # invisible signs only
    as_title = _as_title(text, odds) + strange
    as_abstract = _as_abstract(text, odds) + strange
    roles = {
        Role.TITLE: as_title,
        Role.ABSTRACT: as_abstract,
        Role.PARAGRAPH: _as_paragraph(place, as_abstract),
        Role.LOST: _LOST,
        Role.NOISE: _PLAIN_NOISE if place.is_plain_noise else _NOISE,
    }
    if place.is_label:
        roles[Role.NOISE] = _LABEL_AS_NOISE
    if place.paragraph != text:
        roles[Role.ABSTRACT] = _as_abstract(place.paragraph, prose(place.paragraph)) + strange
    if place.line.gap == 0 and place.previous is not None:
        roles[Role.TITLE_WRAP] = as_title + 1.0
        is_full = len(place.previous.text) >= _FULL_LINE * len(text)
        roles[Role.ABSTRACT_WRAP] = 0.3 if is_full else 4.0  # lines break where they are full
    if (cost := _as_organisation(place)) is not None:
        roles[Role.ORGANISATION] = cost
        if place.next_form is Form.DOT:
            roles[Role.LOST] = _LOST_DETAIL
    return roles


def _as_paragraph(place: Place, as_abstract: float) -> float:
    before = place.previous
    if before is None:
        return _LOST
    if is_torn(before, place.line):
        return 3.0 + min(as_abstract, 4.0)
    is_too_long = len(before.text) + len(place.line.text) > _LONG_ABSTRACT
    if is_too_long or not ends_sentence(before.text):
        return as_abstract + 12.0
    return as_abstract + 8.0


def _as_organisation(place: Place) -> float | None:
    """An organisation has the shape of many titles: what follows it, or its name, must tell."""
    found = details.organisation(place.line.text)
    if found is None:
        return None
    is_sentence = place.line.gap == 0 and place.line.text.endswith(".")
    as_sentence = 2.0 if is_sentence else 0.0
    if place.next_form is Form.DOT:
        return as_sentence
    if place.next_form is Form.DATE:
        return 1.0 + as_sentence
    handle, name = found
    is_alone = place.has_details and handle != name and details.is_named_after(handle, name)
    return 4.0 if is_alone else None
