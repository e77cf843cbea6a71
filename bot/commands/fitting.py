"""What a search found, as cards: how well each paper fits, by which words, and in which sentence.

Fit is what ranking means by it: a search is one interest, a paper is one liked paper. So a search
that nothing stored answers can say so, where a list of the nearest would show anything.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np

from bot.messages import Card, card
from matching.background import Background
from matching.boosts import spoken
from matching.library import Library
from matching.pool import Pool
from matching.quoting import quoted
from matching.ranking import Match, Scores, matches, score
from matching.remembered import Remembered
from matching.taste import Taste
from storage import vectors
from storage.records import Interest, Paper, Vote, VoteKind

LEAST = 0.45
"""Fit from which a paper is shown, a little less than a digest asks for. Of sixteen searches for
subjects of research all find some; of twenty for what no paper is about, fifteen find nothing.
"""

WORDS_TOLD = 4


async def for_text(
    library: Library,
    text: str,
    seqs: Sequence[int],
    limit: int,
    now: datetime,
    named: Collection[int] = (),
) -> list[Card]:
    """Of these papers the best `limit` that fit the text, best first; empty where none does.

    named: those that the text names, which are shown however little they fit.
    """
    taste = Taste.of(
        [Interest(id=0, profile_id=0, text=text, created_at=now)],
        await Remembered.of(library).encode([spoken(text)]),
        [],
        _none(library),
    )
    return await _cards(library, taste, seqs, limit, now, named)


async def for_paper(
    library: Library, paper: Paper, seqs: Sequence[int], limit: int, now: datetime
) -> list[Card]:
    """Of these papers the best `limit` that are like the paper, most alike first."""
    (own,) = (await library.pool_of([paper.seq], now)).vectors
    vote = Vote(profile_id=0, seq=paper.seq, kind=VoteKind.LIKE, voted_at=now)
    taste = Taste.of([], _none(library), [(vote, paper)], own[np.newaxis])
    return await _cards(library, taste, seqs, limit, now)


async def embedded(library: Library, seqs: Sequence[int], now: datetime) -> list[int]:
    """Those of the papers that can be compared; others are still being read in."""
    model = await library.model(now)
    known = await library.db.read(vectors.having, model, seqs)
    return [seq for seq in seqs if seq in known]


def _none(library: Library) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    return np.empty((0, library.encoder.dim), dtype=np.float32)


async def _cards(
    library: Library,
    taste: Taste,
    seqs: Sequence[int],
    limit: int,
    now: datetime,
    named: Collection[int] = (),
) -> list[Card]:
    pool = await library.pool_of(await embedded(library, seqs, now), now)
    background = await library.background_at_hand(now)
    return await asyncio.to_thread(_best, taste, pool, background, limit, named)


def _best(
    taste: Taste, pool: Pool, background: Background, limit: int, named: Collection[int]
) -> list[Card]:
    if not len(pool):
        return []
    scores = score(taste, pool, background)
    order: list[int] = np.argsort(-scores.total, kind="stable").tolist()
    least = [0.0 if paper.seq in named else LEAST for paper in pool.papers]
    fit = [i for i in order if scores.total[i] >= least[i] and pool.papers[i].seq not in taste.seen]
    return [
        card(match.paper, reason=reason(match), sentence=_shown(scores, match), score=match.score)
        for match in matches([(scores, i) for i in fit[:limit]])
    ]


def _shown(scores: Scores, match: Match) -> str:
    """The sentence by the words in common: whoever asked waits, and the model takes its time."""
    if scores.board is None:
        raise ValueError("nothing was scored")
    asks = scores.board.company.asks(scores.place, int(scores.carrier[match.index]))
    return quoted(asks, match.paper) or ""


def reason(match: Match) -> str:
    """What a found paper has in common with what was looked for."""
    words = match.because.words[:WORDS_TOLD]
    return "in common: " + ", ".join(words) if words else "close in meaning"
