"""`/papers-channel …`: what a channel gets. Offered to those who manage the server.

Discord knows permissions for whole commands only, so the channel's verbs are a command beside
`/papers`; a server's admins can offer it to others in the server's settings.
"""

from typing import TYPE_CHECKING

from discord import Permissions, app_commands
from discord.app_commands import locale_str

from bot.platforms.discord.tuning import SHARPEN, Tune
from bot.platforms.discord.wishes import Digest, Interaction, Text, Wishes, does

if TYPE_CHECKING:
    from bot.platforms.discord.client import PaperClient

NAME = "papers-channel"


@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(Permissions(manage_guild=True))
class PapersChannel(Wishes):
    """The channel's interests, alerts and digests."""

    def __init__(self, client: "PaperClient") -> None:
        super().__init__(
            client,
            before="channel ",
            name=locale_str(NAME),
            description=locale_str("Research papers for this channel"),
        )
        self.add_command(
            Digest(client, before="channel ", name=locale_str("digest"), description=does("digest"))
        )

        self.add_command(
            Tune(
                client,
                before="channel ",
                name=locale_str("tune"),
                description=locale_str(SHARPEN),
            )
        )

    @app_commands.command(name=locale_str("start"), description=does("start"))
    @app_commands.describe(words=locale_str("What this channel reads about, in a few words"))
    async def start(self, interaction: Interaction, words: Text | None = None) -> None:
        """A few words, then eight papers for its members to vote on."""
        await self.give(interaction, "start", words)

    @app_commands.command(name=locale_str("show"), description=locale_str("What this channel gets"))
    async def show(self, interaction: Interaction) -> None:
        """The channel's profile."""
        await self.give(interaction)

    @app_commands.command(
        name=locale_str("allow"), description=locale_str("Who may change what channels here get")
    )
    @app_commands.describe(who=locale_str("Those who manage the server, or every member"))
    @app_commands.choices(
        who=[
            app_commands.Choice(name=locale_str(word.capitalize()), value=word)
            for word in ("managers", "members")
        ]
    )
    async def allow(self, interaction: Interaction, who: str) -> None:
        """The server's setting."""
        await self.give(interaction, "allow", who)
