"""Keyword alerts: queue the hits of papers that arrived since the last pass.

The cursor, the hits and their deliveries move in one transaction. What one profile's alerts found
in one pass goes out as one message per destination; a paper that several alerts hit is told once,
and one that the profile muted is not told at all.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot import messages, timetable
from matching.alerts import BadQuery, Percolator, Query, highlight, parse
from matching.mutes import Muting
from storage import alert_hits, mutes, outbox, papers, profiles
from storage.database import Database, Tx
from storage.mutes import Mute
from storage.records import Alert, DeliveryKind, Destination, Paper, Profile

AT_ONCE = 10_000
"""Papers that are matched in one pass, and so told in one message: more than any dump holds."""

CARDS = 20
"""Cards in one message; further hits are counted in its footer and kept on record."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """What one pass works on."""

    cursor: int
    up_to: int
    papers: list[Paper]
    alerts: list[Alert]
    profiles: dict[int, Profile]
    mutes: dict[int, list[Mute]]
    """By profile."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one profile's alerts found for one destination."""

    profile: Profile
    destination: Destination
    message: messages.Message
    hits: tuple[tuple[int, int], ...]
    """`(alert id, seq)`, every one of them, also those beyond the message's cards."""


async def queue_new(db: Database, now: datetime) -> int:
    """Match every alert with the papers since the last pass; how many messages were queued."""
    queued = 0
    while True:
        work = await db.read(_pass, now)
        if work.up_to <= work.cursor:
            return queued
        found = await asyncio.to_thread(match, work.alerts, work.profiles, work.papers, work.mutes)
        moved = await db.write(_queue, work.cursor, work.up_to, found, now)
        if not moved:
            return queued  # another pass came first, and will come again
        queued += len(found)


def match(
    alerts: Sequence[Alert],
    owners: dict[int, Profile],
    new: Sequence[Paper],
    muted: Mapping[int, Sequence[Mute]],
) -> list[Found]:
    """The hits of alerts among new papers, gathered into messages. Pure.

    Papers that were there before an alert (`seq` <= its `after_seq`) are not new to it. `muted`:
    mutes by profile; what they silence is no hit.
    """
    queries = _queries(alerts)
    hits = Percolator(queries).run(new)
    gathered: dict[tuple[int, Destination], dict[int, list[Alert]]] = {}
    for alert in alerts:
        for place in hits.get(alert.id, ()):
            if new[place].seq > alert.after_seq:
                by_paper = gathered.setdefault((alert.profile_id, alert.destination), {})
                by_paper.setdefault(place, []).append(alert)
    _leave_out_muted(gathered, new, muted)
    return [
        _found(owners[profile_id], destination, by_paper, new, queries)
        for (profile_id, destination), by_paper in gathered.items()
        if by_paper
    ]


def _leave_out_muted(
    gathered: dict[tuple[int, Destination], dict[int, list[Alert]]],
    new: Sequence[Paper],
    muted: Mapping[int, Sequence[Mute]],
) -> None:
    # Only what was hit is read for mutes: a thousand profiles mostly share a few new papers.
    hit = sorted(
        {place for (one, _), places in gathered.items() if muted.get(one) for place in places}
    )
    muting = Muting([new[place] for place in hit])
    for (profile_id, _), by_paper in gathered.items():
        for place in muting.by(muted.get(profile_id, ())):
            by_paper.pop(hit[place], None)


def _found(
    profile: Profile,
    destination: Destination,
    by_paper: dict[int, list[Alert]],
    new: Sequence[Paper],
    queries: dict[int, Query],
) -> Found:
    asked = {alert.query: None for found in by_paper.values() for alert in found}
    cards = []
    for place in sorted(by_paper)[:CARDS]:
        shown = {alert.query: highlight(queries[alert.id], new[place]) for alert in by_paper[place]}
        # With one alert in the message its heading names it; with several, each card does.
        reasons = [
            one.reason if len(asked) == 1 else f"your alert {query}: {one.reason}"
            for query, one in shown.items()
        ]
        sentence = next((one.sentence for one in shown.values() if not one.in_title), "")
        cards.append(messages.card(new[place], reason="; ".join(reasons), sentence=sentence))
    return Found(
        profile=profile,
        destination=destination,
        message=messages.alert(profile.name, list(asked), cards, len(by_paper) - len(cards)),
        hits=tuple(
            (alert.id, new[place].seq) for place in sorted(by_paper) for alert in by_paper[place]
        ),
    )


def _mark(destination: Destination) -> str:
    """Tells destinations apart in keys, which are logged, without naming anyone."""
    named = f"{destination.platform} {destination.address}"
    return hashlib.sha256(named.encode()).hexdigest()[:8]


def _queries(alerts: Sequence[Alert]) -> dict[int, Query]:
    queries = {}
    for alert in alerts:
        try:
            queries[alert.id] = parse(alert.query)
        except BadQuery as error:
            # It was read when it was added, so the language has changed under it.
            log.error("alert unreadable", alert=alert.id, position=error.position)
    return queries


def _pass(tx: Tx, now: datetime) -> _Pass:
    cursor = alert_hits.cursor(tx)
    new = papers.between(tx, cursor, papers.horizon(tx, now), AT_ONCE)
    alerts = [one for one in profiles.alerts(tx) if one.paused is None]
    owners = [alert.profile_id for alert in alerts]
    return _Pass(
        cursor=cursor,
        up_to=new[-1].seq if new else cursor,
        papers=new,
        alerts=alerts,
        profiles=profiles.by_id(tx, owners),
        mutes=mutes.of_many(tx, owners) if new else {},
    )


def _queue(tx: Tx, cursor: int, up_to: int, found: Sequence[Found], now: datetime) -> bool:
    if not alert_hits.advance(tx, cursor, up_to):
        return False
    for one in found:
        key = f"alert/{one.profile.id}/{_mark(one.destination)}/{cursor}-{up_to}"
        outbox.queue(
            tx,
            key=key,
            kind=DeliveryKind.ALERT,
            destination=one.destination,
            profile_id=one.profile.id,
            body=messages.to_json(one.message),
            due_at=timetable.free(now, one.profile),
            now=now,
        )
        alert_hits.add(tx, key, one.hits)
    log.info("alerts matched", up_to=up_to, messages=len(found))
    return True
