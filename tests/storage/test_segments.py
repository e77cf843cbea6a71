"""A segment written by our own hand reads as what FTS5 writes of the same texts."""

import random
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage import building, kernels, segments, tokens
from storage.building import Builder
from storage.connections import scratch
from storage.database import Tx
from storage.segments import Segment, Unusual
from storage.tokens import Tokenizer

COLUMNS = "title, abstract, author_names"
SAID = (
    "run running Runs the naïve Größe ΔΕΛΤΑ e\u0301 12 3.5 \u0301 C++ 日本語 straße İstanbul a\0b"
)
WORDS = [*SAID.split(" "), "x" * 9, "y" * 17, "ab" * 13, "cd" * 40]


def table(tokenizer: str = "porter unicode61 remove_diacritics 2") -> Tx:
    """An index over papers as ours is."""
    db = scratch()
    db.row_factory = sqlite3.Row
    db.execute("CREATE TABLE papers (seq INTEGER PRIMARY KEY, title, abstract, author_names)")
    db.execute(
        f"CREATE VIRTUAL TABLE papers_fts USING fts5 ({COLUMNS}, content='papers', "
        f"content_rowid='seq', tokenize='{tokenizer}')"
    )
    return Tx(db)


def written(builder: Builder, *batches: list[segments.Text]) -> Tx:
    tx = table()
    for texts in batches:
        tx.many_at_once("papers", ("seq", "title", "abstract", "author_names"), texts)
        segments.add(tx, builder.build(texts))
    return tx


def inserted(*batches: list[segments.Text]) -> Tx:
    tx = table()
    for texts in batches:
        tx.many_at_once("papers", ("seq", "title", "abstract", "author_names"), texts)
        tx.many_at_once("papers_fts", ("rowid", "title", "abstract", "author_names"), texts)
    return tx


def everything(tx: Tx) -> list[object]:
    """Where each term stands, how long each text is, and the sums."""
    tx.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
    tx.execute("CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, papers_fts, instance)")
    return [
        [tuple(row) for row in tx.rows(sql)]
        for sql in (
            "SELECT term, doc, col, offset FROM temp.found",
            "SELECT id, sz FROM papers_fts_docsize ORDER BY id",
            "SELECT block FROM papers_fts_data WHERE id = 1",
        )
    ]


def numbered(texts: list[tuple[str, str, str | None]]) -> list[segments.Text]:
    return [(place - len(texts), *text) for place, text in enumerate(texts)]


@pytest.fixture(scope="module", autouse=True)
def few_are_many():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "FEW", 0)
        yield


@pytest.fixture(scope="module")
def builder():
    made = Builder(segments.definition(table()))
    yield made
    made.close()


@pytest.fixture
def alone(builder, monkeypatch):
    """The builder without FTS5 to fall back to."""
    monkeypatch.setattr(builder, "_build", None)
    return builder


def any_text():
    return st.lists(st.sampled_from(WORDS) | st.text(max_size=12), max_size=30).map(" ".join)


@settings(deadline=None)
@given(texts=st.lists(st.tuples(any_text(), any_text(), st.none() | any_text()), max_size=12))
@example(texts=[("?!", "", None)])
@example(texts=[("", "", None), ("a", "a a a", "a")])
def test_any_texts_read_the_same(builder, texts):
    texts = numbered(texts)
    tx = written(builder, texts) if texts else table()
    assert everything(tx) == everything(inserted(texts))


def many(count: int) -> list[segments.Text]:
    draw = random.Random(5)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(1, 12))) for _ in range(3_000)]
    weights = [1 / place for place in range(1, 3_001)]
    return numbered(
        [
            (
                " ".join(draw.choices(words, weights, k=9)),
                " ".join(draw.choices(words, weights, k=draw.randint(0, 250))) + f" {n}",
                draw.choice([None, "Ada One\nGrace Two", "Zoë Ünal"]),
            )
            for n in range(count)
        ]
    )


def test_words_that_fill_many_leaves_are_found_in_every_order(alone):
    texts = many(3_000)
    ours, theirs = written(alone, texts), inserted(texts)
    has_index = "SELECT COUNT(*) FROM papers_fts_idx WHERE pgno & 1"
    assert ours.value(has_index) > 0
    assert everything(ours) == everything(theirs)
    words = sorted({text[1].split()[0] for text in texts[:60] if text[1]})
    queries = [*words, f'"{words[0]} {words[1]}"', f"{words[0]} AND {words[1]}", "e*", "1*"]
    for query in queries:
        for order in ("rowid", "rowid DESC", "rank, rowid"):
            sql = f"""
                SELECT rowid, bm25(papers_fts) FROM papers_fts WHERE papers_fts MATCH :query
                    AND rowid > -2500 ORDER BY {order} LIMIT 700
            """
            found = [[tuple(row) for row in tx.rows(sql, query=query)] for tx in (ours, theirs)]
            assert found[0] == found[1], (query, order)


def queried(tx: Tx, words: list[str]) -> list[object]:
    """What is found of each word, from both ends and from within."""
    return [
        [tuple(row) for row in tx.rows(sql, word=f'"{word}"', seq=seq)]
        for word in words
        for seq in (-(2**63), -9, 2**31)
        for sql in (
            "SELECT rowid, rank FROM papers_fts (:word) WHERE rowid > :seq ORDER BY rowid LIMIT 50",
            "SELECT rowid FROM papers_fts (:word) WHERE rowid < :seq ORDER BY rowid DESC LIMIT 50",
        )
    ]


def test_seqs_may_be_any_numbers(alone):
    seqs = [-(2**63), -(2**62), -(2**40), -(2**31) - 1, -7, 0, 9, 2**31, 2**33, 2**57, 2**63 - 1]
    texts = [(seq, "every one", f"text {n} " * n, None) for n, seq in enumerate(seqs)]
    ours, theirs = written(alone, texts), inserted(texts)
    assert everything(ours) == everything(theirs)
    words = ["every", "text", "3", "10"]
    assert queried(ours, words) == queried(theirs, words)


def test_a_word_on_more_leaves_than_a_page_can_list_is_found(alone):
    # Far apart, so that each leaf takes four bytes of the list.
    texts = [(n * 3_000_000, "a " * (n % 3), f"a {n} " + "a " * 2_100, None) for n in range(1_100)]
    ours, theirs = written(alone, texts), inserted(texts)
    longest = "SELECT MAX(LENGTH(block)) FROM papers_fts_data WHERE id >> 36 & 1"
    assert ours.value(longest) > 4_096
    ours.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
    words = ["a", "17", "1099"]
    assert queried(ours, words) == queried(theirs, words)
    both = "SELECT rowid FROM papers_fts ('a AND 700') ORDER BY rowid"
    assert ours.value(both) == theirs.value(both) == 700 * 3_000_000


def test_words_that_begin_alike_are_in_order(alone):
    words = [f"{'a' * n}{end}" for n in range(1, 45) for end in ("", "b", "é", "1", "z9", "ab")]
    random.Random(3).shuffle(words)
    texts = numbered([(word, " ".join(words), None) for word in words])
    assert everything(written(alone, texts)) == everything(inserted(texts))


def test_words_are_forgotten_where_there_are_too_many(alone, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_WORDS", 1 << 8)
    monkeypatch.setattr(tokens, "ROOM", 1 << 14)
    monkeypatch.setattr(alone, "_tokenizer", None)
    batches = [
        numbered([(f"word {n} of {m}", f"running {n * m}", None)])
        for n in range(9)
        for m in range(90)
    ]
    texts = [(-n, *texts[0][1:]) for n, texts in enumerate(batches, 1)]
    texts = [texts[n : n + 60][::-1] for n in range(0, len(texts), 60)]
    assert everything(written(alone, *texts)) == everything(inserted(*texts))


def test_segments_merge_with_what_fts5_wrote_and_papers_can_go(alone):
    texts = many(900)
    db = written(alone, texts[600:])
    db.many_at_once("papers", ("seq", "title", "abstract", "author_names"), texts[:300])
    # A connection of its own, as FTS5 notices what others changed.
    segments.add(db, alone.build(texts[:300]))
    db.many_at_once("papers", ("seq", "title", "abstract", "author_names"), texts[300:600])
    db.execute("INSERT INTO papers_fts (papers_fts) VALUES ('optimize')")
    db.many_at_once("papers_fts", ("rowid", "title", "abstract", "author_names"), texts[300:600])
    db.execute(
        "INSERT INTO papers_fts (papers_fts, rowid, title, abstract, author_names) "
        "SELECT 'delete', seq, title, abstract, author_names FROM papers WHERE seq % 2"
    )
    db.execute("DELETE FROM papers WHERE seq % 2")
    db.execute("INSERT INTO papers_fts (papers_fts) VALUES ('optimize')")
    assert everything(db) == everything(inserted([text for text in texts if not text[0] % 2]))


@pytest.mark.parametrize(
    "abstract",
    ["w " * 17_000, "z" * 600, "v" * 40_000],
    ids=["more words than places", "a word of 600 signs", "one longer than FTS5 keeps"],
)
def test_what_is_too_strange_is_left_to_fts5(builder, monkeypatch, abstract):
    left = []
    build = builder._build
    monkeypatch.setattr(builder, "_build", lambda texts: left.append(1) or build(texts))
    texts = numbered([("One", abstract, None), ("Two", "plain", None)])
    assert everything(written(builder, texts)) == everything(inserted(texts))
    assert left


@pytest.mark.parametrize(("what", "most"), [("MOST_WORDS", 8), ("ROOM", 600), ("TEXT_BITS", 1)])
def test_more_than_there_is_room_for_is_left_to_fts5(builder, monkeypatch, what, most):
    left = []
    build = builder._build
    monkeypatch.setattr(tokens, what, most)
    monkeypatch.setattr(builder, "_tokenizer", None)
    monkeypatch.setattr(builder, "_build", lambda texts: left.append(1) or build(texts))
    texts = numbered([("One two three", "four five six", "seven eight"), ("Nine", "ten", None)])
    assert everything(written(builder, texts)) == everything(inserted(texts))
    assert left


def test_without_a_compiler_all_is_left_to_fts5(monkeypatch):
    monkeypatch.setitem(sys.modules, "storage.tokens", None)
    made = Builder(segments.definition(table()))
    texts = many(40)
    assert everything(written(made, texts)) == everything(inserted(texts))
    made.close()


def test_few_texts_are_left_to_fts5(monkeypatch):
    monkeypatch.setattr(building, "FEW", 40)
    made = Builder(segments.definition(table()))
    monkeypatch.setattr(made, "_written", None)
    texts = many(40)
    assert everything(written(made, texts)) == everything(inserted(texts))
    made.close()


def test_where_nothing_can_be_kept_it_is_compiled_each_time(monkeypatch):
    njit = kernels.numba.njit

    def nowhere(function, *, cache=False, **how):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(function, **how)

    monkeypatch.setattr(kernels.numba, "njit", nowhere)
    assert kernels.compiled(lambda number: number + 1)(6) == 7


def test_the_compiler_is_loaded_for_long_files_alone():
    asked = "import sys, bot.cli.storing, bot.service; print('numba' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert found.stdout.strip() == "False", found.stderr


def test_an_index_with_another_tokenizer_is_left_to_fts5():
    other = table("trigram")
    made = Builder(segments.definition(other))
    texts = numbered([("One", "some text", None)])
    other.many_at_once("papers", ("seq", "title", "abstract", "author_names"), texts)
    segments.add(other, made.build(texts))
    made.close()
    terms = {row[0] for row in everything(other)[0]}
    assert "ome" in terms


def test_each_sign_of_unicode_is_folded_for_itself():
    """What `tokens` builds on: before, within and behind a word, next to any other sign."""
    tokenizer = Tokenizer(segments.definition(table()))
    codes = [code for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    folded = tokenizer.folded(codes)
    draw = random.Random(7)
    draw.shuffle(codes)
    at = dict(zip([c for c in range(0x30000) if not 0xD800 <= c < 0xE000], folded, strict=True))
    db = scratch()
    how = "unicode61 remove_diacritics 2"
    db.execute(f"CREATE VIRTUAL TABLE texts USING fts5 (text, content='', tokenize='{how}')")
    db.execute("CREATE VIRTUAL TABLE said USING fts5vocab (texts, instance)")
    expected = {}
    for number, start in enumerate(range(0, len(codes), 7)):
        text = "".join(map(chr, codes[start : start + 7]))
        db.execute("INSERT INTO texts (rowid, text) VALUES (?, ?)", (number, text))
        words = "".join(at[ord(sign)] for sign in text).split(" ")
        expected[number] = [word for word in words if word]
    found = {number: [] for number in expected}
    for number, term, _ in sorted(
        db.execute("SELECT doc, term, offset FROM said"), key=lambda row: row[2]
    ):
        found[number].append(term)
    assert found == expected
    tokenizer.close()


def test_an_empty_batch_adds_nothing(builder):
    tx = table()
    assert segments.add(tx, builder.build([])) == 0
    assert everything(tx) == everything(table())
    assert isinstance(builder.build([]), Segment)


def test_a_table_of_another_kind_is_unusual():
    with pytest.raises(Unusual):
        Tokenizer("CREATE VIRTUAL TABLE papers_fts USING fts5 (title, tokenize='ascii')")
