"""What an interest would bring: tried on the papers that are there, before anyone relies on it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from matching.background import Background
from matching.boosts import spoken
from matching.library import Library
from matching.ranking import Match, Pool, rank, score
from matching.taste import Taste
from storage import papers
from storage.mutes import Mute
from storage.records import Interest

LATEST = 1_000
"""Papers that an interest is tried on."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What an interest alone would have brought."""

    taste: Taste
    """The interest and nothing else, as `reasons.nearest_sentences` wants it."""
    matches: tuple[Match, ...]
    """Best first; empty where none fits."""
    papers: int
    """How many it was tried on."""
    nearest: float
    """The best score there was, 0..1; below the floor where nothing fits."""


async def trial(library: Library, interest: Interest, size: int, now: datetime) -> list[Match]:
    """The best `size` of the latest papers for this interest alone; empty where none fits."""
    return list((await tried(library, interest, size, now)).matches)


async def tried(
    library: Library, interest: Interest, size: int, now: datetime, mutes: Sequence[Mute] = ()
) -> Trial:
    """The same with how near the best came; `mutes` leave out what they silence."""
    newest = await library.db.read(papers.newest)
    pool = await library.pool(newest - LATEST, newest, now)
    taste = Taste.of(
        [interest],
        await library.encoder.encode([spoken(interest.text)]),
        [],
        np.empty((0, library.encoder.dim), dtype=np.float32),
        mutes,
    )
    return await asyncio.to_thread(_ranked, taste, pool, await library.background(now), size)


def _ranked(taste: Taste, pool: Pool, background: Background, size: int) -> Trial:
    return Trial(
        taste=taste,
        matches=tuple(rank(taste, pool, background, size=size)),
        papers=len(pool),
        nearest=float(max(score(taste, pool, background).total, default=0.0)),
    )
