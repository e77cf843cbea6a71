"""A server that answers like a live source, well or badly, and remembers what it was asked."""

import asyncio
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

JSON, XML = "application/json", "application/rss+xml"


@dataclass
class Said:
    """One answer."""

    body: bytes = b""
    status: int = 200
    kind: str = XML
    headers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0.0
    cut: int | None = None
    """So many bytes are sent of a body that claims to be whole."""


Script = Callable[[web.Request], Said]


class SourceServer:
    """An async context manager; `says` sets what stands at a path."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self._scripts: dict[str, Script] = {}
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def __aenter__(self) -> "SourceServer":
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    def says(self, path: str, said: Said | Script) -> None:
        self._scripts[path] = said if callable(said) else lambda _: said

    def says_with_etag(self, path: str, body: bytes, kind: str = XML) -> None:
        """As a well-behaved server: unchanged is answered with 304."""
        tag = f'"{hash(body) & 0xFFFFFF:x}"'

        def script(request: web.Request) -> Said:
            if request.headers.get("If-None-Match") == tag:
                return Said(status=304, headers={"ETag": tag})
            return Said(body, kind=kind, headers={"ETag": tag})

        self._scripts[path] = script

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        script = self._scripts.get(request.path)
        said = script(request) if script else Said(status=404)
        await asyncio.sleep(said.after_s)
        headers = {"Content-Type": said.kind, **said.headers}
        if said.cut is None:
            return web.Response(body=said.body, status=said.status, headers=headers)
        answer = web.StreamResponse(
            status=said.status, headers=headers | {"Content-Length": str(len(said.body))}
        )
        await answer.prepare(request)
        await answer.write(said.body[: said.cut])
        assert request.transport is not None
        request.transport.close()
        return answer


def packed(body: bytes, kind: str = XML) -> Said:
    """Compressed on its way."""
    return Said(gzip.compress(body), kind=kind, headers={"Content-Encoding": "gzip"})
