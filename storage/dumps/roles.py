"""Which line is what: the roles of all lines of a dump, chosen together.

Head, title, abstract and details follow each other by a small grammar. Every step of it has a
cost, and so has every role that a line does not look like (`looks`); to pass a line over costs more
than to take one that looks a little odd. The cheapest way through the whole text wins (Viterbi
1967; time grows linearly with the lines). So order decides where looks do not, and a paper that
lost its title or its abstract costs its own lines only: the next paper is read right again.

Costs are in nats, set by hand and tried on damaged pages rendered from 14,000 real papers.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

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


_Path: TypeAlias = "tuple[float, Role, _Path | None]"
"""The cheapest way that ends with one role of one line: its cost, that role, the way before it."""


class _Shape(NamedTuple):
    """What of a place decides what the steps to it cost: few places differ in it."""

    form: Form
    has_details: bool
    has_gap: bool
    is_after_gap: bool
    """The line before it stood after a gap, or at the top."""
    is_before_dot: bool
    is_plain_noise: bool
    is_label: bool
    is_half_a_paper: bool
    is_sure_head: bool
    has_year: bool

    @classmethod
    def of(cls, place: Place) -> "_Shape":
        before, is_text = place.previous, place.form is Form.TEXT
        return cls(
            form=place.form,
            has_details=place.has_details,
            has_gap=place.line.gap > 0,
            is_after_gap=before is not None and (before.gap > 0 or before.number == 1),
            is_before_dot=place.next_form is Form.DOT,
            is_plain_noise=place.is_plain_noise,
            is_label=place.is_label,
            is_half_a_paper=not -3.0 <= place.odds <= 0.0,
            is_sure_head=not is_text and is_sure_head(place.line.text),
            has_year=not is_text and _has_year(place.line),
        )


def assign(lines: Sequence[Line]) -> list[Role]:
    """The role of each line; never START. Every text has an answer."""
    paths: dict[Role, _Path] = {Role.START: (0.0, Role.START, None)}
    for place in places(lines):
        paths = _advance(paths, place)
    ends = (path for state, path in paths.items() if state not in _OPEN)
    path: _Path | None = min(ends, key=_cost)
    roles: list[Role] = []
    while path is not None and path[2] is not None:
        roles.append(path[1])
        path = path[2]
    return roles[::-1]


def _cost(path: _Path) -> float:
    return path[0]


def _advance(paths: dict[Role, _Path], place: Place) -> dict[Role, _Path]:
    """One line further: the cheapest path to each state that the line can leave behind.

    A state is the role of the last line, noise aside.
    """
    costs = looks(place)
    steps_from = _steps_from(_Shape.of(place))
    reached: dict[Role, _Path] = {}
    limit = min(path[0] for state, path in paths.items() if state not in _OPEN) + _HOPELESS
    for state, path in paths.items():
        if path[0] > limit:
            continue
        steps = steps_from[state]
        for role, look in costs.items():
            step = steps.get(role)
            if step is None:
                continue
            cost = path[0] + look + step
            left = state if role is Role.NOISE else role
            if left not in reached or cost < reached[left][0]:
                reached[left] = (cost, role, path)
    return reached


@cache
def _steps_from(shape: _Shape) -> dict[Role, dict[Role, float]]:
    """What it costs that a line comes next, by the state before it and by its role."""
    return {state: _steps(state, shape) for state in Role}


def _steps(state: Role, shape: _Shape) -> dict[Role, float]:
    """The same from one state; roles that cannot come next are left out."""
    after = (role for role in Role if state in _AFTER.get(role, (state,)))
    return {role: step for role in after if (step := _step(state, role, shape)) is not None}


def _step(state: Role, role: Role, shape: _Shape) -> float | None:
    """What it costs that a line of this role comes next; None where it cannot."""
    match role:
        case Role.NOISE:
            return _step_to_noise(state, shape)
        case Role.ABSTRACT:
            is_parted = state is Role.TITLE or shape.has_gap
            return 0.0 if state in _OPEN and is_parted else None
        case Role.TITLE_WRAP:
            return 0.0 if state in _OPEN and _is_wrapped(state, role, shape) else None
        case Role.ABSTRACT_WRAP:
            return 0.0 if state in _BODY and _is_wrapped(state, role, shape) else None
        case Role.PARAGRAPH:
            return 0.0 if state in _BODY else None
        case Role.AUTHORS | Role.ORGANISATION:
            return 0.0 if state in _BODY else 1.0 if state in _WHO and state is not role else None
        case Role.DOT:
            return 0.0 if state in _WHO else 1.0 if state in _BODY else None
        case Role.DATE:
            return _step_to_date(state, shape)
    if state in _OPEN:
        return None  # a title needs its abstract
    if role is Role.LOST and shape.form is not Form.TEXT and state not in _BETWEEN:
        return None  # a detail is lost only together with its paper
    return _incomplete(state, shape) + (_step_to_head(state, shape) if role is Role.HEAD else 0.0)


def _step_to_noise(state: Role, shape: _Shape) -> float:
    if shape.is_label:
        return 0.0  # wherever it stands
    after_title = 3.0 if state in _OPEN else 0.0  # an abstract follows its title at once
    if shape.form is not Form.TEXT or shape.is_plain_noise:
        return after_title
    if state in _ABOVE:
        return -1.5  # above the first paper nothing is lost
    # What follows a lost title or abstract must not go to the paper before it.
    return after_title + (7.0 if shape.is_half_a_paper and not shape.is_before_dot else 0.0)


def _is_wrapped(state: Role, role: Role, shape: _Shape) -> bool:
    """Only a spaced page shows that lines belong together: the first of them stood after a gap."""
    return state is role or shape.is_after_gap


def _step_to_date(state: Role, shape: _Shape) -> float | None:
    if state is Role.DOT:
        return 0.0
    if state in _WHO:
        return 1.0
    return (2.0 if shape.has_details else 5.0) if state in _BODY else None


def _step_to_head(state: Role, shape: _Shape) -> float:
    """A head may follow any paper; a weak sign of one costs, lest it be a paper's own line."""
    if shape.form is Form.DATE:
        is_page_date = state is Role.HEAD or (state is Role.START and not shape.has_year)
        return 0.0 if is_page_date else 3.0
    return 0.0 if state in _ABOVE or shape.is_sure_head else 1.0


def _has_year(line: Line) -> bool:
    date = DateLine.parse(line.text)
    return date is not None and date.year is not None


def _incomplete(state: Role, shape: _Shape) -> float:
    """What it costs to leave a paper before its last detail, on pages that show details."""
    if state in _BODY:
        return 2.0 if shape.has_details else 0.0
    return 1.0 if state in (*_WHO, Role.DOT) else 0.0
