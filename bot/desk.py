"""The front desk: what people order, on any platform. Needs no model.

A new subscription starts with the papers of the last days; a new alert with the next paper.
"""

from datetime import datetime, time, timedelta

from bot import timetable
from matching.alerts import Query
from storage import destinations, papers, profiles, subscriptions
from storage.database import Database, Tx
from storage.records import Alert, Destination, Profile, Schedule, Subscription

LOOK_BACK = timedelta(days=7)
"""A new subscription begins with the papers of so many days."""

LONGEST_WAIT = timedelta(days=9)
"""No schedule waits longer for its next digest than a week, and a day for zones that skip one."""

SIZE = 8
"""Papers in a digest, unless its owner says otherwise."""


async def subscribe(
    db: Database,
    profile: Profile,
    schedule: Schedule,
    size: int,
    now: datetime,
    destination: Destination | None = None,
) -> Subscription:
    """Subscribe a profile, or change its subscription to that destination (None: its own)."""
    return await db.write(
        _subscribe, profile, schedule, size, destination or profile.destination, now
    )


async def imagined(db: Database, profile: Profile, size: int, now: datetime) -> Subscription:
    """The subscription that this profile would have if it subscribed now; nothing is stored."""
    schedule = Schedule(times=(time(8, 30),), weekdays=timetable.EVERY_DAY, zone=profile.zone)
    return Subscription(
        id=0,
        profile_id=profile.id,
        destination=profile.destination,
        schedule=schedule,
        size=size,
        cursor=await db.read(papers.last_before, now - LOOK_BACK),
        due_at=now,
        paused=None,
    )


async def add_alert(db: Database, profile: Profile, query: Query, now: datetime) -> Alert:
    """Add an alert for papers that arrive from now on."""
    return await db.write(_add_alert, profile, query, now)


async def correct_clock_jumps(db: Database, now: datetime) -> int:
    """Bring back digests that a clock gone wrong had put too far away; how many those were."""
    return await db.write(_correct, now)


def _correct(tx: Tx, now: datetime) -> int:
    moved = 0
    for one in subscriptions.due_after(tx, now + LONGEST_WAIT):
        subscriptions.reschedule(tx, one.id, timetable.next_due(one.schedule, now))
        moved += 1
    return moved


def _subscribe(
    tx: Tx, profile: Profile, schedule: Schedule, size: int, to: Destination, now: datetime
) -> Subscription:
    destinations.reopen(tx, to)  # who subscribes wants it there, whatever was wrong before
    return subscriptions.add(
        tx,
        profile_id=profile.id,
        destination=to,
        schedule=schedule,
        size=size,
        cursor=papers.last_before(tx, now - LOOK_BACK),
        due_at=timetable.next_due(schedule, now),
        now=now,
    )


def _add_alert(tx: Tx, profile: Profile, query: Query, now: datetime) -> Alert:
    return profiles.add_alert(
        tx, profile.id, query.text, profile.destination, papers.newest(tx), now
    )
