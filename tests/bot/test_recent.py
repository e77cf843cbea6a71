"""A mapping with a bound forgets what nobody asked for the longest."""

import pytest

from bot.recent import Recent


def test_what_was_set_first_falls_out_first():
    kept = Recent[str, int](2)
    kept["a"], kept["b"], kept["c"] = 1, 2, 3
    assert dict(kept) == {"b": 2, "c": 3}


def test_what_was_looked_up_stays_longer_than_what_was_not():
    kept = Recent[str, int](2)
    kept["a"], kept["b"] = 1, 2
    assert kept["a"] == 1
    kept["c"] = 3
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_is_set_anew_takes_no_second_place():
    kept = Recent[str, int](2)
    for number in range(9):
        kept["a"], kept["b"] = number, number
    assert dict(kept) == {"a": 8, "b": 8}


def test_what_is_taken_out_is_gone():
    kept = Recent[str, int](2)
    kept["a"] = 1
    assert kept.pop("a", None) == 1
    assert kept.pop("a", None) is None
    assert "a" not in kept
    assert len(kept) == 0


def test_a_mapping_that_holds_nothing_is_refused():
    with pytest.raises(ValueError, match="holds 0"):
        Recent[str, int](0)
