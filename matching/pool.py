"""Papers made ready for ranking: vectors and counted words, once for all profiles.

A pool is the papers of one digest run, the stored papers that scores are compared with, or the
papers that a profile voted on. What depends on the background is worked out once for each.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching import words
from matching.mutes import Muting
from matching.words import Bags, Terms, find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching.background import Background
    from storage.records import Paper, Vectors

Floats = npt.NDArray[np.float32]

K1, B = 1.2, 0.75
"""BM25 as SQLite's FTS5 has it: https://www.sqlite.org/fts5.html#the_bm25_function"""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A pool as it stands out against one background."""

    dense: Floats
    """(papers, 2 * dim) `plain` beside `half`: what is near in both is one product."""
    full: Floats
    """(papers, dim) centred, whitened: products of two are those of a linear discriminant."""
    bags: Bags
    words: sp.csr_array
    """(papers, terms) saturated counts: BM25 without the term's weight."""
    idf: Floats
    """(terms,) the weight of each term by rarity."""
    norms: Floats
    """(papers,) length of each row of `words` with the terms weighed by rarity: never 0."""
    common: Floats
    """(papers, common terms) `words` for the terms that many papers hold."""
    rare: sp.csr_array
    """(papers, terms) `words` for all others."""
    memory: dict[str, Any] = field(default_factory=dict, repr=False)
    """What was worked out for these papers, to be used again."""

    def __len__(self) -> int:
        return len(self.dense)

    @property
    def plain(self) -> "Vectors":
        """(papers, dim) unit rows as the encoder gave them."""
        return self.dense[:, : self.full.shape[1]]

    @property
    def half(self) -> "Vectors":
        """(papers, dim) centred, half whitened, unit rows."""
        return self.dense[:, self.full.shape[1] :]

    @cached_property
    def by_common(self) -> Floats:
        """`common`, term by term."""
        return np.ascontiguousarray(self.common.T)

    @cached_property
    def by_rare(self) -> sp.csr_array:
        """`rare`, term by term: a few terms are looked up, not all multiplied."""
        return self.rare.T.tocsr()

    def rows(self, chosen: "Sequence[int] | npt.NDArray[np.intp]") -> "View":
        """The same for some papers; where they are all of them, in order, nothing is copied."""
        picked = np.asarray(chosen, dtype=np.intp)
        if len(picked) == len(self) and np.array_equal(picked, np.arange(len(self))):
            return replace(self, memory={})
        return View(
            dense=self.dense[picked],
            full=self.full[picked],
            bags=Bags(
                columns=self.bags.columns,
                counts=self.bags.counts[picked],
                lengths=self.bags.lengths[picked],
            ),
            words=self.words[picked],
            idf=self.idf,
            norms=self.norms[picked],
            common=self.common[picked],
            rare=self.rare[picked],
        )


class Pool:
    """`papers` with their `vectors`, (len(papers), dim) unit rows."""

    def __init__(self, papers: "Sequence[Paper]", vectors: "Vectors") -> None:
        if len(papers) != len(vectors):
            raise ValueError(f"{len(papers)} papers came with {len(vectors)} vectors")
        self.papers = tuple(papers)
        self.vectors = vectors
        self.bags = words.count([f"{paper.title}\n{paper.abstract}" for paper in papers])
        # Weakly: a background holds its own library, which is a pool.
        self._seen: tuple[ref[Background], View] | None = None

    def __len__(self) -> int:
        return len(self.papers)

    @cached_property
    def muting(self) -> Muting:
        """Which of the papers a profile's mutes silence; costs nothing until one is asked for."""
        return Muting(self.papers)

    @cached_property
    def places(self) -> dict[int, int]:
        """The row of each paper by its `seq`."""
        return {paper.seq: place for place, paper in enumerate(self.papers)}

    @cached_property
    def seqs(self) -> npt.NDArray[np.int64]:
        """(papers,) the `seq` of each."""
        return np.array([paper.seq for paper in self.papers], dtype=np.int64)

    @cached_property
    def talk(self) -> npt.NDArray[np.int64]:
        """(papers,) comments on each, as far as they are known."""
        return np.array([paper.comments or 0 for paper in self.papers], dtype=np.int64)

    def view(self, background: "Background") -> View:
        """The pool against `background`; kept until another background asks."""
        seen = self._seen
        if seen is None or seen[0]() is not background:
            seen = (ref(background), see(self.vectors, self.bags, background))
            self._seen = seen
        return seen[1]


def unit(rows: Floats) -> "Vectors":
    """The rows at length 1."""
    found: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return found


def see(vectors: "Vectors", bags: Bags, background: "Background") -> View:
    """What vectors and words look like against `background`."""
    damped = saturate(bags, background.length)
    idf = background.idf(bags.columns)
    squares = (damped**2) @ idf**2
    common, rare = _apart(damped, bags.columns, background.common)
    half, full = background.whiten_twice(vectors)
    return View(
        dense=np.hstack([vectors, half]).astype(np.float32),
        full=full,
        bags=bags,
        words=damped,
        idf=idf,
        norms=np.maximum(np.sqrt(squares), 1e-6).astype(np.float32),
        common=common,
        rare=rare,
    )


def _apart(rows: sp.csr_array, columns: Terms, common: Terms) -> tuple[Floats, sp.csr_array]:
    """`rows` as (rows, common terms) in full, and all other terms of it."""
    place, here = find(common, columns)
    taken = here[rows.indices]
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    full = np.zeros((rows.shape[0], len(common)), dtype=np.float32)
    full[row[taken], place[rows.indices[taken]]] = rows.data[taken]
    ends = np.concatenate([[0], np.cumsum(~taken)])[rows.indptr]
    rest = sp.csr_array((rows.data[~taken], rows.indices[~taken], ends), shape=rows.shape)
    return full, rest


def saturate(bags: Bags, mean_length: float) -> sp.csr_array:
    """(texts, terms) counts as BM25 damps them, longer texts more."""
    row = np.repeat(np.arange(len(bags)), np.diff(bags.counts.indptr))
    damping = K1 * (1 - B + B * bags.lengths / mean_length)
    data = bags.counts.data * (K1 + 1) / (bags.counts.data + damping[row])
    return sp.csr_array(
        (data.astype(np.float32), bags.counts.indices, bags.counts.indptr),
        shape=bags.counts.shape,
    )
