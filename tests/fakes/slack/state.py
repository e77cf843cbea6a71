"""What Slack knows: workspaces, people, channels, messages, views and files. No network.

Times are the microseconds that Slack writes as "seconds.micros"; ids look like Slack's and are
counted, so that a run can be repeated.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

from fakes.slack import blocks as kit

Json = dict[str, Any]


@dataclass(kw_only=True)
class App:
    """The bot's registration: one app, installed into any number of workspaces."""

    id: str = "A000000001"
    name: str = "Paperround"
    client_id: str = "1000.2000"
    client_secret: str = "client-secret"
    signing_secret: str = "signing-secret"
    verification_token: str = "verification-token"
    app_token: str = "xapp-1-A000000001-1000-secret"
    app_scopes: tuple[str, ...] = ("connections:write",)
    redirect_uri: str | None = None
    """Where the authorize page sends people when the request names no place."""
    messages_tab: bool = True
    home_tab: bool = True
    socket_mode: bool = True


@dataclass(kw_only=True)
class User:
    """A member of a workspace; bots are members too."""

    id: str
    team: str
    name: str
    real_name: str
    email: str = ""
    tz: str = "Europe/London"
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    deleted: bool = False

    def as_api(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team,
            "name": self.name,
            "real_name": self.real_name,
            "deleted": self.deleted,
            "tz": self.tz,
            "tz_label": self.tz,
            "tz_offset": 0,
            "profile": {
                "real_name": self.real_name,
                "display_name": self.name,
                "email": self.email,
                "team": self.team,
            },
            "is_admin": self.is_admin,
            "is_owner": self.is_owner,
            "is_primary_owner": self.is_owner,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 0,
        }


@dataclass(kw_only=True, eq=False)
class Message:
    """A message as it stands now; `versions` holds what it said before each edit."""

    team: str
    channel: str
    ts: str
    user: str | None
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    ephemeral_to: str | None = None
    edited: str | None = None
    deleted: bool = False
    files: list[str] = field(default_factory=list)
    reactions: list[tuple[str, str]] = field(default_factory=list)
    versions: list[Json] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """Every text that a person reads: the blocks' where there are any, else the text."""
        return "\n".join(kit.texts(self.blocks)) if self.blocks else self.text

    @property
    def buttons(self) -> list[str]:
        """The texts of its buttons, in reading order."""
        return [kit.label(e) for _, e in kit.elements(self.blocks) if e["type"] == "button"]

    def edit(self, ts: str, **changes: Any) -> None:
        self.versions.append({"text": self.text, "blocks": self.blocks, "metadata": self.metadata})
        self.edited = ts
        for name, value in changes.items():
            setattr(self, name, value)

    def as_api(self, *, metadata: bool = False) -> Json:
        told: Json = {"type": "message", "ts": self.ts, "text": self.text, "team": self.team}
        if self.user:
            told["user"] = self.user
        if self.bot_id:
            told |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.blocks:
            told["blocks"] = copy.deepcopy(self.blocks)
        if self.attachments:
            told["attachments"] = copy.deepcopy(self.attachments)
        if self.thread_ts:
            told["thread_ts"] = self.thread_ts
        if self.edited:
            told["edited"] = {"user": self.user, "ts": self.edited}
        if self.files:
            told["files"] = [{"id": id_} for id_ in self.files]
        if self.reactions:
            told["reactions"] = [
                {"name": name, "users": [user], "count": 1} for name, user in self.reactions
            ]
        if metadata and self.metadata:
            told["metadata"] = copy.deepcopy(self.metadata)
        return told


@dataclass(kw_only=True, eq=False)
class Channel:
    """A room: `public`, `private`, `im` (two people) or `mpim` (several)."""

    id: str
    team: str
    name: str
    kind: str = "public"
    creator: str = ""
    members: list[str] = field(default_factory=list)
    archived: bool = False
    deleted: bool = False
    created: int = 0
    messages: list[Message] = field(default_factory=list)
    """Oldest first, deleted ones included, ephemeral ones not."""

    @property
    def standing(self) -> list[Message]:
        """What can still be read, oldest first."""
        return [message for message in self.messages if not message.deleted]

    def find(self, ts: str) -> Message | None:
        return next((message for message in self.standing if message.ts == ts), None)

    def as_api(self, bot: str) -> Json:
        told: Json = {
            "id": self.id,
            "created": self.created,
            "creator": self.creator,
            "context_team_id": self.team,
            "is_archived": self.archived,
            "is_im": self.kind == "im",
            "is_mpim": self.kind == "mpim",
            "is_org_shared": False,
        }
        if self.kind == "im":
            told["user"] = next((m for m in self.members if m != bot), bot)
            return told
        return told | {
            "name": self.name,
            "name_normalized": self.name,
            "is_channel": self.kind == "public",
            "is_group": self.kind == "private",
            "is_private": self.kind != "public",
            "is_general": self.name == "general",
            "is_member": bot in self.members,
            "num_members": len(self.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass(kw_only=True, eq=False)
class View:
    """A modal or an App Home as the app sent it, with what Slack adds."""

    id: str
    team: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str | None = None
    state: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """What the last submission was refused for, by block id."""

    @property
    def blocks(self) -> list[Json]:
        return self.body.get("blocks", [])

    @property
    def title(self) -> str:
        return self.body.get("title", {}).get("text", "")

    @property
    def shown(self) -> str:
        """Every text that a person reads, title first."""
        return "\n".join([*([self.title] if self.title else []), *kit.texts(self.blocks)])

    @property
    def buttons(self) -> list[str]:
        return [kit.label(e) for _, e in kit.elements(self.blocks) if e["type"] == "button"]

    def as_api(self, app: App, bot_id: str) -> Json:
        body = copy.deepcopy(self.body)
        return {
            "id": self.id,
            "team_id": self.team,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": body.get("private_metadata", ""),
            "callback_id": body.get("callback_id", ""),
            "state": {"values": copy.deepcopy(self.state)},
            "hash": self.hash,
            "title": body.get("title"),
            "clear_on_close": body.get("clear_on_close", False),
            "notify_on_close": body.get("notify_on_close", False),
            "close": body.get("close"),
            "submit": body.get("submit"),
            "previous_view_id": self.previous,
            "root_view_id": self.root,
            "app_id": app.id,
            "external_id": body.get("external_id", ""),
            "app_installed_team_id": self.team,
            "bot_id": bot_id,
        }


@dataclass(kw_only=True)
class Grant:
    """A token and what it may do."""

    token: str
    team: str
    scopes: tuple[str, ...]
    revoked: bool = False


@dataclass(kw_only=True)
class File:
    """An uploaded file; `shared_in` names channels."""

    id: str
    name: str
    length: int
    data: bytes = b""
    title: str = ""
    shared_in: list[str] = field(default_factory=list)
    complete: bool = False
