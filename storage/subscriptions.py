"""Subscriptions: when each is due and how far it has read.

`advance` moves cursor and due date together, guarded by their old values: of two passes over the
same papers, the second changes nothing.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache

from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import Destination, Schedule, Subscription


def add(
    tx: Tx,
    *,
    profile_id: int,
    destination: Destination,
    schedule: Schedule,
    size: int,
    cursor: int,
    due_at: datetime,
    now: datetime,
) -> Subscription:
    """Subscribe, or change the schedule and size of the subscription that is there.

    cursor: the highest `seq` that a new subscription counts as read; an existing one keeps its own.
    """
    row = tx.one(
        """
        INSERT INTO subscriptions (profile_id, platform, address, times, weekdays, zone, size,
            cursor, due_at, created_at)
        VALUES (:profile, :platform, :address, :times, :weekdays, :zone, :size,
            :cursor, :due_at, :now)
        ON CONFLICT (profile_id, platform, address) DO UPDATE SET
            times = excluded.times, weekdays = excluded.weekdays, zone = excluded.zone,
            size = excluded.size, due_at = excluded.due_at, paused = NULL
        RETURNING *
        """,
        profile=profile_id,
        platform=destination.platform,
        address=destination.address,
        times=",".join(at.isoformat("minutes") for at in schedule.times),
        weekdays="".join(str(day) for day in sorted(schedule.weekdays)),
        zone=schedule.zone,
        size=size,
        cursor=cursor,
        due_at=to_text(due_at),
        now=to_text(now),
    )
    return from_row(row)


def of(tx: Tx, profile_id: int) -> list[Subscription]:
    """The profile's subscriptions, oldest first."""
    return [
        from_row(row)
        for row in tx.rows(
            "SELECT * FROM subscriptions WHERE profile_id = :profile ORDER BY id",
            profile=profile_id,
        )
    ]


def due(
    tx: Tx, now: datetime, limit: int, after: tuple[datetime, int] | None = None
) -> list[Subscription]:
    """Subscriptions whose time has come, the longest waiting first.

    after: `(due_at, id)` of the last one of an earlier page.
    """
    return [
        from_row(row)
        for row in tx.rows(
            """
            SELECT * FROM subscriptions
            WHERE paused IS NULL AND due_at <= :now AND (due_at, id) > (:after, :id)
            ORDER BY due_at, id LIMIT :limit
            """,
            now=to_text(now),
            limit=limit,
            after=to_text(after[0]) if after else "",
            id=after[1] if after else 0,
        )
    ]


def next_due(tx: Tx) -> datetime | None:
    """When the next digest of anyone is due."""
    text = tx.value("SELECT MIN(due_at) FROM subscriptions WHERE paused IS NULL")
    return from_text(text) if text else None


def pause(tx: Tx, destination: Destination, reason: str) -> int:
    """Pause what goes to a destination; how many subscriptions that were running."""
    return tx.execute(
        """
        UPDATE subscriptions SET paused = :reason
        WHERE platform = :platform AND address = :address AND paused IS NULL
        """,
        platform=destination.platform,
        address=destination.address,
        reason=reason,
    )


def resume(tx: Tx, destination: Destination) -> int:
    """Let go on what was paused for a destination; how many subscriptions that were."""
    return tx.execute(
        """
        UPDATE subscriptions SET paused = NULL
        WHERE platform = :platform AND address = :address AND paused IS NOT NULL
        """,
        platform=destination.platform,
        address=destination.address,
    )


def due_after(tx: Tx, at: datetime) -> list[Subscription]:
    """Running subscriptions that are due later than `at`."""
    return [
        from_row(row)
        for row in tx.rows(
            "SELECT * FROM subscriptions WHERE paused IS NULL AND due_at > :at ORDER BY id",
            at=to_text(at),
        )
    ]


def reschedule(tx: Tx, subscription_id: int, due_at: datetime) -> None:
    """Change when the next digest is due, and nothing else."""
    tx.execute(
        "UPDATE subscriptions SET due_at = :at WHERE id = :id",
        id=subscription_id,
        at=to_text(due_at),
    )


def move(tx: Tx, subscription_id: int, zone: str, due_at: datetime) -> None:
    """Change the zone of the wall times, and when the next digest is due, and nothing else."""
    tx.execute(
        "UPDATE subscriptions SET zone = :zone, due_at = :at WHERE id = :id",
        id=subscription_id,
        zone=zone,
        at=to_text(due_at),
    )


def resize(tx: Tx, profile_id: int, size: int) -> None:
    """Change how long the digests of the profile's first subscription are, and nothing else."""
    tx.execute(
        """
        UPDATE subscriptions SET size = :size
        WHERE id = (SELECT MIN(id) FROM subscriptions WHERE profile_id = :profile)
        """,
        profile=profile_id,
        size=size,
    )


def remove(tx: Tx, profile_id: int, subscription_id: int) -> bool:
    """Unsubscribe; False if the profile has no subscription of that id."""
    return bool(
        tx.execute(
            "DELETE FROM subscriptions WHERE id = :id AND profile_id = :profile",
            id=subscription_id,
            profile=profile_id,
        )
    )


def advance(tx: Tx, was: Subscription, *, cursor: int, due_at: datetime) -> bool:
    """Move cursor and due date, unless another pass, or a change by its owner, came first."""
    return bool(
        tx.execute(
            """
            UPDATE subscriptions SET cursor = :cursor, due_at = :due_at
            WHERE id = :id AND cursor = :was_cursor AND due_at = :was_due AND paused IS NULL
            """,
            id=was.id,
            cursor=cursor,
            due_at=to_text(due_at),
            was_cursor=was.cursor,
            was_due=to_text(was.due_at),
        )
    )


def advance_all(tx: Tx, moves: Sequence[tuple[Subscription, int, datetime]]) -> set[int]:
    """`advance` of many, each to its cursor and due date; the ids of those that moved."""
    rows = tx.rows(
        """
        UPDATE subscriptions SET cursor = move.cursor, due_at = move.due_at
        FROM (
            SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS was_cursor,
                json_extract(value, '$[2]') AS was_due, json_extract(value, '$[3]') AS cursor,
                json_extract(value, '$[4]') AS due_at
            FROM json_each(:moves)
        ) AS move
        WHERE subscriptions.id = move.id AND subscriptions.cursor = move.was_cursor
            AND subscriptions.due_at = move.was_due AND subscriptions.paused IS NULL
        RETURNING subscriptions.id
        """,
        moves=json.dumps(
            [
                [was.id, was.cursor, to_text(was.due_at), cursor, to_text(due_at)]
                for was, cursor, due_at in moves
            ]
        ),
    )
    return {row["id"] for row in rows}


def set_reach(tx: Tx, subscription_id: int, days: int) -> None:
    """Papers that came more than so many days ago are no news to it."""
    tx.execute(
        "UPDATE subscriptions SET reach_days = :days WHERE id = :id", id=subscription_id, days=days
    )


def set_collapses(tx: Tx, subscription_id: int, collapses: bool) -> None:
    """Whether it leaves out what was posted in channels that the person reads."""
    tx.execute(
        "UPDATE subscriptions SET collapses = :on WHERE id = :id",
        id=subscription_id,
        on=int(collapses),
    )


def look_late(tx: Tx, was: Subscription, *, late_seq: int) -> bool:
    """Remember how far late additions were looked for, unless another pass came first."""
    return bool(
        tx.execute(
            """
            UPDATE subscriptions SET late_seq = :late
            WHERE id = :id AND late_seq = :was_late AND cursor = :cursor AND due_at = :due
                AND paused IS NULL
            """,
            id=was.id,
            late=late_seq,
            was_late=was.late_seq,
            cursor=was.cursor,
            due=to_text(was.due_at),
        )
    )


def from_row(row: sqlite3.Row) -> Subscription:
    """The subscription in a row."""
    return Subscription(
        id=row["id"],
        profile_id=row["profile_id"],
        destination=Destination(platform=row["platform"], address=row["address"]),
        schedule=_schedule(row["times"], row["weekdays"], row["zone"]),
        size=row["size"],
        cursor=row["cursor"],
        due_at=from_text(row["due_at"]),
        paused=row["paused"],
        late_seq=row["late_seq"],
        reach=timedelta(days=row["reach_days"]),
        collapses=bool(row["collapses"]),
    )


@lru_cache(maxsize=4096)  # many read at the same hours
def _schedule(times: str, weekdays: str, zone: str) -> Schedule:
    return Schedule(
        times=tuple(time.fromisoformat(at) for at in times.split(",")),
        weekdays=frozenset(int(day) for day in weekdays),
        zone=zone,
    )
