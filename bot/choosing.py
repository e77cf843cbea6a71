"""Choosing: which of the new papers go into each digest, for many subscriptions together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot import messages
from bot.attention import Told
from bot.rebuild import Considered, making
from matching import surprise
from matching.library import Fitted
from matching.ranking import FLOOR, Match, Pool, Scores, matches, score_all, unread
from matching.taste import Taste
from storage.dials import Dial
from storage.digests import Making
from storage.records import Subscription


@dataclass(frozen=True, kw_only=True, eq=False)
class Wanting:
    """A subscription, and what it wants."""

    subscription: Subscription
    dial: Dial | None
    taste: Taste
    told: Told
    explores: bool

    @property
    def floor(self) -> float:
        """The score that a paper needs."""
        return FLOOR if self.dial is None or self.dial.floor is None else self.dial.floor


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """What was chosen for one subscription."""

    subscription: Subscription
    taste: Taste
    matches: list[Match]
    """Those that fit, best first, then the one that is tried out."""
    floor: float
    considered: int
    fitting: int
    told: int
    elsewhere: tuple[messages.Elsewhere, ...]
    muted: int
    nearest: float
    making: Making


def choose(wants: Sequence[Wanting], pool: Pool, read: Considered, fitted: Fitted) -> list[Ranked]:
    """Choose for each of them, and tell why of all that was chosen, together."""
    every = score_all([one.taste for one in wants], pool, fitted.background)
    chosen = [_chosen(one, scores, pool) for one, scores in zip(wants, every, strict=True)]
    picked = [
        (scores, row)
        for scores, (fits, other) in zip(every, chosen, strict=True)
        for row in (*fits, *(() if other is None else (other,)))
    ]
    told = iter(matches(picked))
    return [
        _ranked(
            one,
            scores,
            list(islice(told, len(fits) + (other is not None))),
            other,
            read,
            pool,
            fitted,
        )
        for one, scores, (fits, other) in zip(wants, every, chosen, strict=True)
    ]


def _chosen(one: Wanting, scores: Scores, pool: Pool) -> tuple[list[int], int | None]:
    """Rows of the papers that fit, best first, and of the one that is tried out."""
    subscription = one.subscription
    lot = f"{subscription.profile_id}/{subscription.due_at:%Y-%m-%d}"
    tried = None
    if one.explores:
        tried = surprise.tried(scores, one.taste, pool, floor=one.floor, lot=lot)
    return surprise.chosen(
        scores, one.taste, pool, size=subscription.size, floor=one.floor, surprise=tried
    )


def _ranked(
    one: Wanting,
    scores: Scores,
    shown: list[Match],
    other: int | None,
    read: Considered,
    pool: Pool,
    fitted: Fitted,
) -> Ranked:
    total, floor, taste, told = scores.total, one.floor, one.taste, one.told
    offered = total[unread(taste, pool)]
    fits = int((offered >= floor).sum())
    fitting: list[int] = []
    if taste.told:
        welcome = unread(replace(taste, told=frozenset()), pool)
        fitting = pool.seqs[welcome[total[welcome] >= floor]].tolist()
    muted = 0
    if taste.mutes:
        silent = pool.muting.by(taste.mutes)
        muted = sum(
            float(total[i]) >= floor and pool.papers[i].seq not in taste.seen for i in silent
        )
    return Ranked(
        subscription=one.subscription,
        taste=taste,
        matches=shown,
        floor=floor,
        considered=len(pool.papers),
        fitting=fits,
        told=sum(seq in told.by_alert for seq in fitting),
        elsewhere=told.elsewhere(fitting),
        muted=muted,
        nearest=float(offered.max(initial=0.0)),
        making=making(
            taste,
            one.subscription.size,
            read,
            fitted,
            floor=None if floor == FLOOR else floor,
            surprise=None if other is None else pool.papers[other].seq,
        ),
    )
