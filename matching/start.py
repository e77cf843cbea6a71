"""A first choice: papers whose likes and skips tell most about what somebody wants by a few words.

What is wanted is taken for a Gaussian process over the papers nearest to the words; each paper is
chosen that leaves least variance over all of them, where one counts the less, the more deviations
it lies behind the nearest
(active learning by the variance that is left: Cohn 1996, Seo et al. 2000). So one paper speaks for
each part of the field, and none for what another has told already.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.library import Library
from matching.ranking import Match, matches, score, unread
from matching.taste import Taste
from storage.mutes import Mute
from storage.records import Interest

SHOWN = 8
"""Papers that somebody new looks through in a minute."""

NEAREST = 200
"""Papers that count as the field of some words."""

NOISE = 0.5
"""Variance of an answer: a like is a glance at a title, not a verdict."""

Floats = npt.NDArray[np.float32]


async def proposed(
    library: Library,
    words: str,
    now: datetime,
    *,
    asked: Collection[int] = (),
    mutes: Sequence[Mute] = (),
) -> tuple[Taste, list[Match]]:
    """Up to SHOWN stored papers, the most telling first, and the words as a taste of their own.

    asked: the `seq` of papers that an answer is known to, or was not given: the next are chosen
    beside them. The same words over the same papers give the same choice.
    """
    taste = Taste.of(
        [Interest(id=0, profile_id=0, text=words, created_at=now)],
        await library.encoder.encode([words]),
        [],
        np.empty((0, library.encoder.dim), dtype=np.float32),
        mutes,
    )
    background = await library.background(now)
    return taste, await asyncio.to_thread(_chosen, taste, background, frozenset(asked))


def _chosen(taste: Taste, background: Background, asked: frozenset[int]) -> list[Match]:
    pool = background.library
    if not len(pool):
        return []
    scores = score(taste, pool, background)
    welcome = set(unread(taste, pool))
    order = [i for i in np.argsort(-scores.strength, kind="stable").tolist() if i in welcome]
    field = order[:NEAREST]
    if not field:
        return []
    rows = pool.view(background).half[field]
    known = [place for place, row in enumerate(field) if pool.papers[row].seq in asked]
    free = [place for place in range(len(field)) if place not in known]
    weights = np.exp(scores.strength[field] - scores.strength[field[0]])
    picked = telling(rows, weights, known=known, free=free, count=SHOWN)
    return matches([(scores, field[place]) for place in picked])


def telling(
    rows: Floats,
    weights: Floats,
    *,
    known: Sequence[int] = (),
    free: Sequence[int] | None = None,
    count: int = SHOWN,
) -> list[int]:
    """Places of the `count` rows that, with those known, leave least weighted variance. Pure.

    rows: (n, dim) unit rows.  weights: (n,) how much each counts.  free: those to choose from.
    """
    covariance = (rows @ rows.T).astype(np.float64)
    importance = np.asarray(weights, dtype=np.float64) + 1e-6
    for place in known:
        covariance = _given(covariance, place)
    left = list(range(len(rows)) if free is None else free)
    chosen: list[int] = []
    while left and len(chosen) < count:
        among = covariance[:, left]
        gain = (importance[:, None] * among**2).sum(axis=0) / (covariance[left, left] + NOISE)
        place = left[int(np.argmax(np.round(gain, 9)))]
        chosen.append(place)
        left.remove(place)
        covariance = _given(covariance, place)
    return chosen


def variance_left(rows: Floats, weights: Floats, chosen: Sequence[int]) -> float:
    """The weighted variance over all rows once the chosen ones are answered."""
    covariance = (rows @ rows.T).astype(np.float64)
    for place in chosen:
        covariance = _given(covariance, place)
    return float((np.asarray(weights, dtype=np.float64) * np.diag(covariance)).sum())


def _given(covariance: npt.NDArray[np.float64], place: int) -> npt.NDArray[np.float64]:
    """The covariance once the answer to one row is known."""
    with_it = covariance[:, place]
    found: npt.NDArray[np.float64] = covariance - np.outer(with_it, with_it) / (
        with_it[place] + NOISE
    )
    return found
