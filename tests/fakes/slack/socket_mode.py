"""Socket Mode: the WebSockets that the app opens, and the envelopes that go through them."""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web
from fakes.slack.delivery import Handed
from fakes.slack.state import Json

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


class Sockets:
    """`open` holds the connections; each envelope goes to one of them, in turn.

    `acks` holds every message that the app sent, `opened` counts connections ever made.
    """

    def __init__(self, server: "SlackServer") -> None:
        self._server = server
        self.open: list[web.WebSocketResponse] = []
        self.opened = 0
        self.acks: list[Json] = []
        self.answer_pings = True
        """False: a connection opened from now on never answers the app's pings."""
        self._tickets: set[str] = set()
        self._waiting: dict[str, Handed] = {}
        self._transports: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self._turn = 0

    def ticket(self) -> str:
        """A URL that serves for one connection."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        base = self._server.url.replace("http://", "ws://")
        return f"{base}/link/?ticket={ticket}&app_id={self._server.app.id}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side ends it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="no such ticket")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=self.answer_pings)
        await socket.prepare(request)
        self.open.append(socket)
        self._transports[socket] = request.transport
        self.opened += 1
        await socket.send_json(self._hello())
        self._server.changed()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            self._forget(socket)
            del self._transports[socket]
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {
                "host": "applink-test",
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._server.app.id},
        }

    def _acknowledged(self, message: Json) -> None:
        self.acks.append(message)
        handed = self._waiting.pop(message.get("envelope_id", ""), None)
        if handed is not None:
            handed.answered(message.get("payload"), self._server.delivery.patience)
        self._server.changed()

    def _forget(self, socket: web.WebSocketResponse) -> None:
        if socket in self.open:
            self.open.remove(socket)
        self._server.changed()

    async def send(self, handed: Handed, reason: str) -> None:
        """Send an envelope through the next connection in turn."""
        handed.envelope_id = str(uuid.uuid4())
        self._waiting[handed.envelope_id] = handed
        envelope: Json = {
            "envelope_id": handed.envelope_id,
            "type": handed.kind,
            "payload": handed.payload,
            "accepts_response_payload": handed.kind != "events_api",
        }
        if handed.kind == "events_api":
            envelope |= {"retry_attempt": handed.attempt, "retry_reason": reason}
        self._turn += 1
        socket = self.open[self._turn % len(self.open)]
        with suppress(ConnectionError):
            await socket.send_json(envelope)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce the end of every connection, as Slack does now and then.

        After `warning` they stay open; after `refresh_requested` and `link_disabled` they close.
        """
        for socket in list(self.open):
            farewell = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink"}}
            with suppress(ConnectionError):
                await socket.send_json(farewell)
            if reason != "warning":
                self._forget(socket)
                await self._end(socket)

    async def _end(self, socket: web.WebSocketResponse) -> None:
        # The closing handshake waits for the other side, which may be gone.
        with suppress(TimeoutError, ConnectionError):
            await asyncio.wait_for(socket.close(), 1)

    async def close(self) -> None:
        """Close every connection properly, without a word."""
        for socket in list(self.open):
            self._forget(socket)
            await self._end(socket)

    def abort(self) -> None:
        """Cut every connection."""
        for socket in list(self.open):
            self._forget(socket)
            if transport := self._transports.get(socket):
                transport.abort()

    async def ping(self) -> None:
        """Send a ping frame through every connection, as Slack does every few seconds."""
        for socket in list(self.open):
            await socket.ping(b"Ping from applink")

    async def raw(self, text: str) -> None:
        """Send any text through every connection: what is no JSON, or of no known type."""
        for socket in list(self.open):
            await socket.send_str(text)
