"""Late papers: added to the digest of the day below what was posted, and never a second digest."""

from datetime import timedelta

import pytest
from fakes.pages import abstract, dump
from rich.console import Console

from bot import alerts, desk, digests, late, messages, receipts, timetable
from bot.demo import samples
from bot.dispatcher import Dispatcher
from bot.platforms.console import ConsolePlatform, history
from bot.rebuild import rebuild
from matching.alerts import parse
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, invariants, profiles, subscriptions
from storage.records import OwnerKind, RawDump

EARLY = ("Graph Networks for Invented Molecules", "Speech Recognition in Noisy Kitchens")
LATER = ("Graph Networks for Bridges", "Graph Networks for Proteins", "Boats in Winter")
NEXT = ("Graph Networks for Orchards",)


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    """With real meaning, and papers of last month to stand out from."""
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=30))
    return Library(db, minilm)


@pytest.fixture
async def ada(library, clock):
    profile = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ada",
        name="ada", zone="UTC", now=clock.now,
    )  # fmt: skip
    await library.db.write(profiles.add_interest, profile.id, "graph networks", clock.now)
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    await desk.subscribe(library.db, profile, schedule, 4, clock.now)
    return profile


@pytest.fixture
def transcript(tmp_path):
    return tmp_path / "transcript.jsonl"


@pytest.fixture
def send(db, clock, transcript):
    async def drain():
        console = ConsolePlatform(Console(quiet=True), transcript)
        await Dispatcher(db, [console], clock, owner="test").drain()

    return drain


@pytest.fixture
def arrive(library, clock):
    async def ingested(*titles, name="page.txt"):
        await ingest(library.db, library.encoder, dump(*titles, name=name), clock.now)

    return ingested


@pytest.fixture
async def posted(library, clock, ada, arrive, send):
    """The digest of today is out, at 09:00."""
    await arrive(*EARLY)
    await digests.queue_due(library, clock.advance(hours=3))
    await send()
    return ada


async def all_said(db) -> list[messages.Message]:
    return [messages.from_json(one.body) for one in (await db.read(deliveries.newest))[::-1]]


def titles(message) -> set[str]:
    return {card.title for card in message.cards}


async def test_late_papers_are_a_reply_below_the_digest(library, clock, posted, arrive, send, transcript):  # fmt: skip  # noqa: E501
    await arrive(*LATER, name="later.txt")
    assert await late.queue_late(library, clock.advance(minutes=10)) == 1
    assert await late.queue_late(library, clock.now) == 0
    await send()
    head, reply = history(transcript)
    assert titles(reply.message) == set(LATER[:2])
    assert reply.message.heading == "2 late additions to today's digest"
    first = (await library.db.read(deliveries.newest))[-1]
    assert reply.under == first.receipt
    assert (head.under, reply.key) == (None, f"{head.key}/late1")
    assert await library.db.read(invariants.check, clock.now) == []


async def test_what_was_added_late_is_not_in_the_digest_of_tomorrow(library, clock, posted, arrive):
    await arrive(*LATER, name="later.txt")
    await late.queue_late(library, clock.now)
    await arrive(*NEXT, name="next.txt")
    await digests.queue_due(library, clock.advance(days=1))
    tomorrow = (await all_said(library.db))[-1]
    assert titles(tomorrow) == set(NEXT)
    assert "alert" not in tomorrow.footer


async def test_what_finds_no_room_today_comes_tomorrow(library, clock, posted, arrive):
    many = [f"Graph Networks for Orchard Number {n}" for n in range(5)]
    await arrive(*many, name="later.txt")
    await late.queue_late(library, clock.now)
    today = (await all_said(library.db))[-1]
    assert len(today.cards) == 3, "the digest holds 4, and one is in it"
    await digests.queue_due(library, clock.advance(days=1))
    tomorrow = (await all_said(library.db))[-1]
    assert titles(today) | titles(tomorrow) == set(many)


async def test_a_full_digest_is_not_added_to(library, clock, posted, arrive):
    (one,) = await library.db.read(subscriptions.of, posted.id)
    await desk.resize(library.db, posted, one, 1, clock.now)
    await arrive(*LATER, name="later.txt")
    assert await late.queue_late(library, clock.now) == 0


async def test_a_digest_that_is_not_posted_yet_is_added_to_once_it_is(library, clock, ada, arrive, send):  # fmt: skip  # noqa: E501
    await arrive(*EARLY)
    await digests.queue_due(library, clock.advance(hours=3))
    await arrive(*LATER, name="later.txt")
    assert await late.queue_late(library, clock.now) == 0
    await send()
    assert await late.queue_late(library, clock.now) == 1


async def test_papers_that_do_not_fit_add_nothing_and_are_looked_at_once(library, clock, posted, arrive):  # fmt: skip  # noqa: E501
    await arrive("Boats in Winter", name="later.txt")
    assert await late.queue_late(library, clock.now) == 0
    (one,) = await library.db.read(subscriptions.of, posted.id)
    assert one.late_seq > one.cursor
    assert len(await all_said(library.db)) == 1


async def test_additions_to_one_digest_are_an_hour_apart(library, clock, posted, arrive, send, transcript):  # fmt: skip  # noqa: E501
    await arrive(LATER[0], name="later.txt")
    assert await late.queue_late(library, clock.now) == 1
    await arrive(LATER[1], name="again.txt")
    assert await late.queue_late(library, clock.advance(minutes=59)) == 0
    assert await late.queue_late(library, clock.advance(minutes=1)) == 1
    await send()
    head, one, two = history(transcript)
    assert [one.key, two.key] == [f"{head.key}/late1", f"{head.key}/late2"]
    assert one.under == two.under


async def test_an_empty_digest_is_added_to_by_a_message_of_its_own(library, clock, ada, arrive, send, transcript):  # fmt: skip  # noqa: E501
    await digests.queue_due(library, clock.advance(hours=3))
    await arrive(LATER[0], name="later.txt")
    assert await late.queue_late(library, clock.now) == 1
    await send()
    await arrive(LATER[1], name="again.txt")
    assert await late.queue_late(library, clock.advance(hours=1)) == 1
    await send()
    first, second = history(transcript)
    assert first.message.heading == "1 paper for ada after all"
    assert second.message.heading == "1 late addition to today's digest"
    assert (first.under, second.under) == (None, "byte 0")


async def test_nothing_is_added_in_quiet_hours_or_a_snooze(library, clock, posted, arrive):
    await arrive(*LATER, name="later.txt")
    await desk.change_quiet(library.db, posted, timetable.read_quiet("08:00-10:00"), clock.now)
    assert await late.queue_late(library, clock.now) == 0
    assert await late.queue_late(library, clock.advance(hours=1)) == 1


async def test_nothing_is_added_the_day_after(library, clock, posted, arrive):
    clock.advance(hours=15)  # midnight
    await arrive(*LATER, name="later.txt")
    assert await late.queue_late(library, clock.now) == 0
    await digests.queue_due(library, clock.advance(hours=9))
    assert titles((await all_said(library.db))[-1]) == set(LATER[:2])


async def test_nothing_is_added_where_another_digest_comes_today(library, clock, posted, arrive):
    twice = timetable.read_schedule("daily 08:30,17:00", "UTC")
    await desk.subscribe(library.db, posted, twice, 4, clock.now)
    await arrive(*LATER, name="later.txt")
    assert await late.queue_late(library, clock.now) == 0


async def test_what_came_as_an_alert_is_no_late_addition(library, clock, posted, arrive):
    await desk.add_alert(library.db, posted, parse("bridges"), clock.now)
    await arrive(*LATER, name="later.txt")
    await alerts.queue_new(library.db, clock.now)
    await late.queue_late(library, clock.now)
    assert titles((await all_said(library.db))[-1]) == {LATER[1]}


async def test_two_passes_at_once_add_once(library, clock, posted, arrive):
    await arrive(*LATER, name="later.txt")
    found = await library.db.read(late._amendable, clock.now, 0)
    assert await late._amend(library, found, clock.now) == 1
    assert await late._amend(library, found, clock.now) == 0
    assert len(await all_said(library.db)) == 2


async def test_late_additions_have_a_receipt_and_are_made_again_identically(library, clock, posted, arrive, send):  # fmt: skip  # noqa: E501
    await arrive(*LATER, name="later.txt")
    await late.queue_late(library, clock.now)
    await send()
    added, digest = await receipts.of(library.db, posted, clock.now - timedelta(days=1), clock.now)
    assert added.outcome == "2 late additions of 3, to the digest of Tue 28 Oct 09:00"
    assert added.state == digest.state == "sent Tue 28 Oct 09:00"
    assert {one.title for one in added.papers} == set(LATER[:2])
    assert (await rebuild(library, added.digest_id, clock.now)).is_identical
    assert (await rebuild(library, digest.digest_id, clock.now)).is_identical


async def test_a_digest_after_late_additions_is_made_again_identically(library, clock, posted, arrive):  # fmt: skip  # noqa: E501
    await arrive(*LATER, name="later.txt")
    await late.queue_late(library, clock.now)
    await arrive(*NEXT, name="next.txt")
    await digests.queue_due(library, clock.advance(days=1))
    newest, *_ = await receipts.of(library.db, posted, clock.now - timedelta(hours=1), clock.now)
    assert (await rebuild(library, newest.digest_id, clock.now)).is_identical


async def test_digests_asked_for_twice_in_one_instant_are_two(library, clock, ada, arrive):
    """A subscription has one digest for a time, and the second broke that."""
    await arrive(*EARLY)
    (one,) = await library.db.read(subscriptions.of, ada.id)
    await digests.send_now(library, one, clock.now)
    await arrive(*LATER, name="later.txt")
    (one,) = await library.db.read(subscriptions.of, ada.id)
    composed, was_queued = await digests.send_now(library, one, clock.now)
    assert was_queued
    assert composed.cards
    found = await library.db.read(deliveries.newest)
    assert len({delivery.key for delivery in found}) == 2


async def test_a_digest_for_a_time_that_had_one_is_not_lost(library, clock, ada, arrive):
    """As after a clock that was set back, and a schedule that was changed to and fro."""
    await arrive(*EARLY)
    (was,) = await library.db.read(subscriptions.of, ada.id)
    await digests.queue_due(library, clock.advance(hours=3))
    await arrive(*LATER, name="later.txt")
    await library.db.write(subscriptions.reschedule, was.id, was.due_at)
    assert await digests.queue_due(library, clock.now) == 1
    assert [len(one.cards) for one in await all_said(library.db)] == [1, 2]


async def test_one_that_fails_does_not_keep_others_waiting(library, clock, posted, arrive, send, monkeypatch):  # fmt: skip  # noqa: E501
    ben = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ben",
        name="ben", zone="UTC", now=clock.now,
    )  # fmt: skip
    await library.db.write(profiles.add_interest, ben.id, "graph networks", clock.now)
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    one = await desk.subscribe(library.db, ben, schedule, 4, clock.now)
    await digests.send_now(library, one, clock.now)
    await send()
    await arrive(*LATER, name="later.txt")
    tastes = library.tastes

    async def moody(profile_ids, now):
        if posted.id in profile_ids:
            raise KeyError("a surprise")
        return await tastes(profile_ids, now)

    monkeypatch.setattr(library, "tastes", moody)
    assert await late.queue_late(library, clock.now) == 1
    monkeypatch.undo()
    assert await late.queue_late(library, clock.now) == 1


@pytest.mark.parametrize("layout", ["more comments", "spaced", "tight"])
async def test_the_same_paper_in_a_later_dump_is_not_new(library, clock, posted, send, layout):
    """Another page, another layout, other comments: nobody hears of it again."""
    said = len(await library.db.read(deliveries.newest))
    again = dump(*EARLY, name="again.txt", comments=42)
    if layout != "more comments":
        gap = "\n\n" if layout == "spaced" else "\n"
        papers = gap.join(part for title in EARLY for part in (title, abstract(title)))
        again = RawDump(name="again.txt", data=f"Daily Papers\n\nOct 28\n\n{papers}\n".encode())
    clock.advance(hours=2)
    report = await ingest(library.db, library.encoder, again, clock.now)
    assert (report.new, report.seen_again) == (0, 2)
    assert await late.queue_late(library, clock.now) == 0
    await digests.queue_due(library, clock.advance(days=1))
    await send()
    assert len(await library.db.read(deliveries.newest)) == said
