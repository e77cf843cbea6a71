"""Looking for a message that may have been posted, by the key that it carries.

Slack knows no key that makes a repeated post harmless. Each message carries its delivery's key in
its metadata, and after an attempt without an answer the channel is read back to where the delivery
was queued: nothing of it can be older. When an attempt was made says less, since waits, snoozes and
an operator's hand move a delivery's date.

After an outage hundreds of deliveries may want to look at once. Each workspace is read at the pace
that Slack allows: whose turn is far off gets it as a date, and holds nobody up meanwhile.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms import Reason, RetryLater
from bot.platforms.slack import limits
from bot.platforms.slack.refusals import bounded
from bot.recent import Recent
from storage.records import Delivery

EVENT = "paperround_delivery"

CLOCKS_APART = timedelta(hours=1)
"""How much this machine's clock may differ from Slack's."""

PAGES = 20
"""Read in one attempt; with the waits between them well within the dispatcher's deadline."""

KEPT = 10_000
"""Workspaces and searches that are remembered: of a delivery that was buried meanwhile nobody asks
again, and a search that is forgotten begins anew.
"""

PATIENCE = timedelta(seconds=5)
"""A turn that is further off becomes a date in the outbox."""


def metadata(delivery: Delivery) -> dict[str, Any]:
    """What a message of the delivery carries: https://docs.slack.dev/messaging/message-metadata"""
    return {"event_type": EVENT, "event_payload": {"key": delivery.key}}


class Turns:
    """Who may read which workspace's history when, by the loop's clock."""

    def __init__(self) -> None:
        self._next: Recent[str, float] = Recent(KEPT)
        """By workspace: when the next turn is free."""
        self._given: Recent[str, float] = Recent(KEPT)
        """By key of a delivery that was sent away: the turn that it has."""

    async def take(self, workspace: str, key: str) -> None:
        """Wait for one's turn. Raises RetryLater with the date of one that is far off."""
        now = asyncio.get_running_loop().time()
        at = self._given.pop(key, None)
        if at is None:
            at = max(now, self._next.get(workspace, 0.0))
            self._next[workspace] = at + limits.PER_LOOKUP.total_seconds()
        wait = timedelta(seconds=max(0.0, at - now))
        if wait > PATIENCE:
            self._given[key] = at
            said = "waiting for a turn to look whether it was posted before"
            raise RetryLater(Reason.RATE_LIMITED, said, after=wait)
        await asyncio.sleep(wait.total_seconds())


class Lookup:
    """Finds messages by their key; a search that was interrupted goes on where it stopped."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._reached: Recent[str, str] = Recent(KEPT)
        """By key: the oldest `ts` that was read in vain. No post is tried before the search has
        ended, so nothing newer can be the message."""

    async def find(
        self, client: AsyncWebClient, delivery: Delivery, channel: str, thread: str | None
    ) -> str | None:
        """The `ts` of the delivery's message, or None where it surely was not posted.

        Raises RetryLater where there is more to read than one attempt may, and what Slack says.
        """
        key = delivery.key
        since = delivery.queued_at or delivery.due_at
        where: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(since - CLOCKS_APART).timestamp():.6f}",
            "limit": limits.HISTORY_PAGE,
            "include_all_metadata": True,
        }
        if thread is None and key in self._reached:
            where["latest"] = self._reached[key]
        cursor: str | None = None
        workspace = delivery.destination.address.partition("/")[0]
        for _ in range(PAGES):
            await self._turns.take(workspace, key)
            if thread is None:
                call = client.conversations_history(**where, cursor=cursor)
            else:  # oldest first, so a search can't be resumed; but threads are short
                call = client.conversations_replies(**where, ts=thread, cursor=cursor)
            page = await bounded(call)
            messages: list[Mapping[str, Any]] = page.get("messages") or []
            for one in messages:
                if _key(one) == key:
                    self._reached.pop(key, None)
                    return str(one["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                self._reached.pop(key, None)
                return None
            if thread is None and messages:
                self._reached[key] = str(messages[-1]["ts"])
        raise RetryLater(Reason.UNAVAILABLE, "still looking whether it was posted before")


def _key(message: Mapping[str, Any]) -> str | None:
    carried = message.get("metadata") or {}
    if carried.get("event_type") != EVENT:
        return None
    key: str | None = (carried.get("event_payload") or {}).get("key")
    return key
