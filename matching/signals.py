"""What tells that papers fit one strand of a profile: signals of meaning and of words.

A strand is the text of one interest, or a set of liked papers. The weights of its signals follow
the evidence: how long the text is, how many papers were liked, and whether these find each other
by words or by meaning.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.evidence import TRIED, evidence
from matching.pool import View, unit
from matching.strands import Measured, Strand, contrasting, strand, words_asked, words_prior
from matching.words import Bags, Terms
from storage.records import Vector

Floats = npt.NDArray[np.float32]

MEANING = 1.0
"""Weight of all signals of meaning together."""

HALF, FULL = 0.5, 0.2
"""Of it, for an interest's text, in half and in fully whitened space; the rest is plain."""

WORDS, LIKED_WORDS = 0.5, 1.7
"""Weight of words, of a text and of liked papers that do not tell otherwise themselves."""

WORDS_FROM = 100.0
"""Tokens of a full description; shorter ones, such as bare titles, trust words less ..."""

WORDS_FADE, LIKED_WORDS_FADE = 0.35, 0.9
"""... by this power of their share of it."""

PROOF = 2.0
"""Likes after which what they tell of words against meaning counts half."""

MANY = 8.0
"""Likes at which whitened space, which needs many, weighs as much as the plain ones."""

SHARPNESS = 5.0
"""Of the soft maximum over liked papers."""

EXPANSION_DOCS, EXPANSION_FROM = 30, 2.0
"""At most so many stored papers speak for an interest, from so many deviations on ..."""

EXPANSION_TOKENS = 30.0
"""... and weigh half as much for a text of so many tokens as for one of none."""

EXPANSION_WORDS, EXPANSION_MEANING = 1.0, 0.5

EXPANSION_LIKED, EXPANSION_LIKES, EXPANSION_MOST = 1.0, 3.0, 30
"""Weight of those that speak for liked papers: half of it from so many likes, nothing from most."""

FULL_SPREAD = 0.05
"""Prior spread of products in fully whitened space, for each dimension."""

TEXT_SPREAD = 0.8
"""Papers differ less in their likeness to a short text than to a paper: by this much."""

# --- an interest's text --------------------------------------------------------------------


def of_text(vector: Vector, bags: Bags, row: int, background: Background) -> Strand:
    """The strand of one text: `vector` is its (dim,) unit vector, `bags[row]` its words."""
    own = bags.counts[[row]]
    terms, counts = bags.columns[own.indices], own.data
    tokens = float(bags.lengths[row])
    contrast = contrasting(vector[None], TEXT_SPREAD * background.spread, background)
    plain = _text_signals(vector, terms, counts, tokens, background)
    first = strand(plain, background, contrast)
    return strand([*plain, *_expansion(first, tokens, background)], background, contrast)


def _text_signals(
    vector: Vector, terms: Terms, counts: Floats, tokens: float, background: Background
) -> list[Measured]:
    half = unit(background.whiten(vector[None], 0.25))[0]
    full = background.whiten(vector[None], 0.5)[0]
    words = counts * background.idf(terms)
    trust = WORDS * min(1.0, tokens / WORDS_FROM) ** WORDS_FADE
    return [
        (False, (1 - HALF - FULL) * MEANING, lambda view: view.plain @ vector, 0.1, 0.1),
        (False, FULL * MEANING, lambda view: view.full @ full, 0.0, FULL_SPREAD * len(full)),
        (False, HALF * MEANING, lambda view: view.half @ half, 0.0, 0.1),
        (True, trust, words_asked(terms, words), *words_prior(words)),
    ]


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
    held, place = np.unique(chosen.words.indices, return_inverse=True)
    said = chosen.words.data * np.repeat(voice, np.diff(chosen.words.indptr))
    weights = np.bincount(place, said, minlength=len(held))
    terms = chosen.bags.columns[held]
    words = (weights * background.idf(terms)).astype(np.float32)
    centre = voice @ chosen.half
    # One paper alone would only find itself; the more that speak, the less each finds itself.
    alone = float((voice**2).sum())
    share = (1 - alone) * EXPANSION_TOKENS / (EXPANSION_TOKENS + tokens)
    return [
        (True, EXPANSION_WORDS * share, words_asked(terms, words), *words_prior(words)),
        (False, EXPANSION_MEANING * share, lambda view: view.half @ centre, 0.0, 0.1),
    ]


# --- liked papers --------------------------------------------------------------------------


def of_likes(likes: View, background: Background) -> Strand:
    """The strand of some liked papers, oldest first."""
    count = len(likes.plain)
    many = count / (count + MANY)
    terms, words = _words_of(likes, background)
    full_text = min(1.0, float(likes.bags.lengths.mean()) / WORDS_FROM)
    trust = LIKED_WORDS * full_text**LIKED_WORDS_FADE
    trust *= evidence(likes, background) ** (count / (count + PROOF))
    plain, half, full = (space.mean(axis=0) for space in (likes.plain, likes.half, likes.full))
    few = (1 - many) * MEANING / 2

    def soft_maximum(view: View) -> Floats:
        found: Floats = np.log(np.exp(SHARPNESS * (view.half @ likes.half.T)).mean(axis=1))
        return found

    own: list[Measured] = [
        (False, few, lambda view: view.plain @ plain, 0.15, 0.1),
        (False, few, lambda view: view.half @ half, 0.0, 0.1),
        (
            False,
            many * MEANING / 2,
            lambda view: view.full @ full,
            0.0,
            FULL_SPREAD * len(full),
        ),
        (False, many * MEANING / 2, soft_maximum, 0.1, 0.3),
        (True, trust, words_asked(terms, words), *words_prior(words)),
    ]
    contrast = contrasting(likes.plain[-TRIED:], background.spread, background)
    # Chosen by meaning mostly, they bring words that the likes themselves lack.
    lexical, _, *measured = own[-1]
    choosing = [*own[:-1], (lexical, trust * WORDS / LIKED_WORDS, *measured)]
    spoken = _spoken_for(
        strand(choosing, background, contrast), likes, trust / LIKED_WORDS, background
    )
    whole = strand(own, background, contrast)
    if spoken is not None:
        whole = strand([*own, spoken.measured], background, contrast)

    def apart(view: View) -> Floats:
        """The sums of `measure` with the mean over likes taken off."""
        near = np.exp(SHARPNESS * (likes.half @ view.half[0]))
        held = view.words[[0]]
        asked = view.bags.columns[held.indices]
        weights = (held.data * background.idf(asked)).astype(np.float32)
        each: tuple[Floats, ...] = (
            likes.plain @ view.plain[0],
            likes.half @ view.half[0],
            likes.full @ view.full[0],
            soft_maximum(view)[0] * near / near.mean(),
            likes.words @ likes.bags.weights(asked, weights),
        )
        if spoken is not None:
            each = (*each, spoken.shares * spoken.measured[2](view)[0])
        found = np.zeros(count, dtype=np.float32)
        for signal, part in zip(whole.signals, each, strict=True):
            found += signal.weight * (part - signal.level) / signal.spread
        return found / (count * whole.unit)

    return replace(whole, apart=apart)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Spoken:
    """What stored papers say for some liked papers."""

    measured: Measured
    shares: Floats
    """(likes,) how much each like chose of those that speak; the mean is 1."""


def _spoken_for(first: Strand, likes: View, trust: float, background: Background) -> _Spoken | None:
    """Stored papers that clearly fit a few likes speak for them too, by their words."""
    count = len(likes.plain)
    library = background.library.view(background)
    if count > EXPANSION_MOST or not len(library.plain):
        return None
    fit = first.measure(library).sum(axis=0)
    best = np.argsort(-fit, kind="stable")[:EXPANSION_DOCS]
    voice = np.maximum(fit[best] - EXPANSION_FROM, 0)
    if not voice.any():
        return None
    voice /= voice.sum()
    chosen = library.rows(best)
    weights = np.asarray(chosen.words.T @ (voice / chosen.norms))
    held = np.flatnonzero(weights)
    terms = chosen.bags.columns[held]
    asked = (weights[held] * background.idf(terms) ** 2).astype(np.float32)
    sums = words_asked(terms, asked)

    def cosine(view: View) -> Floats:
        return sums(view) / view.norms

    near = np.maximum(likes.half @ chosen.half.T, 0) @ voice + np.float32(1e-6)
    weight = EXPANSION_LIKED * trust * EXPANSION_LIKES / (EXPANSION_LIKES + count)
    return _Spoken(measured=(True, weight, cosine, 0.0, 0.02), shares=near / near.mean())


def _words_of(likes: View, background: Background) -> tuple[Terms, Floats]:
    """Mean saturated counts of the likes, weighted by rarity."""
    weights = np.asarray(likes.words.sum(axis=0)).ravel() / len(likes.plain)
    held = np.flatnonzero(weights)
    terms = likes.bags.columns[held]
    return terms, (weights[held] * background.idf(terms)).astype(np.float32)
