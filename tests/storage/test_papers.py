"""Finding papers: by cursor, by name, by words that may hold anything."""

import pytest
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.ingest import ingest
from storage import arrivals, fulltext, papers
from storage.dumps import read_dump
from storage.records import Entry

TITLES = (
    "Quantised Caches for Long Contexts",
    "Retrieval with Naïve Bayes: A Revisit",
    "Retrieval for Robots",
)


@pytest.fixture
async def stocked(db, encoder, clock):
    await ingest(db, encoder, dump(*TITLES), clock.now)
    return db


async def test_a_cursor_reads_what_came_after_it(stocked):
    found = await stocked.read(papers.between, 1, 3)
    assert [paper.seq for paper in found] == [2, 3]
    assert len(await stocked.read(papers.between, 0, 10, 2)) == 2


async def test_papers_come_in_the_order_they_were_asked_for(stocked):
    assert [paper.seq for paper in await stocked.read(papers.by_seq, [3, 99, 1])] == [3, 1]


@pytest.mark.parametrize(
    ("name", "seqs"),
    [
        ("2", [2]),
        ("#2", [2]),
        (TITLES[0].upper(), [1]),
        ("quantised caches", [1]),
        ("naive bayes", [2]),
        ("retrieval", [3, 2]),
        ("nothing like it", []),
        ("99", []),
        ("", []),
        ('"', []),
    ],
)
async def test_a_paper_is_found_by_what_people_call_it(stocked, name, seqs):
    assert [paper.seq for paper in await stocked.read(papers.find, name)] == seqs


async def test_words_find_papers_in_their_forms_best_first(stocked):
    found = await stocked.read(papers.by_words, ["robot"], 10)
    assert [seq for seq, _ in found] == [3]
    both = await stocked.read(papers.by_words, ["retrieval", "robots"], 10)
    assert [seq for seq, _ in both] == [3, 2]
    assert both[0][1] > both[1][1]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=30))
async def test_no_words_break_the_search(stocked, words, name):
    await stocked.read(papers.by_words, words, 5)
    await stocked.read(papers.find, name)


async def test_a_day_s_papers_are_told_from_those_before(stocked, encoder, clock):
    clock.advance(days=10)
    await ingest(stocked, encoder, dump("A Newer Paper on Something Else"), clock.now)
    assert await stocked.read(papers.last_before, clock.now) == 3
    assert await stocked.read(papers.newest) == await stocked.read(papers.count) == 4


async def test_what_one_dump_does_not_say_of_authors_and_source_a_later_one_adds(
    stocked, encoder, clock
):
    dumped = await stocked.write(
        arrivals.open_dump, dump("x"), read_dump(dump(TITLES[0])), 1, clock.now
    )
    entry = Entry(
        title=TITLES[0],
        abstract="a",
        lines=(1,),
        author_names=("Ada  Ames", "", "Bo\nBerg"),
        source="arXiv cs.CL",
    )
    await stocked.write(arrivals.store, dumped.id, [entry], clock.now, clock.now)
    (found,) = await stocked.read(papers.find, "1")
    assert (found.author_names, found.source) == (("Ada Ames", "Bo Berg"), "arXiv cs.CL")
    assert [seq for seq, _ in await stocked.read(papers.by_words, ["ames"], 5)] == [1]


async def test_words_that_stand_nearly_everywhere_are_looked_for_beside_no_rarer_one(
    db, minilm, clock, monkeypatch
):
    titles = [f"Learning model {n}" for n in range(12)]
    titles += ["A graph of learning", "Another graph", "A learning model of learning models"]
    await ingest(db, minilm, dump(*titles), clock.now)
    everything = await db.read(papers.by_words, ["learning", "model", "graph"], 50)
    monkeypatch.setattr(fulltext, "RANKED", 5)
    found = await db.read(papers.by_words, ["learning", "model", "graph"], 50)
    by_title = {one.seq: one.title for one in await db.read(papers.between, 0, 99)}
    assert {by_title[seq] for seq, _ in found} == {"A graph of learning", "Another graph"}
    assert {seq for seq, _ in found} < {seq for seq, _ in everything}


async def test_where_all_words_stand_everywhere_the_newest_that_hold_all_are_ranked(
    db, minilm, clock, monkeypatch
):
    titles = [f"Learning {n}" for n in range(9)] + [f"Learning model {n}" for n in range(9)]
    await ingest(db, minilm, dump(*titles), clock.now)
    monkeypatch.setattr(fulltext, "RANKED", 5)
    found = await db.read(papers.by_words, ["learning", "model"], 4)
    by_seq = {one.seq: one.title for one in await db.read(papers.between, 0, 99)}
    assert len(found) == 4
    assert all(by_seq[seq].startswith("Learning model") for seq, _ in found)
    assert min(seq for seq, _ in found) > 18 - 5
    assert len(await db.read(papers.by_words, ["learning", "model"], 20)) == 5


async def test_a_word_in_more_than_half_of_the_papers_stands_back_for_others(
    db, minilm, clock, monkeypatch
):
    titles = [f"The learning of {n}" for n in range(9)] + [f"The model of {n}" for n in range(9)]
    await ingest(db, minilm, dump(*titles), clock.now)
    monkeypatch.setattr(fulltext, "RANKED", 5)
    found = await db.read(papers.by_words, ["the", "model", "of"], 4)
    assert len(found) == 4
    assert min(seq for seq, _ in found) > 9
    newest = await db.read(papers.by_words, ["the", "of"], 4)
    assert newest == [(seq, 0.0) for seq in (18, 17, 16, 15)]


async def test_papers_that_hold_all_of_some_common_words_come_before_newer_ones_that_hold_one(
    db, minilm, clock, monkeypatch
):
    titles = [f"Speech and graphs {n}" for n in range(2)]
    titles += [f"Speech of {n}" for n in range(8)] + [f"Graphs of {n}" for n in range(8)]
    await ingest(db, minilm, dump(*titles, *(f"Robot {n}" for n in range(9))), clock.now)
    monkeypatch.setattr(fulltext, "RANKED", 5)
    found = [seq for seq, _ in await db.read(papers.by_words, ["speech", "graphs"], 6)]
    assert found[:2] == [2, 1]
    assert len(set(found)) == 6


async def test_a_short_title_comes_before_a_long_one_with_the_same_words(db, minilm, clock):
    titles = ["Robot hands that learn by themselves", "Robot hands", "Hands of a robot"]
    await ingest(db, minilm, dump(*titles), clock.now)
    found = await db.read(papers.by_title, "robot hands", 5)
    assert [one.title for one in found] == ["Robot hands", "Hands of a robot", titles[0]]
    begun = await db.read(papers.by_title, "robot ha", 1)
    assert [one.title for one in begun] == ["Robot hands"]


async def test_of_a_pasted_text_the_rare_words_are_looked_for(db, minilm, clock, monkeypatch):
    titles = [f"The learning of models {n}" for n in range(9)]
    titles += ["Fjords in winter", "Glaciers melt", "A lighthouse"]
    await ingest(db, minilm, dump(*titles), clock.now)
    monkeypatch.setattr(fulltext, "RARE", 3)
    pasted = "the learning of models is in this one about fjords and glaciers and a lighthouse too"
    found = await db.read(papers.by_words, pasted.split(), 50)
    by_seq = {one.seq: one.title for one in await db.read(papers.between, 0, 99)}
    assert {by_seq[seq] for seq, _ in found} == set(titles[9:])


async def test_a_word_that_nobody_wrote_does_not_keep_the_others_from_being_found(
    db, minilm, clock, monkeypatch
):
    await ingest(db, minilm, dump(*(f"Speech of {n}" for n in range(9))), clock.now)
    monkeypatch.setattr(fulltext, "RANKED", 5)
    assert len(await db.read(papers.by_words, ["speech", "xylographical"], 3)) == 3
    assert await db.read(papers.by_words, ["xylographical"], 3) == []
