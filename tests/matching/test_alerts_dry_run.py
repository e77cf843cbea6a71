"""The dry run: what a query would have found, and how to narrow it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from matching.alerts import History, dry_run, parse, percolate
from matching.alerts import history as history_room
from matching.alerts.reading import Reading
from storage.records import Paper

MONDAY = datetime(2025, 6, 2, 9, tzinfo=UTC)


def papers(*abstracts: str, every: timedelta = timedelta(days=1)) -> list[Paper]:
    return [
        Paper(seq=i + 1, title=f"Paper {i}", abstract=text, first_seen=MONDAY + i * every)
        for i, text in enumerate(abstracts)
    ]


def test_hits_are_counted_by_week_and_a_week_without_any_is_counted_too() -> None:
    history = papers(*["red kite"] * 8, *["blue net"] * 7, "a kite")
    found = dry_run(parse("kite"), history)
    assert [(week.monday, week.hits, week.papers) for week in found.weeks] == [
        (date(2025, 6, 2), 7, 7),
        (date(2025, 6, 9), 1, 7),
        (date(2025, 6, 16), 1, 2),
    ]
    assert (found.papers, found.hits, found.share, found.per_week) == (16, 9, 9 / 16, 3.0)


def test_five_samples_are_spread_over_the_hits_newest_first() -> None:
    found = dry_run(parse("kite"), papers(*["red kite"] * 21))
    assert [sample.paper.seq for sample in found.samples] == [21, 16, 11, 6, 1]
    assert all(sample.shown.reason == 'contains "kite"' for sample in found.samples)


def test_fewer_hits_than_samples_are_all_shown() -> None:
    found = dry_run(parse("kite"), papers("kite", "net", "kite"))
    assert [sample.paper.seq for sample in found.samples] == [3, 1]


def test_overlap_with_other_alerts_is_told_largest_first() -> None:
    history = papers("red kite", "red kite", "blue kite", "red net")
    found = dry_run(parse("kite"), history, [parse("blue"), parse("balloon"), parse("red")])
    assert [(one.position, one.shared, one.share, one.same) for one in found.overlaps] == [
        (2, 2, 2 / 3, False),
        (0, 1, 1 / 3, False),
    ]


def test_an_alert_that_means_the_same_is_told_even_without_hits() -> None:
    found = dry_run(parse("red balloons"), papers("kite"), [parse("kite"), parse("Balloon red")])
    assert [(one.position, one.same) for one in found.overlaps] == [(1, True)]


def test_words_that_are_mostly_apart_are_narrowed_by_making_them_a_phrase() -> None:
    history = papers(*["kite with a tail"] * 15, *["a kite tail"] * 5, *["nothing"] * 20)
    best = dry_run(parse("kite tail"), history).tightenings[0]
    assert (best.query, best.hits) == ('"kite tail"', 5)
    assert best.why == "the words as a phrase: 5 instead of 20"


def test_what_follows_the_words_is_kept_when_they_become_a_phrase() -> None:
    history = papers(*["kite with a tail"] * 15, *["a kite tail"] * 5, *["survey"] * 20)
    found = dry_run(parse("kite tail -survey"), history)
    assert found.tightenings[0].query == '"kite tail" -survey'


def test_a_second_word_that_halves_the_hits_is_offered_and_counted() -> None:
    history = papers(*["a kite of silk"] * 10, *["a kite of wood"] * 11, *["a net"] * 60)
    found = dry_run(parse("kite"), history)
    assert found.is_too_broad
    offered = {one.query: one.hits for one in found.tightenings}
    assert (offered["kite silk"], offered["kite wood"]) == (10, 11)
    for one in found.tightenings:
        assert dry_run(parse(one.query), history).hits == one.hits


def test_a_word_that_papers_have_anyway_is_not_offered() -> None:
    with_method = [f"{noun} with method {i % 2}" for noun in ("kite", "net") for i in range(20)]
    history = papers(*[text.replace("method 1", "care") for text in with_method])
    offered = {one.query for one in dry_run(parse("kite"), history).tightenings}
    assert not offered & {"kite method", "kite care"}


def test_an_or_is_put_in_parentheses_before_a_word_is_added() -> None:
    history = papers(*["a kite of silk"] * 10, *["a dragon of paper"] * 11, *["a net"] * 60)
    offered = {one.query for one in dry_run(parse("kite OR dragon"), history).tightenings}
    assert "(kite OR dragon) silk" in offered


def test_a_query_that_finds_little_is_not_narrowed() -> None:
    found = dry_run(parse("kite"), papers("kite", *["net"] * 50))
    assert not found.is_too_broad
    assert found.tightenings == ()


def test_no_papers_at_all_are_said_to_be_none() -> None:
    found = dry_run(parse("kite"), [])
    assert (found.papers, found.hits, found.share, found.per_week) == (0, 0, 0.0, 0.0)
    assert found.notes == ("There are no papers yet to try it on.",)


def test_a_field_that_papers_do_not_carry_is_said_to_find_nothing() -> None:
    history = papers("kite", "net", every=timedelta(days=9))
    assert "author: never held" in " ".join(dry_run(parse("author:Ames"), history).notes)
    named = [replace(one, author_names=("Bo Ames",)) for one in history]
    known = dry_run(parse("author:Ames"), named)
    assert (known.hits, known.notes) == (2, ())
    counted = dry_run(parse("kite comments>3"), [replace(one, comments=None) for one in history])
    assert "a comparison of comments never held" in " ".join(counted.notes)


def test_papers_that_were_read_before_give_what_reading_them_anew_gives() -> None:
    pick = Random(11)
    words = "kite kites red data set dataset few-shot fewshot few shot C++ Ames' net GPT-4o".split()
    texts = [" ".join(pick.choices(words, k=12)) for _ in range(60)]
    first, later = papers(*texts[:40]), papers(*texts[20:])
    queries = [
        *("dataset", '"data set"', "fewshot", "few-shot net", '="Ames"', "NEAR(red kite, 3)"),
        *("ki*", "red -kite", '"red data set"', "title:paper kite", "date>2025-06-20 C++"),
    ]
    history = History()
    for held in (first, later):
        history.follow(held)
        asked = {text: parse(text) for text in queries}
        assert percolate(asked, held, history) == percolate(asked, held)
        for query in asked.values():
            assert dry_run(query, held, history=history) == dry_run(query, held)


def test_a_paper_that_changed_is_read_again() -> None:
    history = History()
    (one,) = papers("a red kite")
    history.follow([one])
    changed = replace(one, abstract="a blue net")
    history.follow([changed])
    assert percolate({0: parse("kite")}, [changed], history) == {}
    assert percolate({0: parse("net")}, [changed], history) == {0: (0,)}


def test_papers_may_come_in_any_order() -> None:
    history = papers(*["kite"] * 3, *["net"] * 9)
    assert dry_run(parse("kite"), history[::-1]) == dry_run(parse("kite"), history)


def test_a_word_that_no_paper_has_is_named_when_nothing_is_found() -> None:
    history = papers("a red kite", "a red net", every=timedelta(days=9))
    assert dry_run(parse("red kyte"), history).notes == ('No paper has the word "kyte".',)
    assert dry_run(parse("kite net"), history).notes == ()


def test_whoever_waits_for_a_dry_run_can_end_it_at_any_time() -> None:
    history = papers(*["a red kite in the wind"] * 12, "a net", every=timedelta(days=1))
    query = parse('"red kite in" OR NEAR(kite wind, 4) OR net*')
    looks: list[int] = []
    assert dry_run(query, history, check=lambda: looks.append(1)).hits == 13
    assert len(looks) > len(history)

    class Enough(Exception):
        pass

    for last in range(len(looks)):
        left = iter(range(last))

        def check(left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Enough

        with pytest.raises(Enough):
            dry_run(query, history, check=check)


def test_words_of_papers_that_are_long_gone_are_forgotten(monkeypatch) -> None:
    """Each day brings words of its own: a history of years must not keep those of all days."""
    monkeypatch.setattr(history_room, "_FEWEST_GONE", 10)
    days = [
        [
            replace(one, seq=one.seq + 5 * day)
            for one in papers(*[f"kite word{day}x{i}" for i in range(5)])
        ]
        for day in range(60)
    ]
    kept = History()
    sizes = []
    for day in days:
        kept.follow(day)
        sizes.append(len(kept.words_of[Reading.APART]))
        fresh = History()
        fresh.follow(day)
        for query in ("kite", "wor*", '"kite word3x1"'):
            assert dry_run(parse(query), day, [], kept) == dry_run(parse(query), day, [], fresh)
    assert max(sizes) < 60
    assert len(kept.holding) < 60
    assert len(kept._same) < 60
