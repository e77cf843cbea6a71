"""What texts and liked papers have in common as strands: their weights, and who speaks for them."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.products import times
from matching.strands import Standing

Floats = npt.NDArray[np.float32]

MEANING = 1.0
"""Weight of all signals of meaning together."""

WORDS = 0.5
"""Weight of words, of a text."""

WORDS_FROM = 100.0
"""Tokens of a full description; shorter ones, such as bare titles, trust words less."""

EXPANSION_DOCS, EXPANSION_FROM = 30, 2.0
"""At most so many stored papers speak for a strand, from so many deviations on."""

FULL_SPREAD = 0.05
"""Prior spread of products in fully whitened space, for each dimension."""


def fused(
    plain: Floats, half: Floats, full: Floats, stands: Standing, background: Background
) -> tuple[Floats, Floats]:
    """(strands, 2 * dim) the first three signals, in this order, as one query for `View.dense`, and
    the (2, strands) offsets of what it finds.

    Products in fully whitened space are those of other vectors in the plain one, but for a
    constant.
    """
    turned = full * background.variances ** np.float32(-0.5) * stands.factors[2][:, None]
    folded = times(turned, background.axes)
    query = np.hstack(
        [plain * stands.factors[0][:, None] + folded, half * stands.factors[1][:, None]]
    )
    offsets = stands.offsets.copy()
    offsets[0] += (folded * background.mean).sum(axis=1)
    return query, offsets


def voices(fit: Floats) -> sp.csr_array:
    """(strands, papers) how much each of the stored papers that clearly fit a strand speaks for it:
    together as one, where any does (pseudo-relevance feedback).

    fit: (strands, stored papers) in deviations above the background.
    """
    count = min(EXPANSION_DOCS, fit.shape[1])
    if not count:
        return sp.csr_array(fit.shape, dtype=np.float32)
    best = np.argpartition(fit, fit.shape[1] - count, axis=1)[:, -count:]
    best.sort(axis=1)
    voice = np.maximum(np.take_along_axis(fit, best, axis=1) - np.float32(EXPANSION_FROM), 0)
    heard = voice > 0
    voice /= np.maximum(voice.sum(axis=1, keepdims=True), np.float32(1e-30))
    ends = np.concatenate([[0], np.cumsum(heard.sum(axis=1))])
    return sp.csr_array((voice[heard], best[heard], ends), shape=fit.shape)


def words_prior(weights: Floats) -> Floats:
    """(strands,) an unrelated paper holds next to nothing of what the words weigh together."""
    found: Floats = (0.1 * weights + 1e-6).astype(np.float32)
    return found


def sums(rows: sp.csr_array) -> Floats:
    """(rows,) the sum of each."""
    found: Floats = np.asarray(rows.sum(axis=1), dtype=np.float32).ravel()
    return found
