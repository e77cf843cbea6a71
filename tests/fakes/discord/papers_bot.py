"""A bot of discord.py's own with groups, autocomplete, a form, a select and a menu."""

from typing import Any

import discord
from discord import app_commands
from fakes.discord.plain_bot import PlainBot

Interaction = discord.Interaction


class Papers(PlainBot):
    """A bot with a group of commands, a form, a select and a menu."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        papers = app_commands.Group(name="papers", description="Papers")
        digest = app_commands.Group(name="digest", description="Digests", parent=papers)

        @papers.command(name="follow", description="Follow an interest")
        async def follow(
            i: Interaction, interest: str, size: app_commands.Range[int, 1, 25] = 5
        ) -> None:
            await i.response.defer(ephemeral=True)
            await i.edit_original_response(content=f"Following {interest}, {size}")

        @follow.autocomplete("interest")
        async def offers(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{typed} dance", value="1")]

        @digest.command(name="here", description="A digest in this channel")
        @app_commands.default_permissions(manage_guild=True)
        async def here(i: Interaction) -> None:
            await i.response.send_message(f"{i.guild_locale} {i.locale}")

        @self.tree.command(name="form", description="A form")
        @app_commands.guild_only()
        @app_commands.default_permissions(manage_guild=True)
        async def form(i: Interaction) -> None:
            await i.response.send_modal(Form())

        @self.tree.context_menu(name="More like this")
        async def more(i: Interaction, message: discord.Message) -> None:
            await i.response.send_message(f"like {message.content}", view=Sizes())

        self.tree.add_command(papers)


class Form(discord.ui.Modal, title="Your digest"):
    name = discord.ui.Label(text="Name", component=discord.ui.TextInput(min_length=2))
    size = discord.ui.Label(
        text="Size",
        component=discord.ui.RadioGroup(
            options=[
                discord.RadioGroupOption(label="Short", value="5", default=True),
                discord.RadioGroupOption(label="Long", value="20"),
            ]
        ),
    )
    days = discord.ui.Label(
        text="Days",
        component=discord.ui.Select(
            max_values=2, options=[discord.SelectOption(label=d) for d in ("Mon", "Tue")]
        ),
    )

    async def on_submit(self, i: Interaction) -> None:
        parts: Any = (self.name.component, self.size.component, self.days.component)
        await i.response.send_message(f"{parts[0].value} {parts[1].value} {parts[2].values}")


class Sizes(discord.ui.View):
    @discord.ui.select(placeholder="Size", options=[discord.SelectOption(label="Long", value="20")])
    async def size(self, i: Interaction, select: Any) -> None:
        await i.response.edit_message(content=f"chosen {select.values}", view=None)

    @discord.ui.button(label="Quiet")
    async def quiet(self, i: Interaction, _: Any) -> None:
        await i.response.defer()
