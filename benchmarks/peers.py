"""The peers' methods, written anew from their descriptions, to be measured beside the product.

Each takes the library (what a person liked), the candidates and a background, and gives a score
per candidate. A person with a text only is a library of that text.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from matching import words
from matching.pool import saturate

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

NEGATIVES = 2000
"""Background papers that stand in for what a person did not like."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """Every text of a task: papers first, then the texts of people without papers."""

    vectors: Floats
    tfidf: sp.csr_matrix
    bm25: sp.csr_array
    """Saturated counts of single words times idf."""
    counts: sp.csr_array
    background: Places
    """Rows of what no one is asked to rank."""


def corpus(texts: list[str], vectors: Floats, background: Places) -> Corpus:
    """`texts` as the peers see them; statistics over the background only."""
    ground = [texts[i] for i in background]
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), max_features=20_000, sublinear_tf=True, stop_words="english"
    ).fit(ground)
    singles = words.count(texts, neighbours=False)
    held = np.bincount(singles.counts[background].indices, minlength=len(singles.columns))
    total = len(background)
    idf = np.log1p((total - held + 0.5) / (held + 0.5)).astype(np.float32)
    damped = saturate(singles, float(singles.lengths[background].mean()))
    return Corpus(
        vectors=vectors,
        tfidf=vectorizer.transform(texts),
        bm25=sp.csr_array(damped.multiply(idf[None, :])),
        counts=singles.counts,
        background=background,
    )


def zotero_arxiv_daily(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """Mean cosine to the library, newest first at weight 1 / (1 + log10(rank))."""
    newest = library[::-1]
    weights = 1 / (1 + np.log10(np.arange(len(newest)) + 1))
    weights /= weights.sum()
    return seen.vectors[candidates] @ (seen.vectors[newest].T @ weights)


def centroid(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """Cosine to the mean of the library."""
    return seen.vectors[candidates] @ seen.vectors[library].mean(axis=0)


def nearest(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """Cosine to the best paper of the library."""
    return (seen.vectors[candidates] @ seen.vectors[library].T).max(axis=1)


def nearest_three(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """Mean cosine to the three best papers of the library."""
    near = np.sort(seen.vectors[candidates] @ seen.vectors[library].T, axis=1)
    return near[:, -3:].mean(axis=1)


def bm25(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """BM25 with all words of the library as the query."""
    query = np.asarray(seen.counts[library].sum(axis=0)).ravel()
    return np.asarray(seen.bm25[candidates] @ query)


def _negatives(seen: Corpus, library: Places) -> Places:
    others = seen.background[~np.isin(seen.background, library)]
    if len(others) <= NEGATIVES:
        return others
    return np.sort(np.random.default_rng(0).choice(others, NEGATIVES, replace=False))


def arxiv_sanity_lite(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """TF-IDF of one and two words, LinearSVC(C=0.01, balanced) against the background."""
    negatives = _negatives(seen, library)
    rows = np.concatenate([library, negatives])
    liked = np.arange(len(rows)) < len(library)
    model = LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)
    return np.asarray(model.fit(seen.tfidf[rows], liked).decision_function(seen.tfidf[candidates]))


def scholar_inbox(seen: Corpus, library: Places, candidates: Places) -> Floats:
    """Logistic regression on embeddings against sampled negatives."""
    negatives = _negatives(seen, library)
    rows = np.concatenate([library, negatives])
    liked = np.arange(len(rows)) < len(library)
    model = LogisticRegression(class_weight="balanced", C=1.0, max_iter=1000)
    found = model.fit(seen.vectors[rows], liked).decision_function(seen.vectors[candidates])
    return np.asarray(found)


PEERS: dict[str, Callable[[Corpus, Places, Places], Floats]] = {
    "zotero-arxiv-daily": zotero_arxiv_daily,
    "arxiv-sanity-lite": arxiv_sanity_lite,
    "Scholar Inbox": scholar_inbox,
    "centroid": centroid,
    "nearest": nearest,
    "nearest 3": nearest_three,
    "BM25": bm25,
}
