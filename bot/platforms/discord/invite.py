"""The link that adds the bot to a server, with the permissions that it needs and no others."""

import discord

from bot.platforms import Misconfigured
from bot.platforms.discord.adapter import REFUSED, point_at
from bot.settings import Settings

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    embed_links=True,  # where components are refused, cards are embeds
    read_message_history=True,  # to look for a message before it is posted a second time
    create_public_threads=True,  # a digest's details
    send_messages_in_threads=True,
)

WHY = {
    "view_channel": "see the channel that it posts to",
    "send_messages": "post digests and alerts",
    "embed_links": "show cards where newer ones are refused",
    "read_message_history": "look for a message before posting it a second time",
    "create_public_threads": "put a digest's details into a thread",
    "send_messages_in_threads": "and post there",
}


async def invite(settings: Settings) -> str:
    """The link. Raises Misconfigured where the token is missing or not accepted."""
    if settings.discord_token is None:
        raise Misconfigured("PAPERROUND_DISCORD_TOKEN is missing: set it to the bot's token")
    point_at(settings.discord_api_base, settings.discord_gateway_url)
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            await client.login(settings.discord_token.get_secret_value())
        except discord.LoginFailure as error:
            raise Misconfigured(REFUSED) from error
        found = await client.application_info()
    return discord.utils.oauth_url(
        found.id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )
