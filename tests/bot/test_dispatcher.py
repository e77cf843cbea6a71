"""The dispatcher: each send ends in one of four ways, and each way is on record."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot import dispatcher, messages
from bot.dispatcher import MAX_ATTEMPTS, Dispatcher, back_off
from bot.messages import Message
from bot.platforms import Part, Reason, Receipt, RetryLater, Undeliverable
from storage import deliveries, leases, outbox, profiles, subscriptions
from storage.records import DeliveryKind, DeliveryStatus, Destination, OwnerKind, Schedule
from storage.trouble import DatabaseBusy

ADA = Destination(platform="script", address="local/ada")
BEN = Destination(platform="script", address="local/ben")


class Script:
    """A platform that does what it is told, delivery by delivery; then it posts."""

    name = "script"

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.seen: list[tuple[str, int, bool]] = []
        self.next: list[Exception | asyncio.Event | Receipt] = []

    async def send(self, delivery):
        self.seen.append((delivery.key, delivery.attempts, delivery.maybe_posted))
        if self.next:
            told = self.next.pop(0)
            if isinstance(told, Exception):
                raise told
            if isinstance(told, Receipt):
                self.posted.append(delivery.key)
                return told
            await told.wait()
        self.posted.append(delivery.key)
        return Receipt(id=f"post {len(self.posted)}")

    async def close(self):
        pass


def busy(*_: object) -> bool:
    raise DatabaseBusy("locked by another process")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def sender(db, script, clock) -> Dispatcher:
    return Dispatcher(db, [script], clock, owner="test")


async def queued(db, clock, *keys, to=ADA):
    for key in keys:
        await db.write(
            outbox.queue,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=to,
            profile_id=None,
            body="{}",
            due_at=clock.now,
            now=clock.now,
        )


async def stands(db, key):
    return next(one for one in await db.read(deliveries.newest) if one.key == key)


async def test_what_is_due_is_sent_in_order(db, clock, sender, script):
    await queued(db, clock, "a1", "a2", "a3")
    assert await sender.drain() == 3
    assert script.posted == ["a1", "a2", "a3"]
    assert (await stands(db, "a2")).receipt == "post 2"


async def test_retry_later_waits_as_long_as_the_platform_says(db, clock, sender, script):
    script.next = [RetryLater(Reason.RATE_LIMITED, "30 s", after=timedelta(seconds=30))]
    await queued(db, clock, "a1", "a2")
    await sender.drain()
    assert script.posted == []
    clock.advance(seconds=29)
    assert await sender.drain() == 0
    clock.advance(seconds=1)
    await sender.drain()
    assert script.posted == ["a1", "a2"]
    assert script.seen[1] == ("a1", 2, False)


async def test_one_destination_on_hold_does_not_hold_another(db, clock, sender, script):
    script.next = [RetryLater(Reason.RATE_LIMITED, "", after=timedelta(hours=1))]
    await queued(db, clock, "a1", "a2")
    await queued(db, clock, "b1", to=BEN)
    await sender.drain()
    assert script.posted == ["b1"]


async def test_an_unknown_outcome_is_tried_again_as_maybe_posted(db, clock, sender, script):
    script.next = [ConnectionResetError("dropped")]
    await queued(db, clock, "a1")
    await sender.drain()
    assert (await stands(db, "a1")).reason == "no answer: ConnectionResetError"
    clock.advance(minutes=1)
    await sender.drain()
    assert script.seen == [("a1", 1, False), ("a1", 2, True)]
    assert (await stands(db, "a1")).status is DeliveryStatus.SENT


async def test_a_mistake_of_an_adapter_is_in_the_log_with_its_place(db, clock, sender, script):
    script.next = [KeyError("ts"), ConnectionResetError("dropped")]
    await queued(db, clock, "a1")
    with capture_logs() as logs:
        await sender.drain()
        clock.advance(minutes=1)
        await sender.drain()
    (broke,) = [one for one in logs if one["event"] == "send broke"]
    assert (broke["key"], broke["log_level"]) == ("a1", "error")
    assert isinstance(broke["exc_info"], KeyError)


async def test_a_refused_message_is_buried_and_the_next_one_goes(db, clock, sender, script):
    script.next = [Undeliverable(Reason.MESSAGE_REFUSED, "too long")]
    await queued(db, clock, "a1", "a2")
    await sender.drain()
    assert (await stands(db, "a1")).status is DeliveryStatus.DEAD
    assert (await stands(db, "a1")).reason == "message-refused: too long"
    assert script.posted == ["a2"]


async def test_a_destination_that_is_gone_pauses_its_subscription(db, clock, sender, script):
    def subscribe(tx):
        ada = profiles.add(
            tx, kind=OwnerKind.PERSON, platform="script", workspace="local", owner="ada",
            name="ada", zone="UTC", now=clock.now,
        )  # fmt: skip
        return subscriptions.add(
            tx,
            profile_id=ada.id,
            destination=ADA,
            schedule=Schedule(times=(clock.now.time(),), weekdays=frozenset({0}), zone="UTC"),
            size=8,
            cursor=0,
            due_at=clock.now,
            now=clock.now,
        )

    made = await db.write(subscribe)
    script.next = [Undeliverable(Reason.DESTINATION_GONE, "DMs are closed")]
    await queued(db, clock, "a1", "a2")
    await sender.drain()
    assert {(await stands(db, key)).status for key in ("a1", "a2")} == {DeliveryStatus.DEAD}
    (now,) = await db.read(subscriptions.of, made.profile_id)
    assert now.paused == "destination-gone: DMs are closed"
    assert await db.read(subscriptions.due, clock.now, 10) == []


async def test_a_settlement_that_fails_leaves_a_message_that_may_have_been_posted(
    db, clock, sender, script, monkeypatch
):
    """Then stopping in an orderly way must not make it one that was never tried."""
    monkeypatch.setattr(dispatcher, "SETTLE_WAITS_S", ())
    settle = outbox.settle
    monkeypatch.setattr(outbox, "settle", busy)
    await queued(db, clock, "a1")
    await sender.drain()
    monkeypatch.setattr(outbox, "settle", settle)
    sender.stop()
    await sender.run()
    again = Dispatcher(db, [script], clock, owner="the next process")
    await again.drain()
    assert script.seen == [("a1", 1, False), ("a1", 2, True)]


async def test_a_dispatcher_outlives_a_database_that_is_busy(
    db, clock, sender, script, monkeypatch
):
    monkeypatch.setattr(dispatcher, "POLL", timedelta(milliseconds=10))
    claim, calls = outbox.claim, []

    def moody(*args, **kwargs):
        calls.append(1)
        return busy() if len(calls) < 3 else claim(*args, **kwargs)

    monkeypatch.setattr(outbox, "claim", moody)
    await queued(db, clock, "a1")
    with pytest.raises(DatabaseBusy):
        await sender.drain()
    running = asyncio.ensure_future(sender.run())
    async with asyncio.timeout(60):
        while not script.posted:
            await asyncio.sleep(0.01)
    sender.stop()
    await running
    assert script.posted == ["a1"]


async def test_a_receipt_waits_for_a_busy_database(db, clock, sender, script, monkeypatch):
    monkeypatch.setattr(dispatcher, "SETTLE_WAITS_S", (0.01, 0.01))
    settle, calls = outbox.settle, []

    def moody(*args):
        calls.append(1)
        return busy() if len(calls) < 3 else settle(*args)

    monkeypatch.setattr(outbox, "settle", moody)
    await queued(db, clock, "a1")
    await sender.drain()
    assert (await stands(db, "a1")).status is DeliveryStatus.SENT


async def test_one_failed_settlement_does_not_disturb_the_others(
    db, clock, sender, script, monkeypatch
):
    monkeypatch.setattr(dispatcher, "SETTLE_WAITS_S", ())
    settle = outbox.settle

    def moody(tx, delivery, *rest):
        return busy() if delivery.key == "a1" else settle(tx, delivery, *rest)

    monkeypatch.setattr(outbox, "settle", moody)
    await queued(db, clock, "a1")
    await queued(db, clock, "b1", to=BEN)
    await sender.drain()
    assert (await stands(db, "b1")).status is DeliveryStatus.SENT


async def test_a_buried_delivery_that_is_retried_by_hand_is_sent(db, clock, sender, script):
    script.next = [TimeoutError() for _ in range(MAX_ATTEMPTS)]
    await queued(db, clock, "a1")
    for _ in range(MAX_ATTEMPTS + 1):
        await sender.drain()
        clock.advance(hours=3)
    await db.write(deliveries.retry, (await stands(db, "a1")).id, clock.now)
    await sender.drain()
    assert (await stands(db, "a1")).status is DeliveryStatus.SENT


async def test_after_its_last_attempt_a_delivery_is_buried_with_the_reason(
    db, clock, sender, script
):
    script.next = [TimeoutError() for _ in range(MAX_ATTEMPTS)]
    await queued(db, clock, "a1")
    for _ in range(MAX_ATTEMPTS + 1):
        await sender.drain()
        clock.advance(hours=3)
    buried = await stands(db, "a1")
    assert buried.status is DeliveryStatus.DEAD
    assert buried.reason == f"gave up after {MAX_ATTEMPTS} attempts: no answer: TimeoutError"
    assert len(script.seen) == MAX_ATTEMPTS


async def test_a_send_that_never_answers_is_given_up(db, clock, sender, script, monkeypatch):
    monkeypatch.setattr(dispatcher, "SEND_DEADLINE", timedelta(milliseconds=20))
    script.next = [asyncio.Event()]
    await queued(db, clock, "a1")
    await sender.drain()
    assert (await stands(db, "a1")).reason == "no answer: TimeoutError"
    assert (await stands(db, "a1")).maybe_posted


async def test_a_slow_destination_does_not_keep_others_waiting(db, clock, sender, script):
    slow = asyncio.Event()
    script.next = [slow]
    await queued(db, clock, "a1")
    draining = asyncio.ensure_future(sender.drain())
    while not script.seen:
        await asyncio.sleep(0.01)
    await queued(db, clock, "b1", to=BEN)
    async with asyncio.timeout(60):
        while script.posted != ["b1"]:
            await asyncio.sleep(0.01)
    slow.set()
    await draining
    assert script.posted == ["b1", "a1"]


async def test_a_platform_that_hangs_takes_no_place_from_another(db, clock, script, monkeypatch):
    monkeypatch.setattr(dispatcher, "IN_FLIGHT", 2)
    hanging, hangs = Script(), asyncio.Event()
    hanging.name, hanging.next = "hanging", [hangs, hangs]
    for number in range(5):
        there = Destination(platform="hanging", address=f"local/{number}")
        await queued(db, clock, f"h{number}", to=there)
    await queued(db, clock, "a1", "a2")
    await queued(db, clock, "b1", "b2", to=BEN)
    both = Dispatcher(db, [hanging, script], clock, owner="test")
    draining = asyncio.ensure_future(both.drain())
    async with asyncio.timeout(60):
        while len(script.posted) < 4:
            await asyncio.sleep(0.01)
    assert hanging.posted == []
    hangs.set()
    await draining
    assert len(hanging.posted) == 5


async def test_a_stop_finishes_what_is_in_flight_and_claims_no_more(db, clock, sender, script):
    slow = asyncio.Event()
    script.next = [slow]
    await queued(db, clock, "a1", "a2")
    running = asyncio.ensure_future(sender.run())
    while not script.seen:
        await asyncio.sleep(0.01)
    sender.stop()
    slow.set()
    await running
    assert script.posted == ["a1"]
    assert (await stands(db, "a2")).status is DeliveryStatus.PENDING
    assert (await stands(db, "a2")).attempts == 0


async def test_waking_sends_at_once(db, clock, sender, script, monkeypatch):
    monkeypatch.setattr(dispatcher, "POLL", timedelta(hours=1))
    running = asyncio.ensure_future(sender.run())
    await asyncio.sleep(0.05)
    await queued(db, clock, "a1")
    sender.wake()
    async with asyncio.timeout(60):
        while not script.posted:
            await asyncio.sleep(0.01)
    sender.stop()
    await running


def test_the_back_off_doubles_up_to_its_cap():
    waits = [back_off(attempt) for attempt in range(1, 40)]
    assert timedelta(seconds=1.6) <= waits[0] <= timedelta(seconds=2.4)
    assert timedelta(seconds=3.2) <= waits[1] <= timedelta(seconds=4.8)
    assert max(waits) <= dispatcher.LONGEST_WAIT * 1.2


def parts(*texts, thread="head"):
    return tuple(Part(message=Message(heading=text), thread=thread) for text in texts)


async def test_parts_follow_their_head_in_its_thread(db, clock, sender, script):
    await queued(db, clock, "a1")
    script.next = [Receipt(id="head", parts=parts("one", "two"))]
    await sender.drain()
    assert script.posted == ["a1", "a1#2", "a1#3"]
    second = await stands(db, "a1#2")
    assert second.thread == "head"
    assert messages.from_json(second.body).heading == "one"


async def test_a_head_that_is_settled_twice_is_followed_once(db, clock, sender, script):
    await queued(db, clock, "a1")
    script.next = [Receipt(id="head", parts=parts("one"))]
    await sender.drain()
    head = await stands(db, "a1")
    await db.write(outbox.follow_up, head, [("{}", "head")], clock.now)
    assert [one.key for one in await db.read(deliveries.newest)] == ["a1#2", "a1"]


async def test_a_destination_that_wants_a_rest_gets_it_and_others_do_not_wait(
    db, clock, sender, script
):
    await queued(db, clock, "a1", "a2")
    await queued(db, clock, "b1", to=BEN)
    script.next = [Receipt(id="one", rest=timedelta(seconds=1))]
    await sender.drain()
    assert script.posted == ["a1", "b1"]
    clock.advance(seconds=1)
    await sender.drain()
    assert script.posted == ["a1", "b1", "a2"]


async def test_a_rest_counts_from_the_answer_and_not_from_when_it_was_written_down(
    db, clock, sender, script, monkeypatch
):
    await queued(db, clock, "a1", "a2")
    script.next = [Receipt(id="one", rest=timedelta(seconds=1))]
    settle = outbox.settle

    def slowly(*args):
        clock.advance(seconds=0.8)
        return settle(*args)

    monkeypatch.setattr(outbox, "settle", slowly)
    await sender.drain()
    assert script.posted == ["a1"]
    clock.advance(seconds=0.2)
    await sender.drain()
    assert script.posted == ["a1", "a2"]


async def test_a_rest_that_ends_is_noticed_while_another_destination_is_slow(
    db, clock, sender, script, monkeypatch
):
    monkeypatch.setattr(dispatcher, "POLL", timedelta(hours=1))
    slow = asyncio.Event()
    script.next = [slow, Receipt(id="one", rest=timedelta(seconds=0.05))]
    await queued(db, clock, "b1", to=BEN)
    await queued(db, clock, "a1", "a2")
    running = asyncio.ensure_future(sender.run())
    async with asyncio.timeout(60):
        while script.posted != ["a1"]:
            await asyncio.sleep(0.01)
        clock.advance(seconds=1)
        while script.posted != ["a1", "a2"]:
            await asyncio.sleep(0.01)
    sender.stop()
    slow.set()
    await running
    assert script.posted == ["a1", "a2", "b1"]


async def test_a_receipt_that_came_too_late_is_followed_by_nothing(db, clock, sender):
    """Somebody else has the lease by then, and follows it up himself."""
    await queued(db, clock, "a1")
    claim = dispatcher._claim
    (late,) = await db.write(
        claim, owner="test", free={"script": 1}, lease=dispatcher.LEASE, now=clock.now
    )
    clock.advance(minutes=3)
    await db.write(leases.release_expired, clock.now)
    await db.write(sender._settle(late, Receipt(id="head", parts=parts("one")), clock.now))
    assert [one.key for one in await db.read(deliveries.newest)] == ["a1"]
    assert (await stands(db, "a1")).status is DeliveryStatus.PENDING
