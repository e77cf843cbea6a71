"""A pace: turns that come no faster than a platform allows, evenly spread.

A bucket that fills up would let a burst through and then a second one within the same second; an
even spacing never exceeds the rate in any window. Who wakes a little late costs nobody a turn; who
wakes later than that moves those behind, so that a busy process does not let them through together.

What is evenly spread as it leaves may arrive closer together. So a pace that knows its platform's
limit also looks at when earlier turns must have arrived: at the latest when they were answered.
That holds the limit however they leave. So after a second in which nobody came, a few may leave at
once: a dump's alerts come together, and then nothing for hours.
"""

import asyncio
from collections import deque

MADE_UP_S = 0.015
"""Of lateness the next turn makes up for so much: a timer is a millisecond late, a busy loop some
more, and without this a pace would be slower than it says. No window of `w` seconds holds more than
`(w + MADE_UP_S) * per_second + 1` turns.
"""

WINDOW_S = 1.005
"""What a platform's limit is counted over, and a little for clocks that disagree."""

UNDER_WAY_S = 0.25
"""Who has no answer after so long has arrived all the same, or is lost: nobody waits for it."""

QUEUED_S = 1.0
"""The same for those who left at once: they arrive at once too, and wait for one another."""


class Turn:
    """One turn that was taken; `answered` says when it can have arrived at the latest."""

    def __init__(self, taken: float, under_way: float = UNDER_WAY_S) -> None:
        self.taken = taken
        self.answered = taken + under_way


class Pace:
    """At most `per_second` turns a second leave, and at most `limit` arrive in any second."""

    def __init__(self, per_second: float, limit: int | None = None, at_once: int = 1) -> None:
        """limit: what the other side counts and refuses beyond; None where it is not known.
        at_once: who may leave together after an idle second; more than one only below a limit.
        """
        self._interval_s = 1 / per_second
        self._next = 0.0
        self._at_once = at_once if limit is not None else 1
        self._left = 0
        """Of those, since the last idle second."""
        self._queue = asyncio.Lock()
        self._limit = limit
        self._recent: deque[Turn] = deque(maxlen=limit or 0)
        self._quickest_s = UNDER_WAY_S

    async def turn(self) -> Turn:
        """Wait for one's turn; who asks first goes first."""
        loop = asyncio.get_running_loop()
        async with self._queue:
            if loop.time() - self._next >= WINDOW_S:
                self._left = self._at_once
            is_at_once = self._left > 0
            if is_at_once:
                self._left -= 1
                self._next = 0.0
            if (wait := max(self._next, self._has_room()) - loop.time()) > 0:
                await asyncio.sleep(wait)
            now = loop.time()
            self._next = max(self._next, now - MADE_UP_S) + self._interval_s
            taken = Turn(now, QUEUED_S if is_at_once else UNDER_WAY_S)
            self._recent.append(taken)
            return taken

    def answered(self, turn: Turn) -> None:
        """The other side has answered: it counted this turn before now.

        An answer's way back takes time too, and so does a new turn's way there: no answer came
        faster than `_quickest_s`, so no two arrivals lie farther apart than this allows for.
        """
        now = asyncio.get_running_loop().time()
        self._quickest_s = min(self._quickest_s, now - turn.taken)
        turn.answered = min(turn.answered, now)

    def _has_room(self) -> float:
        """When a turn that is taken can't arrive within a second of the `limit`th before it."""
        if self._limit is None or len(self._recent) < self._limit:
            return 0.0
        return self._recent[0].answered - self._quickest_s + WINDOW_S
