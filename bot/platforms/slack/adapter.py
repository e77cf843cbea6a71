"""The Slack platform: ties its rooms together, and to Slack's library.

One app serves every workspace. Whatever reaches it, over a socket or over HTTP, goes through the
same listeners.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse

from bot.commands import Commands
from bot.platforms import Misconfigured, Reason, Receipt, RetryLater
from bot.platforms.slack import leaving
from bot.platforms.slack.clients import NETWORK, Clients, HookRefused, quiet
from bot.platforms.slack.connecting import Socket, bot_behind, socket_url
from bot.platforms.slack.errands import Errands
from bot.platforms.slack.happenings import Happenings
from bot.platforms.slack.home import Home
from bot.platforms.slack.installs import Install, Many, NotInstalled, One
from bot.platforms.slack.listening import Listening
from bot.platforms.slack.membership import Membership
from bot.platforms.slack.oauth import Doors
from bot.platforms.slack.people import People
from bot.platforms.slack.places import Json, Place, Stand
from bot.platforms.slack.posting import Posting
from bot.platforms.slack.refusals import OPERATOR_WAIT
from bot.platforms.slack.replying import Replying
from bot.settings import Settings
from storage.database import Database
from storage.records import Delivery

EVENTS = "/slack/events"
"""Where Slack calls in HTTP mode: events, commands and interactions alike."""

NOT_HERE = (
    "Paperround is not installed in this workspace any more. Ask whoever looks after it to install "
    "it again."
)

log = structlog.get_logger()


class SlackPlatform:
    """Posts to Slack, and answers what people ask there."""

    name = "slack"

    def __init__(self, settings: Settings, db: Database, clock: Callable[[], datetime]) -> None:
        """Nothing is connected yet. Raises BadSetting where the secret key is too short."""
        self._settings = settings
        self._db = db
        self._clock = clock
        token, key = settings.slack_bot_token, settings.secret_key
        self._source: One | Many
        if token is not None:
            self._source = One(token.get_secret_value())
        else:
            self._source = Many(db, clock, key.get_secret_value() if key else "")
        self._clients = Clients(settings.slack_api_url, self._source)
        self._posting = Posting(self._clients.of)
        self._errands = Errands()
        self._membership = Membership(self._clients, db, clock)
        self._socket = Socket()
        self._app: AsyncApp | None = None
        self._happenings: Happenings | None = None

    @property
    def is_connected(self) -> bool:
        """Whether commands reach it now."""
        is_ready = self._app is not None
        return is_ready and (self._socket.is_open or self._settings.slack_mode == "http")

    @property
    def routes(self) -> list[web.RouteDef]:
        """The doors that Slack and installers call at."""
        found: list[web.RouteDef] = []
        if self._settings.slack_mode == "http":
            found.append(web.post(EVENTS, self._called))
        if isinstance(self._source, Many):
            doors = Doors(
                self._settings,
                self._db,
                self._clock,
                self._clients,
                self._source,
                self._installed,
            )
            found += doors.routes
        return found

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery's message once (see `posting`)."""
        try:
            receipt = await self._posting.send(delivery)
        except Misconfigured as error:
            raise RetryLater(Reason.UNAVAILABLE, str(error), after=OPERATOR_WAIT) from error
        if self._membership.matters(delivery):
            self._errands.start("members", self._membership.refresh(delivery.destination))
        return receipt

    async def listen(self, commands: Commands) -> None:
        """Answer until cancelled. Raises Misconfigured for wrong tokens and missing scopes."""
        await self._check()
        settings, client = self._settings, self._clients.with_token()
        url = ""
        app_token = settings.slack_app_token
        if settings.slack_mode == "socket" and app_token is not None:
            url = await socket_url(client, app_token.get_secret_value())
        try:
            self._app = self._made(commands)
            if url and app_token is not None:
                await self._socket.hold(self._app, app_token.get_secret_value(), client, url)
            else:
                log.info("slack connected", mode="http")
                await asyncio.Event().wait()  # until cancelled: Slack calls
        finally:
            self._app = None

    async def close(self) -> None:
        """Finish what is under way, then let go of every connection."""
        await self._errands.finish()
        await self._clients.close()

    # --- the app ---------------------------------------------------------------------------

    async def _check(self) -> None:
        if isinstance(self._source, Many):
            count = await self._source.check()
            log.info("slack installs opened", count=count)
            return
        token = self._source.token
        install = await bot_behind(self._clients.with_token(token), token)
        self._source.install = install
        await self._db.write(leaving.reopen_workspace, install.workspace, self._clock())

    def _made(self, commands: Commands) -> AsyncApp:
        secret = self._settings.slack_signing_secret
        source = self._source

        async def authorize(team_id: str | None) -> AuthorizeResult:
            install = await source.of(team_id or "")
            return AuthorizeResult(
                enterprise_id=None,
                team_id=install.workspace,
                bot_id=install.bot_id,
                bot_user_id=install.bot_user,
                bot_token=install.token,
            )

        app = AsyncApp(
            name="paperround.slack",
            logger=quiet,
            client=self._clients.with_token(),
            signing_secret=secret.get_secret_value() if secret else "",
            authorize=authorize,
            attaching_conversation_kwargs_enabled=False,
        )
        app.error(self._failed)
        command_name = self._settings.slack_command
        people = People(self._clients, self._clock)
        home = Home(commands, people, self._clients, command_name)
        replying = Replying(self._clients, home)
        Listening(
            commands=commands,
            people=people,
            replying=replying,
            errands=self._errands,
            command_name=command_name,
        ).register(app)
        self._happenings = Happenings(
            commands=commands,
            db=self._db,
            clock=self._clock,
            source=source,
            clients=self._clients,
            people=people,
            home=home,
            replying=replying,
            errands=self._errands,
            command_name=command_name,
        )
        self._happenings.register(app)
        for kind in (app.event, app.action, app.shortcut):
            kind(re.compile(""))(_nothing)  # Slack stops calling apps that leave much unanswered
        return app

    async def _failed(self, error: Exception, body: Json) -> BoltResponse | None:
        """The acknowledgement where a listener could not be reached, or failed before it."""
        if not isinstance(error, NotInstalled):
            log.error("slack event failed", error=type(error).__name__, exc_info=error)
            return None
        if "command" in body:
            return BoltResponse(status=200, body=NOT_HERE)
        if hook := body.get("response_url"):
            self._errands.start("not installed", self._tell_not_here(str(hook)))
        return BoltResponse(status=200)

    async def _tell_not_here(self, hook: str) -> None:
        said = {"text": NOT_HERE, "response_type": "ephemeral", "replace_original": False}
        try:
            await self._clients.to_hook(hook, said)
        except (HookRefused, *NETWORK) as error:
            log.warning("slack reply refused", what="not installed", error=type(error).__name__)

    # --- doors -----------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> web.Response:
        """Slack in HTTP mode. Until there is an app, it is asked to come again."""
        app = self._app
        if app is None:
            return web.Response(status=503, text="not connected yet")
        try:
            asked = await to_bolt_request(request)
        except (ValueError, AttributeError, TypeError):  # no JSON, or none of Slack's
            return web.Response(status=400, text="this is no request of Slack's")
        return await to_aiohttp_response(await app.async_dispatch(asked))

    async def _installed(self, install: Install) -> None:
        reopened = await self._db.write(leaving.reopen_workspace, install.workspace, self._clock())
        log.info("slack destinations reopened", count=reopened)
        if self._happenings is not None and install.installer:
            place = Place(workspace=install.workspace, person=install.installer, stand=Stand.HOME)
            self._errands.start("welcome", self._happenings.welcome(place))


async def _nothing(ack: AsyncAck) -> None:
    """For what is not ours: buttons of older versions, events that nobody here asked for."""
    await ack()
