"""Which papers fit a profile, and what carried them: of those that score well, a varied few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.board import Board
from matching.pool import Pool
from matching.scores import Scores, needed, score, score_all, shown
from matching.taste import Taste
from matching.telling import common
from storage.records import Interest, Paper

__all__ = [
    "DIVERSITY",
    "FLOOR",
    "Because",
    "Match",
    "Pool",
    "Scores",
    "Share",
    "best_first",
    "chosen",
    "diverse",
    "fitting",
    "match_at",
    "matches",
    "needed",
    "rank",
    "score",
    "score_all",
    "shown",
    "unread",
]

FLOOR = 0.5
"""Score from which a paper may enter a digest unless the profile says otherwise."""

DIVERSITY = 0.2
"""Weight of the likeness to papers already chosen, in maximal marginal relevance."""

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


def rank(
    taste: Taste, pool: Pool, background: Background, *, size: int, floor: float | None = None
) -> list[Match]:
    """Best `size` papers scoring >= `floor` (None: FLOOR), best first; ties keep the pool's order.

    Papers that the profile has voted on or muted are left out. Of papers that fit, those enter that
    add something: maximal marginal relevance, Carbonell & Goldstein 1998, with weight DIVERSITY.
    """
    scores = score(taste, pool, background)
    return matches([(scores, i) for i in chosen(scores, taste, pool, size=size, floor=floor)])


def chosen(
    scores: Scores, taste: Taste, pool: Pool, *, size: int, floor: float | None = None
) -> list[int]:
    """Rows of the pool that `rank` gives, in its order."""
    return best_first(
        diverse(fitting(scores, taste, pool, floor), scores.total, pool, size), scores
    )


def best_first(rows: Sequence[int], scores: Scores) -> list[int]:
    """Rows of the pool by their score; ties keep the pool's order."""
    total = scores.total[list(rows)].tolist()
    return [row for _, row in sorted(zip((-one for one in total), rows, strict=True))]


def fitting(scores: Scores, taste: Taste, pool: Pool, floor: float | None) -> list[int]:
    """Rows of the pool that score at least `floor`, best first, but those voted on or muted."""
    least = FLOOR if floor is None else floor
    if not scores.facets:
        return []
    welcome = unread(taste, pool)
    fits = welcome[scores.total[welcome] >= least]
    found: list[int] = fits[np.argsort(-scores.total[fits], kind="stable")].tolist()
    return found


def unread(taste: Taste, pool: Pool) -> npt.NDArray[np.intp]:
    """Rows of the pool that the profile has neither voted on nor muted, in their order."""
    known: tuple[Pool, npt.NDArray[np.intp]] | None = taste.memory.get("unread")
    if known is None or known[0] is not pool:
        known = taste.memory["unread"] = (pool, _unread(taste, pool))
    return known[1]


def _unread(taste: Taste, pool: Pool) -> npt.NDArray[np.intp]:
    is_open = np.ones(len(pool), dtype=np.bool_)
    is_open[[pool.places[seq] for seq in taste.seen if seq in pool.places]] = False
    if taste.mutes:
        is_open[list(pool.muting.by(taste.mutes))] = False
    return np.flatnonzero(is_open)


def diverse(order: Sequence[int], total: Floats, pool: Pool, size: int) -> list[int]:
    """`size` of `order`, each the best by its score less its likeness to those chosen before."""
    left = np.array(order, dtype=np.intp)
    if not len(left) or size < 1:
        return []
    worth = (1 - DIVERSITY) * total[left]
    if len(left) > size:  # whatever is chosen before, these stay behind the best `size`
        least = np.partition(worth, len(left) - size)[len(left) - size] - 1.01 * DIVERSITY
        left, worth = left[worth >= least], worth[worth >= least]
    vectors = pool.vectors[left]
    nearest = np.zeros(len(left), dtype=np.float32)
    chosen: list[int] = []
    while len(chosen) < min(size, len(left)):
        best = int(np.argmax(worth - DIVERSITY * nearest))
        chosen.append(int(left[best]))
        worth[best] = -np.inf
        np.maximum(nearest, vectors @ vectors[best], out=nearest)
    return chosen


def match_at(index: int, scores: Scores) -> Match:
    """The paper at `index` with what carried it."""
    (found,) = matches([(scores, index)])
    return found


def matches(picked: Sequence[tuple[Scores, int]]) -> list[Match]:
    """The papers at these places, each with what carried it for whom it was scored."""
    found: list[Match | None] = [None] * len(picked)
    boards: dict[int, list[int]] = {}
    for at, (scores, _) in enumerate(picked):
        boards.setdefault(id(scores.board), []).append(at)
    for some in boards.values():
        made = picked[some[0]][0].board
        if made is None:
            raise ValueError("nothing was scored")
        index = np.array([picked[at][1] for at in some], dtype=np.intp)
        carrier = [int(picked[at][0].carrier[picked[at][1]]) for at in some]
        rows = np.array(
            [
                made.of[picked[at][0].place].start + one
                for at, one in zip(some, carrier, strict=True)
            ]
        )
        with made.company.background.working:
            parts, shares = made.parts(rows, index), made.shares(rows, index)
            for at, facet, part, share in zip(some, carrier, parts, shares, strict=True):
                found[at] = _match(*picked[at], made, facet, part, share)
    return [one for one in found if one is not None]


def _match(
    scores: Scores, index: int, made: Board, carrier: int, parts: Floats, shares: Floats
) -> Match:
    """parts: (2, 2) what the text and the likes bring, by meaning and by words.

    shares: (likes,) of what the likes bring.
    """
    facet, taste = scores.facets[carrier], made.company.tastes[scores.place]
    paper = made.papers[index]
    meaning, words = (max(float(one), 0.0) for one in parts.sum(axis=0))
    text, likes = (max(float(one), 0.0) for one in parts.sum(axis=1))
    named = np.argsort(-shares, kind="stable")[:LIKES_NAMED].tolist()
    return Match(
        paper=paper,
        index=index,
        score=float(scores.total[index]),
        because=Because(
            interest=None if facet.interest is None else taste.interests[facet.interest],
            likes=tuple(
                Share(paper=taste.voted[facet.likes[i]], share=float(shares[i])) for i in named
            ),
            words=common(made.company.asks(scores.place, carrier), paper, WORDS_NAMED),
            meaning_share=_part(meaning, words),
            words_share=1 - _part(meaning, words),
            votes_share=_part(likes, text) if facet.likes else 0.0,
        ),
    )


def _part(one: float, other: float) -> float:
    return one / (one + other) if one + other > 0 else 0.5
