import numpy as np
import pytest
from fakes.small_field import papers, taste, vectors

from matching.background import fit
from matching.boosts import LIFT, boosted, spoken
from matching.ranking import Pool, rank, score

STORED = papers(200)
NEW = papers(40, first=201)


@pytest.fixture
async def ground():
    return fit(STORED, await vectors(STORED))


@pytest.fixture
async def pool():
    return Pool(NEW, await vectors(NEW))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bees +swarm", "bees swarm"),
        ('glass +"weak lensing" maps', "glass weak lensing maps"),
        ("+self-supervised models", "self-supervised models"),
        ("vision + language in C++", "vision + language in C++"),
        ("1+1 and a+b", "1+1 and a+b"),
        ('+"" nothing', '+"" nothing'),
    ],
)
def test_a_plus_before_a_word_or_phrase_is_a_mark_and_is_not_encoded(text, said):
    assert spoken(text) == said
    assert bool(boosted(text)) == (text != said)


async def test_a_boosted_word_lifts_the_papers_that_hold_it_and_no_other(ground, pool):
    held = np.array(["swarm" in f"{one.title} {one.abstract}".lower() for one in pool.papers])
    plain = score(await taste(["bees swarm"]), pool, ground).strength
    marked = await taste(["bees +swarm"])
    gained = score(marked, pool, ground).strength - plain

    assert held.any()
    assert not held.all()
    # The stand-in encoder may hear the sign itself, so what it changes is taken off.
    assert gained[held] - gained[~held].mean() == pytest.approx(LIFT, abs=0.05)


async def test_a_phrase_counts_where_its_words_stand_together(ground):
    together, apart = (
        type(NEW[0])(seq=900 + i, title=title, abstract="", first_seen=NEW[0].first_seen)
        for i, title in enumerate(["honey dance of bees", "honey and a dance of bees"])
    )
    both = Pool([together, apart], await vectors([together, apart]))
    plain = score(await taste(["bees honey dance"]), both, ground).strength
    marked = score(await taste(['bees +"honey dance"']), both, ground).strength

    gained = marked - plain
    assert gained[0] - gained[1] == pytest.approx(LIFT, abs=0.05)


async def test_without_the_boost_the_paper_that_it_lifted_scores_less(ground, pool):
    marked = await taste(["honey bees +swarm"])
    held = next(
        match
        for match in rank(marked, pool, ground, size=10)
        if "swarm" in f"{match.paper.title} {match.paper.abstract}".lower()
    )

    assert "swarm" in held.because.words
    assert score(await taste(["honey bees"]), pool, ground).total[held.index] < held.score
