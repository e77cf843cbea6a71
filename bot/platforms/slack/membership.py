"""Who is in a channel that is sent digests: asked after each, since members read what is posted.

Slack lists them with the scopes that the bot has anyway (`channels:read`, `groups:read`). Where it
refuses, nothing is known of members, and only who acts in the channel counts as its reader.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.platforms.slack.clients import NETWORK, Clients, error_code, patiently
from bot.platforms.slack.installs import NotInstalled
from storage import exports, readers
from storage.database import Database
from storage.records import Delivery, DeliveryKind, Destination

PAGE = 200  # https://docs.slack.dev/reference/methods/conversations.members recommends no more

MOST_PAGES = 25
"""In a larger channel than that, it is known of nobody else that they are members."""

log = structlog.get_logger()


class Membership:
    """Keeps `storage.readers` in step with Slack."""

    def __init__(self, clients: Clients, db: Database, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._db = db
        self._clock = clock

    @staticmethod
    def matters(delivery: Delivery) -> bool:
        """Whether a delivery was a digest to a channel."""
        room = delivery.destination.address.partition("/")[2]
        is_head = delivery.kind is DeliveryKind.DIGEST and delivery.thread is None
        return is_head and room.startswith(("C", "G"))

    async def refresh(self, channel: Destination) -> None:
        """Ask who is in the channel now."""
        workspace, _, room = channel.address.partition("/")
        try:
            members = await self._members(workspace, room)
        except (NotInstalled, *NETWORK) as error:
            log.warning("slack members unknown", error=type(error).__name__)
            return
        except SlackApiError as error:
            log.warning("slack members unknown", error=error_code(error))
            return
        known = [exports.member(workspace, one) for one in members]
        await self._db.write(readers.replace_members, channel, known, self._clock())

    async def _members(self, workspace: str, room: str) -> list[str]:
        client = await self._clients.of(workspace)
        found: list[str] = []
        cursor = ""
        for _ in range(MOST_PAGES):
            ask = partial(client.conversations_members, channel=room, cursor=cursor, limit=PAGE)
            answer: Any = await patiently(ask)
            found += answer["members"]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found
