"""Ticks come again and again, one at a time, whatever becomes of one of them."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from bot import scheduler as scheduling
from bot.scheduler import Scheduler, Tick
from matching.encoder.lanes import is_patient
from storage.trouble import DatabaseFull

SOON = timedelta(milliseconds=20)


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_tick_that_fails_comes_again(capsys):
    runs = []

    async def tick():
        runs.append(1)
        raise RuntimeError("a bad day")

    scheduler = Scheduler([Tick(name="moody", every=SOON, run=tick)])
    scheduler.start()
    await until(lambda: len(runs) >= 3)
    await scheduler.stop()
    assert "tick failed" in capsys.readouterr().out


async def test_a_tick_that_waits_for_the_database_says_so_once_and_when_it_goes_on():
    runs = []

    async def tick():
        runs.append(1)
        if len(runs) <= 4:
            raise DatabaseFull("the disk is full: free some space")

    scheduler = Scheduler([Tick(name="inbox", every=SOON, run=tick)])
    with capture_logs() as logs:
        scheduler.start()
        await until(lambda: len(runs) >= 6)
        await scheduler.stop()
    assert [one["event"] for one in logs] == ["tick waits for the database", "tick works again"]
    assert logs[0]["error"] == "the disk is full: free some space"


async def test_a_slow_tick_never_runs_twice_at_a_time():
    at_work, most = 0, 0

    async def tick():
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0.08)
        at_work -= 1

    scheduler = Scheduler([Tick(name="slow", every=SOON, run=tick)])
    scheduler.start()
    await asyncio.sleep(0.4)
    await scheduler.stop()
    assert most == 1


async def test_a_stop_waits_for_the_tick_at_work():
    begun, ended = asyncio.Event(), []

    async def tick():
        begun.set()
        await asyncio.sleep(0.1)
        ended.append(1)

    scheduler = Scheduler([Tick(name="slow", every=SOON, run=tick)])
    scheduler.start()
    await begun.wait()
    await scheduler.stop()
    assert ended == [1]
    await asyncio.sleep(0.1)
    assert ended == [1], "a stopped scheduler ticks no more"


async def test_a_stop_interrupts_what_takes_too_long_and_nothing_goes_on_after_it(monkeypatch):
    monkeypatch.setattr(scheduling, "PATIENCE", timedelta(milliseconds=10))
    begun, interrupted = asyncio.Event(), []

    async def tick():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.append(1)

    scheduler = Scheduler([Tick(name="endless", every=SOON, run=tick)])
    with capture_logs() as logs:
        scheduler.start()
        await begun.wait()
        await scheduler.stop()
    assert interrupted == [1]
    assert [one["event"] for one in logs] == ["ticks interrupted"]


async def test_a_tick_lets_people_go_first_at_the_model():
    seen = []

    async def look() -> None:
        seen.append(is_patient())

    scheduler = Scheduler([Tick(name="look", every=timedelta(hours=1), run=look)])
    scheduler.start()
    await scheduler.run_now("look")
    await scheduler.stop()
    assert (seen, is_patient()) == ([True], False)
