"""A digest is made again from its record: whatever came later, the same list comes out."""

import json
from datetime import timedelta

import pytest
from fakes import small_field
from fakes.pages import dump
from fakes.words_encoder import WordsEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import alerts, desk, digests, rebuild, timetable
from matching import library as libraries
from matching.alerts import parse
from matching.ingest import ingest, reembed
from matching.library import Library
from storage import exports, mutes, profiles, receipts, subscriptions, votes
from storage.mutes import MuteKind
from storage.records import OwnerKind, VoteKind

TITLES = [paper.title for paper in small_field.papers(80)]
OLD, NEW = TITLES[:40], TITLES[40:]
WORDS = sorted({word for topic in small_field.TOPICS.values() for word in topic.split()})


@pytest.fixture
async def library(db, encoder, clock) -> Library:
    """Forty papers of last month, forty of today."""
    await ingest(db, encoder, dump(*OLD, name="old"), clock.now - timedelta(days=30))
    await ingest(db, encoder, dump(*NEW, name="new"), clock.now)
    return Library(db, encoder)


class Reader:
    """A person with a digest, written to by hand."""

    def __init__(self, library, clock) -> None:
        self.library, self.clock, self.count = library, clock, 0

    async def made(self, interests=("nectar pollen hive",), *, size=5, owner=None):
        self.count += 1
        db, now = self.library.db, self.clock.now
        profile = await db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="slack", workspace="T1",
            owner=owner or f"U{self.count}", name="ada", zone="UTC", now=now,
        )  # fmt: skip
        for text in interests:
            await db.write(profiles.add_interest, profile.id, text, now)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        subscription = await desk.subscribe(db, profile, schedule, size, now)
        await self.rewind(subscription)
        return profile

    async def rewind(self, subscription, to=0):
        await self.library.db.write(
            lambda tx: tx.execute(
                "UPDATE subscriptions SET cursor = :to WHERE id = :id", id=subscription.id, to=to
            )
        )

    async def digest(self, profile) -> receipts.Recorded:
        db = self.library.db
        (subscription,) = await db.read(subscriptions.of, profile.id)
        _, moved = await digests.send_now(self.library, subscription, self.clock.now)
        assert moved
        newest = await db.read(lambda tx: tx.value("SELECT MAX(id) FROM digests"))
        return await db.read(receipts.recorded, newest)


@pytest.fixture
def reader(library, clock) -> Reader:
    return Reader(library, clock)


def lines(found):
    return [(line.seq, pytest.approx(line.score, abs=1e-6)) for line in found]


async def test_a_digest_comes_out_the_same_whatever_came_later(library, reader, clock):
    """Later votes, interests, mutes, papers, a removed interest, and a restart."""
    ada = await reader.made()
    was = await reader.digest(ada)
    assert was.lines
    db = library.db
    (interest,) = await db.read(profiles.interests, ada.id)
    await db.write(profiles.remove_interest, ada.id, interest.id)
    await db.write(profiles.add_interest, ada.id, "glacier ice moraine", clock.now)
    await db.write(votes.vote, ada.id, was.lines[0].seq, VoteKind.DISLIKE, clock.now)
    await db.write(mutes.add, ada.id, MuteKind.PAPER, str(was.lines[0].seq), clock.now)
    more = dump("Nectar and Pollen of the Hive", "Queen of the Hive", name="more")
    await ingest(db, library.encoder, more, clock.advance(days=20))
    again = await rebuild.rebuild(Library(db, WordsEncoder()), was.id, clock.now)
    assert again.differences == ()
    assert again.changes == ()
    assert [(one.seq, pytest.approx(one.score, abs=1e-6)) for one in again.now] == lines(was.lines)


@pytest.mark.parametrize("interests", [(), ("zeppelin upholstery",)])
async def test_an_empty_digest_is_empty_again(library, reader, clock, interests):
    was = await reader.digest(await reader.made(interests))
    assert was.lines == ()
    again = await rebuild.rebuild(library, was.id, clock.now)
    assert again.is_identical
    assert again.now == ()


KINDS = st.sampled_from(list(VoteKind))
SEQS = st.integers(1, len(TITLES))
PHRASE = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
VOTES = st.lists(st.tuples(SEQS, KINDS), max_size=8)
MUTES = st.lists(
    st.tuples(st.just(MuteKind.WORD), st.sampled_from(WORDS))
    | st.tuples(st.just(MuteKind.PAPER), SEQS.map(str)),
    max_size=3,
)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    interests=st.lists(PHRASE, max_size=4, unique=True),
    cast=VOTES,
    muted=MUTES,
    asked=st.none() | st.sampled_from(WORDS),
    size=st.integers(1, 12),
    cursor=st.integers(0, 79),
    later=st.tuples(PHRASE, VOTES, MUTES),
    unfollowed=st.booleans(),
)
async def test_the_digest_of_any_profile_is_made_again_as_it_was_recorded(
    library, reader, clock, interests, cast, muted, asked, size, cursor, later, unfollowed
):
    db = library.db
    clock.advance(seconds=1)
    profile = await reader.made(interests, size=size)

    def say(tx, said, silenced):
        for place, (seq, kind) in enumerate(said):
            votes.vote(tx, profile.id, seq, kind, clock.now + timedelta(seconds=place))
        for kind, value in silenced:
            mutes.add(tx, profile.id, kind, value, clock.now)

    await db.write(say, cast, muted)
    if asked:
        await desk.add_alert(db, profile, parse(asked), clock.now)
        await db.write(
            lambda tx: (
                tx.execute("UPDATE alerts SET after_seq = 0"),
                tx.execute("UPDATE cursors SET seq = 0 WHERE name = 'alerts'"),
            )
        )
        await alerts.queue_new(db, clock.now)
    (subscription,) = await db.read(subscriptions.of, profile.id)
    await reader.rewind(subscription, cursor)
    was = await reader.digest(profile)
    phrase, later_votes, later_mutes = later
    if unfollowed:
        for one in await db.read(profiles.interests, profile.id):
            await db.write(profiles.remove_interest, profile.id, one.id)
    await db.write(profiles.add_interest, profile.id, phrase, clock.now)
    await db.write(say, later_votes, later_mutes)
    again = await rebuild.rebuild(Library(db, WordsEncoder()), was.id, clock.now)
    assert again.differences == ()
    assert again.changes == ()
    assert [line.seq for line in again.now] == [line.seq for line in was.lines]


async def test_what_an_alert_told_stays_out_of_the_rebuilt_digest(library, reader, clock):
    ada = await reader.made(size=40)
    db = library.db
    await desk.add_alert(db, ada, parse("nectar"), clock.now)
    more = dump("Nectar for the Hive", "Pollen for the Hive", name="more")
    await ingest(db, library.encoder, more, clock.now)
    await alerts.queue_new(db, clock.now)
    was = await reader.digest(ada)
    told = json.loads(was.made_from)["profile"]["told"]
    assert told
    assert not set(told) & {line.seq for line in was.lines}
    assert (await rebuild.rebuild(library, was.id, clock.now)).is_identical


async def test_only_the_papers_that_were_the_newest_make_the_background(
    db, encoder, clock, monkeypatch
):
    """The window moves on with every paper; a rebuild looks through the old one."""
    monkeypatch.setattr(libraries, "BACKGROUND_PAPERS", 30)
    await ingest(db, encoder, dump(*OLD, name="old"), clock.now)
    library = Library(db, encoder)
    reader = Reader(library, clock)
    was = await reader.digest(await reader.made())
    assert was.lines
    await ingest(db, encoder, dump(*NEW, name="new"), clock.now)
    assert (await library.fitted(clock.now)).after == 50
    again = await rebuild.rebuild(library, was.id, clock.now)
    assert (again.differences, again.changes) == ((), ())


# --- what differs, and why -----------------------------------------------------------------


async def test_another_model_is_named_as_the_cause(library, reader, clock):
    was = await reader.digest(await reader.made())
    other = WordsEncoder("others")
    await reembed(library.db, other, clock.now)
    again = await rebuild.rebuild(Library(library.db, other), was.id, clock.now)
    assert again.differences
    assert again.changes == ("another model: words-64 then, others-64 now",)


async def test_another_code_version_is_named_as_the_cause(library, reader, clock, monkeypatch):
    was = await reader.digest(await reader.made())
    seqs = [line.seq for line in was.lines]
    monkeypatch.setattr(rebuild, "code", lambda: "9.9.9+other")
    monkeypatch.setattr(rebuild, "ranked", lambda *_args, **_more: ([], None))
    again = await rebuild.rebuild(library, was.id, clock.now)
    assert again.differences == tuple(f"#{seq} was in it and is not" for seq in seqs)
    (cause,) = again.changes
    assert cause.startswith("another code version: ")
    assert cause.endswith(" then, 9.9.9+other now")


async def test_a_fuller_abstract_is_named_as_the_cause(library, reader, clock):
    was = await reader.digest(await reader.made())
    db, seq = library.db, was.lines[0].seq

    def fill(tx):
        tx.execute("UPDATE papers SET abstract = 'Of snow.' WHERE seq = :seq", seq=seq)
        tx.execute("DELETE FROM vectors WHERE seq = :seq", seq=seq)

    await db.write(fill)
    await reembed(db, library.encoder, clock.now)
    again = await rebuild.rebuild(Library(db, library.encoder), was.id, clock.now)
    assert any(one.startswith(f"#{seq} ") for one in again.differences)
    assert again.changes == (
        "papers that it considered have changed since, as by a fuller abstract",
        "papers that scores are compared with have changed since",
    )


async def test_a_changed_score_and_a_changed_order_are_told(library, reader, clock):
    was = await reader.digest(await reader.made())
    first, second = was.lines[:2]

    def tamper(tx):
        for line, score, rank in ((first, 0.123, 2), (second, second.score, 1)):
            tx.execute(
                "UPDATE digest_papers SET score = :score, rank = :rank WHERE seq = :seq",
                seq=line.seq,
                score=score,
                rank=rank,
            )

    await library.db.write(tamper)
    told = (await rebuild.rebuild(library, was.id, clock.now)).differences
    assert f"#{first.seq} was number 2 and is number 1" in told
    assert f"#{first.seq} scored 0.123000 and scores {first.score:.6f}" in told
    assert f"#{second.seq} was number 1 and is number 2" in told
    assert len(told) == 3


async def test_what_can_not_be_made_again_says_why(library, reader, clock):
    with pytest.raises(rebuild.NotRebuildable, match="there is no digest 77"):
        await rebuild.rebuild(library, 77, clock.now)
    was = await reader.digest(await reader.made())
    await library.db.write(lambda tx: tx.execute("UPDATE digests SET made_from = NULL"))
    with pytest.raises(rebuild.NotRebuildable, match="before it was recorded"):
        await rebuild.rebuild(library, was.id, clock.now)


# --- what is on record ---------------------------------------------------------------------


async def test_the_record_names_the_dumps_and_the_code(library, reader):
    made = json.loads((await reader.digest(await reader.made())).made_from)
    new = dump(*NEW, name="new")
    assert made["papers"]["dumps"] == [new.sha256], "the older ones are no news"
    assert made["profile"]["size"] == 5
    assert made["code"] == rebuild.code()


async def test_a_profile_that_wants_the_same_is_of_the_same_version(library, reader, clock):
    db = library.db
    ada = await reader.made()
    (subscription,) = await db.read(subscriptions.of, ada.id)

    async def version() -> str:
        await reader.rewind(subscription)
        await db.write(subscriptions.reschedule, subscription.id, clock.advance(hours=1))
        return (await reader.digest(ada)).profile_version

    first = await version()
    assert await version() == first
    await db.write(votes.vote, ada.id, 1, VoteKind.SAVE, clock.now)
    saved = await version()
    assert saved != first
    await db.write(votes.unvote, ada.id, 1, VoteKind.SAVE)
    assert await version() == first


async def test_the_record_goes_with_its_profile_and_is_in_the_export(library, reader):
    db = library.db
    ada = await reader.made(("nectar zebra pollen",), owner="UADA")
    await reader.digest(ada)
    told = await db.read(exports.of, "slack", "T1", "UADA")
    assert "zebra" in str(told["digests"][0]["made_from"])
    await db.write(profiles.remove, ada.id)
    assert await db.read(lambda tx: tx.rows("SELECT 1 FROM digests")) == []


async def test_a_digest_recorded_by_an_older_schema_stays_readable(library, reader, clock):
    """The new columns are empty for it."""
    was = await reader.digest(await reader.made())
    await library.db.write(
        lambda tx: tx.execute("UPDATE digests SET left_out = NULL, profile_version = NULL")
    )
    found = await library.db.read(receipts.of_digests, was.profile_id, clock.now)
    assert found[0].left_out is None
