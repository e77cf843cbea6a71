"""chat.*: posting, editing, deleting, whispering; and reactions."""

from typing import TYPE_CHECKING, Any

from fakes.slack import payloads
from fakes.slack.calls import Call, SlackError, find_channel, method
from fakes.slack.state import Channel, Json, Message
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


def content(server: "SlackServer", call: Call) -> Json:
    """Text, blocks, attachments and metadata of the call, checked.

    Raises what Slack answers to a message it refuses; the server remembers the violation.
    """
    said: Json = {
        name: value
        for name in ("text", "blocks", "attachments", "metadata")
        if (value := call.structure(name)) is not None
    }
    if markdown := call.text("markdown_text"):
        if "text" in said or "blocks" in said:
            raise SlackError("markdown_text_conflict")
        said["text"] = markdown
    server.checked(call.method, said, payloads.check_message(said))
    return said


@method("chat.postMessage", "chat:write")
def post_message(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = place(call, workspace)
    if channel.kind == "im" and not server.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    said = content(server, call)
    if not any(said.get(name) for name in ("text", "blocks", "attachments")):
        raise SlackError("no_text")
    if wait := server.limit.wait(channel.id):
        raise SlackError("ratelimited", retry_after=wait)
    message = workspace.post(
        channel,
        workspace.bot_user_id,
        said.get("text", ""),
        blocks=said.get("blocks", []),
        attachments=said.get("attachments", []),
        metadata=said.get("metadata") or None,
        thread_ts=thread(call, channel),
    )
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message.as_api()}


def place(call: Call, workspace: Workspace) -> Channel:
    """Where the bot may write: raises is_archived, or not_in_channel without chat:write.public."""
    channel = find_channel(call, workspace, open_dm=True)
    if channel.archived:
        raise SlackError("is_archived")
    assert call.grant is not None
    if workspace.bot_user_id not in channel.members and (
        "chat:write.public" not in call.grant.scopes
    ):
        raise SlackError("not_in_channel")
    return channel


def thread(call: Call, channel: Channel) -> str | None:
    """The root of the thread that the call names; a reply stands for its root."""
    ts = call.text("thread_ts")
    if ts is None:
        return None
    parent = channel.find(ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def own_message(call: Call, workspace: Workspace, channel: Channel, refusal: str) -> Message:
    message = channel.find(call.need("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.user != workspace.bot_user_id:
        raise SlackError(refusal)
    return message


@method("chat.update", "chat:write")
def update(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    """Without blocks, a text removes the blocks that were there; without either, both stay."""
    channel = find_channel(call, workspace)
    message = own_message(call, workspace, channel, "cant_update_message")
    if channel.archived:
        raise SlackError("is_inactive")
    said = content(server, call)
    if not said:
        raise SlackError("no_text")
    changes: dict[str, Any] = dict(said)
    if "text" in said and "blocks" not in said:
        changes["blocks"] = []
    if "metadata" in said:
        changes["metadata"] = said["metadata"] or None
    workspace.edit(message, **changes)
    return {
        "ok": True,
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message.as_api(),
    }


@method("chat.delete", "chat:write")
def delete(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace)
    message = own_message(call, workspace, channel, "cant_delete_message")
    message.deleted = True
    return {"ok": True, "channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace)
    if channel.archived:
        raise SlackError("is_archived")
    if workspace.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    user = call.need("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    said = content(server, call)
    if not any(said.get(name) for name in ("text", "blocks", "attachments")):
        raise SlackError("no_text")
    if wait := server.limit.wait(channel.id):
        raise SlackError("ratelimited", retry_after=wait)
    message = workspace.whisper(
        channel,
        user,
        said.get("text", ""),
        blocks=said.get("blocks", []),
        attachments=said.get("attachments", []),
        thread_ts=call.text("thread_ts"),
    )
    return {"ok": True, "message_ts": message.ts}


@method("chat.getPermalink")
def get_permalink(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace)
    message = channel.find(call.need("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"{server.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"ok": True, "channel": channel.id, "permalink": link}


@method("reactions.add", "reactions:write")
def add_reaction(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    channel = find_channel(call, workspace)
    message = channel.find(call.need("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    reaction = (call.need("name").strip(":"), workspace.bot_user_id)
    if reaction in message.reactions:
        raise SlackError("already_reacted")
    message.reactions.append(reaction)
    return {"ok": True}
