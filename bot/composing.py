"""Composing digests: which of the new papers each subscription is sent. Reads only.

Papers are read and made ready once for all that are composed together. What a profile was told
already is not told again (`attention`), and nothing that is older than a subscription reaches is
sent as new.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, islice

from bot import attention, dials, messages
from bot.attention import Told
from bot.choosing import Ranked, Wanting, choose
from bot.covering import days_missed, is_new_week
from bot.rebuild import Considered, considered
from matching.library import Library
from matching.ranking import Match, Pool
from matching.reasons import explain, nearest_sentences
from matching.remembered import Remembered
from storage import digests, papers, profiles, sources, vectors
from storage.database import Tx
from storage.digests import DigestLine, Making
from storage.records import Profile, Subscription

REACH = timedelta(days=14)
"""How far back a digest reaches, unless its owner says otherwise: older papers are no news."""

READ_TOGETHER = 100
"""Profiles that are read in one snapshot, and ranked together."""


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
    floor: float
    """The score that a paper needs; a card below it is tried out."""
    reached: str
    """What was reached with the subscription's dial, where it is told this time; else empty."""
    nearest: float
    """The best score there was, 0..1; below the floor where the digest is empty."""
    told: int
    """Papers that fit and were told by an alert before."""
    elsewhere: tuple[messages.Elsewhere, ...]
    """Papers that fit and stand in channels that the person reads."""
    muted: int
    """Papers that would fit and are muted."""
    too_old: int
    """Papers that came too long ago to be news."""
    making: Making
    """What it was made from, for the record."""
    days: int
    """How many days it covers, where that is more than usual; else 0."""
    doubts: tuple[str, ...]
    """Sources of which papers may be missing."""
    cards: tuple[messages.Card, ...]
    lines: tuple[DigestLine, ...]

    @property
    def message(self) -> messages.Message:
        """What is sent; an empty digest says so."""
        if not self.cards:
            return messages.Message(heading=f"Nothing for {self.profile.name}", intro=self.outcome)
        made = messages.digest(
            self.profile.name,
            self.cards,
            considered=self.considered,
            left_out=self.left_out,
            told=self.told,
            elsewhere=self.elsewhere,
            too_old=self.too_old,
            days=self.days,
            doubts=self.doubts,
        )
        said = f" {self.reached[:1].upper()}{self.reached[1:]}." if self.reached else ""
        return replace(made, footer=made.footer + said)

    @property
    def outcome(self) -> str:
        """What became of it, for the record."""
        if self.cards:
            return f"{messages.counted(len(self.cards), 'paper')} of {self.considered}"
        if not self.considered:
            return "no new papers"
        known = [f"{one.papers:,} in {one.channel}" for one in self.elsewhere]
        known += [f"{self.told:,} from alerts"] if self.told else []
        besides = f" besides those you have ({', '.join(known)})" if known else ""
        return (
            f"none of {messages.counted(self.considered, 'new paper')} fits well enough{besides}: "
            f"the best reaches {self.nearest:.2f}, the cut-off is {self.floor:.2f}"
        )


@dataclass(frozen=True, kw_only=True)
class Known:
    """What all that are composed together have in common, read in one snapshot."""

    up_to: int
    """The highest `seq` that a digest may consider."""
    oldest: dict[timedelta, int]
    """By reach: papers up to this `seq` are no news any more; they are counted, not sent."""
    owners: dict[int, Profile]
    told: dict[int, Told]
    """By subscription: what was told before."""
    last: dict[int, datetime]
    """By subscription: when its last digest was composed."""
    reached: dict[int, str]
    """By subscription: how its dial stands."""
    doubts: tuple[str, ...]
    """What readers are told of sources."""

    def after(self, one: Subscription) -> int:
        """Its papers are those later than this `seq`."""
        return max(one.cursor, self.oldest[one.reach])

    def too_old(self, one: Subscription) -> int:
        """How many papers came too long ago to be news to it."""
        return max(0, self.oldest[one.reach] - one.cursor)

    def told_to(self, one: Subscription) -> Told:
        """What it does not repeat."""
        return self.told.get(one.id, attention.NOTHING)

    def reached_with(self, one: Subscription, now: datetime) -> str:
        """What was reached with its dial, in the first digest of a week; else empty."""
        return self.reached.get(one.id, "") if is_new_week(self.last.get(one.id), now) else ""

    def days(self, one: Subscription, now: datetime) -> int:
        """How many days its digest covers, where that is more than usual; else 0."""
        return days_missed(one.schedule, one.due_at, self.last.get(one.id), now)


class Pools:
    """The papers that digests are composed from, read once for all that begin at one place."""

    KEPT = 3

    def __init__(self, library: Library) -> None:
        """Nothing is read yet."""
        self._library = library
        self._known: dict[tuple[int, int], tuple[Pool, Considered]] = {}

    async def between(self, after: int, up_to: int, now: datetime) -> tuple[Pool, Considered]:
        """Those in (`after`, `up_to`], and what goes on record about them."""
        known = self._known.pop((after, up_to), None)
        if known is None:
            pool = await self._library.pool(after, up_to, now)
            known = (pool, await considered(self._library, pool, after, up_to))
        self._known[after, up_to] = known
        while len(self._known) > self.KEPT:
            del self._known[next(iter(self._known))]
        return known


async def compose(
    library: Library,
    due: Sequence[Subscription],
    now: datetime,
    *,
    exploring: bool = True,
    pools: Pools | None = None,
) -> list[Composed]:
    """Rank the new papers of each subscription. Reads only; the outcome is in order of cursors.

    exploring: whether one from outside the usual may be among them, where that is wanted.
    pools: what others who are composed at this time read.
    """
    known = await library.db.read(read_known, await library.model(now), due, now)
    return await compose_known(library, due, known, now, exploring=exploring, pools=pools)


async def compose_known(
    library: Library,
    due: Sequence[Subscription],
    known: Known,
    now: datetime,
    *,
    exploring: bool = True,
    pools: Pools | None = None,
) -> list[Composed]:
    """The same with what was read of them."""
    pools = pools or Pools(library)
    fitted = await library.fitted(now)
    turned = await dials.ready(library, due, now)
    ranked: list[Ranked] = []
    for start, group in groupby(sorted(due, key=known.after), known.after):
        pool, read = await pools.between(start, known.up_to, now)
        for some in _in_turns(group):
            tastes = await library.tastes([one.profile_id for one in some], now)
            wants = [
                Wanting(
                    subscription=one,
                    dial=turned.get(one.id),
                    taste=replace(taste, told=known.told_to(one).everything),
                    told=known.told_to(one),
                    explores=exploring and (one.id not in turned or turned[one.id].surprise),
                )
                for one, taste in zip(some, tastes, strict=True)
            ]
            ranked += await asyncio.to_thread(choose, wants, pool, read, fitted)
    shown = [(one.taste, match) for one in ranked for match in one.matches]
    sentences = iter(await nearest_sentences(Remembered.of(library), shown))
    return [
        _composed(one, [(match, next(sentences) or "") for match in one.matches], known, now)
        for one in ranked
    ]


def _in_turns(group: Iterable[Subscription]) -> Iterator[list[Subscription]]:
    """Those whose tastes are read together: a snapshot is not held for long."""
    left = iter(group)
    while some := list(islice(left, READ_TOGETHER)):
        yield some


def _composed(
    ranked: Ranked, chosen: Sequence[tuple[Match, str]], known: Known, now: datetime
) -> Composed:
    reasons = [_reason(match, ranked.floor) for match, _ in chosen]
    was = ranked.subscription
    return Composed(
        subscription=was,
        profile=known.owners[was.profile_id],
        up_to=max(known.up_to, was.cursor),
        considered=ranked.considered,
        left_out=ranked.fitting - sum(match.score >= ranked.floor for match, _ in chosen),
        floor=ranked.floor,
        reached=known.reached_with(was, now),
        nearest=ranked.nearest,
        told=ranked.told,
        elsewhere=ranked.elsewhere,
        muted=ranked.muted,
        making=ranked.making,
        too_old=known.too_old(was),
        days=known.days(was, now),
        doubts=known.doubts,
        cards=tuple(
            messages.card(match.paper, reason=reason, sentence=sentence, score=match.score)
            for (match, sentence), reason in zip(chosen, reasons, strict=True)
        ),
        lines=tuple(
            DigestLine(seq=match.paper.seq, score=match.score, reason=reason)
            for (match, _), reason in zip(chosen, reasons, strict=True)
        ),
    )


def _reason(match: Match, floor: float) -> str:
    said = explain(match).text
    if match.score >= floor:
        return said
    return "outside your usual, to try out" + (f"; {said}" if said else "")


def read_known(tx: Tx, model: int, due: Sequence[Subscription], now: datetime) -> Known:
    """What composing these needs to know of them all."""
    first = min(one.cursor for one in due)
    owners = [one.profile_id for one in due]
    return Known(
        up_to=_readable(tx, model, first, now),
        oldest={reach: papers.last_before(tx, now - reach) for reach in {it.reach for it in due}},
        owners=profiles.by_id(tx, owners),
        told=attention.told(tx, due, first, now),
        last=digests.last_composed(tx, [one.id for one in due]),
        reached=dials.told_of(tx, [one.id for one in due], now),
        doubts=tuple(one.said for one in sources.doubtful(tx, now) if one.said),
    )


def _readable(tx: Tx, model: int, after: int, now: datetime) -> int:
    """The highest `seq` that a digest may consider: no dump half in, no paper without a vector."""
    horizon = papers.horizon(tx, now)
    unread = vectors.first_without(tx, model, after)
    return horizon if unread is None else min(horizon, unread - 1)
