"""Digests: queue those that are due, composed together (see `composing`).

A digest, its delivery and the move of its
subscription's cursor are one transaction: killed before it, everything is ranked again; after it,
there is nothing left to do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot import messages, timetable
from bot.composing import Composed, compose
from bot.receipts import held_by
from matching.library import Library
from storage import digests, outbox, subscriptions, traces
from storage.database import Tx
from storage.digests import LeftOut, NewDigest
from storage.outbox import Queued
from storage.records import DeliveryKind, Subscription
from storage.schema import DatabaseUnusable

__all__ = ["Composed", "compose", "key_of", "queue_due", "send_now"]

AT_ONCE = 400
"""Subscriptions that are composed together."""

WRITTEN_TOGETHER = 100
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
        decided = await asyncio.to_thread(_decided, some, now)
        served += await library.db.write(_queue, decided, model, now)
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
    decided = _Decided(
        composed=composed,
        body=messages.to_json(composed.message),
        due_at=now,
        next_due=subscription.due_at,
        send_at=now if at_once else timetable.free(now, composed.profile),
    )
    moved = await library.db.write(_queue, [decided], await library.model(now), now)
    return composed, bool(moved)


@dataclass(frozen=True, kw_only=True)
class _Decided:
    """A digest, ready to be queued."""

    composed: Composed
    body: str = field(repr=False)
    due_at: datetime
    """The time it is for."""
    next_due: datetime
    send_at: datetime


def key_of(subscription_id: int, due_at: datetime) -> str:
    """The key of the delivery of a digest."""
    return f"digest/{subscription_id}/{due_at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _decided(composed: Sequence[Composed], now: datetime) -> list[_Decided]:
    return [
        _Decided(
            composed=one,
            body=messages.to_json(one.message) if one.cards else "",
            due_at=one.subscription.due_at,
            next_due=timetable.next_due(one.subscription.schedule, now),
            send_at=timetable.free(now, one.profile),
        )
        for one in composed
    ]


def _queue(tx: Tx, every: Sequence[_Decided], model: int, now: datetime) -> int:
    """Cursors, digests and deliveries together; how many: none where another pass came first."""
    moved = subscriptions.advance_all(
        tx,
        [(it.composed.subscription, it.composed.up_to, it.next_due) for it in every],
    )
    ours = [it for it in every if it.composed.subscription.id in moved]
    times = digests.free_times(tx, {it.composed.subscription.id: it.due_at for it in ours})
    made = [(it, _digest(it, times[it.composed.subscription.id], now)) for it in ours]
    outbox.queue_all(
        tx,
        [
            Queued(
                key=digest.delivery_key,
                kind=DeliveryKind.DIGEST,
                destination=digest.was.destination,
                profile_id=it.composed.profile.id,
                body=it.body,
                due_at=it.send_at,
            )
            for it, digest in made
            if digest.delivery_key is not None
        ],
        now,
    )
    digests.record_all(tx, [digest for _, digest in made], model, now)
    for _, digest in made:
        said = "digest queued" if digest.delivery_key else "digest empty"
        log.info(
            said,
            subscription=digest.was.id,
            key=digest.delivery_key,
            papers=len(digest.lines),
            dumps=traces.of_papers(tx, [line.seq for line in digest.lines]),
        )
    return len(made)


def _digest(it: _Decided, due_at: datetime, now: datetime) -> NewDigest:
    one = it.composed
    key = key_of(one.subscription.id, due_at) if one.cards else None
    return NewDigest(
        was=one.subscription,
        due_at=due_at,
        up_to=one.up_to,
        considered=one.considered,
        outcome=one.outcome,
        delivery_key=key,
        lines=one.lines,
        making=one.making,
        floor=one.floor,
        left_out=LeftOut(
            beyond=one.left_out,
            told=one.told,
            elsewhere=sum(place.papers for place in one.elsewhere),
            muted=one.muted,
            too_old=one.too_old,
            held=held_by(one.profile, now, it.send_at) if key else None,
        ),
    )
