"""Missed papers, all of them tried again and again.

Every change of a profile is tried against them (`shadows`), and so is every new model, every new
version that ranks otherwise and, once a day, what votes have made of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot import rebuild, shadows
from bot.messages import counted
from matching import catching
from matching.catching import Verdict
from matching.library import Library
from storage import marks, missed, notices, profiles
from storage.database import Tx
from storage.records import Profile

MOST_MISSED = 100
"""Of one profile: each is tried again at every change."""

NEW_WAY = "Papers are ranked in a new way"
NEW_DAY = "By the votes and papers since"
"""Why a paper that was caught is no more."""

_TESTED_WITH = "missed papers tested with"

log = structlog.get_logger()


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
    """Every profile's missed papers, once a day, as votes move what comes; and at once where the
    model or the ranking is another than when last tried.

    By profile name. Who lost one is told with their next answer.
    """
    using = f"{rebuild.code()} {library.encoder.identity}"
    today = f"{using} {now:%Y-%m-%d}"
    last, owners = await library.db.read(_owners, today)
    found = {}
    for profile in owners:
        outcome, _ = await tested(library, profile, now)
        found[profile.name] = outcome
        if outcome.lost:
            because = NEW_DAY if last.startswith(f"{using} ") else NEW_WAY
            await library.db.write(notices.add, profile.id, _notice(outcome, because), now)
    if found:
        lost = sum(len(one.lost) for one in found.values())
        caught = sum(one.caught for one in found.values())
        log.info("missed papers tried again", profiles=len(found), caught=caught, lost=lost)
    await library.db.write(marks.put, _TESTED_WITH, today)
    return found


def _owners(tx: Tx, today: str) -> tuple[str, Sequence[Profile]]:
    last = marks.get(tx, _TESTED_WITH) or ""
    return last, [] if last == today else list(profiles.by_id(tx, missed.owners(tx)).values())


def _notice(outcome: Tested, because: str) -> str:
    named = ", ".join(f"“{title}”" for title in outcome.lost[:3])
    return (
        f"{because}: {outcome.caught} of "
        f"{counted(outcome.total, 'must-catch paper')} caught, and no longer {named}. "
        "`missed` shows them all."
    )
