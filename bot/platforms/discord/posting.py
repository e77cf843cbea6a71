"""Sends what the outbox holds: to a person, into a channel with a thread, or as a forum's post.

A digest's head lists its papers; the papers themselves follow as parts, in a thread where there can
be one. A thread started from a message has the message's id, so it needs no looking for: started
twice, it is there. What goes wrong once the head is posted is unknown to the outbox, which lets us
look for the head later and go on from there.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias

import aiohttp
import discord
import structlog

from bot import pace
from bot.messages import Message, from_json
from bot.platforms import Part, Reason, Receipt, RetryLater, Undeliverable
from bot.platforms.discord import errors, finding, limits, text
from bot.platforms.discord.errors import Code, code_of
from bot.platforms.discord.forum import start_post
from bot.platforms.discord.plans import Plan, planned
from bot.platforms.discord.who import PEOPLE
from bot.recent import Recent
from storage.records import Delivery, DeliveryKind

DEADLINE_S = 40.0
"""For all that one delivery needs; the dispatcher waits a little longer."""

DMS_KEPT = 20_000
"""Channels of direct messages whose ids are remembered, some 3 MB."""

UNNAMED = "Papers"
SILENT = discord.AllowedMentions.none()

Place: TypeAlias = discord.abc.Messageable

log = structlog.get_logger()


class Unfinished(Exception):
    """The head is posted, its thread is not started."""


class Posting:
    """Posts deliveries through whichever client is logged in."""

    def __init__(self, client_of: Callable[[], discord.Client | None]) -> None:
        """client_of: the client that is logged in now, or None."""
        self._client_of = client_of
        # Channel by person: opening one is rate-limited.
        self._dms: Recent[int, int] = Recent(DMS_KEPT)

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery's message once; its receipt's id is `CHANNEL/MESSAGE`.

        Raises RetryLater or Undeliverable; anything else means that nobody knows.
        """
        try:
            message = from_json(delivery.body)
        except ValueError as error:
            raise Undeliverable(Reason.MESSAGE_REFUSED, str(error)) from error
        client = self._client_of()
        if client is None or client.user is None or client.is_closed():
            raise RetryLater(Reason.UNAVAILABLE, "not logged in")
        try:
            is_urgent = delivery.kind is DeliveryKind.ALERT and "#" not in delivery.key
            async with asyncio.timeout(DEADLINE_S):
                with pace.hurry(is_urgent):
                    return await self._send(client, client.user.id, delivery, message)
        except (TimeoutError, asyncio.CancelledError):
            _end_waits(client)
            raise
        except (discord.DiscordException, OSError) as error:
            known = errors.meaning(error)
            if known is error:
                raise
            raise known from error

    async def _send(
        self, client: discord.Client, me: int, delivery: Delivery, message: Message
    ) -> Receipt:
        if delivery.thread is not None:
            return await self._send_part(client, me, delivery, message)
        place = await self._place(client, delivery)
        is_digest = delivery.kind is DeliveryKind.DIGEST
        is_personal = _person(delivery) is not None
        plan = planned(message, _ref(delivery), is_digest=is_digest, is_personal=is_personal)
        if isinstance(place, discord.ForumChannel):
            post = await self._post_in_forum(client, place, delivery, plan)
            return _receipt(post, post, plan, str(post))
        posted = await self._post(place, me, delivery, plan)
        under = None if is_personal else str(posted.channel.id)
        if plan.is_overview and isinstance(place, discord.TextChannel):
            under = str(await _thread(posted, _name(message)))
        return _receipt(posted.channel.id, posted.id, plan, under)

    async def _send_part(
        self, client: discord.Client, me: int, delivery: Delivery, message: Message
    ) -> Receipt:
        """Into its thread, or into the channel above it where nothing may be posted in there."""
        plan = planned(message, _ref(delivery), is_digest=False, is_personal=False)
        number, _, replied = (delivery.thread or "").partition("/")
        thread = client.get_partial_messageable(int(number))
        if replied:  # where there are no threads it is an answer to the message
            under = discord.MessageReference(
                message_id=int(replied), channel_id=thread.id, fail_if_not_exists=False
            )
            posted = await self._post(thread, me, delivery, plan, under)
            return _receipt(posted.channel.id, posted.id, plan, None)
        try:
            posted = await self._post(thread, me, delivery, plan)
        except discord.HTTPException as error:
            if str(thread.id) == _number(delivery):
                raise
            if error.code == Code.UNKNOWN_CHANNEL:
                raise Undeliverable(Reason.MESSAGE_REFUSED, "its thread was deleted") from error
            if error.code not in errors.THREAD_SHUT:
                raise
            log.info("thread shut", key=delivery.key, code=error.code)
            channel = await self._place(client, delivery)
            if isinstance(channel, discord.ForumChannel):
                raise Undeliverable(Reason.MESSAGE_REFUSED, "its post is closed") from error
            posted = await self._post(channel, me, delivery, plan)
        return _receipt(posted.channel.id, posted.id, plan, delivery.thread)

    async def _place(
        self, client: discord.Client, delivery: Delivery
    ) -> Place | discord.ForumChannel:
        """Where the delivery's address leads. Raises Undeliverable where nobody can post."""
        person = _person(delivery)
        number = int(_number(delivery))
        try:
            if person is not None:
                if person not in self._dms:
                    self._dms[person] = (await client.create_dm(discord.Object(person))).id
                return client.get_partial_messageable(self._dms[person])
            channel = client.get_channel(number) or await client.fetch_channel(number)
        except (discord.DiscordServerError, aiohttp.ClientError) as error:
            raise RetryLater(Reason.UNAVAILABLE, "Discord did not tell where that is") from error
        if isinstance(channel, discord.ForumChannel | discord.abc.Messageable):
            return channel
        raise Undeliverable(Reason.DESTINATION_GONE, errors.NO_PLACE)

    async def _post(
        self,
        place: Place,
        me: int,
        delivery: Delivery,
        plan: Plan,
        under: discord.MessageReference | None = None,
    ) -> discord.Message:
        """The delivery's message: found, if it may be there, or posted."""
        ref = _ref(delivery)
        if delivery.maybe_posted:
            found = await finding.in_messages(place, me, ref, finding.earliest(delivery))
            if found is not None:
                return found
        nonce = nonce_of(delivery.key)
        more: dict[str, Any] = {"reference": under} if under else {}
        try:
            return await place.send(view=plan.layout, nonce=nonce, allowed_mentions=SILENT, **more)
        except discord.HTTPException as error:
            _note_components_refused(delivery, error)
        shown, view = plan.embeds
        return await place.send(
            embeds=shown, view=view, nonce=nonce, allowed_mentions=SILENT, **more
        )

    async def _post_in_forum(
        self,
        client: discord.Client,
        forum: discord.ForumChannel,
        delivery: Delivery,
        plan: Plan,
    ) -> int:
        """The delivery's post in the forum: found, if it may be there, or started."""
        ref, name = _ref(delivery), _name(plan.message)
        if delivery.maybe_posted and client.user is not None:
            since = finding.earliest(delivery)
            found = await finding.in_forum(forum, client.user.id, ref, since)
            if found is not None:
                return found.id
        try:
            return await start_post(client, forum, name, plan, in_components=True)
        except discord.HTTPException as error:
            _note_components_refused(delivery, error)
        return await start_post(client, forum, name, plan, in_components=False)


def nonce_of(key: str) -> str:
    """By it Discord knows a message again that it got minutes ago."""
    return hashlib.sha256(key.encode()).hexdigest()[: limits.NONCE]


async def _thread(head: discord.Message, name: str) -> int:
    """The thread below the head, started if need be; the channel itself where there can be none."""
    try:
        return (await head.create_thread(name=name)).id
    except TimeoutError:
        raise
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        if code_of(error) == Code.THREAD_EXISTS:
            return head.id
        if code_of(error) in errors.NO_THREAD:
            log.info("thread impossible", code=code_of(error))
            return head.channel.id
        raise Unfinished from error


def _receipt(channel: int, message: int, plan: Plan, under: str | None) -> Receipt:
    parts = tuple(Part(message=one, thread=under) for one in plan.parts)
    return Receipt(id=f"{channel}/{message}", parts=parts)


def _note_components_refused(delivery: Delivery, error: discord.HTTPException) -> None:
    """Raise the error again, unless embeds may do where components did not."""
    if error.code not in errors.COMPONENTS_REFUSED:
        raise error
    log.warning("components refused", key=delivery.key, code=error.code)


def _end_waits(client: discord.Client) -> None:
    """The library forgets to end its waits when it is cancelled meanwhile. After that for a global
    limit no request would ever be sent again, and with a channel's allowance left at nothing each
    later one there would wait for half a minute.
    """
    client.http._global_over.set()
    for allowance in client.http._buckets.values():
        if allowance.remaining <= 0 and allowance.expires is None and not allowance.outgoing:
            allowance.remaining = allowance.limit


def _ref(delivery: Delivery) -> str:
    return f"d{delivery.id}"


def _name(message: Message) -> str:
    return text.plain(message.heading, limits.THREAD_NAME) or UNNAMED


def _number(delivery: Delivery) -> str:
    return delivery.destination.address.partition("/")[2]


def _person(delivery: Delivery) -> int | None:
    workspace, _, number = delivery.destination.address.partition("/")
    return int(number) if workspace == PEOPLE else None
