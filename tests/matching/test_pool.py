"""Looking a few terms up finds what multiplying with all finds."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest
from fakes.words_encoder import WordsEncoder

from matching import background, pool
from matching.pool import Pool
from storage.records import Paper

WORDS = "graph speech robot protein market vision kitchen sea".split()
NOW = datetime(2025, 10, 28, tzinfo=UTC)


@pytest.fixture
async def view():
    drawn = random.Random(3)
    papers = [
        Paper(
            seq=n, title=f"Paper {n}", abstract=" ".join(drawn.choices(WORDS, k=9)), first_seen=NOW
        )
        for n in range(1, 60)
    ]
    vectors = await WordsEncoder().encode([one.abstract for one in papers])
    found = Pool(papers, vectors)
    return found.view(background.fit(papers, vectors))


def the_long_way(view, terms, weights):
    return view.words @ view.bags.weights(terms, weights)


@pytest.mark.parametrize("share", [0.0, 2.0], ids=["multiplied", "looked up"])
@pytest.mark.parametrize("many", [0, 1, 5, 40])
def test_terms_weigh_the_same_either_way(view, many, share, monkeypatch):
    monkeypatch.setattr(pool, "FEW_ENTRIES", share)
    drawn = np.random.default_rng(many)
    terms = drawn.choice(view.bags.columns, many, replace=False)
    weights = drawn.random(many, dtype=np.float32)
    found = view.asked(terms, weights)
    assert found.dtype == np.float32
    assert found == pytest.approx(the_long_way(view, terms, weights), abs=1e-6)


@pytest.mark.parametrize("share", [0.0, 2.0], ids=["multiplied", "looked up"])
def test_terms_that_no_paper_holds_weigh_nothing(view, share, monkeypatch):
    monkeypatch.setattr(pool, "FEW_ENTRIES", share)
    assert not view.asked(np.array([1, 2], dtype=np.uint64), np.ones(2, dtype=np.float32)).any()


def test_one_paper_alone_is_the_row_of_all_and_made_once(view):
    one = view.row(7)
    assert one is view.row(7)
    assert np.array_equal(one.plain, view.plain[[7]])
    assert np.array_equal(one.full, view.full[[7]])
    assert np.array_equal(one.words.toarray(), view.words.toarray()[[7]])
