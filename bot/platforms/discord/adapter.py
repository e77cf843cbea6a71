"""Discord as a platform: connects one client after the other, and sends what the outbox holds."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import discord
import discord.gateway
import discord.http
import structlog
import yarl

from bot.commands import Commands
from bot.platforms import Misconfigured, Receipt
from bot.platforms.discord.client import PaperClient, ShardedPaperClient
from bot.platforms.discord.posting import Posting
from bot.settings import Settings
from storage.database import Database
from storage.records import Delivery

REFUSED = (
    "PAPERROUND_DISCORD_TOKEN is not accepted: copy the token anew from the Bot page of the "
    "application"
)
FATAL = {4004: REFUSED}
"""Close codes that no new connection can mend."""

log = structlog.get_logger()


class NoConnectionsLeft(Exception):
    """Discord counts connections by the day, and resets the token of a bot that needs too many."""


class DiscordPlatform:
    """One bot account."""

    name = "discord"

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Callable[[], datetime],
        connector: Callable[[], Any] | None = None,
    ) -> None:
        """connector: makes aiohttp's connector for a client; for servers with their own names."""
        if settings.discord_token is None:
            raise Misconfigured("PAPERROUND_DISCORD_TOKEN is missing")
        self._token = settings.discord_token
        self._db = db
        self._clock = clock
        self._connector = connector
        self._client: PaperClient | None = None
        self._posting = Posting(self._logged_in)
        point_at(settings.discord_api_base, settings.discord_gateway_url)

    @property
    def is_connected(self) -> bool:
        """Whether commands reach it now."""
        return self._client is not None and self._client.is_ready()

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery's message once; needs the account to be logged in, not the gateway."""
        return await self._posting.send(delivery)

    async def listen(self, commands: Commands) -> None:
        """Connect a new client and answer commands until it is lost or this is cancelled."""
        client = await self._login(commands)
        self._client = client
        try:
            await client.connect(reconnect=True)
        except discord.ConnectionClosed as error:
            if error.code in FATAL:
                raise Misconfigured(FATAL[error.code]) from error
            raise
        except discord.PrivilegedIntentsRequired as error:
            raise Misconfigured(
                "Discord refused the bot's intents, none of which is privileged: "
                "check the application's Bot page"
            ) from error
        finally:
            self._client = None
            await client.close()

    async def close(self) -> None:
        """The client is closed by whoever listens."""

    def _logged_in(self) -> discord.Client | None:
        return self._client

    async def _login(self, commands: Commands) -> PaperClient:
        """A client that is logged in, with as many connections as Discord wants it to have."""
        client = self._make(PaperClient, commands)
        try:
            shards, _, allowance = await self._signed_in(client)
            if allowance["remaining"] < max(shards, 1):
                raise NoConnectionsLeft("Discord allows no further connection today")
            if shards == 1:
                return client
        except BaseException:
            await client.close()
            raise
        await client.close()
        log.info("gateway sharded", shards=shards)
        sharded = self._make(ShardedPaperClient, commands)
        try:
            await self._signed_in(sharded)
        except BaseException:
            await sharded.close()
            raise
        return sharded

    async def _signed_in(self, client: PaperClient) -> tuple[int, str, Any]:
        try:
            await client.login(self._token.get_secret_value())
        except discord.LoginFailure as error:
            raise Misconfigured(REFUSED) from error
        return await client.http.get_bot_gateway()

    def _make(self, kind: type[PaperClient], commands: Commands) -> PaperClient:
        options = {"connector": self._connector()} if self._connector else {}
        return kind(commands, self._db, self._clock, **options)


# There is no voice here, and nothing to warn of.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False


def point_at(api_base: str | None, gateway_url: str | None) -> None:
    """Where discord.py finds Discord. Its addresses are class attributes: one place a process."""
    if api_base:
        discord.http.Route.BASE = api_base.rstrip("/")
    if gateway_url:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
