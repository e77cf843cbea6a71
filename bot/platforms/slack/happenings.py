"""Happenings: somebody looks at the bot's pages, it comes into a channel or loses one."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from hashlib import sha256
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from bot import closing
from bot.commands import Commands
from bot.platforms.slack import leaving
from bot.platforms.slack.clients import NETWORK, Clients, error_code
from bot.platforms.slack.errands import Errands
from bot.platforms.slack.home import Home
from bot.platforms.slack.installs import PLATFORM, NotInstalled, Source
from bot.platforms.slack.people import People
from bot.platforms.slack.places import Json, Place, Stand
from bot.platforms.slack.replying import Replying
from storage import exports, marks, readers
from storage.database import Database, Tx

OF_THE_TOKEN = ("account_inactive", "invalid_auth", "token_revoked", "token_expired")
"""What Slack says to a token that it took back."""

log = structlog.get_logger()


class Happenings:
    """The events' side of the app; `register` hangs it into Bolt, which acknowledges them."""

    def __init__(
        self,
        *,
        commands: Commands,
        db: Database,
        clock: Callable[[], datetime],
        source: Source,
        clients: Clients,
        people: People,
        home: Home,
        replying: Replying,
        errands: Errands,
        command_name: str,
    ) -> None:
        self._commands = commands
        self._db = db
        self._clock = clock
        self._source = source
        self._clients = clients
        self._people = people
        self._home = home
        self._replying = replying
        self._errands = errands
        self._prefix = f"{command_name} "

    def register(self, app: AsyncApp) -> None:
        """Hear of what happens to this app."""
        app.event("app_home_opened")(self._on_home)
        app.event("member_joined_channel")(self._on_join)
        app.event("member_left_channel")(self._on_leave)
        for kind in leaving.CLOSING:
            app.event(kind)(self._on_close)
        for kind in leaving.OPENING:
            app.event(kind)(self._on_open)
        app.event("app_uninstalled")(self._on_uninstall)
        app.event("tokens_revoked")(self._on_revoke)

    async def welcome(self, place: Place) -> None:
        """The first words in somebody's direct messages, once in a lifetime."""
        if await self._db.write(_is_new, place.workspace, place.person, self._clock()):
            asker = await self._people.asker(place, "")
            words = await self._commands.welcome(asker, self._prefix)
            await self._replying.tell_directly(place, words)

    # --- what Slack calls ------------------------------------------------------------------

    async def _on_home(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        self._begin(body, self._looked_at(_place(context, event["user"]), event.get("tab")))

    async def _on_join(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        if event["user"] == context.bot_user_id:
            inviter = event.get("inviter") or event["user"]
            self._begin(body, self._joined(_place(context, inviter, event["channel"])))
        else:
            self._begin(body, self._came(_team(context), event["channel"], event["user"]))

    async def _on_leave(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        if event["user"] == context.bot_user_id:
            self._begin(body, self._lost(_team(context), event["channel"], leaving.LEFT))
        else:
            self._begin(body, self._went(_team(context), event["channel"], event["user"]))

    async def _on_close(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        reason = leaving.CLOSING[event["type"]]
        self._begin(body, self._lost(_team(context), event["channel"], reason))

    async def _on_open(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        self._begin(body, self._found(_team(context), event["channel"]))

    async def _on_uninstall(self, body: Json, context: AsyncBoltContext) -> None:
        self._begin(body, self._removed(_team(context)))

    async def _on_revoke(self, body: Json, event: Json, context: AsyncBoltContext) -> None:
        if (event.get("tokens") or {}).get("bot"):
            self._begin(body, self._removed(_team(context)))

    # --- what is done about it -------------------------------------------------------------

    def _begin(self, body: Json, work: Coroutine[Any, Any, None]) -> None:
        self._errands.start(body["event"]["type"], self._once(str(body["event_id"]), work))

    async def _once(self, event: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            if await self._commands.first_time(PLATFORM, event):
                await work
        finally:
            work.close()  # what was never begun would be complained of

    async def _looked_at(self, place: Place, tab: str | None) -> None:
        if tab != "messages":
            await self._home.draw(place)
        await self.welcome(place)

    async def _joined(self, place: Place) -> None:
        await self._found(place.workspace, place.channel or "")
        room = await self._people.described_room(place)
        if room is None:
            return
        asker = await self._people.asker(place, "")
        words = await self._commands.welcome_channel(room, asker, self._prefix)
        await self._replying.post(place, words)

    async def _came(self, workspace: str, channel: str, person: str) -> None:
        to, member = leaving.channel(workspace, channel), exports.member(workspace, person)
        await self._db.write(readers.joined, to, member, self._clock())

    async def _went(self, workspace: str, channel: str, person: str) -> None:
        to, member = leaving.channel(workspace, channel), exports.member(workspace, person)
        await self._db.write(readers.left, to, member)

    async def _lost(self, workspace: str, channel: str, reason: str) -> None:
        to = leaving.channel(workspace, channel)
        await self._db.write(closing.close, to, reason, self._clock())
        log.info("slack channel lost", reason=reason)

    async def _found(self, workspace: str, channel: str) -> None:
        to = leaving.channel(workspace, channel)
        if await self._db.write(closing.reopen, to, self._clock()):
            log.info("slack channel found again")

    async def _removed(self, workspace: str) -> None:
        if await self._is_here(workspace):
            return  # installed again before the news of its end came
        await self._source.forget(workspace)
        closed = await self._db.write(leaving.close_workspace, workspace, self._clock())
        log.info("slack workspace left", workspace=workspace, destinations=closed)

    async def _is_here(self, workspace: str) -> bool:
        try:
            client = await self._clients.of(workspace)
            await client.auth_test()
        except (NotInstalled, *NETWORK):
            return False
        except SlackApiError as error:
            return error_code(error) not in OF_THE_TOKEN
        return True


def _place(context: AsyncBoltContext, person: str, channel: str | None = None) -> Place:
    stand = Stand.TYPED if channel else Stand.HOME
    return Place(workspace=_team(context), person=person, stand=stand, channel=channel)


def _team(context: AsyncBoltContext) -> str:
    return context.team_id or ""


def _is_new(tx: Tx, workspace: str, person: str, now: datetime) -> bool:
    """Whether this person was never welcomed; they are from now on. A digest of their id is kept,
    which outlives their data and tells nothing of them.
    """
    name = f"slack welcomed {sha256(f'{workspace}/{person}'.encode()).hexdigest()}"
    if marks.get(tx, name) is not None:
        return False
    marks.put(tx, name, now.isoformat())
    return True
