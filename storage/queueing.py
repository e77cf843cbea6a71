"""Queueing: deliveries into the outbox, each once, however often they are decided."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage import traces
from storage.database import Tx
from storage.instants import maybe_text, to_text
from storage.records import DeliveryKind, DeliveryStatus, Destination

PRECEDENCE = {kind: place for place, kind in enumerate(DeliveryKind)}


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A delivery that is decided."""

    key: str
    kind: DeliveryKind
    destination: Destination
    profile_id: int | None
    body: str = field(repr=False)
    due_at: datetime
    thread: str | None = None
    trace: str | None = None
    """None: that of what is being done."""


def queue(
    tx: Tx,
    *,
    key: str,
    kind: DeliveryKind,
    destination: Destination,
    profile_id: int | None,
    body: str,
    due_at: datetime,
    now: datetime,
    thread: str | None = None,
    trace: str | None = None,
) -> bool:
    """Decide to say something, once: False where the key was queued before.

    A message for a destination that is dead is buried at once, with the reason. Its trace is
    that of what is being done, unless one is given.
    """
    one = Queued(
        key=key,
        kind=kind,
        destination=destination,
        profile_id=profile_id,
        body=body,
        due_at=due_at,
        thread=thread,
        trace=trace,
    )
    return bool(queue_all(tx, [one], now))


def queue_all(tx: Tx, every: Sequence[Queued], now: datetime) -> int:
    """The same for many, in their order; how many of the keys are new."""
    dead = _dead(tx, [one.destination for one in every])
    return tx.many(
        """
        INSERT INTO outbox (key, kind, precedence, platform, address, profile_id, body, status,
            due_at, created_at, settled_at, reason, thread, trace)
        VALUES (:key, :kind, :precedence, :platform, :address, :profile, :body, :status,
            :due_at, :now, :settled_at, :reason, :thread, :trace)
        ON CONFLICT (key) DO NOTHING
        """,
        [_row(one, dead.get(one.destination), now) for one in every],
    )


def _row(one: Queued, dead: str | None, now: datetime) -> dict[str, object]:
    return {
        "key": one.key,
        "kind": one.kind,
        "precedence": PRECEDENCE[one.kind],
        "platform": one.destination.platform,
        "address": one.destination.address,
        "profile": one.profile_id,
        "body": one.body,
        "status": DeliveryStatus.DEAD if dead else DeliveryStatus.PENDING,
        "due_at": to_text(one.due_at),
        "now": to_text(now),
        "settled_at": maybe_text(now if dead else None),
        "reason": dead,
        "thread": one.thread,
        "trace": one.trace or traces.current(),
    }


def _dead(tx: Tx, places: Sequence[Destination]) -> dict[Destination, str]:
    """Those of the destinations that are dead, with the reason."""
    rows = tx.rows(
        """
        SELECT destinations.platform, destinations.address, destinations.reason
        FROM json_each(:places) AS place
        CROSS JOIN destinations ON destinations.platform = json_extract(place.value, '$[0]')
            AND destinations.address = json_extract(place.value, '$[1]')
        WHERE destinations.dead IS NOT NULL
        """,
        places=json.dumps([[one.platform, one.address] for one in places]),
    )
    return {
        Destination(platform=row["platform"], address=row["address"]): row["reason"] for row in rows
    }
