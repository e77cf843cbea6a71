"""A pace: turns that come no faster than a platform allows, evenly spread.

A bucket that fills up would let a burst through and then a second one within the same second; an
even spacing never exceeds the rate in any window. Who wakes a little late costs nobody a turn; who
wakes later than that moves those behind, so that a busy process does not let them through together.

What is evenly spread as it leaves may arrive closer together. So a pace that knows its platform's
limit also looks at when earlier turns must have arrived: at the latest when they were answered.
That holds the limit however they leave. So of those who are in a hurry a few may leave at once
after a second in which hardly anybody came: a dump's alerts come together, and then nothing for
hours. What is written to many places all day long is evenly spread from its first message on.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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

FEW = 5
"""Turns in the last second that still leave it an idle one."""

_hurried: ContextVar[bool] = ContextVar("hurried", default=False)


@contextmanager
def hurry(is_urgent: bool) -> Iterator[None]:
    """A block whose turns are, or are not, of those that may leave at once."""
    before = _hurried.set(is_urgent)
    try:
        yield
    finally:
        _hurried.reset(before)


class Turn:
    """One turn that was taken; `answered` says when it can have arrived at the latest."""

    def __init__(self, taken: float, under_way: float = UNDER_WAY_S) -> None:
        self.taken = taken
        self.answered = taken + under_way


class Pace:
    """At most `per_second` turns a second leave, and at most `limit` arrive in any second."""

    def __init__(self, per_second: float, limit: int | None = None, at_once: int = 0) -> None:
        """limit: what the other side counts and refuses beyond; None where it is not known.
        at_once: of those in a hurry who may leave together after an idle second; none without a
        limit.
        """
        self._interval_s = 1 / per_second
        self._next = 0.0
        self._at_once = at_once if limit is not None else 0
        self._left = 0
        """Of those, since the last idle second: so many may still leave."""
        self._queue = asyncio.Lock()
        self._limit = limit
        self._recent: deque[Turn] = deque(maxlen=limit or 0)
        self._quickest_s = UNDER_WAY_S

    async def turn(self) -> Turn:
        """Wait for one's turn; who asks first goes first."""
        loop = asyncio.get_running_loop()
        async with self._queue:
            is_at_once = self._may_leave_at_once(loop.time())
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

    def _may_leave_at_once(self, now: float) -> bool:
        lately = sum(now - turn.taken < WINDOW_S for turn in self._recent)
        if lately < FEW:
            self._left = self._at_once - lately
        elif not _hurried.get():
            self._left = 0  # an even stream goes on evenly
        return _hurried.get() and self._left > 0

    def _has_room(self) -> float:
        """When a turn that is taken can't arrive within a second of the `limit`th before it."""
        if self._limit is None or len(self._recent) < self._limit:
            return 0.0
        return self._recent[0].answered - self._quickest_s + WINDOW_S
