"""Votes: a person's own, and a channel's as the sum of its members'."""

import pytest
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.ingest import ingest
from storage import profiles, votes
from storage.records import OwnerKind, VoteKind

LIKE, DISLIKE, SAVE = VoteKind.LIKE, VoteKind.DISLIKE, VoteKind.SAVE


@pytest.fixture
async def stored(db, encoder, clock):
    await ingest(db, encoder, dump("A Paper to Vote About", "Another One"), clock.now)


async def profile(db, clock, owner="C1", workspace="T1", platform="slack"):
    return await db.write(
        profiles.add,
        kind=OwnerKind.CHANNEL,
        platform=platform,
        workspace=workspace,
        owner=owner,
        name=f"#{owner}",
        zone="UTC",
        now=clock.now,
    )


async def member(db, clock, channel, who, kind, seq=1):
    return await db.write(votes.toggle_member, channel.id, seq, who, kind, clock.now)


async def test_a_toggle_votes_and_takes_the_same_vote_back(db, clock, stored):
    ada = await profile(db, clock)
    assert await db.write(votes.toggle, ada.id, 1, LIKE, clock.now) is True
    assert await db.write(votes.toggle, ada.id, 1, SAVE, clock.now) is True
    assert await db.write(votes.toggle, ada.id, 1, DISLIKE, clock.now) is True
    assert await db.read(votes.on, ada.id, 1) == {DISLIKE, SAVE}
    assert await db.write(votes.toggle, ada.id, 1, DISLIKE, clock.now) is False
    assert await db.read(votes.on, ada.id, 1) == {SAVE}


async def test_a_member_has_one_voice_for_each_paper(db, clock, stored):
    channel = await profile(db, clock)
    assert await member(db, clock, channel, "T1/U1", LIKE) is True
    assert await member(db, clock, channel, "T1/U1", DISLIKE) is True
    assert await db.read(votes.tally, channel.id, 1) == {LIKE: 0, DISLIKE: 1}
    assert await member(db, clock, channel, "T1/U1", DISLIKE) is False
    assert await db.read(votes.tally, channel.id, 1) == {LIKE: 0, DISLIKE: 0}
    assert await db.read(votes.of, channel.id) == []


async def test_the_channel_says_what_most_say_and_nothing_in_a_tie(db, clock, stored):
    channel = await profile(db, clock)
    said = []
    for who, kind in (("U1", LIKE), ("U2", DISLIKE), ("U3", DISLIKE), ("U4", LIKE), ("U5", LIKE)):
        await member(db, clock, channel, who, kind)
        said.append(await db.read(votes.on, channel.id, 1))
    assert said == [{LIKE}, set(), {DISLIKE}, set(), {LIKE}]


async def test_what_a_member_said_is_forgotten_and_the_channel_follows_the_rest(db, clock, stored):
    here, there = await profile(db, clock), await profile(db, clock, workspace="T2")
    elsewhere = await profile(db, clock, platform="discord")
    for channel in (here, there, elsewhere):
        await member(db, clock, channel, "U1", LIKE)
    await member(db, clock, here, "U2", DISLIKE, seq=2)
    await member(db, clock, here, "U1", LIKE, seq=2)
    assert await db.write(votes.forget_member, "slack", "T1", "U1", clock.now) == 2
    assert await db.read(votes.on, here.id, 1) == set()
    assert await db.read(votes.on, here.id, 2) == {DISLIKE}
    assert await db.read(votes.on, there.id, 1) == {LIKE}
    assert await db.read(votes.on, elsewhere.id, 1) == {LIKE}


PRESSES = st.lists(
    st.tuples(st.sampled_from(["U1", "U2", "U3"]), st.sampled_from([LIKE, DISLIKE])), max_size=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(PRESSES)
async def test_whatever_is_pressed_the_channel_holds_what_the_members_hold(
    db, clock, stored, presses
):
    channel = await profile(db, clock)
    held: dict[str, VoteKind] = {}
    for who, kind in presses:
        stands = await member(db, clock, channel, who, kind)
        assert stands is (held.get(who) is not kind)
        held = {**held, who: kind} if stands else {k: v for k, v in held.items() if k != who}
    likes, dislikes = ([*held.values()].count(kind) for kind in (LIKE, DISLIKE))
    assert await db.read(votes.tally, channel.id, 1) == {LIKE: likes, DISLIKE: dislikes}
    most = set() if likes == dislikes else {LIKE if likes > dislikes else DISLIKE}
    assert await db.read(votes.on, channel.id, 1) == most
    for who in ("U1", "U2", "U3"):
        await db.write(votes.forget_member, "slack", "T1", who, clock.now)
    assert await db.read(votes.of, channel.id) == []
