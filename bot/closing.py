"""Destinations that go and come back: who looks after a channel's digest hears of it at once.

They get one direct message for each closing, and one when it goes on by itself. What is private is
never said in a channel: whose own direct messages are closed hears of it with their next command.
"""

from datetime import datetime

from bot import timetable
from bot.messages import Message, to_json
from storage import destinations, keepers, outbox, profiles
from storage.database import Tx
from storage.keepers import Kept
from storage.records import DeliveryKind, Destination


def close(tx: Tx, destination: Destination, reason: str, now: datetime) -> int:
    """Close a destination (`storage.destinations`), and tell its keepers unless it was closed
    before; how many deliveries were buried.
    """
    is_news = destinations.gone(tx, destination) is None
    buried = destinations.close(tx, destination, reason, now)
    if is_news:
        for kept in keepers.of(tx, destination):
            message = Message(
                heading=f"I can't post in {kept.channel} any more",
                intro=f"Why: {reason}.\nIts digest is paused. It goes on by itself once the "
                "channel is there for me again.",
                footer="You hear of it since you set it up, or changed it last.",
            )
            _tell(tx, kept, "closed", message, now)
    return buried


def reopen(tx: Tx, destination: Destination, now: datetime) -> bool:
    """Let what goes to a destination go on, and tell its keepers if it was closed; False if there
    was nothing wrong with it.
    """
    was_closed = destinations.gone(tx, destination) is not None
    reopened = destinations.reopen(tx, destination)
    if was_closed:
        for kept in keepers.of(tx, destination):
            message = Message(
                heading=f"I can post in {kept.channel} again",
                intro="Its digest goes on with what came in meanwhile, at its usual time.",
            )
            _tell(tx, kept, "reopened", message, now)
    return reopened


def _tell(tx: Tx, kept: Kept, what: str, message: Message, now: datetime) -> None:
    owner = profiles.by_id(tx, [kept.profile_id]).get(kept.profile_id) if kept.profile_id else None
    outbox.queue(
        tx,
        key=f"{what}/{kept.subscription_id}/{now:%Y-%m-%dT%H:%M:%S.%fZ}",
        kind=DeliveryKind.NOTICE,
        destination=kept.keeper,
        profile_id=kept.profile_id,
        body=to_json(message),
        due_at=timetable.free(now, owner) if owner else now,
        now=now,
    )
