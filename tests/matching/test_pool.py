"""Papers made ready for ranking, and products with them."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest
import scipy.sparse as sp
from fakes.words_encoder import WordsEncoder

from matching import background
from matching.likeness import words_of
from matching.pool import Pool, unit
from matching.products import Asked, times
from storage.records import Paper

WORDS = "graph speech robot protein market vision kitchen sea".split()
NOW = datetime(2025, 10, 28, tzinfo=UTC)


@pytest.fixture
def papers():
    drawn = random.Random(3)
    return [
        Paper(
            seq=n, title=f"Paper {n}", abstract=" ".join(drawn.choices(WORDS, k=9)), first_seen=NOW
        )
        for n in range(1, 60)
    ]


async def seen(papers):
    vectors = await WordsEncoder().encode([one.abstract for one in papers])
    ground = background.fit(papers, vectors)
    return Pool(papers, vectors).view(ground), ground


def the_long_way(view, rows, terms):
    return np.stack(
        [
            view.words @ view.bags.weights(terms, weights)
            for weights in rows.toarray().astype(np.float32)
        ]
    )


@pytest.mark.parametrize("share", [0.0, 0.2, 2.0], ids=["all common", "some", "all rare"])
@pytest.mark.parametrize("many", [0, 1, 5, 40])
async def test_terms_weigh_the_same_common_or_rare(papers, many, share, monkeypatch):
    monkeypatch.setattr(background, "COMMON_FROM", share)
    view, ground = await seen(papers)
    drawn = np.random.default_rng(many)
    terms = np.sort(drawn.choice(view.bags.columns, many, replace=False))
    rows = sp.csr_array(drawn.random((3, many), dtype=np.float32))

    asked = Asked.of(rows, terms, ground)

    assert asked.on(view) == pytest.approx(the_long_way(view, rows, terms), abs=1e-5)
    assert bool(asked.rare.nnz) == (many > 0 and share > 0) or share == 0.2


async def test_terms_that_no_paper_holds_weigh_nothing(papers):
    view, ground = await seen(papers)
    foreign = np.array([1, 2], dtype=np.uint64)

    assert (
        not Asked.of(sp.csr_array(np.ones((1, 2), dtype=np.float32)), foreign, ground)
        .on(view)
        .any()
    )


async def test_papers_as_queries_find_what_their_words_find(papers):
    view, ground = await seen(papers)
    weighed = view.words.toarray() * view.idf

    assert words_of(view, ground).on(view) == pytest.approx(weighed @ view.words.T, rel=1e-4)


async def test_some_papers_are_the_rows_of_all(papers):
    view, _ = await seen(papers)
    some = view.rows([7, 3])

    assert np.array_equal(some.plain, view.plain[[7, 3]])
    assert np.array_equal(some.full, view.full[[7, 3]])
    assert np.array_equal(some.words.toarray(), view.words.toarray()[[7, 3]])
    assert np.array_equal(some.common, view.common[[7, 3]])


async def test_all_papers_in_order_share_what_is_there_and_remember_apart(papers):
    view, _ = await seen(papers)
    same = view.rows(range(len(view)))
    assert same.dense is view.dense
    assert same.words is view.words
    same.memory["only"] = "here"
    assert view.memory == {}
    turned = view.rows(range(len(view) - 1, -1, -1))
    assert np.array_equal(turned.full, view.full[::-1])
    assert not np.shares_memory(turned.full, view.full)


def test_products_are_the_same_alone_and_in_company():
    drawn = np.random.default_rng(2)
    queries, rows = (
        unit(drawn.standard_normal((many, 384), dtype=np.float32)) for many in (200, 130)
    )

    every = times(queries, rows)

    assert every == pytest.approx(queries @ rows.T, abs=1e-6)
    for some in (slice(0, 1), slice(5, 30), slice(0, 100)):
        assert times(queries[some], rows) == pytest.approx(every[some], abs=1e-6)
