"""Papers made ready for ranking: vectors and counted words, once for all profiles.

A pool is the papers of one digest run, the stored papers that scores are compared with, or the
papers that a profile voted on. What depends on the background is worked out once for each.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

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


MANY, FEW_ENTRIES = 32, 0.1
"""From so many papers on terms are looked up, where they stand in no more than this share of all
entries; otherwise multiplying with all is quicker.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A pool as it stands out against one background."""

    plain: "Vectors"
    """(papers, dim) unit rows as the encoder gave them."""
    half: "Vectors"
    """(papers, dim) centred, half whitened, unit rows."""
    full: Floats
    """(papers, dim) centred, whitened: products of two are those of a linear discriminant."""
    bags: Bags
    words: sp.csr_array
    """(papers, terms) saturated counts: BM25 without the term's weight."""
    norms: Floats
    """(papers,) length of each row of `words` with the terms weighed by rarity: never 0."""

    @cached_property
    def by_term(self) -> sp.csc_array:
        """`words`, one column after the other: a few terms are looked up, not all multiplied."""
        return self.words.tocsc()

    @cached_property
    def _alone(self) -> "dict[int, View]":
        return {}

    def row(self, place: int) -> "View":
        """The same for one paper, made once: many profiles ask why of the same papers."""
        alone = self._alone.get(place)
        if alone is None:
            alone = self._alone[place] = self.rows([place])
        return alone

    def asked(self, terms: Terms, weights: Floats) -> Floats:
        """(papers,) BM25, `weights` being how much each term is asked for."""
        place, here = find(self.bags.columns, terms)
        if len(self.plain) >= MANY:
            columns = self.by_term
            start, end = columns.indptr[place[here]], columns.indptr[place[here] + 1]
            many = end - start
            if many.sum() < len(columns.data) * FEW_ENTRIES:
                # The entries of all these columns: each run begins at its start, goes on by one.
                entries = np.arange(many.sum()) + np.repeat(start - (np.cumsum(many) - many), many)
                each = columns.data[entries] * np.repeat(weights[here], many)
                held = np.bincount(columns.indices[entries], each, minlength=len(self.plain))
                return held.astype(np.float32)
        laid = np.zeros(len(self.bags.columns), dtype=np.float32)
        laid[place[here]] = weights[here]
        found: Floats = self.words @ laid
        return found

    def rows(self, chosen: "Sequence[int] | npt.NDArray[np.intp]") -> "View":
        """The same for some papers."""
        picked = np.asarray(chosen, dtype=np.intp)
        return View(
            plain=self.plain[picked],
            half=self.half[picked],
            full=self.full[picked],
            bags=Bags(
                columns=self.bags.columns,
                counts=self.bags.counts[picked],
                lengths=self.bags.lengths[picked],
            ),
            words=self.words[picked],
            norms=self.norms[picked],
        )


class Pool:
    """`papers` with their `vectors`, (len(papers), dim) unit rows."""

    def __init__(self, papers: "Sequence[Paper]", vectors: "Vectors") -> None:
        if len(papers) != len(vectors):
            raise ValueError(f"{len(papers)} papers came with {len(vectors)} vectors")
        self.papers = tuple(papers)
        self.vectors = vectors
        self.bags = words.count([f"{paper.title}\n{paper.abstract}" for paper in papers])
        self._seen: tuple[Background, View] | None = None

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

    def view(self, background: "Background") -> View:
        """The pool against `background`; kept until another background asks."""
        seen = self._seen
        if seen is None or seen[0] is not background:
            seen = (background, see(self.vectors, self.bags, background))
            self._seen = seen
        return seen[1]


def unit(rows: Floats) -> "Vectors":
    """The rows at length 1."""
    found: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return found


def see(vectors: "Vectors", bags: Bags, background: "Background") -> View:
    """What vectors and words look like against `background`."""
    damped = saturate(bags, background.length)
    squares = (damped**2) @ background.idf(bags.columns) ** 2
    return View(
        plain=vectors,
        half=unit(background.whiten(vectors, 0.25)),
        full=background.whiten(vectors, 0.5),
        bags=bags,
        words=damped,
        norms=np.maximum(np.sqrt(squares), 1e-6).astype(np.float32),
    )


def saturate(bags: Bags, mean_length: float) -> sp.csr_array:
    """(texts, terms) counts as BM25 damps them, longer texts more."""
    row = np.repeat(np.arange(len(bags)), np.diff(bags.counts.indptr))
    damping = K1 * (1 - B + B * bags.lengths / mean_length)
    data = bags.counts.data * (K1 + 1) / (bags.counts.data + damping[row])
    return sp.csr_array(
        (data.astype(np.float32), bags.counts.indices, bags.counts.indptr),
        shape=bags.counts.shape,
    )
