"""Drafts: digests composed in the half hour before their time, so that at the hour they are queued.

A draft is queued only where composing it at the hour would find all as it was: the papers, the
background and the code (its ground), what the profile wants (its revision), and whatever else goes
into a digest (its state). Otherwise the digest is composed as if there had been no draft. What its
cards show of the papers, as comments on them, is told as it stands at the hour (see `shown`).
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot import messages
from bot.composing import Composed, Known, Pools, compose_known, read_known
from bot.rebuild import code
from bot.shown import Shown
from matching.library import Fitted, Library
from storage import dials, drafts, papers, sources, subscriptions
from storage.database import Tx
from storage.dials import Dial
from storage.digests import LeftOut
from storage.drafts import Draft, Kept
from storage.records import Profile, Subscription
from storage.schema import DatabaseUnusable

AHEAD = timedelta(minutes=30)
"""How long before its time a digest is composed."""

AT_ONCE = 100
"""Digests that are composed together, and written in one transaction."""

AT_A_TIME = timedelta(seconds=8)
"""How long one look goes on; whatever else wants the processor comes in between."""

BREATH_S = 0.02
"""Between two groups, for those who wait."""

JUST = timedelta(minutes=2)
"""What came due so lately is being queued, and goes first."""

KEPT = timedelta(days=1)
"""A draft that nobody sent so long after its time goes."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A draft that holds, and whom it is for."""

    was: Subscription
    profile: Profile
    draft: Draft
    revision: int | None = None
    """What its profile must still be at when it is queued; None: it was composed just now."""

    @classmethod
    def of(cls, one: Composed) -> "Ready":
        """One that was composed just now."""
        return cls(was=one.subscription, profile=one.profile, draft=drafted(one))


class Drafts:
    """`look` is one tick."""

    def __init__(self, library: Library, clock: Callable[[], datetime]) -> None:
        self._library = library
        self._clock = clock
        self._ground = ""
        """What the following is about."""
        self._pools = Pools(library)
        self._failed: set[int] = set()
        """Subscriptions that no draft can be made for; at the hour it is told why."""

    async def look(self) -> int:
        """Compose for a while those that are due soon and have no draft that holds; how many."""
        db, start = self._library.db, self._clock()
        done, after = 0, (start, 0)
        while (now := self._clock()) < start + AT_A_TIME:
            if not await db.read(_are_soon, now) or not await self._may_begin(now):
                break
            due = await db.read(drafts.wanting, now, now + AHEAD, self._ground, AT_ONCE, after)
            if not due:
                break
            after = (due[-1].due_at, due[-1].id)
            done += await self._serve([one for one in due if one.id not in self._failed], now)
            await asyncio.sleep(BREATH_S)
        if done:
            log.info("digests drafted", count=done)
        else:
            self._pools = Pools(self._library)  # the papers are not needed for now
            if await db.read(drafts.are_due, start - KEPT):
                await db.write(drafts.remove_old, start - KEPT)
        return done

    async def _may_begin(self, now: datetime) -> bool:
        """Not while a dump comes in, whose papers would belong into every draft, and not before
        those that are due.
        """
        fitted = await self._library.fitted(now)
        if not await self._library.db.read(_is_quiet, fitted.up_to, now):
            return False
        found = await ground(self._library, fitted, now)
        if found != self._ground:
            self._ground, self._pools, self._failed = found, Pools(self._library), set()
        return True

    async def _serve(self, due: Sequence[Subscription], now: datetime) -> int:
        try:
            return await self._compose(due, now)
        except DatabaseUnusable:
            raise
        except Exception as error:  # one of them is to blame: the others shall have theirs
            if len(due) > 1:
                return sum([await self._serve([one], now) for one in due])
            self._failed.add(due[0].id)
            log.warning("draft failed", subscription=due[0].id, error=type(error).__name__)
            return 0

    async def _compose(self, due: Sequence[Subscription], now: datetime) -> int:
        library, ground = self._library, self._ground
        if not due:
            return 0
        seen = await library.db.read(_see, await library.model(now), due, now)
        composed = await compose_known(library, due, seen.known, now, pools=self._pools)
        made = await asyncio.to_thread(lambda: [_kept(one, seen, ground, now) for one in composed])
        await library.db.write(drafts.put_all, made)
        return len(made)


async def ready(
    library: Library, due: Sequence[Subscription], now: datetime, shown: Shown | None = None
) -> list[Ready]:
    """Those of them that have a draft which holds, in their order.

    shown: papers that others who are queued at this time show.
    """
    model, here = await library.model(now), await ground(library, await library.fitted(now), now)
    return await library.db.read(_ready, model, due, here, shown or Shown(), now)


async def ground(library: Library, fitted: Fitted, now: datetime) -> str:
    """What all that are composed now have in common."""
    doubts = await library.db.read(sources.doubtful, now)
    return _hash(
        library.encoder.identity,
        (fitted.after, fitted.up_to, fitted.fingerprint),
        code(),
        [one.said for one in doubts],
    )


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What some subscriptions are composed from, but for what their profiles want."""

    known: Known
    revisions: dict[int, int]
    dials: dict[int, Dial]


def _see(tx: Tx, model: int, due: Sequence[Subscription], now: datetime) -> _Seen:
    return _Seen(
        known=read_known(tx, model, due, now),
        revisions=drafts.revisions(tx, [one.profile_id for one in due]),
        dials=dials.of(tx, [one.id for one in due]),
    )


def _ready(
    tx: Tx, model: int, due: Sequence[Subscription], ground: str, shown: Shown, now: datetime
) -> list[Ready]:
    kept = {
        number: one
        for number, one in drafts.of(tx, [one.id for one in due]).items()
        if one.ground == ground
    }
    held = [one for one in due if one.id in kept]
    if not held:
        return []
    seen = _see(tx, model, held, now)
    holding = [
        one
        for one in held
        if kept[one.id].revision == seen.revisions[one.profile_id]
        and kept[one.id].state == _state(one, seen, now)
    ]
    made = [kept[one.id].draft for one in holding]
    lines = [[line.seq for line in draft.lines] for draft in made]
    bodies = shown.as_of_now(tx, [draft.body for draft in made], lines)
    return [
        Ready(
            was=one,
            profile=seen.known.owners[one.profile_id],
            draft=draft if draft.body is body else replace(draft, body=body),
            revision=kept[one.id].revision,
        )
        for one, draft, body in zip(holding, made, bodies, strict=True)
    ]


def _kept(one: Composed, seen: _Seen, ground: str, now: datetime) -> Kept:
    was = one.subscription
    return Kept(
        subscription_id=was.id,
        due_at=was.due_at,
        after=was.cursor,
        ground=ground,
        revision=seen.revisions[was.profile_id],
        state=_state(was, seen, now),
        draft=drafted(one),
    )


def drafted(one: Composed) -> Draft:
    """What of it goes on record and out."""
    return Draft(
        up_to=one.up_to,
        considered=one.considered,
        outcome=one.outcome,
        floor=one.floor,
        making=one.making,
        lines=one.lines,
        left_out=LeftOut(
            beyond=one.left_out,
            told=one.told,
            elsewhere=sum(place.papers for place in one.elsewhere),
            muted=one.muted,
            too_old=one.too_old,
        ),
        body=messages.to_json(one.message) if one.cards else "",
    )


def _state(one: Subscription, seen: _Seen, now: datetime) -> str:
    """A hash of what goes into a digest, but for its ground and what its profile wants."""
    known, dial = seen.known, seen.dials.get(one.id)
    told = known.told_to(one)
    return _hash(
        one.due_at,
        one.cursor,
        one.size,
        known.up_to,
        known.after(one),
        known.too_old(one),
        known.days(one, now),
        known.reached_with(one, now),
        known.owners[one.profile_id].name,
        sorted(told.by_alert),
        sorted(told.late),
        sorted((seq, posted.channel) for seq, posted in told.in_channels.items()),
        None if dial is None else (dial.about, dial.sure, dial.surprise, dial.floor),
    )


def _hash(*facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def _are_soon(tx: Tx, now: datetime) -> bool:
    """Whether any digest is due within the time that drafts are made in."""
    return bool(subscriptions.due(tx, now + AHEAD, 1, (now, 0)))


def _is_quiet(tx: Tx, up_to: int, now: datetime) -> bool:
    """Whether no dump is coming in, all papers are embedded, and no digest has just come due."""
    newest = papers.newest(tx)
    return newest == papers.horizon(tx, now) == up_to and not subscriptions.due(
        tx, now, 1, (now - JUST, 0)
    )
