"""Late additions: papers that come after the digest of the day was posted are added to it.

They are a reply below what was posted, as many as the digest has room left, at most one an hour,
and never a digest of their own. What was not posted yet is not amended: its additions follow once
it is there. Where another digest comes the same day, or the hours are quiet, they wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot import messages, timetable
from bot.composing import Composed, compose
from bot.digests import key_of
from matching.library import Library
from storage import digests, late, outbox, papers, profiles, subscriptions, traces
from storage.database import Tx
from storage.digests import LeftOut, NewDigest
from storage.late import Amendable
from storage.records import DeliveryKind, Profile
from storage.schema import DatabaseUnusable

APART = timedelta(hours=1)
"""Between two additions to one digest."""

LONGEST_DAY = timedelta(hours=26)
"""No day is longer, wherever the clocks change."""

AT_ONCE = 200
"""Subscriptions that are looked at together, and written in one transaction."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Addition:
    """What is to be added to a digest, if anything fits."""

    to: Amendable
    composed: Composed
    send_at: datetime


async def queue_late(library: Library, now: datetime) -> int:
    """Queue late additions to the digests of today; how many digests are added to."""
    amended = 0
    after = 0
    while found := await library.db.read(_amendable, now, after):
        after = found[-1].subscription.id
        owners = await library.db.read(profiles.by_id, [it.subscription.profile_id for it in found])
        open_now = [one for one in found if _is_open(one, owners[one.subscription.profile_id], now)]
        if open_now:
            amended += await _serve(library, open_now, now)
    return amended


async def _serve(library: Library, open_now: Sequence[Amendable], now: datetime) -> int:
    try:
        return await _amend(library, open_now, now)
    except DatabaseUnusable:
        raise
    except Exception:  # one of them is to blame: the others shall not wait for it
        if len(open_now) == 1:
            log.exception("late additions failed", subscription=open_now[0].subscription.id)
            return 0
        return sum([await _serve(library, [one], now) for one in open_now])


async def _amend(library: Library, open_now: Sequence[Amendable], now: datetime) -> int:
    """Compose what still has room, and queue what fits."""
    wanted = [
        replace(
            one.subscription,
            cursor=max(one.subscription.cursor, one.subscription.late_seq),
            size=one.subscription.size - one.brought,
        )
        for one in open_now
    ]
    composed = {
        one.subscription.id: one for one in await compose(library, wanted, now, exploring=False)
    }
    additions = [
        _Addition(
            to=one,
            composed=composed[one.subscription.id],
            send_at=timetable.free(now, composed[one.subscription.id].profile),
        )
        for one in open_now
    ]
    return await library.db.write(_queue, additions, await library.model(now), now)


def _is_open(one: Amendable, owner: Profile, now: datetime) -> bool:
    """Whether the digest may be added to now."""
    zone = ZoneInfo(one.subscription.schedule.zone)
    today = now.astimezone(zone).date()
    return (
        one.brought < one.subscription.size
        and one.composed_at.astimezone(zone).date() == today
        and one.subscription.due_at.astimezone(zone).date() > today
        and (one.amended_at is None or one.amended_at + APART <= now)
        and timetable.free(now, owner) <= now
    )


def _amendable(tx: Tx, now: datetime, after: int) -> list[Amendable]:
    return late.amendable(
        tx,
        horizon=papers.horizon(tx, now),
        since=now - LONGEST_DAY,
        now=now,
        limit=AT_ONCE,
        after=after,
    )


def _queue(tx: Tx, additions: Sequence[_Addition], model: int, now: datetime) -> int:
    return sum(_queue_one(tx, one, model, now) for one in additions)


def _queue_one(tx: Tx, one: _Addition, model: int, now: datetime) -> bool:
    """Cursor, record and delivery together; False where nothing fits or another pass came first."""
    to, composed = one.to, one.composed
    if not subscriptions.look_late(tx, to.subscription, late_seq=composed.up_to):
        return False
    if not composed.cards:
        return False
    key = f"{key_of(to.subscription.id, to.due_at)}/late{to.amendments + 1}"
    outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=to.subscription.destination,
        profile_id=composed.profile.id,
        body=messages.to_json(_message(to, composed)),
        due_at=one.send_at,
        now=now,
        thread=to.thread,
    )
    addition = NewDigest(
        was=composed.subscription,
        due_at=digests.free_time(tx, to.subscription.id, now),
        up_to=composed.up_to,
        considered=composed.considered,
        outcome=_outcome(to, composed),
        delivery_key=key,
        lines=composed.lines,
        making=composed.making,
        left_out=LeftOut(beyond=composed.left_out, told=composed.told, muted=composed.muted),
        floor=composed.floor,
        amends=to.digest_id,
    )
    digests.record(tx, addition, model, now)
    log.info(
        "digest amended",
        subscription=to.subscription.id,
        key=key,
        papers=len(composed.lines),
        dumps=traces.of_papers(tx, [line.seq for line in composed.lines]),
    )
    return True


def _message(to: Amendable, composed: Composed) -> messages.Message:
    return messages.late(
        composed.profile.name,
        composed.cards,
        considered=composed.considered,
        left_out=composed.left_out,
        was_empty=to.thread is None,
    )


def _outcome(to: Amendable, composed: Composed) -> str:
    at = timetable.local(to.composed_at, to.subscription.schedule.zone)
    added = messages.counted(len(composed.lines), "late addition")
    return f"{added} of {composed.considered}, to the digest of {at}"
