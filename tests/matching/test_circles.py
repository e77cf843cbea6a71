"""Tables of ranking are megabytes each: they go with whoever asked for them last.

In a circle they would stay until the garbage collector comes by, which beside a model of a million
objects it seldom does: a service of a day grew to twice its size.
"""

import gc
import weakref

import pytest
from fakes import small_field

from matching.background import fit
from matching.ranking import Pool, matches, rank, score_all

STORED = small_field.papers(320)
NEW = small_field.papers(64, first=901)


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def tastes():
    made = small_field.taste
    bees = [paper for paper in STORED if paper.title.startswith("bees")]
    return [
        await made(["honey bees"]),
        await made(["honey bees", "tides of the moon"], liked=bees[:4], disliked=bees[4:6]),
        await made(liked=STORED[:50]),
    ]


async def worked_out() -> dict[str, weakref.ref]:
    """All that ranking makes on its way, of which nothing is held at the end."""
    background = fit(STORED, await small_field.vectors(STORED))
    pool = Pool(NEW, await small_field.vectors(NEW))
    asked = await tastes()
    scores = score_all(asked, pool, background)
    assert matches([(one, 0) for one in scores])
    assert any(rank(one, pool, background, size=5) for one in asked)
    view, sample = pool.view(background), background.sample
    return {
        name: weakref.ref(one)
        for name, one in {
            "background": background,
            "pool": pool,
            "its view": view,
            "the library's view": background.stored,
            "the sample": sample,
            "kin": view.memory["kin"][1],
            "kin of the sample": sample.memory["kin"][1],
            "lent": view.memory["lent"][1],
            "papers voted on": background.memory["voted"],
            "board": scores[1].board,
            "company": scores[1].board.company,
            "likes": scores[1].board.company.likes,
            "taste": asked[1],
        }.items()
    }


async def test_what_ranking_worked_out_needs_no_collector(no_collector):
    left = await worked_out()
    assert [name for name, one in left.items() if one() is not None] == []


async def test_what_was_kept_for_a_pool_holds_no_background_that_is_gone(no_collector):
    pool = Pool(NEW, await small_field.vectors(NEW))
    first = fit(STORED, await small_field.vectors(STORED))
    score_all(await tastes(), pool, first)
    gone = weakref.ref(first)
    del first
    assert gone() is None
    second = fit(STORED[:200], await small_field.vectors(STORED[:200]))
    again = score_all(await tastes(), pool, second)
    apart = score_all(await tastes(), Pool(NEW, await small_field.vectors(NEW)), second)
    assert [one.total.tolist() for one in again] == [one.total.tolist() for one in apart]
