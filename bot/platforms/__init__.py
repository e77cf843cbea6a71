"""What every platform offers, and the three ways in which sending can fail.

A send ends in exactly one of: a receipt, retry later, undeliverable, or unknown. Whatever is
raised other than `RetryLater` and `Undeliverable` is unknown: the message may have been posted.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from bot.messages import Message
from storage.records import Delivery

if TYPE_CHECKING:
    from bot.commands import Commands


@dataclass(frozen=True, kw_only=True)
class Part:
    """A further message of the same delivery: a paper's details under a digest."""

    message: Message
    thread: str | None
    """The message or thread that it belongs under; None: it follows in the same place."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The platform's id of what it posted, and what is still to follow."""

    id: str
    parts: tuple[Part, ...] = field(default=(), compare=False)
    """Queued in the transaction that settles the delivery, each under a key of its own."""
    rest: timedelta = field(default=timedelta(0), compare=False)
    """How long the destination wants to be left alone now."""


class Reason(StrEnum):
    """Why a send did not end in a receipt."""

    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    DESTINATION_GONE = "destination-gone"
    MESSAGE_REFUSED = "message-refused"


OURS = (AssertionError, AttributeError, LookupError, NameError, TypeError)
"""What no network raises: a mistake in an adapter, which the log must have whole."""


class RetryLater(Exception):
    """Certainly not posted; try again, not before `after` has passed."""

    def __init__(self, reason: Reason, detail: str, *, after: timedelta = timedelta(0)) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.after = after


class Undeliverable(Exception):
    """Certainly not posted, and trying again can't help."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Misconfigured(Exception):
    """The platform can't work with these settings; one sentence names the setting or scope."""


class Platform(Protocol):
    """A place that messages can be sent to, and that people give commands from."""

    @property
    def name(self) -> str:
        """What destinations call it."""

    @property
    def is_connected(self) -> bool:
        """Whether commands reach it now."""

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery's message once.

        Where `delivery.maybe_posted` holds, look for the key first and return the receipt of what
        is there. Raises RetryLater or Undeliverable; anything else means that nobody knows.
        """

    async def listen(self, commands: "Commands") -> None:
        """Connect and answer commands until cancelled. Raises Misconfigured; whatever else is
        raised, the supervisor calls it again after a while.
        """

    async def close(self) -> None:
        """Let go of connections and files."""
