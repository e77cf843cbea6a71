"""A stand-in for Discord that the real discord.py client talks to over real sockets.

    async with DiscordServer() as server:                # discord.py in this process points here
        ada = server.user("ada", locale="en-GB")
        lab = server.guild("Lab", owner=ada)             # the bot is a member
        room = server.text(lab, "reading-group")         # also .forum, .announcement, .role
        ... await client.start(server.token) ...
        answer = await ada.command("papers", "follow", {"interest": "bees"}, channel=room)
        assert "Following" in answer.text and answer.ephemeral
        assert room.history[-1].text == "..." and server.violations == []

Clients: give `Client(guild_ready_timeout=0.05)`, or on_ready waits two seconds, and
`allowed_mentions=AllowedMentions.none()`, or every text is a violation. `library` has
`running(client, token)`, `without_waiting()` for discord.py's own pauses, `connector` for TLS.

State (`nouns`): `server.application`, `.bot`, `.token`, `.world`; `server.another_application()`;
`channel.history`, `.threads`, `.typing`; `message.text`, `.buttons`, `.embeds`, `.components`,
`.versions`, `.nonce`, `.thread`, `.only_for`; `server.commands(guild=None)`; `server.dms(user)`.
People (`people`): `command`, `autocomplete`, `press`, `select`, `submit_modal`,
`context_command`, `say`, `install`, and `dms`, `ephemerals`, `modal`, `sees(channel)`,
`dms_closed`; an `Answer` has `text`, `message`, `followups`, `ephemeral`, `modal`, `choices`.
They raise CannotDo for what Discord's client would refuse, NoAnswer where the bot is silent.
Changes from outside: `server.delete_channel`, `.delete_message`, `.join`, `.leave`, `.deny`.
Faults: `server.faults.add("POST", "/channels/*/messages", status=503)` (`faults`);
limits: `server.limits.limit(...)`, `.as_discord()` (`limits`); the gateway: `server.gateway`.
Knobs: `server.rest.ack_limit_s`, `.token_limit_s`, `.nonce_window_s`, `.check_bodies`.
Record: `server.counts["POST /channels/{channel_id}/messages"]`, `server.seen` (each request with
body and status), `server.violations`, `server.invalid_requests`, `server.limits.busiest_second`.
Waiting: `await server.until(lambda: room.history)`, `await server.gateway.until_ready()`.

In a process of its own: `python -m fakes.discord.control` (see there).
"""

import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Self

from aiohttp import web
from fakes.discord import control, nouns, permissions, posting, shapes
from fakes.discord import routes_accounts as _accounts
from fakes.discord import routes_channels as _channels
from fakes.discord import routes_commands as _commands
from fakes.discord import routes_interactions as _interactions
from fakes.discord.faults import Faults
from fakes.discord.gateway import Gateway
from fakes.discord.library import TLS_BASE, TLS_GATEWAY, library_points_at
from fakes.discord.limits import Limits
from fakes.discord.nouns import Application, Channel, Guild, Message, Role, User
from fakes.discord.people import Person
from fakes.discord.rest import Rest, Seen
from fakes.discord.world import World

HOST = "127.0.0.1"
ROUTES = (_accounts, _channels, _commands, _interactions)  # they register when imported


class DiscordServer:
    """REST on one port, the gateway on another; stop with the `async with` block.

    `ssl_context` serves both over TLS under Discord's own names (see `library.connector`);
    `clock` gives seconds since 1970 and may be moved by hand.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        ssl_context: ssl.SSLContext | None = None,
        point_library: bool = True,
        ports: tuple[int, int] = (0, 0),
    ) -> None:
        self.world = World(clock)
        self.gateway = Gateway(self.world)
        self.rest = Rest(self.world, self.gateway)
        self.application = self.another_application("paperround")
        self.ports = ports
        self._ssl = ssl_context
        self._point_library = point_library
        self._stack = ExitStack()
        self._runner: web.AppRunner | None = None
        self._gateway_site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2**26)
        control.add_routes(app, self)
        app.router.add_route("GET", "/", self.gateway.handle)
        app.router.add_route("*", "/{path:.*}", self.rest.handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self.ports[0], ssl_context=self._ssl)
        await site.start()
        self.ports = (_port(site), self.ports[1])
        await self._start_gateway()
        self.gateway.start_listening = self._start_gateway
        self.gateway.stop_listening = self._stop_gateway
        if self._point_library:
            self._stack.enter_context(library_points_at(self.base_url, self.gateway_url))
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._stack.close()
        self.gateway.abort()
        if self._runner is not None:
            await self._runner.cleanup()
        for crash in self.rest.crashes[:1]:
            if error is None:
                raise AssertionError(f"the stand-in is broken:\n{crash}")
            error.add_note(f"the stand-in is broken:\n{crash}")

    async def _start_gateway(self) -> None:
        if self._gateway_site is None and self._runner is not None:
            site = web.TCPSite(self._runner, HOST, self.ports[1], ssl_context=self._ssl)
            await site.start()
            self._gateway_site = site
            self.ports = (self.ports[0], _port(site))
            self.gateway.url = self.gateway_url
            self.world.files_url = self.base_url.removesuffix("/api/v10")

    async def _stop_gateway(self) -> None:
        if self._gateway_site is not None:
            await self._gateway_site.stop()
            self._gateway_site = None

    @property
    def base_url(self) -> str:
        """What goes into `discord.http.Route.BASE`."""
        return f"http://{HOST}:{self.ports[0]}/api/v10" if not self._ssl else TLS_BASE

    @property
    def gateway_url(self) -> str:
        """What goes into `DiscordWebSocket.DEFAULT_GATEWAY`; READY says the same for resuming."""
        return f"ws://{HOST}:{self.ports[1]}/" if not self._ssl else TLS_GATEWAY

    # --- what exists -----------------------------------------------------------------------

    @property
    def token(self) -> str:
        return self.application.token

    @property
    def bot(self) -> User:
        return self.application.bot

    def another_application(self, name: str) -> Application:
        """An app with a bot; the first, `server.application`, is there from the start."""
        world = self.world
        owner = User(id=world.new_id(), name=f"{name}-owner")
        number = world.new_id()
        bot = User(id=number, name=name, bot=True)
        token = f"{number}.{name}.stand-in"
        app = Application(id=number, name=name, token=token, bot=bot, owner=owner)
        world.applications[number] = app
        world.users |= {number: bot, owner.id: owner}
        return app

    def user(self, name: str, *, locale: str = "en-US", dms_closed: bool = False) -> Person:
        """A person."""
        person = Person(
            id=self.world.new_id(), name=name, locale=locale, dms_closed=dms_closed, server=self
        )
        self.world.users[person.id] = person
        return person

    def guild(
        self,
        name: str,
        *,
        owner: User,
        members: Sequence[User] = (),
        bots: Sequence[Application] | None = None,
        locale: str = "en-US",
        number: int | None = None,
    ) -> Guild:
        """A guild; `bots` are the apps that are in it (None: the first one)."""
        number = number or self.world.new_id()
        everyone = Role(id=number, name="@everyone", permissions=permissions.EVERYONE, position=0)
        guild = Guild(id=number, name=name, owner=owner, everyone=everyone, locale=locale)
        for member in (owner, *members):
            guild.members[member] = set()
        self.world.guilds[number] = guild
        for app in (self.application,) if bots is None else bots:
            self.join(guild, app)
        return guild

    def text(self, guild: Guild, name: str, **more: Any) -> Channel:
        """A text channel."""
        return self._channel(guild, name, nouns.TEXT, **more)

    def announcement(self, guild: Guild, name: str, **more: Any) -> Channel:
        """An announcement channel."""
        return self._channel(guild, name, nouns.ANNOUNCEMENT, **more)

    def forum(self, guild: Guild, name: str, *, tags: Sequence[str] = (), **more: Any) -> Channel:
        """A forum; `tag_required=True` refuses posts without a tag."""
        numbered = {self.world.new_id(): tag for tag in tags}
        return self._channel(guild, name, nouns.FORUM, tags=numbered, **more)

    def _channel(self, guild: Guild, name: str, kind: int, **more: Any) -> Channel:
        made = Channel(id=self.world.new_id(), type=kind, name=name, guild=guild, **more)
        guild.channels[made.id] = self.world.channels[made.id] = made
        posting.tell_channel(self.world, "CREATE", made)
        return made

    def role(self, guild: Guild, name: str, *allowed: str, members: Sequence[User] = ()) -> Role:
        """A role with these permissions (`permissions.BITS`), given to these members."""
        made = Role(id=self.world.new_id(), name=name, permissions=permissions.bits(*allowed))
        guild.roles[made.id] = made
        for member in members:
            guild.members[member].add(made.id)
        data = {"guild_id": str(guild.id), "role": shapes.role(made)}
        self.world.emit("GUILD_ROLE_CREATE", data, guild=guild, apps=self._apps_in(guild))
        return made

    def private_channel(self, *people: User) -> Channel:
        """Direct messages among people, without the bot."""
        kind = nouns.DM if len(people) == 2 else nouns.GROUP_DM
        made = Channel(id=self.world.new_id(), type=kind, recipients=list(people))
        self.world.channels[made.id] = made
        return made

    # --- what changes ----------------------------------------------------------------------

    def join(self, guild: Guild, app: Application | None = None) -> None:
        """The bot is added to the guild."""
        app = app or self.application
        guild.members[app.bot] = set()
        data = shapes.guild(guild, app.bot, created=True)
        self.world.emit("GUILD_CREATE", data, guild=guild, apps=[app])

    def leave(self, guild: Guild, app: Application | None = None) -> None:
        """The bot is thrown out of the guild."""
        app = app or self.application
        guild.members.pop(app.bot, None)
        self.world.emit("GUILD_DELETE", {"id": str(guild.id)}, guild=guild, apps=[app])

    def delete_channel(self, channel: Channel) -> None:
        """Someone deletes the channel or thread."""
        _channels.remove(self.world, channel)

    def delete_message(self, message: Message) -> None:
        """Someone deletes the message."""
        posting.delete(self.world, message)

    def deny(self, channel: Channel, target: User | Role, *names: str) -> None:
        """The channel's overwrite for a role or user takes these permissions away."""
        allowed, denied = channel.overwrites.get(target.id, (0, 0))
        channel.overwrites[target.id] = (allowed, denied | permissions.bits(*names))
        posting.tell_channel(self.world, "UPDATE", channel)

    def _apps_in(self, guild: Guild) -> list[Application]:
        return [app for app in self.world.applications.values() if app.bot in guild.members]

    # --- what can be read ------------------------------------------------------------------

    def dms(self, user: User) -> list[Message]:
        """Direct messages between the user and the bot, oldest first."""
        return self.world.dm(self.application, user).history

    def commands(self, guild: Guild | None = None) -> list[dict[str, Any]]:
        """Commands registered for everywhere, or for this guild alone."""
        found = self.application.commands.get(guild.id if guild else None, {})
        return list(found.values())

    @property
    def faults(self) -> Faults:
        return self.rest.faults

    @property
    def limits(self) -> Limits:
        return self.rest.limits

    @property
    def violations(self) -> list[str]:
        return self.rest.violations

    @property
    def counts(self) -> Counter[str]:
        return self.rest.counts

    @property
    def seen(self) -> Sequence[Seen]:
        return self.rest.seen

    @property
    def invalid_requests(self) -> int:
        return self.rest.invalid_requests

    async def until(self, holds: Callable[[], Any], *, within_s: float = 60.0) -> None:
        """Wait until something holds, looked at after each request. Raises TimeoutError."""
        await self.rest.until(holds, within_s=within_s)


def _port(site: web.TCPSite) -> int:
    server = site._server
    assert server is not None
    port: int = server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    return port
