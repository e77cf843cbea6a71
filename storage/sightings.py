"""Sightings over time: how many comments papers gained in a while.

Most dumps say nothing of comments, and that is not the same as none. Only the layout that shows
counts leaves them out where there are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from storage.database import Tx
from storage.instants import to_text
from storage.records import Layout


@dataclass(frozen=True, kw_only=True)
class Growth:
    """The comments of one paper, over a window of time."""

    seq: int
    before: int | None
    """At the sighting that growth is counted from; None: no two sightings were counted."""
    comments: int | None
    """At the newest sighting that was counted; None: none was."""

    @property
    def gained(self) -> int | None:
        """Comments gained, negative where some were deleted; None: not known."""
        if self.before is None or self.comments is None:
            return None
        return self.comments - self.before


def growth(tx: Tx, since: datetime, now: datetime) -> list[Growth]:
    """Every paper that was seen in [`since`, `now`], in the order of arrival.

    Growth is counted from the last sighting before `since`, or where there is none from the first
    one in the window, up to the newest.
    """
    rows = tx.rows(
        """
        SELECT sightings.seq, sightings.comments, dumps.layout, dumps.arrived_at < :since AS earlier
        FROM sightings JOIN dumps ON dumps.id = sightings.dump_id
        WHERE dumps.arrived_at <= :now AND sightings.seq IN (
            SELECT sightings.seq FROM sightings JOIN dumps ON dumps.id = sightings.dump_id
            WHERE dumps.arrived_at >= :since AND dumps.arrived_at <= :now
        )
        ORDER BY sightings.seq, dumps.arrived_at, dumps.id
        """,
        since=to_text(since),
        now=to_text(now),
    )
    return [
        _growth(seq, [(row["comments"], row["layout"], bool(row["earlier"])) for row in seen])
        for seq, seen in groupby(rows, lambda row: int(row["seq"]))
    ]


def _growth(seq: int, seen: Sequence[tuple[int | None, str, bool]]) -> Growth:
    """From `(comments, layout, whether before the window)` of each sighting, oldest first."""
    counts: list[int] = []
    earlier = 0
    for comments, layout, is_earlier in seen:
        if comments is None and layout == Layout.SPACED_WITH_DETAILS and (counts or [0])[-1] == 0:
            comments = 0  # but a count that was there does not vanish: it was only not read
        if comments is not None:
            counts.append(comments)
            earlier += is_earlier
    start = max(earlier - 1, 0)
    return Growth(
        seq=seq,
        before=counts[start] if start < len(counts) - 1 else None,
        comments=counts[-1] if counts else None,
    )
