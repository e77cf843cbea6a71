"""Posts in forums: a thread whose first message has the thread's own id.

A post has no nonce, and the library repeats what was answered by 500: here it must not.
"""

from typing import Any

import discord
from discord.http import Route

from bot.platforms.discord.plans import Plan

COMPONENTS_V2 = 1 << 15
"""https://discord.com/developers/docs/resources/message#message-object-message-flags"""


class Repeated(Exception):
    """The library was about to send a request again whose outcome nobody knows."""


class _Once(discord.File):
    """Stands where the library rewinds a request's files before each try: stops the second."""

    def __init__(self) -> None:
        """No file at all."""

    def reset(self, *, seek: int | bool = True) -> None:
        """Called with the number of the try, from 0."""
        if seek:
            raise Repeated


async def start_post(
    client: discord.Client,
    forum: discord.ForumChannel,
    name: str,
    plan: Plan,
    *,
    in_components: bool,
) -> int:
    """Start a post; its id, which is its first message's too. Raises Repeated if nobody knows."""
    message: dict[str, Any] = {"allowed_mentions": {"parse": []}}
    if in_components:
        components = plan.layout.to_components()  # type: ignore[no-untyped-call]
        message |= {"components": components, "flags": COMPONENTS_V2}
    else:
        shown, view = plan.embeds
        message |= {
            "embeds": [embed.to_dict() for embed in shown],
            "components": view.to_components(),
        }
    body = {"name": name, "applied_tags": _tags(forum), "message": message}
    route = Route("POST", "/channels/{channel_id}/threads", channel_id=forum.id)
    data = await client.http.request(route, json=body, files=[_Once()])
    return int(data["id"])


def _tags(forum: discord.ForumChannel) -> list[str]:
    """The first tag that anybody may give, where posts must have one."""
    if not forum.flags.require_tag:
        return []
    return [str(tag.id) for tag in forum.available_tags if not tag.moderated][:1]
