"""Notices: what a person must be told and could not be, kept until they come by."""

from datetime import datetime

from storage.database import Tx
from storage.instants import to_text


def add(tx: Tx, profile_id: int, text: str, now: datetime) -> None:
    """Keep a sentence for the profile's owner; the same one waits only once."""
    tx.execute(
        """
        INSERT INTO notices (profile_id, text, created_at)
        SELECT :profile, :text, :now WHERE NOT EXISTS (
            SELECT 1 FROM notices
            WHERE profile_id = :profile AND text = :text AND told_at IS NULL
        )
        """,
        profile=profile_id,
        text=text,
        now=to_text(now),
    )


def waiting(tx: Tx, profile_id: int) -> list[tuple[int, str]]:
    """`(id, text)` of what its owner was not told yet, oldest first."""
    rows = tx.rows(
        "SELECT id, text FROM notices WHERE profile_id = :profile AND told_at IS NULL ORDER BY id",
        profile=profile_id,
    )
    return [(row["id"], row["text"]) for row in rows]


def told(tx: Tx, notice_ids: list[int], now: datetime) -> None:
    """These were shown to their owner."""
    tx.many(
        "UPDATE notices SET told_at = :now WHERE id = :id",
        [{"id": one, "now": to_text(now)} for one in notice_ids],
    )
