"""The web server: health for whoever watches, and the doors that platforms ask for.

It listens on the loopback address unless the settings say otherwise.
"""

from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiohttp import web

from bot.metrics import CONTENT_TYPE
from bot.settings import BadSetting, Settings

MAX_BODY = 1024 * 1024
"""Bytes of a request: Slack's largest are some tens of kilobytes."""

Health = Callable[[], Awaitable[dict[str, str | None]]]
"""What there is, by name, and why it is not ready; None where it is."""

Scrape = Callable[[], Awaitable[bytes]]
"""The metrics as they stand."""

log = structlog.get_logger()


class Web:
    """One server for the whole service. `start`, then `stop`; without a port it does nothing."""

    def __init__(
        self,
        settings: Settings,
        ready: Health,
        routes: Iterable[web.RouteDef] = (),
        scrape: Scrape | None = None,
    ) -> None:
        self._host, self._port = settings.http_host, settings.http_port
        self._ready = ready
        self._app = web.Application(client_max_size=MAX_BODY)
        self._app.add_routes(
            [web.get("/live", self._live), web.get("/ready", self._is_ready), *routes]
        )
        if scrape is not None:
            self._app.add_routes([web.get("/metrics", _metrics(scrape))])
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int | None:
        """Where it listens; None before `start` and without a server."""
        if self._runner is None or not self._runner.addresses:
            return None
        port: int = self._runner.addresses[0][1]
        return port

    async def start(self) -> None:
        """Listen. Raises BadSetting where the address can't be had."""
        if self._port is None or self._runner is not None:
            return
        self._runner = web.AppRunner(self._app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self.stop()
            raise BadSetting(
                f"nothing can listen on {self._host}:{self._port} ({error.strerror}): set "
                "PAPERROUND_HTTP_HOST and PAPERROUND_HTTP_PORT"
            ) from error
        log.info("web server started", port=self.port)

    async def stop(self) -> None:
        """Finish what is being answered and let go of the port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _is_ready(self, _: web.Request) -> web.Response:
        found = await self._ready()
        missing = {name: why for name, why in found.items() if why is not None}
        said = {name: why is None for name, why in found.items()}
        if not missing:
            return web.json_response(said)
        return web.json_response(said | {"why": missing}, status=503)


def _metrics(scrape: Scrape) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=await scrape(), headers={"Content-Type": CONTENT_TYPE})

    return answer
