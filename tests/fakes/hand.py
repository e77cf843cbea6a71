"""A clock in seconds for the stand-ins: it stands still until a test moves it."""

from datetime import UTC, datetime


class Hand:
    """Seconds since 1970, as the stand-ins count them."""

    def __init__(self, now: float = 1_761_631_200.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def clock(self) -> datetime:
        """The same instant, as the rooms read it."""
        return datetime.fromtimestamp(self.now, UTC)
