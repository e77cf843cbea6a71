"""What stands where: the last dump, what waits for a profile, how a paper was told to it."""

from dataclasses import dataclass
from datetime import datetime

from storage import subscriptions
from storage.database import Tx
from storage.instants import from_text, to_text
from storage.papers import STALLED
from storage.records import DeliveryKind, DeliveryStatus, Destination, Subscription


@dataclass(frozen=True, kw_only=True)
class LastDump:
    """The dump that was ingested last."""

    arrived_at: datetime
    papers: int
    """Papers in it, new ones and ones seen before."""
    new: int
    rejects: int
    """Lines that could not be read."""


@dataclass(frozen=True, kw_only=True)
class Telling:
    """One time that a paper was put into a message for a profile."""

    kind: DeliveryKind
    at: datetime
    """When it was sent or given up; until then, when it is due."""
    status: DeliveryStatus
    rank: int | None
    """Its place in a digest, 1 the best; None in an alert."""
    because: str | None
    """Why the digest chose it, as it said then; None in an alert."""
    reason: str | None
    """Why it was not sent, where it was not."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What is queued for a profile and not sent yet."""

    count: int
    next_at: datetime | None
    """When the first may go, holds of its destination included; None where nothing waits."""
    reason: str | None
    """Why the first was not sent at the last try, or why its destination is on hold."""


@dataclass(frozen=True, kw_only=True)
class LostWorkspace:
    """A workspace in which nobody can be reached any more, its channels' keepers included."""

    platform: str
    workspace: str
    places: int
    """Channels and direct messages that something went to."""
    since: datetime
    """When the last of them was found to be gone."""
    reason: str
    """Why that one was."""


def last_dump(tx: Tx) -> LastDump | None:
    """The dump that arrived last and was ingested to its end; None in an empty store."""
    row = tx.row(
        """
        SELECT arrived_at, entries, json_array_length(rejects) AS rejects,
            (SELECT COUNT(*) FROM papers WHERE first_dump = dumps.id) AS new
        FROM dumps WHERE status = 'done' ORDER BY arrived_at DESC, id DESC LIMIT 1
        """
    )
    if row is None:
        return None
    return LastDump(
        arrived_at=from_text(row["arrived_at"]),
        papers=row["entries"],
        new=row["new"],
        rejects=row["rejects"],
    )


def stalled(tx: Tx, now: datetime) -> datetime | None:
    """Since when a dump is open that no longer comes in; None where there is none."""
    at = tx.value(
        "SELECT MIN(touched_at) FROM dumps WHERE status = 'open' AND touched_at <= :before",
        before=to_text(now - STALLED),
    )
    return from_text(at) if at else None


def waiting(tx: Tx, profile_id: int) -> Waiting:
    """What is queued for the profile, wherever it goes."""
    rows = tx.rows(
        """
        SELECT MAX(outbox.due_at, COALESCE(destinations.held_until, '')) AS at,
            COALESCE(outbox.reason, destinations.reason) AS reason
        FROM outbox LEFT JOIN destinations
            ON destinations.platform = outbox.platform AND destinations.address = outbox.address
        WHERE outbox.profile_id = :profile AND outbox.status IN ('pending', 'leased')
        ORDER BY at, outbox.id
        """,
        profile=profile_id,
    )
    return Waiting(
        count=len(rows),
        next_at=from_text(rows[0]["at"]) if rows else None,
        reason=rows[0]["reason"] if rows else None,
    )


def buried(tx: Tx, profile_id: int, since: datetime) -> tuple[int, str | None]:
    """How many deliveries of the profile were given up since then, and why the last one was."""
    rows = tx.rows(
        """
        SELECT reason FROM outbox
        WHERE profile_id = :profile AND status = 'dead' AND settled_at >= :since
        ORDER BY settled_at DESC, id DESC
        """,
        profile=profile_id,
        since=to_text(since),
    )
    return len(rows), rows[0]["reason"] if rows else None


def tellings(tx: Tx, profile_id: int, seq: int) -> list[Telling]:
    """Every message for the profile that holds the paper, oldest first, pruned ones included."""
    rows = tx.rows(
        """
        SELECT 'digest' AS kind, COALESCE(outbox.status, digests.settled) AS status,
            COALESCE(outbox.reason, digests.settled_reason) AS reason,
            digest_papers.rank AS rank, digest_papers.reason AS because,
            COALESCE(outbox.settled_at, outbox.due_at, digests.settled_at) AS at
        FROM digest_papers JOIN digests ON digests.id = digest_papers.digest_id
        LEFT JOIN outbox ON outbox.key = digests.delivery_key
        WHERE digests.profile_id = :profile AND digest_papers.seq = :seq
            AND COALESCE(outbox.status, digests.settled) IS NOT NULL
        UNION
        SELECT 'alert', COALESCE(outbox.status, alert_hits.settled),
            COALESCE(outbox.reason, alert_hits.settled_reason), NULL, NULL,
            COALESCE(outbox.settled_at, outbox.due_at, alert_hits.settled_at)
        FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
        LEFT JOIN outbox ON outbox.key = alert_hits.delivery_key
        WHERE alerts.profile_id = :profile AND alert_hits.seq = :seq
        ORDER BY at
        """,
        profile=profile_id,
        seq=seq,
    )
    return [
        Telling(
            kind=DeliveryKind(row["kind"]),
            at=from_text(row["at"]),
            status=DeliveryStatus(row["status"]),
            rank=row["rank"],
            because=row["because"],
            reason=row["reason"],
        )
        for row in rows
    ]


def next_digests(tx: Tx) -> list[tuple[str, Subscription]]:
    """Every subscription with its profile's name, the next one first, paused ones last."""
    rows = tx.rows(
        """
        SELECT subscriptions.*, profiles.name AS profile_name
        FROM subscriptions JOIN profiles ON profiles.id = subscriptions.profile_id
        ORDER BY subscriptions.paused IS NOT NULL, subscriptions.due_at, subscriptions.id
        """
    )
    return [(row["profile_name"], subscriptions.from_row(row)) for row in rows]


def channels_in_use(tx: Tx) -> list[Destination]:
    """Every channel that a digest or an alert goes to and that was not given up."""
    rows = tx.rows(
        """
        SELECT DISTINCT used.platform, used.address FROM (
            SELECT platform, address, profile_id FROM subscriptions WHERE paused IS NULL
            UNION SELECT platform, address, profile_id FROM alerts WHERE paused IS NULL
        ) AS used JOIN profiles ON profiles.id = used.profile_id
        WHERE profiles.kind = 'channel' ORDER BY used.platform, used.address
        """
    )
    return [Destination(platform=row["platform"], address=row["address"]) for row in rows]


def lost_workspaces(tx: Tx) -> list[LostWorkspace]:
    """Those whose every place is gone that a digest or an alert went to, the latest first."""
    rows = tx.rows(
        """
        SELECT used.platform, used.workspace, COUNT(*) AS places, MAX(places.dead) AS since,
            places.reason
        FROM (
            SELECT platform, address, substr(address, 1, instr(address, '/') - 1) AS workspace
            FROM subscriptions
            UNION
            SELECT platform, address, substr(address, 1, instr(address, '/') - 1) FROM alerts
        ) AS used LEFT JOIN destinations AS places
            ON places.platform = used.platform AND places.address = used.address
        WHERE instr(used.address, '/') > 0 AND used.address NOT LIKE 'users/%'
        GROUP BY used.platform, used.workspace
        HAVING COUNT(places.dead) = COUNT(*)
        ORDER BY since DESC, used.platform, used.workspace
        """
    )
    return [
        LostWorkspace(
            platform=row["platform"],
            workspace=row["workspace"],
            places=row["places"],
            since=from_text(row["since"]),
            reason=row["reason"],
        )
        for row in rows
    ]
