"""What many digests ask for is encoded once."""

import numpy as np
from fakes.words_encoder import WordsEncoder

from matching import remembered
from matching.remembered import Remembered


async def test_a_text_is_encoded_once_however_often_it_is_asked_for():
    plain = WordsEncoder()
    encoder = Remembered(plain)
    first = await encoder.encode(["one", "two", "one"])
    again = await encoder.encode(["two", "three"])
    assert plain.encoded == ["one", "two", "three"]
    assert np.array_equal(first, await WordsEncoder().encode(["one", "two", "one"]))
    assert np.array_equal(again, await WordsEncoder().encode(["two", "three"]))


async def test_nothing_asked_is_no_rows_of_the_right_length():
    assert (await Remembered(WordsEncoder(dim=7)).encode([])).shape == (0, 7)


async def test_it_forgets_what_was_not_asked_for_last_before_it_grows_without_end(monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 3)
    plain = WordsEncoder()
    encoder = Remembered(plain)
    await encoder.encode(["a", "b"])
    await encoder.encode(["c", "d"])  # one too many: a and b go
    await encoder.encode(["c"])
    assert plain.encoded == ["a", "b", "c", "d"]
    await encoder.encode(["a"])
    assert plain.encoded == ["a", "b", "c", "d", "a"]


async def test_it_is_the_encoder_that_it_stands_for():
    plain = WordsEncoder(dim=5)
    assert (Remembered(plain).identity, Remembered(plain).dim) == (plain.identity, 5)


async def test_what_it_keeps_when_it_forgets_holds_on_to_nothing_else(monkeypatch):
    """A row of an array keeps the whole array."""
    monkeypatch.setattr(remembered, "MOST", 3)
    encoder = Remembered(WordsEncoder())
    await encoder.encode(["a", "b", "c"])
    await encoder.encode(["c", "d"])
    assert set(encoder._known) == {"c", "d"}
    assert all(row.base is None for row in encoder._known.values())
