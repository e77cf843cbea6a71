"""Dials: how much each subscription wants, the floor that follows, and what was reached with it."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.database import Tx
from storage.instants import from_text, to_text

_ABOVE = "(digests.floor IS NULL OR digest_papers.score >= digests.floor)"
"""Holds for papers that fitted; the others were tried out."""


@dataclass(frozen=True, kw_only=True)
class Turned:
    """What a dial is turned to; neither: every paper that fits."""

    about: float | None = None
    """Papers a day, or ..."""
    sure: float | None = None
    """... how likely each is to be liked, 0..1."""


@dataclass(frozen=True, kw_only=True)
class Dial:
    """What a subscription wants instead of a fixed floor, and what follows from it."""

    subscription_id: int
    about: float | None = None
    """Papers a day, or ..."""
    sure: float | None = None
    """... how likely each is to be liked, 0..1. Neither: every paper that fits."""
    surprise: bool = True
    """Whether one paper from outside the usual may come along."""
    set_at: datetime
    floor: float | None = None
    """Score from which papers are sent; None: not worked out yet, or nothing is asked for."""
    expected: float | None = None
    """Papers a day that the floor would have let through in the last weeks."""
    own_votes: int = 0
    """Votes of the profile on what it was sent, and ..."""
    all_votes: int = 0
    """... of all profiles, that likelihood was reckoned from."""
    prepared_at: datetime | None = None
    """When the floor was worked out."""

    @property
    def is_set(self) -> bool:
        """Whether it asks for a volume or a likelihood."""
        return self.about is not None or self.sure is not None

    @property
    def turned(self) -> Turned:
        """What it is turned to."""
        return Turned(about=self.about, sure=self.sure)


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What a subscription was sent since a while; papers that were tried out do not count."""

    sent: int
    voted: int
    liked: int


def of(tx: Tx, subscription_ids: Sequence[int]) -> dict[int, Dial]:
    """By subscription; those that never turned one are missing."""
    rows = tx.rows(
        "SELECT * FROM dials WHERE subscription_id IN (SELECT value FROM json_each(:ids))",
        ids=json.dumps(list(subscription_ids)),
    )
    return {row["subscription_id"]: _dial(row) for row in rows}


def turn(tx: Tx, subscription_id: int, to: Turned, now: datetime) -> Dial:
    """Ask for a volume, or a likelihood, or neither; the floor is to be worked out anew.

    Asking for the same again changes nothing.
    """
    there = of(tx, [subscription_id]).get(subscription_id)
    if there is not None and there.turned == to:
        return there
    row = tx.one(
        """
        INSERT INTO dials (subscription_id, about, sure, set_at)
        VALUES (:subscription, :about, :sure, :now)
        ON CONFLICT (subscription_id) DO UPDATE SET
            about = excluded.about, sure = excluded.sure, set_at = excluded.set_at,
            floor = NULL, expected = NULL, own_votes = 0, all_votes = 0, prepared_at = NULL
        RETURNING *
        """,
        subscription=subscription_id,
        about=to.about,
        sure=to.sure,
        now=to_text(now),
    )
    return _dial(row)


def set_surprise(tx: Tx, subscription_id: int, is_on: bool, now: datetime) -> None:
    """Whether one paper from outside the usual may come along."""
    tx.execute(
        """
        INSERT INTO dials (subscription_id, surprise, set_at) VALUES (:subscription, :is_on, :now)
        ON CONFLICT (subscription_id) DO UPDATE SET surprise = excluded.surprise
        """,
        subscription=subscription_id,
        is_on=int(is_on),
        now=to_text(now),
    )


def stale(tx: Tx, before: datetime, limit: int, after: int = 0) -> list[tuple[int, Dial]]:
    """`(profile, dial)` of running subscriptions whose floor is older than that, by number."""
    rows = tx.rows(
        """
        SELECT dials.*, subscriptions.profile_id FROM dials
        JOIN subscriptions ON subscriptions.id = dials.subscription_id
        WHERE (about IS NOT NULL OR sure IS NOT NULL) AND paused IS NULL
            AND (prepared_at IS NULL OR prepared_at < :before) AND subscription_id > :after
        ORDER BY subscription_id LIMIT :limit
        """,
        before=to_text(before),
        after=after,
        limit=limit,
    )
    return [(row["profile_id"], _dial(row)) for row in rows]


def prepared(tx: Tx, found: Sequence[Dial], now: datetime) -> None:
    """Write down floors, but of dials that were turned meanwhile."""
    tx.many(
        """
        UPDATE dials SET floor = :floor, expected = :expected, own_votes = :own,
            all_votes = :every, prepared_at = :now
        WHERE subscription_id = :subscription AND set_at = :set_at
        """,
        [
            {
                "floor": one.floor,
                "expected": one.expected,
                "own": one.own_votes,
                "every": one.all_votes,
                "now": to_text(now),
                "subscription": one.subscription_id,
                "set_at": to_text(one.set_at),
            }
            for one in found
        ],
    )


def reached(tx: Tx, subscription_id: int, since: datetime) -> Reached:
    """What was sent since then, and what its profile said of it."""
    row = tx.one(
        f"""
        SELECT COUNT(*) AS sent, COUNT(said) AS voted, COALESCE(SUM(said), 0) AS liked FROM (
            SELECT DISTINCT digest_papers.seq, (
                SELECT MIN(kind <> 'dislike') FROM votes
                WHERE votes.profile_id = digests.profile_id AND votes.seq = digest_papers.seq
            ) AS said
            FROM digests JOIN digest_papers ON digest_papers.digest_id = digests.id
            WHERE digests.subscription_id = :subscription AND digests.composed_at >= :since
                AND {_ABOVE}
        )
        """,
        subscription=subscription_id,
        since=to_text(since),
    )
    return Reached(sent=row["sent"], voted=row["voted"], liked=row["liked"])


def votes_on_sent(tx: Tx, since: datetime, limit: int) -> dict[int, list[tuple[float, bool]]]:
    """By profile: `(score when it was first sent, whether it is liked)` of papers sent since then
    and voted on afterwards; of the newest `limit` votes.
    """
    found: dict[int, list[tuple[float, bool]]] = {}
    for row in tx.rows(
        """
        SELECT cast_lately.profile_id, digest_papers.score, MIN(digests.id),
            MIN(cast_lately.kind <> 'dislike') AS liked
        FROM (
            SELECT * FROM votes WHERE voted_at >= :since ORDER BY voted_at DESC LIMIT :limit
        ) AS cast_lately
        JOIN digests ON digests.profile_id = cast_lately.profile_id
            AND digests.composed_at >= :since AND digests.composed_at <= cast_lately.voted_at
        JOIN digest_papers ON digest_papers.digest_id = digests.id
            AND digest_papers.seq = cast_lately.seq
        GROUP BY cast_lately.profile_id, cast_lately.seq
        """,
        since=to_text(since),
        limit=limit,
    ):
        found.setdefault(row["profile_id"], []).append((row["score"], bool(row["liked"])))
    return found


def sent_scores(tx: Tx, profile_id: int, after: int) -> dict[int, float]:
    """By `seq`: the score that papers behind `after` had when the profile was sent them."""
    rows = tx.rows(
        """
        SELECT digest_papers.seq, digest_papers.score FROM digests
        JOIN digest_papers ON digest_papers.digest_id = digests.id
        WHERE digests.profile_id = :profile AND digest_papers.seq > :after ORDER BY digests.id DESC
        """,
        profile=profile_id,
        after=after,
    )
    return {row["seq"]: row["score"] for row in rows}


def _dial(row: sqlite3.Row) -> Dial:
    prepared = row["prepared_at"]
    return Dial(
        subscription_id=row["subscription_id"],
        about=row["about"],
        sure=row["sure"],
        surprise=bool(row["surprise"]),
        set_at=from_text(row["set_at"]),
        floor=row["floor"],
        expected=row["expected"],
        own_votes=row["own_votes"],
        all_votes=row["all_votes"],
        prepared_at=from_text(prepared) if prepared else None,
    )
