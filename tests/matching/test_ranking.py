from dataclasses import replace

import numpy as np
import pytest
from fakes.small_field import COMMON, DIM, TOPICS, aged, papers, taste, vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.background import fit
from matching.ranking import FLOOR, Pool, diverse, needed, rank, score, shown
from matching.taste import Taste

STORED = papers(200)
NEW = papers(40, first=201)


@pytest.fixture
async def ground():
    return fit(STORED, await vectors(STORED))


@pytest.fixture
async def pool():
    return Pool(NEW, await vectors(NEW))


def topics(matches):
    return {match.paper.title.split()[0] for match in matches}


async def test_an_interest_finds_its_topic_and_nothing_else(ground, pool):
    found = rank(await taste(["bees honey swarm hive"]), pool, ground, size=8)

    assert topics(found) == {"bees"}
    assert all(match.score >= FLOOR for match in found)


async def test_an_interest_that_nothing_fits_finds_nothing(ground, pool):
    wants = await taste(["zeppelins over balconies"])

    assert rank(wants, pool, ground, size=8) == []


async def test_a_profile_without_wishes_finds_nothing(ground, pool):
    empty = await taste()

    assert not empty
    assert rank(empty, pool, ground, size=8, floor=0.0) == []
    assert score(empty, pool, ground).total.tolist() == [0] * len(pool)


async def test_dislikes_alone_are_no_wish(ground, pool):
    wants = await taste(disliked=STORED[:3])

    assert not wants
    assert rank(wants, pool, ground, size=8, floor=0.0) == []


async def test_no_papers_give_no_matches(ground):
    nothing = Pool([], np.zeros((0, DIM), dtype=np.float32))

    assert rank(await taste(["bees"]), nothing, ground, size=8) == []


async def test_interests_stand_alone_and_the_better_one_counts(ground, pool):
    bees = score(await taste(["honey bees"]), pool, ground)
    looms = score(await taste(["yarn looms"]), pool, ground)
    both = score(await taste(["honey bees", "yarn looms"]), pool, ground)

    np.testing.assert_allclose(both.total, np.maximum(bees.total, looms.total), rtol=1e-4)


async def test_likes_alone_find_their_topic(ground, pool):
    glaciers = [paper for paper in STORED if paper.title.startswith("glaciers")]

    found = rank(await taste(liked=glaciers[:3], saved=glaciers[3:4]), pool, ground, size=8)

    assert topics(found) == {"glaciers"}
    assert all(match.because.interest is None for match in found)


async def test_what_was_liked_lately_counts_more_than_what_was_liked_years_ago(ground, pool):
    bees, looms = (
        [paper for paper in STORED if paper.title.startswith(topic)][:3]
        for topic in ("bees", "looms")
    )
    wants = await taste(liked=[*bees, *looms])
    new = {
        topic: [i for i, paper in enumerate(NEW) if paper.title.startswith(topic)]
        for topic in ("bees", "looms")
    }

    at_once = score(wants, pool, ground).strength
    drifted = score(aged(wants, [9, 9, 9, 0, 0, 0]), pool, ground).strength

    assert drifted[new["looms"]].mean() > at_once[new["looms"]].mean()
    assert drifted[new["bees"]].mean() < at_once[new["bees"]].mean()


async def test_likes_of_one_age_count_alike_however_old_they_are(ground, pool):
    wants = await taste(liked=STORED[:4])

    old = score(aged(wants, [9, 9, 9, 9]), pool, ground)

    np.testing.assert_array_equal(old.total, score(wants, pool, ground).total)


async def test_a_like_joins_the_interest_that_it_fits(ground, pool):
    bees = next(paper for paper in STORED if paper.title.startswith("bees"))
    looms = next(paper for paper in STORED if paper.title.startswith("looms"))

    parts = score(await taste(["honey bees"], liked=[bees, looms]), pool, ground).facets

    assert [(part.interest, part.likes) for part in parts] == [(0, (0,)), (None, (1,))]


async def test_a_disliked_paper_pulls_papers_like_it_down(ground, pool):
    unwanted = NEW[0]
    before = score(await taste(["honey bees"]), pool, ground)

    after = score(await taste(["honey bees"], disliked=[unwanted]), pool, ground)

    assert after.total[0] < before.total[0]
    assert (after.strength <= before.strength + 1e-5).all()


async def test_papers_voted_on_are_left_out(ground, pool):
    first = rank(await taste(["honey bees"]), pool, ground, size=1)[0].paper

    again = rank(await taste(["honey bees"], saved=[first]), pool, ground, size=8)

    assert again
    assert first.seq not in {match.paper.seq for match in again}


async def test_the_score_does_not_depend_on_the_other_papers_of_the_day(ground, pool):
    wants = await taste(["honey bees"], liked=STORED[:2], disliked=STORED[4:5])
    alone = Pool(NEW[:3], pool.vectors[:3])

    np.testing.assert_allclose(
        score(wants, alone, ground).total, score(wants, pool, ground).total[:3], rtol=1e-4
    )


async def test_a_small_store_that_is_itself_the_pool_still_tells_topics_apart():
    rows = await vectors(NEW)

    found = rank(
        await taste(["bees honey swarm hive"]), Pool(NEW, rows), fit(NEW, rows), size=20, floor=0.3
    )

    assert topics(found) == {"bees"}


async def test_an_empty_store_still_ranks_by_priors(pool):
    nothing = fit([], np.zeros((0, DIM), dtype=np.float32))

    best = rank(await taste(["honey bees swarm"]), pool, nothing, size=3, floor=0.0)

    assert topics(best) == {"bees"}


async def test_equal_papers_keep_the_order_of_arrival(ground):
    twins = [*papers(1, first=500), *papers(1, first=500)]
    rows = await vectors(twins)

    found = rank(await taste(["honey bees"]), Pool(twins, rows), ground, size=2, floor=0.0)

    assert [match.index for match in found] == [0, 1]


async def test_a_near_copy_gives_way_to_another_paper_of_almost_the_same_score():
    made = papers(3)
    rows = np.eye(3, DIM, dtype=np.float32)
    rows[1] = rows[0]
    total = np.array([0.9, 0.89, 0.85], dtype=np.float32)

    assert diverse([0, 1, 2], total, Pool(made, rows), 2) == [0, 2]
    assert diverse([0, 1, 2], total, Pool(made, rows), 3) == [0, 2, 1]


async def test_a_match_says_what_carried_it(ground, pool):
    bees = [paper for paper in STORED if paper.title.startswith("bees")][:3]

    found = rank(await taste(["honey bees"], liked=bees), pool, ground, size=3)[0].because

    assert found.interest is not None
    assert {share.paper for share in found.likes} <= set(bees)
    assert sum(share.share for share in found.likes) == pytest.approx(1, abs=1e-4)
    assert found.meaning_share + found.words_share == pytest.approx(1)
    assert 0 < found.votes_share <= 1
    assert set(found.words) & {"bees", "honey"}


async def test_vectors_must_come_with_their_papers():
    with pytest.raises(ValueError, match="1 papers came with 2 vectors"):
        Pool(NEW[:1], np.zeros((2, DIM), dtype=np.float32))
    with pytest.raises(ValueError, match="every interest needs its vector"):
        Taste(
            interest_vectors=np.zeros((1, DIM), dtype=np.float32),
            voted_vectors=np.zeros((0, DIM), dtype=np.float32),
        )


@given(st.floats(0, 0.999))
def test_a_score_tells_the_deviations_that_it_was_made_of(total):
    assert float(shown(np.array([needed(total)], dtype=np.float32))[0]) == pytest.approx(
        total, abs=1e-5
    )


@settings(max_examples=15, deadline=None)
@given(
    wishes=st.lists(
        st.lists(st.sampled_from([*TOPICS, *COMMON, "…", "zeppelin"]), min_size=1, max_size=5).map(
            " ".join
        ),
        max_size=3,
    ),
    liked=st.lists(st.integers(0, 60), max_size=4, unique=True),
    disliked=st.lists(st.integers(61, 120), max_size=3, unique=True),
    size=st.integers(0, 12),
    floor=st.sampled_from([None, 0.0, 0.2, 0.9]),
)
async def test_every_digest_is_ordered_small_and_above_the_floor(
    wishes, liked, disliked, size, floor
):
    background = fit(STORED, await vectors(STORED))
    wants = await taste(
        wishes, liked=[STORED[i] for i in liked], disliked=[STORED[i] for i in disliked]
    )

    found = rank(wants, Pool(NEW, await vectors(NEW)), background, size=size, floor=floor)

    totals = [match.score for match in found]
    assert totals == sorted(totals, reverse=True)
    assert len({match.index for match in found}) == len(found) <= size
    assert all((FLOOR if floor is None else floor) <= total < 1 for total in totals)
    assert all(NEW[match.index] is match.paper for match in found)


async def test_stored_papers_that_fit_a_like_lend_it_the_words_that_it_lacks():
    one = papers(1, topics=["bees"])[0]
    liked, lent, foreign = (
        replace(one, seq=900 + i, title=title, abstract="")
        for i, title in enumerate(
            ["hive nectar pollen forager", "queen wax larva brood", "moraine melt firn snow"]
        )
    )
    stored = papers(200)
    ground = fit(stored, await vectors(stored))
    pool = Pool([lent, foreign], await vectors([lent, foreign]))

    board = score(await taste(liked=[liked]), pool, ground).board
    by_words = board.parts(np.array([0, 0]), np.array([0, 1]))[:, 1, 1]

    assert by_words[0] > by_words[1] + 0.05
