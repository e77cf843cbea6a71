"""What an interest would bring: tried on the papers that are there, before anyone relies on it."""

import asyncio
from datetime import datetime

import numpy as np

from matching.library import Library
from matching.ranking import Match, rank
from matching.taste import Taste
from storage import papers
from storage.records import Interest

LATEST = 1_000
"""Papers that an interest is tried on."""


async def trial(library: Library, interest: Interest, size: int, now: datetime) -> list[Match]:
    """The best `size` of the latest papers for this interest alone; empty where none fits."""
    newest = await library.db.read(papers.newest)
    pool = await library.pool(newest - LATEST, newest, now)
    taste = Taste.of(
        [interest],
        await library.encoder.encode([interest.text]),
        [],
        np.empty((0, library.encoder.dim), dtype=np.float32),
    )
    return await asyncio.to_thread(rank, taste, pool, await library.background(now), size=size)
