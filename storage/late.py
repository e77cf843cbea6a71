"""Late additions: papers that came after the digest of the day was posted, and were added to it.

The subscription's cursor stays where its digest left it, so that what finds no room comes with the
next one; how far late additions were looked for is a cursor of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import subscriptions
from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import Subscription


@dataclass(frozen=True, kw_only=True)
class Amendable:
    """A subscription's last digest, which was posted or was empty, with papers that came since."""

    subscription: Subscription
    digest_id: int
    due_at: datetime
    """The time that the digest was for."""
    composed_at: datetime
    brought: int
    """Papers in it, and in what was added to it."""
    amendments: int
    amended_at: datetime | None
    """When the last addition was decided."""
    thread: str | None
    """The platform's id of the thread or message that additions belong under; None: nothing was
    posted, since the digest was empty."""


def amendable(
    tx: Tx, *, horizon: int, since: datetime, now: datetime, limit: int, after: int
) -> list[Amendable]:
    """Digests composed since then that papers up to `horizon` came after, by subscription's id.

    Those whose message is not sent yet are missing, and those whose next digest is due.
    after: the last subscription's id of an earlier page.
    """
    rows = tx.rows(
        """
        SELECT subscriptions.*, last.id AS digest_id, last.due_at AS digest_due,
            last.composed_at, head.key AS head_key,
            COALESCE(
                (SELECT thread FROM outbox WHERE key = head.key || '#2'), head.thread, head.receipt
            ) AS thread,
            (
                SELECT COUNT(*) FROM digest_papers JOIN digests ON digests.id = digest_id
                WHERE digests.id = last.id OR digests.amends = last.id
            ) AS brought,
            (SELECT COUNT(*) FROM digests WHERE amends = last.id) AS amendments,
            (SELECT MAX(composed_at) FROM digests WHERE amends = last.id) AS amended_at
        FROM subscriptions
        JOIN digests AS last ON last.id = (
            SELECT MAX(id) FROM digests
            WHERE subscription_id = subscriptions.id AND amends IS NULL
        )
        LEFT JOIN outbox AS head ON head.key = COALESCE(
            last.delivery_key,
            (SELECT delivery_key FROM digests WHERE amends = last.id ORDER BY id LIMIT 1)
        )
        WHERE subscriptions.id > :after AND subscriptions.paused IS NULL
            AND MAX(subscriptions.cursor, subscriptions.late_seq) < :horizon
            AND subscriptions.due_at > :now AND last.composed_at >= :since
            AND (head.key IS NULL OR head.status = 'sent')
        ORDER BY subscriptions.id LIMIT :limit
        """,
        after=after,
        horizon=horizon,
        now=to_text(now),
        since=to_text(since),
        limit=limit,
    )
    return [
        Amendable(
            subscription=subscriptions.from_row(row),
            digest_id=row["digest_id"],
            due_at=from_text(row["digest_due"]),
            composed_at=from_text(row["composed_at"]),
            brought=row["brought"],
            amendments=row["amendments"],
            amended_at=from_text(row["amended_at"]) if row["amended_at"] else None,
            thread=row["thread"],
        )
        for row in rows
    ]


def told(tx: Tx, subscription_ids: Sequence[int], after: int) -> dict[int, set[int]]:
    """By subscription: the papers later than `after` that were added to its digests."""
    found: dict[int, set[int]] = {}
    for row in tx.rows(
        """
        SELECT digests.subscription_id, digest_papers.seq
        FROM digests JOIN digest_papers ON digest_papers.digest_id = digests.id
        WHERE digests.amends IS NOT NULL AND digest_papers.seq > :after
            AND digests.subscription_id IN (SELECT value FROM json_each(:ids))
        """,
        ids=json.dumps(list(subscription_ids)),
        after=after,
    ):
        found.setdefault(row["subscription_id"], set()).add(row["seq"])
    return found
