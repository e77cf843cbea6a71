"""Sightings over time: how many comments and upvotes papers gained in a while.

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
    """The comments and upvotes of one paper, over a window of time."""

    seq: int
    before: int | None
    """At the sighting that growth is counted from; None: no two sightings were counted."""
    comments: int | None
    """At the newest sighting that was counted; None: none was."""
    upvotes_before: int | None = None
    upvotes: int | None = None
    """Upvotes in the same way. Few sources count them."""

    @property
    def gained(self) -> int | None:
        """Comments gained, negative where some were deleted; None: not known."""
        if self.before is None or self.comments is None:
            return None
        return self.comments - self.before

    @property
    def upvotes_gained(self) -> int | None:
        """Upvotes gained, negative where some were taken back; None: not known."""
        if self.upvotes_before is None or self.upvotes is None:
            return None
        return self.upvotes - self.upvotes_before


def growth(tx: Tx, since: datetime, now: datetime) -> list[Growth]:
    """Every paper that was seen in [`since`, `now`], in the order of arrival.

    Growth is counted from the last sighting before `since`, or where there is none from the first
    one in the window, up to the newest.
    """
    rows = tx.rows(
        """
        SELECT sightings.seq, sightings.comments, sightings.upvotes, dumps.layout,
            dumps.arrived_at < :since AS earlier
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
        _growth(
            seq, [(row["comments"], row["upvotes"], row["layout"], row["earlier"]) for row in seen]
        )
        for seq, seen in groupby(rows, lambda row: int(row["seq"]))
    ]


def _growth(seq: int, seen: Sequence[tuple[int | None, int | None, str, int]]) -> Growth:
    """From `(comments, upvotes, layout, whether before the window)`, the oldest sighting first."""
    counts: list[tuple[int, bool]] = []
    votes: list[tuple[int, bool]] = []
    for comments, upvotes, layout, is_earlier in seen:
        last = counts[-1][0] if counts else 0
        if comments is None and layout == Layout.SPACED_WITH_DETAILS and last == 0:
            comments = 0  # but a count that was there does not vanish: it was only not read
        if comments is not None:
            counts.append((comments, bool(is_earlier)))
        if upvotes is not None:
            votes.append((upvotes, bool(is_earlier)))
    before, newest = _ends(counts)
    upvotes_before, upvotes_newest = _ends(votes)
    return Growth(
        seq=seq,
        before=before,
        comments=newest,
        upvotes_before=upvotes_before,
        upvotes=upvotes_newest,
    )


def _ends(counts: Sequence[tuple[int, bool]]) -> tuple[int | None, int | None]:
    """The count that growth starts from and the newest, of `(count, whether before the window)`."""
    start = max(sum(is_earlier for _, is_earlier in counts) - 1, 0)
    return (
        counts[start][0] if start < len(counts) - 1 else None,
        counts[-1][0] if counts else None,
    )
