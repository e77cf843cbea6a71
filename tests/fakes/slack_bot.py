"""The Slack platform at work before the stand-in: settings that lead there, start and stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fakes.slack.server import SlackServer

from bot.platforms.slack import SlackPlatform
from bot.settings import Settings
from storage.database import Database

KEY = "a secret of more than thirty-two characters"


def settings(slack: SlackServer, **more: Any) -> Settings:
    """One workspace in Socket Mode, unless told otherwise."""
    facts: dict[str, Any] = {
        "slack_bot_token": slack.bot_token,
        "slack_app_token": slack.app_token,
        "slack_signing_secret": slack.signing_secret,
        "slack_api_url": slack.api_url,
    }
    return Settings(**facts | more)


def oauth(slack: SlackServer, **more: Any) -> Settings:
    """Workspaces that install by OAuth, in Socket Mode."""
    facts: dict[str, Any] = {
        "slack_bot_token": None,
        "slack_client_id": slack.app.client_id,
        "slack_client_secret": slack.app.client_secret,
        "secret_key": KEY,
        "http_port": 0,
    }
    return settings(slack, **facts | more)


@asynccontextmanager
async def at_work(
    slack: SlackServer, db: Database, clock: Any, commands: Any, chosen: Settings | None = None
) -> AsyncIterator[SlackPlatform]:
    """The platform, connected; afterwards it must have gone without a trace."""
    before = asyncio.all_tasks()
    platform = SlackPlatform(chosen or settings(slack), db, clock)
    listening = asyncio.create_task(platform.listen(commands))
    try:
        await slack.until(lambda: platform.is_connected or listening.done())
        if listening.done():
            listening.result()
        yield platform
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        left = [one for one in asyncio.all_tasks() - before if "slack_sdk" in repr(one)]
        await platform.close()
    assert not left, left
    await slack.until(lambda: not slack.sockets.open)
