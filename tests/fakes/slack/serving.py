"""The stand-in as a web server: its routes, starting and stopping, and going away for a while."""

import asyncio
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.slack import control, hooks, oauth, web_api

if TYPE_CHECKING:
    from fakes.slack.delivery import Delivery
    from fakes.slack.socket_mode import Sockets

HOST = "127.0.0.1"


class Serving:
    """The part of the server that listens. `port` stays the same through `away` and `back`."""

    port: int
    sockets: "Sockets"
    delivery: "Delivery"
    _runner: web.AppRunner | None = None
    _site: web.TCPSite | None = None
    _woken: asyncio.Event
    leaving: asyncio.Task[None] | None = None
    """A departure that another process asked for."""
    accidents: list[Exception]
    """What went wrong in the stand-in itself; a test must not pass for that."""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        self._woken, self.accidents = asyncio.Event(), []
        app = web.Application(client_max_size=64 * 2**20)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._with(web_api.serve)),
                web.post("/upload/v1/{team}/{file}", self._with(web_api.upload)),
                web.get("/files-pri/{team}/{file}", self._with(web_api.download)),
                web.post("/actions/{team}/{id}/{secret}", self._with(hooks.serve)),
                web.get("/oauth/v2/authorize", self._with(oauth.serve)),
                web.get("/link/", self.sockets.serve),
                web.get("/__state", self._with(control.state)),
                web.post("/__fault", self._with(control.fault)),
                web.post("/__act", self._with(control.act)),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await self.back()

    def _with(self, serve: Any) -> Any:
        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                return await serve(self, request)
            except (web.HTTPException, ConnectionError):
                raise
            except Exception as error:
                self.accidents.append(error)
                raise

        return handler

    async def back(self) -> None:
        """Listen again, on the same port."""
        if self._site is None:
            assert self._runner is not None
            self._site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
            await self._site.start()
            if not self.port:
                self.port = self._runner.addresses[0][1]

    async def away(self) -> None:
        """Refuse every new connection and cut those that are open, sockets included."""
        if self._site is not None:
            site, self._site = self._site, None
            await site.stop()
            self.sockets.abort()
            assert self._runner is not None
            assert self._runner.server is not None
            for connection in list(self._runner.server.connections):
                if connection.transport is not None:
                    connection.transport.abort()

    async def stop(self) -> None:
        if self.leaving is not None:
            self.leaving.cancel()
        await self.delivery.stop()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()
