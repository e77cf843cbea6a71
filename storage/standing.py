"""Standing alerts: what somebody who keeps all alerts ready learns of their changes.

Each change of an alert has a number, given by triggers, so that one process learns of what another
one did. The numbers only rise; the version of what is kept is the highest one learned.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import destinations, profiles
from storage.database import Tx
from storage.instants import maybe_text, to_text
from storage.records import Alert


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an alert is now."""

    alert_id: int
    query: str | None
    """None: it is paused or removed, and asks nothing."""


def version(tx: Tx) -> int:
    """The number of the last change; 0 before the first."""
    found: int = tx.value("SELECT COALESCE(MAX(version), 0) FROM alert_changes")
    return found


def changes(tx: Tx, since: int) -> list[Change]:
    """Every alert that changed after that version, as it is now, in the order of the changes."""
    return [
        Change(alert_id=row["alert_id"], query=row["query"])
        for row in tx.rows(
            """
            SELECT alert_changes.alert_id, alerts.query
            FROM alert_changes LEFT JOIN alerts
                ON alerts.id = alert_changes.alert_id AND alerts.paused IS NULL
            WHERE alert_changes.version > :since ORDER BY alert_changes.version
            """,
            since=since,
        )
    ]


def by_id(tx: Tx, ids: Iterable[int]) -> list[Alert]:
    """The alerts of these ids that run, oldest first."""
    rows = tx.rows(
        """
        SELECT * FROM alerts WHERE paused IS NULL AND id IN (SELECT value FROM json_each(:ids))
        ORDER BY id
        """,
        ids=json.dumps(list(ids)),
    )
    return [profiles.alert(row) for row in rows]


# --- expiry and the day's limit ------------------------------------------------------------


def expire(tx: Tx, profile_id: int, alert_id: int, at: datetime | None) -> bool:
    """Let one of the profile's alerts end then, or stay; False if it has none of that id."""
    return bool(
        tx.execute(
            "UPDATE alerts SET expires_at = :at WHERE id = :id AND profile_id = :profile",
            id=alert_id,
            profile=profile_id,
            at=maybe_text(at),
        )
    )


def expired(tx: Tx, now: datetime) -> list[Alert]:
    """The alerts that run and whose time is over, oldest first."""
    rows = tx.rows(
        "SELECT * FROM alerts WHERE expires_at <= :now AND paused IS NULL ORDER BY id",
        now=to_text(now),
    )
    return [profiles.alert(row) for row in rows]


def end(tx: Tx, alerts: Sequence[Alert]) -> None:
    """Pause alerts whose time is over."""
    tx.many(
        "UPDATE alerts SET paused = :ended WHERE id = :id",
        [{"id": one.id, "ended": destinations.ENDED} for one in alerts],
    )


def limit(tx: Tx, profile_id: int, papers: int | None) -> None:
    """Let a profile's alerts tell of so many papers a day; 0: all; None: the usual number."""
    tx.execute(
        "UPDATE profiles SET alerts_a_day = :papers WHERE id = :id", id=profile_id, papers=papers
    )
