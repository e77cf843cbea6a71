"""Troubles: what needs a person, from when it begins until it is over.

Rooms say what they met; the operators' channel (`bot.operators`) hears of each once, and again
after a day if it is still so.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

AGAIN = timedelta(days=1)

MOST_EVENTS = 100
"""Things that happened and that nobody was told of yet; the log has those before."""

FAILURES = 3
"""Rounds of a tick that fail one after another before somebody is told: the next may well work."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One thing that somebody should look at."""

    name: str
    said: str
    """What it is and what to do, without names of people or what they read."""
    is_event: bool = False
    """It happened once: when it was told, it is over."""


class Troubles:
    """Those that are open now, in the order in which they began."""

    def __init__(self) -> None:
        self._open: dict[str, Trouble] = {}
        self._told: dict[str, datetime] = {}
        self._failures: Counter[str] = Counter()

    def begin(self, name: str, said: str) -> None:
        """Something needs a person; with other words it is still the same trouble."""
        self._open[name] = Trouble(name=name, said=said)

    def happened(self, name: str, said: str) -> None:
        """Something that needs a person, and is no state that could end by itself."""
        self._open[name] = Trouble(name=name, said=said, is_event=True)
        events = [one.name for one in self._open.values() if one.is_event]
        for oldest in events[:-MOST_EVENTS]:
            self.end(oldest)

    def end(self, name: str) -> None:
        """It is over, or never was."""
        self._open.pop(name, None)
        self._told.pop(name, None)

    def is_so(self, name: str, said: str, *, holds: bool) -> None:
        """Begin or end, as it stands now."""
        if holds:
            self.begin(name, said)
        else:
            self.end(name)

    def tick_failed(self, tick: str, error: BaseException) -> None:
        """A round failed; several in a row are a trouble."""
        self._failures[tick] += 1
        if self._failures[tick] >= FAILURES:
            self.begin(
                f"tick {tick}",
                f"{tick}: {self._failures[tick]} rounds failed one after another "
                f"({type(error).__name__}); the log has the reason",
            )

    def tick_done(self, tick: str) -> None:
        """A round went through."""
        self._failures.pop(tick, None)
        self.end(f"tick {tick}")

    def untold(self, now: datetime) -> list[Trouble]:
        """What the operators have not heard of, or not for a day."""
        return [
            one
            for name, one in self._open.items()
            if name not in self._told or now - self._told[name] >= AGAIN
        ]

    def told(self, troubles: list[Trouble], now: datetime) -> None:
        """The operators know of these."""
        for one in troubles:
            if one.is_event:
                self.end(one.name)
            else:
                self._told[one.name] = now
