"""Mutes: kept once, told apart by profile, gone with it."""

import pytest

from storage import mutes, profiles
from storage.mutes import MuteKind
from storage.records import OwnerKind


@pytest.fixture
async def two(db, clock):
    """The ids of two profiles."""
    made = [
        await db.write(
            profiles.add,
            kind=OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner=name,
            name=name,
            zone="UTC",
            now=clock.now,
        )
        for name in ("ada", "ben")
    ]
    return [one.id for one in made]


async def test_a_mute_is_kept_as_typed_with_single_spaces(db, clock, two):
    one = await db.write(mutes.add, two[0], MuteKind.WORD, "  Graph \n Networks ", clock.now)
    assert (one.profile_id, one.kind, one.value) == (two[0], MuteKind.WORD, "Graph Networks")
    assert one.created_at == clock.now
    assert await db.read(mutes.of, two[0]) == [one]


async def test_muting_again_gives_the_mute_that_is_there(db, clock, two):
    one = await db.write(mutes.add, two[0], MuteKind.ORGANISATION, "NAVER AI Lab", clock.now)
    clock.advance(days=1)
    for spelling in ("NAVER AI Lab", "naver ai lab", " Naver  AI lab"):
        again = await db.write(mutes.add, two[0], MuteKind.ORGANISATION, spelling, clock.now)
        assert again == one
    assert await db.read(mutes.of, two[0]) == [one]


async def test_a_word_an_organisation_and_a_paper_of_one_value_are_three_mutes(db, clock, two):
    for kind in MuteKind:
        await db.write(mutes.add, two[0], kind, "7", clock.now)
    assert [one.kind for one in await db.read(mutes.of, two[0])] == list(MuteKind)


async def test_mutes_of_many_profiles_are_told_apart_and_oldest_first(db, clock, two):
    ada, ben = two
    for owner, word in ((ada, "survey"), (ben, "survey"), (ada, "benchmark")):
        await db.write(mutes.add, owner, MuteKind.WORD, word, clock.now)
    found = await db.read(mutes.of_many, [ben, ada, 99])
    assert {owner: [one.value for one in ones] for owner, ones in found.items()} == {
        ada: ["survey", "benchmark"],
        ben: ["survey"],
        99: [],
    }
    assert await db.read(mutes.of_many, []) == {}


async def test_a_mute_is_removed_by_its_owner_only(db, clock, two):
    ada, ben = two
    one = await db.write(mutes.add, ada, MuteKind.WORD, "survey", clock.now)
    assert await db.write(mutes.remove, ben, one.id) is False
    assert await db.write(mutes.remove, ada, one.id) is True
    assert await db.write(mutes.remove, ada, one.id) is False
    assert await db.read(mutes.of, ada) == []


async def test_mutes_go_with_their_profile(db, clock, two):
    await db.write(mutes.add, two[0], MuteKind.WORD, "survey", clock.now)
    await db.write(profiles.remove, two[0])
    assert await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM mutes")) == 0


@pytest.mark.parametrize(
    ("kind", "value"),
    [(MuteKind.WORD, ""), (MuteKind.ORGANISATION, " \n"), (MuteKind.PAPER, "attention")],
)
async def test_what_could_never_match_is_refused(db, clock, two, kind, value):
    with pytest.raises(ValueError, match="mute"):
        await db.write(mutes.add, two[0], kind, value, clock.now)
