"""Why a paper was, or was not, sent to a profile: one paper's way, followed to its end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.composing import REACH
from bot.desk import SIZE
from matching.alerts import BadQuery, Query, highlight, parse, percolate
from matching.background import Background
from matching.library import Library
from matching.pool import Pool
from matching.ranking import Match, diverse, fitting, match_at, score
from matching.reasons import Trace, nearest_sentences, why_not
from matching.remembered import Remembered
from matching.taste import Taste
from storage import alert_hits, dials, digests, overview, papers, profiles, refused, subscriptions
from storage.database import Tx
from storage.mutes import Mute
from storage.overview import Telling
from storage.records import Alert, Paper, Profile

AROUND = 200
"""Papers before and after, that one is judged among which no digest has considered."""


class StillComing(Exception):
    """The paper has no vector of this model: it says whether one is to come."""


@dataclass(frozen=True, kw_only=True)
class Why:
    """One paper's way through one profile."""

    paper: Paper
    sent: tuple[tuple[datetime, str], ...]
    """When, and as what ("digest" or "alert"), the profile was sent it."""
    tellings: tuple[Telling, ...]
    """Every message for the profile that holds it, with what became of the message."""
    alerts: tuple[str, ...]
    """Which of the profile's alerts hit it, and with what."""
    trace: Trace
    """Its way through the ranking, among the papers that it arrived with."""
    match: Match | None
    """What carried its score; None where the profile has nothing to rank by."""
    sentence: str
    """Of its abstract the one nearest to what carried it, as it stands there; empty where none."""
    fitting: int
    """How many of those papers fit."""
    size: int
    """The most papers that a digest of the profile holds."""
    needed: int | None
    """The size of a digest that would have room for it; None where it does not fit."""
    mutes: tuple[Mute, ...]
    """The profile's mutes that silence it."""
    was_considered: bool
    """Whether a digest has read it."""
    is_old: bool
    """It came too long ago for a digest to bring it still."""


@dataclass(frozen=True)
class _Company:
    """The digest that considered the paper, or would."""

    after: int
    up_to: int
    size: int
    floor: float | None
    """The digest's own; None: the usual one."""
    was_considered: bool
    is_old: bool
    told: frozenset[int]
    """Other papers that an alert has told: no digest brings them again."""


@dataclass(frozen=True)
class _Way:
    """What ranking made of the paper."""

    trace: Trace
    match: Match | None
    fitting: int
    needed: int | None
    mutes: tuple[Mute, ...]


async def why(library: Library, profile: Profile, paper: Paper, now: datetime) -> Why:
    """Why the paper was, or was not, sent to the profile. Raises StillComing."""
    company = await library.db.read(_company, profile.id, paper.seq, now)
    pool = await library.pool(company.after, company.up_to, now)
    place = next((i for i, one in enumerate(pool.papers) if one.seq == paper.seq), None)
    if place is None:
        never = await library.db.read(refused.reason, await library.model(now), paper.seq)
        if never is not None:
            raise StillComing(f"paper {paper.seq} comes in no digest: {never}; alerts tell it")
        raise StillComing(f"paper {paper.seq} is not embedded yet: ask again in a minute")
    taste = replace(await library.taste(profile.id, now), told=company.told)
    background = await library.background(now)
    way = await asyncio.to_thread(_way, taste, pool, background, place, company.size, company.floor)
    sentence = None
    if way.match is not None and way.match.score > 0 and way.trace.stopped_by != "voted":
        (sentence,) = await nearest_sentences(Remembered.of(library), [(taste, way.match)])
    sent = await library.db.read(digests.sent_before, profile.id, paper.seq)
    alerts = await library.db.read(profiles.alerts, profile.id)
    return Why(
        paper=paper,
        sent=tuple(sent),
        tellings=tuple(await library.db.read(overview.tellings, profile.id, paper.seq)),
        alerts=await asyncio.to_thread(_hits, alerts, paper),
        trace=way.trace,
        match=way.match,
        sentence=sentence or "",
        fitting=way.fitting,
        size=company.size,
        needed=way.needed,
        mutes=way.mutes,
        was_considered=company.was_considered,
        is_old=company.is_old,
    )


def _way(
    taste: Taste,
    pool: Pool,
    background: Background,
    place: int,
    size: int,
    floor: float | None,
) -> _Way:
    scores = score(taste, pool, background)
    fits = fitting(scores, taste, pool, floor)
    order = diverse(fits, scores.total, pool, len(fits)) if place in fits else []
    return _Way(
        trace=why_not(taste, pool, background, place, size=size, floor=floor),
        match=match_at(place, scores) if scores.facets else None,
        fitting=len(fits),
        needed=order.index(place) + 1 if order else None,
        mutes=pool.muting.by(taste.mutes).get(place, ()),
    )


def _hits(alerts: Sequence[Alert], paper: Paper) -> tuple[str, ...]:
    queries = _readable(alerts)
    paused = {alert.query for alert in alerts if alert.paused}
    return tuple(
        f"{text} ({highlight(queries[text], paper).reason}{'; paused' * (text in paused)})"
        for text in percolate(queries, [paper])
    )


def _readable(alerts: Sequence[Alert]) -> dict[str, Query]:
    found = {}
    for alert in alerts:
        try:
            found[alert.query] = parse(alert.query)
        except BadQuery:  # the language has changed under it: the alerts' tick logs that
            continue
    return found


def _company(tx: Tx, profile_id: int, seq: int, now: datetime) -> _Company:
    mine = subscriptions.of(tx, profile_id)
    oldest = papers.last_before(tx, now - (mine[0].reach if mine else REACH))
    considered = digests.considering(tx, profile_id, seq)
    cursor = max(mine[0].cursor, oldest) if mine else oldest
    newest = papers.newest(tx)
    dial = dials.of(tx, [mine[0].id]).get(mine[0].id) if mine else None
    floor = dial.floor if dial else None
    if considered is not None:
        after, up_to, floor = considered
    elif mine and seq > cursor:
        after, up_to = cursor, newest
    else:  # nothing has considered it: judge it among the papers around it
        after, up_to = seq - AROUND, min(seq + AROUND, newest)
    told = alert_hits.told(tx, [profile_id], after).get(profile_id, set())
    return _Company(
        after=after,
        up_to=up_to,
        size=mine[0].size if mine else SIZE,
        floor=floor,
        was_considered=considered is not None,
        is_old=considered is None and seq <= oldest,
        told=frozenset(told - {seq}),
    )
