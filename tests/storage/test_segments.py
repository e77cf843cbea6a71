"""A segment written by our own hand reads as what FTS5 writes of the same texts."""

import random
import sqlite3

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage import building, segments
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
