"""Connecting: are the tokens right, and one socket that is kept open.

Slack's library tries a wrong token for ever without a word, so each token is tried here first.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import structlog
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms import Misconfigured
from bot.platforms.slack.clients import error_code, needed_scope, quiet
from bot.platforms.slack.installs import Install
from bot.platforms.slack.scopes import APP_SCOPE, BOT_SCOPES

PING_S = 5.0
"""A connection that is cut without a word is noticed within so long."""

CONNECT_S = 30.0
LOOK_S = 0.5
LOST_S = 60.0
"""The library reconnects by itself; where it has not for so long, everything begins anew."""

CLOSE_S = 3.0

OF_THE_TOKEN = frozenset(
    "invalid_auth not_authed account_inactive token_revoked token_expired not_allowed_token_type "
    "no_permission missing_scope invalid_token access_denied".split()
)
"""What only another token helps against."""

log = structlog.get_logger()


async def bot_behind(client: AsyncWebClient, token: str) -> Install:
    """Whose token it is. Raises Misconfigured where it is wrong or lacks a scope."""
    try:
        told = await client.auth_test()
    except SlackApiError as error:
        if error_code(error) not in OF_THE_TOKEN:
            raise
        raise Misconfigured(
            f"Slack refuses PAPERROUND_SLACK_BOT_TOKEN ({error_code(error)}): copy the Bot User "
            "OAuth Token, xoxb-…, from OAuth & Permissions of the Slack app"
        ) from error
    check_scopes(str(told.headers.get("x-oauth-scopes") or ""))
    return Install(
        workspace=str(told["team_id"]),
        token=token,
        bot_id=str(told.get("bot_id") or ""),
        bot_user=str(told.get("user_id") or ""),
    )


def check_scopes(granted: str) -> None:
    """Raises Misconfigured where a scope is missing; Slack not saying any is no trouble."""
    missing = _missing(granted.split(",")) if granted else []
    if missing:
        raise Misconfigured(
            f"PAPERROUND_SLACK_BOT_TOKEN lacks {_listed(missing)}: add what is missing under OAuth "
            "& Permissions of the Slack app, and install it again"
        )


async def socket_url(client: AsyncWebClient, app_token: str) -> str:
    """Where a socket can be opened, once. Raises Misconfigured where the token is wrong."""
    try:
        told = await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        code = error_code(error)
        if needed_scope(error):
            raise Misconfigured(
                f"PAPERROUND_SLACK_APP_TOKEN lacks the scope {APP_SCOPE}: make an app-level token "
                "with it under Basic Information of the Slack app"
            ) from error
        if code == "socket_mode_not_enabled":
            raise Misconfigured(
                "Socket Mode is off for the app of PAPERROUND_SLACK_APP_TOKEN: turn it on under "
                "Socket Mode of the Slack app, or set PAPERROUND_SLACK_MODE to http"
            ) from error
        if code not in OF_THE_TOKEN:
            raise
        raise Misconfigured(
            f"Slack refuses PAPERROUND_SLACK_APP_TOKEN ({code}): make an app-level token, xapp-…, "
            f"with {APP_SCOPE} under Basic Information of the Slack app"
        ) from error
    return str(told["url"])


class Socket:
    """One connection in Socket Mode, renewed by the library whenever Slack wants it."""

    def __init__(self) -> None:
        self._handler: AsyncSocketModeHandler | None = None

    @property
    def is_open(self) -> bool:
        """Whether Slack reaches us now."""
        if self._handler is None:
            return False
        session = self._handler.client.current_session
        return session is not None and not session.closed

    async def hold(self, app: AsyncApp, app_token: str, client: AsyncWebClient, url: str) -> None:
        """Stay connected until cancelled. Raises ConnectionError where that can't be done."""
        handler = AsyncSocketModeHandler(
            app, app_token, logger=quiet, web_client=client, ping_interval=PING_S
        )
        self._handler = handler
        try:
            handler.client.wss_uri = url
            try:
                async with asyncio.timeout(CONNECT_S):
                    await handler.connect_async()  # type: ignore[no-untyped-call]
            except TimeoutError as error:
                raise ConnectionError("Slack's socket can't be opened") from error
            log.info("slack connected", mode="socket")
            await self._until_lost()
        finally:
            self._handler = None
            await _closed(handler)

    async def _until_lost(self) -> None:
        loop = asyncio.get_running_loop()
        seen = loop.time()
        while loop.time() - seen < LOST_S:
            if self.is_open:
                seen = loop.time()
            await asyncio.sleep(LOOK_S)
        raise ConnectionError("Slack's socket was lost")


async def _closed(handler: AsyncSocketModeHandler) -> None:
    """End the library's tasks and connections; it cancels its tasks and does not wait for them."""
    client = handler.client
    with suppress(Exception):  # whatever a broken connection says when it is closed
        async with asyncio.timeout(CLOSE_S):
            await handler.close_async()  # type: ignore[no-untyped-call]
    tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
    left = [task for task in tasks if task is not None]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await client.aiohttp_client_session.close()


def _missing(granted: Iterable[str]) -> list[str]:
    has = {scope.strip() for scope in granted}
    return [scope for scope in BOT_SCOPES if scope not in has]


def _listed(scopes: list[str]) -> str:
    return f"the scope{'s' if len(scopes) > 1 else ''} {', '.join(scopes)}"
