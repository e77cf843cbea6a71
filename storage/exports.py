"""Everything that is kept about one person: told in full, and forgotten in full.

One list says which rows of which tables are somebody's; telling and forgetting both walk it. A
table of the schema stands either there or among those that hold nothing personal, with the reason.
"""

import base64
import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage import profiles, votes
from storage.database import Tx

FORMAT = 1
"""Raised when what a file means changes."""


@dataclass(frozen=True)
class _Table:
    """Rows of one table that belong to a person."""

    name: str
    shown: str
    """What the export calls them."""
    theirs: str
    """The condition that holds for the person's rows."""
    beside: str = ""
    """Further columns of the export, for whoever reads it."""


_MINE = "profile_id = :profile"
_TO_ME = "(platform = :platform AND address = :address)"
_TITLE = ", (SELECT title FROM papers WHERE papers.seq = {0}.seq) AS title"

PERSONAL = (
    _Table("profiles", "profile", "id = :profile"),
    _Table("interests", "interests", _MINE),
    _Table(
        "interest_vectors",
        "interest_vectors",
        f"interest_id IN (SELECT id FROM interests WHERE {_MINE})",
    ),
    _Table("votes", "votes", _MINE, _TITLE.format("votes")),
    _Table(
        "member_votes",
        "votes_in_channels",
        """
        member = :member
        AND profile_id IN (SELECT id FROM profiles WHERE platform = :platform)
        """,
        _TITLE.format("member_votes")
        + ", (SELECT name FROM profiles WHERE profiles.id = profile_id) AS channel",
    ),
    _Table("mutes", "mutes", _MINE),
    _Table("profile_changes", "changes", _MINE),
    _Table("library_papers", "library", _MINE),
    _Table(
        "library_vectors",
        "library_vectors",
        f"library_id IN (SELECT id FROM library_papers WHERE {_MINE})",
    ),
    _Table("missed", "missed", _MINE),
    _Table("subscriptions", "subscriptions", f"{_MINE} OR {_TO_ME}"),
    _Table("keepers", "digests_looked_after", "platform = :platform AND member = :member"),
    _Table("readers", "channels_read", "platform = :platform AND member = :member"),
    _Table(
        "dials",
        "dials",
        f"subscription_id IN (SELECT id FROM subscriptions WHERE {_MINE} OR {_TO_ME})",
    ),
    _Table(
        "drafts",
        "digests_made_ahead",
        f"subscription_id IN (SELECT id FROM subscriptions WHERE {_MINE} OR {_TO_ME})",
    ),
    _Table("alerts", "alerts", f"{_MINE} OR {_TO_ME}"),
    _Table("turns", "turns", _TO_ME),  # follows from the deliveries, and goes with them
    _Table("outbox", "deliveries", f"{_MINE} OR {_TO_ME}"),
    _Table(
        "alert_hits",
        "alert_hits",
        f"alert_id IN (SELECT id FROM alerts WHERE {_MINE} OR {_TO_ME})",
        _TITLE.format("alert_hits"),
    ),
    _Table("digests", "digests", _MINE),
    _Table(
        "digest_papers",
        "digest_papers",
        f"digest_id IN (SELECT id FROM digests WHERE {_MINE})",
        _TITLE.format("digest_papers"),
    ),
    _Table("second_chances", "second_chances", _MINE, _TITLE.format("second_chances")),
    _Table("destinations", "holds", _TO_ME),
    _Table("notices", "notices", _MINE),
    _Table(
        "answers",
        "kept_replies",
        "platform = :platform AND workspace = :workspace AND person = :owner",
    ),
    # A mark about a person, such as `slack welcomed T1/U1`, begins with the platform's name and
    # ends with the person's.
    _Table(
        "marks",
        "marks",
        """
        substr(name, 1, length(:platform) + 1) = :platform || ' '
        AND substr(name, -length(:address) - 1) = ' ' || :address
        """,
    ),
)
"""What is somebody's; what hangs on a row stands below it, so that forgetting goes upwards."""

NOT_PERSONAL = {
    "dumps": "what came in",
    "papers": "what came in",
    "papers_fts": "what came in",
    "sightings": "what came in",
    "old_seqs": "numbers that papers had in the archive",
    "sources": "where papers come from, and how far they were read",
    "source_days": "how many papers came from where",
    "models": "what texts were encoded with",
    "vectors": "of papers",
    "refused_papers": "of papers",
    "alert_changes": "numbers of alerts that changed, also of removed ones",
    "vector_changes": "of papers",
    "paper_changes": "of papers",
    "cursors": "how far all alerts have read",
    "handled_events": "a platform's numbers of events, for two days",
    "installs": "a workspace's own keys",
    "install_states": "random words, for minutes",
    "workspaces": "what a workspace decided for its channels",
}
"""Tables that hold nothing of a person, and what they hold instead."""

_JSON_COLUMNS = frozenset({"body", "made_from", "left_out", "delta"})
_INNER_COLUMNS = frozenset({"leased_by", "lease_until", "precedence"})
"""How the service works, nothing about anybody."""


def of(tx: Tx, platform: str, workspace: str, owner: str) -> dict[str, Any]:
    """Everything that any table holds about the person, ready for `json.dumps`.

    Lists of rows by what they are, and `profile`, which is None for somebody without one.
    """
    key = _key(tx, platform, workspace, owner)
    found: dict[str, Any] = {
        "format": FORMAT,
        "platform": platform,
        "workspace": workspace,
        "id": owner,
    }
    for table in PERSONAL:
        columns = f"{table.name}.*{table.beside}"
        rows = tx.rows(f"SELECT {columns} FROM {table.name} WHERE {table.theirs}", **key)
        found[table.shown] = [_shown(row) for row in rows]
    mine = found["profile"]
    return found | {"profile": mine[0] if mine else None}


def counts(tx: Tx, platform: str, workspace: str, owner: str) -> dict[str, int]:
    """How many rows `of` would tell, by what they are; nothing that there is none of."""
    key = _key(tx, platform, workspace, owner)
    found = {
        table.shown: tx.value(f"SELECT COUNT(*) FROM {table.name} WHERE {table.theirs}", **key)
        for table in PERSONAL
    }
    return {shown: count for shown, count in found.items() if count}


def forget(tx: Tx, platform: str, workspace: str, owner: str, now: datetime) -> int:
    """Delete all of it; how many rows that were. What was posted stays where it was posted.

    A delivery in flight is deleted too: its settlement then finds nothing to settle. In channels
    the others' votes count as before.
    """
    key = _key(tx, platform, workspace, owner)
    gone = sum(
        votes.forget_member(tx, platform, row["workspace"], member(workspace, owner), now)
        for row in tx.rows(
            """
            SELECT DISTINCT profiles.workspace
            FROM member_votes JOIN profiles ON profiles.id = member_votes.profile_id
            WHERE member_votes.member = :member AND profiles.platform = :platform
            """,
            member=key["member"],
            platform=platform,
        )
    )
    # A digest of another profile may have gone to this person: it keeps its record alone.
    tx.execute(
        f"""
        UPDATE digests SET delivery_key = NULL
        WHERE profile_id IS NOT :profile AND delivery_key IN (
            SELECT key FROM outbox WHERE {_MINE} OR {_TO_ME}
        )
        """,
        **key,
    )
    for table in reversed(PERSONAL):
        gone += tx.execute(f"DELETE FROM {table.name} WHERE {table.theirs}", **key)
    return gone


def member(workspace: str, person: str) -> str:
    """What a person is called among the members who voted in a channel.

    Channels may be shared between workspaces, so the person's own workspace belongs to it.
    """
    return f"{workspace}/{person}"


def _key(tx: Tx, platform: str, workspace: str, owner: str) -> dict[str, Any]:
    profile = profiles.of(tx, platform, workspace, owner)
    return {
        "profile": None if profile is None else profile.id,
        "platform": platform,
        "workspace": workspace,
        "owner": owner,
        "address": f"{workspace}/{owner}",
        "member": member(workspace, owner),
    }


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    return {
        name: _value(name, row[name])
        for name in row.keys()  # noqa: SIM118 - a Row iterates over its values
        if name not in _INNER_COLUMNS
    }


def _value(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if name in _JSON_COLUMNS and value is not None:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
