"""Leases that end without a settlement: they ran out, or their owner stops or is dead.

`outbox.claim` gives a lease, and `settle`, `postpone` and `bury` end one in order. Whatever ends
here may have been posted, and says so to whoever claims it next.
"""

from datetime import datetime

from storage.database import Tx
from storage.instants import to_text
from storage.outbox import GONE_AT


def release_expired(tx: Tx, now: datetime) -> int:
    """Make deliveries pending again whose lease ran out: they may have been posted."""
    return _release(
        tx, "lease_until <= :now", "the lease ran out before an answer came", now=to_text(now)
    )


def hand_back(tx: Tx, owner: str) -> int:
    """Make pending what this owner still holds; for an orderly stop. It may have been posted."""
    return _release(
        tx, "leased_by = :owner", "the service stopped before an answer came", owner=owner
    )


def inherit(tx: Tx, owner: str, until: datetime) -> int:
    """Leases of anybody else end by then at the latest; how many were shortened.

    For a service that starts: it is the only one of its database, so whoever held them is gone.
    They are not released at once, as the last messages of the dead may still be on their way.
    """
    return tx.execute(
        """
        UPDATE outbox SET lease_until = :until
        WHERE status = 'leased' AND leased_by <> :owner AND lease_until > :until
        """,
        owner=owner,
        until=to_text(until),
    )


def _release(tx: Tx, which: str, reason: str, **parameters: object) -> int:
    """Leased -> pending; dead where the destination went meanwhile, as nobody would look again."""
    return tx.execute(
        f"""
        UPDATE outbox SET leased_by = NULL, lease_until = NULL, maybe_posted = 1,
            status = CASE WHEN {GONE_AT} IS NULL THEN 'pending' ELSE 'dead' END,
            settled_at = {GONE_AT}, reason = :reason
        WHERE status = 'leased' AND {which}
        """,
        reason=reason,
        **parameters,
    )
