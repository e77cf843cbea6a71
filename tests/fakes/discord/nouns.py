"""What exists on the stand-in: applications, users, guilds, channels, messages, interactions.

Plain state that tests may read at any time. Only `server`, the routes and `people` change it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TEXT, DM, VOICE, GROUP_DM, CATEGORY, ANNOUNCEMENT = 0, 1, 2, 3, 4, 5
ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 10, 11, 12, 15
THREADS = (ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
"""Message flags."""


@dataclass(kw_only=True, eq=False)
class User:
    """An account: a person or a bot."""

    id: int
    name: str
    locale: str = "en-US"
    bot: bool = False
    dms_closed: bool = False
    installed: set[int] = field(default_factory=set)
    """Ids of the applications that this person installed for themselves."""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(kw_only=True, eq=False)
class Application:
    """An app with its bot user and the token it logs in with."""

    id: int
    name: str
    token: str
    bot: User
    owner: User
    privileged_intents: bool = False
    commands: dict[int | None, dict[int, dict[str, Any]]] = field(default_factory=dict)
    """Registered commands by guild id (None: global) and command id."""
    commands_created: int = 0
    edits: list[dict[str, Any]] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Role:
    """A role of one guild."""

    id: int
    name: str
    permissions: int
    position: int = 1


@dataclass(kw_only=True, eq=False)
class Guild:
    """A server in Discord's everyday sense."""

    id: int
    name: str
    owner: User
    everyone: Role
    locale: str = "en-US"
    members: dict[User, set[int]] = field(default_factory=dict)
    """Each member's role ids."""
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)
    """Channels and threads that still exist."""
    nicks: dict[User, str] = field(default_factory=dict)

    def roles_of(self, user: User) -> list[Role]:
        return [self.roles[role] for role in self.members.get(user, ()) if role in self.roles]

    @property
    def threads(self) -> list["Channel"]:
        return [channel for channel in self.channels.values() if channel.is_thread]

    def __repr__(self) -> str:
        return f"<guild {self.name}>"


@dataclass(kw_only=True, eq=False)
class Channel:
    """A place for messages: a guild's channel, a thread or a direct message."""

    id: int
    type: int
    name: str = ""
    guild: Guild | None = None
    parent: "Channel | None" = None
    topic: str | None = None
    recipients: list[User] = field(default_factory=list)
    overwrites: dict[int, tuple[int, int]] = field(default_factory=dict)
    """(allowed, denied) bits by id of a role or user."""
    messages: dict[int, "Message"] = field(default_factory=dict)
    """Everything that was ever posted, the deleted and the ephemeral included."""
    tags: dict[int, str] = field(default_factory=dict)
    """A forum's tags by id."""
    applied_tags: list[int] = field(default_factory=list)
    tag_required: bool = False
    owner: User | None = None
    thread_members: dict[User, str] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False
    auto_archive: int = 1440
    created: str = ""
    deleted: bool = False
    typing: list[User] = field(default_factory=list)
    """Who showed that they type, in order."""

    @property
    def is_thread(self) -> bool:
        return self.type in THREADS

    @property
    def history(self) -> list["Message"]:
        """What everyone in the channel can read, oldest first."""
        return [
            message
            for message in self.messages.values()
            if not message.deleted and message.only_for is None
        ]

    @property
    def threads(self) -> list["Channel"]:
        """Its threads or forum posts, oldest first."""
        found = self.guild.threads if self.guild else []
        return sorted((thread for thread in found if thread.parent is self), key=lambda t: t.id)

    def __repr__(self) -> str:
        return f"<channel {self.name or self.id}>"


@dataclass(kw_only=True, eq=False)
class Message:
    """One message; embeds, components and attachments as Discord shows them."""

    id: int
    channel: Channel
    author: User
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    tts: bool = False
    nonce: str | int | None = None
    application: Application | None = None
    interaction: "Interaction | None" = None
    """What it answers, where it is an answer."""
    only_for: User | None = None
    """The one person who sees an ephemeral message."""
    reference: "Message | None" = None
    thread: Channel | None = None
    posted: float
    edited: float | None = None
    deleted: bool = False
    reactions: dict[str, list[User]] = field(default_factory=dict)
    allowed_mentions: dict[str, Any] | None = None
    versions: list[dict[str, Any]] = field(default_factory=list)
    """Content, embeds and components as they stood before each edit, oldest first."""

    @property
    def walk(self) -> Iterator[dict[str, Any]]:
        """All its components, outer ones first."""
        return walk(self.components)

    @property
    def buttons(self) -> list[str]:
        """The buttons' labels (or emoji, where there is no label), in reading order."""
        return [label_of(part) for part in self.walk if part["type"] == 2]

    @property
    def text(self) -> str:
        """All that can be read in it: content, embeds, text displays, one part a line."""
        parts: list[str | None] = [self.content]
        for embed in self.embeds:
            parts += [embed.get("author", {}).get("name"), embed.get("title")]
            parts.append(embed.get("description"))
            for one in embed.get("fields", ()):
                parts += [one["name"], one["value"]]
            parts.append(embed.get("footer", {}).get("text"))
        parts += [part["content"] for part in self.walk if part["type"] == 10]
        return "\n".join(part for part in parts if part)

    @property
    def ephemeral(self) -> bool:
        return self.only_for is not None

    def __repr__(self) -> str:
        return f"<message {self.id} {self.text[:40]!r}>"


@dataclass(kw_only=True, eq=False)
class Interaction:
    """Something a person did that the app has to answer."""

    id: int
    type: int
    token: str
    application: Application
    user: User
    channel: Channel
    data: dict[str, Any]
    created: float
    owners: dict[str, str] = field(default_factory=dict)
    message: Message | None = None
    """The message whose component was used."""
    parent: "Interaction | None" = None
    """For a modal's submission: what opened the modal."""
    answered: int | None = None
    """The type of the callback that acknowledged it."""
    acknowledged_after: float | None = None
    """Seconds."""
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    edits: int = 0
    """How often its messages were edited through its token."""
    choices: list[dict[str, Any]] | None = None
    callbacks: int = 0
    """Callback requests that arrived, refused ones included."""


@dataclass(kw_only=True, eq=False)
class OpenModal:
    """A form that a person has in front of them."""

    interaction: Interaction
    custom_id: str
    title: str
    components: list[dict[str, Any]]

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """What can be filled in, by label."""
        return dict(_fields(self.components))


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Components and all inside them, outer ones first."""
    for part in components:
        yield part
        yield from walk(part.get("components", []))
        yield from walk([part[key] for key in ("accessory", "component") if part.get(key)])


def label_of(part: dict[str, Any]) -> str:
    return part.get("label") or (part.get("emoji") or {}).get("name") or ""


def _fields(components: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for part in components:
        if part["type"] == 18:
            yield part["label"], part["component"]
        elif part["type"] == 1:
            for inner in part["components"]:
                yield inner.get("label") or inner["custom_id"], inner
