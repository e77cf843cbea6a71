"""The query language: what is understood, what is refused, and how it is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.alerts import MAX_CHARACTERS, BadQuery, parse
from matching.alerts.texts import MAX_NEARS, MAX_PREFIXES


def refusal(typed: str) -> BadQuery | None:
    """Why a query cannot be read; None where it can."""
    try:
        parse(typed)
    except BadQuery as refused:
        return refused
    return None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kites", 'papers with the word "kites"'),
        ("kites lanterns", 'papers with the words "kites" and "lanterns"'),
        ('"paper kites" -survey', 'papers with the phrase "paper kites" and not the word "survey"'),
        ("-survey kites", 'papers with the word "kites" and not the word "survey"'),
        (
            "“paper kites” NOT survey",
            'papers with the phrase "paper kites" and not the word "survey"',
        ),
        ("kites OR lanterns", 'papers with the word "kites" or "lanterns"'),
        ("R&D", 'papers with the phrase "R&D"'),
        ("kites | lanterns", 'papers with the word "kites" or "lanterns"'),
        (
            "red kites OR blue lanterns",
            'papers with (the words "red" and "kites") or (the words "blue" and "lanterns")',
        ),
        (
            "red (kites OR lanterns)",
            'papers with the word "red" and (the word "kites" or "lanterns")',
        ),
        ("kit*", 'papers with a word that begins with "kit"'),
        (
            "NEAR(kite tail, 5)",
            'papers with "kite" and "tail" with at most 5 words between',
        ),
        ("title:kites", 'papers with the word "kites" in the title'),
        ("title:(red kites)", 'papers with the words "red" and "kites" in the title'),
        ("org:Windworks", 'papers with the word "Windworks" in the organisation\'s name'),
        ('="Kite Net"', 'papers with exactly "Kite Net" (capitals count)'),
        ('="kite nets"', 'papers with exactly "kite nets"'),
        ("comments>10", "papers with more than 10 comments"),
        ("authors <= 1", "papers with at most 1 author"),
        ("date>2025-06", "papers with a date after June 2025"),
        ("date>=2025-06-03", "papers with a date from 3 June 2025 on"),
        ("date:2025", "papers with a date in 2025"),
        ("C++ k-NN GPT-4o λ 推論", 'papers with the words "C++", "k-NN", "GPT-4o", "λ" and "推論"'),
    ],
)
def test_a_query_is_told_back_in_words(typed: str, said: str) -> None:
    assert parse(typed).explain() == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kites lanterns", "Lantern AND kite"),
        ("kites lanterns", "kites && lanterns"),
        ("kites and lanterns", "kites lanterns"),
        ("kites OR lanterns", "lanterns | kites || kites"),
        ("kites -red", "kites NOT red"),
        ('"kite"', "KITES"),
        ("paper-kite", '"paper kite"'),
        ("title:(red kite)", "title:kite title:red"),
        ("-(a OR b) c", "c -a -b"),
        ("kite (kite OR net)", "kite"),
        ("kite OR (kite net)", "kite"),
        ("comments>10", "comments>=11"),
        ("date>2025-06", "date>=2025-07-01"),
        ("date=2025-06-03", "date:2025/6/3"),
        ("“paper kite”", '"paper kites"'),
        ("ti:kite", "intitle:kites"),
        ("NEAR(kite tail, 5)", "NEAR(tails, kite, 5)"),
        ("((kite))", "kite"),
    ],
)
def test_queries_that_mean_the_same_share_one_canonical_form(one: str, other: str) -> None:
    assert parse(one).canonical == parse(other).canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kite net", '"kite net"'),
        ("kite net", "kite OR net"),
        ('="kites"', "kites"),
        ('="Kites"', '="kites"'),
        ("title:kite", "abstract:kite"),
        ("kite*", "kite"),
        ("C++", "C"),
        ("NEAR(a b, 5)", "NEAR(a b, 6)"),
        ("comments>10 kite", "comments>11 kite"),
        ("kite -net", "kite net"),
    ],
)
def test_queries_that_mean_different_things_do_not(one: str, other: str) -> None:
    assert parse(one).canonical != parse(other).canonical


@pytest.mark.parametrize(
    ("typed", "position", "example"),
    [
        ('"paper kites', 0, '"paper kites"'),
        ("(kites OR nets", 0, "(kites OR nets)"),
        ("kites) nets", 5, "kites nets"),
        ("kites OR", 8, "kites"),
        ("OR kites", 0, "kites"),
        ("kites AND OR nets", 10, "kites AND nets"),
        ("kites - nets", 6, "kites -nets"),
        ("kites or nets", 6, "kites OR nets"),
        ("kites not nets", 6, "kites NOT nets"),
        ("kites are not all you need", 10, '"kites are not all you need"'),
        ("kites, nets", 5, "kites OR nets"),
        ("-survey", 1, "transformer -survey"),
        ("kites OR -survey", 10, "kites -survey"),
        ("titel:kites", 0, "title:kites"),
        ("comment>3", 0, "comments>3"),
        ("comments>many", 9, "comments>10"),
        ("date>June", 5, "date>2025-06"),
        ("kites date>2025-13", 11, "date>2025-06"),
        ("a*b", 1, "ab"),
        ("self-* kites", 5, "self* kites"),
        ("'paper kites'", 0, '"paper kites"'),
        ("NEAR(kites nets", 4, "NEAR(kites nets)"),
        ("NEAR(kites nets, 5000)", 17, "NEAR(kites nets, 100)"),
        ("kites NEAR nets", 6, "NEAR(reward hacking, 5)"),
        ("title:(abstract:kites)", 7, "title:(kites)"),
        ("kites title:-nets", 12, "kites -title:nets"),
        ("ki\0tes", 2, "ki tes"),
        ("{title} kites", 0, '"{title}" kites'),
        ("kites ^nets", 6, 'kites "^nets"'),
    ],
)
def test_a_refusal_points_at_the_character_and_mends_the_query(
    typed: str, position: int, example: str
) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(typed)
    assert refused.value.position == position
    assert refused.value.example == example
    assert refused.value.expected in str(refused.value)
    assert example in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  \n ",
        '""',
        "()",
        "& %",
        "a*",
        "kites -kites",
        "comments>10 comments<5",
        "--kites",
        "NEAR(kites)",
        "NEAR(kites kites, 3)",
        "kites AND",
        "kites \ud800",
    ],
)
def test_what_could_find_nothing_or_everything_is_refused(typed: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(typed)
    parse(refused.value.example)


def test_the_caret_stands_under_the_character_that_is_wrong() -> None:
    with pytest.raises(BadQuery) as refused:
        parse("kites (red")
    query, caret = refused.value.shown.splitlines()
    assert query.index("(") == caret.index("^")


def test_the_caret_counts_wide_characters_as_two_columns() -> None:
    with pytest.raises(BadQuery) as refused:
        parse("推論 )")
    assert refused.value.shown.splitlines()[1] == "  " + " " * 5 + "^"


def test_a_long_query_is_shown_around_the_fault_only() -> None:
    with pytest.raises(BadQuery) as refused:
        parse("kites " * 100 + ")")
    assert len(refused.value.shown.splitlines()[0]) < 100
    assert refused.value.shown.splitlines()[0].rstrip().endswith(")")


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 10_000,
        "(" * 10_000,
        "(" * 900 + "a" + ")" * 900,
        "-(" * 900,
        "NOT " * 450,
        '"' * 1_999,
        "a OR " * 399 + "a",
        "a AND " * 300 + '"',
        '"' + "few-shot " * 200 + '"',
        "-" * 1_999 + "a",
        "a-" * 999,
        "NEAR(" * 300,
        "NEAR(" + "a " * 900 + ")",
        "title:" * 300,
        "*" * 1_999,
        "," * 1_999,
        "a," * 900,
        "'" * 1_999,
        '" OR 1=1; DROP TABLE paper; --',
        'title : a NEAR/3 b + c ^d {e f} : "g"',
        "\N{COMBINING ACUTE ACCENT}" * 1_999,
        "\N{ZERO WIDTH JOINER}" * 1_999,
        "ﷺ" * 1_999,
        "a:" * 900,
        "comments>" * 200,
        "date>" + "9" * 1_900,
        "|".join(f"{a}{b}*" for a in "abcdefghijklmnopqrst" for b in "aeiou"),
        "|".join(f"NEAR(the of in on* a*, {n})" for n in range(60)),
        '"' + "the of " * 280 + '"',
        "(" * 19 + "red" + " net)" * 19,
        "red" + " \t" * 990 + "kite",
        "red\0kite",
        '"red\0kite"',
    ],
)
def test_hostile_queries_are_read_or_refused_at_once(hostile: str) -> None:
    refused = refusal(hostile)
    if refused is None:
        assert parse(hostile).explain()
    else:
        parse(refused.example)
        assert 0 <= refused.position <= len(hostile)
        assert len(str(refused)) < MAX_CHARACTERS + 1_000


@pytest.mark.parametrize(
    ("part", "most", "what"),
    [
        ("NEAR(red kite, {})", MAX_NEARS, "NEAR( )"),
        ("kite{}*", MAX_PREFIXES, "beginnings with *"),
        ('title:"red kite{}*"', MAX_PREFIXES, "beginnings with *"),
        ("-kite{}*", MAX_PREFIXES - 1, "beginnings with *"),
    ],
)
def test_what_costs_far_more_than_words_is_counted(part: str, most: int, what: str) -> None:
    many = [part.format(n) for n in range(most + 1)]
    join = " " if part.startswith("-") else " OR "
    first = "red net* " if part.startswith("-") else ""
    assert parse(first + join.join(many[:most]))
    refused = refusal(first + join.join(many))
    assert refused is not None
    assert f"more than {most + bool(first)} {what}" in str(refused)
    assert refused.text[: refused.position].count("kite") >= most
    assert refused.example == first + join.join(many[:most]).rstrip()


def test_beginnings_within_a_near_count_as_well() -> None:
    eight = "NEAR(" + " ".join(f"kite{n}*" for n in range(8)) + ", {})"
    assert refusal(" OR ".join(eight.format(n) for n in range(7))) is not None
    assert refusal(" OR ".join(eight.format(n) for n in range(6))) is None


words = ["kite", "net", "few-shot", "推論", "C++", "title:", "org:", "comments>3", "date<2025"]
signs = ['"', "(", ")", "OR", "AND", "NOT", "-", "|", "*", "NEAR(", ",", "5", "=", "or", "\0", "’"]
pieces = st.lists(st.sampled_from([*words, *signs]), max_size=14)


@given(pieces.map(" ".join) | pieces.map("".join) | st.text(max_size=60))
def test_any_query_is_read_or_refused_with_an_example_that_can_be_read(typed: str) -> None:
    refused = refusal(typed)
    if refused is None:
        query = parse(typed)
        assert query.text == typed
        assert query.explain().startswith("papers with ")
    else:
        parse(refused.example)
        assert 0 <= refused.position <= len(typed)


def test_an_exact_word_without_quotation_marks_is_offered_with_them() -> None:
    refused = refusal("agents =LoRA")
    assert (refused.position, refused.example) == (8, 'agents ="LoRA"')


def test_a_query_says_which_fields_papers_do_not_carry() -> None:
    assert parse("author:Ames OR source:press kites").needs == {"author", "source"}
    assert parse("title:Ames kites date>2025").needs == frozenset()
    assert parse("org:Ames comments>3 -authors<2").needs == {"org", "comments", "authors"}
