"""How a message looks on Discord: components V2, or embeds where those are refused."""

from bot.messages import Message
from bot.platforms.discord import splitting
from bot.platforms.discord.embeds import embeds
from bot.platforms.discord.finding import names
from bot.platforms.discord.layout import detail, layout, overview

__all__ = ["detail", "embeds", "layout", "overview", "pressed_in", "several"]


def several(message: Message, ref: str) -> list[Message]:  # noqa: ARG001 - as the others
    """One message or more, each of which fits into one layout with the buttons of all its cards."""
    return splitting.several(message)


def pressed_in(message: Message, ref: str, custom_id: str) -> Message:
    """What to draw anew when a button of the message was pressed: that one of several it is in."""
    first, *others = several(message, ref)
    if others and custom_id not in names(layout(first, ref).children):
        for other in others:
            if custom_id in names(layout(other, ref).children):
                return other
    return message
