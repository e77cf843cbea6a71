"""Which platforms this service speaks to: those that the settings name, and the console.

A platform's library is loaded only where it is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp.web import RouteDef
from rich.console import Console

from bot.platforms import Platform
from bot.platforms.console import ConsolePlatform
from bot.settings import Settings
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The platforms, and the doors that they need on the web server."""

    platforms: tuple[Platform, ...]
    routes: tuple[RouteDef, ...] = ()


def chosen(
    settings: Settings, db: Database, clock: Callable[[], datetime], console: Console
) -> Chosen:
    """The platforms of these settings; nothing is connected yet."""
    platforms: list[Platform] = [ConsolePlatform(console, settings.console_transcript)]
    routes: list[RouteDef] = []
    if settings.has_slack:
        from bot.platforms.slack import SlackPlatform

        slack = SlackPlatform(settings, db, clock)
        platforms.append(slack)
        routes += slack.routes
    if settings.discord_token is not None:
        from bot.platforms.discord import DiscordPlatform

        platforms.append(DiscordPlatform(settings, db, clock))
    return Chosen(platforms=tuple(platforms), routes=tuple(routes))
