"""Search over everything stored: by words, by meaning, or both; and papers like a paper.

Words and meaning are fused by reciprocal rank (Cormack, Clarke & Büttcher 2009): their scores live
on different scales, their ranks do not.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matching.library import Library
from matching.nearest import Found, Nearest
from matching.remembered import Remembered
from matching.worded import Worded
from storage import papers, refused, vectors
from storage.database import Database
from storage.records import Paper

FUSION_K = 60
"""The constant of reciprocal rank fusion, as in the paper."""

DEPTH = 200
"""How far down either list the fusion looks."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A paper that a search found."""

    paper: Paper
    score: float
    """Higher is better; comparable within one answer only."""


async def by_words(db: Database, text: str, limit: int) -> list[Hit]:
    """Papers that hold words of `text`, best first. Needs no model."""
    return await _hits(db, await Worded(db).ranked(text, limit))


async def by_words_and_meaning(library: Library, text: str, limit: int, now: datetime) -> list[Hit]:
    """Papers near to `text` by their words, their meaning or both, best first."""
    # Both at a time: whoever asks waits for the slower one.
    worded, near = await asyncio.gather(
        Worded.of(library).ranked(text, DEPTH), _near(library, text, now)
    )
    fused: dict[int, float] = {}
    for ranking in (worded, near):
        for place, (seq, _) in enumerate(ranking, 1):
            fused[seq] = fused.get(seq, 0.0) + 1 / (FUSION_K + place)
    best = sorted(fused.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]
    return await _hits(library.db, best)


async def _near(library: Library, text: str, now: datetime) -> Found:
    (query,) = await Remembered.of(library).encode([text])
    return await Nearest.of(library).find(query, DEPTH, now)


async def similar(library: Library, paper: Paper, limit: int, now: datetime) -> list[Hit]:
    """Papers whose vectors are nearest to this paper's, without itself; score: cosine."""
    model = await library.model(now)
    if await library.db.read(refused.reason, model, paper.seq) is not None:
        (query,) = await library.encoder.encode([paper.title])  # all that can be said of it
    else:
        (query,) = await library.db.read(vectors.by_seq, model, [paper.seq])
    near = await Nearest.of(library).find(query, limit + 1, now)
    return await _hits(library.db, [pair for pair in near if pair[0] != paper.seq][:limit])


async def _hits(db: Database, found: Sequence[tuple[int, float]]) -> list[Hit]:
    scores = dict(found)
    by_seq = await db.read(papers.by_seq, list(scores))
    return [Hit(paper=paper, score=scores[paper.seq]) for paper in by_seq]
