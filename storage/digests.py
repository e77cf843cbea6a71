"""Digests: what each subscription was sent, from which papers, and with which model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import Subscription


@dataclass(frozen=True, kw_only=True)
class DigestLine:
    """One paper of a digest, as it was ranked."""

    seq: int
    score: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """What a digest did not bring, and what held it back."""

    beyond: int = 0
    """Papers that fitted, beyond its size."""
    told: int = 0
    """Papers that fitted and came as an alert before."""
    muted: int = 0
    """Papers that would have fitted and are muted."""
    elsewhere: int = 0
    """Papers that fitted and stand in channels that the person reads."""
    too_old: int = 0
    """Papers that came too long ago to be news."""
    held: str | None = None
    """What made its delivery wait when it was decided, as "quiet hours"; None: nothing."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """What a digest was made from: enough to make it again."""

    profile_version: str
    """A hash of what its profile wanted then: two of one version wanted the same."""
    made_from: str
    """A JSON object, see `bot.rebuild`; it holds interests and goes wherever the profile goes."""


def record(
    tx: Tx,
    was: Subscription,
    *,
    due_at: datetime,
    up_to: int,
    model_id: int,
    considered: int,
    outcome: str,
    delivery_key: str | None,
    lines: Sequence[DigestLine],
    now: datetime,
    making: Making | None = None,
    left_out: LeftOut | None = None,
    amends: int | None = None,
    floor: float | None = None,
) -> int:
    """Write down a digest of a subscription that was just advanced; its id.

    amends: the digest that it adds late papers to; None: it is one of its own.

    due_at: the time it was for; a subscription has one digest for a time.
    outcome: what became of it, as a sentence; an empty digest has no delivery and says here why.
    floor: the score that a paper needed; a line below it was tried out.
    """
    digest_id: int = tx.value(
        """
        INSERT INTO digests (subscription_id, profile_id, due_at, composed_at, after_seq,
            up_to_seq, model_id, considered, outcome, delivery_key, profile_version, made_from,
            left_out, amends, floor)
        VALUES (:subscription, :profile, :due_at, :now, :after, :up_to, :model, :considered,
            :outcome, :key, :version, :made_from, :left_out, :amends, :floor)
        RETURNING id
        """,
        subscription=was.id,
        profile=was.profile_id,
        due_at=to_text(due_at),
        now=to_text(now),
        after=was.cursor,
        up_to=up_to,
        model=model_id,
        considered=considered,
        outcome=outcome,
        key=delivery_key,
        version=making.profile_version if making else None,
        made_from=making.made_from if making else None,
        left_out=json.dumps(asdict(left_out)) if left_out else None,
        amends=amends,
        floor=floor,
    )
    tx.many(
        """
        INSERT INTO digest_papers (digest_id, seq, rank, score, reason)
        VALUES (:digest, :seq, :rank, :score, :reason)
        """,
        [
            {
                "digest": digest_id,
                "seq": line.seq,
                "rank": rank,
                "score": line.score,
                "reason": line.reason,
            }
            for rank, line in enumerate(lines, 1)
        ],
    )
    return digest_id


def free_time(tx: Tx, subscription_id: int, at: datetime) -> datetime:
    """`at`, or the first microsecond after it for which the subscription has no digest yet.

    Digests that are asked for in one instant, or again after a clock was set back, stay apart.
    """
    taken = {
        row["due_at"]
        for row in tx.rows(
            "SELECT due_at FROM digests WHERE subscription_id = :id AND due_at >= :at",
            id=subscription_id,
            at=to_text(at),
        )
    }
    while to_text(at) in taken:
        at += timedelta(microseconds=1)
    return at


def last_composed(tx: Tx, subscription_ids: Sequence[int]) -> dict[int, datetime]:
    """When each subscription's last digest was composed; those without one are missing."""
    rows = tx.rows(
        """
        SELECT subscription_id, MAX(composed_at) AS at FROM digests
        WHERE subscription_id IN (SELECT value FROM json_each(:ids)) GROUP BY subscription_id
        """,
        ids=json.dumps(list(subscription_ids)),
    )
    return {row["subscription_id"]: from_text(row["at"]) for row in rows}


def sent_before(tx: Tx, profile_id: int, seq: int) -> list[tuple[datetime, str]]:
    """When, and as what, the profile was sent this paper: `(instant, "digest" or "alert")`."""
    rows = tx.rows(
        """
        SELECT digests.composed_at AS at, 'digest' AS kind
        FROM digest_papers JOIN digests ON digests.id = digest_papers.digest_id
        WHERE digests.profile_id = :profile AND digest_papers.seq = :seq
        UNION
        SELECT COALESCE(outbox.created_at, alert_hits.settled_at), 'alert'
        FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
        LEFT JOIN outbox ON outbox.key = alert_hits.delivery_key
        WHERE alerts.profile_id = :profile AND alert_hits.seq = :seq
            AND alert_hits.told = 'card'
        ORDER BY 1
        """,
        profile=profile_id,
        seq=seq,
    )
    return [(from_text(row["at"]), row["kind"]) for row in rows]


def considering(tx: Tx, profile_id: int, seq: int) -> tuple[int, int, float | None] | None:
    """`(after, up_to, floor)` of the profile's last digest that considered this paper."""
    row = tx.row(
        """
        SELECT after_seq, up_to_seq, floor FROM digests
        WHERE profile_id = :profile AND after_seq < :seq AND up_to_seq >= :seq
        ORDER BY id DESC LIMIT 1
        """,
        profile=profile_id,
        seq=seq,
    )
    return None if row is None else (row["after_seq"], row["up_to_seq"], row["floor"])
