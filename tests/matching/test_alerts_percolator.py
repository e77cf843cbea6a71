"""Queries over papers: which words meet, and that the fast way finds what the slow way finds."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from matching.alerts import Percolator, parse, percolate
from matching.alerts import percolator as room
from storage.records import Entry, Paper

NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)


def paper(abstract: str, title: str = "Untitled", seq: int = 1, **more: object) -> Paper:
    return Paper(seq=seq, title=title, abstract=abstract, first_seen=NOON, **more)  # type: ignore[arg-type]  # passed on as they are


def hits(query: str, one: Paper) -> bool:
    return bool(percolate({0: parse(query)}, [one]))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("kites", "A kite."),
        ("kite", "Many KITES!"),
        ("few-shot", "few shot learning"),
        ("few-shot", "a fewshot task"),
        ("few-shot", "few\N{NON-BREAKING HYPHEN}shot"),
        ("fewshot", "few-shot learning"),
        ("fewshot", "few shot learning"),
        ('"few shot"', "fewshot learning"),
        ('"few-shot learners"', "a few shot learner"),
        ('"few-shot learners"', "a fewshot learner"),
        ("pretrained", "a non-pre-trained model"),
        ("dataset", "two data sets"),
        ("data-set", "datasets"),
        ("setup", "two set ups"),
        ("k-NN", "a kNN-based search"),
        ("kNN", "k-NN search"),
        ("GPT-4o", "GPT4o and others"),
        ("gpt4o", "we ask GPT-4o."),
        ("C++", "written in C++."),
        ("c++", "C++17 code"),
        ("C#", "C# and Java"),
        ("λ", "the λ-calculus"),
        ("λ", "the $\\lambda$-calculus"),
        ("β-VAE", "a $\\beta$-VAE"),
        ("推論", "大規模言語モデルの推論を高速化"),
        ("モデル", "言語モデルの"),
        ("모델", "언어모델을"),
        ("Godel", "Gödel machines"),
        ("Gödel", "godel machines"),
        ("naïve", "nai\N{COMBINING DIAERESIS}ve Bayes"),
        ("strasse", "die Straße"),
        ("Cramér-Rao", "the Cramér–Rao bound"),
        ("Alzheimer", "Alzheimer's disease"),
        ("finetuning", "\N{LATIN SMALL LIGATURE FI}ne-tuning"),
        ("GPUs", "one GPU"),
        ("API", "two APIs"),
        ("analyses", "an analysis"),
        ("matrix", "matrices"),
        ("queries", "a query"),
        ("bias", "biases"),
        ("class", "classes"),
        ("quantiz*", "post-quantization"),
        ("pretrain*", "a pre-trained net"),
        ("self-supervis*", "self-supervised nets"),
        ('"large language mod*"', "large language models"),
        ('="SAM"', "we use SAM-2"),
        ('="kite net"', "A Kite Net"),
        ('="Alzheimer\'s"', "Alzheimer\N{RIGHT SINGLE QUOTATION MARK}s disease"),
        ("NEAR(kite tail, 2)", "the tail of a kite"),
        ("NEAR(kite tail*, 0)", "kite tails"),
        ("GPT-4.1", "with GPT-4.1, too"),
    ],
)
def test_words_meet_however_they_are_written(query: str, text: str) -> None:
    assert hits(query, paper(text))
    assert hits(query, paper("Nothing here.", title=text))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("kite", "a kitesurfer"),
        ("university", "the universe"),
        ("new", "the news"),
        ("physic", "physics"),
        ("C", "C++"),
        ("GPT-4", "GPT-4o and GPT-4.1"),
        ("apart", "a part of it"),
        ('"kite net"', "a net and a kite, or a kite and a net"),
        ('="SAM"', "Sam and sam"),
        ('="kites"', "a kite"),
        ('="few-shot"', "few shot"),
        ('="few shot"', "few-shot"),
        ('="naive"', "naïve"),
        ("NEAR(kite tail, 2)", "the tail of my red kite"),
        ("論推", "推論"),
        ("kit*", "a skit"),
        ("title:kite", "a kite"),
        ("abstract:untitled", "a kite"),
        ("kite -tail", "a kite with a tail"),
        ("kite tail", "a kite"),
        ("author:kite", "a kite"),
    ],
)
def test_words_that_differ_do_not_meet(query: str, text: str) -> None:
    assert not hits(query, paper(text))


def test_a_phrase_does_not_run_from_the_title_into_the_abstract() -> None:
    assert not hits('"red kite"', paper("kite", title="red"))


def test_an_organisation_is_found_by_its_name_and_by_its_handle() -> None:
    one = paper("x", organisation="Windworks Lab", organisation_handle="windworks-ai")
    assert hits("org:windworks-ai", one)
    assert hits('org:"windworks labs"', one)
    assert not hits("windworks", one)


def test_a_paper_that_does_not_say_a_number_is_no_hit_and_can_be_left_out_of_nothing() -> None:
    assert not hits("comments>=0", paper("kite"))
    assert hits("kite -comments>3", paper("kite"))
    assert not hits("kite -comments>3", paper("kite", comments=4))


def test_the_date_is_the_day_first_seen_where_no_day_of_publication_is_known() -> None:
    assert hits("date=2025-06", paper("x"))
    assert hits("date<2025-06 date>=2024-01", paper("x", published=date(2024, 12, 31)))
    assert not hits("date>2025-06", paper("x"))


def test_authors_and_sources_are_found_where_they_are_known() -> None:
    queries = {
        "name": parse('author:"Ada Ames"'),
        "over two names": parse('author:"Ames Bo"'),
        "journal": parse("source:journal"),
        "arxiv": parse("source:cs.CL"),
    }
    one = paper("x", author_names=("Ada Ames", "Bo Berg"), source="arXiv cs.CL")
    assert percolate(queries, [one]) == {"name": (0,), "arxiv": (0,)}


def test_words_of_two_names_are_never_near_each_other() -> None:
    two = paper("", author_names=("Red Kite", "Blue Net"), organisation="Kite Lab")
    assert not hits("author:NEAR(kite blue, 100)", two)
    assert not hits('author:NEAR("red kite" ne*, 100)', two)
    assert hits("author:NEAR(kite red, 0)", two)
    assert hits("org:NEAR(lab kit*, 0)", two)
    assert not hits(
        "org:NEAR(lab wind, 9)", paper("", organisation="Lab", organisation_handle="wind")
    )


def test_a_rehearsal_changes_nothing_of_what_is_found() -> None:
    papers = [paper("a red kite", seq=1), paper("a data set of kites", seq=2)]
    asked = {text: parse(text) for text in ("red", "ki*", '"red kite"', "dataset", "net")}
    percolator = Percolator(asked)
    percolator.rehearse(papers)
    assert percolator.run(papers) == percolate(asked, papers)
    percolator.add("set", parse("set"))
    percolator.rehearse(papers[:1])
    assert percolator.run(papers)["set"] == (1,)


def test_papers_that_were_read_ahead_are_found_as_any_others() -> None:
    papers = [
        paper("a red kite", seq=1, author_names=("Bo Ames",)),
        paper("a data set of kites", seq=2),
    ]
    entries = [
        Entry(title=one.title, abstract=one.abstract, lines=(1,), author_names=one.author_names)
        for one in papers
    ]
    asked = {text: parse(text) for text in ("red", "ki*", '"red kite"', "dataset", "author:Ames")}
    percolator = Percolator(asked)
    for _ in range(2):
        percolator.foresee(entries)
        assert percolator.run(papers) == percolate(asked, papers)
    percolator.foresee(entries)
    percolator.add("set", parse("set OR org:Lab"))
    assert percolator.run(papers)["set"] == (1,)
    percolator.foresee(entries)
    changed = [papers[0], paper("a net that was told of as kites", seq=2)]
    assert percolator.run(changed) == percolate(asked | {"set": parse("set")}, changed)


def test_hits_come_in_the_order_of_arrival_and_over_many_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = [paper("red kite" if i % 3 == 0 else "blue net", seq=i + 1) for i in range(25)]
    queries = {"kite": parse('"red kite" OR xyzzy'), "none": parse("balloon")}
    whole = percolate(queries, papers)
    monkeypatch.setattr("matching.alerts.percolator.BATCH", 4)
    assert percolate(queries, papers) == whole == {"kite": tuple(range(0, 25, 3))}


def test_whoever_shares_a_query_gets_the_same_hits_from_one_run() -> None:
    typed = ["red kites", "kite AND red", "(red) kite", "lantern"]
    percolator = Percolator(dict(enumerate(map(parse, typed))))
    assert percolator.distinct == 2
    assert percolator.run([paper("a red kite")]) == {0: (0,), 1: (0,), 2: (0,)}


def test_a_percolator_can_be_run_again_and_over_nothing() -> None:
    percolator = Percolator({0: parse('kite "red blue green" NEAR(a b) th*')})
    one = paper("a kite b red blue green thing")
    assert percolator.run([]) == {}
    assert percolator.run([one]) == percolator.run([one]) == {0: (0,)}
    assert Percolator({}).run([one]) == {}


def test_queries_come_and_go_while_the_rest_stays_ready(monkeypatch):
    monkeypatch.setattr(room, "_FEWEST_DEAD", 3)
    pick = Random(5)
    words = ["graph", "robot*", '"graph robot"', "speech -graph", "kitchen OR graph", "title:sea"]
    texts = [f"{a} {b}" if " " not in a + b else a for a in words for b in words]
    papers = [paper("A graph robot in kitchens."), paper("Of speech", title="Robots at sea")]
    kept, standing = {}, Percolator()
    for step in range(300):
        key = pick.randrange(20)
        if pick.random() < 0.4:
            kept.pop(key, None)
            standing.discard(key)
        else:
            kept[key] = parse(pick.choice(texts))
            standing.add(key, kept[key])
        if step % 20 == 0:
            assert standing.run(papers) == Percolator(kept).run(papers)
    assert standing.distinct == Percolator(kept).distinct
