"""Digests: queue those that are due, composed together (see `composing`).

A digest, its delivery and the move of its subscription's cursor are one transaction: killed before
it, everything is ranked again; after it, there is nothing left to do. What was drafted ahead (see
`drafts`) and still holds is queued as it is.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot import timetable
from bot.composing import Composed, Pools, compose
from bot.drafts import Ready, ready
from bot.receipts import held_by
from bot.shown import Shown
from matching.library import Library
from storage import digests, drafts, outbox, subscriptions, traces
from storage.database import Tx
from storage.digests import NewDigest
from storage.outbox import Queued
from storage.records import DeliveryKind, Subscription
from storage.schema import DatabaseUnusable

__all__ = ["Composed", "compose", "key_of", "queue_due", "send_now"]

AT_ONCE = 400
"""Subscriptions that are composed together."""

WRITTEN_TOGETHER = 200
"""Digests in one transaction: whoever wants to write waits for no more than these."""

log = structlog.get_logger()


async def queue_due(library: Library, now: datetime) -> int:
    """Queue every digest that is due; how many subscriptions were served, empty ones included."""
    served = await _queue_drafts(library, now)
    after: tuple[datetime, int] | None = None
    pools = Pools(library)
    while due := await library.db.read(subscriptions.due, now, AT_ONCE, after):
        after = (due[-1].due_at, due[-1].id)  # one that fails is passed over, until the next tick
        try:
            served += await _serve(library, due, now, pools)
        except DatabaseUnusable:
            raise
        except Exception:  # one of them is to blame: the others shall not wait for it
            for one in due:
                served += await _serve_alone(library, one, now)
    return served


async def _queue_drafts(library: Library, now: datetime) -> int:
    """Queue those that were composed ahead of their time and would be composed alike now."""
    served = 0
    if not await library.db.read(drafts.are_due, now):
        return 0
    model, shown = await library.model(now), Shown()
    page = await _holding(library, now, shown, None)
    while page is not None:
        holding, after = page
        following = asyncio.create_task(
            _holding(library, now, shown, after)
        )  # read while this is written
        try:
            served += await _queue_holding(library, holding, model, now)
            page = await following
        finally:
            following.cancel()
    return served


async def _queue_holding(library: Library, some: Sequence[Ready], model: int, now: datetime) -> int:
    try:
        return await _queue_some(library, some, model, now)
    except DatabaseUnusable:
        raise
    except Exception:  # whatever it is, they are composed as if there had been no drafts
        log.exception("drafts passed over", count=len(some))
        await library.db.write(drafts.remove, [one.was.id for one in some])
        return 0


async def _holding(
    library: Library, now: datetime, shown: Shown, after: tuple[datetime, int] | None
) -> tuple[list[Ready], tuple[datetime, int]] | None:
    """The drafts that hold of the next that are due, and the place of the last of these."""
    due = await library.db.read(subscriptions.due, now, AT_ONCE, after)
    if not due:
        return None
    return await ready(library, due, now, shown), (due[-1].due_at, due[-1].id)


async def _serve(
    library: Library, due: Sequence[Subscription], now: datetime, pools: Pools | None = None
) -> int:
    composed = await compose(library, due, now, pools=pools)
    made = await asyncio.to_thread(lambda: [Ready.of(one) for one in composed])
    return await _queue_some(library, made, await library.model(now), now)


async def _queue_some(library: Library, made: Sequence[Ready], model: int, now: datetime) -> int:
    served = 0
    for first in range(0, len(made), WRITTEN_TOGETHER):
        some = made[first : first + WRITTEN_TOGETHER]
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
        ready=Ready.of(composed),
        due_at=now,
        next_due=subscription.due_at,
        send_at=now if at_once else timetable.free(now, composed.profile),
    )
    moved = await library.db.write(_queue, [decided], await library.model(now), now)
    return composed, bool(moved)


@dataclass(frozen=True, kw_only=True)
class _Decided:
    """A digest, ready to be queued."""

    ready: Ready
    due_at: datetime
    """The time it is for."""
    next_due: datetime
    send_at: datetime


def key_of(subscription_id: int, due_at: datetime) -> str:
    """The key of the delivery of a digest."""
    return f"digest/{subscription_id}/{due_at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _decided(some: Sequence[Ready], now: datetime) -> list[_Decided]:
    return [
        _Decided(
            ready=one,
            due_at=one.was.due_at,
            next_due=timetable.next_due(one.was.schedule, now),
            send_at=timetable.free(now, one.profile),
        )
        for one in some
    ]


def _queue(tx: Tx, every: Sequence[_Decided], model: int, now: datetime) -> int:
    """Cursors, digests and deliveries together; how many: none where another pass came first."""
    every = _still_wanted(tx, every)
    moved = subscriptions.advance_all(
        tx,
        [(it.ready.was, it.ready.draft.up_to, it.next_due) for it in every],
    )
    ours = [it for it in every if it.ready.was.id in moved]
    times = digests.free_times(tx, {it.ready.was.id: it.due_at for it in ours})
    made = [(it, _digest(it, times[it.ready.was.id], now)) for it in ours]
    outbox.queue_all(
        tx,
        [
            Queued(
                key=digest.delivery_key,
                kind=DeliveryKind.DIGEST,
                destination=digest.was.destination,
                profile_id=it.ready.profile.id,
                body=it.ready.draft.body,
                due_at=it.send_at,
            )
            for it, digest in made
            if digest.delivery_key is not None
        ],
        now,
    )
    digests.record_all(tx, [digest for _, digest in made], model, now)
    drafts.remove(tx, [digest.was.id for _, digest in made])
    told = traces.by_paper(tx, {line.seq for _, digest in made for line in digest.lines})
    for _, digest in made:
        said = "digest queued" if digest.delivery_key else "digest empty"
        log.info(
            said,
            subscription=digest.was.id,
            key=digest.delivery_key,
            papers=len(digest.lines),
            dumps=told.of([line.seq for line in digest.lines]),
        )
    return len(made)


def _still_wanted(tx: Tx, every: Sequence[_Decided]) -> list[_Decided]:
    """All but drafts of which somebody changed what they want in this very moment: these stay due,
    and are composed.
    """
    known = drafts.revisions(
        tx, [it.ready.profile.id for it in every if it.ready.revision is not None]
    )
    return [it for it in every if it.ready.revision in (None, known.get(it.ready.profile.id))]


def _digest(it: _Decided, due_at: datetime, now: datetime) -> NewDigest:
    one, draft = it.ready.was, it.ready.draft
    key = key_of(one.id, due_at) if draft.lines else None
    held = held_by(it.ready.profile, now, it.send_at) if key else None
    return NewDigest(
        was=one,
        due_at=due_at,
        up_to=draft.up_to,
        considered=draft.considered,
        outcome=draft.outcome,
        delivery_key=key,
        lines=draft.lines,
        making=draft.making,
        floor=draft.floor,
        left_out=replace(draft.left_out, held=held),
    )
