"""conversations.*, users.*, team.info and bots.info: who and what is there."""

from typing import TYPE_CHECKING

from fakes.slack.calls import FAMILY, Call, SlackError, find_channel, method, need_scope, page
from fakes.slack.state import Channel, Json, User
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

MOST_USERS_IN_A_CONVERSATION = 8


@method("conversations.open")
def open_conversation(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    if call.text("channel"):
        channel = find_channel(call, workspace)
        if "im" not in channel.kind:
            raise SlackError("method_not_supported_for_channel_type")
    else:
        channel = _opened(call, workspace)
    told = channel.as_api(workspace.bot_user_id) if call.flag("return_im") else {"id": channel.id}
    return {"ok": True, "channel": told}


def _opened(call: Call, workspace: Workspace) -> Channel:
    users = [user for user in (call.text("users") or "").split(",") if user]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > MOST_USERS_IN_A_CONVERSATION:
        raise SlackError("too_many_users")
    need_scope(call, "im:write" if len(users) == 1 else "mpim:write")
    for user in users:
        if user not in workspace.users:
            raise SlackError("user_not_found")
        if workspace.users[user].deleted:
            raise SlackError("user_disabled")
    if len(users) == 1:
        return workspace.im(users[0])
    name = "mpdm-" + "--".join(workspace.users[user].name for user in users) + "-1"
    bot = workspace.bot_user_id
    return workspace.conversation(users) or workspace.add_channel(name, "mpim", bot, [bot, *users])


@method("conversations.info")
def info(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace, scope="read")
    return {"ok": True, "channel": channel.as_api(workspace.bot_user_id)}


@method("conversations.history")
def history(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    """Newest first; replies are in their threads only."""
    channel = _readable(call, workspace)
    found = [m for m in channel.standing if m.thread_ts in (None, m.ts)]
    return _messages(call, channel, list(reversed(found)))


@method("conversations.replies")
def replies(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    """The root first, then its replies, oldest first."""
    channel = _readable(call, workspace)
    root = channel.find(call.need("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    root = channel.find(root.thread_ts) if root.thread_ts else root
    assert root is not None
    found = [m for m in channel.standing if m is root or m.thread_ts == root.ts]
    return _messages(call, channel, found)


def _readable(call: Call, workspace: Workspace) -> Channel:
    channel = find_channel(call, workspace, scope="history")
    if workspace.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _messages(call: Call, channel: Channel, found: list) -> Json:
    oldest, latest = _instant(call, "oldest"), _instant(call, "latest")
    inclusive = call.flag("inclusive")

    def wanted(ts: str) -> bool:
        at = _micros(ts)
        if oldest is not None and not (at > oldest or (inclusive and at == oldest)):
            return False
        return latest is None or at < latest or (inclusive and at == latest)

    shown, cursor = page(call, [m for m in found if wanted(m.ts)])
    metadata = call.flag("include_all_metadata")
    threads = {m.ts: _thread_facts(channel, m.ts) for m in shown if m.thread_ts == m.ts}
    answer: Json = {
        "ok": True,
        "messages": [m.as_api(metadata=metadata) | threads.get(m.ts, {}) for m in shown],
        "has_more": bool(cursor),
        "pin_count": 0,
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _thread_facts(channel: Channel, ts: str) -> Json:
    below = [m for m in channel.standing if m.thread_ts == ts and m.ts != ts]
    return {"reply_count": len(below), "latest_reply": below[-1].ts} if below else {}


def _instant(call: Call, name: str) -> int | None:
    value = call.text(name)
    try:
        return None if value is None else _micros(value)
    except ValueError as error:
        raise SlackError(f"invalid_ts_{name}") from error


def _micros(ts: str) -> int:
    seconds, _, micros = ts.partition(".")
    return int(seconds) * 1_000_000 + int((micros + "000000")[:6])


@method("conversations.members")
def members(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace, scope="read")
    shown, cursor = page(call, channel.members)
    return {"ok": True, "members": shown, "response_metadata": {"next_cursor": cursor}}


def _listed(call: Call, workspace: Workspace) -> list[Channel]:
    kinds = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}
    asked = (call.text("types") or "public_channel").split(",")
    if not set(asked) <= set(kinds):
        raise SlackError("invalid_types")
    for kind in asked:
        need_scope(call, f"{FAMILY[kinds[kind]]}:read")
    wanted = {kinds[kind] for kind in asked}
    return [
        channel
        for channel in workspace.channels.values()
        if channel.kind in wanted
        and not channel.deleted
        and (channel.kind == "public" or workspace.bot_user_id in channel.members)
        and not (channel.archived and call.flag("exclude_archived"))
    ]


@method("conversations.list")
def list_conversations(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    shown, cursor = page(call, _listed(call, workspace))
    told = [channel.as_api(workspace.bot_user_id) for channel in shown]
    return {"ok": True, "channels": told, "response_metadata": {"next_cursor": cursor}}


@method("users.conversations")
def users_conversations(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    user = call.text("user") or workspace.bot_user_id
    mine = [channel for channel in _listed(call, workspace) if user in channel.members]
    shown, cursor = page(call, mine)
    told = [channel.as_api(workspace.bot_user_id) for channel in shown]
    return {"ok": True, "channels": told, "response_metadata": {"next_cursor": cursor}}


@method("conversations.join", "channels:join")
def join(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace)
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if workspace.bot_user_id not in channel.members:
        channel.members.append(workspace.bot_user_id)
    return {"ok": True, "channel": channel.as_api(workspace.bot_user_id)}


def _user(call: Call, workspace: Workspace, user: User) -> Json:
    assert call.grant is not None
    told = user.as_api()
    if "users:read.email" not in call.grant.scopes:
        del told["profile"]["email"]
    return told


@method("users.info", "users:read")
def user_info(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    user = workspace.users.get(call.need("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"ok": True, "user": _user(call, workspace, user)}


@method("users.list", "users:read")
def list_users(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    shown, cursor = page(call, list(workspace.users.values()))
    told = [_user(call, workspace, user) for user in shown]
    return {"ok": True, "members": told, "response_metadata": {"next_cursor": cursor}}


@method("users.lookupByEmail", "users:read.email")
def lookup(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    email = call.need("email")
    for user in workspace.users.values():
        if user.email == email and not user.deleted:
            return {"ok": True, "user": _user(call, workspace, user)}
    raise SlackError("users_not_found")


@method("team.info", "team:read")
def team_info(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    team = {"id": workspace.id, "name": workspace.name, "domain": workspace.domain}
    return {"ok": True, "team": team}


@method("bots.info", "users:read")
def bot_info(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    if call.need("bot") != workspace.bot_id:
        raise SlackError("bot_not_found")
    return {
        "ok": True,
        "bot": {
            "id": workspace.bot_id,
            "deleted": not workspace.installed,
            "name": workspace.app.name,
            "app_id": workspace.app.id,
            "user_id": workspace.bot_user_id,
        },
    }
