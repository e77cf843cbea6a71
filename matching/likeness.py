"""Likeness of papers to papers, worked out when it is first asked for and shared by all profiles.

What speaks for a profile are papers, by their meaning and by their words: those that it voted on,
and stored papers that fit it. Many profiles name the same ones, so what the paper brings is looked
up row by row, and a profile's share of the work is to add rows.

The tables are megabytes, and are kept with the view that they are about. They point back to it, and
to the background, weakly: in a circle they would all stay until the garbage collector comes by.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import proxy

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.pool import Pool, View
from matching.products import Asked, scaled, times
from matching.strands import contrasting
from matching.taste import Taste

if TYPE_CHECKING:
    from storage.records import Paper, Vector

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

SHARPNESS = 5.0
"""Of the soft maximum over liked papers."""

KEPT = 8_192
"""Papers that were voted on and are remembered with a background: 70 KB each."""

FILLED = 240
"""Rows that are worked out at a time; a multiple of what a product likes (`products.TOGETHER`)."""


class Rows:
    """(places, columns) numbers; a row is worked out when it is first asked for."""

    def __init__(self, values: Floats) -> None:
        self.values = values
        self._known = np.zeros(len(values), dtype=np.bool_)

    def fill(self, places: Places, make: Callable[[Places], Floats]) -> None:
        """Work out those of the rows that are not known; make: (n,) of `places` -> (n, columns)."""
        missing = np.unique(places[~self._known[places]])
        for first in range(0, len(missing), FILLED):
            some = missing[first : first + FILLED]
            self.values[some] = make(some)
            self._known[some] = True


class Lent:
    """What words find among a view's papers, in one table: a row of ones, the background's common
    terms, then what stored papers' words find, by BM25, and by the cosine of the words.
    """

    def __init__(self, stored: View, view: View, background: Background) -> None:
        self._stored = stored
        self._view: View = proxy(view)
        self._background: Background = proxy(background)
        common, many = 1 + len(background.common), len(stored)
        self._table: Floats = np.empty((common + 2 * many, len(view)), dtype=np.float32)
        self._table[0] = 1
        self.by_common = self._table[1:common]
        """(common terms, papers)"""
        self.by_common[:] = view.by_common
        self._bm25 = Rows(self._table[common : common + many])
        self._cosine = Rows(self._table[common + many :])

    def table(self, bm25: Places, cosine: Places) -> Floats:
        """All of it, of which these places of stored papers are known."""
        self.bm25(bm25)
        self.cosine(cosine)
        return self._table

    def bm25(self, places: Places) -> Floats:
        """(stored, papers), of which these places are known."""
        self._bm25.fill(places, lambda some: self._asked(some).on(self._view))
        return self._bm25.values

    def cosine(self, places: Places) -> Floats:
        """The same over the length of both papers' words, each weighed by rarity."""
        self._cosine.fill(
            places, lambda some: self._weighed(some).on(self._view) / self._view.norms
        )
        return self._cosine.values

    def _asked(self, places: Places) -> Asked:
        return words_of(self._stored.rows(places), self._background)

    def _weighed(self, places: Places) -> Asked:
        some = self._stored.rows(places)
        each = (1 / some.norms).astype(np.float32)
        return words_of(some, self._background, power=2, each=each)


def words_of(
    view: View, background: Background, power: int = 1, each: Floats | None = None
) -> Asked:
    """The words of each paper as a query; each: (papers,) what a query is multiplied by."""
    weights = np.ones(len(view), dtype=np.float32) if each is None else each
    return Asked(
        # One in thirty is not 0: terms looked up one by one take half as long as all of them.
        common=sp.csr_array(view.common * background.common_idf**power * weights[:, None]),
        rare=scaled(view.rare, view.idf**power, weights),
        terms=view.bags.columns,
    )


def lent(view: View, background: Background) -> Lent:
    """What the background's library lends to this view."""
    kept: tuple[View, Lent] | None = view.memory.get("lent")
    if kept is None or kept[0] is not background.stored:
        stored = background.stored
        kept = view.memory["lent"] = (stored, Lent(stored, view, background))
    return kept[1]


class Voted:
    """Papers that profiles voted on, each with a slot."""

    def __init__(self, room: int, background: Background) -> None:
        self._slots: dict[tuple[int, bytes], int] = {}
        self.room = room
        self._background: Background = proxy(background)
        self.spread: Floats = np.zeros(room, dtype=np.float32)
        """(slots,) how far stored papers differ in their likeness to each."""

    def has_room(self, keys: Sequence[tuple[int, bytes]]) -> bool:
        """Whether each of these, all different, has a slot or can have one."""
        new = sum(key not in self._slots for key in keys)
        return len(self._slots) + new <= self.room

    def slots(self, keys: Sequence[tuple[int, bytes]]) -> Places:
        """The slot of each."""
        for key in keys:
            self._slots.setdefault(key, len(self._slots))
        return np.array([self._slots[key] for key in keys], dtype=np.intp)

    def to(self, view: View) -> "Kin":
        """What the papers are to this view's."""
        kept: tuple[Voted, Kin] | None = view.memory.get("kin")
        if kept is None or kept[0] is not self:
            kept = view.memory["kin"] = (self, Kin(self.room, view, self._background))
        return kept[1]


class Kin:
    """(slots, papers) tables of how papers that were voted on are like those of one view."""

    def __init__(self, room: int, view: View, background: Background) -> None:
        """background: a weak one, as that of `Voted`."""
        self._view: View = proxy(view)
        self._background = background
        self._plain, self._half, self._full, self._sharp, self._words = (
            Rows(np.empty((room, len(view)), dtype=np.float32)) for _ in range(5)
        )

    def known(self, docs: "Docs", rows: Places) -> None:
        """Work out what is missing of `sharp` and `words` for these rows of `docs`."""
        slots, row = docs.slots[rows], docs.row
        view = self._view

        def sharp(some: Places) -> Floats:
            found = times(docs.view.half[row[some]], view.half)
            found *= np.float32(SHARPNESS)
            return np.exp(found, out=found)

        self._sharp.fill(slots, sharp)
        self._words.fill(
            slots, lambda some: words_of(docs.view.rows(row[some]), self._background).on(view)
        )

    def known_in_full(self, docs: "Docs", rows: Places) -> None:
        """The same, and of `plain`, `half` and `full`; view: the background's sample."""
        self.known(docs, rows)
        slots, row = docs.slots[rows], docs.row

        def plain(some: Places) -> Floats:
            found = times(docs.view.plain[row[some]], self._view.plain)
            docs.voted.spread[some] = contrasting(found, self._background.spread)
            return found

        self._plain.fill(slots, plain)
        self._half.fill(slots, lambda some: times(docs.view.half[row[some]], self._view.half))
        self._full.fill(slots, lambda some: times(docs.view.full[row[some]], self._view.full))

    @property
    def plain(self) -> Floats:
        """Likeness in the space of the encoder, of what is known."""
        return self._plain.values

    @property
    def half(self) -> Floats:
        """Likeness in half whitened space."""
        return self._half.values

    @property
    def full(self) -> Floats:
        """Products in fully whitened space."""
        return self._full.values

    @property
    def sharp(self) -> Floats:
        """exp(SHARPNESS * likeness in half whitened space)."""
        return self._sharp.values

    @property
    def words(self) -> Floats:
        """BM25 of the view's papers with each paper's words."""
        return self._words.values

    def sharpest(self, groups: Sequence[Places]) -> Floats:
        """(groups, papers) the most of `sharp` of any slot of a group."""
        counts = [len(one) for one in groups]
        found = self.sharp[np.concatenate(groups)]
        if max(counts) == 1:
            return found
        return np.maximum.reduceat(found, np.cumsum([0, *counts])[:-1], axis=0)

    def nearest(self, groups: Sequence[Places]) -> Floats:
        """(groups, papers) the best likeness in half whitened space to any slot of a group."""
        found = self.sharpest(groups)
        np.log(found, out=found)
        found /= np.float32(SHARPNESS)
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Docs:
    """The papers that some tastes voted on, each once."""

    view: View
    slots: Places
    """(docs,)"""
    voted: Voted
    of: tuple[Places, ...]
    """By taste: the row of each of its votes."""

    @cached_property
    def row(self) -> Places:
        """(all slots,) the row of each slot that is here."""
        found = np.zeros(self.voted.room, dtype=np.intp)
        found[self.slots] = np.arange(len(self.slots))
        return found


def docs(tastes: Sequence[Taste], background: Background) -> Docs:
    """The papers that these tastes voted on, with their slots."""
    row: dict[tuple[int, bytes], int] = {}
    papers: list[Paper] = []
    vectors: list[Vector] = []
    of: list[Places] = []
    for taste in tastes:
        rows = np.zeros(len(taste.votes), dtype=np.intp)
        for place, (paper, vector) in enumerate(zip(taste.voted, taste.voted_vectors, strict=True)):
            key = (paper.seq, vector.tobytes())
            there = row.get(key)
            if there is None:
                there = row[key] = len(papers)
                papers.append(paper)
                vectors.append(vector)
            rows[place] = there
        of.append(rows)
    keys = list(row)
    voted: Voted | None = background.memory.get("voted")
    if voted is None or not voted.has_room(keys):
        voted = background.memory["voted"] = Voted(max(KEPT, len(keys)), background)
    slots = voted.slots(keys)
    every = np.array(vectors, dtype=np.float32).reshape(len(papers), len(background.mean))
    return Docs(view=Pool(papers, every).view(background), slots=slots, voted=voted, of=tuple(of))
