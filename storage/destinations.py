"""Destinations that are on hold for a while, or gone.

What a gone destination was to get is paused with the reason, and its owner is told at the next
opportunity.
"""

from datetime import datetime

from storage import notices, papers, subscriptions
from storage.database import Tx
from storage.instants import to_text
from storage.records import Destination

PAUSED_BY_OWNER = "paused by you"
"""The reason of an alert that stays paused, whatever becomes of its destination."""

ENDED = "it has ended"
"""The reason of an alert whose time is over, likewise."""


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
    """Mark a destination as gone, pause its subscriptions and alerts and bury what waits for it;
    how many deliveries that were.
    """
    subscriptions.pause(tx, destination, reason)
    _pause_alerts(tx, destination, reason)
    _keep_notices(tx, destination, reason, now)
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
    """Forget that a destination is gone or on hold, and let what goes there go on; False if it was
    neither. Alerts go on with the papers that come from now on.
    """
    subscriptions.resume(tx, destination)
    tx.execute(
        """
        UPDATE alerts SET paused = NULL, after_seq = :newest
        WHERE platform = :platform AND address = :address AND paused NOT IN (:by_owner, :ended)
        """,
        newest=papers.newest(tx),
        by_owner=PAUSED_BY_OWNER,
        ended=ENDED,
        platform=destination.platform,
        address=destination.address,
    )
    return bool(
        tx.execute(
            "DELETE FROM destinations WHERE platform = :platform AND address = :address",
            platform=destination.platform,
            address=destination.address,
        )
    )


def gone(tx: Tx, destination: Destination) -> str | None:
    """Why nothing can be sent there; None where it can."""
    reason: str | None = tx.value(
        """
        SELECT reason FROM destinations
        WHERE platform = :platform AND address = :address AND dead IS NOT NULL
        """,
        platform=destination.platform,
        address=destination.address,
    )
    return reason


def _pause_alerts(tx: Tx, destination: Destination, reason: str) -> None:
    tx.execute(
        """
        UPDATE alerts SET paused = :reason
        WHERE platform = :platform AND address = :address AND paused IS NULL
        """,
        platform=destination.platform,
        address=destination.address,
        reason=reason,
    )


def _keep_notices(tx: Tx, destination: Destination, reason: str, now: datetime) -> None:
    """One for each profile that has a subscription or an alert there."""
    rows = tx.rows(
        """
        SELECT profile_id FROM subscriptions WHERE platform = :platform AND address = :address
        UNION
        SELECT profile_id FROM alerts WHERE platform = :platform AND address = :address
        """,
        platform=destination.platform,
        address=destination.address,
    )
    for row in rows:
        text = f"I could not reach you ({reason}), so your digests and alerts are paused."
        notices.add(tx, row["profile_id"], text, now)


def in_workspace(tx: Tx, platform: str, workspace: str) -> list[Destination]:
    """Every destination of a workspace that something goes to."""
    rows = tx.rows(
        """
        SELECT address FROM subscriptions
        WHERE platform = :platform AND substr(address, 1, length(:within)) = :within
        UNION
        SELECT address FROM alerts
        WHERE platform = :platform AND substr(address, 1, length(:within)) = :within
        ORDER BY address
        """,
        platform=platform,
        within=f"{workspace}/",
    )
    return [Destination(platform=platform, address=row["address"]) for row in rows]
