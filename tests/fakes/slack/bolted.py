"""Real Bolt apps and clients on the stand-in, for tests of the stand-in and of Bolt itself."""

from typing import TYPE_CHECKING, Any, Self

import pytest
from aiohttp import web
from fakes.slack.server import SlackServer
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def careful_client(slack: SlackServer, token: str | None = None) -> AsyncWebClient:
    """A client that never repeats a call by itself."""
    return AsyncWebClient(token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


async def refused(call: "Awaitable[Any]") -> dict[str, Any]:
    """What Slack answers to a call that must be refused."""
    with pytest.raises(SlackApiError) as error:
        await call
    return error.value.response.data


async def error_of(call: "Awaitable[Any]") -> str:
    """The reason of a refusal, as Slack names it."""
    return (await refused(call))["error"]


class Bolted:
    """Makes apps and connects them; leaving the context closes everything."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        self._open: list[Callable[[], Awaitable[Any]]] = []

    def app(self) -> AsyncApp:
        return AsyncApp(client=careful_client(self.slack), signing_secret=self.slack.signing_secret)

    async def socket(self, app: AsyncApp, *, ping_interval: float = 10) -> AsyncSocketModeHandler:
        """Connect the app over Socket Mode, one more connection each time."""
        handler = AsyncSocketModeHandler(app, self.slack.app_token, ping_interval=ping_interval)
        self._open.append(handler.close_async)
        before = self.slack.sockets.opened
        await handler.connect_async()
        await self.slack.until(lambda: self.slack.sockets.opened > before)
        return handler

    async def http(self, app: AsyncApp) -> str:
        """Put the app behind a request URL and enter that URL with Slack."""

        async def serve(request: web.Request) -> web.Response:
            bolt_request = await to_bolt_request(request)
            return await to_aiohttp_response(await app.async_dispatch(bolt_request))

        site = web.Application()
        site.add_routes([web.post("/slack/events", serve)])
        runner = web.AppRunner(site, shutdown_timeout=0.1)
        self._open.append(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.slack.http.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        return self.slack.http.url

    async def connect(self, app: AsyncApp, way: str) -> None:
        """Over the `socket` or over `http`."""
        await (self.http(app) if way == "http" else self.socket(app))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for close in reversed(self._open):
            await close()
