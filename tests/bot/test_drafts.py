"""Drafts: composed ahead, queued at the hour as they are, and never where anything has changed."""

import json
from datetime import timedelta

import pytest
from fakes import small_field
from fakes.pages import dump

from bot import alerts, desk, dials, digests, drafts, messages, rebuild, shown, timetable
from bot.drafts import Drafts
from matching.alerts import parse
from matching.ingest import ingest
from matching.library import Library
from storage import (
    changes,
    deliveries,
    library_papers,
    mutes,
    papers,
    profiles,
    sources,
    subscriptions,
    votes,
)
from storage import drafts as kept
from storage.changes import Delta
from storage.dials import set_surprise
from storage.library_papers import Shelved
from storage.mutes import MuteKind
from storage.records import OwnerKind, VoteKind
from storage.sources import Doubt, SourceDay

TITLES = [paper.title for paper in small_field.papers(80)]
OLD, NEW = TITLES[:40], TITLES[40:]


@pytest.fixture
async def library(db, encoder, clock) -> Library:
    """Forty papers of last month, forty of today; it is twenty past eight."""
    await ingest(db, encoder, dump(*OLD, name="old"), clock.now - timedelta(days=30))
    await ingest(db, encoder, dump(*NEW, name="new"), clock.now)
    clock.advance(hours=2, minutes=20)
    return Library(db, encoder)


@pytest.fixture
def reader(library, clock):
    """Make a person with a digest at half past eight."""

    async def make(name="ada", *interests, size=5):
        profile = await library.db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner=name,
            name=name, zone="UTC", now=clock.now,
        )  # fmt: skip
        for text in interests or ("nectar pollen hive",):
            await library.db.write(profiles.add_interest, profile.id, text, clock.now)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        await desk.subscribe(library.db, profile, schedule, size, clock.now)
        return profile

    return make


@pytest.fixture
def no_composing(monkeypatch):
    """From now on nothing is composed any more: what is queued was there before."""

    def forbid():
        async def refused(*_, **__):
            raise AssertionError("a digest was composed at the hour")

        monkeypatch.setattr(digests, "compose", refused)

    return forbid


async def drafted(library, clock) -> int:
    return await Drafts(library, clock).look()


async def said(db) -> list[messages.Message]:
    return [messages.from_json(one.body) for one in (await db.read(deliveries.newest))[::-1]]


async def records(db) -> list[dict]:
    found = await db.read(lambda tx: tx.rows("SELECT * FROM digests ORDER BY subscription_id, id"))
    return [dict(row) | {"id": None} for row in found]


async def test_at_the_hour_a_draft_is_queued_as_the_digest_would_have_been(
    library, reader, clock, no_composing
):
    db = library.db
    ada, ben = await reader("ada"), await reader("ben", "glacier ice moraine", "loom weft warp")
    await db.write(votes.vote, ben.id, 3, VoteKind.LIKE, clock.now)
    due = [one for who in (ada, ben) for one in await db.read(subscriptions.of, who.id)]
    assert await drafted(library, clock) == 2
    fresh = {it.subscription.id: it for it in await digests.compose(library, due, clock.now)}
    no_composing()

    assert await digests.queue_due(library, clock.advance(minutes=10)) == 2

    assert [messages.to_json(one) for one in await said(db)] == [
        messages.to_json(fresh[one.id].message) for one in due
    ]
    for record, one in zip(await records(db), due, strict=True):
        assert record["made_from"] == fresh[one.id].making.made_from
        assert record["outcome"] == fresh[one.id].outcome
        assert record["up_to_seq"] == fresh[one.id].up_to
    assert not await db.read(kept.of, [one.id for one in due])


async def test_a_draft_tells_comments_as_they_stand_at_the_hour(
    library, reader, clock, no_composing
):
    """Those of other papers, and all else that the cards say, are as they were drafted."""
    db = library.db
    ada, ben = await reader("ada"), await reader("ben", "glacier ice moraine")
    assert await drafted(library, clock) == 2
    due = [one for who in (ada, ben) for one in await db.read(subscriptions.of, who.id)]
    before = await db.read(kept.of, [one.id for one in due])
    was = [messages.from_json(before[one.id].draft.body) for one in due]
    talked = was[0].cards[0].seq
    assert talked not in [card.seq for card in was[1].cards]
    await db.write(lambda tx: tx.execute(f"UPDATE papers SET comments = 12 WHERE seq = {talked}"))
    no_composing()

    assert await digests.queue_due(library, clock.advance(minutes=10)) == 2

    ada_s, ben_s = await said(db)
    first, *others = ada_s.cards
    assert first.facts.endswith("12 comments")
    assert "comments" not in was[0].cards[0].facts
    assert (first.reason, first.sentence, first.score) == (
        was[0].cards[0].reason, was[0].cards[0].sentence, was[0].cards[0].score
    )  # fmt: skip
    assert others == list(was[0].cards[1:])
    assert ben_s == was[1]


async def test_what_a_card_shows_is_found_in_its_message_without_reading_it(
    library, reader, clock, monkeypatch
):
    """Of a hundred thousand drafts hardly any shows something that has changed since."""
    ada = await reader("ada")
    await drafted(library, clock)
    (due,) = await library.db.read(subscriptions.of, ada.id)
    draft = (await library.db.read(kept.of, [due.id]))[due.id].draft

    def refuse(text):
        raise AssertionError("a message was read")

    monkeypatch.setattr(messages, "from_json", refuse)
    seqs = [line.seq for line in draft.lines]
    assert seqs
    (body,) = await library.db.read(shown.Shown().as_of_now, [draft.body], [seqs])
    assert body is draft.body


async def test_a_digest_that_was_drafted_can_be_made_again(library, reader, clock, no_composing):
    await reader()
    await drafted(library, clock)
    no_composing()
    await digests.queue_due(library, clock.advance(minutes=10))
    number = await library.db.read(lambda tx: tx.value("SELECT id FROM digests"))
    again = await rebuild.rebuild(library, number, clock.now)
    assert again.was
    assert again.is_identical


async def test_an_empty_digest_is_drafted_too(library, reader, clock, no_composing):
    await reader("ada", "zeppelin upholstery")
    assert await drafted(library, clock) == 1
    no_composing()
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 1
    assert await said(library.db) == []
    (record,) = await records(library.db)
    assert record["outcome"].startswith("none of 40 new papers fits well enough")


async def test_only_what_is_due_within_the_half_hour_is_drafted(library, reader, clock):
    await reader()
    clock.advance(minutes=-30)
    assert await drafted(library, clock) == 0
    clock.advance(minutes=30)
    assert await drafted(library, clock) == 1
    assert await drafted(library, clock) == 0


async def likes_one(library, who, clock):
    await library.db.write(votes.vote, who.id, 41, VoteKind.LIKE, clock.now)


async def follows_more(library, who, clock):
    await library.db.write(profiles.add_interest, who.id, "glacier ice moraine", clock.now)


async def unfollows(library, who, clock):
    (one,) = await library.db.read(profiles.interests, who.id)
    await library.db.write(profiles.remove_interest, who.id, one.id)


async def mutes_a_word(library, who, clock):
    await library.db.write(mutes.add, who.id, MuteKind.WORD, "hive", clock.now)


async def imports_a_paper(library, who, clock):
    def add(tx):
        change = changes.add(tx, who.id, Delta(library=1), clock.now)
        library_papers.add(tx, who.id, change.id, [Shelved(title="Bees", abstract="")], clock.now)

    await library.db.write(add)


async def turns_a_dial(library, who, clock):
    (one,) = await library.db.read(subscriptions.of, who.id)
    await dials.turn(library.db, one, dials.Wish(about=1), clock.now)


async def wants_no_surprise(library, who, clock):
    (one,) = await library.db.read(subscriptions.of, who.id)
    await library.db.write(set_surprise, one.id, False, clock.now)


async def wants_fewer(library, who, clock):
    await library.db.write(subscriptions.resize, who.id, 2)


async def is_called_otherwise(library, who, clock):
    await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ada",
        name="Ada L.", zone="UTC", now=clock.now,
    )  # fmt: skip


async def is_told_by_an_alert(library, who, clock):
    one = await library.db.read(papers.by_seq, [41])
    await desk.add_alert(library.db, who, parse(f'"{one[0].title}"'), clock.now)
    await library.db.write(lambda tx: tx.execute("UPDATE alerts SET after_seq = 40"))
    await library.db.write(lambda tx: tx.execute("UPDATE cursors SET seq = 40"))
    assert await alerts.queue_new(library.db, clock.now) == 1


async def gets_papers(library, who, clock):
    await ingest(library.db, library.encoder, dump("Nectar of the Hive", name="more"), clock.now)


async def hears_of_a_doubt(library, who, clock):
    doubted = SourceDay(
        source="hf", day=clock.now.date(), papers=0, doubt=Doubt.QUIET, said="HF: no papers"
    )
    await library.db.write(sources.put_day, doubted, clock.now)


CHANGES = (
    likes_one,
    follows_more,
    unfollows,
    mutes_a_word,
    imports_a_paper,
    turns_a_dial,
    wants_no_surprise,
    wants_fewer,
    is_called_otherwise,
    is_told_by_an_alert,
    gets_papers,
    hears_of_a_doubt,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
async def test_a_draft_does_not_outlive_what_it_was_made_from(library, reader, clock, change):
    """What is queued is what composing at the hour brings, not the draft."""
    db = library.db
    ada, ben = await reader("ada"), await reader("ben")
    assert await drafted(library, clock) == 2
    await change(library, ada, clock)
    clock.advance(minutes=10)
    due = await db.read(subscriptions.due, clock.now, 9)
    holding = await drafts.ready(library, due, clock.now)
    everybody = change in (gets_papers, hears_of_a_doubt)
    assert [one.profile.id for one in holding] == ([] if everybody else [ben.id])
    fresh = {it.subscription.id: it for it in await digests.compose(library, due, clock.now)}

    assert await digests.queue_due(library, clock.now) == 2

    for record, one in zip(await records(db), due, strict=True):
        assert record["outcome"] == fresh[one.id].outcome
        assert json.loads(record["made_from"]) == json.loads(fresh[one.id].making.made_from)


@pytest.mark.parametrize("change", [mutes_a_word, unfollows, likes_one], ids=lambda it: it.__name__)
async def test_what_changes_while_drafts_are_queued_counts(
    library, reader, clock, change, monkeypatch
):
    """The drafts were found to hold, and are not written yet."""
    db = library.db
    ada, ben = await reader("ada"), await reader("ben")
    assert await drafted(library, clock) == 2
    clock.advance(minutes=10)
    queued, held = digests._queue_some, []

    async def interrupted(library, made, *rest):
        if not held:
            held.extend(one.profile.id for one in made)
            await change(library, ada, clock)
        return await queued(library, made, *rest)

    monkeypatch.setattr(digests, "_queue_some", interrupted)
    assert await digests.queue_due(library, clock.now) == 2

    assert held == [ada.id, ben.id]
    changed, kept_one = (json.loads(one["made_from"])["profile"] for one in await records(db))
    assert changed != kept_one
    assert changed == _wanted(await library.taste(ada.id, clock.now))


def _wanted(taste):
    return {
        "interests": [[one.id, one.text] for one in taste.interests],
        "votes": [[one.seq, one.kind] for one in taste.votes],
        "mutes": [[one.kind, one.value] for one in taste.mutes],
        "told": [],
        "size": 5,
    }


async def test_what_changed_is_drafted_again_in_time(library, reader, clock, no_composing):
    ada = await reader()
    tick = Drafts(library, clock)
    assert await tick.look() == 1
    await follows_more(library, ada, clock)
    assert await tick.look() == 1
    no_composing()
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 1
    (message,) = await said(library.db)
    assert any("glacier" in card.reason for card in message.cards)


async def test_while_a_dump_comes_in_nothing_is_drafted(library, reader, clock):
    await reader()

    def begin(tx):
        tx.execute("UPDATE dumps SET status = 'open', touched_at = '2025-10-28T08:19:00.000000Z'")

    await library.db.write(begin)
    assert await drafted(library, clock) == 0
    await library.db.write(lambda tx: tx.execute("UPDATE dumps SET status = 'done'"))
    assert await drafted(library, clock) == 1


async def test_a_paused_subscription_is_sent_nothing_that_was_drafted(library, reader, clock):
    ada = await reader()
    await drafted(library, clock)
    await library.db.write(subscriptions.pause, ada.destination, "as they wished")
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 0
    assert await said(library.db) == []


async def test_a_draft_waits_for_the_end_of_quiet_hours_that_began_since(library, reader, clock):
    ada = await reader()
    await drafted(library, clock)
    await library.db.write(profiles.snooze, ada.id, clock.now + timedelta(days=1))
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 1
    (delivery,) = await library.db.read(deliveries.newest)
    assert delivery.due_at == clock.now + timedelta(hours=23, minutes=50)


async def test_one_profile_that_fails_does_not_keep_others_from_their_drafts(
    library, reader, clock, monkeypatch
):
    ada, _ = await reader("ada"), await reader("ben")
    tastes, asked = library.tastes, []

    async def moody(profile_ids, now):
        asked.append(list(profile_ids))
        if ada.id in profile_ids:
            raise KeyError("a surprise")
        return await tastes(profile_ids, now)

    monkeypatch.setattr(library, "tastes", moody)
    tick = Drafts(library, clock)
    assert await tick.look() == 1
    asked.clear()
    assert await tick.look() == 0
    assert asked == []
    monkeypatch.undo()
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 2


async def test_drafts_that_cannot_be_queued_are_composed_at_the_hour(
    library, reader, clock, monkeypatch
):
    await reader()
    await drafted(library, clock)
    queued, tried = digests._queue_some, []

    async def failing_once(*arguments):
        tried.append(arguments)
        if len(tried) == 1:
            raise KeyError("a surprise")
        return await queued(*arguments)

    monkeypatch.setattr(digests, "_queue_some", failing_once)
    assert await digests.queue_due(library, clock.advance(minutes=10)) == 1
    assert len(await said(library.db)) == 1


async def test_a_draft_that_was_for_another_day_goes(library, reader, clock):
    ada = await reader()
    await drafted(library, clock)
    await library.db.write(subscriptions.pause, ada.destination, "as they wished")
    clock.advance(days=2)
    await drafted(library, clock)
    assert await library.db.read(lambda tx: tx.value("SELECT COUNT(*) FROM drafts")) == 0


async def test_imports_that_are_undone_and_vectors_that_come_change_what_is_wanted(
    library, reader, clock
):
    ada = await reader()

    async def revision():
        return (await library.db.read(kept.revisions, [ada.id]))[ada.id]

    await imports_a_paper(library, ada, clock)
    first = await revision()
    (own,) = await library.db.read(library_papers.of, ada.id)
    model = await library.model(clock.now)
    await library.db.write(library_papers.put_vector, model, own.id, bytes(4 * 64))
    second = await revision()
    await library.db.write(
        lambda tx: tx.execute("UPDATE profile_changes SET undone_at = '2025-10-28T08:20:00Z'")
    )
    assert first < second < await revision()
