"""Who reads which channel, as far as anybody can know: who acted there, and who is a member.

Only people are kept of whom something is kept anyway: those with a profile.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from storage.database import Tx
from storage.instants import to_text
from storage.records import Destination

REMEMBERED = timedelta(days=30)
"""Whoever did nothing in a channel for so long may have left it."""


class How(StrEnum):
    """How it is known that somebody reads a channel."""

    ACTED = "acted"
    """They gave a command or pressed a button there."""
    MEMBER = "member"
    """The platform lists them among its members."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A paper that a channel was sent."""

    seq: int
    channel: str
    """As people write it: `#reading-group`."""
    address: str
    """Of the channel."""
    receipt: str
    """The platform's id of the message it is in."""


def acted(tx: Tx, channel: Destination, member: str, now: datetime) -> None:
    """Somebody did something in a channel that has a profile; of others nothing is kept."""
    _add(tx, channel, [member], How.ACTED, now)


def is_fresh(tx: Tx, channel: Destination, member: str, now: datetime) -> bool:
    """Whether they were seen to act there within a day: that need not be written again."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM readers WHERE platform = :platform AND member = :member
                AND address = :address AND how = :how AND seen_at > :since
            """,
            platform=channel.platform,
            member=member,
            address=channel.address,
            how=How.ACTED,
            since=to_text(now - timedelta(days=1)),
        )
    )


def joined(tx: Tx, channel: Destination, member: str, now: datetime) -> None:
    """Somebody became a member."""
    _add(tx, channel, [member], How.MEMBER, now)


def left(tx: Tx, channel: Destination, member: str) -> None:
    """Somebody is no member any more, whatever they did there before."""
    tx.execute(
        "DELETE FROM readers WHERE platform = :platform AND address = :address AND member = :who",
        platform=channel.platform,
        address=channel.address,
        who=member,
    )


def replace_members(tx: Tx, channel: Destination, members: Iterable[str], now: datetime) -> int:
    """These are all members of a channel that has a profile; how many of them are known here."""
    tx.execute(
        """
        DELETE FROM readers
        WHERE platform = :platform AND address = :address AND how = :how
        """,
        platform=channel.platform,
        address=channel.address,
        how=How.MEMBER,
    )
    return _add(tx, channel, members, How.MEMBER, now)


def posted(
    tx: Tx, profile_ids: Sequence[int], after: int, now: datetime
) -> dict[int, dict[int, Posted]]:
    """By person's profile and `seq`: papers later than `after` posted in channels they read."""
    found: dict[int, dict[int, Posted]] = {}
    for row in tx.rows(
        """
        WITH reads AS (
            SELECT me.id AS profile, me.platform, readers.address
            FROM profiles AS me JOIN readers ON readers.platform = me.platform
                AND readers.member = me.workspace || '/' || me.owner
            WHERE me.kind = 'person' AND me.id IN (SELECT value FROM json_each(:profiles))
                AND (readers.how = 'member' OR readers.seen_at > :since)
            UNION
            SELECT me.id, me.platform, room.workspace || '/' || room.owner
            FROM profiles AS me
            JOIN member_votes AS votes ON votes.member = me.workspace || '/' || me.owner
            JOIN profiles AS room ON room.id = votes.profile_id AND room.platform = me.platform
            WHERE me.kind = 'person' AND me.id IN (SELECT value FROM json_each(:profiles))
                AND votes.voted_at > :since
        )
        SELECT DISTINCT reads.profile, digest_papers.seq, channel.name, outbox.address,
            outbox.receipt
        FROM reads
        JOIN profiles AS channel ON channel.platform = reads.platform AND channel.kind = 'channel'
            AND channel.workspace = substr(reads.address, 1, instr(reads.address, '/') - 1)
            AND channel.owner = substr(reads.address, instr(reads.address, '/') + 1)
        JOIN digests ON digests.profile_id = channel.id AND digests.up_to_seq > :after
        JOIN digest_papers ON digest_papers.digest_id = digests.id AND digest_papers.seq > :after
        JOIN outbox ON outbox.key = digests.delivery_key AND outbox.status = 'sent'
            AND outbox.platform = reads.platform AND outbox.address = reads.address
        ORDER BY outbox.id
        """,
        profiles=json.dumps(list(profile_ids)),
        after=after,
        since=to_text(now - REMEMBERED),
    ):
        one = Posted(
            seq=row["seq"],
            channel=row["name"],
            address=row["address"],
            receipt=row["receipt"] or "",
        )
        found.setdefault(row["profile"], {}).setdefault(row["seq"], one)
    return found


def _add(tx: Tx, channel: Destination, members: Iterable[str], how: How, now: datetime) -> int:
    return tx.execute(
        """
        INSERT INTO readers (platform, address, member, how, seen_at)
        SELECT :platform, :address, me.workspace || '/' || me.owner, :how, :now
        FROM profiles AS me
        WHERE me.kind = 'person' AND me.platform = :platform
            AND me.workspace || '/' || me.owner IN (SELECT value FROM json_each(:members))
            AND EXISTS (
                SELECT 1 FROM profiles AS room
                WHERE room.kind = 'channel' AND room.platform = :platform
                    AND room.workspace || '/' || room.owner = :address
            )
        ON CONFLICT (platform, member, address, how) DO UPDATE SET seen_at = excluded.seen_at
        """,
        platform=channel.platform,
        address=channel.address,
        how=how,
        now=to_text(now),
        members=json.dumps(list(members)),
    )
