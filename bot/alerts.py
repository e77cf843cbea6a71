"""Keyword alerts: queue the hits of papers that arrived since the last pass.

The cursor, the hits and their deliveries move in one transaction, which also sees whether alerts
changed while it was prepared; then it is prepared again. The alerts stay in memory between passes,
ready to be run, and each pass learns what changed of them, by whatever process; what can be looked
up before a dump comes is.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import hits, messages, timetable
from bot.hits import Found, Gathered
from matching.alerts import BadQuery, Percolator
from storage import alert_hits, mutes, outbox, papers, profiles, standing, traces
from storage.alert_hits import HitState
from storage.database import Database, Tx
from storage.mutes import Mute
from storage.records import Alert, DeliveryKind, Destination, Entry, Paper, Profile
from storage.standing import Change
from storage.traces import Brought

AT_ONCE = 10_000
"""Papers that are matched in one pass, and so told in one message: more than any dump holds."""

LONGEST_DAY = timedelta(hours=50)
"""No local day began longer ago, whatever the clocks do."""

REHEARSED = 500
"""Papers that alerts are rehearsed on once they changed: most words of the next dump are theirs."""

HEAD_START = timedelta(seconds=2)
"""So long what needs the processors waits for alerts to be sent."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _New:
    """What a pass begins with, in one snapshot."""

    cursor: int
    papers: list[Paper]
    changes: list[Change]
    version: int
    """Of the alerts, with these changes."""

    @property
    def up_to(self) -> int:
        return self.papers[-1].seq if self.papers else self.cursor


@dataclass(frozen=True, kw_only=True)
class _Asking:
    """Whose alerts hit something, and what decides how they are told."""

    alerts: list[Alert]
    profiles: dict[int, Profile]
    mutes: dict[int, list[Mute]]
    spent: dict[int, int]


class Alerts:
    """The alerts of a database, kept ready. One for each process; passes come one after another."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._percolator: Percolator[int] = Percolator()
        self._version = 0
        self._rehearsed = 0
        """The version at which words were last looked up ahead of a dump."""
        self._passing = asyncio.Lock()

    async def queue_new(self, now: datetime) -> int:
        """Match every alert with the papers since the last pass; how many messages were queued."""
        queued = 0
        async with self._passing:
            while True:
                new = await self._db.read(_new, self._version, now)
                if new.changes:
                    await asyncio.to_thread(self._learn, new.changes)
                    self._version = new.version
                if not new.papers:
                    await self._rehearse(new.cursor)
                    return queued + await self._end(new.cursor, now)
                gathered = await self._match(new, now)
                if await self._db.write(_queue, new.cursor, new.up_to, new.version, gathered, now):
                    queued += sum(one.message is not None for one in gathered.found)

    async def foresee(self, entries: Sequence[Entry]) -> None:
        """Read papers that are just being stored: what is read by then need not be afterwards."""
        async with self._passing:
            await asyncio.to_thread(self._percolator.foresee, entries)

    def _learn(self, changes: Sequence[Change]) -> None:
        for one in changes:
            self._percolator.discard(one.alert_id)
            if one.query is None:
                continue
            try:
                self._percolator.add(one.alert_id, hits.read(one.query))
            except BadQuery as error:
                # It was read when it was added, so the language has changed under it.
                log.error("alert unreadable", alert=one.alert_id, position=error.position)

    async def _rehearse(self, cursor: int) -> None:
        if self._rehearsed == self._version:
            return
        known = await self._db.read(papers.between, cursor - REHEARSED, cursor)
        await asyncio.to_thread(self._percolator.rehearse, known)
        self._rehearsed = self._version

    async def _match(self, new: _New, now: datetime) -> Gathered:
        found = await asyncio.to_thread(self._percolator.run, new.papers)
        if not found:
            return Gathered(found=(), silenced=())
        asking = await self._db.read(_asking, list(found), now)
        return await asyncio.to_thread(
            hits.gather,
            asking.alerts,
            found,
            new.papers,
            asking.profiles,
            asking.mutes,
            asking.spent,
        )

    async def _end(self, cursor: int, now: datetime) -> int:
        """Tell of alerts whose time is over; how many."""
        if not await self._db.read(standing.expired, now):
            return 0
        return await self._db.write(_tell_ended, cursor, now)


async def queue_new(db: Database, now: datetime) -> int:
    """One pass, by whoever makes only one; how many messages were queued."""
    return await Alerts(db).queue_new(now)


async def until_sent(db: Database, clock: Callable[[], datetime]) -> None:
    """Wait until the alerts that are due are sent, HEAD_START at the most."""
    until = clock() + HEAD_START
    while (now := clock()) < until and await db.read(outbox.has_due_alert, now):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


def _new(tx: Tx, version: int, now: datetime) -> _New:
    cursor = alert_hits.cursor(tx)
    return _New(
        cursor=cursor,
        papers=papers.between(tx, cursor, papers.arrived(tx, now), AT_ONCE),
        changes=standing.changes(tx, version),
        version=standing.version(tx),
    )


def _asking(tx: Tx, alert_ids: Sequence[int], now: datetime) -> _Asking:
    alerts = standing.by_id(tx, alert_ids)
    owners = sorted({alert.profile_id for alert in alerts})
    known = profiles.by_id(tx, owners)
    spent: dict[int, int] = {}
    for profile_id, _, at in alert_hits.carded_since(tx, owners, now - LONGEST_DAY):
        if at >= hits.day_began(now, known[profile_id].zone):
            spent[profile_id] = spent.get(profile_id, 0) + 1
    return _Asking(alerts=alerts, profiles=known, mutes=mutes.of_many(tx, owners), spent=spent)


def _queue(
    tx: Tx, cursor: int, up_to: int, version: int, gathered: Gathered, now: datetime
) -> bool:
    """False where another pass came first or alerts changed meanwhile: nothing was written."""
    if standing.version(tx) != version or not alert_hits.advance(tx, cursor, up_to):
        return False
    _queue_told(tx, [one for one in gathered.found if one.message], f"{cursor}-{up_to}", now)
    for one in gathered.found:
        if not one.message:
            _queue_rest(tx, one, f"{cursor}-{up_to}", now)
    alert_hits.silence(tx, gathered.silenced, now)
    log.info(
        "alerts matched",
        up_to=up_to,
        messages=len(gathered.found),
        silenced=len(gathered.silenced),
        dumps=traces.of_papers(tx, range(cursor + 1, up_to + 1)),
    )
    return True


def _queue_told(tx: Tx, told: Sequence[Found], passed: str, now: datetime) -> None:
    """The messages with cards: all of them by a few statements, since nothing leaves before."""
    keyed = {f"alert/{one.profile.id}/{_mark(one.destination)}/{passed}": one for one in told}
    brought = traces.by_paper(tx, {seq for one in told for _, seq in (*one.shown, *one.counted)})
    queued = []
    for key, one in keyed.items():
        if one.message is not None:
            due_at = timetable.free(now, one.profile)
            queued.append(_queued(key, one, one.message, brought, due_at))
    outbox.queue_all(tx, queued, now)
    alert_hits.add(tx, {key: one.shown for key, one in keyed.items()})
    alert_hits.add(tx, {key: one.counted for key, one in keyed.items()}, HitState.COUNTED)


def _queue_rest(tx: Tx, one: Found, passed: str, now: datetime) -> None:
    """What is beyond a day's limit waits in one message, which counts more with every pass."""
    day = hits.day_began(now, one.profile.zone)
    key = f"alert/{one.profile.id}/{_mark(one.destination)}/day-{day:%Y-%m-%d}"
    waits = outbox.is_waiting(tx, key)
    if waits is False:
        key = f"{key}/{passed}"  # the day's message has gone, as after a snooze that was ended
    if not waits:
        said = hits.rest(one.profile, 0, day)
        brought = traces.by_paper(tx, {seq for _, seq in one.counted})
        due_at = hits.day_told(now, one.profile)
        outbox.queue_all(tx, [_queued(key, one, said, brought, due_at)], now)
    alert_hits.add(tx, {key: one.counted}, HitState.COUNTED)
    said = hits.rest(one.profile, alert_hits.papers_of(tx, key), day)
    outbox.reword(tx, key, messages.to_json(said))


def _queued(
    key: str, one: Found, message: messages.Message, brought: Brought, due_at: datetime
) -> outbox.Queued:
    """Under the trace of the newest dump that it tells of."""
    dumps = brought.of({seq for _, seq in (*one.shown, *one.counted)})
    with traces.bound(dumps[-1]):
        log.info("alert queued", key=key, dumps=dumps)
    return outbox.Queued(
        key=key,
        kind=DeliveryKind.ALERT,
        destination=one.destination,
        profile_id=one.profile.id,
        body=messages.to_json(message),
        due_at=due_at,
        trace=dumps[-1],
    )


def _tell_ended(tx: Tx, cursor: int, now: datetime) -> int:
    if cursor < papers.newest(tx):
        return 0  # papers that came in time are still to be matched
    ended = standing.expired(tx, now)
    owners = profiles.by_id(tx, [one.profile_id for one in ended])
    for one in ended:
        owner = owners[one.profile_id]
        outbox.queue(
            tx,
            key=f"alert-ended/{one.id}/{one.expires_at:%Y-%m-%dT%H:%M:%SZ}",
            kind=DeliveryKind.NOTICE,
            destination=one.destination,
            profile_id=owner.id,
            body=messages.to_json(hits.ended(owner, one)),
            due_at=timetable.free(now, owner),
            now=now,
        )
    standing.end(tx, ended)
    return len(ended)


def _mark(destination: Destination) -> str:
    """Tells destinations apart in keys, which are logged, without naming anyone."""
    named = f"{destination.platform} {destination.address}"
    return hashlib.sha256(named.encode()).hexdigest()[:8]
