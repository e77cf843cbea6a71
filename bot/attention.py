"""One attention budget: what a person was told already, in whatever way, is not told again."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.messages import Elsewhere
from storage import alert_hits, late, readers
from storage.database import Tx
from storage.readers import Posted
from storage.records import Subscription


@dataclass(frozen=True, kw_only=True)
class Told:
    """Papers that the next digest of one subscription does not repeat."""

    by_alert: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    """Added to an earlier digest after it was posted."""
    in_channels: Mapping[int, Posted] = field(default_factory=dict)
    """Posted in channels that the person reads, by `seq`."""

    @property
    def everything(self) -> frozenset[int]:
        """All of them."""
        return self.by_alert | self.late | frozenset(self.in_channels)

    def elsewhere(self, fitting: Iterable[int]) -> tuple[Elsewhere, ...]:
        """Those of the papers that fit and stand in channels, by channel, the most first."""
        only_there = [
            self.in_channels[seq]
            for seq in fitting
            if seq in self.in_channels and seq not in self.by_alert | self.late
        ]
        counts = Counter(one.channel for one in only_there)
        posts = {one.channel: one for one in only_there}  # one of several: the last that fits
        return tuple(
            Elsewhere(
                channel=channel,
                papers=count,
                address=posts[channel].address,
                receipt=posts[channel].receipt,
            )
            for channel, count in sorted(counts.items(), key=lambda it: (-it[1], it[0]))
        )


NOTHING = Told()


def told(tx: Tx, due: Sequence[Subscription], after: int, now: datetime) -> dict[int, Told]:
    """By subscription: what of the papers later than `after` is known there."""
    by_alert = alert_hits.told(tx, [one.profile_id for one in due], after)
    added = late.told(tx, [one.id for one in due], after)
    collapsing = [one.profile_id for one in due if one.collapses]
    posted = readers.posted(tx, collapsing, after, now)
    return {
        one.id: Told(
            by_alert=frozenset(by_alert.get(one.profile_id, ())),
            late=frozenset(added.get(one.id, ())),
            in_channels=posted.get(one.profile_id, {}) if one.collapses else {},
        )
        for one in due
    }
