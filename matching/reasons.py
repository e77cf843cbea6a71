"""Why a paper was sent, and why not: told from the numbers that ranked it.

A reason names what carried the score, and a trace walks the steps of `rank` in their order;
neither works out anything by other means than the ranking itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from matching.background import Background
from matching.encoder import Encoder
from matching.pool import Pool
from matching.ranking import FLOOR, Because, Match, Scores, diverse, fitting, score
from matching.sentences import sentences
from matching.taste import Taste
from storage.mutes import Mute, MuteKind
from storage.records import Vector, Vectors

__all__ = ["Reason", "Trace", "explain", "nearest_sentences", "sentences", "why_not"]

LIKES_TOLD = 1 / 3
"""Share of the votes from which liked papers are named beside an interest."""

WORDS_TOLD = 3

_MUTED = {
    MuteKind.WORD: "You muted “{}”, and this paper holds it.",
    MuteKind.ORGANISATION: "You muted the organisation “{}”, and this paper is from there.",
    MuteKind.AUTHOR: "You muted the author “{}”, who wrote this paper.",
    MuteKind.PAPER: "You muted this paper.",
}
_UNMUTE = {
    MuteKind.WORD: "unmute “{}”",
    MuteKind.ORGANISATION: "unmute the organisation “{}”",
    MuteKind.AUTHOR: "unmute the author “{}”",
    MuteKind.PAPER: "unmute this paper",
}

Step = Literal["muted", "voted", "nothing", "floor", "size", "diversity"]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a paper fits, for a person."""

    text: str
    because: Because
    sentence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A paper's way through one profile's ranking."""

    text: str
    """The whole trace as sentences."""
    sent: bool
    """Whether the ranking would send it."""
    score: float
    floor: float
    rank: int | None
    """Its place by score among the papers that fit, 1 the best; None: it is not among them."""
    stopped_by: Step | None
    smallest_change: str | None
    """What would have to be otherwise, as a sentence; None where it is sent."""


def explain(match: Match) -> Reason:
    """The reason of a match, in words: its interest, its liked papers, the words in common."""
    because = match.because
    parts = []
    if because.interest is not None and because.votes_share < 1:
        parts.append(f"close to your interest “{because.interest.text}”")
    if because.likes and (not parts or because.votes_share >= LIKES_TOLD):
        liked = because.likes[0].paper
        whose = "in your library" if liked.seq < 0 else "which you liked"
        parts.append(f"like “{liked.title}”, {whose}")
    if because.words:
        parts.append("in common: " + ", ".join(because.words[:WORDS_TOLD]))
    return Reason(text="; ".join(parts), because=because)


async def nearest_sentences(
    encoder: Encoder, matches: Sequence[tuple[Taste, Match]]
) -> list[str | None]:
    """For each match the sentence of its abstract nearest to what carried it; None: no abstract.

    Each is a verbatim part of the abstract. A sentence is encoded once, however many want it.
    """
    cut = {
        text: sentences(text)
        for text in dict.fromkeys(match.paper.abstract for _, match in matches)
    }
    every = list(dict.fromkeys(one for found in cut.values() if len(found) > 1 for one in found))
    place = {one: row for row, one in enumerate(every)}
    vectors = await encoder.encode(every)
    rows = {
        text: vectors[[place[one] for one in found]]
        for text, found in cut.items()
        if len(found) > 1
    }

    def nearest() -> list[str | None]:
        return [
            _nearest(cut[match.paper.abstract], rows.get(match.paper.abstract), taste, match)
            for taste, match in matches
        ]

    return await asyncio.to_thread(nearest)


def _carrier(taste: Taste, match: Match) -> Vector:
    """(dim,) the interest or the liked paper that the reason names first."""
    because = match.because
    if because.interest is not None and (not because.likes or because.votes_share < 1):
        place = [one.id for one in taste.interests].index(because.interest.id)
        return np.asarray(taste.interest_vectors[place])
    liked = because.likes[0].paper.seq
    return np.asarray(taste.voted_vectors[[vote.seq for vote in taste.votes].index(liked)])


def _nearest(found: list[str], rows: "Vectors | None", taste: Taste, match: Match) -> str | None:
    """rows: (len(found), dim) the vectors of the sentences, where there is a choice."""
    if rows is None:
        return found[0] if found else None
    return found[int(np.argmax(rows @ _carrier(taste, match)))]


def why_not(
    taste: Taste,
    pool: Pool,
    background: Background,
    index: int,
    *,
    size: int,
    floor: float | None = None,
) -> Trace:
    """The way of the paper at `index` through `rank`, and the smallest change that would flip it.

    The arguments are those of `rank`. For a muted paper the change is enough even where another
    step would stop it too: both are told.
    """
    scores = score(taste, pool, background)
    stopping = pool.muting.by(taste.mutes).get(index, ())
    rest = replace(taste, mutes=tuple(mute for mute in taste.mutes if mute not in stopping))
    fits = fitting(scores, rest, pool, floor)
    least = FLOOR if floor is None else floor
    place = fits.index(index) + 1 if index in fits else None
    chosen = diverse(fits, scores.total, pool, size)
    stopped, facts, change = _stopped(rest, pool, scores, index, size, least, place, chosen, fits)
    if stopping:
        stopped, facts, change = _muted(stopping, facts, change)
        place = None
    said = [*facts, *([f"To change it: {change}."] if change else [])]
    return Trace(
        text=" ".join(said),
        sent=stopped is None,
        score=float(scores.total[index]),
        floor=least,
        rank=place,
        stopped_by=stopped,
        smallest_change=change,
    )


def _muted(
    stopping: Sequence[Mute], facts: Sequence[str], change: str | None
) -> tuple[Step, list[str], str]:
    """The same as `_stopped` for a paper that mutes stop; given: what is found without them."""
    told = [_MUTED[mute.kind].format(mute.value) for mute in stopping]
    ways = [_UNMUTE[mute.kind].format(mute.value) for mute in stopping]
    if change is None:
        return "muted", [*told, *facts, "Otherwise it would be sent."], " and ".join(ways)
    return "muted", [*told, *facts], " and ".join([*ways, change])


def _stopped(
    taste: Taste,
    pool: Pool,
    scores: Scores,
    index: int,
    size: int,
    least: float,
    place: int | None,
    chosen: list[int],
    fits: list[int],
) -> tuple[Step | None, list[str], str | None]:
    """(the step that stopped it, what was found, the smallest change)."""
    got = float(scores.total[index])
    facts = [f"It scores {got:.2f}; the floor is {least:.2f}."]
    if pool.papers[index].seq in taste.seen:
        return (
            "voted",
            ["You voted on it, and what was voted on is not sent again."],
            ("take the vote back"),
        )
    if not scores.facets:
        return (
            "nothing",
            ["There is no interest and no liked paper to rank by."],
            ("add an interest, or like a paper"),
        )
    if place is None:
        change = f"lower the floor by {least - got:.2f}, to {np.floor(got * 100) / 100:.2f}"
        return "floor", facts, change if got > 0 else "add an interest that it fits"
    facts.append(f"It is number {place} of {len(fits)} that fit; a digest holds {size}.")
    if index in chosen:
        return None, facts, None
    needed = diverse(fits, scores.total, pool, len(fits)).index(index) + 1
    change = f"let a digest hold {needed}, {needed - size} more"
    if place > size or not chosen:
        return "size", facts, change
    likeness = pool.vectors[chosen] @ pool.vectors[index]
    nearest = chosen[int(np.argmax(likeness))]
    facts.append(
        f"It is much like “{pool.papers[nearest].title}” (cosine {float(likeness.max()):.2f}),"
        " which took its place."
    )
    return "diversity", facts, change
