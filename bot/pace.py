"""A pace: turns that come no faster than a platform allows, evenly spread.

A bucket that fills up would let a burst through and then a second one within the same second; an
even spacing never exceeds the rate in any window. Who wakes a little late costs nobody a turn; who
wakes later than that moves those behind, so that a busy process does not let them through together.
"""

import asyncio

MADE_UP_S = 0.015
"""Of lateness the next turn makes up for so much: a timer is a millisecond late, a busy loop some
more, and without this a pace would be slower than it says. No window of `w` seconds holds more than
`(w + MADE_UP_S) * per_second + 1` turns.
"""


class Pace:
    """At most `per_second` turns a second."""

    def __init__(self, per_second: float) -> None:
        self._interval_s = 1 / per_second
        self._next = 0.0
        self._queue = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for one's turn; who asks first goes first."""
        loop = asyncio.get_running_loop()
        async with self._queue:
            if (wait := self._next - loop.time()) > 0:
                await asyncio.sleep(wait)
            self._next = max(self._next, loop.time() - MADE_UP_S) + self._interval_s
