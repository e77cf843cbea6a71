"""Posting: a delivery becomes exactly one message, and a digest one message with a thread below it.

What is certain is told as RetryLater or Undeliverable. Only the post itself can end without anybody
knowing (a dropped connection, a 5xx, a timeout); then the error goes on as it is, and the next
attempt looks for the message first.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import Message, from_json
from bot.platforms import Part, Reason, Receipt, RetryLater, Undeliverable
from bot.platforms.slack import limits, render
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.clients import error_code, is_rate_limit
from bot.platforms.slack.installs import NotInstalled
from bot.platforms.slack.looking import Lookup, metadata
from bot.platforms.slack.refusals import (
    CONTENT,
    NOT_IN_CHANNEL,
    OPERATOR_WAIT,
    bounded,
    certain,
    meaning,
    unreachable,
)
from bot.recent import Recent
from storage.records import Delivery, DeliveryKind

INLINE = 3
"""Papers that an alert shows at once; more are a digest with a thread."""

OPENED_KEPT = 20_000
"""Channels of direct messages whose ids are remembered, some 5 MB."""

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where a message goes."""

    client: AsyncWebClient
    channel: str
    thread: str | None


class Posting:
    """Posts deliveries to whichever workspace they belong to."""

    def __init__(self, client_of: Callable[[str], Awaitable[AsyncWebClient]]) -> None:
        """client_of: a workspace's client, which repeats no call by itself."""
        self._client_of = client_of
        self._opened: Recent[tuple[str, str], str] = Recent(OPENED_KEPT)
        """By workspace and person: the channel of their direct messages."""
        self._lookup = Lookup()

    async def send(self, delivery: Delivery) -> Receipt:
        """Post once; with `maybe_posted`, find what is there first.

        Raises RetryLater or Undeliverable; anything else means that nobody knows.
        """
        try:
            message = from_json(delivery.body)
        except ValueError as error:
            raise Undeliverable(Reason.MESSAGE_REFUSED, str(error)) from error
        place = await self._place(delivery)
        ts = await self._find(delivery, place) if delivery.maybe_posted else None
        if ts is None:
            ts = await self._post(delivery, message, place)
        head = f"{place.channel}/{ts}"
        thread = delivery.thread or head
        parts = _parts(message, thread) if _has_thread(delivery, message) else ()
        return Receipt(id=head, parts=parts, rest=limits.PER_MESSAGE)

    async def _place(self, delivery: Delivery) -> _Place:
        team, _, owner = delivery.destination.address.partition("/")
        if not team or not owner:
            raise Undeliverable(Reason.DESTINATION_GONE, "the address names no place on Slack")
        try:
            client = await self._client_of(team)
        except NotInstalled as error:
            # Perhaps a wrong token in the settings: that must not close every destination.
            said = "the bot is not installed in the workspace: install it again"
            raise RetryLater(Reason.UNAVAILABLE, said, after=OPERATOR_WAIT) from error
        if delivery.thread is not None:
            channel, _, thread = delivery.thread.partition("/")
            return _Place(client=client, channel=channel, thread=thread)
        if owner.startswith(("U", "W")):  # https://docs.slack.dev/reference/objects/user-object
            owner = await self._direct(client, team, owner)
        return _Place(client=client, channel=owner, thread=None)

    async def _direct(self, client: AsyncWebClient, team: str, person: str) -> str:
        """The channel of a person's direct messages."""
        if (team, person) not in self._opened:
            with certain():
                answer = await bounded(client.conversations_open(users=person))
            self._opened[team, person] = str(answer["channel"]["id"])
        return self._opened[team, person]

    async def _find(self, delivery: Delivery, place: _Place) -> str | None:
        async def look() -> str | None:
            return await self._lookup.find(place.client, delivery, place.channel, place.thread)

        with certain():
            return await _inside(place, look)

    async def _post(self, delivery: Delivery, message: Message, place: _Place) -> str:
        ts = await self._posted(delivery, place, _payload(delivery, message))
        if ts is None:  # that must not cost the reader the papers
            plain = {"text": render.plain(message), "mrkdwn": False}
            ts = await self._posted(delivery, place, plain)
        if ts is None:
            said = "Slack takes neither its blocks nor its plain text"
            raise Undeliverable(Reason.MESSAGE_REFUSED, said)
        return ts

    async def _posted(self, delivery: Delivery, place: _Place, payload: Json) -> str | None:
        """The message's `ts`; None where Slack does not take the payload."""

        async def post() -> Any:
            return await bounded(
                place.client.chat_postMessage(
                    channel=place.channel,
                    thread_ts=place.thread,
                    metadata=metadata(delivery),
                    unfurl_links=False,
                    unfurl_media=False,
                    **payload,
                )
            )

        try:
            answer = await _inside(place, post)
        except SlackApiError as error:
            if error_code(error) in CONTENT:
                log.warning("slack payload refused", key=delivery.key, error=error_code(error))
                return None
            certain_now = self._refused(error, delivery, place)
            if certain_now is None:
                raise
            raise certain_now from error
        except aiohttp.ClientConnectorError as error:  # no connection: nothing was said over it
            raise unreachable(error) from error
        return str(answer["ts"])

    def _refused(
        self, error: SlackApiError, delivery: Delivery, place: _Place
    ) -> RetryLater | Undeliverable | None:
        """What is certain after a post that was refused; None: nothing."""
        team, _, owner = delivery.destination.address.partition("/")
        is_direct = self._opened.get((team, owner)) == place.channel
        if is_direct and error_code(error) == "channel_not_found":
            del self._opened[team, owner]  # if the person is gone, opening it anew will tell
            return RetryLater(Reason.UNAVAILABLE, "the direct messages must be opened anew")
        return meaning(error)


async def _inside(place: _Place, call: Callable[[], Awaitable[T]]) -> T:
    """What the call gives; where the bot is not in a public channel, it joins once."""
    try:
        return await call()
    except SlackApiError as error:
        if error_code(error) != "not_in_channel":
            raise
    with certain():
        try:
            await bounded(place.client.conversations_join(channel=place.channel))
        except SlackApiError as error:
            if is_rate_limit(error) or meaning(error) is None:
                raise
            # A private channel, or no permission to join: somebody has to invite it.
            raise Undeliverable(Reason.DESTINATION_GONE, NOT_IN_CHANNEL) from error
    return await call()


def _payload(delivery: Delivery, message: Message) -> Json:
    ref = f"d{delivery.id}"
    if delivery.thread is not None and len(message.cards) == 1 and not message.heading:
        return render.detail(message.cards[0], ref)
    if _has_thread(delivery, message):
        return render.overview(message)
    return render.message(message, ref)


def _has_thread(delivery: Delivery, message: Message) -> bool:
    if delivery.thread is not None:  # late additions, whose details follow in the same thread
        return bool(message.heading) and len(message.cards) > INLINE
    if not message.cards:
        return False
    return delivery.kind is DeliveryKind.DIGEST or len(message.cards) > INLINE


def _parts(message: Message, head: str) -> tuple[Part, ...]:
    return tuple(
        Part(message=Message(heading="", cards=(card,)), thread=head) for card in message.cards
    )
