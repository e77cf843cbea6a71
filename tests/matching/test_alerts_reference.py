"""The percolator beside a slow reading of every query on every paper's tokens."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.alerts import BadQuery, Query, parse, percolate
from matching.alerts.batch import COLUMNS
from matching.alerts.nodes import And, Comparison, Form, Kind, Node, Not, Or, Text, leaves
from matching.alerts.plurals import fold, spellings
from matching.alerts.reading import Reading, located, read, tokens
from storage.records import Paper

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def slowly(node: Node, one: Paper) -> bool:
    """A parsed query on one paper's tokens, word by word."""
    match node:
        case And(parts=parts):
            return all(slowly(part, one) for part in parts)
        case Or(parts=parts):
            return any(slowly(part, one) for part in parts)
        case Not(part=part):
            return not slowly(part, one)
        case Comparison():
            known = {
                "comments": one.comments,
                "authors": one.authors,
                "date": (one.published or one.first_seen.date()).toordinal(),
            }[node.name]
            if known is None:
                return False
            return (node.low is None or node.low <= known) and (
                node.high is None or known <= node.high
            )
        case Text():
            columns = {
                "title": [one.title],
                "abstract": [one.abstract],
                "org": [one.organisation or "", one.organisation_handle or ""],
                "author": list(one.author_names),
                "source": [one.source or ""],
            }
            return any(
                form_stands(form, tokens(read(text), form.reading))
                for form in node.forms
                for column in node.fields
                for text in columns.get(column, [])
            )


def form_stands(form: Form, words: Sequence[str]) -> bool:
    """Whether every run stands somewhere and all of them are near enough."""
    each = [
        [
            (start, start + len(run.tokens))
            for start in range(len(words) - len(run.tokens) + 1)
            if all(
                word == token
                or (run.is_open and i == len(run.tokens) - 1 and word.startswith(token))
                for i, (word, token) in enumerate(
                    zip(words[start : start + len(run.tokens)], run.tokens, strict=True)
                )
            )
        ]
        for run in form.runs
    ]
    return any(
        len(group) == 1
        or all(max(start for start, _ in group) - end <= form.within for _, end in group)
        for group in product(*each)
    )


latin = (
    "kite kites red few-shot few shot fewshot data set "
    "dataset setup ups k-NN kNN pre-trained training"
)
word = st.sampled_from(
    [
        *latin.split(),
        *("推論", "論", "推", "C++", "C", "C#", "λ", "lambda", "λ-calculus", "Lambda's", "2.5"),
        *("naïve", "naive", "nai\u0308ve", "Ångström", "GPT-4o", "GPT 4o", "gpt4o", "and", "SAM"),
        *("sam", "kite's", "kites’", "ＫＩＴＥ", "kite/red", "red-", "ﬁne", "fine", "ß", "ss"),
    ]
)
sentence = st.lists(word, max_size=9).map(" ".join)
phrase = st.lists(word, min_size=1, max_size=3).map(" ".join)
atom = st.one_of(
    word.filter(lambda w: w != "and"),
    phrase.map('"{}"'.format),
    phrase.map('="{}"'.format),
    st.sampled_from(["ki*", "few-sh*", '"red ki*"', "pre*", "推論*", '="k-NN"', '="C++"']),
    st.sampled_from(["naï*", "nai*", "NAI*", "推*", '"論 推*"', "lamb*", "Ång*", "GPT-4*", "ﬁ*"]),
    st.sampled_from(['="λ"', '="naïve"', '="Naïve"', '="GPT-4o"', '="推論"', '="kite\'s"']),
    st.sampled_from(["comments>3", "comments=3", "comments>=3", "authors<=2", "authors>1"]),
    st.sampled_from(["comments<3", "comments≤3", "authors≥2", "comments: >3", "authors:2"]),
    st.sampled_from(["date<2025", "date>2025-05", "date=2025", "date>=2025-05-01"]),
    st.sampled_from(["date<=2025-05", "date:2025", "date=2025-06-02", "date≥2025/6"]),
    st.tuples(phrase, phrase, st.integers(0, 4)).map(lambda t: f'NEAR("{t[0]}" "{t[1]}", {t[2]})'),
    st.tuples(word, st.integers(0, 3)).map(lambda t: f'NEAR("{t[0]}" ki*, {t[1]})'),
    st.tuples(word, phrase, word, st.integers(0, 6)).map(
        lambda t: f'NEAR("{t[0]}" "{t[1]}" "{t[2]}", {t[3]})'
    ),
    st.tuples(phrase, st.integers(0, 3)).map(lambda t: f'NEAR("{t[0]}" 推* nai*, {t[1]})'),
)
fields = ["", "", *(f"{column}:" for column in COLUMNS), "-"]
placed = st.tuples(st.sampled_from(fields), atom).map(
    lambda t: t[1] if ":" in t[0] and re.match("comments|authors|date", t[1]) else "".join(t)
)
query_text = st.recursive(
    placed,
    lambda inner: st.tuples(
        st.sampled_from(["", "-"]),
        st.lists(inner, min_size=1, max_size=3),
        st.sampled_from([" ", " OR "]),
    ).map(lambda t: f"{t[0]}({t[2].join(t[1])})"),
    max_leaves=6,
)
some_papers = st.lists(
    st.builds(
        Paper,
        seq=st.just(1),
        title=sentence,
        abstract=sentence,
        first_seen=st.just(NOON),
        authors=st.none() | st.integers(1, 4),
        organisation=st.none() | sentence,
        organisation_handle=st.none() | word,
        published=st.none() | st.sampled_from([date(2024, 5, 1), date(2025, 5, 1)]),
        comments=st.none() | st.integers(0, 9),
        author_names=st.lists(st.lists(word, min_size=1, max_size=2).map(" ".join), max_size=2).map(
            tuple
        ),
        source=st.none() | sentence,
    ),
    min_size=1,
    max_size=6,
)


def readable(texts: Sequence[str]) -> dict[int, Query]:
    queries = {}
    for place, text in enumerate(texts):
        try:
            queries[place] = parse(text)
        except BadQuery:
            continue  # only leaves out, or contradicts itself
    return queries


@settings(max_examples=300, deadline=None)
@given(st.lists(query_text, min_size=1, max_size=8), some_papers)
def test_the_percolator_finds_what_a_slow_reading_finds(
    texts: list[str], papers: list[Paper]
) -> None:
    queries = readable(texts)
    expected = {
        place: found
        for place, query in queries.items()
        if (found := tuple(i for i, one in enumerate(papers) if slowly(query.root, one)))
    }
    assert percolate(queries, papers) == expected


def test_the_queries_tried_are_of_every_kind_and_many_can_be_read() -> None:
    tried: Counter[str] = Counter()

    @settings(max_examples=600, deadline=None, derandomize=True, database=None)
    @given(query_text)
    def look(text: str) -> None:
        for query in readable([text]).values():
            tried["read"] += 1
            for leaf in leaves(query.root):
                if isinstance(leaf, Comparison):
                    tried[leaf.name] += 1
                    continue
                tried.update([leaf.kind, *leaf.fields])
                tried.update(form.reading for form in leaf.forms)
                tried["cjk"] += "論" in "".join(leaf.typed)
                tried["hyphen"] += "-" in "".join(leaf.typed)

    look()
    assert tried["read"] > 200
    kinds = {*Kind, *Reading, *COLUMNS, "comments", "authors", "date", "cjk", "hyphen"}
    assert {one for one in kinds if not tried[one]} == set()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(max_size=60))
def test_any_text_as_a_query_over_any_paper_does_no_harm(typed: str, text: str) -> None:
    queries = readable([typed, f'"{typed}"', f'="{typed}"', f"NEAR({typed} x, 3)", f"{typed}*"])
    one = Paper(seq=1, title=typed, abstract=text, first_seen=NOON)
    found = percolate(queries, [one, Paper(seq=2, title="x", abstract="x", first_seen=NOON)])
    assert all((0 in found.get(i, ())) is slowly(query.root, one) for i, query in queries.items())


@given(st.text(max_size=80) | st.lists(word, max_size=9).map("\u2003".join))
def test_a_text_has_the_same_words_with_their_places_and_without(text: str) -> None:
    with_places = [(one.cased, one.plain) for one, _, _ in located(text)]
    assert [(one.cased, one.plain) for one in read(text)] == with_places


@given(
    st.text("aceihsuvxy", max_size=8)
    | st.sampled_from(["matrices", "biases", "theories", "boxes", "classes", "ads", "women"])
)
def test_the_spellings_of_a_normal_form_are_all_words_that_have_it(written: str) -> None:
    assert written in spellings(fold(written))
    assert {fold(one) for one in spellings(fold(written))} == {fold(written)}
