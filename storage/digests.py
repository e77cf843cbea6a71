"""Digests: what each subscription was sent, from which papers, and with which model."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class NewDigest:
    """A digest of a subscription that was just advanced."""

    was: Subscription
    """As it was before."""
    due_at: datetime
    """The time it was for; a subscription has one digest for a time."""
    up_to: int
    considered: int
    outcome: str
    """What became of it, as a sentence; an empty digest has no delivery and says here why."""
    delivery_key: str | None
    lines: Sequence[DigestLine]
    making: Making | None = None
    left_out: LeftOut | None = None
    amends: int | None = None
    """The digest that it adds late papers to; None: it is one of its own."""
    floor: float | None = None
    """The score that a paper needed; a line below it was tried out."""


def record(tx: Tx, one: NewDigest, model_id: int, now: datetime) -> int:
    """Write down a digest; its id."""
    (found,) = record_all(tx, [one], model_id, now)
    return found


def record_all(tx: Tx, every: Sequence[NewDigest], model_id: int, now: datetime) -> list[int]:
    """Write down digests of different subscriptions; their ids in this order."""
    tx.many(
        """
        INSERT INTO digests (subscription_id, profile_id, due_at, composed_at, after_seq,
            up_to_seq, model_id, considered, outcome, delivery_key, profile_version, made_from,
            left_out, amends, floor)
        VALUES (:subscription, :profile, :due_at, :now, :after, :up_to, :model, :considered,
            :outcome, :key, :version, :made_from, :left_out, :amends, :floor)
        """,
        [_row(one, model_id, now) for one in every],
    )
    ids = {
        row["subscription_id"]: row["id"]
        for row in tx.rows(
            """
            SELECT digests.id, digests.subscription_id FROM json_each(:made) AS made
            CROSS JOIN digests ON digests.subscription_id = json_extract(made.value, '$[0]')
                AND digests.due_at = json_extract(made.value, '$[1]')
            """,
            made=json.dumps([[one.was.id, to_text(one.due_at)] for one in every]),
        )
    }
    tx.many_at_once(
        "digest_papers",
        ("digest_id", "seq", "rank", "score", "reason"),
        [
            (ids[one.was.id], line.seq, rank, line.score, line.reason)
            for one in every
            for rank, line in enumerate(one.lines, 1)
        ],
    )
    return [ids[one.was.id] for one in every]


def _row(one: NewDigest, model_id: int, now: datetime) -> dict[str, object]:
    return {
        "subscription": one.was.id,
        "profile": one.was.profile_id,
        "due_at": to_text(one.due_at),
        "now": to_text(now),
        "after": one.was.cursor,
        "up_to": one.up_to,
        "model": model_id,
        "considered": one.considered,
        "outcome": one.outcome,
        "key": one.delivery_key,
        "version": one.making.profile_version if one.making else None,
        "made_from": one.making.made_from if one.making else None,
        "left_out": json.dumps(vars(one.left_out)) if one.left_out else None,
        "amends": one.amends,
        "floor": one.floor,
    }


def free_time(tx: Tx, subscription_id: int, at: datetime) -> datetime:
    """`at`, or the first microsecond after it for which the subscription has no digest yet.

    Digests that are asked for in one instant, or again after a clock was set back, stay apart.
    """
    return free_times(tx, {subscription_id: at})[subscription_id]


def free_times(tx: Tx, wanted: Mapping[int, datetime]) -> dict[int, datetime]:
    """The same for many subscriptions."""
    taken = {
        (row["subscription_id"], row["due_at"])
        for row in tx.rows(
            """
            SELECT digests.subscription_id, digests.due_at FROM json_each(:wanted) AS wanted
            CROSS JOIN digests ON digests.subscription_id = json_extract(wanted.value, '$[0]')
                AND digests.due_at >= json_extract(wanted.value, '$[1]')
            """,
            wanted=json.dumps([[one, to_text(at)] for one, at in wanted.items()]),
        )
    }
    found = {}
    for one, at in wanted.items():
        free = at
        while taken and (one, to_text(free)) in taken:
            free += timedelta(microseconds=1)
        found[one] = free
    return found


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
