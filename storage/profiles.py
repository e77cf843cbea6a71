"""Profiles: what each person or channel wants; interests, votes and alerts live with them."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, time

from storage import outbox
from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import (
    Alert,
    Destination,
    Interest,
    OwnerKind,
    Profile,
    QuietHours,
    Vote,
    VoteKind,
)


def add(
    tx: Tx,
    *,
    kind: OwnerKind,
    platform: str,
    workspace: str,
    owner: str,
    name: str,
    zone: str,
    now: datetime,
) -> Profile:
    """The owner's profile, made at first use; the name is kept up to date."""
    row = tx.one(
        """
        INSERT INTO profiles (kind, platform, workspace, owner, name, zone, created_at)
        VALUES (:kind, :platform, :workspace, :owner, :name, :zone, :now)
        ON CONFLICT (platform, workspace, owner) DO UPDATE SET name = excluded.name
        RETURNING *
        """,
        kind=kind,
        platform=platform,
        workspace=workspace,
        owner=owner,
        name=name,
        zone=zone,
        now=to_text(now),
    )
    return _profile(row)


def every(tx: Tx) -> list[Profile]:
    """All profiles, oldest first."""
    return [_profile(row) for row in tx.rows("SELECT * FROM profiles ORDER BY id")]


def by_id(tx: Tx, ids: Sequence[int]) -> dict[int, Profile]:
    """The profiles of these ids; unknown ones are missing."""
    marks = ", ".join(str(int(one)) for one in ids)
    return {
        row["id"]: _profile(row) for row in tx.rows(f"SELECT * FROM profiles WHERE id IN ({marks})")
    }


def named(tx: Tx, name: str) -> list[Profile]:
    """The profiles that people call `name`; several where workspaces share a name."""
    rows = tx.rows("SELECT * FROM profiles WHERE name = :name ORDER BY id", name=name)
    return [_profile(row) for row in rows]


def set_zone(tx: Tx, profile_id: int, zone: str) -> None:
    """Change the zone that quiet hours and new subscriptions use."""
    tx.execute("UPDATE profiles SET zone = :zone WHERE id = :id", id=profile_id, zone=zone)


def set_quiet(tx: Tx, profile_id: int, quiet: QuietHours | None) -> None:
    """Change or remove the quiet hours."""
    tx.execute(
        "UPDATE profiles SET quiet_start = :start, quiet_end = :end WHERE id = :id",
        id=profile_id,
        start=quiet.start.isoformat("minutes") if quiet else None,
        end=quiet.end.isoformat("minutes") if quiet else None,
    )


def remove(tx: Tx, profile_id: int) -> None:
    """Delete the profile and everything that hangs on it, what was or would be sent included."""
    tx.execute("DELETE FROM alerts WHERE profile_id = :id", id=profile_id)
    tx.execute("DELETE FROM digests WHERE profile_id = :id", id=profile_id)
    outbox.forget(tx, profile_id)
    tx.execute("DELETE FROM profiles WHERE id = :id", id=profile_id)


def _profile(row: sqlite3.Row) -> Profile:
    quiet = None
    if row["quiet_start"] is not None:
        quiet = QuietHours(
            start=time.fromisoformat(row["quiet_start"]), end=time.fromisoformat(row["quiet_end"])
        )
    return Profile(
        id=row["id"],
        kind=OwnerKind(row["kind"]),
        platform=row["platform"],
        workspace=row["workspace"],
        owner=row["owner"],
        name=row["name"],
        zone=row["zone"],
        quiet=quiet,
        created_at=from_text(row["created_at"]),
    )


# --- interests -----------------------------------------------------------------------------


def add_interest(tx: Tx, profile_id: int, text: str, now: datetime) -> Interest:
    """Add an interest; the one that is there if the text is the same."""
    tx.execute(
        """
        INSERT INTO interests (profile_id, text, created_at) VALUES (:profile, :text, :now)
        ON CONFLICT (profile_id, text) DO NOTHING
        """,
        profile=profile_id,
        text=text,
        now=to_text(now),
    )
    row = tx.one(
        "SELECT * FROM interests WHERE profile_id = :profile AND text = :text",
        profile=profile_id,
        text=text,
    )
    return _interest(row)


def interests(tx: Tx, profile_id: int) -> list[Interest]:
    """The profile's interests, oldest first."""
    return [
        _interest(row)
        for row in tx.rows(
            "SELECT * FROM interests WHERE profile_id = :profile ORDER BY id", profile=profile_id
        )
    ]


def remove_interest(tx: Tx, profile_id: int, interest_id: int) -> bool:
    """Remove one of the profile's interests; False if it has none of that id."""
    return bool(
        tx.execute(
            "DELETE FROM interests WHERE id = :id AND profile_id = :profile",
            id=interest_id,
            profile=profile_id,
        )
    )


def _interest(row: sqlite3.Row) -> Interest:
    return Interest(
        id=row["id"],
        profile_id=row["profile_id"],
        text=row["text"],
        created_at=from_text(row["created_at"]),
    )


# --- votes ---------------------------------------------------------------------------------

OPPOSITE = {VoteKind.LIKE: VoteKind.DISLIKE, VoteKind.DISLIKE: VoteKind.LIKE}


def vote(tx: Tx, profile_id: int, seq: int, kind: VoteKind, now: datetime) -> None:
    """Write a vote. A like replaces a dislike and the other way round."""
    if kind in OPPOSITE:
        unvote(tx, profile_id, seq, OPPOSITE[kind])
    tx.execute(
        """
        INSERT INTO votes (profile_id, seq, kind, voted_at) VALUES (:profile, :seq, :kind, :now)
        ON CONFLICT (profile_id, seq, kind) DO NOTHING
        """,
        profile=profile_id,
        seq=seq,
        kind=kind,
        now=to_text(now),
    )


def unvote(tx: Tx, profile_id: int, seq: int, kind: VoteKind) -> bool:
    """Take a vote back; False if there was none."""
    return bool(
        tx.execute(
            "DELETE FROM votes WHERE profile_id = :profile AND seq = :seq AND kind = :kind",
            profile=profile_id,
            seq=seq,
            kind=kind,
        )
    )


def votes(tx: Tx, profile_id: int) -> list[Vote]:
    """The profile's votes, oldest first."""
    return [
        Vote(
            profile_id=row["profile_id"],
            seq=row["seq"],
            kind=VoteKind(row["kind"]),
            voted_at=from_text(row["voted_at"]),
        )
        for row in tx.rows(
            "SELECT * FROM votes WHERE profile_id = :profile ORDER BY voted_at, seq, kind",
            profile=profile_id,
        )
    ]


# --- alerts --------------------------------------------------------------------------------


def add_alert(
    tx: Tx, profile_id: int, query: str, destination: Destination, after_seq: int, now: datetime
) -> Alert:
    """Add an alert for papers later than `after_seq`; the one that is there if it is the same."""
    tx.execute(
        """
        INSERT INTO alerts (profile_id, query, platform, address, after_seq, created_at)
        VALUES (:profile, :query, :platform, :address, :after, :now)
        ON CONFLICT (profile_id, query, platform, address) DO NOTHING
        """,
        profile=profile_id,
        query=query,
        platform=destination.platform,
        address=destination.address,
        after=after_seq,
        now=to_text(now),
    )
    return next(alert for alert in alerts(tx, profile_id) if alert.query == query)


def alerts(tx: Tx, profile_id: int | None = None) -> list[Alert]:
    """Alerts of one profile, or of all, oldest first."""
    rows = tx.rows(
        "SELECT * FROM alerts WHERE :profile IS NULL OR profile_id = :profile ORDER BY id",
        profile=profile_id,
    )
    return [
        Alert(
            id=row["id"],
            profile_id=row["profile_id"],
            query=row["query"],
            destination=Destination(platform=row["platform"], address=row["address"]),
            after_seq=row["after_seq"],
            created_at=from_text(row["created_at"]),
        )
        for row in rows
    ]


def remove_alert(tx: Tx, profile_id: int, alert_id: int) -> bool:
    """Remove one of the profile's alerts; False if it has none of that id."""
    return bool(
        tx.execute(
            "DELETE FROM alerts WHERE id = :id AND profile_id = :profile",
            id=alert_id,
            profile=profile_id,
        )
    )
