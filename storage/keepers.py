"""Keepers: who set up a channel's digest, or changed it last, and hears when it can't go on."""

from dataclasses import dataclass
from datetime import datetime

from storage.database import Tx
from storage.instants import to_text
from storage.records import Destination


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A channel's digest and who looks after it."""

    subscription_id: int
    channel: str
    """As people write it: `#reading-group`."""
    keeper: Destination
    """Their direct messages."""
    profile_id: int | None
    """Their profile, if they have one."""


def put(tx: Tx, subscription_id: int, platform: str, member: str, now: datetime) -> None:
    """From now on this person looks after it."""
    tx.execute(
        """
        INSERT INTO keepers (subscription_id, platform, member, since)
        SELECT id, :platform, :member, :now FROM subscriptions WHERE id = :id
        ON CONFLICT (subscription_id) DO UPDATE SET
            platform = excluded.platform, member = excluded.member, since = excluded.since
        """,
        id=subscription_id,
        platform=platform,
        member=member,
        now=to_text(now),
    )


def of(tx: Tx, destination: Destination) -> list[Kept]:
    """The digests of channels that go there and have somebody who looks after them."""
    rows = tx.rows(
        """
        SELECT subscriptions.id, room.name, keepers.platform, keepers.member, me.id AS me
        FROM subscriptions
        JOIN keepers ON keepers.subscription_id = subscriptions.id
        JOIN profiles AS room ON room.id = subscriptions.profile_id AND room.kind = 'channel'
        LEFT JOIN profiles AS me ON me.platform = keepers.platform AND me.kind = 'person'
            AND me.workspace || '/' || me.owner = keepers.member
        WHERE subscriptions.platform = :platform AND subscriptions.address = :address
        ORDER BY subscriptions.id
        """,
        platform=destination.platform,
        address=destination.address,
    )
    return [
        Kept(
            subscription_id=row["id"],
            channel=row["name"],
            keeper=Destination(platform=row["platform"], address=row["member"]),
            profile_id=row["me"],
        )
        for row in rows
    ]
