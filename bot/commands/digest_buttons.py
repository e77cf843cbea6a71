"""The buttons under what is said of a digest."""

from bot.commands.ask import Ask
from bot.messages import Button, Style
from storage.records import Subscription


def all_of(ask: Ask, one: Subscription | None = None) -> tuple[Button, ...]:
    """What can be done with a digest as it stands."""
    off = Button(
        label="Turn off",
        action=ask.action("digest off"),
        style=Style.DANGER,
        confirm="Stop the digest? Interests and alerts stay.",
    )
    if one is not None and one.paused is not None:
        resume = Button(label="Try again", action=ask.action("resume"), style=Style.PRIMARY)
        return (resume, edit(ask, "Edit"), off)
    return (now(ask), preview(ask), edit(ask, "Edit"), off)


def daily(ask: Ask, size: int | None = None) -> Button:
    """Sets up what most people want."""
    action = "digest daily 08:30" + (f" size {size}" if size else "")
    return Button(label="Daily at 08:30", action=ask.action(action), style=Style.PRIMARY)


def edit(ask: Ask, label: str) -> Button:
    """Opens the form."""
    return Button(label=label, action=ask.action("digest-form"))


def now(ask: Ask) -> Button:
    """Sends it ahead of its time."""
    return Button(label="Send one now", action=ask.action("digest now"))


def preview(ask: Ask) -> Button:
    """Shows what the next one would hold."""
    return Button(label="Preview", action=ask.action("digest preview"))
