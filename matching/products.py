"""Products of many queries with many papers, of meaning and of words.

A product gives each query the same figures whatever else is asked for beside it: a digest that is
made alone is the one that is made among a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.words import Terms, find

if TYPE_CHECKING:
    from matching.background import Background
    from matching.pool import View

Floats = npt.NDArray[np.float32]

TOGETHER = 24
"""Rows of a product come in multiples of so many: the kernels of linear algebra add up in another
order for rows that are left over from theirs, and the last digits would tell of the company.
"""


def times(queries: Floats, rows: Floats) -> Floats:
    """(queries, rows) products of rows of one length."""
    many = len(queries)
    if many % TOGETHER:
        padded = np.zeros((many + -many % TOGETHER, queries.shape[1]), dtype=np.float32)
        padded[:many] = queries
        queries = padded
    found: Floats = queries @ rows.T
    return found[:many]


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """Words that many queries ask for, each with a weight."""

    common: sp.csr_array | Floats
    """(queries, the background's common terms); dense where many papers ask together."""
    rare: sp.csr_array
    """(queries, terms) all others."""
    terms: Terms
    """Ascending: the terms of `rare`."""

    @classmethod
    def of(cls, weighed: sp.csr_array, terms: Terms, background: "Background") -> "Asked":
        """weighed: (queries, terms) how much each of `terms`, ascending, is asked for."""
        _, is_common = find(background.common, terms)
        kept = ~is_common[weighed.indices]
        ends = np.concatenate([[0], np.cumsum(kept)])[weighed.indptr]
        rare = sp.csr_array((weighed.data[kept], weighed.indices[kept], ends), shape=weighed.shape)
        return cls(common=laid(weighed, terms, background.common), rare=rare, terms=terms)

    def on(self, view: "View") -> Floats:
        """(queries, papers) BM25 of every paper."""
        if isinstance(self.common, np.ndarray):
            found = times(self.common, view.common)
        else:
            found = self.common @ view.by_common
        rest = self.rarely(view)
        if rest.nnz:
            found += rest.toarray()
        return found

    def rarely(self, view: "View") -> sp.csr_array:
        """(queries, papers) what of it the rare words bring: to few papers anything."""
        rest = laid(self.rare, self.terms, view.bags.columns)
        return rest @ view.by_rare if rest.nnz else sp.csr_array((rest.shape[0], len(view)))


def laid(rows: sp.csr_array, terms: Terms, columns: Terms) -> sp.csr_array:
    """`rows` over `terms`, laid over `columns`; what is not among those is dropped."""
    used = np.flatnonzero(np.bincount(rows.indices, minlength=len(terms)))
    place, here = find(columns, terms[used])
    to = np.full(len(terms), -1, dtype=np.int64)
    to[used[here]] = place[here]
    moved = to[rows.indices]
    kept = moved >= 0
    ends = np.concatenate([[0], np.cumsum(kept)])[rows.indptr]
    return sp.csr_array(
        (rows.data[kept], moved[kept], ends), shape=(rows.shape[0], len(columns)), copy=False
    )


def scaled(
    rows: sp.csr_array, columns: Floats | None = None, each: Floats | None = None
) -> sp.csr_array:
    """`rows` with each column, and each row, multiplied by a weight of its own."""
    data = rows.data
    if columns is not None:
        data = data * columns[rows.indices]
    if each is not None:
        data = data * np.repeat(each, np.diff(rows.indptr))
    return sp.csr_array(
        (data.astype(np.float32, copy=False), rows.indices, rows.indptr), shape=rows.shape
    )


def spread_out(
    rows: sp.csr_array, at: npt.NDArray[np.intp], count: int, each: Floats
) -> sp.csr_array:
    """`rows`, each multiplied by a weight, as those `at`, ascending, of `count`; others are 0."""
    held = np.diff(rows.indptr)
    ends = np.zeros(count + 1, dtype=rows.indptr.dtype)
    ends[at + 1] = held
    return sp.csr_array(
        (
            (rows.data * np.repeat(each, held)).astype(np.float32, copy=False),
            rows.indices,
            np.cumsum(ends, dtype=rows.indptr.dtype),
        ),
        shape=(count, rows.shape[1]),
    )


def cells(
    rows: sp.csr_array,
    places: npt.NDArray[np.intp],
    table: Floats,
    columns: npt.NDArray[np.intp],
) -> Floats:
    """(places,) single numbers of the product `rows @ table`; columns: one for each of `places`."""
    of, held = entries(rows, places)
    each = rows.data[held] * table[rows.indices[held], columns[of]]
    return np.bincount(of, each, minlength=len(places)).astype(np.float32)


def picked(
    rows: sp.csr_array, places: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
) -> Floats:
    """(places,) single numbers of `rows`; columns: one for each of `places`."""
    of, held = entries(rows, places)
    there = rows.indices[held] == columns[of]
    return np.bincount(of[there], rows.data[held[there]], minlength=len(places)).astype(np.float32)


def dots(
    rows: sp.csr_array,
    places: npt.NDArray[np.intp],
    others: sp.csr_array,
    columns: npt.NDArray[np.intp],
) -> Floats:
    """(places,) products of single rows with single `others`: one of `columns` for each place."""
    found = rows[places].multiply(others[columns]).sum(axis=1)
    return np.asarray(found, dtype=np.float32).ravel()


def entries(
    rows: sp.csr_array, places: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each number of the rows at these places: which of the places, and where it stands."""
    starts, counts = rows.indptr[places], np.diff(rows.indptr)[places]
    of = np.repeat(np.arange(len(places)), counts)
    return of, starts[of] + np.arange(len(of)) - (np.cumsum(counts) - counts)[of]


def grouped(
    groups: Sequence[npt.NDArray[np.intp]],
    columns: int,
    voices: Sequence[npt.NDArray[np.float32]] = (),
) -> sp.csr_array:
    """(groups, columns) the mean over each group's columns.

    voices: of each group, how much each of its columns counts beside the others; their mean is 1.
    """
    counts = np.array([len(one) for one in groups], dtype=np.intp)
    every = np.concatenate(groups) if groups else np.zeros(0, dtype=np.intp)
    data = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    if voices:
        data *= np.concatenate(voices)
    return sp.csr_array(
        (data, every, np.concatenate([[0], np.cumsum(counts)])), shape=(len(groups), columns)
    )
