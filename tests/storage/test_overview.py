"""What stands where: the last dump, what waits, what was told."""

from datetime import timedelta

from fakes.pages import dump

from matching.ingest import ingest
from storage import arrivals, outbox, overview, profiles
from storage.dumps import read_dump
from storage.records import Delivery, DeliveryKind, DeliveryStatus, OwnerKind


async def profile(db, clock):
    return await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace="T1",
        owner="U1",
        name="ada",
        zone="UTC",
        now=clock.now,
    )


async def queued(db, clock, ada, key="a") -> Delivery:
    await db.write(
        outbox.queue,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=ada.destination,
        profile_id=ada.id,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )
    (claimed,) = await db.write(
        outbox.claim,
        owner="me",
        platforms=["slack"],
        limit=1,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    return claimed


async def test_an_empty_store_had_no_dump_and_waits_for_nothing(db, clock):
    ada = await profile(db, clock)
    assert await db.read(overview.last_dump) is None
    assert await db.read(overview.stalled, clock.now) is None
    assert (await db.read(overview.waiting, ada.id)).count == 0
    assert await db.read(overview.buried, ada.id, clock.now) == (0, None)
    assert await db.read(overview.tellings, ada.id, 1) == []


async def test_the_last_dump_says_how_many_of_its_papers_were_new(db, encoder, clock):
    await ingest(db, encoder, dump("One", "Two"), clock.now)
    await ingest(db, encoder, dump("Two", "Three", name="later"), clock.advance(hours=1))
    last = await db.read(overview.last_dump)
    assert (last.arrived_at, last.papers, last.new) == (clock.now, 2, 1)


async def test_a_dump_that_gets_no_further_is_told_of(db, clock):
    raw = dump("One")
    await db.write(arrivals.open_dump, raw, read_dump(raw), 1, clock.now)
    assert await db.read(overview.stalled, clock.now) is None, "it is still coming in"
    began = clock.now
    assert await db.read(overview.stalled, clock.advance(minutes=2)) == began


async def test_what_waits_is_due_when_its_destination_is_free_again(db, clock):
    ada = await profile(db, clock)
    delivery = await queued(db, clock, ada)
    until = clock.now + timedelta(minutes=5)
    await db.write(
        outbox.postpone, delivery, "me", until=until, reason="rate-limited", maybe_posted=False
    )
    waiting = await db.read(overview.waiting, ada.id)
    assert (waiting.count, waiting.next_at, waiting.reason) == (1, until, "rate-limited")


async def test_what_was_given_up_is_told_of_for_a_while(db, clock):
    ada = await profile(db, clock)
    delivery = await queued(db, clock, ada)
    await db.write(outbox.bury, delivery, "me", reason="too long", now=clock.now)
    assert await db.read(overview.buried, ada.id, clock.now) == (1, "too long")
    later = clock.now + timedelta(seconds=1)
    assert await db.read(overview.buried, ada.id, later) == (0, None)
    assert delivery.status is DeliveryStatus.LEASED, "it was in flight until then"
