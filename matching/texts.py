"""The texts of interests as strands, many at a time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.likeness import Docs, lent
from matching.pool import View
from matching.products import Asked, cells, dots, laid, scaled, times
from matching.signals import (
    FULL_SPREAD,
    MEANING,
    WORDS,
    WORDS_FROM,
    fused,
    sums,
    voices,
    words_prior,
)
from matching.strands import Signal, Standing, contrasting, standing
from matching.words import Bags
from storage.records import Vectors

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

HALF, FULL = 0.5, 0.2
"""Of the weight of meaning, in half and in fully whitened space; the rest is plain."""

WORDS_FADE = 0.35
"""Words of a shorter text weigh less by this power of its share of a full description."""

EXPANSION_TOKENS = 30.0
"""Stored papers that speak for a text weigh half as much for one of so many tokens as for one of
none.
"""

EXPANSION_WORDS, EXPANSION_MEANING = 1.0, 0.5

TEXT_SPREAD = 0.8
"""Papers differ less in their likeness to a short text than to a paper: by this much."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Texts:
    """The strands of some texts."""

    query: Floats
    """(texts, 2 * dim) what `View.dense` is multiplied by."""
    own: Asked
    """Their own words, sparse, ..."""
    said: sp.csr_array
    """(texts, stored papers) ... and whose words speak for them."""
    offsets: Floats
    """(2, texts) what is taken off meaning, and words."""
    standing: Standing

    def words(self, rows: slice, view: View, background: Background) -> Floats:
        """(texts, papers) what words bring of these texts to papers that few others ask about."""
        own = Asked(common=self.own.common[rows], rare=self.own.rare[rows], terms=self.own.terms)
        found: Floats = own.on(view)
        said, stored = self.said[rows], background.stored
        if said.nnz:
            borrowed = Asked(
                common=(said @ stored.common) * background.common_idf,
                rare=scaled(said @ stored.rare, stored.idf),
                terms=stored.bags.columns,
            )
            found += borrowed.on(view)
        found -= self.offsets[1][rows][:, None]
        return found

    def words_to(self, docs: Docs, rows: Places, texts: Places, background: Background) -> Floats:
        """(rows,) what words bring to papers that were voted on; texts: one for each of them."""
        view = docs.view
        found = cells(self.own.common, texts, view.common.T, rows)
        rest = laid(self.own.rare, self.own.terms, view.bags.columns)
        if rest.nnz:
            found += dots(rest, texts, view.rare, rows)
        if self.said.nnz:
            to = docs.voted.to(background.stored)
            to.known(docs, np.unique(rows))
            found += cells(self.said, texts, to.words.T, docs.slots[rows])
        found -= self.offsets[1][texts]
        return found


def of_texts(vectors: Vectors, bags: Bags, background: Background) -> Texts:
    """The strands of texts: `vectors` are their (texts, dim) unit vectors, `bags` their words."""
    sample, stored = background.sample, background.stored
    half, full = background.whiten_twice(vectors)
    plain = times(vectors, sample.plain)
    contrast = contrasting(plain, TEXT_SPREAD * background.spread)
    weighed = scaled(bags.counts, background.idf(bags.columns))
    own = Asked.of(weighed, bags.columns, background)
    held = own.on(stored)
    trust = WORDS * np.minimum(1.0, bags.lengths / WORDS_FROM) ** WORDS_FADE
    signals = [
        _meant((1 - HALF - FULL) * MEANING, plain, 0.1, 0.1),
        _meant(HALF * MEANING, times(half, sample.half), 0.0, 0.1),
        _meant(FULL * MEANING, times(full, sample.full), 0.0, FULL_SPREAD * full.shape[1]),
        Signal(
            lexical=True,
            weight=trust.astype(np.float32),
            found=held[:, background.sample_places],
            prior_level=0.0,
            prior_spread=words_prior(sums(weighed)),
        ),
    ]
    first = standing(signals, contrast)
    query, offsets = fused(vectors, half, full, first, background)
    fit = times(query, stored.dense)
    held *= first.factors[3][:, None]
    fit += held
    fit -= offsets.sum(axis=0)[:, None]
    said = voices(fit)
    if not said.nnz:
        own = _each(own, first.factors[3])
        return Texts(query=query, own=own, said=said, offsets=offsets, standing=first)
    centre = said @ stored.half
    signals += _spoken(said, centre, bags.lengths, background)
    whole = standing(signals, contrast)
    query, offsets = fused(vectors, half, full, whole, background)
    query[:, vectors.shape[1] :] += centre * whole.factors[5][:, None]
    return Texts(
        query=query,
        own=_each(own, whole.factors[3]),
        said=scaled(said, each=whole.factors[4]),
        offsets=offsets,
        standing=whole,
    )


def _meant(weight: float, found: Floats, level: float, spread: float) -> Signal:
    return Signal(
        lexical=False,
        weight=np.full(len(found), weight, dtype=np.float32),
        found=found,
        prior_level=level,
        prior_spread=spread,
    )


def _spoken(
    said: sp.csr_array, centre: Floats, tokens: Floats, background: Background
) -> list[Signal]:
    """What the words and the meaning of those that speak for each text bring."""
    sample, stored = background.sample, background.stored
    # One paper alone would only find itself; the more that speak, the less each finds itself.
    alone = sums(sp.csr_array((said.data**2, said.indices, said.indptr), shape=said.shape))
    share = (1 - alone) * EXPANSION_TOKENS / (EXPANSION_TOKENS + tokens)
    share[np.diff(said.indptr) == 0] = 0.0
    heard = said @ lent(sample, background).bm25(said.indices)
    weights = np.asarray(stored.words @ stored.idf, dtype=np.float32)
    return [
        Signal(
            lexical=True,
            weight=(EXPANSION_WORDS * share).astype(np.float32),
            found=heard,
            prior_level=0.0,
            prior_spread=words_prior(said @ weights),
        ),
        Signal(
            lexical=False,
            weight=(EXPANSION_MEANING * share).astype(np.float32),
            found=times(centre, sample.half),
            prior_level=0.0,
            prior_spread=0.1,
        ),
    ]


def _each(own: Asked, factors: Floats) -> Asked:
    return Asked(
        common=scaled(own.common, each=factors),
        rare=scaled(own.rare, each=factors),
        terms=own.terms,
    )
