"""One WebSocket connection of the gateway: frames in and out, compressed as the client asks.

https://discord.com/developers/docs/events/gateway
"""

import asyncio
import importlib
import json
import zlib
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web
from fakes.discord import shapes

if TYPE_CHECKING:
    from fakes.discord.gateway import Gateway, Session

HEARTBEAT, IDENTIFY, PRESENCE, RESUME, REQUEST_MEMBERS = 1, 2, 3, 6, 8
SENDS = 120
"""Frames that a client may send in a minute."""


class Socket:
    """A connection; what is sent is queued, so that nobody waits for a slow client."""

    def __init__(self, gateway: "Gateway", compression: str | None) -> None:
        self.gateway = gateway
        self.session: Session | None = None
        self.closed_by_us = False
        self.received: list[dict[str, Any]] = []
        self._compress = _compressor(compression)
        self._queue: asyncio.Queue[bytes | str | int] = asyncio.Queue()
        self._ws = web.WebSocketResponse(compress=False, autoping=True)
        self._request: web.Request | None = None
        self._times: list[float] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Until either side closes."""
        self._request = request
        await self._ws.prepare(request)
        interval = int(self.gateway.heartbeat_interval_s * 1000)
        self.send({"op": 10, "d": {"heartbeat_interval": interval}, "s": None, "t": None})
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._ws:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    self._receive(message.data)
        finally:
            writer.cancel()
            self.gateway.lost(self, self._ws.close_code)
        return self._ws

    def send(self, frame: dict[str, Any]) -> None:
        self.send_text(json.dumps(frame))

    def send_text(self, text: str) -> None:
        self._queue.put_nowait(self._compress(text.encode()) if self._compress else text)

    def close(self, code: int) -> None:
        """Close after everything that is queued."""
        self.closed_by_us = True
        self._queue.put_nowait(code)

    def abort(self) -> None:
        if self._request is not None and self._request.transport is not None:
            self._request.transport.abort()

    async def _write(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                if isinstance(item, int):
                    await self._ws.close(code=item)
                elif isinstance(item, str):
                    await self._ws.send_str(item)
                else:
                    await self._ws.send_bytes(item)
            except ConnectionError:
                return

    def _receive(self, text: str | bytes) -> None:
        try:
            frame = json.loads(text)
            op, data = frame["op"], frame.get("d")
        except (ValueError, KeyError, TypeError):
            return self.close(4002)
        self.received.append(frame)
        now = self.gateway.world.clock()
        self._times = [at for at in self._times if at > now - 60] + [now]
        if len(self._times) > SENDS:
            return self.close(4008)
        if op == HEARTBEAT:
            self.gateway.counts["heartbeat"] += 1
            if self.gateway.acknowledges:
                self.send({"op": 11, "d": None, "s": None, "t": None})
        elif op == IDENTIFY:
            if self.session is not None:
                return self.close(4005)
            self.gateway.identify(self, data)
        elif op == RESUME:
            self.gateway.resume(self, data)
        elif self.session is None:
            return self.close(4003)
        elif op == REQUEST_MEMBERS:
            self._members(data)
        elif op not in (PRESENCE, 4):
            return self.close(4001)
        return None

    def _members(self, data: dict[str, Any]) -> None:
        guild = self.gateway.world.guilds.get(int(data["guild_id"]))
        if guild is None or self.session is None:
            return
        wanted = data.get("user_ids")
        found = [
            shapes.member(guild, one)
            for one in guild.members
            if (wanted is None or one.id in {int(number) for number in wanted})
            and one.name.startswith(data.get("query") or "")
        ]
        chunk = {
            "guild_id": str(guild.id),
            "members": found,
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
            "nonce": data.get("nonce"),
        }
        self.session.send("GUILD_MEMBERS_CHUNK", chunk)


def _compressor(name: str | None) -> Any:
    if name == "zlib-stream":
        stream = zlib.compressobj()
        return lambda data: stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)
    if name == "zstd-stream":
        return _zstd()
    return None


def _zstd() -> Any:
    try:
        module = importlib.import_module("zstandard")
    except ModuleNotFoundError:
        module = importlib.import_module("compression.zstd")
        stream = module.ZstdCompressor()
        return lambda data: stream.compress(data, module.ZstdCompressor.FLUSH_BLOCK)
    whole = module.ZstdCompressor().compressobj()
    return lambda data: whole.compress(data) + whole.flush(module.COMPRESSOBJ_FLUSH_BLOCK)
