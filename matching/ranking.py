"""Which papers fit a profile, and what carried them.

A profile's score for a paper is the best of its facets, each on its own, moved down by disliked
papers. Everything counts in deviations above the background's own papers, so that a score means
the same on a day of three papers and on a day of three hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.facets import Facet, facets
from matching.pool import Pool
from matching.taste import Taste
from storage.records import Interest, Paper

__all__ = ["DIVERSITY", "FLOOR", "Because", "Match", "Pool", "Scores", "Share", "rank", "score"]

FLOOR = 0.5
"""Score from which a paper may enter a digest unless the profile says otherwise."""

DIVERSITY = 0.2
"""Weight of the likeness to papers already chosen, in maximal marginal relevance."""

MIDDLE = 2.3
"""Deviations above the background that give a score of 0.5; twice as many give 0.8."""

LIKES_NAMED = 3
WORDS_NAMED = 6

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Share:
    """A liked paper and how much of the votes' part it carried, 0..1."""

    paper: Paper
    share: float


@dataclass(frozen=True, kw_only=True)
class Because:
    """What carried a paper."""

    interest: Interest | None
    """The interest that it was ranked under; None: liked papers alone carried it."""
    likes: tuple[Share, ...]
    """The liked papers that carried most of it, most first."""
    words: tuple[str, ...]
    """Words in common with what carried it, weightiest first, in lower case."""
    meaning_share: float
    """Of what carried it, by meaning; the rest is by words."""
    words_share: float
    votes_share: float
    """Of what carried it, by liked papers; the rest is by the interest's own text."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A paper that fits a profile."""

    paper: Paper
    index: int
    """Its row in the pool."""
    score: float
    """0..1; comparable across days and pools."""
    because: Because


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """A whole pool as one profile sees it."""

    total: Floats
    """(papers,) 0..1."""
    strength: Floats
    """(papers,) deviations above the background; what `total` is computed from."""
    carrier: npt.NDArray[np.intp]
    """(papers,) the place in `facets` that gave the score."""
    facets: tuple[Facet, ...]


def score(taste: Taste, pool: Pool, background: Background) -> Scores:
    """How well every paper of the pool fits: the best of the profile's facets, less dislikes.

    A facet is an interest with the likes that fit it, or the likes that fit none. The scores are
    kept with the taste until it is asked about another pool.
    """
    kept: tuple[Pool, Background, Scores] | None = taste.memory.get("scores")
    if kept is None or kept[0] is not pool or kept[1] is not background:
        kept = (pool, background, _scored(taste, pool, background))
        taste.memory["scores"] = kept
    return kept[2]


def _scored(taste: Taste, pool: Pool, background: Background) -> Scores:
    parts = facets(taste, background)
    if not parts or not len(pool):
        return Scores(
            total=np.zeros(len(pool), dtype=np.float32),
            strength=np.full(len(pool), -np.inf, dtype=np.float32),
            carrier=np.zeros(len(pool), dtype=np.intp),
            facets=parts,
        )
    view = pool.view(background)
    each = np.stack([part.strength(view) for part in parts])
    strength = each.max(axis=0)
    return Scores(
        total=shown(strength),
        strength=strength,
        carrier=each.argmax(axis=0),
        facets=parts,
    )


def shown(strength: Floats) -> Floats:
    """Deviations above the background as 0..1, never quite 1."""
    above = np.maximum(strength, 0) ** 2
    found: Floats = (above / (above + MIDDLE**2)).astype(np.float32)
    return found


def needed(total: float) -> float:
    """The deviations above the background that give a score of `total`."""
    return MIDDLE * float(np.sqrt(total / (1 - total))) if total < 1 else float("inf")


def rank(
    taste: Taste, pool: Pool, background: Background, *, size: int, floor: float | None = None
) -> list[Match]:
    """Best `size` papers scoring >= `floor` (None: FLOOR), best first; ties keep the pool's order.

    Papers that the profile has voted on or muted are left out. Of papers that fit, those enter that
    add something: maximal marginal relevance, Carbonell & Goldstein 1998, with weight DIVERSITY.
    """
    scores = score(taste, pool, background)
    chosen = diverse(fitting(scores, taste, pool, floor), scores.total, pool, size)
    chosen.sort(key=lambda i: (-scores.total[i], i))
    return [match_at(i, scores, taste, pool, background) for i in chosen]


def fitting(scores: Scores, taste: Taste, pool: Pool, floor: float | None) -> list[int]:
    """Rows of the pool that score at least `floor`, best first, but those voted on or muted."""
    least = FLOOR if floor is None else floor
    if not scores.facets:
        return []
    welcome = np.array(unread(taste, pool), dtype=np.intp)
    fits = welcome[scores.total[welcome] >= least]
    found: list[int] = fits[np.argsort(-scores.total[fits], kind="stable")].tolist()
    return found


def unread(taste: Taste, pool: Pool) -> list[int]:
    """Rows of the pool that the profile has neither voted on nor muted, in their order."""
    is_open = np.ones(len(pool), dtype=np.bool_)
    is_open[[pool.places[seq] for seq in taste.seen if seq in pool.places]] = False
    is_open[list(pool.muting.by(taste.mutes))] = False
    found: list[int] = np.flatnonzero(is_open).tolist()
    return found


def diverse(order: Sequence[int], total: Floats, pool: Pool, size: int) -> list[int]:
    """`size` of `order`, each the best by its score less its likeness to those chosen before."""
    left = np.array(order, dtype=np.intp)
    nearest = np.zeros(len(left), dtype=np.float32)
    chosen: list[int] = []
    while len(left) and len(chosen) < size:
        best = int(np.argmax((1 - DIVERSITY) * total[left] - DIVERSITY * nearest))
        chosen.append(int(left[best]))
        likeness = pool.vectors[left] @ pool.vectors[left[best]]
        nearest = np.maximum(nearest, likeness)
        left, nearest = np.delete(left, best), np.delete(nearest, best)
    return chosen


def match_at(index: int, scores: Scores, taste: Taste, pool: Pool, background: Background) -> Match:
    """The paper at `index` with what carried it."""
    facet = scores.facets[int(scores.carrier[index])]
    view = pool.view(background).row(index)
    by_text, by_likes = facet.parts(view)
    both = by_text + by_likes
    meaning, words = (max(float(part), 0.0) for part in both[:, 0])
    text, likes = (max(float(part[:, 0].sum()), 0.0) for part in (by_text, by_likes))
    shares = facet.shares(view)
    named = np.argsort(-shares, kind="stable")[:LIKES_NAMED]
    return Match(
        paper=pool.papers[index],
        index=index,
        score=float(scores.total[index]),
        because=Because(
            interest=None if facet.interest is None else taste.interests[facet.interest],
            likes=tuple(
                Share(paper=taste.voted[facet.likes[i]], share=float(shares[i])) for i in named
            ),
            words=facet.common(pool.papers[index], WORDS_NAMED),
            meaning_share=_part(meaning, words),
            words_share=1 - _part(meaning, words),
            votes_share=_part(likes, text) if facet.likes else 0.0,
        ),
    )


def _part(one: float, other: float) -> float:
    return one / (one + other) if one + other > 0 else 0.5
