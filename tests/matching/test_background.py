import numpy as np
from fakes.small_field import DIM, papers, vectors

from matching import words
from matching.background import LIBRARY, fit


async def test_an_empty_store_gives_a_background_of_priors():
    empty = fit([], np.zeros((0, DIM), dtype=np.float32))

    assert (empty.version, empty.papers, len(empty.sample.plain)) == (0, 0, 0)
    assert empty.mean.tolist() == [0] * DIM
    assert empty.variances.min() > 0
    assert empty.idf(np.array([1], dtype=np.uint64))[0] > 0


async def test_the_version_is_the_highest_seq_that_it_knows():
    found = papers(12, first=30)

    assert fit(found, await vectors(found)).version == 41


async def test_a_word_of_every_paper_weighs_less_than_a_word_of_one():
    found = papers(80)
    ground = fit(found, await vectors(found))

    of, swarm, unheard = ground.idf(
        np.array([words.term(stem) for stem in ("of", "swarm", "zeppelin")], dtype=np.uint64)
    )

    assert 0 <= of < swarm < unheard


async def test_whitening_takes_out_what_papers_have_in_common():
    found = papers(400)
    rows = await vectors(found)
    ground = fit(found, rows)

    def unevenness(power):
        spread = ground.whiten(rows, power).var(axis=0)
        return spread.max() / spread.mean()

    assert unevenness(0.5) < unevenness(0.25) < unevenness(0.0)
    np.testing.assert_allclose(ground.whiten(rows, 0.0).mean(axis=0), 0, atol=0.05)


async def test_few_papers_move_the_mean_less_than_many():
    found = papers(400)
    rows = await vectors(found)

    few, many = fit(found[:4], rows[:4]), fit(found, rows)

    assert np.linalg.norm(few.mean) < 0.1 * np.linalg.norm(rows[:4].mean(axis=0))
    assert np.linalg.norm(many.mean) > 0.8 * np.linalg.norm(rows.mean(axis=0))


async def test_the_same_papers_give_the_same_background():
    found = papers(50)
    rows = await vectors(found)

    one, other = fit(found, rows), fit(found, rows)

    assert np.array_equal(one.axes, other.axes)
    assert np.array_equal(one.frequencies, other.frequencies)


async def test_a_large_store_is_kept_in_part_and_known_in_whole(monkeypatch):
    monkeypatch.setattr("matching.background.LIBRARY", 20)
    found = papers(50)

    ground = fit(found, await vectors(found))

    assert (ground.papers, len(ground.library)) == (50, 20)
    assert LIBRARY > 1000
    assert {1, 50} <= {paper.seq for paper in ground.library.papers}
