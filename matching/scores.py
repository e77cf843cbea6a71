"""How well papers fit profiles: scores of a whole pool, for many profiles together.

A profile's score for a paper is the best of its facets, each on its own, moved down by disliked
papers. Everything counts in deviations above the background's own papers, so that a score means
the same on a day of three papers and on a day of three hundred. One alone scores the same as it
does among many.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.board import Board, board
from matching.facets import Facet, taken_apart
from matching.pool import Pool
from matching.taste import Taste

Floats = npt.NDArray[np.float32]

MIDDLE = 2.3
"""Deviations above the background that give a score of 0.5; twice as many give 0.8."""

TOGETHER, MOST_VOTES = 100, 3_000
"""Profiles that are scored together, and their votes; whoever has more is scored alone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """A whole pool as one profile sees it."""

    total: Floats
    """(papers,) 0..1."""
    strength: Floats
    """(papers,) deviations above the background; what `total` is computed from."""
    facets: tuple[Facet, ...]
    held_down: npt.NDArray[np.bool_]
    """(papers,) whether a dislike takes something away."""
    board: Board | None
    """What all that were scored together come to; None where there was nothing to score."""
    place: int
    """Of the profile on it."""

    @cached_property
    def carrier(self) -> npt.NDArray[np.intp]:
        """(papers,) the place in `facets` that gave the score."""
        if self.board is None or not self.facets:
            return np.zeros(len(self.total), dtype=np.intp)
        found: npt.NDArray[np.intp] = self.board.strength[self.board.of[self.place]].argmax(axis=0)
        return found


def score(taste: Taste, pool: Pool, background: Background) -> Scores:
    """How well every paper of the pool fits: the best of the profile's facets, less dislikes.

    A facet is an interest with the likes that fit it, or the likes that fit none. The scores are
    kept with the taste until it is asked about another pool.
    """
    (found,) = score_all([taste], pool, background)
    return found


def score_all(tastes: Sequence[Taste], pool: Pool, background: Background) -> list[Scores]:
    """`score` of each of these tastes, worked out together."""
    kept: list[tuple[Pool, Background, Scores] | None] = [
        taste.memory.get("scores") for taste in tastes
    ]
    new = [
        taste
        for taste, one in zip(tastes, kept, strict=True)
        if one is None or one[0] is not pool or one[1] is not background
    ]
    for some in _companies(new):
        for taste, scores in zip(some, _scored(some, pool, background), strict=True):
            taste.memory["scores"] = (pool, background, scores)
    return [taste.memory["scores"][2] for taste in tastes]


def _companies(tastes: Sequence[Taste]) -> Iterator[list[Taste]]:
    """Those that are worked out together: so many that it pays, so few that it fits into memory."""
    some: list[Taste] = []
    votes = 0
    for taste in tastes:
        if some and (len(some) == TOGETHER or votes + len(taste.votes) > MOST_VOTES):
            yield some
            some, votes = [], 0
        some.append(taste)
        votes += len(taste.votes)
    if some:
        yield some


def _scored(tastes: Sequence[Taste], pool: Pool, background: Background) -> list[Scores]:
    if not tastes:
        return []
    with background.working:
        company = taken_apart(tastes, background)
        count = len(pool)
        made = board(company, pool) if count else None
    strength = np.full((len(tastes), count), -np.inf, dtype=np.float32)
    held = np.zeros((len(tastes), count), dtype=np.bool_)
    if made is not None:
        for place, rows in enumerate(made.of):
            if rows.start < rows.stop:
                np.max(made.strength[rows], axis=0, out=strength[place])
        held[made.held_down] = True
    total = shown(strength)
    return [
        Scores(
            total=total[place],
            strength=strength[place],
            facets=parts,
            held_down=held[place],
            board=made,
            place=place,
        )
        for place, parts in enumerate(company.facets)
    ]


def shown(strength: Floats) -> Floats:
    """Deviations above the background as 0..1, never quite 1."""
    above = np.maximum(strength, 0) ** 2
    found: Floats = (above / (above + MIDDLE**2)).astype(np.float32)
    return found


def needed(total: float) -> float:
    """The deviations above the background that give a score of `total`."""
    return MIDDLE * float(np.sqrt(total / (1 - total))) if total < 1 else float("inf")
