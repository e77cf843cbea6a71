"""Leaving: what is closed when the bot loses a channel or a workspace, and opened when it is back.

A destination that is lost is closed at once, so that its owner hears of it and nothing is sent into
the void.
"""

from datetime import datetime

from bot import closing
from bot.platforms.slack.installs import PLATFORM
from storage import destinations, profiles, subscriptions
from storage.database import Tx
from storage.records import Destination

REMOVED = "Paperround was removed from the workspace"
LEFT = "Paperround was removed from the channel"

CLOSING = {
    "channel_archive": "the channel was archived",
    "group_archive": "the channel was archived",
    "channel_deleted": "the channel was deleted",
    "group_deleted": "the channel was deleted",
    "channel_left": LEFT,
    "group_left": LEFT,
}
"""Events that end a channel for the bot, and why."""

OPENING = ("channel_unarchive", "group_unarchive")


def channel(workspace: str, channel_id: str) -> Destination:
    """A channel as a destination."""
    return Destination(platform=PLATFORM, address=f"{workspace}/{channel_id}")


def close_workspace(tx: Tx, workspace: str, now: datetime) -> int:
    """Close everything in a workspace that took the bot away; how many destinations that were."""
    there = [one for one in _of(tx, workspace) if destinations.gone(tx, one) is None]
    for one in there:
        closing.close(tx, one, REMOVED, now)
    return len(there)


def reopen_workspace(tx: Tx, workspace: str, now: datetime) -> int:
    """Open what was closed because the workspace had taken the bot away; how many those were."""
    # people first: what is said of channels then finds their direct messages open
    closed = [one for one in _of(tx, workspace) if destinations.gone(tx, one) == REMOVED]
    closed.sort(key=lambda one: one.address.partition("/")[2].startswith(("C", "G")))
    for one in closed:
        closing.reopen(tx, one, now)
    return len(closed)


def _of(tx: Tx, workspace: str) -> list[Destination]:
    """Everywhere in the workspace that somebody is sent something."""
    found: dict[Destination, None] = {}
    for profile in profiles.every(tx):
        if (profile.platform, profile.workspace) != (PLATFORM, workspace):
            continue
        found[profile.destination] = None
        for subscription in subscriptions.of(tx, profile.id):
            found[subscription.destination] = None
        for alert in profiles.alerts(tx, profile.id):
            found[alert.destination] = None
    return list(found)
