"""Everything that exists, by id, and the ids themselves."""

import time
from collections.abc import Callable

from fakes.discord import permissions
from fakes.discord.nouns import (
    DM,
    Application,
    Channel,
    Guild,
    Interaction,
    Message,
    OpenModal,
    User,
)

EPOCH_MS = 1_420_070_400_000  # https://discord.com/developers/docs/reference#snowflakes


class World:
    """All of it, by id."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.applications: dict[int, Application] = {}
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.interactions: dict[int, Interaction] = {}
        self.tokens: dict[str, Interaction] = {}
        self.modals: dict[User, OpenModal] = {}
        self.posted: dict[int, Message] = {}
        self.nonces: dict[tuple[int, str], Message] = {}
        """By author and nonce, for every nonce that was to be enforced."""
        self.files: dict[int, bytes] = {}
        """Attachments' bytes by attachment id."""
        self.files_url = ""
        self.emit: Callable[..., None] = lambda *_, **__: None
        """Tells the gateway: (event, data, guild=..., apps=...)."""
        self._last_id = 0

    def new_id(self) -> int:
        """A snowflake above every earlier one."""
        fresh = (int(self.clock() * 1000) - EPOCH_MS) << 22
        self._last_id = max(fresh, self._last_id + 1)
        return self._last_id

    def dm(self, application: Application, user: User) -> Channel:
        """The direct-message channel of an app and a person; made where there is none."""
        pair = {application.bot, user}
        for channel in self.channels.values():
            if channel.type == DM and set(channel.recipients) == pair:
                return channel
        made = Channel(id=self.new_id(), type=DM, recipients=[application.bot, user])
        self.channels[made.id] = made
        return made

    def guilds_of(self, user: User) -> list[Guild]:
        return [guild for guild in self.guilds.values() if user in guild.members]

    def can(self, user: User, channel: Channel, *names: str) -> bool:
        needed = permissions.bits(*names)
        return permissions.in_channel(channel, user) & needed == needed
