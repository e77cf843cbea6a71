"""views.*: modals and the App Home."""

from typing import TYPE_CHECKING

from fakes.slack import payloads
from fakes.slack.calls import Call, SlackError, method
from fakes.slack.state import Json, View
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer, Trigger

TRIGGER_LIFE_S = 3  # https://docs.slack.dev/interactivity/handling-user-interaction
MOST_MODALS = 3  # https://docs.slack.dev/surfaces/modals


@method("views.open")
def open_view(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    body = modal(server, call, workspace)
    trigger = spend(server, call, workspace)
    view = workspace.new_view(trigger.user, body)
    workspace.modals[trigger.user] = [view]
    return told(server, workspace, view)


@method("views.push")
def push_view(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    body = modal(server, call, workspace)
    trigger = spend(server, call, workspace)
    stack = workspace.modals.get(trigger.user, [])
    if not stack or trigger.view is None:
        raise SlackError("not_found")
    if len(stack) >= MOST_MODALS:
        raise SlackError("push_limit_reached")
    view = workspace.new_view(trigger.user, body, under=stack[-1])
    stack.append(view)
    return told(server, workspace, view)


@method("views.update")
def update_view(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    """Works on modals and homes, open ones only."""
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", "[ERROR] missing required field: view_id")
    view = workspace.view(view_id, external_id)
    if view is None:
        raise SlackError("not_found")
    body = call.structure("view")
    check = payloads.check_view if view.body["type"] == "modal" else payloads.check_home
    server.checked(call.method, body, check(body))
    if call.text("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
    workspace.redraw(view, body)
    return told(server, workspace, view)


@method("views.publish")
def publish(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    if not server.app.home_tab:
        raise SlackError("not_enabled")
    user = call.need("user_id")
    if user not in workspace.users:
        raise SlackError("invalid_arguments", "invalid `user_id`")
    body = call.structure("view")
    server.checked(call.method, body, payloads.check_home(body))
    view = workspace.homes.get(user)
    if view and call.text("hash") not in (None, view.hash):
        raise SlackError("hash_conflict")
    if view:
        workspace.redraw(view, body)
    else:
        view = workspace.homes[user] = workspace.new_view(user, body)
    return told(server, workspace, view)


def modal(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    body = call.structure("view")
    server.checked(call.method, body, payloads.check_view(body))
    if body.get("external_id") and workspace.view(None, body["external_id"]):
        raise SlackError("duplicate_external_id")
    return body


def spend(server: "SlackServer", call: Call, workspace: Workspace) -> "Trigger":
    """The trigger that the call names; it serves once and for three seconds."""
    trigger = server.triggers.get(call.text("trigger_id") or "")
    if trigger is None or trigger.team != workspace.id:
        raise SlackError("invalid_arguments", "invalid `trigger_id`")
    if trigger.spent:
        raise SlackError("exchanged_trigger_id")
    if server.now() - trigger.at > TRIGGER_LIFE_S:
        raise SlackError("expired_trigger_id")
    trigger.spent = True
    return trigger


def told(server: "SlackServer", workspace: Workspace, view: View) -> Json:
    return {"ok": True, "view": view.as_api(server.app, workspace.bot_id)}
