"""Whose turn it is: what a claim finds is what may be claimed, however the outbox was changed."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import deliveries, destinations, invariants, leases, outbox, pruning, upkeep
from storage.database import Database, Tx
from storage.instants import to_text
from storage.migrations import migrations
from storage.records import DeliveryKind, DeliveryStatus, Destination

LEASE = timedelta(minutes=2)
PLACES = tuple(
    Destination(platform=platform, address=f"local/{name}")
    for platform, name in (("console", "ada"), ("console", "ben"), ("slack", "ada"))
)
PLATFORMS = ("console", "slack")

CLAIMABLE = """
    SELECT id FROM outbox AS first
    WHERE status = 'pending' AND due_at <= :now
        AND platform IN (SELECT value FROM json_each(:platforms))
        AND NOT EXISTS (
            SELECT 1 FROM outbox AS flying
            WHERE flying.platform = first.platform AND flying.address = first.address
                AND flying.status = 'leased'
        )
        AND NOT EXISTS (
            SELECT 1 FROM destinations AS place
            WHERE place.platform = first.platform AND place.address = first.address
                AND (place.held_until > :now OR place.dead IS NOT NULL)
        )
        AND NOT EXISTS (
            SELECT 1 FROM outbox AS before
            WHERE before.platform = first.platform AND before.address = first.address
                AND before.status = 'pending' AND before.due_at <= :now
                AND (before.precedence, before.id) < (first.precedence, first.id)
        )
"""
"""What may be claimed, said plainly: no turns, no speed."""


def queue(tx, clock, key, to=PLACES[0], kind=DeliveryKind.DIGEST, due_in=0.0):
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


def claim(tx, clock, owner="one", limit=100, platforms=PLATFORMS):
    return outbox.claim(
        tx, owner=owner, platforms=platforms, limit=limit, lease=LEASE, now=clock.now
    )


# --- the same as said plainly --------------------------------------------------------------

PLACE = st.sampled_from(PLACES)
STEP = st.one_of(
    st.tuples(
        st.just("queue"),
        PLACE,
        st.sampled_from(DeliveryKind),
        st.sampled_from([-30.0, 0.0, 0.0, 20.0, 90.0]),
    ),
    st.tuples(st.just("claim"), st.integers(1, 4), st.sampled_from([PLATFORMS, ("console",)])),
    st.tuples(st.sampled_from(["settle", "postpone", "bury"]), st.floats(0, 200)),
    st.tuples(st.sampled_from(["close", "reopen"]), PLACE),
    st.tuples(st.just("hold"), PLACE, st.floats(1, 100)),
    st.tuples(st.sampled_from(["retry", "bury waiting"]), st.integers(1, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1.0, 25.0, 150.0])),
    st.tuples(st.sampled_from(["release", "hand back", "prune", "delete"])),
)


def take(tx: Tx, clock, held: list, number: int, step: tuple) -> None:
    """One thing that may happen to the outbox."""
    what, *how = step
    if what == "queue":
        queue(tx, clock, f"key {number}", *how)
    elif what == "claim":
        held += claim(tx, clock, "one", how[0], how[1])
    elif what == "settle" and held:
        outbox.settle(tx, held.pop(0), "one", "receipt", clock.now)
    elif what == "postpone" and held:
        until = clock.now + timedelta(seconds=how[0])
        outbox.postpone(tx, held.pop(), "one", until=until, reason="later", maybe_posted=False)
    elif what == "bury" and held:
        outbox.bury(tx, held.pop(0), "one", reason="refused", now=clock.now)
    elif what == "close":
        destinations.close(tx, how[0], "gone", clock.now)
    elif what == "reopen":
        destinations.reopen(tx, how[0])
    elif what == "hold":
        destinations.hold(tx, how[0], clock.now + timedelta(seconds=how[1]), "rate-limited")
    elif what == "retry":
        deliveries.retry(tx, how[0], clock.now)
    elif what == "bury waiting":
        deliveries.bury_waiting(tx, how[0], "by hand", clock.now)
    elif what == "wait":
        clock.advance(seconds=how[0])
    elif what == "release":
        leases.release_expired(tx, clock.now)
    elif what == "hand back":
        leases.hand_back(tx, "one")
    elif what == "prune":
        pruning.prune(tx, clock.now + pruning.KEPT)
    elif what == "delete":
        tx.execute("DELETE FROM outbox WHERE id = (SELECT MIN(id) FROM outbox)")


def compare(tx: Tx, clock) -> None:
    """What would be claimed now is what may be; the claim is taken back."""
    plain = tx.rows(CLAIMABLE, now=to_text(clock.now), platforms=json.dumps(PLATFORMS))
    tx.execute("SAVEPOINT looked")
    found = claim(tx, clock, "somebody")
    tx.execute("ROLLBACK TO looked")
    assert sorted(one.id for one in found) == sorted(row["id"] for row in plain)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEP, max_size=30))
async def test_a_claim_finds_what_may_be_claimed_whatever_happened_before(tmp_path_factory, steps):
    from conftest import Clock

    clock, held = Clock(), []
    async with await Database.open(tmp_path_factory.mktemp("turns") / "t.db") as db:
        for number, step in enumerate(steps):
            await db.write(take, clock, held, number, step)
            await db.write(compare, clock)
            names = {one.name for one in await db.read(invariants.check, clock.now)}
            assert not names & {"out of turn", "waiting for a place that is gone"}


# --- in which order ------------------------------------------------------------------------


async def test_who_has_waited_longest_goes_first(db, clock):
    await db.write(queue, clock, "late", PLACES[0])
    await db.write(queue, clock, "early", PLACES[1], DeliveryKind.DIGEST, -60)
    assert [one.key for one in await db.write(claim, clock, limit=1)] == ["early"]


async def test_those_that_are_due_at_once_go_in_the_order_of_their_queueing(db, clock):
    for place in reversed(PLACES):
        await db.write(queue, clock, f"to {place.platform} {place.address}", place)
    found = []
    for _ in PLACES:
        found += [one.destination for one in await db.write(claim, clock, limit=1)]
    for platform in PLATFORMS:
        there = [place for place in reversed(PLACES) if place.platform == platform]
        assert [place for place in found if place.platform == platform] == there


async def test_an_alert_of_one_goes_before_older_digests_of_others(db, clock):
    await db.write(queue, clock, "digest", PLACES[0], DeliveryKind.DIGEST, -60)
    await db.write(queue, clock, "alert", PLACES[1], DeliveryKind.ALERT)
    assert [one.key for one in await db.write(claim, clock, limit=1)] == ["alert"]


async def test_a_full_limit_of_alerts_leaves_no_room_for_digests(db, clock):
    await db.write(queue, clock, "digest", PLACES[0])
    await db.write(queue, clock, "alert", PLACES[1], DeliveryKind.ALERT)
    await db.write(queue, clock, "another", PLACES[2], DeliveryKind.ALERT)
    claimed = await db.write(claim, clock, limit=2)
    assert [one.key for one in claimed] == ["alert", "another"]


# --- at what cost --------------------------------------------------------------------------


async def test_what_keeps_the_turns_looks_nothing_through(db):
    """Each statement of each trigger is a search by an index, and none sorts."""

    def plans(tx: Tx) -> list[str]:
        found = []
        for row in tx.rows(
            "SELECT sql FROM sqlite_master WHERE name LIKE 'turns_%' AND sql LIKE '%TRIGGER%'"
        ):
            body = row["sql"].partition("BEGIN")[2].rpartition("END")[0]
            for statement in filter(str.strip, body.split(";")):
                plain = re.sub(r"\b(NEW|OLD)\.", ":", statement)
                steps = tx.rows(
                    f"EXPLAIN QUERY PLAN {plain}", address="", platform="", precedence=0
                )
                found.append("\n".join(step["detail"] for step in steps))
        return found

    shown = await db.read(plans)
    assert len(shown) == 13
    for plan in shown:
        assert "SEARCH" in plan
        assert not re.search("SCAN|B-TREE", plan)


# --- a destination that goes while a delivery is on its way --------------------------------


async def stands(db, key):
    return next(one for one in await db.read(deliveries.newest) if one.key == key)


async def test_a_delivery_postponed_to_a_place_that_went_meanwhile_is_buried(db, clock):
    await db.write(queue, clock, "a")
    (flying,) = await db.write(claim, clock)
    await db.write(destinations.close, flying.destination, "the bot was removed", clock.now)
    later = clock.now + timedelta(minutes=1)
    assert await db.write(
        outbox.postpone, flying, "one", until=later, reason="rate-limited", maybe_posted=False
    )
    buried = await stands(db, "a")
    assert (buried.status, buried.reason) == (DeliveryStatus.DEAD, "the bot was removed")


@pytest.mark.parametrize("how", ["the lease runs out", "the service stops"])
async def test_a_delivery_released_to_a_place_that_went_meanwhile_is_buried(db, clock, how):
    await db.write(queue, clock, "a")
    (flying,) = await db.write(claim, clock)
    await db.write(destinations.close, flying.destination, "the bot was removed", clock.now)
    if how == "the service stops":
        assert await db.write(leases.hand_back, "one") == 1
    else:
        assert await db.write(leases.release_expired, clock.advance(minutes=3)) == 1
    buried = await stands(db, "a")
    assert buried.status is DeliveryStatus.DEAD
    assert buried.maybe_posted
    assert "before an answer came" in buried.reason


# --- an older database ---------------------------------------------------------------------

OLD_ROW = """
    INSERT INTO outbox (key, kind, precedence, platform, address, body, status, due_at, created_at,
        leased_by, lease_until, receipt, settled_at)
    VALUES (?, 'digest', 2, 'console', ?, '{}', ?, ?, ?, ?, ?, ?, ?)
"""


async def test_an_older_database_gets_its_turns(tmp_path, clock):
    path, now = tmp_path / "old.db", to_text(clock.now)
    later = to_text(clock.now + timedelta(hours=1))
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA application_id = 0x50617065")
        migrations.apply(sqlite_utils.Database(raw), stop_before="m0006_turns")
        for key, address, status, due, leased, sent in (
            ("later", "local/ada", "pending", later, None, None),
            ("now", "local/ada", "pending", now, None, None),
            ("held", "local/ben", "pending", now, None, None),
            ("flying", "local/cyd", "leased", now, later, None),
            ("behind it", "local/cyd", "pending", now, None, None),
            ("dead", "local/dan", "pending", now, None, None),
            ("done", "local/eve", "sent", now, None, now),
        ):
            owner = "one" if leased else None
            row = (key, address, status, due, now, owner, leased, sent and "receipt", sent)
            raw.execute(OLD_ROW, row)
        raw.execute(
            "INSERT INTO destinations VALUES ('console', 'local/ben', ?, NULL, 'limit')", (later,)
        )
        raw.execute(
            "INSERT INTO destinations VALUES ('console', 'local/dan', NULL, ?, 'gone')", (now,)
        )
    assert "m0006_turns" in upkeep.migrate(path)
    async with await Database.open(path) as db:
        names = {one.name for one in await db.read(invariants.check, clock.now)}
        assert names == {"waiting for a place that is gone", "waiting for nobody"}
        await db.write(compare, clock)
        assert [one.key for one in await db.write(claim, clock)] == ["now"]
        clock.advance(hours=1)
        await db.write(leases.release_expired, clock.now)
        await db.write(compare, clock)
