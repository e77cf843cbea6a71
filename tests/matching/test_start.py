"""A first choice: the papers that split a field best, the same every time."""

import numpy as np
import pytest
from fakes.pages import dump

from matching import start
from matching.ingest import ingest

PARTS = ("traffic", "molecules", "physics", "languages", "games", "music", "weather", "crystals")


def clusters(parts: int, each: int, *, spread: float = 0.25, seed: int = 7):
    """`parts` bundles of unit rows, one bundle after the other."""
    luck = np.random.default_rng(seed)
    centres = luck.standard_normal((parts, 40))
    rows = np.repeat(centres, each, axis=0) + spread * luck.standard_normal((parts * each, 40))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_one_paper_speaks_for_each_part_of_a_field():
    rows = clusters(8, 12)
    chosen = start.telling(rows, np.ones(len(rows), dtype=np.float32))
    assert {place // 12 for place in chosen} == set(range(8))


def test_the_choice_leaves_less_variance_than_the_best_and_than_any_other_tried():
    rows = clusters(8, 12)
    weights = np.linspace(1, 0.3, len(rows), dtype=np.float32)  # the first parts fit best
    chosen = start.telling(rows, weights)
    left = start.variance_left(rows, weights, chosen)
    assert left < 0.8 * start.variance_left(rows, weights, range(8))
    luck = np.random.default_rng(1)
    for _ in range(200):
        other = luck.choice(len(rows), 8, replace=False).tolist()
        assert left <= start.variance_left(rows, weights, other)


def test_a_part_that_fits_little_is_asked_about_last():
    rows = clusters(4, 10)
    weights = np.array([1.0] * 30 + [0.01] * 10, dtype=np.float32)
    chosen = start.telling(rows, weights, count=4)
    assert {place // 10 for place in chosen[:3]} == {0, 1, 2}


def test_what_was_asked_is_not_asked_again_nor_what_it_told():
    rows = clusters(4, 10)
    weights = np.ones(40, dtype=np.float32)
    known = [3, 12]
    free = [place for place in range(40) if place not in known]
    chosen = start.telling(rows, weights, known=known, free=free, count=2)
    assert {place // 10 for place in chosen} == {2, 3}


@pytest.fixture
async def field(library, clock):
    titles = [f"Graph networks {part} {n}" for part in PARTS for n in ("one", "two", "three")]
    titles += [f"Glaciers and their ice {n}" for n in range(12)]
    await ingest(library.db, library.encoder, dump(*titles), clock.now)


async def test_the_same_words_give_the_same_papers_of_different_parts(library, clock, field):
    _, first = await start.proposed(library, "graph networks", clock.now)
    _, again = await start.proposed(library, "graph networks", clock.now)
    assert [one.paper.seq for one in first] == [one.paper.seq for one in again]
    assert len(first) == start.SHOWN
    parts = {part for part in PARTS for one in first if part in one.paper.title}
    assert len(parts) >= 6


async def test_what_was_shown_does_not_come_again(library, clock, field):
    _, first = await start.proposed(library, "graph networks", clock.now)
    shown = {one.paper.seq for one in first}
    _, second = await start.proposed(library, "graph networks", clock.now, asked=shown)
    assert len(second) == start.SHOWN
    assert not shown & {one.paper.seq for one in second}


async def test_an_empty_store_proposes_nothing(library, clock):
    assert (await start.proposed(library, "graph networks", clock.now))[1] == []
