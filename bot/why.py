"""Why a paper was, or was not, sent to a profile: one paper's way, followed to its end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.desk import SIZE
from matching.alerts import highlight, parse, percolate
from matching.library import Library
from matching.reasons import Trace, why_not
from storage import digests, papers, profiles, subscriptions
from storage.database import Tx
from storage.records import Alert, Paper, Profile

AROUND = 200
"""Papers before and after, that one is judged among which no digest has considered."""


@dataclass(frozen=True, kw_only=True)
class Why:
    """One paper's way through one profile."""

    paper: Paper
    sent: tuple[tuple[datetime, str], ...]
    """When, and as what ("digest" or "alert"), the profile was sent it."""
    alerts: tuple[str, ...]
    """Which of the profile's alerts hit it, and with what."""
    trace: Trace
    """Its way through the ranking, among the papers that it arrived with."""


async def why(library: Library, profile: Profile, paper: Paper, now: datetime) -> Why:
    """Why the paper was, or was not, sent to the profile."""
    after, up_to, size = await library.db.read(_company, profile.id, paper.seq)
    pool = await library.pool(after, up_to, now)
    taste = await library.taste(profile.id, now)
    place = next(i for i, one in enumerate(pool.papers) if one.seq == paper.seq)
    background = await library.background(now)
    trace = await asyncio.to_thread(why_not, taste, pool, background, place, size=size)
    sent = await library.db.read(digests.sent_before, profile.id, paper.seq)
    alerts = await library.db.read(profiles.alerts, profile.id)
    return Why(
        paper=paper,
        sent=tuple(sent),
        alerts=await asyncio.to_thread(_hits, alerts, paper),
        trace=trace,
    )


def _hits(alerts: Sequence[Alert], paper: Paper) -> tuple[str, ...]:
    queries = {alert.query: parse(alert.query) for alert in alerts}
    return tuple(
        f"{text} ({highlight(queries[text], paper).reason})" for text in percolate(queries, [paper])
    )


def _company(tx: Tx, profile_id: int, seq: int) -> tuple[int, int, int]:
    """`(after, up_to, size)` of the digest that considered the paper, or would."""
    mine = subscriptions.of(tx, profile_id)
    size = mine[0].size if mine else SIZE
    considered = digests.considering(tx, profile_id, seq)
    if considered is not None:
        return *considered, size
    newest = papers.newest(tx)
    if mine and seq > mine[0].cursor:
        return mine[0].cursor, newest, size
    # Nothing has considered it: judge it among the papers around it.
    return seq - AROUND, min(seq + AROUND, newest), size
