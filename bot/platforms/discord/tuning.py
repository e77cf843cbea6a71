"""`/papers tune …`: what sharpens a profile. A group, since a command has room for 25 verbs."""

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.platforms.discord.wishes import Interaction, Text, Verbs, does

SHARPEN = "Sharpen what comes: your library, what was missed, and what you changed"


class Tune(Verbs):
    """A person's, or a channel's, profile: begun, trained, and set back."""

    @app_commands.command(name=locale_str("import"), description=does("import"))
    @app_commands.describe(
        file=locale_str("BibTeX, RIS, CSL JSON from Zotero, or a list"),
        ids=locale_str("Or arXiv ids, as 1706.03762 2005.14165"),
    )
    async def import_(
        self,
        interaction: Interaction,
        file: discord.Attachment | None = None,
        ids: Text | None = None,
    ) -> None:
        """Train on a library."""
        words = "import" if file is not None or ids is None else f"import {ids}"
        await self._client.ask(interaction, f"{self._before}{words}", attachment=file)

    @app_commands.command(name=locale_str("missed"), description=does("missed"))
    @app_commands.describe(paper=locale_str("A title, a link, an arXiv id or a number"))
    async def missed(self, interaction: Interaction, paper: Text | None = None) -> None:
        """Record a paper that was missed, or try all of them again."""
        await self.give(interaction, "missed", paper)

    @missed.autocomplete("paper")
    async def _papers(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, f"{self._before}missed", "paper", typed)

    @app_commands.command(name=locale_str("try"), description=does("try"))
    @app_commands.describe(
        change=locale_str("As follow graph networks, mute survey or digest about 6")
    )
    async def try_(self, interaction: Interaction, change: Text) -> None:
        """See what a change would do."""
        await self.give(interaction, "try", change)

    @app_commands.command(name=locale_str("undo"), description=does("undo"))
    @app_commands.describe(change=locale_str("Its number; otherwise the last one"))
    async def undo(
        self, interaction: Interaction, change: app_commands.Range[int, 1] | None = None
    ) -> None:
        """Take a change back."""
        await self.give(interaction, "undo", change)

    @app_commands.command(name=locale_str("history"), description=does("history"))
    async def history(self, interaction: Interaction) -> None:
        """List the changes."""
        await self.give(interaction, "history")
