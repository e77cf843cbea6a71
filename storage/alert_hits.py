"""How far alerts have read, and which paper was told for which of them."""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Tx
from storage.instants import from_text


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
    """By profile: the papers later than `after` that its alerts told it of."""
    found: dict[int, set[int]] = {}
    for row in tx.rows(
        """
        SELECT alerts.profile_id, alert_hits.seq
        FROM alerts JOIN alert_hits ON alert_hits.alert_id = alerts.id
        WHERE alerts.profile_id IN (SELECT value FROM json_each(:profiles))
            AND alert_hits.seq > :after
        """,
        profiles=json.dumps(list(profile_ids)),
        after=after,
    ):
        found.setdefault(row["profile_id"], set()).add(row["seq"])
    return found


def add(tx: Tx, delivery_key: str, hits: Sequence[tuple[int, int]]) -> None:
    """Write down `(alert id, seq)` hits; those of an alert that was removed meanwhile are not."""
    tx.many(
        """
        INSERT INTO alert_hits (alert_id, seq, delivery_key)
        SELECT id, :seq, :key FROM alerts WHERE id = :alert
        ON CONFLICT (alert_id, seq) DO NOTHING
        """,
        [{"alert": alert, "seq": seq, "key": delivery_key} for alert, seq in hits],
    )


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
    """How many papers each alert of a profile has found, by its id; those without are missing."""
    rows = tx.rows(
        """
        SELECT alert_id, COUNT(*) AS n FROM alert_hits
        JOIN alerts ON alerts.id = alert_hits.alert_id
        WHERE alerts.profile_id = :profile GROUP BY alert_id
        """,
        profile=profile_id,
    )
    return {row["alert_id"]: row["n"] for row in rows}
