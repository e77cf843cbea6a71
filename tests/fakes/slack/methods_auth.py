"""auth.*, apps.connections.open, oauth.v2.access and files: who one is, and getting in."""

from typing import TYPE_CHECKING

from fakes.slack.calls import Call, SlackError, find_channel, method
from fakes.slack.state import File, Json
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


@method("api.test", token="none")
def api_test(server: "SlackServer", call: Call, workspace: None) -> Json:
    if error := call.text("error"):
        raise SlackError(error, args=call.args)
    return {"ok": True, "args": call.args}


@method("auth.test")
def auth_test(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    return {
        "ok": True,
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.users[workspace.bot_user_id].name,
        "team_id": workspace.id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("auth.revoke")
def auth_revoke(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    assert call.grant is not None
    if not call.flag("test"):
        call.grant.revoked = True
    return {"ok": True, "revoked": not call.flag("test")}


@method("apps.connections.open", "connections:write", token="app")
def connections_open(server: "SlackServer", call: Call, workspace: None) -> Json:
    if not server.app.socket_mode:
        raise SlackError("socket_mode_not_enabled")
    return {"ok": True, "url": server.sockets.ticket()}


@method("oauth.v2.access", token="none")
def oauth_access(server: "SlackServer", call: Call, workspace: None) -> Json:
    """A code serves once and only with the redirect_uri that it was asked with."""
    if call.args.get("client_id") != server.app.client_id:
        raise SlackError("invalid_client_id")
    if call.args.get("client_secret") != server.app.client_secret:
        raise SlackError("bad_client_secret")
    code = server.codes.pop(call.text("code") or "", None)
    if code is None:
        raise SlackError("invalid_code")
    if code.redirect_uri != call.text("redirect_uri"):
        raise SlackError("bad_redirect_uri")
    team = server.workspaces[code.team]
    grant = team.install(code.scopes)
    return {
        "ok": True,
        "access_token": grant.token,
        "token_type": "bot",
        "scope": ",".join(grant.scopes),
        "bot_user_id": team.bot_user_id,
        "app_id": server.app.id,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": code.user},
    }


@method("files.getUploadURLExternal", "files:write")
def upload_url(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    id_ = workspace.make_id("F")
    length = call.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", "[ERROR] must be greater than 0: length")
    workspace.files[id_] = File(id=id_, name=call.need("filename"), length=length)
    url = f"{server.url}/upload/v1/{workspace.id}/{id_}"
    return {"ok": True, "upload_url": url, "file_id": id_}


@method("files.completeUploadExternal", "files:write")
def complete_upload(server: "SlackServer", call: Call, workspace: Workspace) -> Json:
    """Shares the files in `channel_id` as one message of the bot."""
    listed = call.structure("files") or []
    files = [workspace.files.get(one.get("id", "")) for one in listed]
    if not files or any(file is None or file.complete for file in files):
        raise SlackError("file_not_found")
    if any(len(file.data) != file.length for file in files if file):
        raise SlackError("file_update_failed")
    rooms = [r for r in (call.text("channel_id"), *(call.text("channels") or "").split(",")) if r]
    for room in rooms:
        call.args["channel"] = room
        channel = find_channel(call, workspace)
        if channel.archived:
            raise SlackError("is_archived")
        if workspace.bot_user_id not in channel.members:
            raise SlackError("not_in_channel")
        workspace.post(
            channel,
            workspace.bot_user_id,
            call.text("initial_comment") or "",
            files=[one["id"] for one in listed],
            thread_ts=call.text("thread_ts"),
        )
    told = []
    for one, file in zip(listed, files, strict=True):
        assert file is not None
        file.complete, file.title, file.shared_in = True, one.get("title", file.name), rooms
        told.append({"id": file.id, "title": file.title, "name": file.name, "size": file.length})
    return {"ok": True, "files": told}
