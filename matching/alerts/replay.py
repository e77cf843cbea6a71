"""A query replayed over the papers that are there already, before it is saved.

A person decides by what they would have been sent: so many a week, such papers, so much of it told
by their other alerts. Where that is too much, narrower queries are made from the hits themselves
and run over them, and the one that helps most is offered first.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from matching.alerts.batch import NEVER_MIND, Check
from matching.alerts.comparisons import FIELDS as COMPARED
from matching.alerts.explain import text
from matching.alerts.history import History
from matching.alerts.narrower import Tightening, narrower
from matching.alerts.nodes import And, Text, key
from matching.alerts.percolator import percolate
from matching.alerts.query import Query
from matching.alerts.shown import Shown, highlight
from storage.records import Paper

BROAD_SHARE = 0.05
"""Of all papers: from here on a query is too broad."""

BROAD_WEEK = 25
"""Hits in a mean week: from here on too, however many papers there are."""

_FEWEST = 10  # hits: fewer are not too many, whatever their share
_SAMPLES = 5

_SAID: dict[str, tuple[str, Callable[[Paper], object]]] = {
    "org": ("whose it is", lambda paper: paper.organisation or paper.organisation_handle),
    "author": ("who wrote it", lambda paper: paper.author_names),
    "source": ("where it comes from", lambda paper: paper.source),
    "comments": ("how many comments it has", lambda paper: paper.comments is not None),
    "authors": ("how many authors it has", lambda paper: paper.authors is not None),
}
"""What not every source tells, and whether a paper has it."""


@dataclass(frozen=True, kw_only=True)
class Week:
    """One week of the replay."""

    monday: date
    hits: int
    papers: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A paper that the query would have found, and what shows it."""

    paper: Paper
    shown: Shown


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Hits that another alert would have told as well."""

    position: int
    """Of the other query among those that were given."""
    shared: int
    share: float
    """Of this query's hits, 0 to 1."""
    same: bool
    """Whether the two mean the same."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a query would have found."""

    papers: int
    """How many it was run over."""
    hits: int
    share: float
    """Hits among the papers, 0 to 1."""
    weeks: tuple[Week, ...]
    """By the day a paper was first seen, oldest first, none left out."""
    per_week: float
    """Mean over all these weeks."""
    samples: tuple[Sample, ...]
    """At most five, spread over the hits, newest first."""
    overlaps: tuple[Overlap, ...]
    """Largest first; other alerts that share nothing are left out."""
    is_too_broad: bool
    tightenings: tuple[Tightening, ...]
    """Narrower queries, the most helpful first; none unless it is too broad."""
    notes: tuple[str, ...]
    """What a person should know about these numbers, as sentences."""


def dry_run(
    query: Query,
    papers: Sequence[Paper],
    others: Sequence[Query] = (),
    history: History | None = None,
    check: Check = NEVER_MIND,
) -> DryRun:
    """Replay a query over papers, beside the others that the same person has.

    history: these papers, and perhaps others, as they were read before.  check: called now and
    then; what it raises ends the replay.
    """
    ordered = sorted(papers, key=lambda paper: (paper.first_seen, paper.seq))
    if history is None:
        history = History()
        history.follow(ordered)
    found = percolate(dict(enumerate((query, *others))), ordered, history, check)
    places = found.get(0, ())
    hits = [ordered[place] for place in places]
    weeks = _weeks(ordered, hits)
    share = len(hits) / len(ordered) if ordered else 0.0
    per_week = len(hits) / len(weeks) if weeks else 0.0
    is_too_broad = len(hits) >= _FEWEST and (share > BROAD_SHARE or per_week > BROAD_WEEK)
    return DryRun(
        papers=len(ordered),
        hits=len(hits),
        share=share,
        weeks=weeks,
        per_week=per_week,
        samples=tuple(
            Sample(paper=paper, shown=highlight(query, paper)) for paper in _spread(hits)
        ),
        overlaps=_overlaps(query, others, set(places), found),
        is_too_broad=is_too_broad,
        tightenings=narrower(query, hits, history, check) if is_too_broad else (),
        notes=_notes(query, ordered, hits, weeks, history, check),
    )


def _monday(instant: datetime) -> date:
    day = instant.date()
    return day - timedelta(days=day.weekday())


def _weeks(papers: Sequence[Paper], hits: Sequence[Paper]) -> tuple[Week, ...]:
    if not papers:
        return ()
    arrived = Counter(_monday(paper.first_seen) for paper in papers)
    found = Counter(_monday(paper.first_seen) for paper in hits)
    first, last = min(arrived), max(arrived)
    mondays = (first + timedelta(weeks=i) for i in range((last - first).days // 7 + 1))
    return tuple(Week(monday=day, hits=found[day], papers=arrived[day]) for day in mondays)


def _spread(hits: Sequence[Paper]) -> list[Paper]:
    if len(hits) <= _SAMPLES:
        return [*reversed(hits)]
    return [hits[-1 - i * (len(hits) - 1) // (_SAMPLES - 1)] for i in range(_SAMPLES)]


def _overlaps(
    query: Query,
    others: Sequence[Query],
    places: set[int],
    found: dict[int, tuple[int, ...]],
) -> tuple[Overlap, ...]:
    overlaps = []
    for position, other in enumerate(others):
        shared = len(places.intersection(found.get(position + 1, ())))
        same = other.canonical == query.canonical
        if shared or same:
            share = shared / len(places) if places else 0.0
            overlaps.append(Overlap(position=position, shared=shared, share=share, same=same))
    return tuple(sorted(overlaps, key=lambda one: (not one.same, -one.shared, one.position)))


def _notes(
    query: Query,
    papers: Sequence[Paper],
    hits: Sequence[Paper],
    weeks: Sequence[Week],
    history: History,
    check: Check,
) -> tuple[str, ...]:
    notes = []
    if not papers:
        notes.append("There are no papers yet to try it on.")
    elif len(weeks) == 1:
        notes.append("All papers arrived within one week, so the weekly number is only that week.")
    notes.extend(_never_found(query, papers, history, check) if papers and not hits else ())
    notes.extend(
        f"No stored paper says {what}, so {_written(name)} never held; it will where one does."
        for name, (what, has) in _SAID.items()
        if name in query.needs and papers and not any(map(has, papers))
    )
    return tuple(notes)


def _written(name: str) -> str:
    return f"a comparison of {name}" if name in COMPARED else f"{name}:"


def _never_found(
    query: Query, papers: Sequence[Paper], history: History, check: Check
) -> list[str]:
    """What of a query without hits no paper has at all: a typing error, or one word too many."""
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    asked = [part for part in parts if isinstance(part, Text)]
    alone = {
        place: replace(query, canonical=key(part), plan=part) for place, part in enumerate(asked)
    }
    found = percolate(alone, papers, history, check)
    return [f"No paper has {text(part)}." for place, part in enumerate(asked) if place not in found]
