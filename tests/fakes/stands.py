"""Where each platform's messages appear: one stand a platform, read back by a test."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

from fakes.discord.server import DiscordServer
from fakes.slack.server import SlackServer
from rich.console import Console

from bot.platforms import Platform
from bot.platforms.console import ConsolePlatform, history
from bot.platforms.discord import DiscordPlatform, client
from bot.platforms.slack import SlackPlatform
from bot.platforms.slack import limits as slack_limits
from bot.service import utc_now
from bot.settings import Settings
from storage.database import Database


class Stand(Protocol):
    """A platform, a person on it, and what that person sees there."""

    platform: Platform
    address: str
    stranger: str
    """An address where nobody is; empty where there is no such thing."""

    def seen(self) -> list[str]:
        """The text of each message, oldest first."""

    def raw(self) -> list[Any]:
        """Each message as the platform was given it."""


@dataclass(frozen=True, kw_only=True)
class _Stand:
    platform: Any
    address: str
    stranger: str
    seen: Any
    raw: Any


@asynccontextmanager
async def console(folder: Path) -> AsyncIterator[Stand]:
    """A terminal and its transcript."""
    transcript = folder / "transcript.jsonl"

    def seen() -> list[str]:
        return [str(posted.message) for posted in history(transcript)]

    platform = ConsolePlatform(Console(file=io.StringIO()), transcript)
    yield _Stand(
        platform=platform,
        address="local/ada",
        stranger="",
        seen=seen,
        raw=lambda: history(transcript),
    )


@asynccontextmanager
async def slack(folder: Path) -> AsyncIterator[Stand]:
    """A workspace, and the direct messages of one person in it."""
    async with SlackServer() as server, await Database.open(folder / "slack.db") as db:
        ada = server.user("ada")
        settings = Settings(
            slack_bot_token=server.bot_token,
            slack_app_token=server.app_token,
            slack_api_url=server.api_url,
        )
        team = server.workspace.id
        with patch.object(slack_limits, "PER_LOOKUP", timedelta(0)):
            yield _Stand(
                platform=SlackPlatform(settings, db, utc_now),
                address=f"{team}/{ada.id}",
                stranger=f"{team}/C404",
                seen=lambda: [message.shown for message in ada.dms],
                raw=lambda: [{"text": one.text, "blocks": one.blocks} for one in ada.dms],
            )
        assert server.violations == []


@asynccontextmanager
async def discord(folder: Path) -> AsyncIterator[Stand]:
    """A server, and the direct messages of one person in it."""
    async with DiscordServer() as server, await Database.open(folder / "discord.db") as db:
        ada = server.user("ada")
        server.guild("Home", owner=ada)
        settings = Settings(
            discord_token=server.token,
            discord_api_base=server.base_url,
            discord_gateway_url=server.gateway_url,
        )
        platform = DiscordPlatform(settings, db, utc_now)
        connected = asyncio.create_task(platform.listen(_Silent()))
        async with asyncio.timeout(60):
            while not platform.is_connected:
                await asyncio.sleep(0.01)
        try:
            yield _Stand(
                platform=platform,
                address=f"users/{ada.id}",
                stranger="users/404",
                seen=lambda: [message.text for message in ada.dms],
                raw=lambda: [one.components or one.embeds for one in ada.dms],
            )
        finally:
            connected.cancel()
            await asyncio.gather(connected, return_exceptions=True)
        assert server.violations == []


class _Silent:
    """Nobody asks anything here."""


STANDS = {"console": console, "slack": slack, "discord": discord}
QUICKLY = (client, "GUILDS_WAIT_S", 0.02)
"""What to set so that a connection is ready at once."""
