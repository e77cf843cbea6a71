"""Context menus of a message: more like this, and why this."""

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.platforms.discord.who import words_of

if TYPE_CHECKING:
    from bot.platforms.discord.client import PaperClient

MENUS = {"More like this": "more-like-this", "Why this?": "why-this"}
"""Name -> the command that it gives about the message."""


def menus(client: "PaperClient") -> list[app_commands.ContextMenu]:
    """One entry for each, in any server and in direct messages."""
    return [_menu(client, name, text) for name, text in MENUS.items()]


def _menu(client: "PaperClient", name: str, text: str) -> app_commands.ContextMenu:
    async def chosen(interaction: discord.Interaction[Any], message: discord.Message) -> None:
        await client.ask(
            interaction,
            text,
            quoted=words_of(message),
            receipt=f"{message.channel.id}/{message.id}",
        )

    return app_commands.ContextMenu(
        name=locale_str(name),
        callback=chosen,
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
    )
