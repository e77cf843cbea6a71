"""Wordings: a text's tokens are FTS5's own."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.connections import scratch
from storage.segments import Unusual
from storage.wordings import PLACE_BITS, TERM_AT, TEXT_AT, TEXT_BITS, Tokenizer

TABLE = "CREATE VIRTUAL TABLE t USING fts5 (a, b, tokenize='porter unicode61 remove_diacritics 2')"


@pytest.fixture(scope="module")
def tokenizer():
    made = Tokenizer(TABLE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def fts5():
    db = scratch()
    db.execute(TABLE)
    db.execute("CREATE VIRTUAL TABLE said USING fts5vocab (t, instance)")

    def read(texts):
        db.execute("DELETE FROM t")
        db.executemany("INSERT INTO t (rowid, a, b) VALUES (?, ?, ?)", [*enumerate_(texts)])
        rows = db.execute("SELECT CAST(term AS BLOB), doc, col = 'b', offset FROM said")
        return sorted(tuple(row) for row in rows)

    yield read
    db.close()


def enumerate_(texts):
    return ((number, *text) for number, text in enumerate(texts))


def read(tokenizer, texts):
    postings = tokenizer.read(texts)
    return [
        (
            bytes(postings.terms[key >> TERM_AT]),
            (key >> TEXT_AT) & ((1 << TEXT_BITS) - 1),
            (key >> PLACE_BITS) & 3,
            key & ((1 << PLACE_BITS) - 1),
        )
        for key in postings.keys.tolist()
    ]


words = st.text(max_size=12) | st.sampled_from(
    "running Études naïve x-ray co2 the 2025 漢字".split()
)
texts = st.tuples(*[st.lists(words, max_size=8).map(" ".join)] * 2)


@settings(max_examples=150, deadline=None)
@given(made=st.lists(texts, min_size=1, max_size=4))
@example(made=[("", "")])
@example(made=[("a" * 40 + "s", "A" * 40 + "S"), ("eightletters nine", "x\0y \u0301e")])
def test_any_texts_read_the_same(tokenizer, fts5, made):
    made = [[field.replace("\0", " ") for field in text] for text in made]
    assert read(tokenizer, made) == fts5(made)


def test_a_tokenizer_that_remembers_few_words_reads_all_the_same(tokenizer):
    few = Tokenizer(TABLE, 3)
    for text in ("running robots ran", "four other words here", "running again"):
        assert read(few, [[text, ""]]) == read(tokenizer, [[text, ""]])
    few.close()


def test_what_is_no_text_or_another_tokenizer_s_is_refused(tokenizer):
    for text in ("a" * 501, "word " * 17_000):
        with pytest.raises(Unusual):
            tokenizer.read([[text, ""]])
    with pytest.raises(Unusual):
        Tokenizer("CREATE VIRTUAL TABLE t USING fts5 (a)")
