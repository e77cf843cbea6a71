"""Digests: compose those that are due, together, and queue them.

Papers are read and made ready once for all that are due. A digest, its delivery and the move of its
subscription's cursor are one transaction: killed before it, everything is ranked again; after it,
there is nothing left to do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import structlog

from bot import messages, timetable
from matching.background import Background
from matching.library import Library
from matching.ranking import FLOOR, Match, Pool, rank, score
from matching.reasons import explain, nearest_sentences
from matching.taste import Taste
from storage import digests, outbox, papers, profiles, subscriptions, vectors
from storage.database import Tx
from storage.records import DeliveryKind, DigestLine, Profile, Subscription
from storage.schema import DatabaseUnusable

AT_ONCE = 200
"""Subscriptions that are composed together, and written in one transaction."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A digest that was ranked and not yet decided on."""

    subscription: Subscription
    profile: Profile
    up_to: int
    """The highest `seq` it considered: where the cursor moves."""
    considered: int
    left_out: int
    """Papers that fitted and found no room."""
    nearest: float
    """The best score there was, 0..1; below the floor where the digest is empty."""
    cards: tuple[messages.Card, ...]
    lines: tuple[DigestLine, ...]

    @property
    def message(self) -> messages.Message:
        """What is sent; an empty digest says so."""
        if not self.cards:
            return messages.Message(heading=f"Nothing for {self.profile.name}", intro=self.outcome)
        return messages.digest(
            self.profile.name, self.cards, considered=self.considered, left_out=self.left_out
        )

    @property
    def outcome(self) -> str:
        """What became of it, for the record."""
        if self.cards:
            return f"{messages.counted(len(self.cards), 'paper')} of {self.considered}"
        if not self.considered:
            return "no new papers"
        return (
            f"none of {messages.counted(self.considered, 'new paper')} fits well enough: "
            f"the best reaches {self.nearest:.2f}, the cut-off is {FLOOR:.2f}"
        )


@dataclass(frozen=True, kw_only=True)
class _Ranked:
    subscription: Subscription
    taste: Taste
    matches: list[Match]
    considered: int
    fitting: int
    nearest: float


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
    return await library.db.write(_queue, composed, await library.model(now), now)


async def _serve_alone(library: Library, one: Subscription, now: datetime) -> int:
    try:
        return await _serve(library, [one], now)
    except DatabaseUnusable:
        raise
    except Exception:
        log.exception("digest failed", subscription=one.id)
        return 0


async def send_now(
    library: Library, subscription: Subscription, now: datetime
) -> tuple[Composed, bool]:
    """Queue this subscription's digest ahead of its time; its schedule stays as it is.

    With it, whether it was decided: False where it is paused or another pass came first.
    """
    (composed,) = await compose(library, [subscription], now)
    model = await library.model(now)
    moved = await library.db.write(_queue_one, composed, model, now, subscription.due_at, now)
    return composed, moved


async def compose(library: Library, due: Sequence[Subscription], now: datetime) -> list[Composed]:
    """Rank the new papers of each subscription. Reads only; the outcome is in order of cursors."""
    model = await library.model(now)
    up_to = await library.db.read(_readable, model, min(one.cursor for one in due), now)
    owners = await library.db.read(profiles.by_id, [one.profile_id for one in due])
    background = await library.background(now)
    ranked: list[_Ranked] = []
    for cursor, group in groupby(sorted(due, key=lambda one: one.cursor), lambda one: one.cursor):
        pool = await library.pool(cursor, up_to, now)
        for subscription in group:
            taste = await library.taste(subscription.profile_id, now)
            ranked.append(await asyncio.to_thread(_rank, subscription, taste, pool, background))
    shown = [(one.taste, match) for one in ranked for match in one.matches]
    sentences = iter(await nearest_sentences(library.encoder, shown))
    return [
        _composed(
            one,
            owners[one.subscription.profile_id],
            [(match, next(sentences) or "") for match in one.matches],
            up_to=max(up_to, one.subscription.cursor),
        )
        for one in ranked
    ]


def _rank(subscription: Subscription, taste: Taste, pool: Pool, background: Background) -> _Ranked:
    total = score(taste, pool, background).total
    unread = [
        float(one)
        for one, paper in zip(total, pool.papers, strict=True)
        if paper.seq not in taste.seen
    ]
    return _Ranked(
        subscription=subscription,
        taste=taste,
        matches=rank(taste, pool, background, size=subscription.size),
        considered=len(pool.papers),
        fitting=sum(one >= FLOOR for one in unread),
        nearest=max(unread, default=0.0),
    )


def _composed(
    ranked: _Ranked, profile: Profile, chosen: Sequence[tuple[Match, str]], *, up_to: int
) -> Composed:
    reasons = [explain(match).text for match, _ in chosen]
    return Composed(
        subscription=ranked.subscription,
        profile=profile,
        up_to=up_to,
        considered=ranked.considered,
        left_out=ranked.fitting - len(chosen),
        nearest=ranked.nearest,
        cards=tuple(
            messages.card(match.paper, reason=reason, sentence=sentence, score=match.score)
            for (match, sentence), reason in zip(chosen, reasons, strict=True)
        ),
        lines=tuple(
            DigestLine(seq=match.paper.seq, score=match.score, reason=reason)
            for (match, _), reason in zip(chosen, reasons, strict=True)
        ),
    )


def _readable(tx: Tx, model: int, after: int, now: datetime) -> int:
    """The highest `seq` that a digest may consider: no dump half in, no paper without a vector."""
    horizon = papers.horizon(tx, now)
    unread = vectors.first_without(tx, model, after)
    return horizon if unread is None else min(horizon, unread - 1)


def _queue(tx: Tx, composed: Sequence[Composed], model: int, now: datetime) -> int:
    return sum(
        _queue_one(
            tx,
            one,
            model,
            one.subscription.due_at,
            timetable.next_due(one.subscription.schedule, now),
            now,
        )
        for one in composed
    )


def _queue_one(
    tx: Tx, one: Composed, model: int, due_at: datetime, next_due: datetime, now: datetime
) -> bool:
    """Cursor, digest and delivery together; False where another pass came first."""
    was = one.subscription
    if not subscriptions.advance(tx, was, cursor=one.up_to, due_at=next_due):
        return False
    key = f"digest/{was.id}/{due_at:%Y-%m-%dT%H:%M:%S.%fZ}" if one.cards else None
    if key is not None:
        outbox.queue(
            tx,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=was.destination,
            profile_id=one.profile.id,
            body=messages.to_json(one.message),
            due_at=timetable.leave_quiet(now, one.profile.quiet, one.profile.zone),
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
    )
    log.info("digest queued" if key else "digest empty", subscription=was.id, papers=len(one.lines))
    return True
