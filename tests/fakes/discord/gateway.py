"""The gateway: sessions that hear events, break in every way, and are resumed.

server.gateway.ask_reconnect()          # op 7
server.gateway.invalidate(resumable=False)  # op 9
server.gateway.close(4009)              # a close frame with this code
server.gateway.abort()                  # the TCP connection is gone, no goodbye
await server.gateway.go_away()          # connections refused until come_back()
server.gateway.acknowledges = False     # heartbeats stay without ACK
server.gateway.inject("INTERACTION_CREATE", {"oops": 1})
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web
from fakes.discord import shapes
from fakes.discord.gateway_socket import Socket
from fakes.discord.nouns import Application, Guild
from fakes.discord.world import World

GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, GUILD_REACTIONS = 1 << 0, 1 << 1, 1 << 9, 1 << 10
GUILD_TYPING, DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 11, 1 << 12, 1 << 13, 1 << 14
PRESENCES, MESSAGE_CONTENT = 1 << 8, 1 << 15
PRIVILEGED = GUILD_MEMBERS | PRESENCES | MESSAGE_CONTENT

KEPT = 5_000
"""Events that a session remembers for a resume."""

INTENTS = [
    ("INTERACTION_", 0, 0),
    ("MESSAGE_REACTION_", GUILD_REACTIONS, DIRECT_REACTIONS),
    ("MESSAGE_", GUILD_MESSAGES, DIRECT_MESSAGES),
    ("TYPING_", GUILD_TYPING, DIRECT_TYPING),
    ("GUILD_MEMBER_", GUILD_MEMBERS, 0),
    ("GUILD_", GUILDS, 0),
    ("CHANNEL_", GUILDS, 0),
    ("THREAD_", GUILDS, 0),
]
"""Event prefix, intent needed in a guild, intent needed in direct messages."""


class Session:
    """What one shard of one bot has heard, kept for a resume."""

    def __init__(self, app: Application, shard: tuple[int, int], intents: int) -> None:
        self.id = secrets.token_hex(16)
        self.app = app
        self.shard = shard
        self.intents = intents
        self.sequence = 0
        self.log: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.socket: Socket | None = None
        self.lost_at: float | None = None

    def hears(self, event: str, data: dict[str, Any], guild: Guild | None) -> bool:
        number = (guild.id >> 22) % self.shard[1] if guild else 0
        if number != self.shard[0]:
            return False
        for prefix, in_guild, in_dm in INTENTS:
            if event.startswith(prefix):
                needed = in_guild if guild else in_dm
                return not needed or bool(self.intents & needed)
        return True

    def send(self, event: str, data: dict[str, Any]) -> None:
        """Send now, and remember for a resume."""
        self.sequence += 1
        frame = {"op": 0, "t": event, "s": self.sequence, "d": self._seen(event, data)}
        self.log.append(frame)
        if self.socket is not None:
            self.socket.send(frame)

    def _seen(self, event: str, data: dict[str, Any]) -> dict[str, Any]:
        hidden = (
            event in ("MESSAGE_CREATE", "MESSAGE_UPDATE")
            and not self.intents & MESSAGE_CONTENT
            and "guild_id" in data
            and data["author"]["id"] != str(self.app.bot.id)
            and self.app.bot.mention not in data["content"]
        )
        return data | {"content": "", "embeds": [], "components": []} if hidden else data


class Gateway:
    """Every connection and session, of all bots."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.emit = self.emit
        self.url = ""
        self.shards = 1
        """What /gateway/bot recommends."""
        self.session_starts = 1_000
        """IDENTIFYs that are left today."""
        self.heartbeat_interval_s = 41.25
        self.resume_window_s = 120.0
        self.acknowledges = True
        self.refuse_next: list[int | None] = []
        """Connections to refuse: an HTTP status each, or None for a cut."""
        self.sharding_required = False
        self.sessions: dict[str, Session] = {}
        self.sockets: list[Socket] = []
        self.counts: Counter[str] = Counter()
        """`connect`, `identify`, `resume`, `resumed`, `heartbeat`, `refused`."""
        self.closes: list[int | None] = []
        """The codes with which clients closed."""
        self._changed = asyncio.Event()
        self.stop_listening: Callable[[], Any] | None = None
        self.start_listening: Callable[[], Any] | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One WebSocket connection, from upgrade to close."""
        if self.refuse_next:
            self.counts["refused"] += 1
            status = self.refuse_next.pop(0)
            if status is None and request.transport is not None:
                request.transport.abort()
            return web.Response(status=status or 503)
        self.counts["connect"] += 1
        socket = Socket(self, request.query.get("compress"))
        self.sockets.append(socket)
        try:
            return await socket.serve(request)
        finally:
            self.sockets.remove(socket)

    # --- what clients say ------------------------------------------------------------------

    def identify(self, socket: Socket, data: dict[str, Any]) -> None:
        self.counts["identify"] += 1
        app = self._application(data.get("token"))
        if app is None or self.session_starts <= 0:
            return socket.close(4004)
        shard = tuple(data.get("shard") or (0, 1))
        if not 0 <= shard[0] < shard[1]:
            return socket.close(4010)
        if self.sharding_required and shard[1] < 2:
            return socket.close(4011)
        intents = data.get("intents")
        if not isinstance(intents, int):
            return socket.close(4013)
        if intents & PRIVILEGED and not app.privileged_intents:
            return socket.close(4014)
        self.session_starts -= 1
        session = Session(app, (shard[0], shard[1]), intents)
        self.sessions[session.id] = session
        self._attach(session, socket)
        guilds = [
            guild
            for guild in self.world.guilds_of(app.bot)
            if (guild.id >> 22) % session.shard[1] == session.shard[0]
        ]
        ready = {
            "v": 10,
            "user": shapes.me(app),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(app.id), "flags": 0},
            "private_channels": [],
            "presences": [],
            "relationships": [],
        }
        session.send("READY", ready)
        for guild in guilds:
            session.send("GUILD_CREATE", shapes.guild(guild, app.bot, created=True))
        self._changed.set()
        return None

    def resume(self, socket: Socket, data: dict[str, Any]) -> None:
        self.counts["resume"] += 1
        session = self.sessions.get(data.get("session_id") or "")
        if self._application(data.get("token")) is None:
            return socket.close(4004)
        if session is None or self._is_stale(session):
            return socket.send({"op": 9, "d": False, "s": None, "t": None})
        missed = data.get("seq") or 0
        if missed > session.sequence:
            return socket.close(4007)
        self._attach(session, socket)
        for frame in session.log:
            if frame["s"] > missed:
                socket.send(frame)
        session.send("RESUMED", {"_trace": []})
        self.counts["resumed"] += 1
        self._changed.set()
        return None

    def lost(self, socket: Socket, code: int | None) -> None:
        """A connection is gone; 1000 and 1001 from the client end its session."""
        self.closes.append(code)
        session = socket.session
        if session is not None and session.socket is socket:
            session.socket = None
            session.lost_at = self.world.clock()
            if code in (1000, 1001) and not socket.closed_by_us:
                self.sessions.pop(session.id, None)
        self._changed.set()

    def _attach(self, session: Session, socket: Socket) -> None:
        session.socket, socket.session, session.lost_at = socket, session, None

    def _is_stale(self, session: Session) -> bool:
        lost = session.lost_at
        return lost is not None and self.world.clock() - lost > self.resume_window_s

    def _application(self, token: Any) -> Application | None:
        return next((a for a in self.world.applications.values() if a.token == token), None)

    # --- what happens ----------------------------------------------------------------------

    def emit(
        self,
        event: str,
        data: dict[str, Any],
        *,
        guild: Guild | None = None,
        apps: Iterable[Application],
    ) -> None:
        """Send an event to every session of these apps that hears it."""
        apps = list(apps)
        for session in list(self.sessions.values()):
            if session.app in apps and session.hears(event, data, guild):
                session.send(event, data)

    def inject(self, event: str, data: Any) -> None:
        """Send any data under any event name to every connected session, well formed or not."""
        for session in self.live:
            session.send(event, data)

    def inject_raw(self, text: str) -> None:
        """Send any text as one frame to every connection."""
        for socket in self.sockets:
            socket.send_text(text)

    @property
    def live(self) -> list[Session]:
        """Sessions with a connection."""
        return [session for session in self.sessions.values() if session.socket is not None]

    async def until(self, seen: Callable[[], Any], *, within_s: float = 60.0) -> None:
        """Wait until something holds, looked at after each connect, resume and loss."""
        async with asyncio.timeout(within_s):
            while not seen():
                self._changed.clear()
                await self._changed.wait()

    async def until_ready(self, sessions: int = 1, *, within_s: float = 60.0) -> None:
        """Wait until so many sessions are connected."""
        await self.until(lambda: len(self.live) >= sessions, within_s=within_s)

    # --- what goes wrong -------------------------------------------------------------------

    def ask_reconnect(self) -> None:
        """Op 7 to every connection."""
        for socket in self.sockets:
            socket.send({"op": 7, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9 to every connection; without `resumable` the sessions are forgotten."""
        if not resumable:
            self.sessions.clear()
        for socket in self.sockets:
            socket.send({"op": 9, "d": resumable, "s": None, "t": None})

    def close(self, code: int) -> None:
        """Close every connection with this code; 4007 and 4009 end the sessions."""
        if code in (4007, 4009):
            self.sessions.clear()
        for socket in list(self.sockets):
            socket.close(code)

    def abort(self) -> None:
        """Cut every TCP connection."""
        for socket in list(self.sockets):
            socket.abort()

    async def go_away(self, *, cut: bool = True) -> None:
        """Refuse connections from now on; `cut` ends the present ones as well."""
        if self.stop_listening:
            await self.stop_listening()
        if cut:
            self.abort()

    async def come_back(self) -> None:
        """Listen again, at the same address."""
        if self.start_listening:
            await self.start_listening()
