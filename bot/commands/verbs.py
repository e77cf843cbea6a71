"""What a verb is: its name, its help, and who handles it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.commands.ask import Ask
from bot.commands.request import Reply

Handler = Callable[[Ask], Awaitable[Reply]]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb of the command."""

    name: str
    takes: str = ""
    """What follows it, as in `<interest>`; empty: nothing."""
    does: str
    """One short sentence for the list of verbs, without a full stop."""
    examples: tuple[str, ...] = ()
    """As typed, without the slash command."""
    more: str = ""
    """Further sentences for `help VERB`."""
    handler: Handler
    in_channel: bool = False
    """Whether `channel VERB` exists: the same for the channel's profile."""
    only_reads: bool = False
    """Whether `channel VERB` changes nothing, so that every member may."""
    is_hidden: bool = False
    """Given by buttons only; not in the list."""
    aliases: tuple[str, ...] = ()
