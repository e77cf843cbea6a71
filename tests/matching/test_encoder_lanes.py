"""Whose turn it is on the encoder's thread."""

import asyncio

import pytest

from matching.encoder import lanes, patiently
from matching.encoder.lanes import Lanes


class Desk:
    """Work that goes through the lanes; each piece ends when the test says so."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.began: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}

    async def come(self, name: str, *, patient: bool = False) -> asyncio.Task[None]:
        self._ends[name] = asyncio.Event()
        if patient:
            with patiently():
                task = asyncio.ensure_future(self._work(name))
        else:
            task = asyncio.ensure_future(self._work(name))
        await self.settled()
        return task

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self.settled()

    async def settled(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _work(self, name: str) -> None:
        async with self.lanes.turn():
            self.began.append(name)
            await self._ends[name].wait()


@pytest.fixture
def work() -> Desk:
    return Desk()


async def test_who_waits_for_an_answer_goes_before_a_dump(work):
    for name in ("slice 1", "slice 2"):
        await work.come(name, patient=True)
    for name in ("ada", "ben"):
        await work.come(name)
    assert work.began == ["slice 1"]
    for name in ("slice 1", "ada", "ben"):
        await work.end(name)
    async with asyncio.timeout(60):
        while len(work.began) < 4:
            await asyncio.sleep(0.01)
    assert work.began == ["slice 1", "ada", "ben", "slice 2"]


async def test_whoever_comes_again_at_once_does_not_wait_for_another_slice(work, monkeypatch):
    monkeypatch.setattr(lanes, "KEPT_FREE_S", 3_600)
    await work.come("slice 1", patient=True)
    await work.come("slice 2", patient=True)
    await work.come("ada")
    await work.end("slice 1")
    await work.end("ada")
    assert work.began == ["slice 1", "ada"]
    await work.come("ada again")
    assert work.began == ["slice 1", "ada", "ada again"]
    await work.end("ada again")
    assert len(work.began) == 3
    work.lanes._free()  # nobody came again
    await work.settled()
    assert work.began[-1] == "slice 2"


async def test_who_gives_up_keeps_nobody_waiting(work):
    await work.come("slice", patient=True)
    ada, _ = await work.come("ada"), await work.come("ben")
    ada.cancel()
    await work.end("slice")
    assert work.began == ["slice", "ben"]


async def test_who_gives_up_as_the_turn_comes_hands_it_on(work):
    await work.come("slice", patient=True)
    ada, _ = await work.come("ada"), await work.come("ben")
    work._ends["slice"].set()
    while not work.lanes._waiting[False] or len(work.lanes._waiting[False]) == 2:
        await asyncio.sleep(0)
    ada.cancel()  # its turn was handed over, and it has not woken up yet
    await work.settled()
    assert work.began == ["slice", "ben"]


async def test_work_that_breaks_ends_its_turn(work):
    with pytest.raises(ValueError, match="broken"):
        async with work.lanes.turn():
            raise ValueError("broken")
    await work.come("ada")
    assert work.began == ["ada"]
