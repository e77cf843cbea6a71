"""Missed papers: what somebody found elsewhere and should have been sent.

Each is kept as a test of the profile: whether it would be caught is tried again after every change.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storage.database import Tx
from storage.identity import arxiv_key, title_key
from storage.instants import from_text, to_text


@dataclass(frozen=True, kw_only=True)
class Missed:
    """One paper that must be caught."""

    id: int
    profile_id: int
    seq: int | None
    """The stored paper that it is; None where no dump has brought it."""
    title: str = field(repr=False)
    """Empty where only an id is known."""
    arxiv_id: str | None
    added_at: datetime
    caught: bool | None
    """What the last try found; None where it could not be tried."""


def add(
    tx: Tx,
    profile_id: int,
    *,
    seq: int | None,
    title: str,
    arxiv_id: str | None,
    now: datetime,
) -> tuple[Missed, bool]:
    """The record of a missed paper, and whether it is new."""
    arxiv = arxiv_key(arxiv_id) if arxiv_id else None
    for one in of(tx, profile_id):
        is_same_title = bool(title) and title_key(one.title) == title_key(title)
        if (seq is not None and one.seq == seq) or (arxiv and one.arxiv_id == arxiv):
            return one, False
        if is_same_title and (arxiv is None or one.arxiv_id is None):
            return one, False
    row = tx.one(
        """
        INSERT INTO missed (profile_id, seq, title, title_key, arxiv_id, added_at)
        VALUES (:profile, :seq, :title, :key, :arxiv, :now) RETURNING *
        """,
        profile=profile_id,
        seq=seq,
        title=title,
        key=title_key(title),
        arxiv=arxiv,
        now=to_text(now),
    )
    return _missed(row), True


def of(tx: Tx, profile_id: int) -> list[Missed]:
    """The profile's missed papers, oldest first; those that came meanwhile with their `seq`."""
    rows = tx.rows(
        """
        SELECT missed.id, missed.profile_id, missed.title, missed.arxiv_id, missed.added_at,
            missed.caught,
            COALESCE(missed.seq, (
                SELECT papers.seq FROM papers WHERE papers.arxiv_id = missed.arxiv_id
                UNION ALL
                SELECT papers.seq FROM papers
                WHERE papers.title_key = missed.title_key AND missed.title <> ''
                    AND (papers.arxiv_id IS NULL OR missed.arxiv_id IS NULL)
                LIMIT 1
            )) AS seq
        FROM missed WHERE missed.profile_id = :profile ORDER BY missed.id
        """,
        profile=profile_id,
    )
    return [_missed(row) for row in rows]


def owners(tx: Tx) -> list[int]:
    """Ids of the profiles that have missed a paper."""
    return [row["profile_id"] for row in tx.rows("SELECT DISTINCT profile_id FROM missed")]


def remove(tx: Tx, profile_id: int, missed_id: int) -> bool:
    """Take one of the profile's off; False if it has none of that id."""
    return bool(
        tx.execute(
            "DELETE FROM missed WHERE id = :id AND profile_id = :profile",
            id=missed_id,
            profile=profile_id,
        )
    )


def tried(tx: Tx, verdicts: Mapping[int, bool]) -> None:
    """Keep what the last try found, by id."""
    for missed_id, caught in verdicts.items():
        tx.execute(
            "UPDATE missed SET caught = :caught WHERE id = :id", id=missed_id, caught=int(caught)
        )


def _missed(row: sqlite3.Row) -> Missed:
    return Missed(
        id=row["id"],
        profile_id=row["profile_id"],
        seq=row["seq"],
        title=row["title"],
        arxiv_id=row["arxiv_id"],
        added_at=from_text(row["added_at"]),
        caught=None if row["caught"] is None else bool(row["caught"]),
    )
