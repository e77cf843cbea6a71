"""Destinations that are on hold for a while, or gone."""

from datetime import datetime

from storage import subscriptions
from storage.database import Tx
from storage.instants import to_text
from storage.records import Destination


def hold(tx: Tx, destination: Destination, until: datetime, reason: str) -> None:
    """Send nothing to the destination before `until`."""
    tx.execute(
        """
        INSERT INTO destinations (platform, address, held_until, reason)
        VALUES (:platform, :address, :until, :reason)
        ON CONFLICT (platform, address) DO UPDATE SET
            held_until = MAX(excluded.held_until, COALESCE(held_until, '')),
            reason = excluded.reason
        """,
        platform=destination.platform,
        address=destination.address,
        until=to_text(until),
        reason=reason,
    )


def close(tx: Tx, destination: Destination, reason: str, now: datetime) -> int:
    """Mark a destination as gone, pause its subscriptions and bury what waits for it; how many
    deliveries that were.
    """
    subscriptions.pause(tx, destination, reason)
    tx.execute(
        """
        INSERT INTO destinations (platform, address, dead, reason)
        VALUES (:platform, :address, :now, :reason)
        ON CONFLICT (platform, address) DO UPDATE SET dead = excluded.dead, reason = excluded.reason
        """,
        platform=destination.platform,
        address=destination.address,
        reason=reason,
        now=to_text(now),
    )
    return tx.execute(
        """
        UPDATE outbox SET status = 'dead', reason = :reason, settled_at = :now
        WHERE platform = :platform AND address = :address AND status = 'pending'
        """,
        platform=destination.platform,
        address=destination.address,
        reason=reason,
        now=to_text(now),
    )


def reopen(tx: Tx, destination: Destination) -> bool:
    """Forget that a destination is gone or on hold, and let its subscriptions go on; False if it
    was neither.
    """
    subscriptions.resume(tx, destination)
    return bool(
        tx.execute(
            "DELETE FROM destinations WHERE platform = :platform AND address = :address",
            platform=destination.platform,
            address=destination.address,
        )
    )
