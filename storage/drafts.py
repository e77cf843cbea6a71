"""Drafts: digests that were composed ahead of their time, one for a subscription.

A draft is sent only if it would be composed alike again: ground, state and revision tell. What a
profile wants raises its revision by triggers, whoever changes it.
"""

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage import subscriptions
from storage.database import Tx
from storage.digests import DigestLine, LeftOut, Making
from storage.instants import from_text, to_text
from storage.records import Subscription


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A digest that is composed and not yet decided on."""

    up_to: int
    """The highest `seq` it considered."""
    considered: int
    outcome: str
    floor: float
    making: Making
    lines: tuple[DigestLine, ...]
    """None for an empty digest, of which nothing is sent."""
    left_out: LeftOut
    """But for what will make its delivery wait."""
    body: str = field(repr=False)
    """The message; empty for an empty digest."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A draft with what it was composed from."""

    subscription_id: int
    due_at: datetime
    """The time that it is for."""
    after: int
    """Where the subscription's cursor stood."""
    ground: str
    """Papers, background and code: the same for all that are composed at one time."""
    revision: int
    """That of the profile, read before what it wants was."""
    state: str
    """A hash of all else."""
    draft: Draft


def put_all(tx: Tx, every: Sequence[Kept]) -> None:
    """Keep drafts, each in place of an older one; those of subscriptions that are gone are not."""
    tx.many(
        """
        INSERT INTO drafts (subscription_id, ground, due_at, after_seq, revision, state, up_to_seq,
            considered, outcome, floor, profile_version, made_from, lines, left_out, body)
        SELECT :subscription, :ground, :due_at, :after, :revision, :state, :up_to,
            :considered, :outcome, :floor, :version, :made_from, :lines, :left_out, :body
        WHERE EXISTS (SELECT 1 FROM subscriptions WHERE id = :subscription)
        ON CONFLICT (subscription_id) DO UPDATE SET
            ground = excluded.ground, due_at = excluded.due_at, after_seq = excluded.after_seq,
            revision = excluded.revision, state = excluded.state, up_to_seq = excluded.up_to_seq,
            considered = excluded.considered, outcome = excluded.outcome, floor = excluded.floor,
            profile_version = excluded.profile_version, made_from = excluded.made_from,
            lines = excluded.lines, left_out = excluded.left_out, body = excluded.body
        """,
        [_row(one) for one in every],
    )


def _row(one: Kept) -> dict[str, object]:
    draft = one.draft
    return {
        "subscription": one.subscription_id,
        "ground": one.ground,
        "due_at": to_text(one.due_at),
        "after": one.after,
        "revision": one.revision,
        "state": one.state,
        "up_to": draft.up_to,
        "considered": draft.considered,
        "outcome": draft.outcome,
        "floor": draft.floor,
        "version": draft.making.profile_version,
        "made_from": draft.making.made_from,
        "lines": json.dumps(
            [[line.seq, line.score, line.reason] for line in draft.lines], ensure_ascii=False
        ),
        "left_out": json.dumps(vars(draft.left_out)),
        "body": draft.body,
    }


def of(tx: Tx, subscription_ids: Sequence[int]) -> dict[int, Kept]:
    """By subscription: its draft; those without one are missing."""
    rows = tx.rows(
        "SELECT * FROM drafts WHERE subscription_id IN (SELECT value FROM json_each(:ids))",
        ids=json.dumps(list(subscription_ids)),
    )
    return {row["subscription_id"]: _kept(row) for row in rows}


def _kept(row: sqlite3.Row) -> Kept:
    return Kept(
        subscription_id=row["subscription_id"],
        due_at=from_text(row["due_at"]),
        after=row["after_seq"],
        ground=row["ground"],
        revision=row["revision"],
        state=row["state"],
        draft=Draft(
            up_to=row["up_to_seq"],
            considered=row["considered"],
            outcome=row["outcome"],
            floor=row["floor"],
            making=Making(profile_version=row["profile_version"], made_from=row["made_from"]),
            lines=tuple(
                DigestLine(seq=seq, score=score, reason=reason)
                for seq, score, reason in json.loads(row["lines"])
            ),
            left_out=LeftOut(**json.loads(row["left_out"])),
            body=row["body"],
        ),
    )


def are_due(tx: Tx, now: datetime) -> bool:
    """Whether there is a draft whose time has come."""
    return bool(
        tx.value("SELECT EXISTS (SELECT 1 FROM drafts WHERE due_at <= :now)", now=to_text(now))
    )


def revisions(tx: Tx, profile_ids: Collection[int]) -> dict[int, int]:
    """By profile: how often what it wants was changed."""
    rows = tx.rows(
        "SELECT id, revision FROM profiles WHERE id IN (SELECT value FROM json_each(:ids))",
        ids=json.dumps(list(profile_ids)),
    )
    return {row["id"]: row["revision"] for row in rows}


def wanting(
    tx: Tx, now: datetime, until: datetime, ground: str, limit: int, after: tuple[datetime, int]
) -> list[Subscription]:
    """Subscriptions due in (`now`, `until`] without a draft on this ground, or whose profile wants
    something else since: those due first come first.

    after: `(due_at, id)` of the last one of an earlier page.
    """
    return [
        subscriptions.from_row(row)
        for row in tx.rows(
            """
            SELECT subscriptions.* FROM subscriptions
            LEFT JOIN drafts ON drafts.subscription_id = subscriptions.id
                AND drafts.ground = :ground AND drafts.due_at = subscriptions.due_at
                AND drafts.after_seq = subscriptions.cursor AND drafts.revision = (
                    SELECT revision FROM profiles WHERE profiles.id = subscriptions.profile_id
                )
            WHERE subscriptions.paused IS NULL AND subscriptions.due_at > :now
                AND subscriptions.due_at <= :until
                AND (subscriptions.due_at, subscriptions.id) > (:after, :id)
                AND drafts.subscription_id IS NULL
            ORDER BY subscriptions.due_at, subscriptions.id LIMIT :limit
            """,
            now=to_text(now),
            until=to_text(until),
            ground=ground,
            limit=limit,
            after=to_text(after[0]),
            id=after[1],
        )
    ]


def remove(tx: Tx, subscription_ids: Sequence[int]) -> None:
    """Drafts that were sent, or were not sent in time."""
    tx.execute(
        "DELETE FROM drafts WHERE subscription_id IN (SELECT value FROM json_each(:ids))",
        ids=json.dumps(list(subscription_ids)),
    )


def remove_old(tx: Tx, before: datetime) -> int:
    """Delete drafts that were for a time before that, as of a subscription that is paused."""
    return tx.execute("DELETE FROM drafts WHERE due_at < :before", before=to_text(before))
