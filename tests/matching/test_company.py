"""Many profiles ranked together come out as each does alone."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import small_field

from matching.background import fit
from matching.facets import facets
from matching.ranking import Pool, matches, rank, score, score_all
from matching.taste import Taste
from storage.mutes import Mute, MuteKind

STORED = small_field.papers(320)
NEW = small_field.papers(64, first=901)


@pytest.fixture
async def ground():
    return fit(STORED, await small_field.vectors(STORED))


@pytest.fixture
async def pool():
    return Pool(NEW, await small_field.vectors(NEW))


def of(topic):
    return [paper for paper in STORED if paper.title.startswith(topic)]


def muting(taste, *values):
    mutes = [
        Mute(id=i, profile_id=1, kind=MuteKind.WORD, value=value, created_at=small_field.NOW)
        for i, value in enumerate(values)
    ]
    return replace(taste, mutes=tuple(mutes))


@pytest.fixture
async def tastes():
    """One of each kind, and some that share interests and likes."""
    made = small_field.taste
    bees, looms = of("bees"), of("looms")
    return [
        await made(["honey bees"]),
        await made(["honey bees", "tides of the moon", "violins"]),
        await made(["looms +silk", 'glaciers +"snow ice"'], liked=looms[:2]),
        await made(),
        await made(disliked=bees[:2]),
        await made(liked=bees[:1]),
        await made(liked=bees[:3], saved=looms[:1], disliked=of("tides")[:2]),
        await made(["honey bees"], liked=[*bees[:4], *looms[:4]], disliked=bees[4:6]),
        await made(["fonts"], liked=STORED, disliked=NEW[:4]),
        await made(liked=STORED[:200]),
        muting(await made(["honey bees", "comets"], liked=of("comets")[:2]), "queen", "dust"),
        replace(await made(["mosses"]), told=frozenset(paper.seq for paper in NEW[:16])),
        await made(["zeppelins over balconies"]),
        await made(["honey bees"]),
    ]


def fresh(taste: Taste) -> Taste:
    return replace(taste)


def told(found):
    """All that is told of matches, but for the last digits."""
    return [
        (
            match.paper.seq,
            match.because.interest,
            [share.paper.seq for share in match.because.likes],
            match.because.words,
        )
        for match in found
    ]


def figures(found):
    return [
        (
            match.score,
            match.because.meaning_share,
            match.because.votes_share,
            *(share.share for share in match.because.likes),
        )
        for match in found
    ]


async def test_scores_are_those_of_each_alone(tastes, pool, ground):
    together = score_all(tastes, pool, ground)

    for taste, found in zip(tastes, together, strict=True):
        alone = score(fresh(taste), pool, ground)
        assert found.total == pytest.approx(alone.total, abs=1e-5)
        assert found.strength == pytest.approx(alone.strength, abs=1e-4)
        assert np.array_equal(found.carrier, alone.carrier)
        assert np.array_equal(found.held_down, alone.held_down)
        assert [(one.interest, one.likes) for one in found.facets] == [
            (one.interest, one.likes) for one in alone.facets
        ]


async def test_what_is_joined_into_products_is_the_sum_of_its_parts(tastes, pool, ground):
    """Every facet and paper, but where a dislike takes something away."""
    made = score_all(tastes, pool, ground)[0].board
    rows, papers = (one.ravel() for one in np.indices(made.strength.shape))
    parts = made.parts(rows, papers).sum(axis=(1, 2)).reshape(made.strength.shape)
    is_held = np.zeros(made.strength.shape, dtype=bool)
    for taste, paper in zip(*made.held_down, strict=True):
        is_held[made.of[taste], paper] = True
    assert 0 < is_held.sum() < is_held.size / 2
    assert made.lifts
    assert np.abs(made.strength - parts)[~is_held].max() < 1e-4
    assert (made.strength <= parts + 1e-4).all()


@pytest.mark.parametrize("floor", [None, 0.1])
async def test_digests_are_those_of_each_alone(tastes, pool, ground, floor):
    score_all(tastes, pool, ground)

    brought = 0
    for taste in tastes:
        found = rank(taste, pool, ground, size=8, floor=floor)
        alone = rank(fresh(taste), pool, ground, size=8, floor=floor)
        assert told(found) == told(alone)
        for one, other in zip(figures(found), figures(alone), strict=True):
            assert one == pytest.approx(other, abs=1e-3)
        brought += len(found)
    assert brought > 20


async def test_the_order_of_the_company_changes_nothing(tastes, pool, ground):
    forwards = score_all(tastes, pool, ground)
    backwards = score_all([fresh(taste) for taste in reversed(tastes)], pool, ground)

    for one, other in zip(forwards, reversed(backwards), strict=True):
        assert one.total == pytest.approx(other.total, abs=1e-5)


async def test_reasons_are_those_of_each_alone(tastes, pool, ground):
    scores = [one for one in score_all(tastes, pool, ground) if one.facets]
    picked = [(one, row) for one in scores for row in (0, 5, 9)]

    together = matches(picked)

    alone = [found for one in picked for found in matches([one])]
    assert told(together) == told(alone)
    for one, other in zip(figures(together), figures(alone), strict=True):
        assert one == pytest.approx(other, abs=1e-4)


async def test_papers_voted_on_without_end_take_room_that_has_one(ground, pool, monkeypatch):
    monkeypatch.setattr("matching.likeness.KEPT", 16)
    wanted = [await small_field.taste(liked=STORED[at : at + 10]) for at in range(0, 60, 10)]

    found = [score(taste, pool, ground).total for taste in wanted]

    assert ground.memory["voted"].room == 16
    again = score_all([fresh(taste) for taste in wanted], pool, ground)
    for one, other in zip(found, again, strict=True):
        assert one == pytest.approx(other.total, abs=1e-5)


async def test_likes_join_the_same_interests_whether_few_or_many(tastes, ground, monkeypatch):
    few = [facets(taste, ground) for taste in tastes]
    monkeypatch.setattr("matching.facets.EXPANSION_MOST", 0)
    many = [facets(fresh(taste), ground) for taste in tastes]
    for one, other in zip(few, many, strict=True):
        assert [(it.interest, it.likes) for it in one] == [(it.interest, it.likes) for it in other]
        assert [it.unit for it in one] == pytest.approx([it.unit for it in other], abs=1e-4)
