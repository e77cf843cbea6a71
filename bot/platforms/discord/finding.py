"""Looking for a message that may have been posted, by the ref in its buttons' ids.

The nonce lasts for minutes only, a forum's post has none, and history does not tell it. The ids of
our buttons stay, so each message of the outbox has at least one that carries its delivery's ref.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import discord

from bot.platforms.discord import limits
from bot.platforms.discord.buttons import is_marked
from storage.records import Delivery

PAGES = 10
"""Of a place's newest messages that are looked through."""

LOOK_BACK = timedelta(days=2)
"""Before the delivery was due, where it is not known when it was queued; longer than all attempts
take together."""

SKEW = timedelta(minutes=5)
"""Between our clock and Discord's."""

POSTS = 50
"""The newest posts of ours in a forum that are looked into."""


def names(components: Iterable[Any]) -> Iterator[str]:
    """The `custom_id`s in a message's components or a view's items, nested ones included."""
    for part in components:
        name = getattr(part, "custom_id", None)
        if isinstance(name, str):
            yield name
        yield from names(getattr(part, "children", ()))
        accessory = getattr(part, "accessory", None)
        if accessory is not None:
            yield from names([accessory])


def carries(components: Iterable[Any], ref: str) -> bool:
    """Whether a button among these is marked with the ref."""
    return any(is_marked(name, ref) for name in names(components))


def earliest(delivery: Delivery) -> datetime:
    """Nothing of the delivery was posted before; an older message with its ref is another's,
    of a database that is no more.
    """
    return (delivery.queued_at or delivery.due_at - LOOK_BACK) - SKEW


async def in_messages(
    place: discord.abc.Messageable, me: int, ref: str, since: datetime
) -> discord.Message | None:
    """Our message with that ref among the newest of a channel, thread or direct messages.

    Where the history may not be read, Discord shows it as empty.
    """
    async for message in place.history(limit=PAGES * limits.HISTORY_PAGE):
        if message.created_at < since:
            return None
        if message.author.id == me and carries(message.components, ref):
            return message
    return None


async def in_forum(
    forum: discord.ForumChannel, me: int, ref: str, since: datetime
) -> discord.Thread | None:
    """Our post whose first message has that ref; also one that was closed meanwhile."""
    active = [one for one in await forum.guild.active_threads() if one.parent_id == forum.id]
    archived = [one async for one in forum.archived_threads(limit=POSTS)]
    oldest = discord.utils.time_snowflake(since)
    ours = {one.id: one for one in (*active, *archived) if one.owner_id == me and one.id > oldest}
    for number in sorted(ours, reverse=True)[:POSTS]:
        try:
            first = await ours[number].fetch_message(number)
        except discord.NotFound:
            continue  # someone deleted it: the post stays without
        if carries(first.components, ref):
            return ours[number]
    return None
