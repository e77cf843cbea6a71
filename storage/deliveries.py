"""Deliveries one by one: to look at them, and to try again or give up by an operator's hand.

How they move by themselves is the outbox's matter.
"""

import sqlite3
from datetime import datetime, timedelta

from storage import destinations
from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination
from storage.trouble import RESTORE, DatabaseDamaged


def by_id(tx: Tx, delivery_id: int) -> Delivery | None:
    """One delivery, or None."""
    row = tx.row("SELECT * FROM outbox WHERE id = :id", id=delivery_id)
    return None if row is None else delivery(row)


def posted(tx: Tx, destination: Destination, receipt: str) -> Delivery | None:
    """What was sent to this destination under this receipt, or None."""
    row = tx.row(
        """
        SELECT * FROM outbox WHERE platform = :platform AND address = :address
            AND status = 'sent' AND receipt = :receipt
        """,
        platform=destination.platform,
        address=destination.address,
        receipt=receipt,
    )
    return None if row is None else delivery(row)


def newest(tx: Tx, status: DeliveryStatus | None = None, limit: int = 50) -> list[Delivery]:
    """The newest deliveries, of one status or of all."""
    rows = tx.rows(
        """
        SELECT * FROM outbox WHERE :status IS NULL OR status = :status
        ORDER BY id DESC LIMIT :limit
        """,
        status=status,
        limit=limit,
    )
    return [delivery(row) for row in rows]


def counts(tx: Tx) -> dict[DeliveryStatus, int]:
    """How many deliveries stand where; every status is named."""
    rows = tx.rows("SELECT status, COUNT(*) AS n FROM outbox GROUP BY status")
    found = {row["status"]: row["n"] for row in rows}
    return {status: found.get(status, 0) for status in DeliveryStatus}


def count(tx: Tx, status: DeliveryStatus) -> int:
    """How many deliveries stand so."""
    return int(tx.value("SELECT COUNT(*) FROM outbox WHERE status = :status", status=status))


def given_up(tx: Tx, after: datetime, to: datetime) -> int:
    """How many were given up in that time at places that are still there: refused, or tried out."""
    return int(
        tx.value(
            """
            SELECT COUNT(*) FROM outbox WHERE status = 'dead'
                AND settled_at > :after AND settled_at <= :to
                AND NOT EXISTS (
                    SELECT 1 FROM destinations AS place
                    WHERE place.platform = outbox.platform AND place.address = outbox.address
                        AND place.dead IS NOT NULL
                )
            """,
            after=to_text(after),
            to=to_text(to),
        )
    )


def longest_due(tx: Tx, now: datetime) -> timedelta:
    """How long the oldest delivery that may go has been due; nothing overdue is zero.

    What a hold keeps back is not due before the hold ends.
    """
    at = tx.value("SELECT MIN(at) FROM turns WHERE at IS NOT NULL")
    return max(now - from_text(at), timedelta(0)) if at else timedelta(0)


def next_due(tx: Tx) -> datetime | None:
    """When the next pending delivery may go, as far as its own date says."""
    text = tx.value("SELECT MIN(due_at) FROM outbox WHERE status = 'pending'")
    return from_text(text) if text else None


def retry(tx: Tx, delivery_id: int, now: datetime) -> bool:
    """Dead or waiting -> due now with all its attempts, its destination open again.

    False if it is sent or in flight.
    """
    row = tx.row(
        """
        UPDATE outbox SET status = 'pending', due_at = :now, settled_at = NULL, attempts = 0
        WHERE id = :id AND status IN ('dead', 'pending') RETURNING platform, address
        """,
        id=delivery_id,
        now=to_text(now),
    )
    if row is not None:
        destinations.reopen(tx, Destination(platform=row["platform"], address=row["address"]))
    return row is not None


def bury_waiting(tx: Tx, delivery_id: int, reason: str, now: datetime) -> bool:
    """Pending -> dead by an operator's hand; False if it is not pending."""
    return bool(
        tx.execute(
            """
            UPDATE outbox SET status = 'dead', reason = :reason, settled_at = :now
            WHERE id = :id AND status = 'pending'
            """,
            id=delivery_id,
            reason=reason,
            now=to_text(now),
        )
    )


def delivery(row: sqlite3.Row) -> Delivery:
    """The delivery in a row of the outbox. Raises DatabaseDamaged for a row that can't be one."""
    try:
        return _delivery(row)
    except (TypeError, ValueError) as error:
        raise DatabaseDamaged(f"delivery {row['id']} can't be read: {RESTORE}") from error


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        key=row["key"],
        kind=DeliveryKind(row["kind"]),
        destination=Destination(platform=row["platform"], address=row["address"]),
        profile_id=row["profile_id"],
        body=row["body"],
        status=DeliveryStatus(row["status"]),
        attempts=row["attempts"],
        due_at=from_text(row["due_at"]),
        maybe_posted=bool(row["maybe_posted"]),
        thread=row["thread"],
        receipt=row["receipt"],
        reason=row["reason"],
        queued_at=from_text(row["created_at"]),
        trace=row["trace"],
    )
