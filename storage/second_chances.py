"""Second chances: papers that a person was told of once more, because much is said of them since.

A paper is told again to a person at most once, and a person is told at most one in INTERVAL.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.database import Tx
from storage.instants import from_text, to_text

INTERVAL = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class SecondChance:
    """A paper that is told once more."""

    profile_id: int
    seq: int
    before: int
    """Comments when it was seen first, ..."""
    comments: int
    """... and now."""


def may_be_told(tx: Tx, now: datetime) -> list[int]:
    """The persons who read about something, want second chances, and had none for a while."""
    rows = tx.rows(
        """
        SELECT id FROM profiles
        WHERE kind = 'person' AND second_chances = 1
            AND (
                id IN (SELECT profile_id FROM interests)
                OR id IN (SELECT profile_id FROM votes WHERE kind <> 'dislike')
            )
            AND NOT EXISTS (
                SELECT 1 FROM second_chances
                WHERE second_chances.profile_id = profiles.id AND decided_at > :since
            )
        ORDER BY id
        """,
        since=to_text(now - INTERVAL),
    )
    return [row["id"] for row in rows]


def had(tx: Tx, profile_id: int, seqs: Sequence[int]) -> set[int]:
    """Those of the papers that the profile was told of again before."""
    rows = tx.rows(
        """
        SELECT seq FROM second_chances
        WHERE profile_id = :profile AND seq IN (SELECT value FROM json_each(:seqs))
        """,
        profile=profile_id,
        seqs=json.dumps(list(seqs)),
    )
    return {row["seq"] for row in rows}


def shown(tx: Tx, profile_id: int, seqs: Sequence[int]) -> dict[int, datetime]:
    """When the profile was first sent each of these papers, in a digest or as an alert."""
    rows = tx.rows(
        """
        SELECT seq, MIN(at) AS at FROM (
            SELECT digest_papers.seq, digests.composed_at AS at
            FROM digest_papers JOIN digests ON digests.id = digest_papers.digest_id
            WHERE digests.profile_id = :profile
            UNION ALL
            SELECT alert_hits.seq, COALESCE(outbox.created_at, alert_hits.settled_at)
            FROM alert_hits JOIN alerts ON alerts.id = alert_hits.alert_id
            LEFT JOIN outbox ON outbox.key = alert_hits.delivery_key
            WHERE alerts.profile_id = :profile AND alert_hits.told = 'card'
        )
        WHERE seq IN (SELECT value FROM json_each(:seqs)) GROUP BY seq
        """,
        profile=profile_id,
        seqs=json.dumps(list(seqs)),
    )
    return {row["seq"]: from_text(row["at"]) for row in rows}


def decide(tx: Tx, one: SecondChance, now: datetime) -> bool:
    """Write down that a profile is told of a paper again; False where it may not be, any more."""
    if one.profile_id not in may_be_told(tx, now):
        return False
    return bool(
        tx.execute(
            """
            INSERT INTO second_chances (profile_id, seq, before, comments, decided_at)
            VALUES (:profile, :seq, :before, :comments, :now)
            ON CONFLICT (profile_id, seq) DO NOTHING
            """,
            profile=one.profile_id,
            seq=one.seq,
            before=one.before,
            comments=one.comments,
            now=to_text(now),
        )
    )


def want(tx: Tx, profile_id: int, wanted: bool) -> None:
    """Turn second chances on or off for a profile."""
    tx.execute(
        "UPDATE profiles SET second_chances = :wanted WHERE id = :id",
        id=profile_id,
        wanted=int(wanted),
    )


def wanted(tx: Tx, profile_id: int) -> bool:
    """Whether the profile wants them."""
    return bool(tx.value("SELECT second_chances FROM profiles WHERE id = :id", id=profile_id))
