"""People: what Slack calls them, in which zone they live, and what they are in a channel."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.commands import Asker, Room, Standing
from bot.platforms.slack.clients import NETWORK, Clients, error_code, patiently
from bot.platforms.slack.installs import PLATFORM
from bot.platforms.slack.places import Json, Place

FRESH = timedelta(hours=1)
"""A name or a zone may be that old; a standing is asked for each time."""

MOST_KNOWN = 10_000

NAME_S = 1.0
"""A form must be open within three seconds: a name is not worth more of them."""

MEMBERS_PAGE = 1_000  # https://docs.slack.dev/reference/methods/conversations.members
MOST_PAGES = 20

THIS_CHANNEL = "this channel"

log = structlog.get_logger()


class Unclear(Exception):
    """Slack did not say what somebody is in a channel; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """Somebody as Slack describes them."""

    name: str = field(repr=False)
    zone: str | None
    is_manager: bool
    is_guest: bool
    """Of a few channels only: they may read there."""
    is_stranger: bool
    """Of another workspace that shares a channel with this one."""


class People:
    """Asks Slack, and remembers names and zones for an hour."""

    def __init__(self, clients: Clients, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[Known, datetime]] = {}

    async def asker(self, place: Place, called: str) -> Asker:
        """Who asks. Where Slack does not say it soon, `called` is the name and the zone is open."""
        known = await self._soon(place)
        return Asker(
            platform=PLATFORM,
            workspace=place.workspace,
            id=place.person,
            name=(known.name if known else called) or "you",
            zone=known.zone if known else None,
        )

    def room(self, place: Place) -> Room | None:
        """The channel, for a command that is not about it; None in direct messages."""
        if not place.is_room or place.channel is None:
            return None
        return Room(
            platform=PLATFORM,
            workspace=place.workspace,
            id=place.channel,
            name=place.channel_name or THIS_CHANNEL,
        )

    async def room_with_standing(self, place: Place, *, only_reads: bool) -> Room | None:
        """The channel with its name and what the asker is there. Raises Unclear.

        only_reads: whether the command changes nothing; guests and strangers may do no more.
        """
        room = self.room(place)
        if room is None:
            return None
        try:
            client = await self._clients.of(place.workspace)
            asker = await self._ask(client, place)
            channel = await _described(client, room.id)
            standing = await _standing(client, place, asker, channel, only_reads=only_reads)
        except SlackApiError as error:
            raise Unclear(_remedy(error_code(error))) from error
        except NETWORK as error:
            raise Unclear(
                "Slack did not tell me what you may do in this channel. Please try again."
            ) from error
        return replace(room, name=_name_of(channel) or room.name, standing=standing)

    async def described_room(self, place: Place) -> Room | None:
        """The channel with its name, if Slack tells it; None in direct messages."""
        room = self.room(place)
        if room is None:
            return None
        try:
            channel = await _described(await self._clients.of(place.workspace), room.id)
        except (SlackApiError, *NETWORK):
            return room
        return replace(room, name=_name_of(channel) or room.name)

    async def _soon(self, place: Place) -> Known | None:
        known, until = self._known.get((place.workspace, place.person), (None, None))
        if known and until and self._clock() < until:
            return known
        try:
            async with asyncio.timeout(NAME_S):
                client = await self._clients.of(place.workspace)
                return await self._ask(client, place)
        except (SlackApiError, *NETWORK) as error:
            log.warning("slack person unknown", error=type(error).__name__)
            return known

    async def _ask(self, client: AsyncWebClient, place: Place) -> Known:
        answer = await patiently(lambda: client.users_info(user=place.person))
        known = _read(answer["user"], place.workspace)
        if len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))  # the one that was learnt first
        self._known.pop((place.workspace, place.person), None)
        self._known[place.workspace, place.person] = known, self._clock() + FRESH
        return known


def _read(user: Json, workspace: str) -> Known:
    profile = user.get("profile") or {}
    zone = user.get("tz")
    teams = {user.get("team_id"), *(user.get("enterprise_user") or {}).get("teams", ())}
    return Known(
        name=profile.get("display_name") or user.get("real_name") or user.get("name") or "",
        zone=zone if zone in available_timezones() else None,
        is_manager=any(user.get(f"is_{one}") for one in ("admin", "owner", "primary_owner")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")) or workspace not in teams,
    )


async def _described(client: AsyncWebClient, channel: str) -> Json:
    answer = await patiently(lambda: client.conversations_info(channel=channel))
    described: Json = answer["channel"]
    return described


async def _standing(
    client: AsyncWebClient, place: Place, asker: Known, channel: Json, *, only_reads: bool
) -> Standing:
    if asker.is_guest or asker.is_stranger:
        is_reader = only_reads and await _is_member(client, place, channel)
        return Standing.MEMBER if is_reader else Standing.OUTSIDER
    if asker.is_manager:
        return Standing.ADMIN
    if channel.get("creator") == place.person:
        return Standing.MANAGER
    if await _is_member(client, place, channel):
        return Standing.MEMBER
    return Standing.OUTSIDER


async def _is_member(client: AsyncWebClient, place: Place, channel: Json) -> bool:
    """Who speaks in a private channel is in it; public ones are open to be looked at."""
    if channel.get("is_private") and place.hook:
        return True
    cursor = ""
    for _ in range(MOST_PAGES):
        page = cursor
        answer = await patiently(
            lambda page=page: client.conversations_members(  # type: ignore[misc]
                channel=str(channel["id"]), limit=MEMBERS_PAGE, cursor=page or None
            )
        )
        if place.person in answer["members"]:
            return True
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return False
    raise Unclear(
        "This channel has more members than I can look through. Please ask an admin of the "
        "workspace, or whoever made the channel."
    )


def _name_of(channel: Json) -> str:
    if channel.get("is_mpim") or not channel.get("name"):
        return ""
    return f"#{channel['name']}"


def _remedy(code: str) -> str:
    if code in ("channel_not_found", "not_in_channel"):
        return (
            "I can't look into this channel, so I do not know who may change what it gets. Add me "
            "to it first: type `/invite @Paperround`."
        )
    if code == "missing_scope":
        return (
            "I may not look up who may change what this channel gets: the app lacks a scope. Ask "
            "whoever looks after it to install it again."
        )
    return "Slack did not tell me what you may do in this channel. Please try again."
