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
from matching.words import Bags, Terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matching.background import Background
    from storage.records import Paper, Vectors

Floats = npt.NDArray[np.float32]

MANY_PAPERS = 200
"""From so many on, a query reads the columns of its own terms and not every paper's every word:
that is what most of the time of a score went into."""

K1, B = 1.2, 0.75
"""BM25 as SQLite's FTS5 has it: https://www.sqlite.org/fts5.html#the_bm25_function"""


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
        """The same as `words`, quick to read a few terms from."""
        return sp.csc_array(self.words)

    def asked(self, terms: Terms, weights: Floats) -> Floats:
        """(papers,) BM25 of each paper, `weights` being how much each of `terms` is asked for."""
        if len(self.plain) < MANY_PAPERS:
            few: Floats = self.words @ self.bags.weights(terms, weights)
            return few
        place, here = words.find(self.bags.columns, terms)
        found: Floats = self.by_term[:, place[here]] @ weights[here]
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
