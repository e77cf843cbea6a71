"""Whether liked papers are found by their words or by their meaning.

The likes themselves tell: each is looked for by the others, against papers of the background. An
author's papers share rare words, a reader's shelf often shares a subject only.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.pool import View
from matching.words import Terms, find

Floats = npt.NDArray[np.float32]

SWAY = 2.5
"""The most that likes may raise or lower the weight of words by."""

TRIED = 20
"""The newest likes, so many, are looked for."""


def evidence(likes: View, background: Background) -> float:
    """How much better words than meaning find each like by the others: 1 where nothing tells.

    Each like in turn stands against the background by its likeness to the other likes.
    """
    ground = background.proving
    if len(likes.plain) < 2 or not len(ground.plain):
        return 1.0
    tried = likes.rows(range(max(0, len(likes.plain) - TRIED), len(likes.plain)))
    terms = tried.bags.columns
    own = tried.words.copy()
    own.data = own.data * background.idf(terms)[own.indices]
    by_words = _held_out((own @ tried.words.T).toarray(), _across(ground, own, terms))
    by_meaning = _held_out(tried.half @ tried.half.T, ground.half @ tried.half.T)
    found = max(by_words, 0.1) / max(by_meaning, 0.1)
    return float(np.clip(found, 1 / SWAY, SWAY))


def _across(ground: View, queries: sp.csr_array, terms: Terms) -> Floats:
    """(ground, queries) BM25 of every ground paper with every query, a row over `terms`."""
    place, here = find(ground.bags.columns, terms)
    kept = here[queries.indices]
    row = np.repeat(np.arange(queries.shape[0]), np.diff(queries.indptr))[kept]
    laid = sp.csr_array(
        (queries.data[kept], (row, place[queries.indices[kept]])),
        shape=(queries.shape[0], len(ground.bags.columns)),
    )
    found: Floats = (ground.words @ laid.T).toarray()
    return found


def _held_out(among: Floats, ground: Floats) -> float:
    """Mean standing of each paper by its likeness to the others, in the ground's deviations."""
    count = len(among)
    inside = (among.sum(axis=1) - among.diagonal()) / (count - 1)
    outside = (ground.sum(axis=1, keepdims=True) - ground) / (count - 1)
    spread = outside.std(axis=0) + 1e-6
    return float(((inside - outside.mean(axis=0)) / spread).mean())
