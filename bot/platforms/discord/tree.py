"""The `/papers` commands with typed options: each becomes the text that a person would type.

The help texts are `commands.table`'s; names and descriptions can be translated (see `Names`).
"""

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.platforms.discord.tuning import SHARPEN, Tune
from bot.platforms.discord.who import PREFIX
from bot.platforms.discord.wishes import Digest, Interaction, Text, Wishes, does

if TYPE_CHECKING:
    from bot.platforms.discord.client import PaperClient

TRANSLATED: dict[discord.Locale, dict[str, str]] = {
    discord.Locale.german: {
        "help": "hilfe",
        "search": "suche",
        "What it is about, in plain words": "Worum es geht, in eigenen Worten",
        "Words, or a question": "Wörter oder eine Frage",
    },
}
"""Names and descriptions in other languages; what is missing stays English."""


class Names(app_commands.Translator):
    """Names, descriptions and choices in the language of whoever sees them."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002 - the library's signature
    ) -> str | None:
        """The text in that language; None leaves it as it is."""
        return TRANSLATED.get(locale, {}).get(string.message)


@app_commands.allowed_installs(guilds=True, users=True)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
class Papers(Wishes):
    """`/papers …`: one's own, in any server and in direct messages."""

    def __init__(self, client: "PaperClient") -> None:
        super().__init__(
            client,
            name=locale_str(PREFIX.strip(" /")),
            description=locale_str("Research papers that fit you"),
        )
        self.add_command(Digest(client, name=locale_str("digest"), description=does("digest")))
        self.add_command(Tune(client, name=locale_str("tune"), description=locale_str(SHARPEN)))

    @app_commands.command(name=locale_str("help"), description=does("help"))
    @app_commands.describe(verb=locale_str("One command"))
    async def help_(self, interaction: Interaction, verb: Text | None = None) -> None:
        """What there is."""
        await self.give(interaction, "help", verb)

    @help_.autocomplete("verb")
    async def _verbs(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, "help", "verb", typed)

    @app_commands.command(name=locale_str("start"), description=does("start"))
    @app_commands.describe(words=locale_str("What you read about, in a few words"))
    async def start(self, interaction: Interaction, words: Text | None = None) -> None:
        """A few words, then eight papers."""
        await self.give(interaction, "start", words)

    @app_commands.command(name=locale_str("search"), description=does("search"))
    @app_commands.describe(words=locale_str("Words, or a question"))
    async def search(self, interaction: Interaction, words: Text) -> None:
        """Over everything stored."""
        await self.give(interaction, "search", words)

    @app_commands.command(name=locale_str("similar"), description=does("similar"))
    @app_commands.describe(paper=locale_str("A title, an arXiv id or a number"))
    async def similar(self, interaction: Interaction, paper: Text) -> None:
        """Papers like one."""
        await self.give(interaction, "similar", paper)

    @app_commands.command(name=locale_str("why"), description=does("why"))
    @app_commands.describe(paper=locale_str("A title, an arXiv id or a number"))
    async def why(self, interaction: Interaction, paper: Text) -> None:
        """Why one was, or was not, sent."""
        await self.give(interaction, "why", paper)

    @app_commands.command(name=locale_str("save"), description=does("save"))
    @app_commands.describe(paper=locale_str("A title, an arXiv id or a number"))
    async def save(self, interaction: Interaction, paper: Text) -> None:
        """Keep one."""
        await self.give(interaction, "save", paper)

    @similar.autocomplete("paper")
    @why.autocomplete("paper")
    @save.autocomplete("paper")
    async def _papers(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, "similar", "paper", typed)

    @app_commands.command(name=locale_str("trending"), description=does("trending"))
    @app_commands.describe(window=locale_str("Since when"))
    @app_commands.choices(
        window=[
            app_commands.Choice(name=locale_str(word.capitalize()), value=word)
            for word in ("day", "week", "month")
        ]
    )
    async def trending(self, interaction: Interaction, window: str | None = None) -> None:
        """What is talked about."""
        await self.give(interaction, "trending", window)

    @app_commands.command(name=locale_str("saved"), description=does("saved"))
    async def saved(self, interaction: Interaction) -> None:
        """What one saved."""
        await self.give(interaction, "saved")

    @app_commands.command(name=locale_str("profile"), description=does("profile"))
    async def profile(self, interaction: Interaction) -> None:
        """What the bot knows of one."""
        await self.give(interaction, "profile")

    @app_commands.command(name=locale_str("export"), description=does("export"))
    async def export(self, interaction: Interaction) -> None:
        """All of one's data."""
        await self.give(interaction, "export")

    @app_commands.command(name=locale_str("forget-me"), description=does("forget"))
    async def forget(self, interaction: Interaction) -> None:
        """Delete it all."""
        await self.give(interaction, "forget me")

    @app_commands.command(name=locale_str("status"), description=does("status"))
    async def status(self, interaction: Interaction) -> None:
        """How it stands."""
        await self.give(interaction, "status")
