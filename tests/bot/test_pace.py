"""A pace: no window holds more turns than are allowed, and nobody is left out."""

import asyncio
import random
from bisect import bisect_left
from itertools import pairwise

import pytest

from bot.pace import MADE_UP_S, UNDER_WAY_S, WINDOW_S, Pace, Turn, hurry
from bot.platforms.discord.client import (
    REQUESTS_ALLOWED,
    REQUESTS_AT_ONCE,
    REQUESTS_PER_SECOND,
)


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


@pytest.mark.parametrize("rests", [(), (0.0, 0.3, 0.9, 1.0, 1.1, 2.5)], ids=["busy", "with rests"])
@pytest.mark.parametrize("urgent", [0.0, 0.3, 1.0])
async def test_no_second_holds_more_than_discord_allows_and_little_is_given_away(
    monkeypatch, rests, urgent
):
    """As the requests arrive, each on its way for as long as it happens to be."""
    rng, loop, at = random.Random(1), Loop(), []
    under_way: list[tuple[float, Turn]] = []
    pace = Pace(REQUESTS_PER_SECOND, REQUESTS_ALLOWED, REQUESTS_AT_ONCE)

    async def sleep(seconds: float) -> None:
        ends = loop.now + seconds + rng.choice((0.0, 0.001, MADE_UP_S))
        for answered, turn in sorted(under_way, key=lambda one: one[0]):
            if answered <= ends:
                loop.now = answered
                pace.answered(turn)
                under_way.remove((answered, turn))
        loop.now = ends

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    for _ in range(3_000):
        if rests and not rng.randrange(30):
            await sleep(rng.choice(rests))
        with hurry(rng.random() < urgent):
            turn = await pace.turn()
        there = 0.005 + rng.choice((0.0, 0.0, 0.0, 0.002, 0.06 * rng.random()))
        at.append(loop.now + there)
        under_way.append((loop.now + there + 0.005, turn))
    at.sort()
    busiest = max(bisect_left(at, one + 1) - place for place, one in enumerate(at))
    assert busiest <= REQUESTS_ALLOWED
    if not rests and not urgent:
        assert len(at) / (at[-1] - at[0]) >= REQUESTS_ALLOWED * 0.95


async def test_after_an_idle_second_a_few_leave_at_once_and_the_limit_holds(monkeypatch):
    loop, at = Loop(), []

    async def sleep(seconds: float) -> None:
        loop.now += seconds

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(10, limit=10, at_once=6)
    loop.now = 60.0
    pace.answered(await pace.turn())  # as somebody's press of a button
    for _ in range(20):
        with hurry(True):
            pace.answered(await pace.turn())
        at.append(loop.now)
    assert at[4] == 60.0
    assert at[5] > 60.0
    assert all(later - one >= 1 for one, later in zip(at, at[10:], strict=False))


async def test_who_is_in_no_hurry_leaves_evenly_and_nobody_comes_between_at_once(monkeypatch):
    loop, at = Loop(), []

    async def sleep(seconds: float) -> None:
        loop.now += seconds

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(10, limit=10, at_once=6)
    loop.now = 60.0
    for number in range(30):
        with hurry(number > 15):
            pace.answered(await pace.turn())
        at.append(loop.now)
    steps = [later - one for one, later in pairwise(at)]
    assert min(steps) >= 0.1 - MADE_UP_S
    assert max(steps) < 0.2


async def test_who_is_never_answered_holds_nobody_up_for_long(monkeypatch):
    loop = Loop()

    async def sleep(seconds: float) -> None:
        loop.now += seconds

    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(100, 10)
    for _ in range(100):
        await pace.turn()
    assert loop.now < 100 / 10 * (WINDOW_S + UNDER_WAY_S)
