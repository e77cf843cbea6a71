"""A call of the Web API: who calls, with what, and what may be wrong with it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.slack.state import Channel, Grant, Json
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

STRUCTURED = frozenset("blocks attachments metadata view files channels_info".split())
"""Arguments that a form carries as JSON text."""


class SlackError(Exception):
    """Answered as `{"ok": false, "error": name, ...}`."""

    def __init__(self, name: str, *messages: str, **more: Any) -> None:
        super().__init__(name)
        self.name = name
        self.answer: Json = {"ok": False, "error": name, **more}
        if messages:
            self.answer["response_metadata"] = {"messages": list(messages)}


@dataclass(kw_only=True)
class Call:
    """One call, as it came and as it went; `SlackServer.calls` keeps them all."""

    method: str
    args: Json
    token: str | None = field(default=None, repr=False)
    grant: Grant | None = None
    at: float = 0.0
    status: int | None = None
    """What was answered; None where the connection was dropped."""
    error: str | None = None
    fault: str | None = None

    def text(self, name: str) -> str | None:
        value = self.args.get(name)
        return None if value is None or value == "" else str(value)

    def need(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise SlackError("invalid_arguments", f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.args.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.args.get(name) or default)
        except ValueError as error:
            raise SlackError("invalid_arguments", f"[ERROR] {name} must be a number") from error

    def structure(self, name: str) -> Any:
        """A JSON argument, which a form carries as text."""
        value = self.args.get(name)
        if isinstance(value, str) and name in STRUCTURED:
            try:
                return json.loads(value)
            except ValueError as error:
                wrong = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
                raise SlackError(wrong, f"[ERROR] {name} is not JSON") from error
        return value


@dataclass(frozen=True, kw_only=True)
class Method:
    """A Web API method: its work, the scopes it needs, and whether a token is needed at all."""

    name: str
    work: Callable[["SlackServer", Call, Any], Json]
    scopes: tuple[str, ...] = ()
    token: str = "bot"
    """`bot`, `app` or `none`."""


METHODS: dict[str, Method] = {}


def method(name: str, *scopes: str, token: str = "bot") -> Callable[..., Any]:
    """Register `work(server, call, workspace) -> answer` under Slack's name of the method."""

    def register(work: Callable[["SlackServer", Call, Any], Json]) -> Any:
        METHODS[name] = Method(name=name, work=work, scopes=scopes, token=token)
        return work

    return register


def need_scope(call: Call, *wanted: str) -> None:
    """Raises missing_scope unless the token has one of `wanted`."""
    assert call.grant is not None
    if wanted and not set(wanted) & set(call.grant.scopes):
        raise SlackError(
            "missing_scope", needed=",".join(wanted), provided=",".join(call.grant.scopes)
        )


FAMILY = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}


def find_channel(
    call: Call, workspace: Workspace, *, scope: str | None = None, open_dm: bool = False
) -> Channel:
    """The channel that the call names, as the token may see it.

    Raises channel_not_found for what is not there or not to be seen (another workspace's, a
    private channel without the bot), and missing_scope for `scope` of the channel's family.
    """
    wanted = call.need("channel")
    channel = workspace.channels.get(wanted) or workspace.channel_named(wanted)
    if channel is None and open_dm and wanted in workspace.users:
        channel = workspace.im(wanted)
    if channel is None or channel.deleted:
        raise SlackError("channel_not_found")
    if channel.kind != "public" and workspace.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    if scope:
        need_scope(call, f"{FAMILY[channel.kind]}:{scope}")
    return channel


def page(call: Call, items: list[Any], default: int = 100) -> tuple[list[Any], str]:
    """The page that `cursor` and `limit` ask for, and the next cursor ("" at the end)."""
    limit = max(1, min(call.number("limit", default), 1000))
    cursor = call.text("cursor")
    try:
        start = int(cursor.removeprefix("next:")) if cursor else 0
    except ValueError as error:
        raise SlackError("invalid_cursor") from error
    end = start + limit
    return items[start:end], f"next:{end}" if end < len(items) else ""
