"""The throttle: how much one person may ask at once, so that nobody keeps the others waiting.

Each person has an allowance that fills up evenly; what makes the machine work takes more of it.
It is kept in memory: a restart forgives. (The generic cell rate algorithm, ITU-T I.371: one number
a person.)
"""

from collections import OrderedDict
from collections.abc import Callable

from bot.commands.request import Asker

BURST = 60
"""Light commands that may come all at once: pressing through a long digest is no abuse."""

EVERY_S = 1.0
"""Seconds in which the allowance for one light command comes back."""

HEAVY = {
    "alert": 3,
    "digest": 3,
    "export": 6,
    "follow": 3,
    "import": 6,
    "missed": 10,
    "mute": 3,
    "search": 3,
    "similar": 3,
    "start": 3,
    "trending": 2,
    "undo": 3,
    "unfollow": 3,
    "why": 2,
}
"""Light commands that one of these counts as: it ranks, matches or reads much."""

REMEMBERED = 50_000
"""People; who asked longest ago is forgotten first, and had a full allowance by then."""


class Throttle:
    """One for the whole service."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """monotonic: seconds that never go back."""
        self._monotonic = monotonic
        self._full_at: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def wait_s(self, asker: Asker, verb: str) -> float:
        """Take what the verb costs; how long to wait instead where too little is left, else 0."""
        now = self._monotonic()
        who = (asker.platform, asker.workspace, asker.id)
        full_at = max(self._full_at.get(who, now), now)
        cost = HEAVY.get(verb, 1) * EVERY_S
        if (over := full_at + cost - now - BURST * EVERY_S) > 0:
            return over
        self._full_at[who] = full_at + cost
        self._full_at.move_to_end(who)
        if len(self._full_at) > REMEMBERED:
            self._full_at.popitem(last=False)
        return 0.0
