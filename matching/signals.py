"""How strongly papers show what one strand of a profile asks for, by meaning and by words.

A strand is the text of one interest, or a set of liked papers. Each of its signals is a number per
paper, counted in standard deviations above the background's own papers, so that signals of any
scale add up; the weights follow the evidence that the strand has to offer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from matching.background import Background
from matching.pool import View
from matching.words import Bags, Terms, find
from storage.records import Vector, Vectors

Floats = npt.NDArray[np.float32]

MEANING = 1.0
"""Weight of all signals of meaning together."""

WORDS = 0.5
"""Weight of words where the likes themselves do not tell otherwise."""

WORDS_FROM = 100.0
"""Tokens of a full description; shorter ones, such as bare titles, trust words less ..."""

WORDS_FADE = 0.25
"""... by this power of their share of it."""

PROOF = 2.0
"""Likes after which what they tell of words against meaning counts half."""

SWAY = 2.5
"""The most that likes may raise or lower the weight of words by."""

MANY = 20.0
"""Likes at which whitened space, which needs many, weighs as much as the plain ones."""

SHARPNESS = 5.0
"""Of the soft maximum over liked papers."""

EXPANSION_DOCS, EXPANSION_FROM = 30, 2.0
"""At most so many stored papers speak for an interest, from so many deviations on ..."""

EXPANSION_TOKENS = 30.0
"""... and weigh half as much for a text of so many tokens as for one of none."""

EXPANSION_WORDS, EXPANSION_MEANING = 1.0, 0.5

TRIED = 40
"""Newest likes that take part in weighing words against meaning."""

TEXT_SPREAD = 0.8
"""Papers differ less in their likeness to a short text than to a paper: by this much."""

PRIOR = 5.0
"""Papers that the prior scale of a signal weighs as much as."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Signal:
    """One number per paper."""

    lexical: bool
    """Of words; otherwise of meaning."""
    weight: float
    measure: Callable[[View], Floats]
    level: float
    """Mean over the background."""
    spread: float
    """Standard deviation over the background."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Strand:
    """Signals that belong together; `measure` gives them in deviations above the background."""

    signals: tuple[Signal, ...]
    level: float
    """Median of the weighted sum over the background: most papers do not fit, whatever fits."""
    unit: float
    """What counts as one deviation of the weighted sum."""
    contrast: float
    """Standard deviation over the background of what `measure` gives."""
    apart: Callable[[View], Floats] | None = None
    """(likes,) what each like adds for one paper, where the strand is made of likes."""

    def measure(self, view: View) -> Floats:
        """(2, papers) what meaning and what words bring, in deviations of the sum."""
        found = np.zeros((2, len(view.plain)), dtype=np.float32)
        found[0] -= self.level / self.unit
        for signal in self.signals:
            standing = (signal.measure(view) - signal.level) / signal.spread
            found[int(signal.lexical)] += signal.weight * standing / self.unit
        return found


Measured = tuple[bool, float, Callable[[View], Floats], float, float]
"""(lexical, weight, measure, prior level, prior spread)"""


def strand(measured: list[Measured], background: Background, contrast: float) -> Strand:
    """Signals with their scale over the background's sample, shrunk towards the priors.

    contrast: how far papers differ in their likeness to what is asked for, 1 where as far as in
    their likeness to a paper. It keeps the scale absolute: where nothing stored fits, the best of
    it does not look like a fit, and where much does, it is not held down by its own number.
    """
    sample = background.sample
    total = np.zeros(len(sample.plain), dtype=np.float32)
    signals = []
    for lexical, weight, measure, prior_level, prior_spread in measured:
        found = measure(sample)
        level, spread = scale(found, prior_level, prior_spread)
        signals.append(
            Signal(lexical=lexical, weight=weight, measure=measure, level=level, spread=spread)
        )
        total += weight * (found - level) / spread
    whole = sum(weight for _, weight, *_ in measured)
    _, unit = scale(total, 0.0, whole)
    trust = len(total) / (len(total) + PRIOR)
    return Strand(
        signals=tuple(signals),
        level=trust * float(np.median(total)) if len(total) else 0.0,
        unit=unit / contrast,
        contrast=contrast,
    )


def scale(found: Floats, prior_level: float, prior_spread: float) -> tuple[float, float]:
    """Mean and standard deviation, with the priors worth `PRIOR` papers."""
    count = len(found)
    level = (float(found.sum()) + PRIOR * prior_level) / (count + PRIOR)
    squares = float(((found - level) ** 2).sum()) + PRIOR * prior_spread**2
    return level, max(float(np.sqrt(squares / (count + PRIOR))), 1e-6)


# --- an interest's text --------------------------------------------------------------------


def of_text(vector: Vector, bags: Bags, row: int, background: Background) -> Strand:
    """The strand of one text: `vector` is its (dim,) unit vector, `bags[row]` its words."""
    own = bags.counts[[row]]
    terms, counts = bags.columns[own.indices], own.data
    tokens = float(bags.lengths[row])
    contrast = _contrast(vector[None], TEXT_SPREAD * background.spread, background)
    plain = _text_signals(vector, terms, counts, tokens, background)
    first = strand(plain, background, contrast)
    return strand([*plain, *_expansion(first, tokens, background)], background, contrast)


def _contrast(vectors: Vectors, usual: float, background: Background) -> float:
    """How far papers differ in their likeness to `vectors`, in terms of the `usual` spread."""
    near = background.sample.plain @ vectors.T
    spreads = [
        scale(column, float(column.mean()) if len(column) else 0, usual)[1] for column in near.T
    ]
    return float(np.mean(spreads)) / usual


def _text_signals(
    vector: Vector, terms: Terms, counts: Floats, tokens: float, background: Background
) -> list[Measured]:
    half = background.whiten(vector[None], 0.25)[0]
    words = counts * background.idf(terms)
    trust = WORDS * min(1.0, tokens / WORDS_FROM) ** WORDS_FADE
    return [
        (False, MEANING / 2, lambda view: view.plain @ vector, 0.1, 0.1),
        (False, MEANING / 2, lambda view: view.half @ half, 0.0, 0.1),
        (True, trust, _lexical(terms, words), *_lexical_prior(words)),
    ]


def _lexical(terms: Terms, weights: Floats) -> Callable[[View], Floats]:
    def measure(view: View) -> Floats:
        found: Floats = view.words @ view.bags.weights(terms, weights)
        return found

    return measure


def _lexical_prior(weights: Floats) -> tuple[float, float]:
    """An unrelated paper holds next to nothing of the words' weight."""
    return 0.0, 0.1 * float(np.abs(weights).sum()) + 1e-6


def _expansion(text: Strand, tokens: float, background: Background) -> list[Measured]:
    """Stored papers that clearly fit a short text speak for it too (pseudo-relevance feedback)."""
    view = background.library.view(background)
    first = text.measure(view).sum(axis=0)
    best = np.argsort(-first, kind="stable")[:EXPANSION_DOCS]
    voice = np.maximum(first[best] - EXPANSION_FROM, 0)
    if not voice.any():
        return []
    chosen = view.rows(best)
    voice /= voice.sum()
    weights = np.asarray(chosen.words.T @ voice)
    held = np.flatnonzero(weights)
    terms = chosen.bags.columns[held]
    words = (weights[held] * background.idf(terms)).astype(np.float32)
    centre = voice @ chosen.half
    share = EXPANSION_TOKENS / (EXPANSION_TOKENS + tokens)
    return [
        (True, EXPANSION_WORDS * share, _lexical(terms, words), *_lexical_prior(words)),
        (False, EXPANSION_MEANING * share, lambda view: view.half @ centre, 0.0, 0.1),
    ]


# --- liked papers --------------------------------------------------------------------------


def of_likes(likes: View, background: Background) -> Strand:
    """The strand of some liked papers, oldest first."""
    count = len(likes.plain)
    many = count / (count + MANY)
    terms, words = _words_of(likes, background)
    trust = WORDS * min(1.0, float(likes.bags.lengths.mean()) / WORDS_FROM) ** WORDS_FADE
    trust *= evidence(likes, background) ** (count / (count + PROOF))
    plain, half, full = (space.mean(axis=0) for space in (likes.plain, likes.half, likes.full))
    few = (1 - many) * MEANING / 2

    def soft_maximum(view: View) -> Floats:
        found: Floats = np.log(np.exp(SHARPNESS * (view.half @ likes.half.T)).mean(axis=1))
        return found

    whole = strand(
        [
            (False, few, lambda view: view.plain @ plain, 0.15, 0.1),
            (False, few, lambda view: view.half @ half, 0.0, 0.1),
            (False, many * MEANING / 2, lambda view: view.full @ full, 0.0, 0.1),
            (False, many * MEANING / 2, soft_maximum, 0.1, 0.3),
            (True, trust, _lexical(terms, words), *_lexical_prior(words)),
        ],
        background,
        _contrast(likes.plain[-TRIED:], background.spread, background),
    )

    def apart(view: View) -> Floats:
        """The sums of `measure` with the mean over likes taken off."""
        near = np.exp(SHARPNESS * (likes.half @ view.half[0]))
        held = view.words[[0]]
        asked = view.bags.columns[held.indices]
        weights = (held.data * background.idf(asked)).astype(np.float32)
        each = (
            likes.plain @ view.plain[0],
            likes.half @ view.half[0],
            likes.full @ view.full[0],
            soft_maximum(view)[0] * near / near.mean(),
            likes.words @ likes.bags.weights(asked, weights),
        )
        found = np.zeros(count, dtype=np.float32)
        for signal, part in zip(whole.signals, each, strict=True):
            found += signal.weight * (part - signal.level) / signal.spread
        return found / (count * whole.unit)

    return replace(whole, apart=apart)


def _words_of(likes: View, background: Background) -> tuple[Terms, Floats]:
    """Mean saturated counts of the likes, weighted by rarity."""
    weights = np.asarray(likes.words.sum(axis=0)).ravel() / len(likes.plain)
    held = np.flatnonzero(weights)
    terms = likes.bags.columns[held]
    return terms, (weights[held] * background.idf(terms)).astype(np.float32)


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
