"""Dumps that come at once: each has its alerts told before the model takes its time."""

import asyncio

import pytest
from fakes.pages import page

from bot import intake
from bot.intake import Intake
from bot.spare_time import SpareTime
from matching.library import Library
from storage import papers
from storage.dumps import NotADump
from storage.records import RawDump

FIRST = RawDump(name="first", data=page(["A First Paper on Waiting for the Model"]))
SECOND = RawDump(name="second", data=page(["A Second Paper That Waits for Nobody"]))


class Slow:
    """A model that takes its time until it may go on."""

    def __init__(self, encoder):
        self.identity, self.dim, self._encoder = encoder.identity, encoder.dim, encoder
        self.may_go_on = asyncio.Event()
        self.asked = asyncio.Event()

    async def encode(self, texts):
        self.asked.set()
        await self.may_go_on.wait()
        return await self._encoder.encode(texts)

    async def aclose(self):
        await self._encoder.aclose()


class Desk:
    """An intake, and what was told while it worked."""

    def __init__(self, db, encoder, clock):
        self.db = db
        self.model = Slow(encoder)
        self.told: list[int] = []
        self.are_sent = asyncio.Event()
        self.are_sent.set()
        library = Library(db, self.model)
        self.intake = Intake(
            library,
            SpareTime(library, lambda: clock.now),
            lambda: clock.now,
            tell=self.tell,
            told=self.are_sent.wait,
        )

    async def tell(self):
        self.told.append(await self.db.read(papers.count))


@pytest.fixture
def desk(db, encoder, clock):
    return Desk(db, encoder, clock)


async def test_a_dump_is_told_while_an_older_one_is_still_being_embedded(desk):
    first = asyncio.create_task(desk.intake.take(FIRST))
    await desk.model.asked.wait()
    stored = asyncio.Event()
    second = asyncio.create_task(desk.intake.take(SECOND, stored.set))
    await stored.wait()
    assert desk.told == [1, 2]
    assert not first.done()
    desk.model.may_go_on.set()
    assert [(await one).new for one in (first, second)] == [1, 1]


async def test_other_work_stands_back_until_the_alerts_of_a_new_dump_are_sent(desk):
    await desk.intake.stand_back()
    desk.are_sent.clear()
    stored = asyncio.Event()
    taking = asyncio.create_task(desk.intake.take(FIRST, stored.set))
    await stored.wait()
    waiting = asyncio.create_task(desk.intake.stand_back())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    desk.are_sent.set()
    await waiting
    desk.are_sent.clear()
    await desk.intake.stand_back()  # nothing came since, whatever else is still to be sent
    desk.are_sent.set()
    desk.model.may_go_on.set()
    await taking


async def test_other_work_does_not_stand_back_for_ever(desk, monkeypatch):
    monkeypatch.setattr(intake, "PATIENCE_S", 0.01)
    desk.are_sent.clear()
    desk.model.may_go_on.set()
    stored = asyncio.Event()
    taking = asyncio.create_task(desk.intake.take(FIRST, stored.set))
    await stored.wait()
    await desk.intake.stand_back()
    desk.are_sent.set()
    await taking


async def test_the_model_waits_until_alerts_are_sent(desk):
    desk.are_sent.clear()
    desk.model.may_go_on.set()
    stored = asyncio.Event()
    taking = asyncio.create_task(desk.intake.take(FIRST, stored.set))
    await stored.wait()
    assert desk.told == [1]
    assert not desk.model.asked.is_set()
    desk.are_sent.set()
    assert (await taking).new == 1


async def test_a_dump_that_is_refused_lets_the_next_one_in(desk):
    desk.model.may_go_on.set()
    with pytest.raises(NotADump):
        await desk.intake.take(RawDump(name="photo", data=b"\x89PNG\r\n\x1a\n" + bytes(500)))
    assert (await desk.intake.take(SECOND)).new == 1
    assert desk.told == [1]
