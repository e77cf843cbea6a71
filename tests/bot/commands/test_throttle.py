"""The throttle: pressing through a digest is fine, a flood is not, and nobody else notices."""

import pytest

from bot.commands import Asker, Commands, Request, Throttle
from bot.commands import throttle as rules
from bot.commands.throttle import BURST, EVERY_S, HEAVY
from storage import profiles

ADA = Asker(platform="script", workspace="w", id="ada", name="ada")
BEN = Asker(platform="script", workspace="w", id="ben", name="ben")


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def throttle(seconds) -> Throttle:
    return Throttle(seconds)


def test_a_burst_goes_through_and_what_follows_waits(throttle):
    assert [throttle.wait_s(ADA, "like") for _ in range(BURST)] == [0.0] * BURST
    assert throttle.wait_s(ADA, "like") == pytest.approx(EVERY_S)


def test_after_the_wait_that_was_told_it_goes_through(throttle, seconds):
    while not (wait := throttle.wait_s(ADA, "search")):
        pass
    seconds.now += wait
    assert throttle.wait_s(ADA, "search") == 0.0
    assert throttle.wait_s(ADA, "search") > 0


def test_asking_too_early_costs_nothing(throttle, seconds):
    while not (wait := throttle.wait_s(ADA, "like")):
        pass
    for _ in range(100):
        throttle.wait_s(ADA, "like")
    seconds.now += wait
    assert throttle.wait_s(ADA, "like") == 0.0


def test_one_persons_flood_is_nobody_elses(throttle):
    while not throttle.wait_s(ADA, "export"):
        pass
    assert throttle.wait_s(BEN, "export") == 0.0


def test_the_same_name_in_another_workspace_is_another_person(throttle):
    while not throttle.wait_s(ADA, "like"):
        pass
    other = Asker(platform="script", workspace="elsewhere", id="ada", name="ada")
    assert throttle.wait_s(other, "like") == 0.0


def test_heavy_verbs_exist_and_cost_more(throttle, library, clock):
    calls = 0
    while not throttle.wait_s(ADA, "search"):
        calls += 1
    assert calls == BURST // HEAVY["search"]
    names = {verb.name for verb in Commands(library, clock, lambda: None).verbs}
    assert {"search", "similar", "digest", "follow", "export"} <= names & set(HEAVY)


def test_memory_stays_bounded(throttle, monkeypatch):
    monkeypatch.setattr(rules, "REMEMBERED", 10)
    for number in range(100):
        throttle.wait_s(Asker(platform="p", workspace="w", id=str(number), name="x"), "like")
    assert len(throttle._full_at) == 10


async def test_who_asks_too_much_is_told_when_and_nothing_is_done(library, clock, throttle):
    commands = Commands(library, clock, lambda: None, throttle=throttle)
    while not throttle.wait_s(ADA, "like"):
        pass
    reply = await commands.answer(Request(asker=ADA, text="follow bees"))
    assert "again in" in reply.message.intro
    assert await library.db.read(profiles.of, "script", "w", "ada") is None
    reply = await commands.answer(Request(asker=BEN, text="help"))
    assert "again in" not in reply.message.intro
