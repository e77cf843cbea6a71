"""Deliveries: claimed once, in order, one in flight per destination; crashes repaired by leases."""

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import deliveries, destinations, leases, outbox
from storage.database import Database, Tx
from storage.records import DeliveryKind, DeliveryStatus, Destination

LEASE = timedelta(minutes=2)
ADA = Destination(platform="console", address="local/ada")
BEN = Destination(platform="console", address="local/ben")


def queue(tx, clock, key, to=ADA, kind=DeliveryKind.DIGEST, due_in=0.0):
    return outbox.queue(
        tx,
        key=key,
        kind=kind,
        destination=to,
        profile_id=None,
        body="{}",
        due_at=clock.now + timedelta(seconds=due_in),
        now=clock.now,
    )


def claim(tx, clock, owner="one", limit=10, platforms=("console",)):
    return outbox.claim(
        tx, owner=owner, platforms=platforms, limit=limit, lease=LEASE, now=clock.now
    )


def statuses(tx: Tx) -> dict[str, DeliveryStatus]:
    return {one.key: one.status for one in deliveries.newest(tx)}


async def test_a_key_is_queued_once(db, clock):
    assert await db.write(queue, clock, "a") is True
    assert await db.write(queue, clock, "a") is False
    assert len(await db.read(deliveries.newest)) == 1


async def test_one_delivery_is_in_flight_per_destination(db, clock):
    for key, to in (("a1", ADA), ("a2", ADA), ("b1", BEN)):
        await db.write(queue, clock, key, to)
    assert [one.key for one in await db.write(claim, clock)] == ["a1", "b1"]
    assert await db.write(claim, clock) == []


async def test_the_next_follows_when_the_first_is_settled(db, clock):
    for key in ("a1", "a2"):
        await db.write(queue, clock, key)
    (first,) = await db.write(claim, clock)
    assert await db.write(outbox.settle, first, "one", "line 1", clock.now)
    assert [one.key for one in await db.write(claim, clock)] == ["a2"]


async def test_an_alert_overtakes_waiting_digests(db, clock):
    await db.write(queue, clock, "digest 1")
    await db.write(queue, clock, "digest 2")
    await db.write(queue, clock, "alert", ADA, DeliveryKind.ALERT)
    assert [one.key for one in await db.write(claim, clock)] == ["alert"]


async def test_what_is_not_due_does_not_block_what_is(db, clock):
    await db.write(queue, clock, "in quiet hours", due_in=3600)
    await db.write(queue, clock, "now")
    assert [one.key for one in await db.write(claim, clock)] == ["now"]


async def test_other_platforms_are_left_alone(db, clock):
    await db.write(queue, clock, "a")
    assert await db.write(claim, clock, platforms=("slack",)) == []
    assert await db.write(claim, clock, platforms=()) == []


async def test_a_postponed_delivery_holds_its_destination_and_keeps_its_order(db, clock):
    for key, to in (("a1", ADA), ("a2", ADA), ("b1", BEN)):
        await db.write(queue, clock, key, to)
    first = (await db.write(claim, clock))[0]
    later = clock.now + timedelta(seconds=30)
    await db.write(
        outbox.postpone, first, "one", until=later, reason="rate-limited", maybe_posted=False
    )
    assert await db.write(claim, clock) == []  # ben's is still in flight, ada's place is on hold
    clock.advance(seconds=30)
    (again,) = await db.write(claim, clock)
    assert (again.key, again.attempts, again.maybe_posted) == ("a1", 2, False)


async def test_a_lease_that_runs_out_is_claimed_again_as_maybe_posted(db, clock):
    await db.write(queue, clock, "a")
    (first,) = await db.write(claim, clock)
    clock.advance(seconds=119)
    assert await db.write(leases.release_expired, clock.now) == 0
    clock.advance(seconds=1)
    assert await db.write(leases.release_expired, clock.now) == 1
    (second,) = await db.write(claim, clock, "two")
    assert second.maybe_posted
    assert second.attempts == 2
    # The first owner comes back from the dead: nothing of it counts any more.
    assert await db.write(outbox.settle, first, "one", "line 1", clock.now) is False
    assert await db.write(outbox.settle, second, "two", "line 1", clock.now) is True


async def test_a_service_that_starts_waits_less_for_what_a_dead_one_was_sending(db, clock):
    await db.write(queue, clock, "a")
    await db.write(queue, clock, "b", BEN)
    (dead,) = await db.write(claim, clock, "one", 1)
    (mine,) = await db.write(claim, clock, "two")
    soon = clock.now + timedelta(seconds=30)
    assert await db.write(leases.inherit, "two", soon) == 1
    assert await db.write(leases.inherit, "two", soon + timedelta(seconds=30)) == 0  # never longer
    clock.advance(seconds=30)
    assert await db.write(leases.release_expired, clock.now) == 1
    (again,) = await db.write(claim, clock, "two")
    assert (again.key, again.maybe_posted) == (dead.key, True)
    assert await db.write(outbox.settle, mine, "two", "line 1", clock.now) is True


async def test_what_a_stopping_service_hands_back_may_have_been_posted(db, clock):
    """A settlement that failed leaves a lease behind whose message is out already."""
    await db.write(queue, clock, "a")
    await db.write(claim, clock)
    assert await db.write(leases.hand_back, "one") == 1
    (again,) = await db.write(claim, clock, "two")
    assert (again.attempts, again.maybe_posted) == (2, True)


async def test_a_retry_by_hand_has_all_its_attempts_again(db, clock):
    await db.write(queue, clock, "a")
    for _ in range(3):
        (one,) = await db.write(claim, clock)
        clock.advance(minutes=3)
        await db.write(leases.release_expired, clock.now)
    assert one.attempts == 3
    await db.write(deliveries.retry, one.id, clock.now)
    assert (await db.write(claim, clock))[0].attempts == 1


async def test_a_destination_that_is_gone_buries_what_waits_and_what_comes(db, clock):
    await db.write(queue, clock, "waiting")
    await db.write(queue, clock, "other", BEN)
    assert await db.write(destinations.close, ADA, "the channel was deleted", clock.now) == 1
    await db.write(queue, clock, "late")
    assert await db.read(statuses) == {
        "waiting": DeliveryStatus.DEAD,
        "other": DeliveryStatus.PENDING,
        "late": DeliveryStatus.DEAD,
    }
    assert {one.reason for one in await db.read(deliveries.newest, DeliveryStatus.DEAD)} == {
        "the channel was deleted"
    }


async def test_an_operator_retries_a_buried_delivery(db, clock):
    await db.write(queue, clock, "a")
    await db.write(destinations.close, ADA, "gone", clock.now)
    (buried,) = await db.read(deliveries.newest)
    assert await db.write(deliveries.retry, buried.id, clock.now) is True
    assert [one.key for one in await db.write(claim, clock)] == ["a"]


async def test_an_operator_buries_what_waits_but_not_what_was_sent(db, clock):
    await db.write(queue, clock, "a")
    (first,) = await db.write(claim, clock)
    assert await db.write(deliveries.bury_waiting, first.id, "by hand", clock.now) is False
    await db.write(outbox.settle, first, "one", "line 1", clock.now)
    assert await db.write(deliveries.bury_waiting, first.id, "by hand", clock.now) is False
    assert await db.write(deliveries.retry, first.id, clock.now) is False


async def test_a_long_hold_is_not_shortened(db, clock):
    far, near = clock.now + timedelta(hours=1), clock.now + timedelta(seconds=1)
    await db.write(destinations.hold, ADA, far, "rate-limited")
    await db.write(destinations.hold, ADA, near, "unavailable")
    await db.write(queue, clock, "a")
    clock.advance(minutes=59)
    assert await db.write(claim, clock) == []
    clock.advance(minutes=1)
    assert len(await db.write(claim, clock)) == 1


A_MILLION_SENT = {
    "outbox": "1100000",
    "sqlite_autoindex_outbox_1": "1100000 1",
    "outbox_address": "1100000 110 110",
    "outbox_bodies": "500000 2",
    "outbox_flying": "32 1 1",
    "outbox_leases": "32 1",
    "outbox_profile": "1100000 110",
    "outbox_status": "1100000 275000 2",
    "outbox_waiting": "100000 10 10 10 1 1",
    "outbox_waiting_due": "100000 10 10 10 2 1",
    "turns": "10000 1 1 1",
    "turns_next": "10000 5000 1700 5 1",
    "sqlite_autoindex_destinations_1": "10000 10000 1",
}
"""What ANALYZE says of 100,000 deliveries that wait for 10,000 destinations behind a million."""


def analyzed(tx: Tx, told: dict[str, str]) -> None:
    """As if ANALYZE had found this; it is in force from the next connection on."""
    tx.execute("ANALYZE")
    tx.execute("DELETE FROM sqlite_stat1")
    for name, stat in told.items():
        table = tx.value("SELECT tbl_name FROM sqlite_master WHERE name = :name", name=name)
        index = None if name == table == "outbox" else name
        tx.execute(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (:table, :index, :stat)",
            table=table,
            index=index,
            stat=stat,
        )


@pytest.mark.parametrize("told", [{}, A_MILLION_SENT], ids=["new", "a million sent"])
async def test_the_claim_uses_its_indexes(db, told):
    """What waits for its turn is found by `turns`, and nothing is looked through or sorted."""

    def plan(tx: Tx, sql: str, **parameters: object) -> str:
        rows = tx.rows(f"EXPLAIN QUERY PLAN {sql}", **parameters)
        return "\n".join(row["detail"] for row in rows)

    if told:
        await db.write(analyzed, told)
    async with await Database.open(db.path) as fresh:
        claimable = await fresh.read(
            plan, outbox.CLAIMABLE, now="", precedence=0, platform="console", limit=10
        )
        expired = await fresh.read(
            plan, "SELECT id FROM outbox WHERE status = 'leased' AND lease_until <= ''"
        )
    turns = r"SEARCH turns USING .*INDEX turns_next \(platform=\? AND precedence=\? AND at<\?\)"
    assert re.search(turns, claimable)
    assert re.search(r"SEARCH outbox USING .*INDEX outbox_waiting \(", claimable)
    assert re.search(r"SEARCH outbox USING .*INDEX outbox_(leases|status) \(", expired)
    for shown in (claimable, expired):
        assert "B-TREE" not in shown
        assert not re.search(r"SCAN (?!json_each)", shown)


STEPS = st.lists(
    st.sampled_from(["queue", "claim", "send", "settle", "crash", "wait"]), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
async def test_random_crashes_lose_nothing_and_post_nothing_twice(tmp_path_factory, steps):
    """A platform that recognises a key is posted to once, wherever the process is killed."""
    from conftest import Clock

    clock, posted, queued = Clock(), [], 0
    held: list = []  # (delivery, owner, was sent)
    async with await Database.open(tmp_path_factory.mktemp("outbox") / "o.db") as db:
        for place, step in enumerate([*steps, "crash", "wait"]):
            if step == "queue":
                queued += 1
                await db.write(queue, clock, f"key {queued}", (ADA, BEN)[queued % 2])
            elif step == "claim":
                owner = f"owner {place}"
                held += [(one, owner, False) for one in await db.write(claim, clock, owner)]
            elif step == "send" and held:
                delivery, owner, was_sent = held[0]
                if not was_sent and not (delivery.maybe_posted and delivery.key in posted):
                    posted.append(delivery.key)
                held[0] = (delivery, owner, True)
            elif step == "settle" and held:
                delivery, owner, was_sent = held.pop(0)
                if was_sent:
                    await db.write(outbox.settle, delivery, owner, "line", clock.now)
                else:
                    await db.write(
                        outbox.postpone,
                        delivery,
                        owner,
                        until=clock.now,
                        reason="no answer",
                        maybe_posted=True,
                    )
            elif step == "crash":
                held = []
            elif step == "wait":
                clock.advance(minutes=3)
                await db.write(leases.release_expired, clock.now)
        for _ in range(2 * queued):
            for delivery in await db.write(claim, clock, "last"):
                if not (delivery.maybe_posted and delivery.key in posted):
                    posted.append(delivery.key)
                await db.write(outbox.settle, delivery, "last", "line", clock.now)
        found = await db.read(statuses)
    assert sorted(posted) == sorted(set(posted)), "posted twice"
    assert set(posted) == set(found) == {f"key {n}" for n in range(1, queued + 1)}
    assert set(found.values()) <= {DeliveryStatus.SENT}


def test_every_kind_has_a_precedence():
    assert sorted(outbox.PRECEDENCE.values()) == list(range(len(DeliveryKind)))


@pytest.mark.parametrize("kind", DeliveryKind)
async def test_every_kind_can_be_stored(db, clock, kind):
    await db.write(queue, clock, f"a {kind}", ADA, kind)
    assert [one.kind for one in await db.write(claim, clock)] == [kind]
