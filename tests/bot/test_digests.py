"""Digests: composed together, queued once, and honest when there is nothing to say."""

from datetime import timedelta

import pytest
from fakes.pages import dump

from bot import desk, digests, messages, timetable
from bot.demo import samples
from bot.drafts import Ready
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, mutes, profiles, subscriptions, vectors, votes
from storage.mutes import MuteKind
from storage.records import OwnerKind, VoteKind

PAPERS = (
    "Graph Networks for Invented Molecules",
    "Graph Networks for Traffic",
    "Diffusion Models for Small Images",
    "Speech Recognition in Noisy Kitchens",
)


FIRST = 38
"""The seq of the first paper that is new; the samples are there before."""


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    """With real meaning, and papers of last month to stand out from."""
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=30))
    return Library(db, minilm)


@pytest.fixture
def subscribed(library, clock):
    """Make a person who follows `interest`, with a digest at 08:30 UTC."""

    async def make(name="ada", interest="graph networks", size=8, kind=OwnerKind.PERSON):
        profile = await library.db.write(
            profiles.add, kind=kind, platform="console", workspace="local", owner=name, name=name,
            zone="UTC", now=clock.now,
        )  # fmt: skip
        await library.db.write(profiles.add_interest, profile.id, interest, clock.now)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        return await desk.subscribe(library.db, profile, schedule, size, clock.now)

    return make


async def queued(db) -> list[messages.Message]:
    return [messages.from_json(one.body) for one in (await db.read(deliveries.newest))[::-1]]


async def test_a_due_digest_is_queued_with_reasons_and_sentences(library, clock, subscribed):
    await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    assert await digests.queue_due(library, clock.now) == 0
    assert await digests.queue_due(library, clock.advance(hours=3)) == 1
    (message,) = await queued(library.db)
    assert {card.title for card in message.cards[:2]} == set(PAPERS[:2])
    for card in message.cards:
        assert "graph networks" in card.reason
        assert card.score is not None
        assert 0.5 <= card.score <= 1
        assert card.sentence
    assert "Read 4 new papers" in message.footer


async def test_the_sentence_is_a_verbatim_part_of_the_abstract(library, clock, subscribed):
    from storage import papers

    await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (message,) = await queued(library.db)
    by_seq = {paper.seq: paper for paper in await library.db.read(papers.between, 0, 99)}
    assert all(card.sentence in by_seq[card.seq].abstract for card in message.cards)


async def test_a_digest_is_sent_once_and_the_next_begins_where_it_ended(library, clock, subscribed):
    await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS[:1]), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    assert await digests.queue_due(library, clock.now) == 0
    await ingest(library.db, library.encoder, dump(*PAPERS[1:]), clock.now)
    assert await digests.queue_due(library, clock.advance(days=1)) == 1
    first, second = await queued(library.db)
    assert not {card.seq for card in first.cards} & {card.seq for card in second.cards}


async def test_two_passes_at_once_queue_one_digest(library, clock, subscribed):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    now = clock.advance(hours=3)
    composed = [await digests.compose(library, [subscription], now) for _ in range(2)]
    one, two = [digests._decided([Ready.of(it) for it in some], now) for some in composed]
    model = await library.model(now)
    assert await library.db.write(digests._queue, one, model, now) == 1
    assert await library.db.write(digests._queue, two, model, now) == 0
    assert len(await queued(library.db)) == 1


async def test_a_service_that_slept_for_days_sends_one_digest(library, clock, subscribed):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    clock.advance(days=3, hours=3)
    assert await digests.queue_due(library, clock.now) == 1
    assert len(await queued(library.db)) == 1
    (now,) = await library.db.read(subscriptions.of, subscription.profile_id)
    assert now.due_at > clock.now


async def test_a_digest_keeps_to_its_size_and_says_what_it_left_out(library, clock, subscribed):
    titles = [f"Graph Networks for Invented Purpose {n}" for n in range(12)]
    await subscribed(size=5)
    await ingest(library.db, library.encoder, dump(*titles, *PAPERS[2:]), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (message,) = await queued(library.db)
    assert len(message.cards) == 5
    assert "more fitted" in message.footer


async def test_an_empty_digest_is_not_sent_and_its_reason_is_on_record(library, clock, subscribed):
    await subscribed(interest="medieval poetry")
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    assert await digests.queue_due(library, clock.advance(hours=3)) == 1
    assert await queued(library.db) == []
    outcome = await library.db.read(lambda tx: tx.value("SELECT outcome FROM digests"))
    assert outcome.startswith("none of 4 new papers fits well enough: the best reaches 0.")


async def test_papers_that_were_voted_on_do_not_come_again(library, clock, subscribed):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await library.db.write(votes.vote, subscription.profile_id, FIRST, VoteKind.LIKE, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (message,) = await queued(library.db)
    assert FIRST not in {card.seq for card in message.cards}


async def test_quiet_hours_move_the_delivery_not_the_digest(library, clock, subscribed):
    subscription = await subscribed()
    quiet = timetable.read_quiet("08:00-10:00")
    await library.db.write(profiles.set_quiet, subscription.profile_id, quiet)
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (delivery,) = await library.db.read(deliveries.newest)
    assert delivery.due_at - clock.now == timedelta(hours=1)


async def test_a_digest_sent_by_hand_leaves_the_schedule_as_it_is(library, clock, subscribed):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    composed, was_queued = await digests.send_now(library, subscription, clock.now)
    assert was_queued
    assert composed.cards
    (now,) = await library.db.read(subscriptions.of, subscription.profile_id)
    assert (now.due_at, now.cursor) == (subscription.due_at, FIRST + 3)
    await digests.queue_due(library, clock.advance(hours=3))
    assert len(await queued(library.db)) == 1, "nothing is new by then"


async def test_what_is_sent_by_hand_to_a_paused_subscription_is_not_queued(
    library, clock, subscribed
):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await library.db.write(subscriptions.pause, subscription.destination, "DMs are closed")
    _, was_queued = await digests.send_now(library, subscription, clock.now)
    assert not was_queued
    assert await queued(library.db) == []


async def test_one_profile_that_fails_does_not_keep_others_waiting(
    library, clock, subscribed, monkeypatch
):
    """Whatever is wrong with it, it is logged and tried again at the next tick."""
    broken = await subscribed("ada")
    await subscribed("ben")
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    tastes = library.tastes

    async def moody(profile_ids, now):
        if broken.profile_id in profile_ids:
            raise KeyError("a surprise")
        return await tastes(profile_ids, now)

    monkeypatch.setattr(library, "tastes", moody)
    assert await digests.queue_due(library, clock.advance(hours=3)) == 1
    assert [one.heading for one in await queued(library.db)] == ["2 papers for ben"]
    monkeypatch.undo()
    assert await digests.queue_due(library, clock.now) == 1


async def test_a_vote_on_a_paper_of_another_model_waits_for_its_vector(library, clock, subscribed):
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await library.db.write(votes.vote, subscription.profile_id, FIRST + 3, VoteKind.LIKE, clock.now)
    await library.db.write(
        lambda tx: tx.execute("DELETE FROM vectors WHERE seq = :seq", seq=FIRST + 3)
    )
    assert await digests.queue_due(library, clock.advance(hours=3)) == 1


async def test_digests_that_a_wrong_clock_put_years_away_come_back(library, clock, subscribed):
    subscription = await subscribed()
    far = clock.now + timedelta(days=2000)
    await library.db.write(subscriptions.reschedule, subscription.id, far)
    assert await desk.correct_clock_jumps(library.db, clock.now) == 1
    (now,) = await library.db.read(subscriptions.of, subscription.profile_id)
    assert now.due_at == subscription.due_at
    assert await desk.correct_clock_jumps(library.db, clock.now) == 0


async def test_papers_of_another_model_are_waited_for(library, clock, subscribed):
    """A paper that this model has not embedded is neither ranked blindly nor passed over."""
    subscription = await subscribed()
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    model = await library.model(clock.now)
    row = await library.db.read(vectors.by_seq, model, [FIRST + 2])
    await library.db.write(
        lambda tx: tx.execute(
            "DELETE FROM vectors WHERE seq = :seq AND model_id = :m", seq=FIRST + 2, m=model
        )
    )
    await digests.queue_due(library, clock.advance(hours=3))
    (now,) = await library.db.read(subscriptions.of, subscription.profile_id)
    assert now.cursor == FIRST + 1
    await library.db.write(vectors.put_vectors, model, [FIRST + 2], row)
    await digests.queue_due(library, clock.advance(days=1))
    (now,) = await library.db.read(subscriptions.of, subscription.profile_id)
    assert now.cursor == FIRST + 3


async def test_many_are_served_together_and_each_gets_its_own(library, clock, subscribed):
    for n in range(30):
        await subscribed(f"person {n}", interest=("graph networks", "speech recognition")[n % 2])
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    assert await digests.queue_due(library, clock.advance(hours=3)) == 30
    for delivery in await library.db.read(deliveries.newest):
        best = messages.from_json(delivery.body).cards[0].title
        odd = int(delivery.destination.address.split()[-1]) % 2
        assert best.startswith("Speech" if odd else "Graph")


async def test_muted_papers_are_neither_sent_nor_counted_as_left_out(library, clock, subscribed):
    subscription = await subscribed()
    owner = subscription.profile_id
    await library.db.write(mutes.add, owner, MuteKind.WORD, "molecule", clock.now)
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (message,) = await queued(library.db)
    assert FIRST not in {card.seq for card in message.cards}
    assert PAPERS[1] in {card.title for card in message.cards}
    assert message.footer == "Read 4 new papers for you."


async def test_an_empty_digest_does_not_boast_of_muted_papers(library, clock, subscribed):
    subscription = await subscribed()
    await library.db.write(mutes.add, subscription.profile_id, MuteKind.WORD, "graph", clock.now)
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    (composed,) = await digests.compose(library, [subscription], clock.now)
    assert composed.cards == ()
    assert composed.nearest < 0.5


async def test_many_due_together_are_written_a_few_at_a_time_and_each_once(
    library, clock, subscribed, monkeypatch
):
    monkeypatch.setattr(digests, "AT_ONCE", 3)
    monkeypatch.setattr(digests, "WRITTEN_TOGETHER", 2)
    written, write = [], library.db.write

    async def watched(fn, *arguments, **named):
        if fn is digests._queue:
            written.append(len(arguments[0]))
        return await write(fn, *arguments, **named)

    monkeypatch.setattr(library.db, "write", watched)
    for name in ("ada", "ben", "cem", "dot", "eve"):
        await subscribed(name)
    await ingest(library.db, library.encoder, dump(*PAPERS), clock.now)
    assert await digests.queue_due(library, clock.advance(hours=3)) == 5
    assert written == [2, 1, 2]
    assert sorted(one.heading.rpartition(" ")[2] for one in await queued(library.db)) == [
        "ada", "ben", "cem", "dot", "eve",
    ]  # fmt: skip
    assert await digests.queue_due(library, clock.now) == 0
