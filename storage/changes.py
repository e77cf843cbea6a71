"""Changes of profiles: what was added and what was taken away, so that each can be taken back.

A change is found out by comparing a profile before and after, in the transaction that made it; so
whatever way something was changed by, it is on record.
"""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from storage import dials, mutes, profiles, subscriptions, votes
from storage.database import Tx
from storage.dials import Turned
from storage.instants import from_text, to_text
from storage.mutes import MuteKind
from storage.records import VoteKind

P = ParamSpec("P")
T = TypeVar("T")

IMPORTED = "import"
"""The source of votes that came with somebody's library."""

TAUGHT = "missed"
"""The source of likes that were cast so that a missed paper would be caught."""

Muted = tuple[str, str]
"""(kind, value) of a mute."""


@dataclass(frozen=True, kw_only=True)
class Delta:
    """What a change added and took away."""

    followed: tuple[str, ...] = field(default=(), repr=False)
    unfollowed: tuple[str, ...] = field(default=(), repr=False)
    muted: tuple[Muted, ...] = field(default=(), repr=False)
    unmuted: tuple[Muted, ...] = field(default=(), repr=False)
    size: tuple[int, int] | None = None
    """Papers in a digest, before and after."""
    dial: tuple[Turned, Turned] | None = None
    """What the digest's dial was turned to, before and after."""
    liked: tuple[int, ...] = ()
    """Stored papers that an import liked."""
    taught: tuple[int, ...] = ()
    """Stored papers that were liked so that papers like them come."""
    library: int = 0
    """Papers of an import that are not stored: they hang on the change itself."""

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return any(asdict(self).values())

    @property
    def inverse(self) -> "Delta":
        """What takes it back; likes, and an import's papers, are not part of it."""
        return Delta(
            followed=self.unfollowed,
            unfollowed=self.followed,
            muted=self.unmuted,
            unmuted=self.muted,
            size=None if self.size is None else self.size[::-1],
            dial=None if self.dial is None else self.dial[::-1],
        )


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change on record."""

    id: int
    profile_id: int
    changed_at: datetime
    delta: Delta
    undone_at: datetime | None


@dataclass(frozen=True)
class _Wants:
    """What changes are found by."""

    interests: tuple[str, ...]
    mutes: tuple[Muted, ...]
    size: int | None
    dial: Turned


def recorded(
    tx: Tx,
    profile_id: int,
    now: datetime,
    fn: Callable[Concatenate[Tx, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> tuple[T, Change | None]:
    """What `fn(tx, ...)` gives, and the change that it made to the profile; None: it made none."""
    before = _wants(tx, profile_id)
    result = fn(tx, *args, **kwargs)
    delta = _delta(before, _wants(tx, profile_id))
    return result, add(tx, profile_id, delta, now) if delta else None


def add(tx: Tx, profile_id: int, delta: Delta, now: datetime) -> Change:
    """Put a change on record that is made in the same transaction."""
    row = tx.one(
        """
        INSERT INTO profile_changes (profile_id, changed_at, delta)
        VALUES (:profile, :now, :delta) RETURNING *
        """,
        profile=profile_id,
        now=to_text(now),
        delta=written(delta),
    )
    return _change(row)


def amend(tx: Tx, change: Change, delta: Delta) -> Change:
    """Say more exactly what a change was that is made in the same transaction."""
    row = tx.one(
        "UPDATE profile_changes SET delta = :delta WHERE id = :id RETURNING *",
        id=change.id,
        delta=written(delta),
    )
    return _change(row)


def drop(tx: Tx, change: Change) -> None:
    """Take off the record what turned out to change nothing, in the same transaction."""
    tx.execute("DELETE FROM profile_changes WHERE id = :id", id=change.id)


def of(tx: Tx, profile_id: int) -> list[Change]:
    """The profile's changes, newest first, those that were undone included."""
    rows = tx.rows(
        "SELECT * FROM profile_changes WHERE profile_id = :profile ORDER BY id DESC",
        profile=profile_id,
    )
    return [_change(row) for row in rows]


def undo(tx: Tx, profile_id: int, change_id: int | None, now: datetime) -> Change | None:
    """Take back one of the profile's changes, or its newest (None).

    None where there is none of that number, or it was undone before.
    """
    standing = [one for one in of(tx, profile_id) if one.undone_at is None]
    found = next((one for one in standing if change_id in (None, one.id)), None)
    if found is None:
        return None
    _apply(tx, profile_id, found.delta.inverse, now)
    for seq in found.delta.liked:
        votes.unvote(tx, profile_id, seq, VoteKind.LIKE, source=IMPORTED)
    for seq in found.delta.taught:
        votes.unvote(tx, profile_id, seq, VoteKind.LIKE, source=TAUGHT)
    return _mark(tx, found, now)


def redo(tx: Tx, profile_id: int, change_id: int, now: datetime) -> Change | None:
    """Make one of the profile's changes again that was undone; None where there is no such."""
    found = next(
        (one for one in of(tx, profile_id) if one.id == change_id and one.undone_at is not None),
        None,
    )
    if found is None:
        return None
    _apply(tx, profile_id, found.delta, now)
    for seq in found.delta.liked:
        if not votes.on(tx, profile_id, seq):
            votes.vote(tx, profile_id, seq, VoteKind.LIKE, now, source=IMPORTED)
    _teach(tx, profile_id, found.delta.taught, now)
    return _mark(tx, found, None)


def apply(tx: Tx, profile_id: int, delta: Delta, now: datetime) -> Change | None:
    """Make a change of interests, mutes, size, dial or likes; None where it changes nothing."""
    _, change = recorded(tx, profile_id, now, _apply, profile_id, delta, now)
    taught = _teach(tx, profile_id, delta.taught, now)
    if not taught:
        return change
    if change is None:
        return add(tx, profile_id, Delta(taught=taught), now)
    return amend(tx, change, replace(change.delta, taught=taught))


def _apply(tx: Tx, profile_id: int, delta: Delta, now: datetime) -> None:
    there = {one.text: one.id for one in profiles.interests(tx, profile_id)}
    for text in delta.unfollowed:
        profiles.remove_interest(tx, profile_id, there.get(text, 0))
    for text in delta.followed:
        profiles.add_interest(tx, profile_id, text, now)
    kept = {(str(one.kind), one.value): one.id for one in mutes.of(tx, profile_id)}
    for muted in delta.unmuted:
        mutes.remove(tx, profile_id, kept.get(muted, 0))
    for kind, value in delta.muted:
        mutes.add(tx, profile_id, MuteKind(kind), value, now)
    if delta.size is not None:
        subscriptions.resize(tx, profile_id, delta.size[1])
    mine = subscriptions.of(tx, profile_id)
    if delta.dial is not None and mine:
        dials.turn(tx, mine[0].id, delta.dial[1], now)


def _teach(tx: Tx, profile_id: int, seqs: Sequence[int], now: datetime) -> tuple[int, ...]:
    """Like these papers; those of which nothing was said before."""
    new = tuple(seq for seq in seqs if not votes.on(tx, profile_id, seq))
    for seq in new:
        votes.vote(tx, profile_id, seq, VoteKind.LIKE, now, source=TAUGHT)
    return new


def _mark(tx: Tx, change: Change, undone_at: datetime | None) -> Change:
    row = tx.one(
        "UPDATE profile_changes SET undone_at = :at WHERE id = :id RETURNING *",
        id=change.id,
        at=None if undone_at is None else to_text(undone_at),
    )
    return _change(row)


def _wants(tx: Tx, profile_id: int) -> _Wants:
    mine = subscriptions.of(tx, profile_id)[:1]
    turned = dials.of(tx, [one.id for one in mine])
    return _Wants(
        interests=tuple(one.text for one in profiles.interests(tx, profile_id)),
        mutes=tuple((str(one.kind), one.value) for one in mutes.of(tx, profile_id)),
        size=mine[0].size if mine else None,
        dial=next((one.turned for one in turned.values()), Turned()),
    )


def _delta(before: _Wants, after: _Wants) -> Delta:
    resized = None
    if before.size and after.size and before.size != after.size:
        resized = (before.size, after.size)
    turned = (before.dial, after.dial)
    return Delta(
        followed=_new(before.interests, after.interests),
        unfollowed=_new(after.interests, before.interests),
        muted=_new(before.mutes, after.mutes),
        unmuted=_new(after.mutes, before.mutes),
        size=resized,
        dial=turned if before.size and after.size and before.dial != after.dial else None,
    )


def _new(before: Sequence[T], after: Sequence[T]) -> tuple[T, ...]:
    return tuple(one for one in after if one not in before)


def written(delta: Delta) -> str:
    """A change as it is written down, see `read`."""
    facts = {name: value for name, value in asdict(delta).items() if value}
    return json.dumps(facts, ensure_ascii=False)


def read(written: str) -> Delta:
    """A change as it was written down, as JSON."""
    facts = json.loads(written)
    for name in ("muted", "unmuted"):
        facts[name] = tuple((kind, value) for kind, value in facts.get(name, ()))
    for name in ("followed", "unfollowed", "liked", "taught"):
        facts[name] = tuple(facts.get(name, ()))
    size, dial = facts.get("size"), facts.get("dial")
    facts["size"] = None if size is None else (size[0], size[1])
    facts["dial"] = None if dial is None else (Turned(**dial[0]), Turned(**dial[1]))
    return Delta(**facts)


def _change(row: sqlite3.Row) -> Change:
    return Change(
        id=row["id"],
        profile_id=row["profile_id"],
        changed_at=from_text(row["changed_at"]),
        delta=read(row["delta"]),
        undone_at=from_text(row["undone_at"]) if row["undone_at"] else None,
    )
