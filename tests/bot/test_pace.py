"""A pace: no window holds more turns than are allowed, and nobody is left out."""

import asyncio
import random

from bot.pace import MADE_UP_S, Pace
from bot.platforms.discord.client import REQUESTS_PER_SECOND


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
    assert [round(wait, 6) for wait in slept] == [0.1 - MADE_UP_S]


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
    assert at == [1.0, round(1.1 - MADE_UP_S, 6), round(1.2 - MADE_UP_S, 6)]


async def test_no_second_holds_more_than_discord_allows_and_little_is_given_away(monkeypatch):
    """However late its timers are by up to what is made up for."""
    rng, loop, at = random.Random(1), Loop(), []

    async def sleep(seconds: float) -> None:
        loop.now += seconds + rng.choice((0.0, 0.001, MADE_UP_S))

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(REQUESTS_PER_SECOND)
    for _ in range(2_000):
        await pace.turn()
        at.append(loop.now)
    busiest = max(sum(one <= other < one + 1 for other in at) for one in at[:1_900])
    assert busiest <= 50
    assert len(at) / (at[-1] - at[0]) >= 50 * 0.95
