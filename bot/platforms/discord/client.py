"""The connected client: what happens on Discord becomes requests, and destinations come and go.

It holds no state of its own that a restart would miss: a button says all in its id, and an event
that comes a second time is known by its id.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands

from bot import closing
from bot.commands import Asker, Commands, Request, Room, Standing, Upload
from bot.messages import Button, Message, Style
from bot.pace import Pace
from bot.platforms.discord import channel_tree, menus, modals, render, tree, who
from bot.platforms.discord.answering import Interaction, respond
from bot.platforms.discord.buttons import Confirm, Press
from bot.platforms.discord.files import fetched
from bot.platforms.discord.syncing import sync
from storage import destinations
from storage.database import Database
from storage.records import Destination

REQUESTS_ALLOWED = 50
"""In any second, of all that a bot asks, answers to interactions apart.
https://discord.com/developers/docs/topics/rate-limits#global-rate-limit
"""

REQUESTS_PER_SECOND = 48.5
"""As they leave. On the way to Discord some draw closer together: what is left to the limit is for
them, so that the pace seldom has to wait for answers.
"""

REQUESTS_AT_ONCE = 40
"""Of a dump's alerts, after an idle second. The rest of what is allowed is for answers."""

CONNECTIONS = 100
"""To Discord, gateways included; the library's own have no end. They are used in turn, so as many
stay open as were ever needed at once, until there is less to do for fifteen seconds.
"""

UNCOUNTED = re.compile(r"/(interactions|webhooks)/")
"""Answers to interactions."""

RATE_LIMIT_PATIENCE_S = 30.0
"""discord.py sleeps through waits up to this; a longer one comes back to the outbox."""

GUILDS_WAIT_S = 2.0
"""How long a new connection waits for the servers that the bot is in before it is ready."""

log = structlog.get_logger()


def intents() -> discord.Intents:
    """Servers and their channels, and direct messages: nothing that Discord calls privileged."""
    return discord.Intents(guilds=True, dm_messages=True)


def _paced(pace: Pace) -> aiohttp.TraceConfig:
    """Lets every request take its turn as it leaves, also those that the library repeats or has
    held back: after a refusal they would all come at once, and be refused again.
    """

    async def take_turn(
        _: object, asking: SimpleNamespace, asked: aiohttp.TraceRequestStartParams
    ) -> None:
        asking.turn = None if UNCOUNTED.search(asked.url.path) else await pace.turn()

    async def answered(_: object, asking: SimpleNamespace, __: object) -> None:
        if asking.turn is not None:
            pace.answered(asking.turn)

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(take_turn)
    trace.on_request_end.append(answered)
    return trace


class PaperClient(discord.Client):
    """One connection. Never reused: the supervisor makes a new one."""

    def __init__(
        self, commands: Commands, db: Database, clock: Callable[[], datetime], **options: Any
    ) -> None:
        super().__init__(
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            max_ratelimit_timeout=RATE_LIMIT_PATIENCE_S,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILDS_WAIT_S,
            member_cache_flags=discord.MemberCacheFlags.none(),
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            http_trace=_paced(Pace(REQUESTS_PER_SECOND, REQUESTS_ALLOWED, REQUESTS_AT_ONCE)),
            **options,
        )
        self._commands = commands
        self._db = db
        self._clock = clock
        self.tree = app_commands.CommandTree(self)
        self._answers: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        """What must stand before the first event."""
        self.add_dynamic_items(Press, Confirm)
        self.tree.add_command(tree.Papers(self))
        self.tree.add_command(channel_tree.PapersChannel(self))
        for menu in menus.menus(self):
            self.tree.add_command(menu)
        await self.tree.set_translator(tree.Names())
        self.tree.error(self._command_failed)
        await sync(self.tree, self._db, self.application_id or 0)

    async def close(self) -> None:
        """Let answers that are being given end, then disconnect."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=5)
        await super().close()

    # --- what people do --------------------------------------------------------------------

    async def ask(
        self,
        interaction: Interaction,
        text: str,
        *,
        attachment: discord.Attachment | None = None,
        **more: Any,
    ) -> None:
        """Answer a slash command, or whatever stands for one."""
        request = who.request(interaction, text, **more)
        again = text.split(" ", 1)[0]
        answer = self._answer(interaction, request, attachment)
        await self._tracked(respond(interaction, answer, again))

    async def pressed(self, interaction: Interaction, action: str) -> None:
        """Answer the press of a button."""
        shown = interaction.message
        receipt = f"{shown.channel.id}/{shown.id}" if shown is not None else None
        request = who.request(interaction, action, receipt=receipt)
        await self._tracked(respond(interaction, self._answer(interaction, request), action))

    async def confirm(self, interaction: Interaction, action: str) -> None:
        """Ask once more before a press that can't be taken back."""
        message = Message(
            heading="Are you sure?",
            buttons=(Button(label="Yes, do it", action=action, style=Style.DANGER),),
        )
        await interaction.response.send_message(view=render.layout(message, ""), ephemeral=True)

    async def complete(
        self, interaction: Interaction, verb: str, option: str, typed: str
    ) -> list[app_commands.Choice[str]]:
        """What completes an option that is being typed."""
        found = await self._commands.complete(who.request(interaction, typed), verb, option)
        return [app_commands.Choice(name=one.label[:100], value=one.value[:100]) for one in found]

    async def on_interaction(self, interaction: Interaction) -> None:
        """Forms: read from the event itself, so that they outlive a restart."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        submitted = modals.submitted(dict(interaction.data or {}))
        if submitted is not None:
            action, fields = submitted
            request = who.request(interaction, action, fields=fields)
            await self._tracked(respond(interaction, self._answer(interaction, request), action))

    async def on_message(self, message: discord.Message) -> None:
        """A direct message is understood as a command."""
        if message.author.bot or message.guild is not None:
            return
        text, file = await _said(message)
        if not text:
            return
        if not await self._commands.first_time("discord", str(message.id)):
            return
        asker = who.asker(message.author)
        request = Request(asker=asker, text=text, file=file, prefix="")
        await self._tracked(self._reply(message, text, request))

    async def _reply(self, message: discord.Message, text: str, request: Request) -> None:
        reply = await self._commands.answer(request)
        said = reply.message or Message(
            heading="That works as a slash command",
            intro=f"Type `{who.PREFIX}{text.split()[0]}` here.",
        )
        try:
            for part in render.several(said, reply.ref):
                await message.channel.send(view=render.layout(part, reply.ref))
        except discord.HTTPException as error:
            log.warning("answer refused", code=error.code, status=error.status)

    async def _answer(
        self,
        interaction: Interaction,
        request: Request,
        attachment: discord.Attachment | None = None,
    ) -> Any:
        if not await self._commands.first_time("discord", str(interaction.id)):
            raise asyncio.CancelledError  # resumed connections replay events; it is answered
        if attachment is not None:
            request = replace(request, file=await fetched(attachment))
        return await self._commands.answer(request)

    async def _tracked(self, answer: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(answer)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
        await asyncio.gather(task, return_exceptions=False)

    async def _command_failed(self, _: Interaction, error: app_commands.AppCommandError) -> None:
        # One of three doors. Commands tells people of what went wrong in it; this is the platform.
        log.error("interaction failed", error=type(error.__cause__ or error).__name__)

    # --- what becomes of places ------------------------------------------------------------

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Say who is there, in the channel that a server keeps for that."""
        channel = guild.system_channel
        if channel is None or not channel.permissions_for(guild.me).send_messages:
            return
        place = Room(
            platform="discord",
            workspace=str(guild.id),
            id=str(channel.id),
            name=f"#{channel.name}",
            standing=Standing.MEMBER,
        )
        nobody = Asker(platform="discord", workspace=who.PEOPLE, id="0", name="")
        message = await self._commands.welcome_channel(place, nobody, who.PREFIX)
        try:
            await channel.send(view=render.layout(message, ""))
        except discord.HTTPException as error:
            log.warning("welcome refused", code=error.code, status=error.status)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """A server is there again, as after the bot was invited once more."""
        await self._reopen(str(guild.id))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot was removed: nothing can be sent there."""
        await self._close_workspace(str(guild.id), "the bot was removed from the server")

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone for good."""
        to = Destination(platform="discord", address=f"{channel.guild.id}/{channel.id}")
        await self._db.write(closing.close, to, "the channel was deleted", self._clock())

    async def _close_workspace(self, workspace: str, reason: str) -> None:
        for to in await self._db.read(destinations.in_workspace, "discord", workspace):
            await self._db.write(closing.close, to, reason, self._clock())

    async def _reopen(self, workspace: str) -> None:
        for to in await self._db.read(destinations.in_workspace, "discord", workspace):
            if await self._db.read(destinations.gone, to) == "the bot was removed from the server":
                await self._db.write(closing.reopen, to, self._clock())


async def _said(message: discord.Message) -> tuple[str, Upload | None]:
    """What a direct message asks; a file without words is a library to import."""
    text = message.content.strip()
    if not message.attachments or text.casefold() not in ("", "import"):
        return text, None
    if len(message.attachments) > 1:
        return "import", Upload(refused="send one file at a time")
    return "import", await fetched(message.attachments[0])


class ShardedPaperClient(PaperClient, discord.AutoShardedClient):
    """The same over several connections, for a bot in thousands of servers."""
