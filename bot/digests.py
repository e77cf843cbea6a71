"""Digests: queue those that are due, composed together (see `composing`).

A digest, its delivery and the move of its
subscription's cursor are one transaction: killed before it, everything is ranked again; after it,
there is nothing left to do.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot import messages, timetable
from bot.composing import Composed, compose
from bot.receipts import held_by
from matching.library import Library
from storage import digests, outbox, subscriptions, traces
from storage.database import Tx
from storage.digests import LeftOut
from storage.records import DeliveryKind, Subscription
from storage.schema import DatabaseUnusable

__all__ = ["Composed", "compose", "key_of", "queue_due", "send_now"]

AT_ONCE = 200
"""Subscriptions that are composed together."""

WRITTEN_TOGETHER = 25
"""Digests in one transaction: whoever wants to write waits for no more than these."""

log = structlog.get_logger()


async def queue_due(library: Library, now: datetime) -> int:
    """Queue every digest that is due; how many subscriptions were served, empty ones included."""
    served = 0
    after: tuple[datetime, int] | None = None
    while due := await library.db.read(subscriptions.due, now, AT_ONCE, after):
        after = (due[-1].due_at, due[-1].id)  # one that fails is passed over, until the next tick
        try:
            served += await _serve(library, due, now)
        except DatabaseUnusable:
            raise
        except Exception:  # one of them is to blame: the others shall not wait for it
            for one in due:
                served += await _serve_alone(library, one, now)
    return served


async def _serve(library: Library, due: Sequence[Subscription], now: datetime) -> int:
    composed = await compose(library, due, now)
    model, served = await library.model(now), 0
    for first in range(0, len(composed), WRITTEN_TOGETHER):
        some = composed[first : first + WRITTEN_TOGETHER]
        served += await library.db.write(_queue, some, model, now)
    return served


async def _serve_alone(library: Library, one: Subscription, now: datetime) -> int:
    try:
        return await _serve(library, [one], now)
    except DatabaseUnusable:
        raise
    except Exception:
        log.exception("digest failed", subscription=one.id)
        return 0


async def send_now(
    library: Library, subscription: Subscription, now: datetime, *, at_once: bool = False
) -> tuple[Composed, bool]:
    """Queue this subscription's digest ahead of its time; its schedule stays as it is.

    With it, whether it was decided: False where it is paused or another pass came first.
    at_once: its owner asks for it, so that neither quiet hours nor a snooze hold it back.
    """
    (composed,) = await compose(library, [subscription], now)
    model = await library.model(now)
    at = now if at_once else timetable.free(now, composed.profile)
    moved = await library.db.write(_queue_one, composed, model, now, subscription.due_at, at, now)
    return composed, moved


def key_of(subscription_id: int, due_at: datetime) -> str:
    """The key of the delivery of a digest."""
    return f"digest/{subscription_id}/{due_at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _queue(tx: Tx, composed: Sequence[Composed], model: int, now: datetime) -> int:
    return sum(
        _queue_one(
            tx,
            one,
            model,
            one.subscription.due_at,
            timetable.next_due(one.subscription.schedule, now),
            timetable.free(now, one.profile),
            now,
        )
        for one in composed
    )


def _queue_one(
    tx: Tx,
    one: Composed,
    model: int,
    due_at: datetime,
    next_due: datetime,
    send_at: datetime,
    now: datetime,
) -> bool:
    """Cursor, digest and delivery together; False where another pass came first."""
    was = one.subscription
    if not subscriptions.advance(tx, was, cursor=one.up_to, due_at=next_due):
        return False
    due_at = digests.free_time(tx, was.id, due_at)
    key = key_of(was.id, due_at) if one.cards else None
    if key is not None:
        outbox.queue(
            tx,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=was.destination,
            profile_id=one.profile.id,
            body=messages.to_json(one.message),
            due_at=send_at,
            now=now,
        )
    digests.record(
        tx,
        was,
        due_at=due_at,
        up_to=one.up_to,
        model_id=model,
        considered=one.considered,
        outcome=one.outcome,
        delivery_key=key,
        lines=one.lines,
        now=now,
        making=one.making,
        floor=one.floor,
        left_out=LeftOut(
            beyond=one.left_out,
            told=one.told,
            elsewhere=sum(it.papers for it in one.elsewhere),
            muted=one.muted,
            too_old=one.too_old,
            held=held_by(one.profile, now, send_at) if key else None,
        ),
    )
    log.info(
        "digest queued" if key else "digest empty",
        subscription=was.id,
        key=key,
        papers=len(one.lines),
        dumps=traces.of_papers(tx, [line.seq for line in one.lines]),
    )
    return True
