"""One paper from outside the usual: near, not disliked, not muted, and never in a match's place."""

from dataclasses import replace

import pytest
from fakes import small_field

from matching.background import fit
from matching.ranking import FLOOR, Pool, needed, score, shown
from matching.surprise import NEAR, candidate, ranked
from storage.mutes import Mute, MuteKind

INTEREST = "nectar"


@pytest.fixture
async def field():
    """(pool of new papers, background of old ones)"""
    old = small_field.papers(160)
    new = small_field.papers(80, first=500)
    background = fit(old, await small_field.vectors(old))
    return Pool(new, await small_field.vectors(new)), background


@pytest.fixture
async def ada():
    return await small_field.taste([INTEREST])


def near(taste, pool, background) -> list[int]:
    """Rows just below the floor."""
    least = float(shown(needed(FLOOR) - NEAR))
    total = score(taste, pool, background).total
    return [i for i in range(len(pool)) if least <= total[i] < FLOOR]


async def test_it_comes_from_just_below_the_floor(field, ada):
    pool, background = field
    found = candidate(ada, pool, background, floor=None, lot="1/2026-03-01")
    rows = near(ada, pool, background)
    assert len(rows) > 1
    assert found in {pool.papers[i].seq for i in rows}


async def test_the_same_day_gives_the_same_and_other_days_others(field, ada):
    pool, background = field
    lots = [f"1/2026-03-{day:02}" for day in range(1, 29)]
    found = [candidate(ada, pool, background, floor=None, lot=lot) for lot in lots]
    again = [candidate(ada, pool, background, floor=None, lot=lot) for lot in lots]
    assert found == again
    assert len(set(found)) > 1


async def test_the_most_talked_about_goes_first(field, ada):
    pool, background = field
    talked = near(ada, pool, background)[-1]
    papers = [
        replace(paper, comments=30 if i == talked else 1) for i, paper in enumerate(pool.papers)
    ]
    again = Pool(papers, pool.vectors)
    for day in range(5):
        found = candidate(ada, again, background, floor=None, lot=f"1/{day}")
        assert found == pool.papers[talked].seq


async def test_a_muted_one_and_one_near_to_a_dislike_are_left_alone(field, ada):
    pool, background = field
    seqs = [pool.papers[i].seq for i in near(ada, pool, background)]
    mutes = tuple(
        Mute(
            id=seq,
            profile_id=1,
            kind=MuteKind.PAPER,
            value=str(seq),
            created_at=small_field.NOW,
        )
        for seq in seqs
    )
    assert candidate(replace(ada, mutes=mutes), pool, background, floor=None, lot="1") is None
    first = candidate(ada, pool, background, floor=None, lot="1")
    row = next(i for i, one in enumerate(pool.papers) if one.seq == first)
    twin = replace(pool.papers[row], seq=9_999)
    averse = await small_field.taste([INTEREST], disliked=[twin])
    assert candidate(averse, pool, background, floor=None, lot="1") != first


async def test_among_few_papers_nothing_is_tried_out(field, ada):
    pool, background = field
    few = Pool(pool.papers[:9], pool.vectors[:9])
    assert candidate(ada, few, background, floor=None, lot="1") is None


async def test_it_takes_the_last_place_of_a_full_digest_but_of_no_small_one(field, ada):
    pool, background = field
    tried = candidate(ada, pool, background, floor=None, lot="1")
    fitting = int((score(ada, pool, background).total >= FLOOR).sum())
    assert fitting > 3
    for size in (1, 2, 3, fitting, fitting + 2):
        plain, _ = ranked(ada, pool, background, size=size, floor=None, surprise=None)
        fits, other = ranked(ada, pool, background, size=size, floor=None, surprise=tried)
        assert len(plain) == min(size, fitting)
        assert (other is not None) == (size >= 3)
        assert len(fits) + (other is not None) == min(size, fitting + 1)
        assert {one.paper.seq for one in fits} <= {one.paper.seq for one in plain}
        assert all(one.score >= FLOOR for one in fits)
        if other is not None:
            assert other.paper.seq == tried
            assert other.score < FLOOR


async def test_where_hardly_anything_fits_nothing_is_tried_out(field, ada):
    pool, background = field
    tried = candidate(ada, pool, background, floor=None, lot="1")
    best = sorted(score(ada, pool, background).total)[-1]
    fits, other = ranked(ada, pool, background, size=5, floor=float(best), surprise=tried)
    assert len(fits) == 1
    assert other is None
