"""What every platform offers, and the three ways in which sending can fail.

A send ends in exactly one of: a receipt, retry later, undeliverable, or unknown. Whatever is
raised other than `RetryLater` and `Undeliverable` is unknown: the message may have been posted.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from storage.records import Delivery


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The platform's id of what it posted."""

    id: str


class Reason(StrEnum):
    """Why a send did not end in a receipt."""

    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    DESTINATION_GONE = "destination-gone"
    MESSAGE_REFUSED = "message-refused"


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


class Platform(Protocol):
    """A place that messages can be sent to."""

    @property
    def name(self) -> str:
        """What destinations call it."""

    async def send(self, delivery: Delivery) -> Receipt:
        """Post the delivery's message once.

        Where `delivery.maybe_posted` holds, look for the key first and return the receipt of what
        is there. Raises RetryLater or Undeliverable; anything else means that nobody knows.
        """

    async def close(self) -> None:
        """Let go of connections and files."""
