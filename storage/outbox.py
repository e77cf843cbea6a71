"""The outbox: deliveries from 'pending' through 'leased' to 'sent' or 'dead'.

A lease that runs out makes its delivery pending again. That is the whole crash repair. One
delivery is in flight per destination; a destination on hold keeps its deliveries in order behind
the first; among those that are due, alerts go before notices and digests. What a platform posts
in parts is queued part by part: the first one's receipt and the rows of the others are one
transaction.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product

from storage import deliveries, destinations
from storage.database import Tx
from storage.instants import to_text
from storage.queueing import PRECEDENCE, Queued, queue, queue_all
from storage.records import Delivery, DeliveryKind, DeliveryStatus

__all__ = [
    "CLAIMABLE",
    "GONE_AT",
    "PRECEDENCE",
    "Queued",
    "bury",
    "claim",
    "follow_up",
    "forget",
    "has_due_alert",
    "is_waiting",
    "move_waiting",
    "postpone",
    "queue",
    "queue_all",
    "reword",
    "settle",
]

CLAIMABLE = """
    SELECT (
        SELECT id FROM outbox
        WHERE outbox.address = turns.address AND outbox.platform = turns.platform
            AND outbox.precedence = turns.precedence AND outbox.status = 'pending'
            AND outbox.due_at || '' <= :now
        ORDER BY id LIMIT 1
    )
    FROM turns
    WHERE platform = :platform AND precedence = :precedence AND at <= :now
    ORDER BY at, first_id LIMIT :limit
"""
"""What may be leased now, of one platform and precedence: the first due row of each destination in
its turn.

Turns follow from the outbox by triggers: a destination has none while a delivery is in flight or
it is gone, and they come no sooner than its hold ends. So a claim costs the same however many
wait, and however many were sent. A test holds its plan to the indexes; `|| ''` keeps SQLite from
others, for which it would have to sort what waits.
"""

_WAITING = """
    SELECT json_extract(pair.value, '$[0]'), json_extract(pair.value, '$[1]')
    FROM json_each(:pairs) AS pair
    WHERE EXISTS (
        SELECT 1 FROM turns
        WHERE turns.platform = json_extract(pair.value, '$[1]')
            AND turns.precedence = json_extract(pair.value, '$[0]') AND turns.at <= :now
    )
    ORDER BY pair.id
"""
"""Of pairs of a precedence and a platform those with a turn that has come: mostly one or none, and
the others need no statement of their own.
"""

GONE_AT = """(
    SELECT dead FROM destinations AS place
    WHERE place.platform = outbox.platform AND place.address = outbox.address
)"""
"""When the destination of a row was found to be gone; NULL where it is not."""


def is_waiting(tx: Tx, key: str) -> bool | None:
    """Whether a delivery was never claimed and still will be; None: there is none of that key."""
    row = tx.row("SELECT status, attempts FROM outbox WHERE key = :key", key=key)
    if row is None:
        return None
    return bool(row["status"] == DeliveryStatus.PENDING and row["attempts"] == 0)


def has_due_alert(tx: Tx, now: datetime) -> bool:
    """Whether an alert should be on its way by now, or is; further parts of a message aside."""
    return bool(
        tx.value(
            """
            SELECT EXISTS (
                SELECT 1 FROM outbox
                WHERE status IN ('pending', 'leased') AND precedence = :alert AND due_at <= :now
                    AND instr(key, '#') = 0
            )
            """,
            alert=PRECEDENCE[DeliveryKind.ALERT],
            now=to_text(now),
        )
    )


def reword(tx: Tx, key: str, body: str) -> None:
    """Say something else in a delivery that nobody has claimed yet."""
    tx.execute(
        """
        UPDATE outbox SET body = :body
        WHERE key = :key AND status = 'pending' AND attempts = 0
        """,
        key=key,
        body=body,
    )


def claim(
    tx: Tx, *, owner: str, platforms: Sequence[str], limit: int, lease: timedelta, now: datetime
) -> list[Delivery]:
    """Lease up to `limit` due deliveries, the first of each destination, best precedence first.

    Among those of one precedence on one platform, who has waited longest goes first.
    """
    claimed: list[Delivery] = []
    pairs = json.dumps(list(product(PRECEDENCE.values(), platforms)))
    for precedence, platform in map(tuple, tx.rows(_WAITING, pairs=pairs, now=to_text(now))):
        leased = tx.rows(
            f"""
            UPDATE outbox SET status = 'leased', leased_by = :owner, lease_until = :until,
                attempts = attempts + 1
            WHERE id IN ({CLAIMABLE})
            RETURNING *
            """,
            owner=owner,
            until=to_text(now + lease),
            now=to_text(now),
            precedence=precedence,
            platform=platform,
            limit=limit - len(claimed),
        )
        leased.sort(key=lambda row: row["id"])  # RETURNING promises no order
        claimed += [deliveries.delivery(row) for row in leased]
    return claimed


def settle(tx: Tx, delivery: Delivery, owner: str, receipt: str, now: datetime) -> bool:
    """Leased -> sent. False where the lease had run out and the delivery is no longer ours."""
    return _settled(
        tx,
        delivery,
        owner,
        "status = 'sent', receipt = :receipt, reason = NULL, settled_at = :now",
        receipt=receipt,
        now=to_text(now),
    )


def follow_up(
    tx: Tx, delivery: Delivery, parts: Sequence[tuple[str, str | None]], now: datetime
) -> None:
    """Queue what belongs behind a delivery that was just settled, in order.

    parts: `(body, thread)` each. Their keys are the delivery's with `#2`, `#3`…, so a delivery that
    is settled twice is followed once.
    """
    for place, (body, thread) in enumerate(parts, 2):
        queue(
            tx,
            key=f"{delivery.key}#{place}",
            kind=delivery.kind,
            destination=delivery.destination,
            profile_id=delivery.profile_id,
            body=body,
            due_at=now,
            now=now,
            thread=thread,
            trace=delivery.trace,
        )


def postpone(
    tx: Tx,
    delivery: Delivery,
    owner: str,
    *,
    until: datetime,
    reason: str,
    maybe_posted: bool,
) -> bool:
    """Leased -> pending again, and the whole destination on hold until then, to keep its order.

    Where the destination went meanwhile, it is dead: nothing that waits there is looked at again.
    """
    gone = destinations.gone(tx, delivery.destination)
    if gone is not None:
        change = f"status = 'dead', reason = :gone, settled_at = {GONE_AT}"
        return _settled(tx, delivery, owner, change, gone=gone)
    mine = _settled(
        tx,
        delivery,
        owner,
        "status = 'pending', reason = :reason, due_at = :until, "
        "maybe_posted = MAX(maybe_posted, :maybe_posted)",
        until=to_text(until),
        reason=reason,
        maybe_posted=int(maybe_posted),
    )
    if mine:
        destinations.hold(tx, delivery.destination, until, reason)
    return mine


def bury(tx: Tx, delivery: Delivery, owner: str, *, reason: str, now: datetime) -> bool:
    """Leased -> dead, with the reason on record."""
    return _settled(
        tx,
        delivery,
        owner,
        "status = 'dead', reason = :reason, settled_at = :now",
        reason=reason,
        now=to_text(now),
    )


def _settled(tx: Tx, delivery: Delivery, owner: str, change: str, **parameters: object) -> bool:
    return bool(
        tx.execute(
            f"""
            UPDATE outbox SET leased_by = NULL, lease_until = NULL, {change}
            WHERE id = :id AND status = 'leased' AND leased_by = :owner AND attempts = :attempts
            """,
            id=delivery.id,
            owner=owner,
            attempts=delivery.attempts,
            **parameters,
        )
    )


def move_waiting(tx: Tx, profile_id: int, due_at: datetime) -> int:
    """Let everything that waits for a profile be due then; how many deliveries that is."""
    return tx.execute(
        "UPDATE outbox SET due_at = :at WHERE profile_id = :profile AND status = 'pending'",
        profile=profile_id,
        at=to_text(due_at),
    )


def forget(tx: Tx, profile_id: int) -> int:
    """Delete a profile's deliveries; one that is in flight stays, without its owner, to its end."""
    return tx.execute(
        "DELETE FROM outbox WHERE profile_id = :profile AND status <> 'leased'", profile=profile_id
    )
