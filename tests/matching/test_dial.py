"""The dial: a floor from a wish, credible with few votes and steady from day to day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import dial
from matching.dial import LEAST, MOST, NOBODY, calibrate, for_volume, pooled, steady, volume, weigh

DAY = date(2026, 3, 2)
SCORES = st.floats(0, 0.999)
CAST = st.lists(st.tuples(SCORES, st.booleans()), max_size=60)


def drawn(intercept, slope, count, seed=1):
    """Votes of somebody whose true curve is known."""
    luck = np.random.default_rng(seed)
    scores = luck.uniform(0.2, 0.95, count)
    likely = 1 / (1 + np.exp(-(intercept + slope * np.log(scores / (1 - scores)))))
    return list(zip(scores.tolist(), (luck.random(count) < likely).tolist(), strict=True))


def test_nobody_has_voted_and_a_score_is_nearly_a_likelihood():
    assert NOBODY.likelihood(0.5) == pytest.approx(0.5)
    assert 0.7 < NOBODY.likelihood(0.8) < 0.8, "give or take what is not known yet"
    assert calibrate([], NOBODY) == NOBODY
    assert NOBODY.likelihood(NOBODY.floor(0.6)) == pytest.approx(0.6)


def test_the_more_votes_the_more_a_curve_is_believed():
    trusts = [calibrate(drawn(0.0, 1.0, count)).trust for count in (0, 5, 50, 5000)]
    assert trusts == sorted(trusts)
    assert trusts[-1] > 0.99


def test_many_votes_find_the_true_curve():
    found = calibrate(drawn(1.0, 2.0, 5000))
    assert found.intercept == pytest.approx(1.0, abs=0.2)
    assert found.slope == pytest.approx(2.0, abs=0.2)
    assert found.votes == 5000


def test_three_likes_do_not_make_a_certainty():
    few = calibrate([(0.55, True)] * 3)
    many = calibrate([(0.55, True)] * 300)
    assert NOBODY.likelihood(0.55) < few.likelihood(0.55) < 0.8 < many.likelihood(0.55)


def test_somebody_new_is_read_by_what_others_said():
    picky = {person: drawn(-2.0, 1.5, 40, seed=person) for person in range(30)}
    everybody = pooled(picky)
    assert calibrate([], everybody).floor(0.8) > NOBODY.floor(0.8)
    generous = calibrate(drawn(2.0, 1.0, 200), everybody)
    assert generous.floor(0.8) < calibrate([], everybody).floor(0.8)


def test_one_heavy_voter_does_not_speak_for_all():
    others = {person: drawn(0.0, 1.0, 20, seed=person) for person in range(30)}
    loud = {99: [(0.9, False)] * 5000}
    assert pooled(others | loud).likelihood(0.9) > 0.6


def test_votes_against_the_scores_never_make_a_better_score_worse():
    upside_down = calibrate([(0.9, False), (0.2, True)] * 200)
    assert upside_down.likelihood(0.9) > upside_down.likelihood(0.2)


@given(CAST, st.floats(0.5, 0.95))
def test_any_votes_give_a_floor_that_keeps_its_promise(cast, sure):
    found = calibrate(cast)
    floor = found.floor(sure)
    assert LEAST <= floor <= MOST
    if floor < MOST:
        assert found.likelihood(floor) >= sure - 1e-6


@given(CAST, SCORES, SCORES)
def test_a_better_score_is_never_less_likely_liked(cast, one, other):
    found = calibrate(cast)
    low, high = sorted((one, other))
    assert found.likelihood(low) <= found.likelihood(high)


def test_the_floor_lets_through_what_was_asked_for():
    scores = np.random.default_rng(1).uniform(0.3, 1, 28 * 40)
    floor = for_volume(scores, np.ones(len(scores)), 28, 6)
    assert volume(scores, np.ones(len(scores)), 28, floor) == pytest.approx(6)


def test_where_little_fits_little_comes():
    scores = np.array([0.9, 0.8, *[0.05] * 500])
    floor = for_volume(scores, np.ones(len(scores)), 10, 6)
    assert floor == LEAST
    assert volume(scores, np.ones(len(scores)), 10, floor) == pytest.approx(0.2)


def test_a_backlog_is_not_taken_for_a_days_news():
    usual = [DAY + timedelta(days=day) for day in range(10) for _ in range(20)]
    assert weigh(usual).tolist() == [1.0] * 200
    backlog = weigh([*usual, *[DAY + timedelta(days=10)] * 2000])
    assert backlog[-2000:].sum() == pytest.approx(60)
    assert backlog[:200].tolist() == [1.0] * 200


def test_a_floor_goes_half_the_way_a_day():
    assert steady(None, 0.8) == 0.8
    first = steady(0.5, 0.8)
    assert 0.5 < first < 0.8
    assert first < steady(first, 0.8) < 0.8
    assert steady(0.6, 0.6) == pytest.approx(0.6)


@given(st.lists(SCORES, max_size=80), st.floats(0.1, 50), st.integers(1, 28))
def test_no_floor_lets_through_more_than_was_asked_for(scores, about, days):
    """Beyond the paper that straddles it, and papers of the very same score."""
    found = np.array(scores)
    weights = np.ones(len(found))
    floor = for_volume(found, weights, days, about)
    assert LEAST <= floor <= MOST
    if floor > dial.LEAST and len(set(scores)) == len(scores) and floor < MOST:
        assert volume(found, weights, days, floor) <= about + 1 / days + 1e-9


def lived(sure, likes, *, days=56, readers=12):
    """`(day, foretold, liked)` of every paper that a dial lets through to people whose curves
    differ, who vote on a third, while the dial learns from them as the service does.

    likes: the log-odds of a like at a score of one half, on the average.
    """
    seen = []
    for seed in range(6):
        luck = np.random.default_rng(seed)
        true = [(likes + luck.normal(0, 0.7), luck.normal(1.6, 0.3)) for _ in range(readers)]
        cast = {one: [] for one in range(readers)}
        floors = dict.fromkeys(cast)
        for day in range(days):
            every = pooled(cast)
            for one, (intercept, slope) in enumerate(true):
                curve = calibrate(cast[one], every)
                floors[one] = steady(floors[one], curve.floor(sure))
                scores = luck.beta(1.2, 3.0, 40)
                for score in scores[scores >= floors[one]].tolist():
                    odds = intercept + slope * dial.logit(score)
                    is_liked = bool(luck.random() < 1 / (1 + np.exp(-odds)))
                    seen.append((day, curve.likelihood(score), is_liked))
                    if luck.random() < 1 / 3:
                        cast[one].append((score, is_liked))
    return seen


@pytest.mark.parametrize("likes", [-2.0, -0.5, 0.7])
@pytest.mark.parametrize("sure", [0.6, 0.8])
def test_after_weeks_of_votes_what_is_foretold_is_what_happens(sure, likes):
    later = [(foretold, liked) for day, foretold, liked in lived(sure, likes) if day >= 21]
    assert len(later) > 100
    foretold, liked = np.mean(later, axis=0)
    assert liked >= sure - 0.04, "the promise of the dial"
    assert foretold == pytest.approx(liked, abs=0.07)
