"""A pace: no window holds more turns than are allowed, and nobody is left out."""

import asyncio

from bot.pace import Pace


class Loop:
    """Time that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns: list[float] = []

    def time(self) -> float:
        return self.now


async def test_turns_are_spread_evenly_and_in_order(monkeypatch):
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(50)
    for _ in range(100):
        await pace.turn()
    assert len(slept) == 99  # the first goes at once
    assert [round(wait, 6) for wait in slept] == [round(n / 50, 6) for n in range(1, 100)]


async def test_a_pause_earns_no_burst(monkeypatch):
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    loop = Loop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(10)
    await pace.turn()
    loop.now = 60.0
    await pace.turn()
    await pace.turn()
    assert [round(wait, 6) for wait in slept] == [0.1]


async def test_who_wakes_late_lets_nobody_through_at_the_same_time(monkeypatch):
    loop, at = Loop(), []

    async def sleep(seconds: float) -> None:
        loop.now += max(seconds, 1.0 if not at else 0.0)  # the first wait takes a second

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(10)
    await pace.turn()
    for _ in range(3):
        await pace.turn()
        at.append(round(loop.now, 6))
    assert at == [1.0, 1.1, 1.2]
