"""The Web API's door: reads the call, lets faults strike, checks the token, runs the method."""

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.slack import methods_auth, methods_chat, methods_rooms, methods_views
from fakes.slack.calls import METHODS, Call, Method, SlackError
from fakes.slack.faults import Fault
from fakes.slack.state import Grant, Json

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

ROOMS = (methods_auth, methods_chat, methods_rooms, methods_views)
"""Imported for what they register."""
OUTAGE = "<html><body>Something went wrong</body></html>"


async def serve(server: "SlackServer", request: web.Request) -> web.StreamResponse:
    """Answer POST or GET /api/<method>."""
    call = await read(server, request)
    server.calls.append(call)
    fault = server.faults.strike(call.method, call.args.get("channel"))
    if fault is not None:
        call.fault = fault.kind
    return await struck(request, fault, call, lambda: answered(server, call))


async def struck(
    request: web.Request, fault: Fault | None, call: Call, answer: Any
) -> web.StreamResponse:
    """Run `answer()` and send what it gives, as far as the fault lets it happen."""
    if fault is None:
        return sent(call, *answer())
    if fault.kind == "drop_before":
        return dropped(request)
    if fault.kind == "ratelimited":
        return sent(call, *_refused(call, SlackError("ratelimited", retry_after=fault.retry_after)))
    if fault.kind == "error":
        return sent(call, *_refused(call, SlackError(fault.error)))
    if fault.kind == "delay":
        early = answer() if fault.after_effect else None
        await asyncio.sleep(fault.seconds)
        return sent(call, *(early or answer()))
    if fault.kind == "drop_after" or fault.after_effect:
        answer()
    if fault.kind == "drop_after":
        return dropped(request)
    call.status = fault.status if fault.kind == "status" else 200
    if fault.kind == "status":
        return web.Response(status=fault.status, text=OUTAGE, content_type="text/html")
    return web.Response(text='{"ok": tru', content_type="application/json")


async def read(server: "SlackServer", request: web.Request) -> Call:
    """The call as slack_sdk sends it: JSON, form or query, the token in a header or a field."""
    args: Json = dict(request.query)
    kind = request.content_type
    if request.method == "POST" and request.can_read_body:
        if kind == "application/json":
            body = await request.text()
            args |= json.loads(body) if body else {}
        elif kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            args |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else None
    if header.startswith("Basic "):
        user, _, password = base64.b64decode(header[6:]).decode().partition(":")
        args |= {"client_id": user, "client_secret": password}
    name = request.match_info["method"]
    return Call(method=name, args=args, token=token or args.pop("token", None), at=server.now())


def answered(server: "SlackServer", call: Call) -> tuple[int, Json, dict[str, str]]:
    """Status, body and headers; what the call changes is changed when this returns."""
    try:
        method = METHODS.get(call.method)
        if method is None:
            raise SlackError("unknown_method", req_method=call.method)
        workspace = authorised(server, call, method)
        answer = method.work(server, call, workspace)
    except SlackError as error:
        return _refused(call, error)
    finally:
        server.changed()
    return 200, answer, _scopes(call)


def authorised(server: "SlackServer", call: Call, method: Method) -> Any:
    """The token's workspace (None for app tokens); raises what Slack says of bad tokens."""
    if method.token == "none":
        return None
    if not call.token:
        raise SlackError("not_authed")
    if method.token == "app":
        if call.token.startswith("xoxb-"):
            raise SlackError("not_allowed_token_type")
        if call.token != server.app.app_token:
            raise SlackError("invalid_auth")
        call.grant = Grant(token=call.token, team="", scopes=server.app.app_scopes)
        workspace = None
    else:
        if call.token.startswith("xapp-"):
            raise SlackError("not_allowed_token_type")
        call.grant = server.grant(call.token)
        if call.grant is None:
            raise SlackError("invalid_auth")
        if call.grant.revoked:
            raise SlackError(server.revoked_error)
        workspace = server.workspaces[call.grant.team]
    missing = [scope for scope in method.scopes if scope not in call.grant.scopes]
    if missing:
        provided = ",".join(call.grant.scopes)
        raise SlackError("missing_scope", needed=",".join(missing), provided=provided)
    return workspace


def _refused(call: Call, error: SlackError) -> tuple[int, Json, dict[str, str]]:
    call.error = error.name
    if error.name == "ratelimited":
        wait = error.answer.pop("retry_after")
        headers = {"Retry-After": str(wait)} if wait is not None else {}
        return 429, error.answer, headers
    return 200, error.answer, _scopes(call)


def _scopes(call: Call) -> dict[str, str]:
    if call.grant is None:
        return {}
    return {"X-OAuth-Scopes": ",".join(call.grant.scopes), "X-Slack-Req-Id": "0"}


def sent(call: Call, status: int, body: Json, headers: dict[str, str]) -> web.Response:
    call.status = status
    return web.json_response(body, status=status, headers=headers)


def dropped(request: web.Request) -> web.Response:
    """Close the connection; the response that is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def upload(server: "SlackServer", request: web.Request) -> web.StreamResponse:
    """Take a file's bytes at the URL that files.getUploadURLExternal gave."""
    team = server.workspaces.get(request.match_info["team"])
    file = team.files.get(request.match_info["file"]) if team else None
    if file is None:
        return web.Response(status=404, text="not found")
    call = Call(method="upload", args={}, at=server.now())
    server.calls.append(call)
    data = await request.read()
    fault = server.faults.strike("upload", None)

    def keep() -> tuple[int, Json, dict[str, str]]:
        file.data = data
        return 200, {}, {}

    if fault is None:
        keep()
        return web.Response(text=f"OK - {len(data)}")
    return await struck(request, fault, call, keep)


async def download(server: "SlackServer", request: web.Request) -> web.StreamResponse:
    """A file's bytes at its `url_private_download`; a login page for whom Slack doesn't let in."""
    team = server.workspaces.get(request.match_info["team"])
    file = team.files.get(request.match_info["file"]) if team else None
    grant = server.grant(request.headers.get("Authorization", "").removeprefix("Bearer "))
    if file is None or grant is None or grant.revoked or "files:read" not in grant.scopes:
        return web.Response(text="<html>Sign in</html>", content_type="text/html")
    return web.Response(body=file.data, content_type="text/plain")
