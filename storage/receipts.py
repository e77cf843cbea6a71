"""Receipts: what a profile was told, when, and what became of the message; what digests were made
from.

Everything is read by the profile that it belongs to, or by an operator's number of a digest.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import deliveries
from storage.database import Tx
from storage.digests import DigestLine, LeftOut
from storage.instants import from_text, to_text
from storage.records import Delivery, DeliveryKind


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A delivery, and what else decides when it goes."""

    delivery: Delivery
    settled_at: datetime | None
    """When it was sent or given up."""
    held_until: datetime | None
    """Until when its whole destination is on hold, ..."""
    held_because: str | None
    """... and why."""


@dataclass(frozen=True, kw_only=True)
class SentPaper:
    """One paper of a digest with its title."""

    title: str
    line: DigestLine


@dataclass(frozen=True, kw_only=True)
class DigestReceipt:
    """A digest as it was decided, and what became of it."""

    id: int
    composed_at: datetime
    outcome: str
    is_empty: bool
    """Nothing was sent: the outcome says why."""
    left_out: LeftOut | None
    """None: not on record."""
    papers: tuple[SentPaper, ...]
    """Best first."""
    sendings: tuple[Sending, ...]
    """The message and its further parts, in order; none where the message was deleted."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One paper that one alert found."""

    query: str
    seq: int
    title: str


@dataclass(frozen=True, kw_only=True)
class Unheard:
    """A hit that was not told, and why."""

    hit: Hit
    reason: str


@dataclass(frozen=True, kw_only=True)
class AlertReceipt:
    """What alerts found in one pass: the message, what became of it, and what was not told."""

    queued_at: datetime
    hits: tuple[Hit, ...]
    """Those of alerts that are still there, in the order of arrival."""
    sendings: tuple[Sending, ...]
    """The message and its further parts, in order; none where all was silenced."""
    silenced: tuple[Unheard, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A digest as it was recorded, to be compared with one that is made again."""

    id: int
    profile_id: int
    composed_at: datetime
    model: str
    """The identity of the model that ranked it."""
    profile_version: str | None
    made_from: str | None
    """None: it was made before that was kept."""
    lines: tuple[DigestLine, ...]
    """Best first."""


def of_digests(tx: Tx, profile_id: int, since: datetime) -> list[DigestReceipt]:
    """The profile's digests composed since then, newest first."""
    rows = tx.rows(
        """
        SELECT id, composed_at, outcome, delivery_key, left_out FROM digests
        WHERE profile_id = :profile AND composed_at >= :since ORDER BY composed_at DESC, id DESC
        """,
        profile=profile_id,
        since=to_text(since),
    )
    lines = _lines(tx, [row["id"] for row in rows])
    sendings = _sendings(tx, profile_id, DeliveryKind.DIGEST, since)
    return [
        DigestReceipt(
            id=row["id"],
            composed_at=from_text(row["composed_at"]),
            outcome=row["outcome"],
            is_empty=row["id"] not in lines,
            left_out=LeftOut(**json.loads(row["left_out"])) if row["left_out"] else None,
            papers=tuple(lines.get(row["id"], ())),
            sendings=tuple(sendings.get(row["delivery_key"], ())),
        )
        for row in rows
    ]


def of_alerts(tx: Tx, profile_id: int, since: datetime) -> list[AlertReceipt]:
    """The messages of the profile's alerts queued since then, newest first."""
    sendings = _sendings(tx, profile_id, DeliveryKind.ALERT, since)
    hits: dict[str, list[Hit]] = {}
    for row in tx.rows(
        """
        SELECT alert_hits.delivery_key, alert_hits.seq, alerts.query, papers.title
        FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
        JOIN papers ON papers.seq = alert_hits.seq
        WHERE alerts.profile_id = :profile
            AND alert_hits.delivery_key IN (SELECT value FROM json_each(:keys))
        ORDER BY alert_hits.seq, alerts.id
        """,
        profile=profile_id,
        keys=json.dumps(list(sendings)),
    ):
        hit = Hit(query=row["query"], seq=row["seq"], title=row["title"])
        hits.setdefault(row["delivery_key"], []).append(hit)
    silenced = _silenced(tx, profile_id, since)
    found = []
    for key, parts in sendings.items():
        queued_at = parts[0].delivery.queued_at or parts[0].delivery.due_at
        found.append(
            AlertReceipt(
                queued_at=queued_at,
                hits=tuple(hits.get(key, ())),
                sendings=tuple(parts),
                silenced=tuple(silenced.pop(queued_at, ())),
            )
        )
    found += [
        AlertReceipt(queued_at=at, hits=(), sendings=(), silenced=tuple(ones))
        for at, ones in silenced.items()
    ]
    return sorted(found, key=_age, reverse=True)


def of_notices(tx: Tx, profile_id: int, since: datetime) -> list[tuple[Sending, ...]]:
    """Whatever else the profile was told since then: each message with its further parts."""
    return [tuple(one) for one in _sendings(tx, profile_id, DeliveryKind.NOTICE, since).values()]


def _age(one: AlertReceipt) -> tuple[datetime, int]:
    return one.queued_at, one.sendings[0].delivery.id if one.sendings else 0


def _silenced(tx: Tx, profile_id: int, since: datetime) -> dict[datetime, list[Unheard]]:
    """By the instant of the pass: what the profile's alerts found and did not tell."""
    found: dict[datetime, list[Unheard]] = {}
    for row in tx.rows(
        """
        SELECT alert_hits.seq, alerts.query, papers.title, settled_at, settled_reason
        FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
        JOIN papers ON papers.seq = alert_hits.seq
        WHERE alerts.profile_id = :profile AND alert_hits.told = 'silenced'
            AND settled_at >= :since
        ORDER BY alert_hits.seq, alerts.id
        """,
        profile=profile_id,
        since=to_text(since),
    ):
        hit = Hit(query=row["query"], seq=row["seq"], title=row["title"])
        one = Unheard(hit=hit, reason=row["settled_reason"])
        found.setdefault(from_text(row["settled_at"]), []).append(one)
    return found


def recorded(tx: Tx, digest_id: int) -> Recorded | None:
    """One digest as it was recorded; None where there is none of that number."""
    row = tx.row(
        """
        SELECT digests.*, models.identity AS model
        FROM digests JOIN models ON models.id = digests.model_id WHERE digests.id = :id
        """,
        id=digest_id,
    )
    if row is None:
        return None
    return Recorded(
        id=row["id"],
        profile_id=row["profile_id"],
        composed_at=from_text(row["composed_at"]),
        model=row["model"],
        profile_version=row["profile_version"],
        made_from=row["made_from"],
        lines=tuple(one.line for one in _lines(tx, [digest_id]).get(digest_id, ())),
    )


def dumps_between(tx: Tx, after: int, up_to: int) -> list[str]:
    """SHA-256 of the dumps that first held the papers in (`after`, `up_to`], in their order."""
    rows = tx.rows(
        """
        SELECT sha256 FROM dumps WHERE id IN (
            SELECT first_dump FROM papers WHERE seq > :after AND seq <= :up_to
        ) ORDER BY id
        """,
        after=after,
        up_to=up_to,
    )
    return [row["sha256"] for row in rows]


def _lines(tx: Tx, digest_ids: Sequence[int]) -> dict[int, list[SentPaper]]:
    """By digest: its papers, best first; empty digests are missing."""
    found: dict[int, list[SentPaper]] = {}
    for row in tx.rows(
        """
        SELECT digest_papers.*, papers.title
        FROM digest_papers JOIN papers ON papers.seq = digest_papers.seq
        WHERE digest_id IN (SELECT value FROM json_each(:ids)) ORDER BY digest_id, rank
        """,
        ids=json.dumps(list(digest_ids)),
    ):
        line = DigestLine(seq=row["seq"], score=row["score"], reason=row["reason"])
        found.setdefault(row["digest_id"], []).append(SentPaper(title=row["title"], line=line))
    return found


def _sendings(
    tx: Tx, profile_id: int, kind: DeliveryKind, since: datetime
) -> dict[str, list[Sending]]:
    """By the key of a message: it and its further parts, those queued since then."""
    found: dict[str, list[Sending]] = {}
    for row in tx.rows(
        """
        SELECT outbox.*, destinations.held_until, destinations.reason AS held_because
        FROM outbox LEFT JOIN destinations
            ON destinations.platform = outbox.platform AND destinations.address = outbox.address
        WHERE outbox.profile_id = :profile AND outbox.kind = :kind AND outbox.created_at >= :since
        ORDER BY outbox.id
        """,
        profile=profile_id,
        kind=kind,
        since=to_text(since),
    ):
        head, _, part = row["key"].partition("#")
        if not part or head in found:  # else the message itself is older than that
            found.setdefault(head, []).append(_sending(row))
    return found


def _sending(row: sqlite3.Row) -> Sending:
    settled, held = row["settled_at"], row["held_until"]
    return Sending(
        delivery=deliveries.delivery(row),
        settled_at=from_text(settled) if settled else None,
        held_until=from_text(held) if held else None,
        held_because=row["held_because"],
    )
