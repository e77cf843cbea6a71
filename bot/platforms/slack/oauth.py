"""OAuth: a workspace installs the bot by a link, and its tokens are kept.

The state that ties the end of an install to its beginning lies in the database, serves once within
ten minutes, and must come from the browser that began.
"""

import html
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.installation_store.models.installation import Installation
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.platforms.slack.clients import NETWORK, Clients, error_code, quiet
from bot.platforms.slack.installs import Install, Many
from bot.platforms.slack.scopes import BOT_SCOPES
from bot.settings import Settings
from storage import workspaces
from storage.database import Database

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"

STATE_FOR = timedelta(minutes=10)

log = structlog.get_logger()

Installed = Callable[[Install], Awaitable[None]]
"""What is done once a workspace has installed the bot."""


class States(AsyncOAuthStateStore):
    """Installs that were begun."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._clock = clock

    @property
    def logger(self) -> logging.Logger:
        """The libraries' logger."""
        return quiet

    async def async_issue(self, *_: Any, **__: Any) -> str:
        """A new state."""
        state, now = secrets.token_urlsafe(32), self._clock()
        await self._db.write(workspaces.add_state, state, now + STATE_FOR, now)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether an install was begun with it in time; it counts once."""
        return await self._db.write(workspaces.take_state, state, self._clock())


class Store(AsyncInstallationStore):
    """Keeps what Slack's library calls an installation as an install of ours."""

    def __init__(self, installs: Many) -> None:
        self._installs = installs

    @property
    def logger(self) -> logging.Logger:
        """The libraries' logger."""
        return quiet

    async def async_save(self, installation: Installation) -> None:
        """Keep what a workspace gave. Raises BoltError for a whole organisation."""
        if not installation.team_id:
            raise BoltError("installed for a whole organisation")
        await self._installs.add(install_of(installation))


class Flow(AsyncOAuthFlow):
    """The library's, but for the exchange of the code: its own way is deprecated by aiohttp."""

    async def run_installation(self, code: str) -> Installation | None:
        """What the code stands for; None where Slack does not accept it."""
        secrets_of_app = {"client_id": self.client_id, "client_secret": self.settings.client_secret}
        try:
            told = await self.client.api_call(
                "oauth.v2.access", data=secrets_of_app | {"code": code}
            )
            token = str(told["access_token"])
            bot = await self.client.auth_test(token=token)
        except SlackApiError as error:
            log.warning("slack code refused", error=error_code(error))
            return None
        team = told.get("team") or {}
        return Installation(
            app_id=told.get("app_id"),
            team_id=team.get("id"),
            team_name=team.get("name"),
            user_id=(told.get("authed_user") or {}).get("id") or "",
            bot_token=token,
            bot_id=bot.get("bot_id"),
            bot_user_id=told.get("bot_user_id"),
        )


class Doors:
    """The two addresses of an install."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        clock: Callable[[], datetime],
        clients: Clients,
        installs: Many,
        installed: Installed,
    ) -> None:
        """settings: with client id and secret."""
        self._settings = settings
        self._clients = clients
        self._states = States(db, clock)
        self._store = Store(installs)
        self._installed = installed

    @property
    def routes(self) -> list[web.RouteDef]:
        """Where an install begins, and where Slack sends people back to."""
        return [web.get(INSTALL, self._begin), web.get(REDIRECT, self._end)]

    async def _begin(self, request: web.Request) -> web.Response:
        answer = await self._flow().handle_installation(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def _end(self, request: web.Request) -> web.Response:
        try:
            answer = await self._flow().handle_callback(await to_bolt_request(request))
        except NETWORK as error:
            log.warning("slack install failed", error=type(error).__name__)
            answer = _failed("Slack could not be reached", 502)
        return await to_aiohttp_response(answer)

    def _flow(self) -> Flow:
        secret = self._settings.slack_client_secret
        return Flow(
            client=self._clients.with_token(),
            logger=quiet,
            settings=AsyncOAuthSettings(
                client_id=self._settings.slack_client_id,
                client_secret=secret.get_secret_value() if secret else None,
                scopes=list(BOT_SCOPES),
                user_scopes=[],
                install_path=INSTALL,
                redirect_uri_path=REDIRECT,
                install_page_rendering_enabled=False,
                authorization_url=authorize_url(self._settings.slack_api_url),
                installation_store=self._store,
                state_store=self._states,
                state_expiration_seconds=int(STATE_FOR.total_seconds()),
                callback_options=AsyncCallbackOptions(
                    success=self._succeeded, failure=self._refused
                ),
                logger=quiet,
            ),
        )

    async def _succeeded(self, told: AsyncSuccessArgs) -> BoltResponse:
        install = install_of(told.installation)
        log.info("slack workspace joined", workspace=install.workspace)
        await self._installed(install)
        team = told.installation.team_name or "your workspace"
        return _page(
            200,
            "Paperround is installed",
            f"It works in {team} now. I have written you a first message there; in a channel, "
            "invite me and type the command.",
        )

    async def _refused(self, told: AsyncFailureArgs) -> BoltResponse:
        log.warning("slack install refused", reason=told.reason)
        return _failed(REASONS.get(told.reason, f"Slack says: {told.reason}"), 400)


REASONS = {
    "access_denied": "It was not allowed.",
    "invalid_browser": "It was begun in another browser, or its page was loaded again.",
    "invalid_state": "It took longer than ten minutes, or was finished before.",
    "missing_code": "Slack sent no code.",
    "invalid_code": "Slack did not accept the code.",
    "storage_error": "It was installed for a whole organisation; choose one workspace of it.",
}


def install_of(installation: Installation) -> Install:
    """Ours of theirs."""
    return Install(
        workspace=installation.team_id or "",
        token=installation.bot_token or "",
        bot_id=installation.bot_id or "",
        bot_user=installation.bot_user_id or "",
        app=installation.app_id or "",
        installer=installation.user_id or "",
    )


def authorize_url(api_url: str) -> str:
    """Where people allow the app: on the server whose Web API is used."""
    place = urlsplit(api_url)
    return f"{place.scheme}://{place.netloc}/oauth/v2/authorize"


def _failed(why: str, status: int) -> BoltResponse:
    return _page(status, "Paperround was not installed", f"{why} Begin again at {INSTALL}.")


def _page(status: int, heading: str, text: str) -> BoltResponse:
    shown = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{html.escape(heading)}</title><h1>{html.escape(heading)}</h1>"
        f"<p>{html.escape(text)}</p></html>"
    )
    return BoltResponse(
        status=status, headers={"Content-Type": "text/html; charset=utf-8"}, body=shown
    )
