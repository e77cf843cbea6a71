"""Edits of a profile that would catch a missed paper, each with what it does besides.

Of each kind some are tried, whichever step stopped the paper: a mute lifted, a longer digest, a
dial that lets more through, words that count extra, another interest, likes of papers like it. The
smallest is the one that changes least else. Whether an edit catches the paper is found out by
trying it; a like of the paper itself would prove itself, and is never tried.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot import dials, shadows
from bot.desk import MOST_PAPERS
from bot.phrasing import phrases, raised
from bot.reckoning import reckoned
from bot.why import Why
from matching import catching, dial
from matching.library import Library
from matching.nearest import Nearest
from matching.replay import Replay, Wish
from storage import missed, subscriptions
from storage.changes import Delta
from storage.dials import Turned
from storage.identity import title_key
from storage.missed import Missed
from storage.papers import by_seq
from storage.records import Profile, Vector

LIKES = (1, 3)
"""Papers like the missed one that are liked together, in two attempts."""

NEIGHBOURS = 10
"""Papers like it among which those are that nothing was said of."""

STEP = 0.05
"""Likelihoods are lowered to the next of so much."""


class Kind(StrEnum):
    """What an edit changes."""

    MUTE = "mute"
    SIZE = "size"
    DIAL = "dial"
    WORDS = "words"
    INTEREST = "interest"
    LIKES = "likes"


class Edit(NamedTuple):
    """One attempt."""

    kind: Kind
    delta: Delta


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An edit that would catch a missed paper, and what it does besides."""

    kind: Kind
    delta: Delta
    shadow: Replay


async def proposed(
    library: Library,
    profile: Profile,
    wish: Wish,
    one: Missed,
    why: Why | None,
    title: str,
    now: datetime,
) -> list[Proposal]:
    """The edits that catch the paper, of each kind the smallest, the one that changes least first.

    why: how it was missed, for a stored paper.
    """
    found: dict[Kind, Proposal] = {}
    known = await library.db.read(missed.of, profile.id)
    before = await catching.tried(library, wish, known, now)
    for edit in await _edits(library, profile, wish, one, why, title, now):
        will = await shadows.changed(library, profile, wish, edit.delta, now)
        verdicts = await catching.tried(library, will, [one], now)
        if not verdicts or not verdicts[0].caught:
            continue
        shadow = await shadows.compared(library, profile, wish, will, now, before)
        made = Proposal(kind=edit.kind, delta=edit.delta, shadow=shadow)
        if edit.kind not in found or _weight(made) < _weight(found[edit.kind]):
            found[edit.kind] = made
    return sorted(found.values(), key=_weight)


def _weight(one: Proposal) -> tuple[int, int, int, int]:
    """How much an edit changes: must-catch papers lost, volume, parts; then the vaguer wording."""
    delta, shadow = one.delta, one.shadow
    lost = len(shadow.catches.lost) if shadow.catches else 0
    parts = len(delta.followed) + len(delta.unmuted) + len(delta.taught)
    parts += (delta.size is not None) + (delta.dial is not None)
    return lost, shadow.more + shadow.fewer, parts, -sum(map(len, delta.followed))


async def _edits(
    library: Library,
    profile: Profile,
    wish: Wish,
    one: Missed,
    why: Why | None,
    title: str,
    now: datetime,
) -> list[Edit]:
    muted = tuple((str(mute.kind), mute.value) for mute in why.mutes) if why else ()
    edits = [Edit(Kind.MUTE, Delta(unmuted=muted))] if muted else []
    if why is not None and why.needed is not None and wish.size < why.needed <= MOST_PAPERS:
        edits.append(Edit(Kind.SIZE, Delta(size=(wish.size, why.needed), unmuted=muted)))
    if why is not None and (opened := await _opened(library, profile, wish, why, now)):
        edits.append(Edit(Kind.DIAL, Delta(size=opened.size, dial=opened.dial, unmuted=muted)))
    there = {one.text.casefold() for one in wish.taste.interests}
    edits += [
        Edit(Kind.WORDS, Delta(unfollowed=(text,), followed=(louder,), unmuted=muted))
        for text, louder in _louder(wish, why, title)
        if louder.casefold() not in there
    ]
    edits += [
        Edit(Kind.INTEREST, Delta(followed=(text,), unmuted=muted))
        for text in phrases(title)
        if text.casefold() not in there
    ]
    near = await _near(library, wish, one, title, now)
    edits += [
        Edit(Kind.LIKES, Delta(taught=tuple(near[:count]), unmuted=muted))
        for count in LIKES
        if count <= len(near)
    ]
    return edits


async def _opened(
    library: Library, profile: Profile, wish: Wish, why: Why, now: datetime
) -> Delta | None:
    """The dial turned so far that the paper's score is enough; None where none goes so far."""
    mine = await library.db.read(subscriptions.of, profile.id)
    score = why.trace.score
    if not mine or not dial.LEAST <= score < wish.floor:
        return None
    turned = await dials.turned(library.db, mine[0])
    found = await reckoned(library, profile.id, wish.taste, now)
    if turned.sure is not None:
        sure = math.floor(found.own.likelihood(score) / STEP + 1e-9) * STEP
        to = Turned(sure=round(sure, 2)) if sure >= dials.LEAST_SURE else None
    else:
        about = max(math.ceil(found.volume(score)), 1)
        to = Turned(about=float(about)) if about <= dials.MOST_ABOUT else None
    return None if to is None or to == turned else await dials.delta(library.db, mine[0], to)


def _louder(wish: Wish, why: Why | None, title: str) -> Sequence[tuple[str, str]]:
    """The interest that the paper is nearest to, with words of its title that count extra."""
    if why is None or why.match is None or why.match.because.interest is None:
        return []
    text = why.match.because.interest.text
    if text not in {one.text for one in wish.taste.interests}:
        return []
    return [(text, louder) for louder in raised(text, title)]


async def _near(
    library: Library, wish: Wish, one: Missed, title: str, now: datetime
) -> Sequence[int]:
    """The `seq` of stored papers like it that nothing was said of, most alike first."""
    vector: Vector
    pool = await library.pool_of([] if one.seq is None else [one.seq], now)
    if len(pool):
        vector = pool.vectors[0]
    else:
        (vector,) = await library.encoder.encode([title])
    found = await Nearest.of(library).find(vector, NEIGHBOURS, now)
    key = title_key(title)
    near = [seq for seq, _ in found if seq != one.seq and seq not in wish.taste.seen]
    named = {paper.seq: title_key(paper.title) for paper in await library.db.read(by_seq, near)}
    return [seq for seq in near if named.get(seq, key) != key]
