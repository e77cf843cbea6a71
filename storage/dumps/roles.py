"""Which line is what: the roles of all lines of a dump, chosen together.

Head, title, abstract and details follow each other by a small grammar. Every step of it has a
cost, and so has every role that a line does not look like (`looks`); to pass a line over costs more
than to take one that looks a little odd. The cheapest way through the whole text wins (Viterbi
1967; time grows linearly with the lines). So order decides where looks do not, and a paper that
lost its title or its abstract costs its own lines only: the next paper is read right again.

Costs are in nats, set by hand and tried on damaged pages rendered from 14,000 real papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.dumps.details import DateLine
from storage.dumps.heads import is_sure_head
from storage.dumps.lines import Line
from storage.dumps.looks import Form, Place, Role, looks, places

_OPEN = (Role.TITLE, Role.TITLE_WRAP)
_BODY = (Role.ABSTRACT, Role.ABSTRACT_WRAP, Role.PARAGRAPH)
_WHO = (Role.AUTHORS, Role.ORGANISATION)
_ABOVE = (Role.START, Role.HEAD)
_BETWEEN = (*_ABOVE, Role.LOST)
_AFTER: dict[Role, tuple[Role, ...]] = {
    Role.ABSTRACT: _OPEN,
    Role.TITLE_WRAP: _OPEN,
    Role.ABSTRACT_WRAP: _BODY,
    Role.PARAGRAPH: _BODY,
    Role.AUTHORS: (*_BODY, *_WHO),
    Role.ORGANISATION: (*_BODY, *_WHO),
    Role.DOT: (*_WHO, *_BODY),
    Role.DATE: (Role.DOT, *_WHO, *_BODY),
}
"""The only states that these roles can come after: most steps need not be looked at."""

_HOPELESS = 30.0  # a path so much dearer than another never catches up; this halves the time


@dataclass(frozen=True, slots=True)
class _Path:
    """The cheapest way that ends with one role of one line."""

    cost: float
    role: Role
    before: "_Path | None"


def assign(lines: Sequence[Line]) -> list[Role]:
    """The role of each line; never START. Every text has an answer."""
    paths: dict[Role, _Path] = {Role.START: _Path(0.0, Role.START, None)}
    for place in places(lines):
        paths = _advance(paths, place)
    ends = (path for state, path in paths.items() if state not in _OPEN)
    path: _Path | None = min(ends, key=lambda end: end.cost)
    roles: list[Role] = []
    while path is not None and path.before is not None:
        roles.append(path.role)
        path = path.before
    return roles[::-1]


def _advance(paths: dict[Role, _Path], place: Place) -> dict[Role, _Path]:
    """One line further: the cheapest path to each state that the line can leave behind.

    A state is the role of the last line, noise aside.
    """
    costs = looks(place)
    reached: dict[Role, _Path] = {}
    limit = min(path.cost for state, path in paths.items() if state not in _OPEN) + _HOPELESS
    for state, path in paths.items():
        if path.cost > limit:
            continue
        for role, look in costs.items():
            if state not in _AFTER.get(role, (state,)):
                continue
            step = _step(state, role, place)
            if step is None:
                continue
            cost = path.cost + look + step
            left = state if role is Role.NOISE else role
            if left not in reached or cost < reached[left].cost:
                reached[left] = _Path(cost, role, path)
    return reached


def _step(state: Role, role: Role, place: Place) -> float | None:
    """What it costs that a line of this role comes next; None where it cannot."""
    match role:
        case Role.NOISE:
            return _step_to_noise(state, place)
        case Role.ABSTRACT:
            is_parted = state is Role.TITLE or place.line.gap > 0
            return 0.0 if state in _OPEN and is_parted else None
        case Role.TITLE_WRAP:
            return 0.0 if state in _OPEN and _is_wrapped(state, role, place) else None
        case Role.ABSTRACT_WRAP:
            return 0.0 if state in _BODY and _is_wrapped(state, role, place) else None
        case Role.PARAGRAPH:
            return 0.0 if state in _BODY else None
        case Role.AUTHORS | Role.ORGANISATION:
            return 0.0 if state in _BODY else 1.0 if state in _WHO and state is not role else None
        case Role.DOT:
            return 0.0 if state in _WHO else 1.0 if state in _BODY else None
        case Role.DATE:
            return _step_to_date(state, place)
    if state in _OPEN:
        return None  # a title needs its abstract
    if role is Role.LOST and place.form is not Form.TEXT and state not in _BETWEEN:
        return None  # a detail is lost only together with its paper
    return _incomplete(state, place) + (_step_to_head(state, place) if role is Role.HEAD else 0.0)


def _step_to_noise(state: Role, place: Place) -> float:
    after_title = 3.0 if state in _OPEN else 0.0  # an abstract follows its title at once
    if place.form is not Form.TEXT or place.is_plain_noise:
        return after_title
    if state in _ABOVE:
        return -1.5  # above the first paper nothing is lost
    is_half_a_paper = place.next_form is not Form.DOT and not -3.0 <= place.odds <= 0.0
    # What follows a lost title or abstract must not go to the paper before it.
    return after_title + (7.0 if is_half_a_paper else 0.0)


def _is_wrapped(state: Role, role: Role, place: Place) -> bool:
    """Only a spaced page shows that lines belong together: the first of them stood after a gap."""
    first = place.previous
    return state is role or (first is not None and (first.gap > 0 or first.number == 1))


def _step_to_date(state: Role, place: Place) -> float | None:
    if state is Role.DOT:
        return 0.0
    if state in _WHO:
        return 1.0
    return (2.0 if place.has_details else 5.0) if state in _BODY else None


def _step_to_head(state: Role, place: Place) -> float:
    """A head may follow any paper; a weak sign of one costs, lest it be a paper's own line."""
    if place.form is Form.DATE:
        is_page_date = state is Role.HEAD or (state is Role.START and not _has_year(place.line))
        return 0.0 if is_page_date else 3.0
    return 0.0 if state in _ABOVE or is_sure_head(place.line.text) else 1.0


def _has_year(line: Line) -> bool:
    date = DateLine.parse(line.text)
    return date is not None and date.year is not None


def _incomplete(state: Role, place: Place) -> float:
    """What it costs to leave a paper before its last detail, on pages that show details."""
    if state in _BODY:
        return 2.0 if place.has_details else 0.0
    return 1.0 if state in (*_WHO, Role.DOT) else 0.0
