"""Who asks on Discord, and where: interactions and messages as requests.

People belong to no server there: a person has one profile, whatever server they ask from.
"""

from typing import Any

import discord

from bot.commands import Asker, Request, Room, Standing, Upload

PEOPLE = "users"
"""The workspace of every person."""

PREFIX = "/papers "


def request(
    interaction: discord.Interaction[Any],
    text: str,
    *,
    fields: dict[str, str] | None = None,
    quoted: str = "",
    receipt: str | None = None,
    file: Upload | None = None,
) -> Request:
    """What an interaction asks."""
    return Request(
        asker=asker(interaction.user),
        text=text,
        room=room(interaction),
        fields=fields,
        quoted=quoted,
        receipt=receipt,
        file=file,
        prefix=PREFIX,
    )


def asker(user: discord.abc.User) -> Asker:
    """A person; Discord tells nobody's time zone."""
    return Asker(platform="discord", workspace=PEOPLE, id=str(user.id), name=user.display_name)


def room(interaction: discord.Interaction[Any]) -> Room | None:
    """The server's channel that it came from; a thread counts as its channel."""
    channel = interaction.channel
    if interaction.guild_id is None or channel is None:
        return None
    if isinstance(channel, discord.Thread):
        channel_id, name = (
            channel.parent_id,
            channel.parent.name if channel.parent else channel.name,
        )
    else:
        channel_id, name = channel.id, getattr(channel, "name", None) or str(channel.id)
    return Room(
        platform="discord",
        workspace=str(interaction.guild_id),
        id=str(channel_id),
        name=f"#{name}",
        standing=_standing(interaction),
    )


def _standing(interaction: discord.Interaction[Any]) -> Standing:
    """Where only the person installed the bot, the server has no part in it: nobody manages it."""
    if not interaction.is_guild_integration():
        return Standing.OUTSIDER
    may = interaction.permissions
    if may.administrator or may.manage_guild:
        return Standing.ADMIN
    return Standing.MANAGER if may.manage_channels else Standing.MEMBER


def words_of(message: discord.Message) -> str:
    """All the text of a message: its content, embeds and components."""
    found = [message.content]
    for embed in message.embeds:
        found += [embed.title or "", embed.description or "", embed.url or ""]
        found += [f"{field.name}\n{field.value}" for field in embed.fields]
    found += [_text(component) for component in message.components]
    return "\n".join(one for one in found if one)


def _text(component: Any) -> str:
    own = getattr(component, "content", "") or ""
    inner = [_text(child) for child in getattr(component, "children", ())]
    return "\n".join(one for one in (own, *inner) if one)
