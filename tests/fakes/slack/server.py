"""A stand-in for Slack: one stateful server on 127.0.0.1 that real slack-bolt apps can work with.

    async with SlackServer() as slack:
        ada = slack.user("ada")
        room = slack.channel("papers", members=[ada])     # the bot is a member too
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        app = AsyncApp(client=client); await AsyncSocketModeHandler(app, slack.app_token)...
        handed = await ada.command("/papers", "follow bees", room)
        await ada.press(ada.dms[-1], "Like", nth=0)
        assert slack.violations == []

Addresses  `url`, `api_url` (for `base_url`), `authorize_url`, `port`.
The app    `app` (ids, secrets, `app_token`), `bot_token`, `app_token`, `signing_secret` for short.
Places     `workspace` (the first one, installed), `workspaces`, `add_workspace(name)`.
           `user(name, team=None, **facts) -> Person`, `channel(name, ...) -> Channel`.
Reading    `history(channel)`, `thread(message)`, `ephemerals(person)`, `home(person)`,
           `modal(person)`, `dms(person)`; a Person has `dms`, `ephemerals`, `home`, `modal` too.
           A Message has `ts text blocks metadata thread_ts edited shown buttons`.
People     `command press shortcut submit fill close_modal say dm mention open_home suggestions
           install` (`people.Person`); each gives a `delivery.Handed` (`acked`, `failed`, ...).
Events     `joins leaves archives deletes uninstalls revokes emit` (`happenings.Happenings`).
Records    `calls`, `calls_of(method)`, `violations`, `limit.refused`, `faults.hits`,
           `delivery.handed`, `sockets.acks`, `sockets.opened`.
Trouble    `fail(method, kind, times=1, channel=None, ...)` (`faults.Fault`), `faults.calm()`,
           `limit.set(per_second=1, burst=3)`, `away()` and `back()`.
Transport  Socket Mode as soon as the app connects: `connected(n=1)`, `sockets.disconnect(reason)`,
           `sockets.close()`, `sockets.abort()`. HTTP: `http.url = ...`, `http.verify()`,
           `http.forge = "signature"`. `delivery.again(handed)` redelivers; `delivery.patience`,
           `delivery.repeats`, `delivery.retries`.
Waiting    `await until(lambda: ada.dms, within=5)` gives the first truthy value.
Outside    GET /__state, POST /__fault, POST /__act for other processes (`control`).
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from fakes.slack.calls import Call, SlackError
from fakes.slack.delivery import Delivery
from fakes.slack.faults import Fault, Faults, MessageLimit
from fakes.slack.happenings import Happenings
from fakes.slack.hooks import Hook
from fakes.slack.http_mode import RequestUrl
from fakes.slack.payload_rules import Problem
from fakes.slack.people import Person
from fakes.slack.serving import Serving
from fakes.slack.socket_mode import Sockets
from fakes.slack.state import App, Channel, Grant, Message, User, View
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.oauth import Code

T = TypeVar("T")


@dataclass(kw_only=True)
class Trigger:
    """A trigger_id's standing."""

    team: str
    user: str
    at: float
    view: View | None = None
    spent: bool = False


@dataclass(frozen=True, kw_only=True)
class Violation:
    """Something the app sent that Slack would not take."""

    method: str
    problems: tuple[str, ...]
    payload: Any


class SlackServer(Serving, Happenings):
    """See the module. `clock` gives seconds since the epoch; messages are stamped with it."""

    def __init__(self, *, clock: Callable[[], float] = time.time, port: int = 0) -> None:
        self._clock = clock
        self._last_micros = 0
        self._ids = itertools.count(1)
        self.port = port
        self.app = App()
        self.calls: list[Call] = []
        self.violations: list[Violation] = []
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.codes: dict[str, Code] = {}
        self.revoked_error = "token_revoked"
        """What a revoked token is told; `account_inactive` is the other that Slack says."""
        self.installer: Person | None = None
        """Who stands before the authorize page; None: the first person of the newest workspace."""
        self.declines = False
        """Whether the person at the authorize page says no."""
        self.faults = Faults()
        self.limit = MessageLimit(self.now)
        self.delivery = Delivery(self)
        self.sockets = Sockets(self)
        self.http = RequestUrl(self)
        self.workspaces: dict[str, Workspace] = {}
        self.workspace = self.add_workspace("Lab")

    # --- addresses -------------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def authorize_url(self) -> str:
        return f"{self.url}/oauth/v2/authorize"

    @property
    def bot_token(self) -> str:
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.app.signing_secret

    # --- places and people -----------------------------------------------------------------

    def add_workspace(self, name: str, *, installed: bool = True) -> Workspace:
        workspace = Workspace(self.app, self.make_id("T"), name, self.make_id, self.tick)
        self.workspaces[workspace.id] = workspace
        if installed:
            workspace.install()
        return workspace

    def user(self, name: str, team: Workspace | None = None, **facts: Any) -> Person:
        """The person of that name, made if there is none yet; `facts` as in `state.User`."""
        workspace = team or self.workspace
        for user in workspace.users.values():
            if user.name == name:
                return Person(self, workspace, user)
        return Person(self, workspace, workspace.add_user(name, **facts))

    def person(self, user_id: str) -> Person:
        """The person with that id, of whichever workspace."""
        for workspace in self.workspaces.values():
            if user_id in workspace.users:
                return Person(self, workspace, workspace.users[user_id])
        raise LookupError(f"nobody has the id {user_id}")

    def channel(
        self,
        name: str,
        *,
        members: Sequence[Person | User | str] = (),
        creator: Person | None = None,
        private: bool = False,
        bot: bool = True,
        team: Workspace | None = None,
    ) -> Channel:
        """A new channel; the bot is a member unless `bot` is False."""
        workspace = team or self.workspace
        ids = [member if isinstance(member, str) else member.id for member in members]
        made_by = creator.id if creator else (ids[0] if ids else workspace.bot_user_id)
        everybody = [made_by, *ids, *([workspace.bot_user_id] if bot else [])]
        kind = "private" if private else "public"
        if not bot and not ids and not creator:
            everybody = []
        return workspace.add_channel(name, kind, made_by, everybody)

    def channel_of(self, channel: Channel | str, team: Workspace | None = None) -> Channel:
        """The channel itself, or the one with that id or name."""
        if isinstance(channel, Channel):
            return channel
        for workspace in [team] if team else self.workspaces.values():
            found = workspace.channels.get(channel) or workspace.channel_named(channel)
            if found:
                return found
        raise LookupError(f"there is no channel {channel}")

    # --- reading ---------------------------------------------------------------------------

    def history(self, channel: Channel | str) -> list[Message]:
        """What stands in a channel, replies included, oldest first."""
        return self.channel_of(channel).standing

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message, oldest first."""
        room = self.workspaces[message.team].channels[message.channel].standing
        return [m for m in room if m.thread_ts == message.ts and m is not message]

    def ephemerals(self, person: Person, channel: Channel | None = None) -> list[Message]:
        return [m for m in person.ephemerals if channel is None or m.channel == channel.id]

    def home(self, person: Person) -> View | None:
        return person.home

    def modal(self, person: Person) -> View | None:
        return person.modal

    def dms(self, person: Person) -> list[Message]:
        return person.dms

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    # --- what the rooms share --------------------------------------------------------------

    def now(self) -> float:
        return self._clock()

    def tick(self) -> str:
        """A new timestamp, later than every one before."""
        self._last_micros = max(int(self._clock() * 1_000_000), self._last_micros + 1)
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def make_id(self, letter: str) -> str:
        return f"{letter}{next(self._ids):09d}"

    def grant(self, token: str) -> Grant | None:
        grants = (grant for team in self.workspaces.values() for grant in team.grants)
        return next((grant for grant in grants if grant.token == token), None)

    def new_trigger(self, team: Workspace, user: User, view: View | None = None) -> str:
        id_ = f"{self.make_id('')}.{team.id}.{self.make_id('')}"
        self.triggers[id_] = Trigger(team=team.id, user=user.id, at=self.now(), view=view)
        return id_

    def new_hook(
        self, team: Workspace, user: User, channel: Channel, original: Message | None = None
    ) -> Hook:
        url = f"{self.url}/actions/{team.id}/{self.make_id('')}/{self.make_id('')}"
        hook = self.hooks[url] = Hook(
            url=url,
            team=team.id,
            user=user.id,
            channel=channel.id,
            at=self.now(),
            original=original,
        )
        return hook

    def checked(self, method: str, payload: Any, problems: Sequence[Problem]) -> None:
        """Remember the problems and raise what Slack would answer to the first of them."""
        if problems:
            self.violated(method, payload, problems)
            raise SlackError(problems[0].error, *(f"[ERROR] {problem}" for problem in problems))

    def violated(self, method: str, payload: Any, problems: Sequence[str]) -> None:
        said = tuple(str(problem) for problem in problems)
        self.violations.append(Violation(method=method, problems=said, payload=payload))

    def fail(self, method: str, kind: str, *, times: int | None = 1, **facts: Any) -> Fault:
        """Let the next `times` calls of a method go wrong (None: until `faults.calm()`)."""
        return self.faults.add(Fault(method=method, kind=kind, times=times, **facts))

    # --- waiting ---------------------------------------------------------------------------

    def changed(self) -> None:
        """Wake whoever waits for something to happen."""
        self._woken.set()

    async def until(self, condition: Callable[[], T], within: float = 60) -> T:
        """The first truthy value of `condition()`; raises TimeoutError after `within` seconds."""
        deadline = asyncio.get_running_loop().time() + within
        while not (value := condition()):
            if asyncio.get_running_loop().time() > deadline:
                last = [(call.method, call.error or call.fault) for call in self.calls[-5:]]
                raise TimeoutError(f"last calls: {last}; violations: {self.violations[-3:]}")
            self._woken.clear()
            # What a test looks at may change without the server's knowing.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), 0.01)
        return value

    async def connected(self, n: int = 1, within: float = 60) -> None:
        """Wait until `n` sockets are open."""
        await self.until(lambda: len(self.sockets.open) >= n, within)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: object, *exc: object) -> None:
        await self.stop()
        if kind is None and self.accidents:
            raise AssertionError("the stand-in itself failed") from self.accidents[0]
