"""Profiles: what each person or channel wants; interests and alerts live with them."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, time

from storage import destinations, outbox
from storage.database import Tx
from storage.instants import from_text, maybe_text, to_text
from storage.records import (
    Alert,
    Destination,
    Interest,
    OwnerKind,
    Profile,
    QuietHours,
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


def wishing(tx: Tx) -> list[int]:
    """Ids of the profiles with an interest, a like, a save or a library: papers can fit those."""
    rows = tx.rows(
        """
        SELECT profile_id FROM interests
        UNION SELECT profile_id FROM votes WHERE kind <> 'dislike'
        UNION SELECT profile_id FROM library_papers ORDER BY 1
        """
    )
    return [row["profile_id"] for row in rows]


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


def snooze(tx: Tx, profile_id: int, until: datetime | None) -> None:
    """Send the profile nothing before `until`; None: wake it."""
    tx.execute(
        "UPDATE profiles SET snoozed_until = :until WHERE id = :id",
        id=profile_id,
        until=maybe_text(until),
    )


def of(tx: Tx, platform: str, workspace: str, owner: str) -> Profile | None:
    """The owner's profile, or None where it has none yet."""
    row = tx.row(
        """
        SELECT * FROM profiles
        WHERE platform = :platform AND workspace = :workspace AND owner = :owner
        """,
        platform=platform,
        workspace=workspace,
        owner=owner,
    )
    return None if row is None else _profile(row)


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
        snoozed_until=from_text(row["snoozed_until"]) if row["snoozed_until"] else None,
        alerts_a_day=row["alerts_a_day"],
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
    return interests_of(tx, [profile_id])[profile_id]


def interests_of(tx: Tx, profile_ids: Sequence[int]) -> dict[int, list[Interest]]:
    """The interests of each of these profiles, oldest first; an empty list for one without."""
    found: dict[int, list[Interest]] = {one: [] for one in profile_ids}
    for row in tx.rows(
        """
        SELECT * FROM interests WHERE profile_id IN (SELECT value FROM json_each(:profiles))
        ORDER BY id
        """,
        profiles=json.dumps(list(found)),
    ):
        found[row["profile_id"]].append(_interest(row))
    return found


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
    return next(
        one
        for one in alerts(tx, profile_id)
        if one.query == query and one.destination == destination
    )


def alerts(tx: Tx, profile_id: int | None = None) -> list[Alert]:
    """Alerts of one profile, or of all, oldest first."""
    rows = tx.rows(
        "SELECT * FROM alerts WHERE :profile IS NULL OR profile_id = :profile ORDER BY id",
        profile=profile_id,
    )
    return [alert(row) for row in rows]


def alert(row: sqlite3.Row) -> Alert:
    """The alert in a row of all columns."""
    return Alert(
        id=row["id"],
        profile_id=row["profile_id"],
        query=row["query"],
        destination=Destination(platform=row["platform"], address=row["address"]),
        after_seq=row["after_seq"],
        paused=row["paused"],
        expires_at=from_text(row["expires_at"]) if row["expires_at"] else None,
        created_at=from_text(row["created_at"]),
    )


def remove_alert(tx: Tx, profile_id: int, alert_id: int) -> bool:
    """Remove one of the profile's alerts; False if it has none of that id."""
    return bool(
        tx.execute(
            "DELETE FROM alerts WHERE id = :id AND profile_id = :profile",
            id=alert_id,
            profile=profile_id,
        )
    )


def pause_alert(tx: Tx, profile_id: int, alert_id: int, reason: str) -> bool:
    """Pause one of the profile's alerts; False if it has none of that id that runs."""
    return bool(
        tx.execute(
            """
            UPDATE alerts SET paused = :reason
            WHERE id = :id AND profile_id = :profile AND paused IS NULL
            """,
            id=alert_id,
            profile=profile_id,
            reason=reason,
        )
    )


def resume_alert(tx: Tx, profile_id: int, alert_id: int, after_seq: int) -> bool:
    """Let one of the profile's alerts go on with the papers later than `after_seq`."""
    return bool(
        tx.execute(
            """
            UPDATE alerts SET after_seq = :after, paused = NULL,
                expires_at = CASE WHEN paused = :ended THEN NULL ELSE expires_at END
            WHERE id = :id AND profile_id = :profile AND paused IS NOT NULL
            """,
            id=alert_id,
            profile=profile_id,
            after=after_seq,
            ended=destinations.ENDED,
        )
    )
