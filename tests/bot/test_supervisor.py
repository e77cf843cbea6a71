"""The supervisor: a platform that is lost comes back, and takes no other with it."""

import asyncio

import pytest

from bot import supervisor
from bot.platforms import Misconfigured


class Scripted:
    """A platform whose connections go as told; after that it stays connected."""

    is_connected = True

    def __init__(self, name: str, *outcomes: Exception | None) -> None:
        self.name = name
        self.outcomes = list(outcomes)
        self.connections = 0
        self.steady = asyncio.Event()

    async def listen(self, commands) -> None:
        self.connections += 1
        if self.outcomes:
            outcome = self.outcomes.pop(0)
            if outcome is not None:
                raise outcome
            return
        self.steady.set()
        await asyncio.Event().wait()

    async def send(self, delivery):
        raise AssertionError("nothing is sent here")

    async def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_WAIT_S", 0.001)


async def cancelled(task: asyncio.Task) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_lost_connection_is_made_anew():
    lost = Scripted("one", OSError("refused"), AttributeError("half a library"))
    task = asyncio.create_task(supervisor.listen([lost], None))
    await asyncio.wait_for(lost.steady.wait(), 60)
    assert lost.connections == 3
    await cancelled(task)


async def test_one_that_is_refused_leaves_the_other_alone():
    refused, other = Scripted("one", Misconfigured("PAPERROUND_X is wrong")), Scripted("two")
    task = asyncio.create_task(supervisor.listen([refused, other], None))
    await asyncio.wait_for(other.steady.wait(), 60)
    await asyncio.sleep(0.01)
    assert not task.done()
    assert refused.connections == 1
    await cancelled(task)


async def test_when_all_are_refused_it_says_what_is_wrong():
    refused = Scripted("one", Misconfigured("PAPERROUND_X is wrong"))
    console = Scripted("console", None)
    with pytest.raises(Misconfigured, match="PAPERROUND_X"):
        await supervisor.listen([console, refused], None)


async def test_with_nobody_to_listen_to_it_returns():
    await supervisor.listen([Scripted("console", None)], None)


async def test_waits_grow_and_are_bounded(monkeypatch):
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(supervisor, "FIRST_WAIT_S", 1.0)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    lost = Scripted("one", *(OSError("away") for _ in range(12)), None)
    await supervisor.listen([lost], None)
    assert len(waits) == 12
    assert waits[0] <= 1.2
    assert all(wait <= supervisor.LONGEST_WAIT_S * 1.2 for wait in waits)
    assert waits[-1] >= supervisor.LONGEST_WAIT_S * 0.8
