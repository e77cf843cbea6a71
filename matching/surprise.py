"""One paper from outside the usual: a digest's labelled slot for finding out what else is liked.

It comes from just below the floor, where the ranking knows least: near to something that is wanted,
near to nothing that was disliked, not muted. Of those the most talked about is taken, and among
equals the lot decides, the same for the same profile and day.
"""

import hashlib

import numpy as np

from matching.background import Background
from matching.pool import Pool
from matching.ranking import FLOOR, Match, match_at, needed, rank, score, shown, unread
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
        return None
    scores = score(taste, pool, background)
    usual = min(FLOOR if floor is None else floor, FLOOR)
    least = float(shown(np.array([needed(usual) - NEAR], dtype=np.float32))[0])
    near = [i for i in unread(taste, pool) if least <= scores.total[i] < usual]
    if not near or not scores.facets:
        return None
    view = pool.view(background).rows(near)
    disliked = np.max([part.held_down(view) for part in scores.facets], axis=0) > 0
    welcome = [i for i, is_disliked in zip(near, disliked, strict=True) if not is_disliked]
    if not welcome:
        return None

    def order(place: int) -> tuple[int, bytes]:
        paper = pool.papers[place]
        drawn = hashlib.sha256(f"{lot}/{paper.seq}".encode()).digest()
        return -(paper.comments or 0), drawn

    return pool.papers[min(welcome, key=order)].seq


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
    fits = rank(taste, pool, background, size=size, floor=floor)
    place = next((i for i, one in enumerate(pool.papers) if one.seq == surprise), None)
    is_full = len(fits) >= size
    if (
        place is None
        or len(fits) < ENOUGH_MATCHES
        or (is_full and size < ENOUGH_ROOM)
        or any(one.index == place for one in fits)
    ):
        return fits, None
    if is_full:
        fits = rank(taste, pool, background, size=size - 1, floor=floor)
    scores = score(taste, pool, background)
    return fits, match_at(place, scores, taste, pool, background)
