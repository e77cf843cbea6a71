"""Missed papers: the smallest edit that catches one, and all of them tried again and again.

Every change of a profile is tried against them (`shadows`), and so is every new model and every new
version that ranks otherwise.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot import rebuild, shadows
from bot.desk import MOST_PAPERS
from bot.messages import counted
from bot.why import Why
from matching import catching, replay
from matching.catching import Verdict
from matching.library import Library
from matching.replay import Replay, Wish
from matching.telling import SAYS_NOTHING
from storage import marks, missed, notices, profiles
from storage.changes import Delta
from storage.database import Tx
from storage.missed import Missed
from storage.records import Profile

MOST_MISSED = 100
"""Of one profile: each is tried again at every change."""

PHRASES = 6
"""Wordings of an interest that are tried for one missed paper."""

SHORTEST, LONGEST = 2, 12
"""Words of such a wording."""

_TESTED_WITH = "missed papers tested with"
_PIECES = re.compile(r"[:;,.!?()\[\]]+|\s+[-–—]+\s+")

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An edit that would catch a missed paper, and what it does besides."""

    delta: Delta
    shadow: Replay


@dataclass(frozen=True, kw_only=True)
class Tested:
    """The missed papers of one profile, tried again."""

    total: int
    caught: int
    lost: tuple[str, ...]
    """Titles of those that were caught when last tried and are no more."""
    is_as_before: bool
    """The last try found the same."""
    unknown: int
    """Those of which nothing but an id is known."""


async def proposed(
    library: Library,
    profile: Profile,
    wish: Wish,
    one: Missed,
    why: Why | None,
    title: str,
    now: datetime,
) -> Proposal | None:
    """The edit that catches the paper and changes least else; None where none of those tried does.

    why: how it was missed, for a stored paper.
    """
    found: list[Proposal] = []
    for delta in _edits(wish, why, title):
        will = await replay.changed(library, wish, delta, now)
        verdicts = await catching.tried(library, will, [one], now)
        if verdicts and verdicts[0].caught:
            shadow = await shadows.ahead(library, profile, wish, delta, now)
            found.append(Proposal(delta=delta, shadow=shadow))
    return min(found, key=_weight, default=None)


def _weight(one: Proposal) -> tuple[int, int, int, int]:
    """How much an edit changes: must-catch papers lost, volume, parts; then the vaguer wording."""
    delta, shadow = one.delta, one.shadow
    lost = len(shadow.catches.lost) if shadow.catches else 0
    parts = len(delta.followed) + len(delta.unmuted) + (delta.size is not None)
    return lost, shadow.more + shadow.fewer, parts, -sum(map(len, delta.followed))


def _edits(wish: Wish, why: Why | None, title: str) -> list[Delta]:
    muted = tuple((str(mute.kind), mute.value) for mute in why.mutes) if why else ()
    edits = [Delta(unmuted=muted)] if muted else []
    if why is not None and why.needed is not None and wish.size < why.needed <= MOST_PAPERS:
        edits.append(Delta(size=(wish.size, why.needed), unmuted=muted))
    there = {one.text.casefold() for one in wish.taste.interests}
    edits += [
        Delta(followed=(text,), unmuted=muted)
        for text in phrases(title)
        if text.casefold() not in there
    ]
    return edits


def phrases(title: str) -> list[str]:
    """Wordings of what a title is about: its pieces, and runs of words that say something."""
    pieces = [" ".join(piece.split()) for piece in _PIECES.split(title)]
    runs: list[str] = []
    for piece in pieces:
        run: list[str] = []
        for word in [*piece.split(), ""]:
            if word and word.casefold() not in SAYS_NOTHING:
                run.append(word)
            else:
                runs.append(" ".join(run))
                run = []
    whole = " ".join(title.split())
    fit = [one for one in (*runs, *pieces, whole) if SHORTEST <= len(one.split()) <= LONGEST]
    return list(dict.fromkeys([*fit, whole]))[:PHRASES]


async def tested(library: Library, profile: Profile, now: datetime) -> tuple[Tested, list[Verdict]]:
    """Every missed paper of a profile, tried again and the outcome kept."""
    known = await library.db.read(missed.of, profile.id)
    wish = await shadows.wish(library, profile, now)
    verdicts = await catching.tried(library, wish, known, now)
    await library.db.write(missed.tried, {one.missed.id: one.caught for one in verdicts})
    lost = tuple(one.title for one in verdicts if one.missed.caught and not one.caught)
    outcome = Tested(
        total=len(verdicts),
        caught=sum(one.caught for one in verdicts),
        lost=lost,
        is_as_before=all(one.missed.caught is one.caught for one in verdicts),
        unknown=len(known) - len(verdicts),
    )
    return outcome, verdicts


async def retest(library: Library, now: datetime) -> dict[str, Tested]:
    """Every profile's missed papers, if the model or the ranking is another than when last tried.

    By profile name. Who lost one is told with their next answer.
    """
    using = f"{rebuild.code()} {library.encoder.identity}"
    owners = await library.db.read(_owners, using)
    found = {}
    for profile in owners:
        outcome, _ = await tested(library, profile, now)
        found[profile.name] = outcome
        if outcome.lost:
            await library.db.write(notices.add, profile.id, _notice(outcome), now)
    if found:
        lost = sum(len(one.lost) for one in found.values())
        caught = sum(one.caught for one in found.values())
        log.info("missed papers tried again", profiles=len(found), caught=caught, lost=lost)
    await library.db.write(marks.put, _TESTED_WITH, using)
    return found


def _owners(tx: Tx, using: str) -> Sequence[Profile]:
    if marks.get(tx, _TESTED_WITH) == using:
        return []
    return list(profiles.by_id(tx, missed.owners(tx)).values())


def _notice(outcome: Tested) -> str:
    named = ", ".join(f"“{title}”" for title in outcome.lost[:3])
    return (
        f"Papers are ranked in a new way: {outcome.caught} of "
        f"{counted(outcome.total, 'must-catch paper')} caught, and no longer {named}. "
        "`missed` shows them all."
    )
