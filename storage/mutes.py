"""Mutes: words, organisations, authors and papers that a profile wants to hear nothing of.

What a mute matches is decided in `matching.mutes`; here it is only kept, as it was typed.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.database import Tx
from storage.instants import from_text, to_text


class MuteKind(StrEnum):
    """What a mute silences."""

    WORD = "word"
    """Papers that hold the word or phrase."""
    ORGANISATION = "organisation"
    """Papers of an organisation, by its name or handle."""
    AUTHOR = "author"
    """Papers that somebody wrote, by the name."""
    PAPER = "paper"
    """One paper, by its `seq`."""


@dataclass(frozen=True, kw_only=True)
class Mute:
    """One thing that a profile wants to hear nothing of."""

    id: int
    profile_id: int
    kind: MuteKind
    value: str
    """As typed, with single spaces; for a paper its `seq` in digits."""
    created_at: datetime


def add(tx: Tx, profile_id: int, kind: MuteKind, value: str, now: datetime) -> Mute:
    """Add a mute; the one that is there if it differs in capitals or spaces only.

    Raises ValueError for an empty value, and for a paper whose value is no `seq`.
    """
    value = " ".join(value.split())
    if not value:
        raise ValueError("a mute needs a value: a word, an organisation, or a paper's seq")
    digits = value.removeprefix("-")  # papers of the archive are below 1
    if kind is MuteKind.PAPER and not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"a paper is muted by its seq in digits, not by {value!r}")
    for one in of(tx, profile_id):
        if one.kind is kind and one.value.casefold() == value.casefold():
            return one
    row = tx.one(
        """
        INSERT INTO mutes (profile_id, kind, value, created_at)
        VALUES (:profile, :kind, :value, :now) RETURNING *
        """,
        profile=profile_id,
        kind=kind,
        value=value,
        now=to_text(now),
    )
    return _mute(row)


def of(tx: Tx, profile_id: int) -> list[Mute]:
    """The profile's mutes, oldest first."""
    return of_many(tx, [profile_id])[profile_id]


def of_many(tx: Tx, profile_ids: Sequence[int]) -> dict[int, list[Mute]]:
    """The mutes of each of these profiles, oldest first; an empty list for one without."""
    found: dict[int, list[Mute]] = {profile_id: [] for profile_id in profile_ids}
    rows = tx.rows(
        """
        SELECT * FROM mutes WHERE profile_id IN (SELECT value FROM json_each(:profiles))
        ORDER BY id
        """,
        profiles=json.dumps(list(found)),
    )
    for row in rows:
        found[row["profile_id"]].append(_mute(row))
    return found


def remove(tx: Tx, profile_id: int, mute_id: int) -> bool:
    """Remove one of the profile's mutes; False if it has none of that id."""
    return bool(
        tx.execute(
            "DELETE FROM mutes WHERE id = :id AND profile_id = :profile",
            id=mute_id,
            profile=profile_id,
        )
    )


def _mute(row: sqlite3.Row) -> Mute:
    return Mute(
        id=row["id"],
        profile_id=row["profile_id"],
        kind=MuteKind(row["kind"]),
        value=row["value"],
        created_at=from_text(row["created_at"]),
    )
