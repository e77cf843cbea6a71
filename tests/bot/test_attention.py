"""One attention budget: what stands in a channel that a person reads is counted, not repeated."""

from datetime import timedelta

import pytest
from fakes.pages import dump
from rich.console import Console

from bot import closing, desk, digests, messages, receipts, timetable
from bot.commands import Asker, Commands, Room, Standing
from bot.commands.request import Request
from bot.demo import samples
from bot.dispatcher import Dispatcher
from bot.platforms.console import ConsolePlatform
from bot.rebuild import rebuild
from matching.ingest import ingest
from matching.library import Library
from storage import (
    deliveries,
    destinations,
    keepers,
    notices,
    profiles,
    readers,
    subscriptions,
    votes,
)
from storage.records import Destination, OwnerKind, VoteKind

PAPERS = ("Graph Networks for Invented Molecules", "Graph Networks for Traffic")
BOTH = ("Graph Networks for Bridges",)
ADA = Asker(platform="console", workspace="local", id="ada", name="ada")
ML = Room(platform="console", workspace="local", id="ml", name="#ml")


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    """With real meaning, and papers of last month to stand out from."""
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=30))
    return Library(db, minilm)


@pytest.fixture
def subscribed(library, clock):
    async def make(name, kind, at, interest="graph networks"):
        profile = await library.db.write(
            profiles.add, kind=kind, platform="console", workspace="local", owner=name.strip("#"),
            name=name, zone="UTC", now=clock.now,
        )  # fmt: skip
        await library.db.write(profiles.add_interest, profile.id, interest, clock.now)
        schedule = timetable.read_schedule(f"daily {at}", "UTC")
        await desk.subscribe(library.db, profile, schedule, 8, clock.now)
        return profile

    return make


@pytest.fixture
async def ada(subscribed):
    return await subscribed("ada", OwnerKind.PERSON, "09:30")


@pytest.fixture
def commands(library, clock):
    return Commands(library, clock, lambda: None)


@pytest.fixture
async def posted_in_ml(library, clock, subscribed, ada, tmp_path):
    """#ml has its digest, and another paper came since; it is 09:45."""
    ml = await subscribed("#ml", OwnerKind.CHANNEL, "08:30")
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    console = ConsolePlatform(Console(quiet=True), tmp_path / "transcript.jsonl")
    await Dispatcher(library.db, [console], clock, owner="test").drain()
    await ingest(library.db, library.encoder, dump(*BOTH, name="later.txt"), clock.now)
    clock.advance(minutes=45)
    return ml


async def digest_of(library, clock, profile) -> messages.Message:
    await digests.queue_due(library, clock.now)
    found = await library.db.read(deliveries.newest)
    return next(messages.from_json(it.body) for it in found if it.profile_id == profile.id)


def titles(message) -> set[str]:
    return {card.title for card in message.cards}


async def test_papers_of_a_channel_that_the_person_acted_in_are_one_line(library, clock, posted_in_ml, ada, commands):  # fmt: skip  # noqa: E501
    await commands.answer(Request(asker=ADA, room=ML, text="status"))
    digest = await digest_of(library, clock, ada)
    assert titles(digest) == set(BOTH)
    assert "You have 2 more in #ml." in digest.footer
    posted = await library.db.read(lambda tx: tx.row("SELECT * FROM outbox ORDER BY id LIMIT 1"))
    (there,) = digest.elsewhere
    assert (there.address, there.receipt) == (posted["address"], posted["receipt"])
    (receipt, *_) = await receipts.of(library.db, ada, clock.now, clock.now)
    assert "2 more are in channels you read." in receipt.left_out
    assert (await rebuild(library, receipt.digest_id, clock.now)).is_identical


async def test_a_vote_in_the_channel_shows_that_the_person_reads_it(library, clock, posted_in_ml, ada):  # fmt: skip  # noqa: E501
    (post,) = await library.db.read(deliveries.newest)
    seq = messages.from_json(post.body).cards[0].seq
    await library.db.write(
        votes.toggle_member, posted_in_ml.id, seq, "local/ada", VoteKind.LIKE, clock.now
    )
    assert titles(await digest_of(library, clock, ada)) == set(BOTH)


async def test_a_member_reads_the_channel_until_they_leave(library, clock, posted_in_ml, ada):
    known = await library.db.write(
        readers.replace_members, ML.destination, ["local/ada", "local/stranger"], clock.now
    )
    assert known == 1, "nothing is kept of people without a profile"
    (one,) = await library.db.read(subscriptions.of, ada.id)
    (composed,) = await digests.compose(library, [one], clock.now)
    assert [(it.channel, it.papers) for it in composed.elsewhere] == [("#ml", 2)]
    await library.db.write(readers.left, ML.destination, "local/ada")
    assert titles(await digest_of(library, clock, ada)) == {*PAPERS, *BOTH}


async def test_an_empty_digest_names_the_channel_that_has_what_fits(library, clock, subscribed, ada, tmp_path):  # fmt: skip  # noqa: E501
    await subscribed("#ml", OwnerKind.CHANNEL, "08:30")
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    console = ConsolePlatform(Console(quiet=True), tmp_path / "transcript.jsonl")
    await Dispatcher(library.db, [console], clock, owner="test").drain()
    await library.db.write(readers.replace_members, ML.destination, ["local/ada"], clock.now)
    (one,) = await library.db.read(subscriptions.of, ada.id)
    (composed,) = await digests.compose(library, [one], clock.now)
    assert composed.cards == ()
    assert "besides those you have (2 in #ml)" in composed.outcome


@pytest.mark.parametrize("who", ["nobody", "outsider", "long ago", "elsewhere"])
async def test_papers_of_a_channel_that_the_person_does_not_read_come(library, clock, posted_in_ml, ada, commands, who):  # fmt: skip  # noqa: E501
    room = ML
    if who == "outsider":
        room = Room(platform="console", workspace="local", id="ml", name="#ml", standing=Standing.OUTSIDER)  # fmt: skip  # noqa: E501
        await commands.answer(Request(asker=ADA, room=room, text="status"))
    elif who == "long ago":
        long_ago = clock.now - readers.REMEMBERED
        await library.db.write(readers.acted, ML.destination, "local/ada", long_ago)
    elif who == "elsewhere":
        other = Destination(platform="console", address="local/other")
        await library.db.write(readers.acted, other, "local/ada", clock.now)
    digest = await digest_of(library, clock, ada)
    assert titles(digest) == {*PAPERS, *BOTH}
    assert "#ml" not in digest.footer


async def test_a_post_that_never_arrived_is_not_left_out(library, clock, posted_in_ml, ada):
    await library.db.write(readers.acted, ML.destination, "local/ada", clock.now)
    await library.db.write(
        lambda tx: tx.execute("UPDATE outbox SET status = 'dead', reason = 'gone'")
    )
    assert titles(await digest_of(library, clock, ada)) == {*PAPERS, *BOTH}


async def test_the_person_switches_it_off_and_on(library, clock, posted_in_ml, ada, commands):
    await library.db.write(readers.acted, ML.destination, "local/ada", clock.now)
    said = await commands.answer(Request(asker=ADA, text="digest channels off", prefix=""))
    assert "all the same" in said.message.intro
    assert titles(await digest_of(library, clock, ada)) == {*PAPERS, *BOTH}
    said = await commands.answer(Request(asker=ADA, text="digest channels", prefix=""))
    assert "It is off now" in said.message.intro
    await commands.answer(Request(asker=ADA, text="digest channels on", prefix=""))
    (one,) = await library.db.read(subscriptions.of, ada.id)
    assert one.collapses


async def test_help_says_that_channels_are_not_repeated(commands):
    said = await commands.answer(Request(asker=ADA, text="help digest", prefix=""))
    assert "`channels off`" in said.message.intro


@pytest.mark.parametrize(("typed", "days"), [("7d", 7), ("2w", 14), ("30", 30), ("1 day", 1)])
async def test_a_digest_reaches_back_as_far_as_its_owner_says(library, ada, commands, typed, days):
    said = await commands.answer(Request(asker=ADA, text=f"digest reach {typed}", prefix=""))
    assert f"{days} day" in said.message.intro
    (one,) = await library.db.read(subscriptions.of, ada.id)
    assert one.reach == timedelta(days=days)


@pytest.mark.parametrize("typed", ["", "0", "91d", "far", "-3"])
async def test_a_reach_that_can_t_be_is_refused_with_an_example(library, ada, commands, typed):
    said = await commands.answer(Request(asker=ADA, text=f"digest reach {typed}", prefix=""))
    assert "`digest reach 7d`" in said.message.intro
    assert "It is 14 days now." in said.message.intro


async def test_papers_beyond_the_person_s_own_reach_are_counted_and_not_sent(library, clock, ada):
    (one,) = await library.db.read(subscriptions.of, ada.id)
    await library.db.write(subscriptions.set_reach, one.id, 2)
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    clock.advance(days=3)
    await ingest(library.db, library.encoder, dump(*BOTH, name="later.txt"), clock.now)
    digest = await digest_of(library, clock, ada)
    assert titles(digest) == set(BOTH)
    assert "2 older papers passed over." in digest.footer


async def test_who_changes_the_digest_of_a_channel_looks_after_it(library, commands):
    room = Room(platform="console", workspace="local", id="ml", name="#ml", standing=Standing.ADMIN)
    for who in ("ada", "ben"):
        asker = Asker(platform="console", workspace="local", id=who, name=who)
        await commands.answer(Request(asker=asker, room=room, text="channel digest daily 08:30"))
    (kept,) = await library.db.read(keepers.of, room.destination)
    assert (kept.keeper.address, kept.channel) == ("local/ben", "#ml")


async def test_a_channel_that_dies_in_a_send_is_told_of_once(library, clock, commands, ada):
    room = Room(platform="console", workspace="local", id="ml", name="#ml", standing=Standing.ADMIN)
    await commands.answer(Request(asker=ADA, room=room, text="channel digest daily 08:30"))
    for _ in range(2):
        await library.db.write(closing.close, room.destination, "archived", clock.now)
        clock.advance(minutes=1)
    (notice,) = await library.db.read(deliveries.newest)
    assert (notice.destination, notice.profile_id) == (ada.destination, ada.id)
    assert "Why: archived." in messages.from_json(notice.body).intro
    assert await library.db.write(closing.reopen, room.destination, clock.now)
    assert not await library.db.write(closing.reopen, room.destination, clock.now)
    assert len(await library.db.read(deliveries.newest)) == 2


async def test_nothing_private_is_said_in_a_channel_when_direct_messages_close(library, clock, ada):
    await library.db.write(closing.close, ada.destination, "direct messages are closed", clock.now)
    assert await library.db.read(deliveries.newest) == []
    ((_, told),) = await library.db.read(notices.waiting, ada.id)
    assert "direct messages are closed" in told


@pytest.mark.parametrize(("prefix", "goes_on"), [("", True), ("/papers ", False)])
async def test_who_writes_to_me_directly_can_be_written_to_again(
    library, clock, ada, commands, prefix, goes_on
):
    """A command elsewhere says nothing of direct messages; a direct message does."""
    mine = ADA.destination
    await library.db.write(closing.close, mine, "your direct messages are closed to me", clock.now)
    (paused,) = await library.db.read(subscriptions.of, ada.id)
    assert paused.paused is not None
    await commands.answer(Request(asker=ADA, text="status", prefix=prefix))
    (now,) = await library.db.read(subscriptions.of, ada.id)
    assert (now.paused is None) is goes_on
    assert (await library.db.read(destinations.gone, mine) is None) is goes_on
