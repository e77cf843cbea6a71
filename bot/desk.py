"""The front desk: what people order, on any platform. Needs no model.

A new subscription starts with the papers of the last days; a new alert with the next paper. Whoever
orders something wants it delivered: a destination that was gone is tried again.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta

from bot import timetable
from matching.alerts import Query
from storage import changes, destinations, outbox, papers, profiles, subscriptions
from storage.changes import Change
from storage.database import Database, Tx
from storage.records import (
    Alert,
    Destination,
    Profile,
    QuietHours,
    Schedule,
    Subscription,
)

LOOK_BACK = timedelta(days=7)
"""A new subscription begins with the papers of so many days."""

LONGEST_WAIT = timedelta(days=9)
"""No schedule waits longer for its next digest than a week, and a day for zones that skip one."""

SIZE = 8
"""Papers in a digest, unless its owner says otherwise."""

MOST_PAPERS = 50
"""In one digest."""

MOST_ALERTS = 50
"""Of one profile: a dry run is compared with all of them."""


class TooMany(ValueError):
    """There is no room for another; the message says how many there may be."""


async def subscribe(
    db: Database,
    profile: Profile,
    schedule: Schedule,
    size: int,
    now: datetime,
    destination: Destination | None = None,
) -> Subscription:
    """Subscribe a profile, or change its subscription to that destination (None: its own)."""
    to = destination or profile.destination
    made, _ = await db.write(
        changes.recorded, profile.id, now, _subscribe, profile, schedule, size, to, now
    )
    return made


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


async def snooze(db: Database, profile: Profile, until: datetime | None, now: datetime) -> None:
    """Send a profile nothing before `until`, what waits in the outbox included; None: wake it.

    Papers that come meanwhile are in the first digest afterwards.
    """
    await db.write(_snooze, profile, until, now)


async def unsubscribe(db: Database, profile: Profile) -> int:
    """Send a profile no more digests; how many subscriptions it had."""
    return await db.write(_unsubscribe, profile.id)


async def resize(
    db: Database, profile: Profile, was: Subscription, size: int, now: datetime
) -> tuple[Subscription, Change | None]:
    """Change how long a subscription's digests are, and nothing of when they come.

    With it the change that this is; None where they were so long already.
    """
    return await db.write(changes.recorded, profile.id, now, _resize, profile, was, size, now)


async def change_zone(
    db: Database, profile: Profile, zone: str, now: datetime
) -> list[Subscription]:
    """Change a profile's zone; the subscriptions that have moved with it.

    Each keeps its wall times, and its next digest the day that it was for.
    """
    return await db.write(_change_zone, profile, zone, now)


async def change_quiet(
    db: Database, profile: Profile, quiet: QuietHours | None, now: datetime
) -> None:
    """Change or remove a profile's quiet hours; what waits in the outbox keeps to the new ones."""
    await db.write(_change_quiet, profile, quiet, now)


async def reopen(db: Database, destination: Destination) -> bool:
    """Try a destination again that was gone; False where nothing was wrong with it."""
    return await db.write(destinations.reopen, destination)


async def add_alert(db: Database, profile: Profile, query: Query, now: datetime) -> Alert:
    """Add an alert for papers that arrive from now on; one that is there and paused goes on.

    Raises TooMany.
    """
    return await db.write(_add_alert, profile, query, now)


async def change_alert(
    db: Database, profile: Profile, alert_id: int, query: Query, now: datetime
) -> Alert | None:
    """The alert that stands in the place of another; None if the profile has none of that id.

    Papers that came before this and were not matched yet are new to it too.
    """
    return await db.write(_change_alert, profile, alert_id, query, now)


async def resume_alert(db: Database, profile: Profile, alert_id: int) -> bool:
    """Let an alert go on with the papers from now on; False if the profile has none of that id.

    Where its destination was gone, everything that goes there is tried again.
    """
    return await db.write(_resume_alert, profile, alert_id)


async def correct_clock_jumps(db: Database, now: datetime) -> int:
    """Bring back digests that a clock gone wrong had put too far away; how many those were."""
    return await db.write(_correct, now)


def _correct(tx: Tx, now: datetime) -> int:
    moved = 0
    late = subscriptions.due_after(tx, now + LONGEST_WAIT)
    owners = profiles.by_id(tx, [one.profile_id for one in late])
    for one in late:
        # A snooze puts a digest far away too, by its owner's wish.
        earliest = max(now, owners[one.profile_id].snoozed_until or now)
        if one.due_at > earliest + LONGEST_WAIT:
            subscriptions.reschedule(tx, one.id, timetable.next_due(one.schedule, earliest))
            moved += 1
    return moved


def _snooze(tx: Tx, profile: Profile, until: datetime | None, now: datetime) -> None:
    profiles.snooze(tx, profile.id, until)
    changed = replace(profile, snoozed_until=until)
    outbox.move_waiting(tx, profile.id, timetable.free(now, changed))
    for one in subscriptions.of(tx, profile.id):
        due_at = timetable.next_due(one.schedule, max(now, until or now))
        subscriptions.reschedule(tx, one.id, due_at)


def _subscribe(
    tx: Tx, profile: Profile, schedule: Schedule, size: int, to: Destination, now: datetime
) -> Subscription:
    there = next((one for one in subscriptions.of(tx, profile.id) if one.destination == to), None)
    due_at = timetable.next_due(schedule, max(now, profile.snoozed_until or now))
    if there is not None and there.paused is None and there.schedule == schedule:
        due_at = there.due_at  # one that is due just now is not passed over
    destinations.reopen(tx, to)
    return subscriptions.add(
        tx,
        profile_id=profile.id,
        destination=to,
        schedule=schedule,
        size=size,
        cursor=papers.last_before(tx, now - LOOK_BACK),
        due_at=due_at,
        now=now,
    )


def _unsubscribe(tx: Tx, profile_id: int) -> int:
    return sum(
        subscriptions.remove(tx, profile_id, one.id) for one in subscriptions.of(tx, profile_id)
    )


def _resize(tx: Tx, profile: Profile, was: Subscription, size: int, now: datetime) -> Subscription:
    there = next((one for one in subscriptions.of(tx, profile.id) if one.id == was.id), was)
    destinations.reopen(tx, there.destination)
    return subscriptions.add(
        tx,
        profile_id=profile.id,
        destination=there.destination,
        schedule=there.schedule,
        size=size,
        cursor=there.cursor,
        due_at=there.due_at,
        now=now,
    )


def _change_zone(tx: Tx, profile: Profile, zone: str, now: datetime) -> list[Subscription]:
    profiles.set_zone(tx, profile.id, zone)
    changed = replace(profile, zone=zone)
    if profile.quiet is not None:
        outbox.move_waiting(tx, profile.id, timetable.free(now, changed))
    for one in subscriptions.of(tx, profile.id):
        if profile.snoozed_until is not None and profile.snoozed_until > now:
            there = replace(one.schedule, zone=zone)
            due_at = timetable.next_due(there, profile.snoozed_until)
        else:
            due_at = timetable.moved(one.schedule, one.due_at, zone, now)
        subscriptions.move(tx, one.id, zone, due_at)
    return subscriptions.of(tx, profile.id)


def _change_quiet(tx: Tx, profile: Profile, quiet: QuietHours | None, now: datetime) -> None:
    profiles.set_quiet(tx, profile.id, quiet)
    outbox.move_waiting(tx, profile.id, timetable.free(now, replace(profile, quiet=quiet)))


def _add_alert(tx: Tx, profile: Profile, query: Query, now: datetime) -> Alert:
    there = profiles.alerts(tx, profile.id)
    is_known = any(one.query == query.text for one in there)
    if not is_known and len(there) >= MOST_ALERTS:
        raise TooMany(f"{MOST_ALERTS} alerts are the most: remove one first")
    destinations.reopen(tx, profile.destination)
    newest = papers.newest(tx)
    made = profiles.add_alert(tx, profile.id, query.text, profile.destination, newest, now)
    profiles.resume_alert(tx, profile.id, made.id, newest)
    return replace(made, paused=None)


def _change_alert(
    tx: Tx, profile: Profile, alert_id: int, query: Query, now: datetime
) -> Alert | None:
    was = next((one for one in profiles.alerts(tx, profile.id) if one.id == alert_id), None)
    if was is None or was.query == query.text:
        return was
    if destinations.gone(tx, was.destination) is not None:
        destinations.reopen(tx, was.destination)
    profiles.remove_alert(tx, profile.id, was.id)
    return profiles.add_alert(tx, profile.id, query.text, was.destination, was.after_seq, now)


def _resume_alert(tx: Tx, profile: Profile, alert_id: int) -> bool:
    was = next((one for one in profiles.alerts(tx, profile.id) if one.id == alert_id), None)
    if was is None:
        return False
    if destinations.gone(tx, was.destination) is not None:
        destinations.reopen(tx, was.destination)
    profiles.resume_alert(tx, profile.id, was.id, papers.newest(tx))
    return True
