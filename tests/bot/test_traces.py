"""One id leads through the log: from a dump, a round or a command to what was sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from fakes.pages import dump

from bot import alerts, desk, timetable
from bot.commands import Asker, Commands, Request
from bot.commands.table import BY_NAME
from bot.demo import samples
from bot.digests import queue_due
from bot.dispatcher import Dispatcher
from bot.messages import Message
from bot.platforms import Part, Receipt
from bot.scheduler import Scheduler, Tick
from matching.alerts import parse
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, outbox, profiles, traces
from storage.records import DeliveryKind, Destination, OwnerKind

ADA = Destination(platform="script", address="local/ada")
SOME, MORE = dump("Graph Networks for Kitchens", name="a"), dump("Graph Networks at Sea", name="b")
BOTH = [traces.of_dump(SOME.sha256), traces.of_dump(MORE.sha256)]


class Script:
    """Takes everything; each message but its parts has a further part."""

    name = "script"
    is_connected = True

    async def send(self, delivery):
        structlog.get_logger().info("asked to send", key=delivery.key)
        more = Part(message=Message(heading="more"), thread=None)
        return Receipt(id=delivery.key, parts=() if "#" in delivery.key else (more,))


@pytest.fixture
def lines():
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as found:
        yield found


@pytest.fixture
async def ada(db, clock):
    return await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="script",
        workspace="local",
        owner="ada",
        name="ada",
        zone="UTC",
        now=clock.now,
    )


async def send_all(db, clock) -> None:
    await Dispatcher(db, [Script()], clock, owner="test").drain()


def notice(tx, now, trace=None) -> None:
    outbox.queue(
        tx,
        key="notice/1",
        kind=DeliveryKind.NOTICE,
        destination=ADA,
        profile_id=None,
        body="{}",
        due_at=now,
        now=now,
        trace=trace,
    )


async def test_what_an_alert_tells_is_found_by_the_dump_that_brought_it(
    db, encoder, clock, ada, lines
):
    await desk.add_alert(db, ada, parse("kitchens"), clock.now)
    for raw in (SOME, MORE):
        await ingest(db, encoder, raw, clock.now)
    assert await alerts.queue_new(db, clock.now) == 1  # both dumps in one pass
    await send_all(db, clock)
    found = [(one["event"], one["key"]) for one in lines if one.get("trace") == BOTH[0]]
    key = found[0][1]
    assert found == [
        ("alert queued", key),
        *(
            (event, key + part)
            for part in ("", "#2")
            for event in ("asked to send", "delivery sent")
        ),
    ]
    (matched,) = [one for one in lines if one["event"] == "alerts matched"]
    assert matched["dumps"] == BOTH


async def test_a_digest_is_found_by_its_round_and_names_the_dumps_it_was_made_from(
    db, minilm, clock, ada, lines
):
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=30))
    library = Library(db, minilm)
    await db.write(profiles.add_interest, ada.id, "graph networks", clock.now)
    await desk.subscribe(db, ada, timetable.read_schedule("daily 08:30", "UTC"), 8, clock.now)
    for raw in (SOME, MORE):
        await ingest(db, minilm, raw, clock.now)
    clock.advance(hours=3)
    tick = Tick(
        name="digests",
        every=timedelta(seconds=10),
        run=lambda: queue_due(library, clock.now),
    )
    await Scheduler([tick])._run(tick)
    await send_all(db, clock)
    (queued,) = [one for one in lines if one["event"] == "digest queued"]
    assert queued["dumps"] == BOTH
    assert queued["trace"].startswith("digests-")
    sent = [one["key"] for one in lines if one["event"] == "delivery sent"]
    assert sent == [queued["key"], f"{queued['key']}#2"]
    assert {one["trace"] for one in lines if one["event"] == "delivery sent"} == {queued["trace"]}


async def test_a_tick_that_a_dump_calls_for_belongs_to_the_dump():
    seen = []

    async def look() -> None:
        seen.append(traces.current())

    tick = Tick(name="second chances", every=timedelta(seconds=10), run=look)
    scheduler = Scheduler([tick])
    with traces.bound("dump-1"):
        await scheduler.run_now("second chances")
    await scheduler._run(tick)
    assert seen[0] == "dump-1"
    assert seen[1].startswith("second-chances-")
    assert traces.current() is None


async def test_what_a_command_queues_is_found_by_the_command(
    library, db, clock, lines, monkeypatch
):
    async def handler(ask):
        await db.write(notice, clock.now)
        raise RuntimeError("broke")

    commands = Commands(library, clock, lambda: None)
    verb = replace(BY_NAME["status"], handler=handler)
    monkeypatch.setitem(BY_NAME, "status", verb)
    asker = Asker(platform="script", workspace="local", id="ada", name="ada")
    await commands.answer(Request(asker=asker, text="status"))
    (failed,) = [one for one in lines if one["event"] == "command failed"]
    (queued,) = await db.read(deliveries.newest)
    assert queued.trace == failed["trace"]
    assert queued.trace.startswith("command-")


async def test_what_was_queued_before_traces_is_sent_without_one(db, clock, lines):
    await db.write(notice, clock.now)
    with traces.bound("round-1"):
        await send_all(db, clock)
    assert [one.get("trace") for one in lines if one["event"] == "delivery sent"] == [None, None]


def test_a_trace_says_nothing_of_anybody():
    assert traces.new("second chances") != traces.new("second chances")
    assert traces.of_dump("ab" * 32) == "dump-" + "ab" * 6
