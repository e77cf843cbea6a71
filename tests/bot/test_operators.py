"""The operators' channel: one message for what needs a person, once; nothing for what does not."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes.running import running, settings_in, until
from structlog.testing import capture_logs

from bot import closing, desk, messages, operators, rounds, timetable
from bot.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.operators import Operators
from bot.platforms import Receipt
from bot.platforms.slack import leaving
from bot.settings import BadSetting, load
from bot.troubles import MOST_EVENTS, Troubles
from matching.alerts import parse
from storage import deliveries, destinations, invariants, keepers, outbox, profiles
from storage.invariants import Broken
from storage.records import DeliveryKind, Destination, OwnerKind

CHANNEL = Destination(platform="console", address="local/#ops")
SOMEBODY = Destination(platform="console", address="local/ada")


class Script:
    name = "console"
    is_connected = True

    async def send(self, delivery):
        return Receipt(id=delivery.key)


class Told(Operators):
    """What is queued is sent at once."""

    async def look(self):
        count = await super().look()
        await Dispatcher(self._db, self._platforms, self._clock, owner="test").drain()
        return count


@pytest.fixture
def platform() -> Script:
    return Script()


@pytest.fixture
def ours(db, platform, clock) -> Operators:
    return Told(db, [platform], CHANNEL, Metrics(), clock, lambda: None)


async def told(db) -> list[str]:
    found = await db.read(deliveries.newest)
    return [
        messages.from_json(one.body).intro for one in reversed(found) if one.destination == CHANNEL
    ]


def queue(tx, key, clock, destination=SOMEBODY):
    outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=destination,
        profile_id=None,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )
    return deliveries.newest(tx)[0].id


async def test_when_all_is_well_nobody_is_told(db, ours):
    assert await ours.look() == 0
    assert await told(db) == []


async def test_a_platform_that_is_away_is_told_once_and_again_the_next_day(
    db, ours, platform, clock
):
    await ours.look()
    platform.is_connected = False
    clock.advance(minutes=14)
    assert await ours.look() == 0
    clock.advance(minutes=2)
    assert await ours.look() == 1
    clock.advance(hours=2)
    assert await ours.look() == 0
    clock.advance(days=1)
    assert await ours.look() == 1
    assert all("console has not been connected since" in one for one in await told(db))


async def test_what_is_over_is_told_anew_when_it_comes_back(ours, platform, clock):
    platform.is_connected = False
    await ours.look()
    clock.advance(minutes=20)
    assert await ours.look() == 1
    platform.is_connected = True
    clock.advance(hours=1)
    assert await ours.look() == 0
    platform.is_connected = False
    clock.advance(hours=1)
    assert await ours.look() == 1


async def test_within_an_hour_there_is_one_message_and_the_rest_waits(db, ours, clock):
    ours.troubles.happened("dump a", "the dump a was not taken in")
    assert await ours.look() == 1
    ours.troubles.happened("dump b", "the dump b was not taken in")
    clock.advance(minutes=5)
    assert await ours.look() == 0
    clock.advance(hours=1)
    assert await ours.look() == 1
    assert [one.count("dump a") for one in await told(db)] == [1, 0]


async def test_a_service_that_starts_again_and_again_says_it_once_an_hour(
    db, ours, platform, clock
):
    for _ in range(3):
        again = Told(db, [platform], CHANNEL, Metrics(), clock, lambda: None)
        again.troubles.begin("refused console", "console is not used")
        await again.look()
    assert len(await told(db)) == 1


async def test_a_tick_that_fails_now_and_then_is_nobodys_business(ours):
    ours.troubles.tick_failed("digests", ValueError())
    ours.troubles.tick_failed("digests", ValueError())
    ours.troubles.tick_done("digests")
    ours.troubles.tick_failed("digests", ValueError())
    assert await ours.look() == 0


async def test_a_tick_that_fails_again_and_again_is_told_without_what_the_error_says(db, ours):
    for _ in range(3):
        ours.troubles.tick_failed("digests", ValueError("ada reads about bees"))
    await ours.look()
    (said,) = await told(db)
    assert "digests: 3 rounds failed" in said
    assert "ada" not in said


async def test_messages_that_were_given_up_are_told_and_dead_places_are_not(db, ours, clock):
    clock.advance(minutes=1)
    given_up = await db.write(queue, "one", clock)
    await db.write(deliveries.bury_waiting, given_up, "message-refused: too long", clock.now)
    gone = Destination(platform="console", address="local/ben")
    await db.write(queue, "two", clock, gone)
    await db.write(destinations.close, gone, "left", clock.now)
    await ours.look()
    (said,) = await told(db)
    assert "1 delivery was given up" in said


async def test_a_message_that_waits_too_long_is_told(db, ours, clock):
    await db.write(queue, "one", clock, Destination(platform="elsewhere", address="a/b"))
    clock.advance(minutes=16)
    await ours.look()
    (said,) = await told(db)
    assert "has waited since" in said


async def test_a_disk_with_little_space_is_told(db, ours, monkeypatch):
    monkeypatch.setattr(operators, "LITTLE_SPACE", 2**62)
    await ours.look()
    (said,) = await told(db)
    assert "are free beside the database" in said


async def test_a_broken_invariant_is_told_until_it_holds_again(db, ours, clock):
    name = invariants.INVARIANTS[0].name
    ours.checked([Broken(name=name, count=1, sentence="restore a backup")])
    await ours.look()
    assert await told(db) == [f"• {name}: restore a backup"]
    ours.checked([])
    clock.advance(days=2)
    assert await ours.look() == 0


async def test_the_running_service_tells_of_a_dump_that_it_refused(library, tmp_path, monkeypatch):
    monkeypatch.setattr(rounds, "OPERATORS_EVERY", timedelta(seconds=0.1))
    settings = settings_in(tmp_path, operators="console:local/#ops")
    async with running(library, settings):
        await until(settings.inbox.exists)
        (settings.inbox / "junk.txt").write_bytes(b"\0\1\2")
        failed = settings.inbox.parent / "failed" / "junk.txt"
        await until(failed.exists)
        await until(
            lambda: (
                settings.console_transcript.exists()
                and "junk.txt" in settings.console_transcript.read_text()
            )
        )


def test_a_channel_that_could_never_be_told_is_refused_at_the_start(monkeypatch):
    monkeypatch.setenv("PAPERROUND_OPERATORS", "slack:T1/C1")
    with pytest.raises(BadSetting, match="slack, which is not set up"):
        load()
    monkeypatch.setenv("PAPERROUND_OPERATORS", "ops")
    with pytest.raises(BadSetting, match="PAPERROUND_OPERATORS"):
        load()


def test_what_happened_and_nobody_was_told_of_does_not_pile_up():
    """Without a channel for operators nothing is ever told."""
    troubles = Troubles()
    troubles.begin("disk", "it fills")
    for number in range(3 * MOST_EVENTS):
        troubles.happened(f"dump {number}", "not taken in")
    names = [one.name for one in troubles.untold(datetime(2025, 10, 28, tzinfo=UTC))]
    assert names == ["disk", *(f"dump {n}" for n in range(2 * MOST_EVENTS, 3 * MOST_EVENTS))]


# --- lost workspaces -----------------------------------------------------------------------


async def keeps_a_room(db, clock) -> None:
    """Ada of workspace T1 looks after the digest of its one room, and has an alert."""
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    for owner, kind in (("UADA", OwnerKind.PERSON), ("CROOM", OwnerKind.CHANNEL)):
        profile = await db.write(
            profiles.add,
            kind=kind,
            platform="slack",
            workspace="T1",
            owner=owner,
            name=owner.lower(),
            zone="UTC",
            now=clock.now,
        )
        if kind is OwnerKind.PERSON:
            await desk.add_alert(db, profile, parse("moss"), clock.now)
        else:
            made = await desk.subscribe(db, profile, schedule, 6, clock.now)
            await db.write(keepers.put, made.id, "slack", "T1/UADA", clock.now)


async def test_when_a_whole_workspace_is_lost_operators_hear_of_it_since_keepers_cannot(
    db, ours, clock
):
    await keeps_a_room(db, clock)
    await db.write(leaving.close_workspace, "T1", clock.now)
    assert await ours.look() == 1
    (said,) = await told(db)
    assert "slack workspace T1" in said
    assert "removed from the workspace" in said
    assert "2 places" in said
    await db.write(leaving.reopen_workspace, "T1", clock.now)
    clock.advance(days=2)
    await ours.look()
    assert not any("slack workspace T1" in one for one in (await told(db))[1:])


async def test_one_channel_that_is_lost_is_its_keepers_business_alone(db, ours, clock):
    await keeps_a_room(db, clock)
    await db.write(closing.close, leaving.channel("T1", "CROOM"), "archived", clock.now)
    assert await ours.look() == 0


async def test_without_a_channel_the_log_has_what_needs_somebody_once(db, platform, clock):
    alone = Operators(db, [platform], None, Metrics(), clock, lambda: None)
    alone.troubles.begin("inbox x", "a dump was not read")
    with capture_logs() as logs:
        assert await alone.look() == 1
        assert await alone.look() == 0
    assert [one["said"] for one in logs] == ["a dump was not read"]
