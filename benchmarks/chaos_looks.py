"""What a chaos run's driver reads and moves in the database, a transaction each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage import alert_hits, deliveries, papers, subscriptions
from storage.database import Tx
from storage.records import DeliveryStatus


@dataclass(frozen=True, kw_only=True)
class Look:
    """How things stand in the database."""

    owed: int
    open: int
    """Neither sent nor dead."""
    unread: int
    """Papers that alerts were not matched with, and digests that are due."""


def look(tx: Tx, now: datetime) -> Look:
    """At this instant."""
    counts = deliveries.counts(tx)
    unread = papers.newest(tx) - alert_hits.cursor(tx)
    return Look(
        owed=sum(counts.values()),
        open=counts[DeliveryStatus.PENDING] + counts[DeliveryStatus.LEASED],
        unread=unread + len(subscriptions.due(tx, now, 1)),
    )


def talkable(tx: Tx) -> list[str]:
    """Titles of papers that came to a person by a digest, who had no second chance so far."""
    rows = tx.rows(
        """
        SELECT DISTINCT papers.title
        FROM digest_papers
        JOIN digests ON digests.id = digest_papers.digest_id
        JOIN profiles ON profiles.id = digests.profile_id AND profiles.kind = 'person'
        JOIN papers ON papers.seq = digest_papers.seq
        WHERE digests.profile_id NOT IN (SELECT profile_id FROM second_chances)
        ORDER BY papers.seq
        """
    )
    return [row["title"] for row in rows]


def make_due(tx: Tx, numbers: Sequence[int], now: datetime) -> list[int]:
    """Those of these subscriptions that were not due, and are now."""
    found = {one.id for one in subscriptions.due_after(tx, now + timedelta(seconds=1))}
    moved = [number for number in numbers if number in found]
    for number in moved:
        subscriptions.reschedule(tx, number, now)
    return moved
