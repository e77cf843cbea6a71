"""What papers are like in general: the ground against which a fit stands out.

Mean, covariance and document frequencies of the stored papers, and papers whose scores tell how
well a profile fits papers at large. Everything shrinks towards priors while papers are few, down
to none at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from matching import words
from matching.pool import Pool, View, unit
from matching.products import times
from matching.words import Terms
from storage.records import Paper, Vectors

LIBRARY = 6000
"""Stored papers kept for looking up what fits an interest, spread evenly over their arrival."""

SAMPLE = 1000
"""Those of them that every profile is scored on."""

PROVING = 300

COMMON, COMMON_FROM = 2000, 0.02
"""Terms that so large a share of papers hold, at most so many, are multiplied in full: looking
each up in turn takes longer.
"""

FEW, PRIOR_SPREAD = 20, 0.11
"""Below so many papers their spread is not measured but taken to be a usual one."""

PRIOR_PAPERS = 50.0
"""Papers that the priors weigh as much as."""

PRIOR_LENGTH = 150.0
"""Tokens of a title with its abstract."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Background:
    """Statistics over stored papers; the same papers give the same figures."""

    version: int
    """The highest `seq` that it knows; 0 for none."""
    papers: int
    """How many papers it was fitted on."""
    mean: Floats
    """(dim,) mean vector."""
    axes: Floats
    """(dim, dim) principal axes, a column each."""
    variances: Floats
    """(dim,) variance along each axis with the mean variance added: never 0."""
    terms: Terms
    """Ascending; single words and pairs of neighbours."""
    frequencies: Floats
    """(terms,) papers that hold each term."""
    length: float
    """Mean tokens of a paper."""
    library: Pool
    memory: dict[str, Any] = field(default_factory=dict, repr=False)
    """What was worked out against this background, to be used again ..."""
    working: Lock = field(default_factory=Lock, repr=False)
    """... by whoever holds this."""

    @cached_property
    def common(self) -> Terms:
        """Ascending: the terms that many papers hold, at most COMMON."""
        most = np.argsort(-self.frequencies, kind="stable")[:COMMON]
        return self.terms[np.sort(most[self.frequencies[most] >= COMMON_FROM * self.papers])]

    @cached_property
    def common_idf(self) -> Floats:
        """(common terms,) their weight by rarity."""
        return self.idf(self.common)

    @cached_property
    def sample(self) -> View:
        """The papers that every profile is scored on."""
        return self.stored.rows(self.sample_places)

    @cached_property
    def sample_places(self) -> npt.NDArray[np.intp]:
        """Their places in the library."""
        return _spread(len(self.library), SAMPLE)

    @property
    def stored(self) -> View:
        """The library as it stands out against its own statistics."""
        return self.library.view(self)

    @cached_property
    def spread(self) -> float:
        """How far stored papers differ in their likeness to one of them: a standard deviation."""
        chosen = self.proving.plain
        if len(chosen) < FEW:
            return PRIOR_SPREAD
        return float(np.sqrt((chosen @ chosen.T).var(axis=0).mean()))

    @cached_property
    def proving(self) -> View:
        """Those of the sample that tell whether a profile is found by words or by meaning."""
        return self.sample.rows(self.proving_places)

    @cached_property
    def proving_places(self) -> npt.NDArray[np.intp]:
        """Their places in the sample."""
        return _spread(len(self.sample), PROVING)

    def idf(self, terms: Terms) -> Floats:
        """(terms,) inverse document frequency as in BM25, never below 0."""
        place, here = words.find(self.terms, terms)
        held = np.zeros(len(terms), dtype=np.float32)
        held[here] = self.frequencies[place[here]]
        total = max(self.papers, PRIOR_PAPERS)
        found: Floats = np.log1p((total - held + 0.5) / (held + 0.5)).astype(np.float32)
        return found

    @cached_property
    def across(self) -> Floats:
        """`axes`, a row each."""
        return np.ascontiguousarray(self.axes.T)

    def whiten(self, vectors: Vectors, power: float) -> Floats:
        """(n, dim) centred rows with the covariance taken to `-power`."""
        return self._scaled(times(vectors - self.mean, self.across), power)

    def whiten_twice(self, vectors: Vectors) -> tuple[Floats, Floats]:
        """(n, dim) centred rows, half whitened and of length 1, and fully whitened."""
        turned = times(vectors - self.mean, self.across)
        return unit(self._scaled(turned, 0.25)), self._scaled(turned, 0.5)

    def _scaled(self, turned: Floats, power: float) -> Floats:
        found: Floats = (turned * self.variances ** np.float32(-power)).astype(np.float32)
        return found


def fit(papers: Sequence[Paper], vectors: Vectors) -> Background:
    """Statistics of `papers`, whose vectors are (len(papers), dim) unit rows."""
    whole = Pool(papers, vectors)
    count = len(papers)
    kept = _spread(count, LIBRARY)
    library = whole if len(kept) == count else Pool([papers[i] for i in kept], vectors[kept])
    mean, axes, variances = _shape(vectors)
    held = np.bincount(whole.bags.counts.indices, minlength=len(whole.bags.columns))
    tokens = float(whole.bags.lengths.sum())
    return Background(
        version=max((paper.seq for paper in papers), default=0),
        papers=count,
        mean=mean,
        axes=axes,
        variances=variances,
        terms=whole.bags.columns,
        frequencies=held.astype(np.float32),
        length=(tokens + PRIOR_LENGTH) / (count + 1),
        library=library,
    )


def _shape(vectors: Vectors) -> tuple[Floats, Floats, Floats]:
    """Mean, axes and variances; few papers are pulled towards a round cloud about the origin."""
    count, dim = vectors.shape
    trust = count / (count + PRIOR_PAPERS)
    mean = vectors.mean(axis=0) if count else np.zeros(dim, dtype=np.float32)
    centred = vectors - mean
    covariance = centred.T @ centred / max(count, 1)
    average = float(np.trace(covariance)) / dim if count >= FEW else 1 / dim
    round_cloud = average * np.eye(dim, dtype=np.float32)
    variances, axes = np.linalg.eigh(trust * covariance + (1 - trust) * round_cloud)
    return (
        (trust * mean).astype(np.float32),
        axes.astype(np.float32),
        (np.maximum(variances, 0) + average).astype(np.float32),
    )


def _spread(count: int, most: int) -> npt.NDArray[np.intp]:
    """Up to `most` places of `count`, evenly apart."""
    if count <= most:
        return np.arange(count, dtype=np.intp)
    return np.linspace(0, count - 1, most).astype(np.intp)
