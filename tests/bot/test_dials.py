"""Dials at work: prepared in batches, read by digests, told to their owners."""

from datetime import timedelta
from itertools import pairwise

import pytest
from fakes import small_field
from fakes.pages import dump

from bot import desk, dials, digests, timetable
from bot.composing import compose
from bot.dials import BadDial, Wish
from bot.rebuild import rebuild
from matching.dial import NOBODY
from matching.ingest import ingest
from matching.library import Library
from storage import dials as stored
from storage import profiles, receipts, subscriptions, votes
from storage.records import OwnerKind, VoteKind

TITLES = [paper.title for paper in small_field.papers(400)]


@pytest.fixture
async def library(db, encoder, clock) -> Library:
    """Ten days of forty papers."""
    for day in range(10):
        at = clock.now - timedelta(days=10 - day)
        await ingest(db, encoder, dump(*TITLES[day * 40 : day * 40 + 40], name=f"{day}"), at)
    return Library(db, encoder)


class Reader:
    def __init__(self, library, clock) -> None:
        self.library, self.db, self.clock, self.count = library, library.db, clock, 0

    async def made(self, *interests, size=8):
        self.count += 1
        profile = await self.db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local",
            owner=f"ada{self.count}", name=f"ada{self.count}", zone="UTC", now=self.clock.now,
        )  # fmt: skip
        for text in interests or ("nectar pollen hive", "moraine ice firn"):
            await self.db.write(profiles.add_interest, profile.id, text, self.clock.now)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        return await desk.subscribe(self.db, profile, schedule, size, self.clock.now)

    async def turned(self, subscription, *, resize=True, **wish):
        return await dials.turn(self.db, subscription, Wish(**wish), self.clock.now, resize=resize)

    async def dial(self, subscription):
        return (await self.db.read(stored.of, [subscription.id]))[subscription.id]

    async def again(self, subscription):
        found = await self.db.read(subscriptions.of, subscription.profile_id)
        return next(one for one in found if one.id == subscription.id)

    async def digest(self, subscription):
        composed, moved = await digests.send_now(
            self.library, await self.again(subscription), self.clock.now
        )
        assert moved
        newest = await self.db.read(lambda tx: tx.value("SELECT MAX(id) FROM digests"))
        return composed, newest

    async def back(self, subscription):
        """Every paper is new again."""
        await self.db.write(
            lambda tx: tx.execute(
                "UPDATE subscriptions SET cursor = 0 WHERE id = :id", id=subscription.id
            )
        )


@pytest.fixture
def reader(library, clock) -> Reader:
    return Reader(library, clock)


async def test_floors_are_prepared_for_all_that_ask_once_a_day(reader, library, clock):
    many = [await reader.made() for _ in range(3)]
    await reader.made()
    for one in many:
        await reader.turned(one, about=3)
    assert await dials.prepare(library, clock.now) == 3
    found = await reader.dial(many[0])
    assert found.floor is not None
    assert found.expected == pytest.approx(3, abs=0.3)
    assert await dials.prepare(library, clock.advance(hours=1)) == 0
    assert await dials.prepare(library, clock.advance(hours=20)) == 3


async def test_more_a_day_is_a_lower_floor_and_digests_have_room_for_it(reader, library, clock):
    few, many = await reader.made(), await reader.made()
    await reader.turned(few, about=1)
    await reader.turned(many, about=6)
    await dials.prepare(library, clock.now)
    assert (await reader.dial(few)).floor > (await reader.dial(many)).floor
    assert (await reader.again(few)).size == 3
    assert (await reader.again(many)).size == 12


async def test_a_size_that_was_said_stays(reader):
    one = await reader.made(size=4)
    await reader.turned(one, about=6, resize=False)
    assert (await reader.again(one)).size == 4


async def test_a_digest_keeps_to_the_dial_and_says_the_cut_off_when_empty(reader, clock):
    one = await reader.made()
    await reader.turned(one, sure=0.95)
    composed, _ = await reader.digest(one)
    assert composed.floor == pytest.approx(NOBODY.floor(0.95))
    assert composed.lines == ()
    assert "fits well enough: the best reaches 0." in composed.outcome
    assert f"the cut-off is {NOBODY.floor(0.95):.2f}" in composed.outcome


async def test_votes_move_only_the_likelihood_that_they_speak_of(reader, library, clock):
    """Whoever likes nothing that scored well is asked for more; without votes all stays."""
    one = await reader.made(size=30)
    await reader.back(one)
    composed, _ = await reader.digest(one)
    await reader.turned(one, sure=0.6)
    before = (await dials.ready(library, [one], clock.now))[one.id].floor
    for line in composed.lines:
        await reader.db.write(
            votes.vote, one.profile_id, line.seq, VoteKind.DISLIKE, clock.advance(minutes=1)
        )
    clock.advance(hours=2)
    found = (await dials.ready(library, [one], clock.now))[one.id]
    assert found.own_votes == len(composed.lines)
    assert found.floor > before


async def test_what_was_reached_is_told(reader, library, clock):
    one = await reader.made()
    await reader.turned(one, about=3)
    await dials.prepare(library, clock.now)
    first = await dials.told(reader.db, one, clock.now)
    assert first.startswith("about 3 a day: by the papers of the last weeks ")
    await reader.back(one)
    composed, _ = await reader.digest(one)
    fits = [line for line in composed.lines if line.score >= composed.floor]
    for place, line in enumerate(fits[:3]):
        kind = VoteKind.DISLIKE if place == 0 else VoteKind.LIKE
        await reader.db.write(votes.vote, one.profile_id, line.seq, kind, clock.now)
    said = await dials.told(reader.db, one, clock.advance(days=2))
    assert f"{len(fits) / 2:.1f} a day in the last 2 days" in said
    assert "2 of 3 voted on were liked" in said


async def test_the_first_digest_of_a_week_tells_it(reader, library, clock):
    one = await reader.made()
    await reader.turned(one, about=3)
    await reader.back(one)
    first, _ = await reader.digest(one)
    assert first.reached == ""
    await reader.back(one)
    second, _ = await reader.digest(one) if clock.advance(days=1) else None
    assert second.reached == ""
    clock.advance(days=6)
    await ingest(
        reader.db, library.encoder, dump(*[f"Hive {title}" for title in TITLES[:20]]), clock.now
    )
    later, _ = await reader.digest(one)
    assert later.cards
    assert later.message.footer.count("About 3 a day: ") == 1


async def test_a_digest_with_dial_and_surprise_is_made_again(reader, library, clock):
    one = await reader.made()
    await reader.turned(one, about=4)
    await reader.back(one)
    composed, number = await reader.digest(one)
    tried = [line for line in composed.lines if line.score < composed.floor]
    assert len(tried) == 1
    assert tried[0].reason.startswith("outside your usual")
    await reader.turned(one, about=1)
    await reader.db.write(stored.set_surprise, one.id, False, clock.now)
    again = await rebuild(library, number, clock.advance(days=1))
    assert again.differences == ()
    assert again.changes == ()
    was = await reader.db.read(receipts.recorded, number)
    assert [line.seq for line in again.now] == [line.seq for line in was.lines]


async def test_surprise_off_brings_only_what_fits(reader, library, clock):
    one = await reader.made()
    await reader.back(one)
    (usual,) = await compose(library, [await reader.again(one)], clock.now)
    assert [line.score < usual.floor for line in usual.lines].count(True) == 1
    await reader.db.write(stored.set_surprise, one.id, False, clock.now)
    (plain,) = await compose(library, [await reader.again(one)], clock.now)
    assert all(line.score >= plain.floor for line in plain.lines)
    assert plain.left_out < usual.left_out


async def test_the_floor_is_steady_while_papers_come(reader, library, clock):
    """Ten more days of the same field: no day moves the floor by more than a twentieth."""
    one = await reader.made()
    await reader.turned(one, about=4)
    floors = []
    for day in range(10):
        found = small_field.papers(40, first=5_000 + day)
        await ingest(
            reader.db, library.encoder, dump(*[it.title for it in found], name=f"n{day}"), clock.now
        )
        await dials.prepare(library, clock.now)
        floors.append((await reader.dial(one)).floor)
        clock.advance(days=1)
    steps = [abs(after - before) for before, after in pairwise(floors)]
    assert max(steps) < 0.05


@pytest.mark.parametrize("wish", [{"about": 0}, {"about": 1000}, {"sure": 0.2}, {"sure": 0.999}])
def test_a_dial_has_ends(wish):
    with pytest.raises(BadDial):
        Wish(**wish)
