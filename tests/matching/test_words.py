import sqlite3
from contextlib import closing

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching import words


def fts5(text: str) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(f"CREATE VIRTUAL TABLE t USING fts5 (text, tokenize='{words.TOKENIZER}')")
        memory.execute("CREATE VIRTUAL TABLE v USING fts5vocab (t, instance)")
        memory.execute("INSERT INTO t VALUES (?)", (text,))
        return [stem for (stem,) in memory.execute('SELECT term FROM v ORDER BY "offset"')]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_any_text_is_cut_as_the_full_text_search_cuts_it(text):
    assert words.stems(text) == fts5(text)


def test_words_of_one_stem_are_one_term():
    assert words.stems("Tuning tuned TUNES") == ["tune", "tune", "tune"]


def test_accents_do_not_part_words():
    assert words.stems("Poincaré naïve") == words.stems("poincare naive")


def test_counts_hold_words_and_pairs_of_neighbours():
    bags = words.count(["ice melts ice melts", "melts"])

    assert bags.lengths.tolist() == [4, 1]
    assert bags.counts.shape == (2, 4)  # ice, melt, ice-melt, melt-ice
    assert sorted(bags.counts[[0]].toarray()[0].tolist()) == [1, 2, 2, 2]


def test_a_pair_depends_on_the_order_of_its_words():
    there, back = (words.pairs(words.terms([text])[0]) for text in ("ice melt", "melt ice"))

    assert there[0] != back[0]


def test_weights_are_laid_over_the_terms_that_are_there():
    bags = words.count(["ice"], neighbours=False)
    asked = np.array([words.term(words.stems(one)[0]) for one in ("snow", "ice")], dtype=np.uint64)

    assert bags.weights(asked, np.array([5, 7], dtype=np.float32)).tolist() == [7]


def test_no_texts_and_empty_texts_are_counted():
    assert len(words.count([])) == 0
    assert words.count(["", "…"]).lengths.tolist() == [0, 0]


def test_the_table_of_known_pieces_starts_again_when_it_is_full(monkeypatch):
    monkeypatch.setattr(words, "_MOST_KNOWN", 3)

    before = words.stems("one two three four five")
    after = words.stems("one two three four five")

    assert before == after == ["on", "two", "three", "four", "five"]
