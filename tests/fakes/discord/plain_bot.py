"""A small bot of discord.py's own, for tests of the stand-in and of the library."""

import asyncio
from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from fakes.discord.nouns import Channel


class PlainBot(discord.Client):
    """Notes the messages it hears; answers /hello with what a test brings, noting its errors."""

    def __init__(self, answer: Any = None, **options: Any) -> None:
        super().__init__(
            intents=options.pop("intents", discord.Intents.default()),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.02,
            **options,
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: list[str] = []
        self.raised: list[discord.HTTPException] = []

        @self.tree.command(name="hello", description="Say hello")
        async def hello(interaction: discord.Interaction) -> None:
            try:
                if answer is not None:
                    await answer(interaction)
            except discord.HTTPException as error:
                self.raised.append(error)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.heard.append(message.content)

    def place(self, channel: Channel) -> Any:
        """The stand-in's channel as the library's."""
        return self.get_partial_messageable(channel.id)


class Like(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"like:(?P<seq>\d+)"):
    """A button whose paper is in its custom_id."""

    def __init__(self, seq: int) -> None:
        super().__init__(discord.ui.Button(label="Like", custom_id=f"like:{seq}"))
        self.seq = seq

    @classmethod
    async def from_custom_id(cls, interaction, item, match, /):  # type: ignore[no-untyped-def]
        return cls(int(match["seq"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"liked {self.seq}", ephemeral=True)


class Saved(discord.ui.View):
    """A view that outlives its process."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Saved", custom_id="saved")
    async def saved(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_message("yours", ephemeral=True)


class LastingBot(PlainBot):
    """Knows its buttons again after a restart."""

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Like)
        self.add_view(Saved())


async def until(holds: Callable[[], Any], *, within_s: float = 60.0) -> None:
    """Look again and again until something in the bot holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
