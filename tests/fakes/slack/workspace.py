"""One workspace: its people, channels, views, files and the app's grant, and how they change."""

from collections.abc import Callable
from typing import Any

from fakes.slack import blocks as kit
from fakes.slack.state import App, Channel, File, Grant, Json, Message, User, View

SCOPES = (
    "app_mentions:read channels:history channels:join channels:read chat:write chat:write.public "
    "commands files:read files:write groups:history groups:read im:history im:read im:write "
    "mpim:history mpim:read mpim:write reactions:write team:read users:read users:read.email"
).split()


class Workspace:
    """`users`, `channels`, `ephemerals`, `homes`, `modals` and `files` are open to be read."""

    def __init__(
        self, app: App, id_: str, name: str, make_id: Callable[[str], str], tick: Callable[[], str]
    ) -> None:
        self.id, self.name, self.domain = id_, name, name.lower().replace(" ", "-")
        self.app = app
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.homes: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        """Per user the stack of open modals, the front one last."""
        self.files: dict[str, File] = {}
        self.grants: list[Grant] = []
        self.make_id, self.tick = make_id, tick
        self.bot_id = make_id("B")
        self.bot_user_id = self.add_user("paperround", real_name=app.name, is_bot=True).id

    # --- the app's standing ----------------------------------------------------------------

    @property
    def installed(self) -> bool:
        return any(not grant.revoked for grant in self.grants)

    @property
    def bot_token(self) -> str:
        """The newest token; of no use once it is revoked."""
        return self.grants[-1].token

    def install(self, scopes: list[str] | tuple[str, ...] | None = None) -> Grant:
        """Give the app a new token with `scopes` (all that it could want, unless given)."""
        token = f"xoxb-{self.id}-{self.make_id('X')}"
        grant = Grant(token=token, team=self.id, scopes=tuple(SCOPES if scopes is None else scopes))
        self.grants.append(grant)
        self.users[self.bot_user_id].deleted = False
        return grant

    def revoke(self) -> None:
        """Take every token back."""
        for grant in self.grants:
            grant.revoked = True

    # --- people and rooms ------------------------------------------------------------------

    def add_user(self, name: str, **facts: Any) -> User:
        facts.setdefault("real_name", name.title())
        facts.setdefault("email", f"{name}@example.org")
        user = User(id=self.make_id("U"), team=self.id, name=name, **facts)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, kind: str, creator: str, members: list[str]) -> Channel:
        letter = {"public": "C", "private": "C", "im": "D", "mpim": "C"}[kind]
        channel = Channel(
            id=self.make_id(letter),
            team=self.id,
            name=name,
            kind=kind,
            creator=creator,
            members=list(dict.fromkeys(members)),
            created=int(float(self.tick())),
        )
        self.channels[channel.id] = channel
        return channel

    def im(self, user: str) -> Channel:
        """The direct messages between the bot and one person, opened if need be."""
        return self.conversation([user]) or self.add_channel(
            "", "im", self.bot_user_id, [self.bot_user_id, user]
        )

    def conversation(self, users: list[str]) -> Channel | None:
        """The bot's direct messages with just these people, where they are open."""
        wanted = {self.bot_user_id, *users}
        return next(
            (c for c in self.channels.values() if "im" in c.kind and set(c.members) == wanted), None
        )

    def channel_named(self, name: str) -> Channel | None:
        name = name.removeprefix("#")
        return next((c for c in self.channels.values() if name and c.name == name), None)

    # --- messages --------------------------------------------------------------------------

    def post(self, channel: Channel, user: str | None, text: str, **more: Any) -> Message:
        """Add a message; the bot's carry its ids, and its blocks get the ids they lack."""
        message = self._message(channel, user, text, **more)
        channel.messages.append(message)
        if message.thread_ts and (parent := channel.find(message.thread_ts)):
            parent.thread_ts = parent.ts
        return message

    def whisper(self, channel: Channel, to: str, text: str, **more: Any) -> Message:
        """Add an ephemeral message of the bot that only `to` sees."""
        message = self._message(channel, self.bot_user_id, text, ephemeral_to=to, **more)
        self.ephemerals.append(message)
        return message

    def _message(
        self, channel: Channel, user: str | None, text: str, blocks: Any = (), **more: Any
    ) -> Message:
        if user == self.bot_user_id:
            more = {"bot_id": self.bot_id, "app_id": self.app.id} | more
        return Message(
            team=self.id,
            channel=channel.id,
            ts=self.tick(),
            user=user,
            text=text,
            blocks=kit.completed(list(blocks), lambda: self.make_id("b")),
            **more,
        )

    def edit(self, message: Message, **changes: Any) -> None:
        if "blocks" in changes:
            changes["blocks"] = kit.completed(changes["blocks"], lambda: self.make_id("b"))
        message.edit(self.tick(), **changes)

    # --- views -----------------------------------------------------------------------------

    def new_view(self, user: str, body: Json, *, under: View | None = None) -> View:
        """A view that nobody has opened yet; `under` is the modal it will cover."""
        id_ = self.make_id("V")
        view = View(
            id=id_,
            team=self.id,
            user=user,
            body=body,
            hash="",
            root=under.root if under else id_,
            previous=under.id if under else None,
        )
        self.redraw(view, body)
        return view

    def redraw(self, view: View, body: Json) -> None:
        """Give the view a new body and hash; what was entered under the same ids stays."""
        filled = kit.completed(body.get("blocks", []), lambda: self.make_id("b"))
        view.body = body | {"blocks": filled}
        view.hash = f"{self.tick()}.{self.make_id('h')}"
        entered, view.state, view.errors = view.state, {}, {}
        for block, element in kit.elements(filled):
            if element["type"] in kit.INPUTS:
                before = entered.get(block["block_id"], {}).get(element["action_id"])
                state = before or kit.empty_state(element)
                view.state.setdefault(block["block_id"], {})[element["action_id"]] = state

    def view(self, view_id: str | None, external_id: str | None = None) -> View | None:
        """The open modal or home under one of its two ids."""
        views = [*self.homes.values(), *(v for stack in self.modals.values() for v in stack)]
        for view in views:
            if view_id and view.id == view_id:
                return view
            if external_id and view.body.get("external_id") == external_id:
                return view
        return None
