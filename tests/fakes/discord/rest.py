"""The HTTP side: finds the route, checks token, limits, faults and body, and answers.

Routes register themselves with `@route("POST", "/channels/{channel_id}/messages")` and return
what is answered as JSON (None: 204), or raise ApiError.
"""

import asyncio
import json
import re
import traceback
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.discord import errors, payloads
from fakes.discord.errors import ApiError, known
from fakes.discord.faults import Faults, limited
from fakes.discord.limits import Limits
from fakes.discord.nouns import COMPONENTS_V2, Application, Channel, Message
from fakes.discord.world import World

if TYPE_CHECKING:
    from fakes.discord.gateway import Gateway

PREFIX = re.compile(r"^/api(/v\d+)?")
MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_id")
REMEMBERED = 20_000
Handler = Callable[["Call"], Awaitable[Any] | Any]


@dataclass(kw_only=True)
class Call:
    """One request on its way to its route."""

    rest: "Rest"
    method: str
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    files: dict[str, tuple[str, bytes]]
    """Name and bytes by form field."""
    app: Application | None

    @property
    def world(self) -> World:
        return self.rest.world

    @property
    def bot(self) -> Application:
        assert self.app, "a route that asks for the bot needs authorisation"
        return self.app

    def number(self, name: str) -> int:
        """A snowflake of the path; refused as Discord does where it is none."""
        text = self.params[name]
        if not text.isdigit():
            raise errors.invalid(name, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
        return int(text)

    def channel(self, *needed: str) -> Channel:
        """The channel of the path; the bot has to see it and hold what is needed."""
        found = self.world.channels.get(self.number("channel_id"))
        if found is None or found.deleted:
            raise known(10003)
        return self.allowed(found, *needed)

    def allowed(self, channel: Channel, *needed: str) -> Channel:
        if not self.world.can(self.bot.bot, channel, "view_channel"):
            raise known(50001)
        if not self.world.can(self.bot.bot, channel, *needed):
            raise known(50013)
        return channel

    def message(self, channel: Channel, name: str = "message_id") -> Message:
        found = channel.messages.get(self.number(name))
        if found is None or found.deleted or found.only_for is not None:
            raise known(10008)
        return found


@dataclass(kw_only=True)
class Seen:
    """One request as it arrived, and what it was answered (None: the connection was cut)."""

    method: str
    path: str
    template: str
    body: Any
    status: int | None = None
    at: float = 0.0


_ROUTES: list[tuple[str, str, re.Pattern[str], bool, Handler]] = []


def route(method: str, template: str, *, token: bool = True) -> Callable[[Handler], Handler]:
    """Register a route; with `token` only for bots that are logged in."""

    def register(handler: Handler) -> Handler:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
        _ROUTES.append((method, template, pattern, token, handler))
        _ROUTES.sort(key=lambda row: row[1].count("{"))  # fixed words win over names
        return handler

    return register


class Rest:
    """Everything under /api."""

    def __init__(self, world: World, gateway: "Gateway") -> None:
        self.world = world
        self.gateway = gateway
        self.faults = Faults()
        self.limits = Limits(world.clock)
        self.seen: deque[Seen] = deque(maxlen=REMEMBERED)
        self.counts: Counter[str] = Counter()
        """Requests by `POST /channels/{channel_id}/messages`."""
        self.violations: list[str] = []
        self.invalid_requests = 0
        """Answers of 401, 403 and 429; 10,000 in ten minutes ban an address."""
        self.crashes: list[str] = []
        """Tracebacks of mistakes in the stand-in itself."""
        self.check_bodies = True
        self.base_url = ""
        self._watchers: set[asyncio.Event] = set()
        self.ack_limit_s = 3.0
        self.token_limit_s = 900.0
        self.nonce_window_s = 300.0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        path = PREFIX.sub("", request.path)
        method = request.method
        found = self._find(method, path)
        template = found[1] if found else path
        seen = Seen(method=method, path=path, template=template, body=None, at=self.world.clock())
        self.seen.append(seen)
        self.counts[f"{method} {template}"] += 1
        raw = await request.read() if not request.content_type.startswith("multipart") else b""
        fault = self.faults.take(method, path)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        instead = fault is not None and (fault.drop or fault.status or fault.code)
        if fault and instead and not fault.after:
            if request.content_type.startswith("multipart"):
                await request.read()
            return self._cut(request) if fault.drop else self._answer(seen, *fault.answer())
        try:
            status, body, headers = await self._process(request, found, path, raw, seen)
        except ApiError as error:
            status, body, headers = error.status, error.body, {}
        except Exception:
            self.crashes.append(traceback.format_exc())
            status, body, headers = 500, "500: the stand-in itself is broken", {}
        if fault and instead:
            self.tell()
            return self._cut(request) if fault.drop else self._answer(seen, *fault.answer())
        return self._answer(seen, status, body, headers)

    async def until(self, holds: Callable[[], Any], *, within_s: float = 60.0) -> None:
        """Wait until something holds, looked at after every request. Raises TimeoutError."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            async with asyncio.timeout(within_s):
                while not holds():
                    changed.clear()
                    await changed.wait()
        finally:
            self._watchers.discard(changed)

    def tell(self) -> None:
        """Something changed: let those who wait look again."""
        for changed in self._watchers:
            changed.set()

    def _find(self, method: str, path: str) -> Any:
        for row in _ROUTES:
            match = row[2].fullmatch(path)
            if row[0] == method and match:
                return (*row, match.groupdict())
        return None

    async def _process(
        self, request: web.Request, found: Any, path: str, raw: bytes, seen: Seen
    ) -> tuple[int, Any, dict[str, str]]:
        if not request.headers.get("User-Agent"):
            raise known(40333)
        if found is None:
            return (*errors.NO_ROUTE, {})
        method, template, _, needs_token, handler, params = found
        app = self._application(request.headers.get("Authorization", ""))
        if needs_token and app is None:
            return (*errors.UNAUTHORIZED, {})
        major = "+".join(params[name] for name in MAJOR if name in params)
        headers, wait, is_global = self.limits.spend(
            method, template, major, counts_globally=needs_token
        )
        if wait is not None:
            status, body, more = limited(wait, via=True, is_global=is_global)
            return status, body, headers | more
        body, files = await self._body(request, raw)
        seen.body = body
        call = Call(
            rest=self,
            method=method,
            path=path,
            params=params,
            query=dict(request.query),
            body=body,
            files=files,
            app=app,
        )
        self._check(call)
        result = handler(call)
        if asyncio.iscoroutine(result):
            result = await result
        if isinstance(result, tuple):
            return result[0], result[1], headers
        return (204 if result is None else 200), result, headers

    def _application(self, authorisation: str) -> Application | None:
        for app in self.world.applications.values():
            if authorisation == f"Bot {app.token}":
                return app
        return None

    async def _body(
        self, request: web.Request, raw: bytes
    ) -> tuple[Any, dict[str, tuple[str, bytes]]]:
        text: str | bytes = raw
        files: dict[str, tuple[str, bytes]] = {}
        if request.content_type.startswith("multipart"):
            form = await request.post()
            text = str(form.get("payload_json", "{}"))
            for name, value in form.items():
                if isinstance(value, web.FileField):
                    files[name] = (value.filename, value.file.read())
        if not text:
            return {}, files
        try:
            return json.loads(text), files
        except ValueError as error:
            raise known(50109) from error

    def _check(self, call: Call) -> None:
        if not self.check_bodies or call.method in ("GET", "DELETE"):
            return
        edited = self._edited(call)
        was_v2 = edited is not None and bool(edited.flags & COMPONENTS_V2)
        found = payloads.problems(
            call.method, call.path, call.body, files=len(call.files), was_v2=was_v2
        )
        if not found:
            return
        self.violations += [f"{call.method} {call.path} {problem}" for problem in found]
        if all(problem.code == "EMPTY_MESSAGE" for problem in found):
            raise known(50006)
        raise errors.invalid_form(found)

    def _edited(self, call: Call) -> Message | None:
        number = call.params.get("message_id", "")
        if number.isdigit():
            return self.world.posted.get(int(number))
        if number == "@original":
            answered = self.world.tokens.get(call.params["webhook_token"])
            return answered.original if answered else None
        pressed = self.world.tokens.get(call.params.get("interaction_token", ""))
        is_update = isinstance(call.body, dict) and call.body.get("type") == 7
        return pressed.message if pressed and is_update else None

    def _cut(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _answer(self, seen: Seen, status: int, body: Any, headers: dict[str, str]) -> web.Response:
        seen.status = status
        self.tell()
        self.invalid_requests += status in (401, 403, 429)
        if status == 204:
            return web.Response(status=204, headers=headers)
        if isinstance(body, str):
            return web.Response(status=status, text=body, content_type="text/html", headers=headers)
        if isinstance(body, bytes):
            return web.Response(status=status, body=body, headers=headers)
        return web.Response(
            status=status,
            body=json.dumps(body).encode(),
            headers=headers | {"Content-Type": "application/json"},
        )
