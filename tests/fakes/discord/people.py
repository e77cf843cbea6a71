"""People: what they do to the bot, and what they see of it.

Everything that they do waits for the answer: `until="answered"` for something to see, an opened
form or choices; `until="acknowledged"` for the callback alone; `until=None` not at all.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.discord import commands, forms, message_shapes, posting, shapes
from fakes.discord.answers import Answer, NoAnswer
from fakes.discord.commands import CannotDo
from fakes.discord.nouns import Application, Channel, Interaction, Message, OpenModal, User

if TYPE_CHECKING:
    from fakes.discord.server import DiscordServer

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMISSION = 2, 3, 4, 5


@dataclass(kw_only=True, eq=False, repr=False)
class Person(User):
    """Someone with Discord open."""

    server: "DiscordServer" = field(repr=False)

    # --- doing -----------------------------------------------------------------------------

    async def command(
        self,
        *words: str | Mapping[str, Any],
        channel: Channel | None = None,
        app: Application | None = None,
        until: str | None = "answered",
    ) -> Answer:
        """`command("papers", "follow", {"interest": "bees"}, channel=room)`; no channel: the DM."""
        app, channel, names, options = self._given(words, channel, app)
        command = commands.find(app, self, channel, names[0], commands.CHAT_INPUT)
        data = commands.chat_data(command, names[1:], options)
        owners = commands.owners(app, self, channel, command["integration_types"])
        return await self._do(app, COMMAND, channel, data, owners, until)

    async def autocomplete(
        self,
        *words: str | Mapping[str, Any],
        focused: str | None = None,
        channel: Channel | None = None,
        app: Application | None = None,
    ) -> list[dict[str, Any]]:
        """The choices offered while `focused` (the last option, unless told) is being typed."""
        app, channel, names, options = self._given(words, channel, app)
        command = commands.find(app, self, channel, names[0], commands.CHAT_INPUT)
        typed = focused or list(options)[-1]
        data = commands.chat_data(command, names[1:], options, focused=typed)
        owners = commands.owners(app, self, channel, command["integration_types"])
        answer = await self._do(app, AUTOCOMPLETE, channel, data, owners, "answered")
        return answer.choices

    async def context_command(
        self,
        name: str,
        target: Message | User,
        *,
        channel: Channel | None = None,
        app: Application | None = None,
        until: str | None = "answered",
    ) -> Answer:
        """A command of a message's or a person's menu."""
        app = app or self.server.application
        if isinstance(target, Message):
            self._must_see(target)
            channel, kind = target.channel, commands.ON_MESSAGE
        else:
            kind = commands.ON_USER
        channel = channel or self.dm(app)
        command = commands.find(app, self, channel, name, kind)
        resolved: dict[str, Any] = {}
        number = commands.resolve(target, resolved)
        if isinstance(target, User) and channel.guild is not None:
            member = shapes.member(channel.guild, target, with_user=False)
            resolved["members"] = {number: member | {"permissions": "0"}}
        data = {
            "id": command["id"],
            "name": name,
            "type": kind,
            "target_id": number,
            "resolved": resolved,
        }
        owners = commands.owners(app, self, channel, command["integration_types"])
        return await self._do(app, COMMAND, channel, data, owners, until)

    async def press(
        self, message: Message, which: str, *, until: str | None = "answered"
    ) -> Answer:
        """Press the button with this label, emoji or custom_id."""
        part = forms.find(message, which, [forms.BUTTON])
        return await self._use(message, part, {}, until)

    async def select(
        self, message: Message, which: str, values: Any, *, until: str | None = "answered"
    ) -> Answer:
        """Choose in the select with this placeholder or custom_id: labels, values or things."""
        part = forms.find(message, which, forms.SELECTS)
        resolved: dict[str, Any] = {}
        sent: dict[str, Any] = {"values": forms.chosen(part, values, resolved)}
        if resolved:
            sent["resolved"] = resolved
        return await self._use(message, part, sent, until)

    async def submit_modal(
        self, values: Mapping[str, Any] | None = None, *, until: str | None = "answered"
    ) -> Answer:
        """Send the open form, filled in by label or custom_id; the rest keeps its defaults."""
        modal = self.modal
        if modal is None:
            raise CannotDo(f"{self.name} has no form open")
        resolved: dict[str, Any] = {}
        data: dict[str, Any] = {
            "custom_id": modal.custom_id,
            "components": forms.filled_in(modal, values or {}, resolved),
        }
        if resolved:
            data["resolved"] = resolved
        parent = modal.interaction
        answer = await self._do(
            parent.application,
            SUBMISSION,
            parent.channel,
            data,
            parent.owners,
            until,
            message=parent.message,
            parent=parent,
        )
        if self.modal is modal and answer.acknowledged:
            self.dismiss_modal()
        return answer

    def dismiss_modal(self) -> None:
        """Close the form without sending it."""
        self.server.world.modals.pop(self, None)

    def file(self, name: str, data: bytes) -> dict[str, Any]:
        """A file of theirs, uploaded, for an option of a command."""
        world = self.server.world
        number = world.new_id()
        world.files[number] = data
        url = f"{world.files_url}/attachments/{self.dm().id}/{number}/{name}"
        about = {"id": str(number), "filename": name, "size": len(data), "ephemeral": True}
        return about | {"url": url, "proxy_url": url, "content_type": "text/plain"}

    def say(self, channel: Channel, text: str, *, reply_to: Message | None = None) -> Message:
        """Post a message."""
        body: dict[str, Any] = {"content": text}
        if reply_to is not None:
            body["message_reference"] = {"message_id": str(reply_to.id)}
        return posting.publish(self.server.world, channel, self, body)

    def install(self, app: Application | None = None) -> None:
        """Install the app for oneself: its commands come along everywhere."""
        self.installed.add((app or self.server.application).id)

    # --- seeing ----------------------------------------------------------------------------

    def dm(self, app: Application | None = None) -> Channel:
        """The direct-message channel with the bot."""
        return self.server.world.dm(app or self.server.application, self)

    @property
    def dms(self) -> list[Message]:
        """Direct messages with the bot, oldest first."""
        return self.dm().history

    @property
    def modal(self) -> OpenModal | None:
        """The form in front of them."""
        return self.server.world.modals.get(self)

    @property
    def ephemerals(self) -> list[Message]:
        """The answers that only they can see, oldest first."""
        posted = self.server.world.posted.values()
        return [m for m in posted if m.only_for is self and not m.deleted]

    def sees(self, channel: Channel) -> list[Message]:
        """The channel as it looks to them, their ephemeral answers included."""
        if channel.guild and not self.server.world.can(self, channel, "view_channel"):
            return []
        return [
            m for m in channel.messages.values() if not m.deleted and m.only_for in (None, self)
        ]

    # --- inside ----------------------------------------------------------------------------

    def _given(
        self,
        words: tuple[str | Mapping[str, Any], ...],
        channel: Channel | None,
        app: Application | None,
    ) -> tuple[Application, Channel, list[str], Mapping[str, Any]]:
        app = app or self.server.application
        options: Mapping[str, Any] = {}
        if words and not isinstance(words[-1], str):
            options, words = words[-1], words[:-1]
        names = [name for word in words for name in str(word).lstrip("/").split()]
        return app, channel or self.dm(app), names, options

    def _must_see(self, message: Message) -> None:
        if message.deleted or message not in self.sees(message.channel):
            raise CannotDo(f"{self.name} does not see this message")

    async def _use(
        self, message: Message, part: dict[str, Any], more: dict[str, Any], until: str | None
    ) -> Answer:
        self._must_see(message)
        app = message.application
        assert app, "only an app's message has components"
        owners = commands.owners(app, self, message.channel, [0, 1])
        if message.interaction is not None:
            owners = message.interaction.owners
        data = {"custom_id": part["custom_id"], "component_type": part["type"]} | more
        data["id"] = part["id"]
        return await self._do(app, COMPONENT, message.channel, data, owners, until, message=message)

    async def _do(
        self,
        app: Application,
        kind: int,
        channel: Channel,
        data: dict[str, Any],
        owners: dict[str, str],
        until: str | None,
        *,
        message: Message | None = None,
        parent: Interaction | None = None,
    ) -> Answer:
        world = self.server.world
        interaction = Interaction(
            id=world.new_id(),
            type=kind,
            token=secrets.token_urlsafe(32),
            application=app,
            user=self,
            channel=channel,
            data=data,
            created=world.clock(),
            owners=owners,
            message=message,
            parent=parent,
        )
        world.interactions[interaction.id] = interaction
        world.tokens[interaction.token] = interaction
        payload = message_shapes.interaction(interaction)
        world.emit("INTERACTION_CREATE", payload, guild=channel.guild, apps=[app])
        answer = Answer(interaction, self.server.rest)
        if until and not any(s.app is app for s in self.server.gateway.sessions.values()):
            raise NoAnswer("the application did not respond: no session of it is there")
        if until == "acknowledged":
            return await answer.acknowledgement()
        return await answer.completion() if until == "answered" else answer
