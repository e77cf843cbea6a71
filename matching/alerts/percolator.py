"""Many queries over new papers: which query hits which papers.

Queries of one meaning run once, whoever asks them; they are prepared once, however many dumps come.
Papers are taken in batches, so that memory depends on the batch and not on how many papers there
are.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from matching.alerts.asked import Asked
from matching.alerts.batch import NEVER_MIND, Batch, Check, Known, Papers, places, texts
from matching.alerts.nodes import And, Comparison, Leaf, Node, Not, Or, Text, leaves
from matching.alerts.nodes import key as key_of
from matching.alerts.query import Query
from storage.records import Entry, Paper

BATCH = 1_000
"""Papers at a time."""

_FEWEST_DEAD = 1_000  # queries: fewer are carried along

K = TypeVar("K", bound=Hashable)


class Percolator(Generic[K]):
    """Queries under the keys of those who ask them, run over any number of dumps.

    It is kept between dumps: queries may be added and discarded at any time, each at its own cost.
    """

    def __init__(self, queries: Mapping[K, Query] | None = None) -> None:
        self._clear()
        for key, query in (queries or {}).items():
            place = self._places.get(query.canonical)
            if place is None:
                self._put(query.canonical, query.plan, [key])
            else:
                self._askers[place].append(key)
                self._of_key[key] = place

    def _clear(self) -> None:
        self._places: dict[str, int] = {}
        """By the canonical form of a query, where its plan stands."""
        self._plans: list[Node | None] = []
        """None: nobody asks it any more."""
        self._askers: list[list[K]] = []
        self._of_key: dict[K, int] = {}
        self._shared: dict[str, Leaf] = {}
        self._asked = Asked()
        self._always: set[int] = set()
        """Plans that every batch is asked."""
        self._anchored: dict[int, list[int]] = {}
        """The other plans, by numbers of which a hit has at least one."""
        self._dead = 0

    def add(self, key: K, query: Query) -> None:
        """Run a query for a key, in the place of what was run for it before."""
        if key in self._of_key:
            self.discard(key)
        place = self._places.get(query.canonical, -1)
        if place < 0 or self._plans[place] is None:
            self._put(query.canonical, query.plan, [key])
        else:
            self._askers[place].append(key)
            self._of_key[key] = place

    def discard(self, key: K) -> None:
        """Run nothing for a key any more."""
        place = self._of_key.pop(key, None)
        if place is None:
            return
        self._askers[place].remove(key)
        if not self._askers[place]:
            self._plans[place] = None
            self._always.discard(place)
            self._dead += 1
            # What a dead plan asked about is still looked for: once most are dead, all begin anew.
            if self._dead > max(_FEWEST_DEAD, len(self._plans) // 2):
                self._compact()

    def _put(self, canonical: str, plan: Node, keys: list[K]) -> None:
        place = self._places[canonical] = len(self._plans)
        self._plans.append(self._prepared(plan))
        self._askers.append(keys)
        self._anchor(place)
        for key in keys:
            self._of_key[key] = place

    def _prepared(self, plan: Node) -> Node:
        made, known = _prepared(plan, self._shared), self._asked.questions
        for leaf in leaves(made):
            if isinstance(leaf, Text) and leaf not in known:
                self._asked.add(leaf)
        return made

    def _anchor(self, place: int) -> None:
        plan = self._plans[place]
        anchors = _anchors(plan, self._asked) if plan is not None else ()
        if anchors is None:
            self._always.add(place)
        for anchor in anchors or ():
            self._anchored.setdefault(anchor, []).append(place)

    def _compact(self) -> None:
        names = {place: canonical for canonical, place in self._places.items()}
        alive = [
            (names[place], plan, self._askers[place])
            for place, plan in enumerate(self._plans)
            if plan is not None
        ]
        self._clear()
        for canonical, plan, keys in alive:
            self._put(canonical, plan, keys)

    @property
    def distinct(self) -> int:
        """How many different queries there are."""
        return len(self._plans) - self._dead

    def run(
        self, papers: Sequence[Paper], known: Known | None = None, check: Check = NEVER_MIND
    ) -> dict[K, tuple[int, ...]]:
        """The hits of each key that has any: places in `papers`, ascending.

        known: these papers as they were read before.  check: called now and then; may raise.
        """
        among = None if known is None else (known, self._asked.among(known.words_of))
        hits: dict[int, list[int]] = {}
        for start in range(0, len(papers), BATCH):
            with Batch(papers[start : start + BATCH], self._asked, among, check) as batch:
                for place in self._worth_asking(batch):
                    plan = self._plans[place]
                    found = 0 if plan is None else _run(plan, batch, batch.every)
                    if found:
                        hits.setdefault(place, []).extend(start + i for i in places(found))
        self._asked.foresee(())
        return {
            key: papers_hit
            for place, found in sorted(hits.items())
            for papers_hit in (tuple(found),)
            for key in self._askers[place]
        }

    def rehearse(self, papers: Sequence[Paper]) -> None:
        """Read papers as `run` does: it will know their words, and so most words of others."""
        with Batch(papers, self._asked):
            pass

    def foresee(self, entries: Sequence[Entry]) -> None:
        """Read papers of which most are about to be run over, while they are being stored."""
        columns = self._asked.columns
        self._asked.foresee(
            text
            for entry in entries[:BATCH]
            for column, text in texts(entry).items()
            if column in columns
        )

    def _worth_asking(self, batch: Batch) -> set[int]:
        """The plans that may hit: the batch has something that each of them cannot do without."""
        worth = set(self._always)
        for number in batch.present:
            worth.update(self._anchored.get(number, ()))
        return worth


def percolate(
    queries: Mapping[K, Query],
    papers: Sequence[Paper],
    known: Known | None = None,
    check: Check = NEVER_MIND,
) -> dict[K, tuple[int, ...]]:
    """`Percolator(queries).run(papers, known, check)`, for queries that run once only."""
    return Percolator(queries).run(papers, known, check)


def _run(plan: Node, batch: Batch, among: Papers) -> Papers:
    """The papers of `among` that a plan finds."""
    if isinstance(plan, And):
        for part in plan.parts:
            among = _run(part, batch, among)
            if not among:
                return 0
        return among
    if isinstance(plan, Or):
        found = 0
        for part in plan.parts:
            found |= _run(part, batch, among & ~found)
        return found
    if isinstance(plan, Not):
        return among & ~_run(plan.part, batch, among)
    return batch.holding(plan, among) & among


def _anchors(plan: Node, asked: Asked) -> tuple[int, ...] | None:
    """Numbers of which every hit has at least one; None where there are no such numbers."""
    match plan:
        case And(parts=parts):
            # What costs most comes last and is rarest: a phrase before a word, never what is out.
            kept = [found for part in parts if (found := _anchors(part, asked)) is not None]
            return kept[-1] if kept else None
        case Or(parts=parts):
            each = [_anchors(part, asked) for part in parts]
            known = [found for found in each if found is not None]
            return None if len(known) < len(each) else tuple({n for one in known for n in one})
        case Text():
            return asked.questions[plan].anchors
        case _:
            return None


def _prepared(plan: Node, shared: dict[str, Leaf]) -> Node:
    """The same plan: single words first, what is left out last, equal leaves one object."""
    match plan:
        case And(parts=parts):
            return And(parts=tuple(sorted((_prepared(one, shared) for one in parts), key=_cost)))
        case Or(parts=parts):
            return Or(parts=tuple(sorted((_prepared(one, shared) for one in parts), key=_cost)))
        case Not(part=part):
            return Not(part=_prepared(part, shared))
        case Text() | Comparison():
            return shared.setdefault(key_of(plan), plan)


def _cost(plan: Node) -> int:
    match plan:
        case And(parts=parts) | Or(parts=parts):
            return max(map(_cost, parts)) + 1
        case Not(part=part):
            return _cost(part) + 100
        case Text():
            return max(len(form.runs) + len(form.runs[0].tokens) for form in plan.forms)
        case _:
            return 3
