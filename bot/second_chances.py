"""Second chances: a paper that fits somebody, and of which much was said since it came.

Of the papers whose comments were counted twice in REACH, the top percent by what they gained are
candidates. A person is told of one that fits, that they have not voted on or muted, and at most one
a week. The record of it and its delivery are one transaction under one key, so that it is neither
doubled nor lost wherever the process ends.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot import messages, timetable
from bot.messages import Button, Message
from matching.background import Background
from matching.library import Library
from matching.pool import Pool
from matching.ranking import Match, fitting, matches, score
from matching.reasons import explain, nearest_sentences
from matching.taste import Taste
from storage import outbox, papers, profiles, second_chances, sightings, traces, vectors
from storage.database import Tx
from storage.records import DeliveryKind, Profile
from storage.second_chances import SecondChance
from storage.sightings import Growth

REACH = timedelta(days=14)
"""Over which comments are compared."""

TOP = 100
"""One in so many papers is a candidate; of fewer, one."""

LEAST_GAINED = 10
"""Comments: less is no reason to come back."""

SETTLED = timedelta(days=2)
"""A paper that was not sent may still come in a digest for so long."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Risen:
    """The candidates, ready to be compared with interests."""

    growth: dict[int, Growth]
    pool: Pool
    background: Background


async def queue(library: Library, now: datetime) -> int:
    """Queue a second chance for everybody who is due one; how many."""
    candidates = top(await library.db.read(sightings.growth, now - REACH, now))
    owed = await library.db.read(second_chances.may_be_told, now) if candidates else []
    if not owed:
        return 0
    growth = {one.seq: one for one in candidates}
    known = await library.db.read(vectors.having, await library.model(now), list(growth))
    risen = _Risen(
        growth=growth,
        pool=await library.pool_of(sorted(known), now),
        background=await library.background(now),
    )
    queued = 0
    for profile_id in owed:
        queued += await _queue_for(library, profile_id, risen, now)
    return queued


def top(grown: list[Growth]) -> list[Growth]:
    """The papers whose comments rose most: one in TOP of those that were counted twice."""
    counted = [one for one in grown if one.gained is not None]
    risen = sorted(counted, key=lambda one: (-(one.gained or 0), one.seq))
    most = max(1, len(counted) // TOP)
    return [one for one in risen[:most] if (one.gained or 0) >= LEAST_GAINED]


async def _queue_for(library: Library, profile_id: int, risen: _Risen, now: datetime) -> bool:
    taste = await library.taste(profile_id, now)
    fit = await asyncio.to_thread(_fit, taste, risen)
    seqs = [one.paper.seq for one in fit]
    had, shown = await library.db.read(_past, profile_id, seqs)
    for match in fit:
        seq = match.paper.seq
        is_settled = seq in shown or match.paper.first_seen <= now - SETTLED
        if seq in had or not is_settled:
            continue
        (sentence,) = await nearest_sentences(library.encoder, [(taste, match)])
        grown = risen.growth[seq]
        before = await library.db.read(_count_at, seq, shown.get(seq), grown.before or 0)
        one = SecondChance(
            profile_id=profile_id, seq=seq, before=before, comments=grown.comments or 0
        )
        if one.comments - one.before >= LEAST_GAINED:
            return await library.db.write(_queue, one, match, sentence or "", shown.get(seq), now)
    return False


def _fit(taste: Taste, risen: _Risen) -> list[Match]:
    """Those that fit the taste, the one that gained most first."""
    scores = score(taste, risen.pool, risen.background)
    found = fitting(scores, taste, risen.pool, None)
    found.sort(key=lambda i: -(risen.growth[risen.pool.papers[i].seq].gained or 0))
    return matches([(scores, i) for i in found])


def _past(tx: Tx, profile_id: int, seqs: list[int]) -> tuple[set[int], dict[int, datetime]]:
    return second_chances.had(tx, profile_id, seqs), second_chances.shown(tx, profile_id, seqs)


def _count_at(tx: Tx, seq: int, at: datetime | None, otherwise: int) -> int:
    """The comments that a paper had when it was sent."""
    counts = [
        one.comments
        for one in papers.sightings(tx, seq)
        if one.comments is not None and at is not None and one.seen_at <= at
    ]
    return counts[-1] if counts else otherwise


def _queue(
    tx: Tx,
    one: SecondChance,
    match: Match,
    sentence: str,
    shown_at: datetime | None,
    now: datetime,
) -> bool:
    """False where it was told before, or its owner wants none any more."""
    profile = profiles.by_id(tx, [one.profile_id]).get(one.profile_id)
    if profile is None or not second_chances.decide(tx, one, now):
        return False
    key = f"second-chance/{one.profile_id}/{one.seq}"
    outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.NOTICE,
        destination=profile.destination,
        profile_id=profile.id,
        body=messages.to_json(_message(profile, one, match, sentence, shown_at, now)),
        due_at=timetable.free(now, profile),
        now=now,
    )
    log.info(
        "second chance queued",
        key=key,
        profile=profile.id,
        paper=one.seq,
        dumps=traces.of_papers(tx, [one.seq]),
    )
    return True


def _message(
    profile: Profile,
    one: SecondChance,
    match: Match,
    sentence: str,
    shown_at: datetime | None,
    now: datetime,
) -> Message:
    day = _day(shown_at or match.paper.first_seen, profile.zone, now)
    was = f"You saw this {day}" if shown_at else f"This came {day} and was not sent to you"
    return Message(
        heading=f"Comments {one.before:,} → {one.comments:,}",
        intro=f"{was}: comments {one.before:,} → {one.comments:,} since then.",
        cards=(messages.card(match.paper, reason=explain(match).text, sentence=sentence),),
        footer="One such paper a week at the most.",
        buttons=(Button(label="No more of these", action="alerts second-chances off"),),
    )


def _day(at: datetime, zone: str, now: datetime) -> str:
    here, today = (one.astimezone(ZoneInfo(zone)) for one in (at, now))
    days = (today.date() - here.date()).days
    if days == 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"on {here:%A}" if days < 7 else f"on {here:%a %d %b}"
