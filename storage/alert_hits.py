"""How far alerts have read, which paper was told for which of them, and which was not and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.database import Tx
from storage.instants import from_text, to_text


class HitState(StrEnum):
    """What became of a hit."""

    CARD = "card"
    """Told with a card of its own."""
    COUNTED = "counted"
    """Told as one of "and 12 more"."""
    SILENCED = "silenced"
    """Not told, for the reason on record."""


@dataclass(frozen=True, kw_only=True)
class Silenced:
    """A hit that was not told."""

    alert_id: int
    seq: int
    reason: str


def cursor(tx: Tx) -> int:
    """The highest `seq` that alerts were matched with."""
    seq: int = tx.one("SELECT seq FROM cursors WHERE name = 'alerts'")["seq"]
    return seq


def advance(tx: Tx, was: int, seq: int) -> bool:
    """Move the cursor, unless another pass came first."""
    return bool(
        tx.execute(
            "UPDATE cursors SET seq = :seq WHERE name = 'alerts' AND seq = :was", seq=seq, was=was
        )
    )


def told(tx: Tx, profile_ids: Sequence[int], after: int) -> dict[int, set[int]]:
    """By profile: the papers later than `after` that its alerts told it of with a card."""
    found: dict[int, set[int]] = {}
    for row in tx.rows(
        """
        SELECT alerts.profile_id, alert_hits.seq
        FROM alerts JOIN alert_hits ON alert_hits.alert_id = alerts.id
        WHERE alerts.profile_id IN (SELECT value FROM json_each(:profiles))
            AND alert_hits.seq > :after AND alert_hits.told = 'card'
        """,
        profiles=json.dumps(list(profile_ids)),
        after=after,
    ):
        found.setdefault(row["profile_id"], set()).add(row["seq"])
    return found


def add(
    tx: Tx,
    by_delivery: Mapping[str, Sequence[tuple[int, int]]],
    told: HitState = HitState.CARD,
) -> None:
    """Write down `(alert id, seq)` hits by the key of the delivery that tells them; those of an
    alert that was removed meanwhile are not.
    """
    tx.execute(
        """
        INSERT INTO alert_hits (alert_id, seq, delivery_key, told)
        SELECT alerts.id, json_extract(hit.value, '$[1]'), delivery.key, :told
        FROM json_each(:hits) AS delivery
        CROSS JOIN json_each(delivery.value) AS hit
        CROSS JOIN alerts ON alerts.id = json_extract(hit.value, '$[0]')
        WHERE true
        ON CONFLICT (alert_id, seq) DO NOTHING
        """,
        hits=json.dumps(by_delivery),
        told=told,
    )


def silence(tx: Tx, hits: Sequence[Silenced], now: datetime) -> None:
    """Write down hits that are not told, and why."""
    tx.many(
        """
        INSERT INTO alert_hits (alert_id, seq, settled, settled_at, settled_reason, told)
        SELECT id, :seq, 'dead', :now, :reason, 'silenced' FROM alerts WHERE id = :alert
        ON CONFLICT (alert_id, seq) DO NOTHING
        """,
        [
            {"alert": one.alert_id, "seq": one.seq, "reason": one.reason, "now": to_text(now)}
            for one in hits
        ],
    )


def carded_since(
    tx: Tx, profile_ids: Sequence[int], since: datetime
) -> list[tuple[int, int, datetime]]:
    """`(profile, seq, when)` of each paper that alerts told these profiles with a card since."""
    rows = tx.rows(
        """
        SELECT outbox.profile_id, alert_hits.seq, MIN(outbox.created_at) AS at
        FROM outbox JOIN alert_hits ON alert_hits.delivery_key = outbox.key
        WHERE outbox.profile_id IN (SELECT value FROM json_each(:profiles))
            AND outbox.kind = 'alert' AND outbox.created_at >= :since AND alert_hits.told = 'card'
        GROUP BY outbox.profile_id, alert_hits.seq
        """,
        profiles=json.dumps(list(profile_ids)),
        since=to_text(since),
    )
    return [(row["profile_id"], row["seq"], from_text(row["at"])) for row in rows]


def papers_of(tx: Tx, delivery_key: str) -> int:
    """How many papers a delivery is about."""
    found: int = tx.value(
        "SELECT COUNT(DISTINCT seq) FROM alert_hits WHERE delivery_key = :key", key=delivery_key
    )
    return found


def counted_since(tx: Tx, profile_id: int, since: datetime) -> list[tuple[int, str]]:
    """`(seq, query)` of each hit that was only counted since then, newest first."""
    rows = tx.rows(
        """
        SELECT alert_hits.seq, alerts.query
        FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
        JOIN outbox ON outbox.key = alert_hits.delivery_key
        WHERE alerts.profile_id = :profile AND alert_hits.told = 'counted'
            AND outbox.created_at >= :since
        ORDER BY alert_hits.seq DESC, alerts.id
        """,
        profile=profile_id,
        since=to_text(since),
    )
    return [(row["seq"], row["query"]) for row in rows]


def first_seen(tx: Tx, delivery_key: str) -> datetime | None:
    """When the first of a delivery's papers arrived; None where no alert found any."""
    at = tx.value(
        """
        SELECT MIN(papers.first_seen) FROM alert_hits JOIN papers ON papers.seq = alert_hits.seq
        WHERE alert_hits.delivery_key = :key
        """,
        key=delivery_key,
    )
    return from_text(at) if at else None


def counts(tx: Tx, profile_id: int) -> dict[int, int]:
    """How many papers each alert of a profile has told of, by its id; those without are missing."""
    rows = tx.rows(
        """
        SELECT alert_id, COUNT(*) AS n FROM alert_hits
        JOIN alerts ON alerts.id = alert_hits.alert_id
        WHERE alerts.profile_id = :profile AND alert_hits.told <> 'silenced' GROUP BY alert_id
        """,
        profile=profile_id,
    )
    return {row["alert_id"]: row["n"] for row in rows}
