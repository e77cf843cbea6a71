"""Places: where something was asked, which is where the answer belongs. Pure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


class Stand(StrEnum):
    """What somebody looked at when they asked."""

    TYPED = "typed"
    """A slash command, a mention or a shortcut: the answer is whispered there."""
    DIRECT = "direct"
    """A direct message to the bot: the answer is another."""
    MESSAGE = "message"
    """A button of a message that stays."""
    WHISPER = "whisper"
    """A button of a message that only they see."""
    HOME = "home"
    PAGE = "page"
    """A button of a page that was opened over everything else."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Who asked, where, and the ways that lead back there."""

    workspace: str
    person: str
    stand: Stand
    channel: str | None = None
    """None where there is none: on pages."""
    channel_name: str = ""
    """As Slack told it; empty where it did not."""
    thread: str | None = None
    message: str | None = None
    """The `ts` of the message that was pressed."""
    page: str | None = None
    """The id of the page that was pressed."""
    hook: str | None = None
    """A response_url: 5 uses, 30 minutes.
    https://docs.slack.dev/interactivity/handling-user-interaction"""
    trigger: str | None = None
    """Opens one page within three seconds."""

    @property
    def is_room(self) -> bool:
        """Whether others are there; not so in direct messages and on pages."""
        return self.channel is not None and not self.channel.startswith("D")

    @property
    def is_page(self) -> bool:
        """Whether it is no conversation."""
        return self.stand in (Stand.HOME, Stand.PAGE)

    @property
    def receipt(self) -> str | None:
        """What a delivery that was pressed has as its receipt."""
        return f"{self.channel}/{self.message}" if self.channel and self.message else None


_KEPT = {
    "stand": "s", "channel": "c", "channel_name": "n", "thread": "t", "message": "m", "hook": "h",
}  # fmt: skip


def packed(place: Place, prefix: str) -> str:
    """What a form keeps of the place where it was opened, some 300 characters."""
    kept = {short: getattr(place, name) for name, short in _KEPT.items() if getattr(place, name)}
    return json.dumps(kept | {"p": prefix}, separators=(",", ":"))


def unpacked(text: str, *, workspace: str, person: str) -> tuple[Place, str]:
    """The place, and the prefix that was used there. Raises ValueError for any other text."""
    try:
        kept = json.loads(text)
        prefix = str(kept["p"])
        told = {name: kept[short] for name, short in _KEPT.items() if short in kept}
        stand = Stand(told.pop("stand"))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no place: {error}") from error
    return Place(workspace=workspace, person=person, stand=stand, **told), prefix
