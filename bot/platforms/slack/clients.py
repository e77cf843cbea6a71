"""Clients: whoever speaks to Slack does it through these, over one pool of connections.

None repeats a call by itself: where an answer was lost, Slack may have done what it was asked. Only
a 429 is certain, and may be waited for.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.platforms.slack.installs import Source

CALL_S = 15.0
"""The longest that one call may take."""

LONGEST_WAIT_S = 30.0
"""A person waits no longer for an answer that Slack holds back."""

TRIES = 3

NETWORK = (aiohttp.ClientError, TimeoutError, OSError)
"""What is raised where no answer came."""

quiet: Final = logging.getLogger("paperround.slack")
"""What the libraries log. At lower levels they tell what people wrote."""
quiet.setLevel(logging.ERROR)

T = TypeVar("T")


class HookRefused(Exception):
    """A response_url took nothing: it is used up or too old, or its message is wrong."""


class Clients:
    """One client for each workspace, and those without a workspace."""

    def __init__(self, api_url: str, source: Source) -> None:
        self._api_url = api_url
        self._source = source
        self._session: aiohttp.ClientSession | None = None

    async def of(self, workspace: str) -> AsyncWebClient:
        """The client that speaks as the bot of a workspace. Raises NotInstalled."""
        install = await self._source.of(workspace)
        return self.with_token(install.token)

    def with_token(self, token: str | None = None) -> AsyncWebClient:
        """A client with any token, or none."""
        return AsyncWebClient(
            token,
            base_url=self._api_url,
            session=self._open(),
            retry_handlers=[],
            logger=quiet,
        )

    async def to_hook(self, url: str, body: dict[str, Any]) -> None:
        """Send a message to a response_url. Raises HookRefused, or whatever a network raises."""
        client = AsyncWebhookClient(url, session=self._open(), retry_handlers=[], logger=quiet)
        for last in (False, False, True):
            answer = await client.send_dict(body)
            if answer.status_code == 200:
                return
            wait = _seconds(answer.headers.get("Retry-After"))
            if answer.status_code != 429 or last or wait > LONGEST_WAIT_S:
                raise HookRefused(f"status {answer.status_code}")
            await asyncio.sleep(wait)

    def is_ours(self, url: str) -> bool:
        """Whether an address is Slack's own, so that it may be shown the bot's token."""
        wanted, api = urlsplit(url), urlsplit(self._api_url)
        if (wanted.scheme, wanted.netloc) == (api.scheme, api.netloc):
            return True
        return wanted.scheme == "https" and wanted.hostname == "files.slack.com"

    async def fetch(self, workspace: str, url: str, most: int) -> tuple[str | None, bytes]:
        """`(content type, bytes)` of a file of Slack's, at most so many; no type: it is refused.

        Raises NotInstalled, or whatever a network raises.
        """
        install = await self._source.of(workspace)
        headers = {"Authorization": f"Bearer {install.token}"}
        async with self._open().get(url, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:
                return None, b""
            chunks, size = [], 0
            async for chunk in answer.content.iter_chunked(65_536):
                chunks.append(chunk)
                size += len(chunk)
                if size >= most:
                    break
            return answer.headers.get("Content-Type", ""), b"".join(chunks)[:most]

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_S))
        return self._session


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """What the call gives; a 429, which says that nothing was done, is waited for."""
    for _ in range(TRIES - 1):
        try:
            return await call()
        except SlackApiError as error:
            wait = _seconds(_response(error, "headers").get("Retry-After"))
            if not is_rate_limit(error) or wait > LONGEST_WAIT_S:
                raise
            await asyncio.sleep(wait)
    return await call()


def error_code(error: SlackApiError) -> str:
    """Slack's word for what is wrong, `channel_not_found`; empty where it said none."""
    return str(_response(error, "data").get("error") or "")


def needed_scope(error: SlackApiError) -> str:
    """The scope that a call would have needed; empty where that was not the trouble."""
    if error_code(error) != "missing_scope":
        return ""
    return str(_response(error, "data").get("needed") or "unknown")


def is_rate_limit(error: SlackApiError) -> bool:
    """Whether Slack asks to come later."""
    status = getattr(error.response, "status_code", None)
    return status == 429 or error_code(error) in ("ratelimited", "rate_limited")


def _response(error: SlackApiError, part: str) -> Any:
    """The response's headers or data: a mapping, whatever it was that came."""
    found = getattr(error.response, part, None)
    return found if hasattr(found, "get") else {}


def _seconds(text: str | None) -> float:
    try:
        return max(0.0, float(text or 1))
    except ValueError:
        return 1.0
