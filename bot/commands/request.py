"""What people ask and what they are answered, in no platform's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.forms import Form
from bot.messages import Message
from storage.records import Destination


class Standing(StrEnum):
    """What someone is in a channel."""

    OUTSIDER = "outsider"
    """May not even read what is about it."""
    MEMBER = "member"
    MANAGER = "manager"
    """Who made the channel, or manages it."""
    ADMIN = "admin"
    """Of the workspace: decides for all its channels."""


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks."""

    platform: str
    workspace: str
    """Slack's team; on Discord, where people belong to no server, `users`."""
    id: str
    name: str = field(repr=False)
    zone: str | None = None
    """IANA zone, where the platform knows it."""

    @property
    def destination(self) -> Destination:
        """Their direct messages."""
        return Destination(platform=self.platform, address=f"{self.workspace}/{self.id}")


@dataclass(frozen=True, kw_only=True)
class Room:
    """A channel in which something is asked."""

    platform: str
    workspace: str
    """Slack's team, Discord's server."""
    id: str
    name: str = field(repr=False)
    """As people write it: `#reading-group`."""
    standing: Standing = Standing.MEMBER
    """The asker's."""

    @property
    def destination(self) -> Destination:
        """The channel itself."""
        return Destination(platform=self.platform, address=f"{self.workspace}/{self.id}")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that came with a request."""

    data: bytes = field(default=b"", repr=False)
    refused: str = ""
    """Why its content is not here, as a sentence without a full stop."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A command, a press, or a form that was filled in."""

    asker: Asker
    text: str = field(repr=False)
    """As a person types it, without the slash command: `follow graph networks`."""
    room: Room | None = None
    """The channel where it was asked; None in direct messages."""
    fields: Mapping[str, str] | None = field(default=None, repr=False)
    """What a form's fields were filled with, by name; None where no form was sent."""
    quoted: str = field(default="", repr=False)
    """The text of the message that it is about, for `like-this`."""
    receipt: str | None = None
    """The platform's id of the message that it is about, or that was pressed."""
    file: Upload | None = field(default=None, repr=False)
    """What was sent with it."""
    prefix: str = "/papers "
    """What comes before a verb here, for help and examples; empty in direct messages."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that goes with a reply."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What comes back. Where several are set, a platform shows all it can."""

    message: Message | None = None
    """For the asker alone, unless it is public."""
    is_public: bool = False
    """For everybody in the room."""
    ref: str = ""
    """Names the message to the buttons of its cards (see `messages.card_buttons`)."""
    changed: Message | None = None
    """What the message that was pressed looks like from now on, its `ref` being the one pressed."""
    changed_ref: str = ""
    form: Form | None = None
    """To be filled in; opened at once, since platforms allow that for seconds only."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By field: what is wrong with the form that was sent; it stays open."""
    attachment: Attachment | None = None
    is_profile_changed: bool = False
    """A platform that shows the profile on a page of its own redraws it."""
