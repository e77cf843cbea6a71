"""Votes: what profiles said of papers, and what a channel's members said one by one.

A person's vote is their profile's. In a channel each member has one voice for each paper, and the
channel's profile holds what most of them said; a tie says nothing.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from storage.database import Tx
from storage.instants import from_text, to_text
from storage.records import Vote, VoteKind

OPPOSITE = {VoteKind.LIKE: VoteKind.DISLIKE, VoteKind.DISLIKE: VoteKind.LIKE}


def vote(
    tx: Tx,
    profile_id: int,
    seq: int,
    kind: VoteKind,
    now: datetime,
    *,
    source: str | None = None,
) -> None:
    """Write a vote. A like replaces a dislike and the other way round.

    source: what cast it, where it was not the person by hand.
    """
    if kind in OPPOSITE:
        unvote(tx, profile_id, seq, OPPOSITE[kind])
    tx.execute(
        """
        INSERT INTO votes (profile_id, seq, kind, voted_at, source)
        VALUES (:profile, :seq, :kind, :now, :source)
        ON CONFLICT (profile_id, seq, kind) DO NOTHING
        """,
        profile=profile_id,
        seq=seq,
        kind=kind,
        now=to_text(now),
        source=source,
    )


def unvote(tx: Tx, profile_id: int, seq: int, kind: VoteKind, *, source: str | None = None) -> bool:
    """Take a vote back, or only one of that source; False if there was none."""
    return bool(
        tx.execute(
            """
            DELETE FROM votes WHERE profile_id = :profile AND seq = :seq AND kind = :kind
                AND (:source IS NULL OR source = :source)
            """,
            profile=profile_id,
            seq=seq,
            kind=kind,
            source=source,
        )
    )


def of(tx: Tx, profile_id: int) -> list[Vote]:
    """The profile's votes, oldest first."""
    return of_many(tx, [profile_id])[profile_id]


def of_many(tx: Tx, profile_ids: Sequence[int]) -> dict[int, list[Vote]]:
    """The votes of each of these profiles, oldest first; an empty list for one without."""
    found: dict[int, list[Vote]] = {one: [] for one in profile_ids}
    for row in tx.rows(
        """
        SELECT profile_id, seq, kind, voted_at FROM votes
        WHERE profile_id IN (SELECT value FROM json_each(:profiles))
        ORDER BY voted_at, seq, kind
        """,
        profiles=json.dumps(list(found)),
    ):
        found[row["profile_id"]].append(
            Vote(
                profile_id=row["profile_id"],
                seq=row["seq"],
                kind=VoteKind(row["kind"]),
                voted_at=from_text(row["voted_at"]),
            )
        )
    return found


def on(tx: Tx, profile_id: int, seq: int) -> set[VoteKind]:
    """What the profile said of one paper."""
    rows = tx.rows(
        "SELECT kind FROM votes WHERE profile_id = :profile AND seq = :seq",
        profile=profile_id,
        seq=seq,
    )
    return {VoteKind(row["kind"]) for row in rows}


def toggle(tx: Tx, profile_id: int, seq: int, kind: VoteKind, now: datetime) -> bool:
    """Vote, or take back the same vote; whether it stands now."""
    if unvote(tx, profile_id, seq, kind):
        return False
    vote(tx, profile_id, seq, kind, now)
    return True


def toggle_member(
    tx: Tx, profile_id: int, seq: int, member: str, kind: VoteKind, now: datetime
) -> bool:
    """A member's like or dislike in a channel, or its taking back; whether it stands now.

    The channel's own vote follows what most members said.
    """
    taken_back = tx.execute(
        """
        DELETE FROM member_votes
        WHERE profile_id = :profile AND seq = :seq AND member = :member AND kind = :kind
        """,
        profile=profile_id,
        seq=seq,
        member=member,
        kind=kind,
    )
    if not taken_back:
        tx.execute(
            """
            INSERT INTO member_votes (profile_id, seq, member, kind, voted_at)
            VALUES (:profile, :seq, :member, :kind, :now)
            ON CONFLICT (profile_id, seq, member) DO UPDATE SET
                kind = excluded.kind, voted_at = excluded.voted_at
            """,
            profile=profile_id,
            seq=seq,
            member=member,
            kind=kind,
            now=to_text(now),
        )
    _follow_members(tx, profile_id, seq, now)
    return not taken_back


def tally(tx: Tx, profile_id: int, seq: int) -> dict[VoteKind, int]:
    """How many members of a channel liked and disliked a paper."""
    rows = tx.rows(
        """
        SELECT kind, COUNT(*) AS n FROM member_votes
        WHERE profile_id = :profile AND seq = :seq GROUP BY kind
        """,
        profile=profile_id,
        seq=seq,
    )
    found = {VoteKind(row["kind"]): row["n"] for row in rows}
    return {kind: found.get(kind, 0) for kind in OPPOSITE}


def forget_member(tx: Tx, platform: str, workspace: str, member: str, now: datetime) -> int:
    """Delete what a person said in channels of a workspace; how many votes that were."""
    rows = tx.rows(
        """
        DELETE FROM member_votes WHERE member = :member AND profile_id IN (
            SELECT id FROM profiles WHERE platform = :platform AND workspace = :workspace
        ) RETURNING profile_id, seq
        """,
        member=member,
        platform=platform,
        workspace=workspace,
    )
    for row in rows:
        _follow_members(tx, row["profile_id"], row["seq"], now)
    return len(rows)


def _follow_members(tx: Tx, profile_id: int, seq: int, now: datetime) -> None:
    said = tally(tx, profile_id, seq)
    for kind in OPPOSITE:
        unvote(tx, profile_id, seq, kind)
    if said[VoteKind.LIKE] != said[VoteKind.DISLIKE]:
        vote(tx, profile_id, seq, max(said, key=lambda kind: said[kind]), now)
