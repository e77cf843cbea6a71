"""response_urls: what they accept, how often and for how long; and answers within an ack."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
from fakes.slack import payloads
from fakes.slack.calls import Call, SlackError
from fakes.slack.state import Channel, Json, Message
from fakes.slack.web_api import struck

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

MOST_USES, LIFE_S = 5, 30 * 60  # https://docs.slack.dev/interactivity/handling-user-interaction
CONTENT = ("text", "blocks", "attachments", "metadata")
KNOWN = {*CONTENT, "response_type", "replace_original", "delete_original", "thread_ts"} | {
    "unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names",
}  # fmt: skip


@dataclass(kw_only=True, eq=False)
class Hook:
    """A response_url: whose, where, and what it may replace."""

    url: str
    team: str
    user: str
    channel: str
    at: float
    original: Message | None = None
    uses: int = 0


async def serve(server: "SlackServer", request: web.Request) -> web.StreamResponse:
    """Take a message at a response_url."""
    hook = server.hooks.get(f"{server.url}{request.path}")
    body = await request.json()
    call = Call(method="response_url", args=body, at=server.now())
    server.calls.append(call)
    fault = server.faults.strike("response_url", hook.channel if hook else None)

    def answer() -> tuple[int, Json, dict[str, str]]:
        try:
            if hook is None:
                raise SlackError("invalid_url")
            used(server, hook, body)
        except SlackError as error:
            call.error = error.name
            gone = error.name in ("invalid_url", "used_url", "expired_url")
            return (404 if gone else 400), error.answer, {}
        finally:
            server.changed()
        return 200, {"ok": True}, {}

    return await struck(request, fault, call, answer)


def used(server: "SlackServer", hook: Hook, body: Json) -> None:
    """Do what the body says; raises used_url, expired_url, or what is wrong with the message."""
    if server.now() - hook.at > LIFE_S:
        raise SlackError("expired_url")
    if hook.uses >= MOST_USES:
        raise SlackError("used_url")
    hook.uses += 1
    said(server, hook, body)


def said(server: "SlackServer", hook: Hook, body: Json) -> Message | None:
    """Post, replace or delete, in the way of a response_url or of an answer within an ack.

    A new message is ephemeral unless `response_type` is `in_channel`. A slash command has no
    original, so that replacing posts a new message (slackapi/bolt-js#2287). What happens to the
    original where `replace_original` is left out is not documented: that counts as a violation.
    """
    workspace = server.workspaces[hook.team]
    channel = workspace.channels[hook.channel]
    unknown = set(body) - KNOWN
    if unknown:
        server.violated("response_url", body, [f"unknown keys: {sorted(unknown)}"])
    original = hook.original
    if body.get("delete_original"):
        if original is not None:
            original.deleted = True
        return original
    content = {name: body[name] for name in CONTENT if body.get(name) not in (None, "", [])}
    server.checked("response_url", content, payloads.check_message(content))
    if not content:
        raise SlackError("no_text")
    content.setdefault("text", "")
    if body.get("replace_original") and original is not None:
        workspace.edit(original, **({"blocks": []} | content))
        return original
    if original is not None and "replace_original" not in body:
        server.violated("response_url", body, ["say whether replace_original is true or false"])
    return _posted(server, hook, channel, content | {"thread_ts": body.get("thread_ts")}, body)


def _posted(
    server: "SlackServer", hook: Hook, channel: Channel, content: Json, body: Json
) -> Message:
    workspace = server.workspaces[hook.team]
    text = content.pop("text")
    if body.get("response_type") == "in_channel":
        return workspace.post(channel, workspace.bot_user_id, text, **content)
    return workspace.whisper(channel, hook.user, text, **content)
