"""People acting: what a member of a workspace does, each act delivered to the app as Slack would.

Every act returns the `Handed` that tells how the app answered.
"""

from typing import TYPE_CHECKING, Any

from fakes.slack import blocks as kit
from fakes.slack import hooks, interactions, oauth
from fakes.slack.calls import SlackError
from fakes.slack.delivery import Handed
from fakes.slack.modals import Modals
from fakes.slack.state import Channel, File, Json, Message, User, View
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer


class Person(Modals):
    """One member of one workspace, as a test's hand."""

    def __init__(self, server: "SlackServer", workspace: Workspace, user: User) -> None:
        self.server, self.workspace, self.user = server, workspace, user
        self.id, self.name = user.id, user.name

    def __repr__(self) -> str:
        return f"<{self.name} ({self.id}) of {self.workspace.name}>"

    # --- what they see ---------------------------------------------------------------------

    @property
    def im(self) -> Channel:
        """Their direct messages with the bot, opened if need be."""
        return self.workspace.im(self.id)

    @property
    def dms(self) -> list[Message]:
        """What the bot wrote them directly, oldest first."""
        return [m for m in self.im.standing if m.user == self.workspace.bot_user_id]

    @property
    def ephemerals(self) -> list[Message]:
        """The ephemeral messages that only they see, oldest first, everywhere."""
        return [m for m in self.workspace.ephemerals if m.ephemeral_to == self.id and not m.deleted]

    @property
    def home(self) -> View | None:
        return self.workspace.homes.get(self.id)

    # --- commands and shortcuts ------------------------------------------------------------

    async def command(
        self, command: str, text: str = "", channel: Channel | str | None = None
    ) -> Handed:
        """Type a slash command, in their direct messages with the bot unless told where.

        Raises LookupError where Slack would not know the command: not installed, or not allowed.
        """
        if not any("commands" in g.scopes and not g.revoked for g in self.workspace.grants):
            raise LookupError(f"{command} is no command in {self.workspace.name}")
        where = self.im if channel is None else self.server.channel_of(channel, self.workspace)
        payload = interactions.slash_command(
            self.server, self.workspace, self.user, where, command, text
        )
        return await self.server.delivery.hand("slash_commands", payload, self._replied)

    def _replied(self, handed: Handed) -> None:
        hook = self.server.hooks[handed.payload["response_url"]]
        try:
            if handed.answer:
                handed.reply = hooks.said(self.server, hook, handed.answer)
        except SlackError:
            handed.failed = "invalid_command_response"

    async def shortcut(self, callback_id: str, message: Message | None = None) -> Handed:
        """Use a message shortcut, or without a message a global one."""
        if message is None:
            payload = interactions.global_shortcut(
                self.server, self.workspace, self.user, callback_id
            )
        else:
            payload = interactions.message_shortcut(
                self.server, self.workspace, self.user, message, callback_id
            )
        return await self.server.delivery.hand("interactive", payload)

    # --- pressing and choosing -------------------------------------------------------------

    async def press(
        self,
        place: Message | View,
        what: str,
        *,
        value: str | None = None,
        choose: Any = None,
        nth: int | None = None,
    ) -> Handed:
        """Press a button or choose in a menu, of a message, a modal or a home.

        `what` is an action_id or the text on the button; where several fit, `value` or `nth`
        (from 0) must say which. `choose` is the text or value of an option, a list of them, an id,
        a date, or for feedback buttons the text of one. Raises LookupError for what isn't there.
        """
        if isinstance(place, Message) and place.deleted:
            raise LookupError("the message is gone")
        block, element = self._find(place, what, value, nth)
        chosen = self._chosen(element, what, choose)
        if isinstance(place, View) and element["type"] in kit.INPUTS:
            place.state.setdefault(block["block_id"], {})[element["action_id"]] = chosen
        payload = interactions.block_actions(
            self.server, self.workspace, self.user, place, block, element, chosen
        )
        return await self.server.delivery.hand("interactive", payload)

    def _find(
        self, place: Message | View, what: str, value: str | None, nth: int | None
    ) -> tuple[Json, Json]:
        fitting = [
            (block, element)
            for block, element in kit.elements(place.blocks)
            if what in (element["action_id"], kit.label(element), *_feedback_texts(element))
            and value in (None, element.get("value"))
        ]
        if not fitting:
            there = [(e["action_id"], kit.label(e)) for _, e in kit.elements(place.blocks)]
            raise LookupError(f"nothing to press is called {what!r}; there are {there}")
        if nth is None and len(fitting) > 1:
            raise LookupError(f"{len(fitting)} are called {what!r}: say which by value or nth")
        return fitting[nth or 0]

    def _chosen(self, element: Json, what: str, choose: Any) -> Any:
        kind = element["type"]
        if kind == "overflow":
            return interactions.option(element, choose)
        if kind == "feedback_buttons":
            wanted = choose or what
            for name in ("positive_button", "negative_button"):
                button = element[name]
                if wanted in (name, button["value"], button["text"]["text"]):
                    return button
            raise LookupError(f"no feedback button is called {wanted!r}")
        return interactions.entered(element, choose) if kind in kit.INPUTS else None

    async def suggestions(self, place: Message | View, action_id: str, typed: str) -> list[str]:
        """Type into an external select; the texts of the options that the app offers."""
        block, element = self._find(place, action_id, None, None)
        payload = interactions.block_suggestion(
            self.server, self.workspace, self.user, place, block, element, typed
        )
        handed = await self.server.delivery.hand("interactive", payload)
        return [one["text"]["text"] for one in kit.options(handed.answer or {})]

    # --- writing and looking ---------------------------------------------------------------

    async def say(
        self, channel: Channel | str, text: str, thread: Message | str | None = None
    ) -> Handed:
        """Write into a channel; the app hears a `message` event where the bot is a member."""
        where = self.server.channel_of(channel, self.workspace)
        message = self._write(where, text, thread)
        kind = {"public": "channel", "private": "group"}.get(where.kind, where.kind)
        return await self._heard(where, message, {"channel_type": kind})

    async def dm(self, text: str, thread: Message | str | None = None) -> Handed:
        """Write to the bot directly."""
        return await self.say(self.im, text, thread)

    async def send_file(self, name: str, data: bytes, text: str = "", **about: Any) -> Handed:
        """Send the bot a file directly; `about` is told of it instead of what is so."""
        number = self.workspace.make_id("F")
        self.workspace.files[number] = File(id=number, name=name, length=len(data), data=data)
        url = f"{self.server.url}/files-pri/{self.workspace.id}/{number}"
        told = {"id": number, "name": name, "size": len(data), "url_private_download": url}
        message = self._write(self.im, text, None)
        more = {"channel_type": "im", "subtype": "file_share", "files": [told | about]}
        return await self._heard(self.im, message, more)

    async def mention(
        self, channel: Channel | str, text: str, thread: Message | str | None = None
    ) -> Handed:
        """Write `@bot text` into a channel; a bot that is a member hears an `app_mention`."""
        where = self.server.channel_of(channel, self.workspace)
        message = self._write(where, f"<@{self.workspace.bot_user_id}> {text}", thread)
        return await self._heard(where, message, {"type": "app_mention"})

    async def _heard(self, channel: Channel, message: Message, more: Json) -> Handed:
        inner = message.as_api() | {"channel": channel.id, "event_ts": message.ts} | more
        if self.workspace.bot_user_id in channel.members:
            return await self._event(inner)
        return Handed(kind="events_api", payload={"event": inner})

    def _write(self, channel: Channel, text: str, thread: Message | str | None) -> Message:
        ts = thread.thread_ts or thread.ts if isinstance(thread, Message) else thread
        return self.workspace.post(channel, self.id, text, thread_ts=ts)

    async def open_home(self, tab: str = "home") -> Handed:
        """Look at the app's home, or at its `messages` tab."""
        inner: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.im.id,
            "tab": tab,
        }
        if tab == "home" and self.home:
            inner["view"] = self.home.as_api(self.server.app, self.workspace.bot_id)
        return await self._event(inner)

    async def install(self, url: str) -> tuple[int, str]:
        """Follow an install link through the authorize page: the last status and page."""
        return await oauth.install(self, url)

    async def _event(self, inner: Json) -> Handed:
        payload = interactions.event(self.server, self.workspace, inner)
        return await self.server.delivery.hand("events_api", payload)


def _feedback_texts(element: Json) -> list[str]:
    if element["type"] != "feedback_buttons":
        return []
    return [element[name]["text"]["text"] for name in ("positive_button", "negative_button")]
