"""The payloads that Slack sends when a person does something. Pure, but for triggers and hooks.

Shapes: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import copy
from typing import TYPE_CHECKING, Any

from fakes.slack import blocks as kit
from fakes.slack.state import Channel, Json, Message, User, View
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


def common(server: "SlackServer", workspace: Workspace, user: User, kind: str) -> Json:
    """What every interactive payload has."""
    return {
        "type": kind,
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": workspace.id,
        },
        "api_app_id": server.app.id,
        "token": server.app.verification_token,
        "team": {"id": workspace.id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel_name(channel: Channel) -> str:
    """What Slack calls the channel in payloads: DMs and private rooms have no name there."""
    return {"im": "directmessage", "private": "privategroup", "mpim": "privategroup"}.get(
        channel.kind, channel.name
    )


def slash_command(
    server: "SlackServer",
    workspace: Workspace,
    user: User,
    channel: Channel,
    command: str,
    text: str,
) -> Json:
    hook = server.new_hook(workspace, user, channel)
    return {
        "token": server.app.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": server.app.id,
        "is_enterprise_install": "false",
        "response_url": hook.url,
        "trigger_id": server.new_trigger(workspace, user),
    }


def block_actions(
    server: "SlackServer",
    workspace: Workspace,
    user: User,
    place: Message | View,
    block: Json,
    element: Json,
    chosen: Any,
) -> Json:
    payload = common(server, workspace, user, "block_actions")
    if isinstance(place, View):
        payload["container"] = {"type": "view", "view_id": place.id}
        payload["trigger_id"] = server.new_trigger(workspace, user, place)
        payload["view"] = place.as_api(server.app, workspace.bot_id)
    else:
        channel = workspace.channels[place.channel]
        hook = server.new_hook(workspace, user, channel, place)
        payload["container"] = {
            "type": "message",
            "message_ts": place.ts,
            "channel_id": channel.id,
            "is_ephemeral": place.ephemeral_to is not None,
        }
        if place.thread_ts:
            payload["container"]["thread_ts"] = place.thread_ts
        payload["trigger_id"] = server.new_trigger(workspace, user)
        payload["channel"] = {"id": channel.id, "name": channel_name(channel)}
        if place.ephemeral_to is None:
            payload["message"] = place.as_api()
        payload["state"] = {"values": _message_state(place)}
        payload["response_url"] = hook.url
    payload["actions"] = [_action(block, element, chosen, workspace.tick())]
    return payload


def _message_state(message: Message) -> Json:
    values: Json = {}
    for block, element in kit.elements(message.blocks):
        if element["type"] in kit.INPUTS:
            state = kit.empty_state(element)
            values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _action(block: Json, element: Json, chosen: Any, at: str) -> Json:
    kind = element["type"]
    action: Json = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": at,
    }
    for name in ("text", "value", "style", "placeholder", "confirm"):
        if name in element and not (name == "text" and kind not in ("button", "workflow_button")):
            action[name] = copy.deepcopy(element[name])
    if kind == "feedback_buttons":
        action |= {"text": chosen["text"], "value": chosen["value"]}
    elif kind == "overflow":
        action["selected_option"] = copy.deepcopy(chosen)
    elif kind in kit.INPUTS:
        action |= chosen
    return action


def entered(element: Json, value: Any) -> Json:
    """The state of an element into which a person put `value`: texts or values of options, ids,
    dates, or text. Raises LookupError for an option that is not there."""
    kind = element["type"]
    key = kit.state_key(kind)
    if key == "selected_option":
        return {"type": kind, key: None if value is None else option(element, value)}
    if key == "selected_options":
        return {"type": kind, key: [option(element, one) for one in value]}
    return {"type": kind, key: value if value is None or key != "value" else str(value)}


def option(element: Json, wanted: str) -> Json:
    """The option with that text or value, as it goes into payloads."""
    if "external_select" in element["type"]:
        return {"text": {"type": "plain_text", "text": wanted, "emoji": True}, "value": wanted}
    for one in kit.options(element):
        if wanted in (one.get("value"), one["text"]["text"]):
            return copy.deepcopy(one)
    offered = [one["text"]["text"] for one in kit.options(element)]
    raise LookupError(f"{wanted!r} is not offered; there are {offered}")


def view_submission(server: "SlackServer", workspace: Workspace, user: User, view: View) -> Json:
    return common(server, workspace, user, "view_submission") | {
        "trigger_id": server.new_trigger(workspace, user, view),
        "view": view.as_api(server.app, workspace.bot_id),
        "response_urls": [],
    }


def view_closed(
    server: "SlackServer", workspace: Workspace, user: User, view: View, *, all_of_them: bool
) -> Json:
    return common(server, workspace, user, "view_closed") | {
        "view": view.as_api(server.app, workspace.bot_id),
        "is_cleared": all_of_them,
    }


def message_shortcut(
    server: "SlackServer", workspace: Workspace, user: User, message: Message, callback_id: str
) -> Json:
    channel = workspace.channels[message.channel]
    hook = server.new_hook(workspace, user, channel, message)
    hook.original = None
    return common(server, workspace, user, "message_action") | {
        "callback_id": callback_id,
        "trigger_id": server.new_trigger(workspace, user),
        "response_url": hook.url,
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message": message.as_api(),
        "action_ts": workspace.tick(),
    }


def global_shortcut(
    server: "SlackServer", workspace: Workspace, user: User, callback_id: str
) -> Json:
    return common(server, workspace, user, "shortcut") | {
        "callback_id": callback_id,
        "trigger_id": server.new_trigger(workspace, user),
        "action_ts": workspace.tick(),
    }


def block_suggestion(
    server: "SlackServer",
    workspace: Workspace,
    user: User,
    place: Message | View,
    block: Json,
    element: Json,
    typed: str,
) -> Json:
    payload = common(server, workspace, user, "block_suggestion") | {
        "block_id": block["block_id"],
        "action_id": element["action_id"],
        "value": typed,
    }
    if isinstance(place, View):
        payload["container"] = {"type": "view", "view_id": place.id}
        payload["view"] = place.as_api(server.app, workspace.bot_id)
    else:
        channel = workspace.channels[place.channel]
        payload["container"] = {"type": "message", "message_ts": place.ts} | {
            "channel_id": channel.id,
            "is_ephemeral": place.ephemeral_to is not None,
        }
        payload["channel"] = {"id": channel.id, "name": channel_name(channel)}
    return payload


def event(server: "SlackServer", workspace: Workspace, inner: Json) -> Json:
    """An Events API envelope around `inner`; its `event_id` stays when it is delivered again."""
    at = workspace.tick()
    return {
        "token": server.app.verification_token,
        "team_id": workspace.id,
        "context_team_id": workspace.id,
        "context_enterprise_id": None,
        "api_app_id": server.app.id,
        "event": {"event_ts": at, **inner},
        "type": "event_callback",
        "event_id": workspace.make_id("Ev"),
        "event_time": int(float(at)),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
