"""Discord, on discord.py: people and servers, slash commands, buttons, digests and alerts.

`adapter` connects, `client` hears what happens, `tree` holds the slash commands, `answering`
answers them, `posting` sends what the outbox holds, `render` knows how a message looks.
"""

from bot.platforms.discord.adapter import DiscordPlatform

__all__ = ["DiscordPlatform"]
