"""`POST /dumps`: whoever has the token hands in a dump.

The dump is read before it is answered, so that a refusal says why, and put into the inbox: what was
accepted is on the disk, and goes the way of every file. The body is the dump itself, `?name=` what
it is called.
"""

import asyncio
import hmac
import os
import re
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import SecretStr

from storage import traces
from storage.dumps import MAX_BYTES, NotADump, read_dump
from storage.records import Dump, RawDump

PATIENCE = timedelta(seconds=60)
"""For the whole body to arrive."""

AT_ONCE = 4
"""Bodies that are taken in at a time."""

_UNFIT = re.compile(r"[^\w.\-]+")

log = structlog.get_logger()


class Push:
    """The route, and what it may take."""

    def __init__(self, token: SecretStr, inbox: Path, limit: int = MAX_BYTES) -> None:
        self._token = token
        self._inbox = inbox
        self._limit = limit
        self._room = asyncio.Semaphore(AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """For the web server."""
        return [web.post("/dumps", self._post)]

    async def _post(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ours = self._token.get_secret_value().encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), ours):
            return _refused(401, "send the token as `Authorization: Bearer …`")
        if self._room.locked():
            return _refused(429, "others are handing in dumps: try again in a while")
        async with self._room:
            try:
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    data = await self._body(request)
            except TimeoutError:
                return _refused(408, f"the dump did not arrive within {PATIENCE}")
            if data is None:
                return _refused(413, f"a dump has at most {self._limit // 2**20} MB")
            return await self._take(request.query.get("name", ""), data)

    async def _body(self, request: web.Request) -> bytes | None:
        """None where there is too much of it."""
        found = bytearray()
        async for chunk in request.content.iter_chunked(2**16):
            found += chunk
            if len(found) > self._limit:
                return None
        return bytes(found)

    async def _take(self, name: str, data: bytes) -> web.Response:
        raw = RawDump(name=_UNFIT.sub("-", name).strip("-.")[:80] or "pushed", data=data)
        try:
            dump: Dump = await asyncio.to_thread(read_dump, raw)
        except NotADump as error:
            return _refused(422, str(error))
        await asyncio.to_thread(_put, self._inbox / f"push-{raw.sha256[:12]}-{raw.name}", data)
        with traces.bound(traces.of_dump(raw.sha256)):
            log.info("dump pushed", file=raw.name, entries=len(dump.entries))
        return web.json_response(
            {
                "name": raw.name,
                "layout": dump.layout,
                "entries": len(dump.entries),
                "rejects": len(dump.rejects),
                "sha256": raw.sha256,
            },
            status=202,
        )


def _put(path: Path, data: bytes) -> None:
    """The file is whole under its name, or not there; on the disk before anyone is told."""
    half = path.with_name(f"{path.name}.part")
    with half.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)


def _refused(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
