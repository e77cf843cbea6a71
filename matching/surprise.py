"""One paper from outside the usual: a digest's labelled slot for finding out what else is liked.

It comes from just below the floor, where the ranking knows least: near to something that is wanted,
near to nothing that was disliked, not muted. Of those the most talked about is taken, and among
equals the lot decides, the same for the same profile and day.
"""

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matching.background import Background
from matching.pool import Pool
from matching.ranking import (
    FLOOR,
    Match,
    Scores,
    best_first,
    diverse,
    fitting,
    matches,
    needed,
    score,
    shown,
    unread,
)
from matching.taste import Taste

NEAR = 1.0
"""Deviations below the floor, so many, in which a paper is outside the usual and not just any."""

ENOUGH_PAPERS = 10
"""On a day of fewer new papers nothing is tried out: there is no choice among so few."""

ENOUGH_ROOM = 3
"""In a digest of fewer papers, none gives its place for one that is tried out."""

ENOUGH_MATCHES = 2
"""With fewer papers that fit, nothing is tried out: it would be half of the digest."""


def candidate(
    taste: Taste, pool: Pool, background: Background, *, floor: float | None, lot: str
) -> int | None:
    """The `seq` of the paper to try out, or None.

    floor: of the digest, None for FLOOR.  lot: decides among equals; the same gives the same.
    """
    if len(pool) < ENOUGH_PAPERS:
        return None  # without a score
    return tried(score(taste, pool, background), taste, pool, floor=floor, lot=lot)


def tried(scores: Scores, taste: Taste, pool: Pool, *, floor: float | None, lot: str) -> int | None:
    """The same for a taste that was scored."""
    if len(pool) < ENOUGH_PAPERS or not scores.facets:
        return None
    usual = min(FLOOR if floor is None else floor, FLOOR)
    least = _below(usual)
    near = unread(taste, pool)
    total = scores.total[near]
    near = near[(total >= least) & (total < usual)]
    welcome = near[~scores.held_down[near]]
    if not len(welcome):
        return None
    talk = pool.talk[welcome]
    welcome = welcome[talk == talk.max()]
    return pool.papers[int(welcome[np.argmin(_drawn(lot, pool.seqs[welcome]))])].seq


@lru_cache(maxsize=1024)  # most share the usual floor
def _below(floor: float) -> float:
    """The score of a paper that is NEAR deviations below the floor."""
    return float(shown(np.array([needed(floor) - NEAR], dtype=np.float32))[0])


def _drawn(lot: str, seqs: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """For each a number of the lot's (splitmix64, Steele, Lea and Flood 2014)."""
    start = int.from_bytes(hashlib.sha256(lot.encode()).digest()[:8], "little")
    found = seqs.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(start)
    found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return found ^ (found >> np.uint64(31))


def ranked(
    taste: Taste,
    pool: Pool,
    background: Background,
    *,
    size: int,
    floor: float | None,
    surprise: int | None,
) -> tuple[list[Match], Match | None]:
    """What a digest of `size` holds: the papers that fit, best first, and the one tried out.

    surprise: the `seq` of the paper to try out where there is room, as `candidate` gives it.
    """
    scores = score(taste, pool, background)
    fits, other = chosen(scores, taste, pool, size=size, floor=floor, surprise=surprise)
    found = matches([(scores, row) for row in [*fits, *([] if other is None else [other])]])
    return found[: len(fits)], None if other is None else found[-1]


def chosen(
    scores: Scores,
    taste: Taste,
    pool: Pool,
    *,
    size: int,
    floor: float | None,
    surprise: int | None,
) -> tuple[list[int], int | None]:
    """The rows of the papers that `ranked` gives."""
    order = diverse(fitting(scores, taste, pool, floor), scores.total, pool, size)
    place = None if surprise is None else pool.places.get(surprise)
    is_full = len(order) >= size
    if (
        place is None
        or len(order) < ENOUGH_MATCHES
        or (is_full and size < ENOUGH_ROOM)
        or place in order
    ):
        return best_first(order, scores), None
    return best_first(order[: size - 1] if is_full else order, scores), place
