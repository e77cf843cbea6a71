"""Profiles and what hangs on them."""

from datetime import time

import pytest
from fakes.pages import dump

from matching.ingest import ingest
from storage import alert_hits, outbox, profiles, votes
from storage.records import DeliveryKind, OwnerKind, QuietHours, VoteKind


@pytest.fixture
async def ada(db, clock):
    return await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner="ada",
        name="ada",
        zone="Europe/Berlin",
        now=clock.now,
    )


async def test_a_profile_is_made_once(db, clock, ada):
    again = await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner="ada",
        name="Ada L.",
        zone="UTC",
        now=clock.advance(days=1),
    )
    assert (again.id, again.zone, again.created_at) == (ada.id, ada.zone, ada.created_at)
    assert [one.name for one in await db.read(profiles.every)] == ["Ada L."]
    assert ada.destination.address == "local/ada"


async def test_quiet_hours_come_and_go(db, ada):
    quiet = QuietHours(start=time(22), end=time(7))
    await db.write(profiles.set_quiet, ada.id, quiet)
    assert (await db.read(profiles.named, "ada"))[0].quiet == quiet
    await db.write(profiles.set_quiet, ada.id, None)
    assert (await db.read(profiles.named, "ada"))[0].quiet is None


async def test_an_interest_is_added_once_and_removed_by_its_owner_only(db, clock, ada):
    one = await db.write(profiles.add_interest, ada.id, "graphs", clock.now)
    assert await db.write(profiles.add_interest, ada.id, "graphs", clock.now) == one
    assert await db.write(profiles.remove_interest, ada.id + 1, one.id) is False
    assert await db.write(profiles.remove_interest, ada.id, one.id) is True
    assert await db.read(profiles.interests, ada.id) == []


async def test_a_like_replaces_a_dislike_and_a_save_stands_beside_it(db, encoder, clock, ada):
    await ingest(db, encoder, dump("A Paper to Vote About"), clock.now)
    for kind in (VoteKind.DISLIKE, VoteKind.SAVE, VoteKind.LIKE, VoteKind.LIKE):
        await db.write(votes.vote, ada.id, 1, kind, clock.advance(seconds=1))
    kinds = [vote.kind for vote in await db.read(votes.of, ada.id)]
    assert kinds == [VoteKind.SAVE, VoteKind.LIKE]
    assert await db.write(votes.unvote, ada.id, 1, VoteKind.SAVE) is True
    assert await db.write(votes.unvote, ada.id, 1, VoteKind.SAVE) is False


async def test_a_removed_profile_takes_everything_along(db, encoder, clock, ada):
    await ingest(db, encoder, dump("A Paper to Vote About"), clock.now)
    await db.write(profiles.add_interest, ada.id, "graphs", clock.now)
    await db.write(votes.vote, ada.id, 1, VoteKind.LIKE, clock.now)
    await db.write(profiles.add_alert, ada.id, "graph*", ada.destination, 1, clock.now)
    await db.write(
        outbox.queue,
        key="a",
        kind=DeliveryKind.DIGEST,
        destination=ada.destination,
        profile_id=ada.id,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )
    await db.write(alert_hits.add, {"a": [(1, 1)]})
    await db.write(profiles.remove, ada.id)
    for table in ("profiles", "interests", "votes", "alerts", "alert_hits", "outbox"):
        sql = f"SELECT COUNT(*) FROM {table}"
        assert await db.read(lambda tx, sql=sql: tx.value(sql)) == 0
