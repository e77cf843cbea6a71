"""One command at work: who asks, for whom, and what it may use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.commands.request import Request
from bot.messages import Button
from matching.library import Library
from matching.worded import Worded
from storage import profiles
from storage.database import Database
from storage.records import OwnerKind, Paper, Profile

GREATEST_ID = 2**63 - 1
"""SQLite's largest integer: a longer number names nothing."""

NAMED = 5
"""Papers that are offered where a name fits several."""


class BadInput(Exception):
    """What was asked can't be done; the message says the remedy."""

    def __init__(self, said: str, *buttons: Button) -> None:
        super().__init__(said)
        self.buttons = buttons


class BadField(BadInput):
    """One field of a form can't be read; told at that field."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(said)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a handler gets."""

    library: Library
    request: Request
    rest: str = field(repr=False)
    """What follows the verb, trimmed."""
    now: datetime
    wake: Callable[[], None]
    """Call it after something was queued."""
    for_channel: bool = False
    """Asked as `channel …`: about the room's profile, by someone who may."""

    @property
    def db(self) -> Database:
        """The database."""
        return self.library.db

    async def known(self) -> Profile | None:
        """The profile that it is about, or None where there is none yet."""
        request = self.request
        owner = request.room if self.for_channel and request.room else request.asker
        return await self.db.read(profiles.of, owner.platform, owner.workspace, owner.id)

    async def profile(self) -> Profile:
        """The profile that it is about, made at first use."""
        asker, room = self.request.asker, self.request.room
        owner = room if self.for_channel and room else asker
        return await self.db.write(
            profiles.add,
            kind=OwnerKind.CHANNEL if owner is room else OwnerKind.PERSON,
            platform=owner.platform,
            workspace=owner.workspace,
            owner=owner.id,
            name=owner.name,
            zone=asker.zone or "UTC",
            now=self.now,
        )

    def written(self, command: str) -> str:
        """The command as it is typed here, `/papers follow graph networks`, as code."""
        channel = "channel " if self.for_channel else ""
        return f"`{self.request.prefix}{channel}{command}`"

    def action(self, command: str) -> str:
        """The command as a button gives it, about the same profile."""
        return f"channel {command}" if self.for_channel else command

    async def paper(self, name: str) -> Paper:
        """The one stored paper that a person means by a number, an id, a title or its words.

        Raises BadInput with the remedy where none or several fit.
        """
        number = name.strip().lstrip("#")
        is_too_great = number.isdecimal() and int(number[:20]) > GREATEST_ID
        found = [] if is_too_great else await Worded.of(self.library).find(name)
        if len(found) == 1:
            return found[0]
        if not found:
            raise BadInput(
                "No stored paper is called that: give its number, arXiv id or title, or look for "
                f"it with {self.written('search WORDS')}."
            )
        several = "\n".join(f"#{one.seq} {one.title}" for one in found[:NAMED])
        raise BadInput(f"Several papers fit; give the number of one:\n{several}")
