"""What shows a hit: the sentence, the marks in it, and the reason in words."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from matching.alerts import BadQuery, highlight, parse, percolate
from matching.alerts.shown import sentences
from storage.records import Paper

KITE = Paper(
    seq=1,
    title="Kites that fly themselves",
    abstract=(
        "Kites need wind, e.g. at the sea. We present few-shot kite control on two data sets. "
        "Paper kites, cf. Section 3, hold 2.5 times longer. Few hands are needed."
    ),
    first_seen=datetime(2025, 6, 2, tzinfo=UTC),
    organisation="Windworks Lab",
    comments=41,
)


def shown(query: str, one: Paper = KITE) -> tuple[str, list[str]]:
    found = highlight(parse(query), one)
    return found.sentence, [found.sentence[start:end] for start, end in found.marks]


def test_the_first_sentence_that_has_the_phrase_is_shown_with_the_phrase_marked() -> None:
    sentence, marks = shown('"paper kites"')
    assert sentence == "Paper kites, cf. Section 3, hold 2.5 times longer."
    assert marks == ["Paper kites"]


def test_the_sentence_that_has_most_of_the_query_is_shown() -> None:
    sentence, marks = shown("kite control dataset")
    assert sentence.startswith("We present few-shot")
    assert marks == ["kite", "control", "data sets"]


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    found = [KITE.abstract[start:end] for start, end in sentences(KITE.abstract)]
    assert len(found) == 4
    assert found[0] == "Kites need wind, e.g. at the sea."


def test_a_hyphenated_word_is_marked_as_a_whole_however_it_was_typed() -> None:
    for typed in ("few-shot", "fewshot", '"few shot"', "few-sh*"):
        assert shown(typed)[1] == ["few-shot"]


def test_words_near_each_other_are_marked_each_for_itself() -> None:
    assert shown("NEAR(kite presented*, 9) OR NEAR(control present*, 9)")[1] == [
        "present",
        "control",
    ]


def test_what_was_left_out_is_never_told_as_a_reason() -> None:
    found = highlight(parse("sea -balloon -(boat OR ship)"), KITE)
    assert found.hits == ("sea",)
    assert found.reason == 'contains "sea"'


def test_only_what_hits_of_an_or_is_named() -> None:
    assert highlight(parse('balloon OR "paper kite"'), KITE).reason == 'contains "paper kite"'


def test_the_title_is_shown_where_no_sentence_of_the_abstract_shows_anything() -> None:
    found = highlight(parse("title:fly"), KITE)
    assert found.in_title
    assert found.sentence == KITE.title
    assert found.reason == 'has "fly" in its title'
    assert [found.sentence[start:end] for start, end in found.marks] == ["fly"]


def test_fields_and_numbers_are_told_with_what_the_paper_has() -> None:
    found = highlight(parse("org:Windworks comments>10 wind date>2025"), KITE)
    assert found.reason == 'is from "Windworks", contains "wind" and has 41 comments'


def test_words_near_each_other_in_two_names_are_no_reason() -> None:
    one = Paper(
        seq=1,
        title="Kites",
        abstract="Wind.",
        first_seen=KITE.first_seen,
        author_names=("Ada Byron", "Mary Somerville", "Byron Ada King"),
        organisation="Windworks Lab",
        organisation_handle="sea-lab",
    )
    query = parse("kite OR author:NEAR(mary king, 9) OR org:NEAR(windworks sea, 9)")
    assert highlight(query, one).reason == 'contains "kite"'
    query = parse("kite OR author:NEAR(ada king, 9)")
    assert highlight(query, one).reason == 'contains "kite" and is by "ada … king"'


def test_a_paper_that_is_no_hit_shows_its_title_and_no_hits() -> None:
    found = highlight(parse("balloon"), KITE)
    assert (found.in_title, found.hits, found.marks, found.reason) == (True, (), (), "")


def test_a_word_inside_an_unspaced_run_is_marked() -> None:
    one = Paper(
        seq=1, title="x", abstract="モデルの推論を高速化する。別の文。", first_seen=KITE.first_seen
    )
    assert shown("推論", one) == ("モデルの推論を高速化する。", ["推論"])


pieces = st.sampled_from(["kite", "few-shot", "few", "shot", "data", "set", ". ", "Kites", "推論"])


@given(
    st.sampled_from(
        ["kite", '"few shot"', "dataset", "推論", "NEAR(kite data, 3)", "fewshot | set"]
    ),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(pieces, max_size=4).map(" ".join),
)
def test_every_hit_shows_something_and_every_miss_shows_nothing(
    typed: str, abstract: str, title: str
) -> None:
    one = Paper(seq=1, title=title, abstract=abstract, first_seen=KITE.first_seen)
    query = parse(typed)
    found = highlight(query, one)
    assert bool(found.hits) is bool(percolate({0: query}, [one]))
    assert bool(found.marks) is bool(found.hits)
    assert found.sentence in (one.title if found.in_title else one.abstract)
    assert all(0 <= start < end <= len(found.sentence) for start, end in found.marks)


@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_can_be_shown(typed: str, abstract: str) -> None:
    one = Paper(seq=1, title=typed, abstract=abstract, first_seen=KITE.first_seen)
    try:
        query = parse(typed)
    except BadQuery:
        query = parse("kite")
    found = highlight(query, one)
    assert found.sentence in (one.title if found.in_title else one.abstract)
