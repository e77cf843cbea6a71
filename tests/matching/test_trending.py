"""Trending: talk and fit together, on one scale, in a stable order."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from fakes.pages import dump
from fakes.source_shapes import daily_papers
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import trending as room
from matching.ingest import ingest
from matching.ranking import FLOOR, score
from matching.trending import ordered, trending
from storage import papers, profiles, sightings, votes
from storage.records import OwnerKind, Paper, RawDump, VoteKind
from storage.sightings import Growth

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def paper(seq, *, age=0):
    return Paper(
        seq=seq,
        title=f"Paper {seq}",
        abstract="",
        first_seen=NOW,
        published=NOW.date() - timedelta(days=age),
    )


def grown(seq, gained, *, before=3):
    return paper(seq), Growth(seq=seq, before=before, comments=before + gained)


def once(seq, comments, *, age=0):
    return paper(seq, age=age), Growth(seq=seq, before=None, comments=comments)


def seqs(trends):
    return [one.paper.seq for one in trends]


def scores(trends):
    return {one.paper.seq: one.score for one in trends}


# --- the order -----------------------------------------------------------------------------


def test_of_papers_that_fit_as_many_the_one_that_gained_more_comes_first():
    found = [grown(1, 2), grown(2, 40), grown(3, 0)]
    assert seqs(ordered(found, {1: 5, 2: 5, 3: 5}, NOW)) == [2, 1, 3]


def test_of_papers_that_gained_as_much_the_one_that_fits_more_comes_first():
    found = [grown(1, 4), grown(2, 4), grown(3, 4)]
    assert seqs(ordered(found, {1: 3, 2: 0, 3: 9}, NOW)) == [3, 1, 2]


def test_of_equals_the_newest_comes_first():
    found = [grown(5, 4), grown(9, 4), grown(7, 4)]
    trends = ordered(found, {5: 2, 7: 2, 9: 2}, NOW)
    assert seqs(trends) == [9, 7, 5]
    assert {one.score for one in trends} == {0.0}


def test_neither_talk_nor_fit_outweighs_the_other_by_its_scale():
    """Thousands of comments and a handful of profiles: what is best in either is as high."""
    found = [grown(1, 0), grown(2, 5_000), grown(3, 0), grown(4, 5_000)]
    found_scores = scores(ordered(found, {1: 0, 2: 0, 3: 3, 4: 3}, NOW))
    assert found_scores[2] == pytest.approx(found_scores[3])
    assert found_scores[4] > found_scores[3] > found_scores[1]


def test_a_paper_counted_once_is_compared_with_others_of_its_age():
    young = [once(1, 0, age=0), once(2, 6, age=0)]
    old = [once(3, 50, age=30), once(4, 60, age=30)]
    found = scores(ordered([*young, *old], {}, NOW))
    assert found[2] > found[4] > 0 > found[3] > found[1]


def test_a_paper_alone_of_its_age_is_average():
    found = scores(ordered([once(1, 0), once(2, 9), once(3, 500, age=100)], {}, NOW))
    assert found[3] == 0
    assert found[2] > 0


def test_where_nobody_counted_comments_fit_decides():
    found = [(paper(i), Growth(seq=i, before=None, comments=None)) for i in (1, 2, 3)]
    assert seqs(ordered(found, {1: 1, 2: 7}, NOW)) == [2, 1, 3]


def upvoted(seq, gained, *, comments=None):
    return paper(seq), Growth(
        seq=seq,
        before=None if comments is None else 3,
        comments=None if comments is None else 3 + comments,
        upvotes_before=10,
        upvotes=10 + gained,
    )


def test_of_papers_that_fit_as_many_the_one_that_gained_more_upvotes_comes_first():
    found = [upvoted(1, 2), upvoted(2, 40), upvoted(3, 0)]
    trends = ordered(found, {1: 5, 2: 5, 3: 5}, NOW)
    assert seqs(trends) == [2, 1, 3]
    assert (trends[0].upvoted, trends[0].upvotes, trends[0].growth) == (40, 50, None)


def test_comments_and_upvotes_together_weigh_as_much_as_fit():
    """What is best in all talk is as high as what is best in fit."""
    found = [upvoted(1, 9000, comments=9000), upvoted(2, 0, comments=0), upvoted(3, 0, comments=0)]
    trends = scores(ordered(found, {1: 0, 2: 7, 3: 0}, NOW))
    assert trends[1] == pytest.approx(trends[2])
    assert trends[3] < trends[2]


def test_upvotes_tell_papers_apart_whose_comments_grew_alike():
    found = [upvoted(1, 3, comments=4), upvoted(2, 80, comments=4), upvoted(3, 3, comments=0)]
    assert seqs(ordered(found, {}, NOW)) == [2, 1, 3]


def test_a_paper_whose_upvotes_were_counted_once_is_compared_with_others_of_its_age():
    found = [
        (paper(seq, age=age), Growth(seq=seq, before=None, comments=None, upvotes=upvotes))
        for seq, age, upvotes in ((1, 0, 4), (2, 0, 30), (3, 20, 900), (4, 20, 30))
    ]
    trends = scores(ordered(found, {}, NOW))
    assert trends[2] > trends[4]


def test_lost_comments_count_as_none_gained_and_are_told():
    trends = ordered([grown(1, -3), grown(2, 0), grown(3, 5)], {}, NOW)
    assert scores(trends)[1] == scores(trends)[2]
    assert next(one.growth for one in trends if one.paper.seq == 1) == -3


def test_nothing_to_order_is_no_error():
    assert ordered([], {}, NOW) == []
    (only,) = ordered([grown(1, 9)], {1: 4}, NOW)
    assert (only.score, only.fits, only.growth, only.before, only.comments) == (0, 4, 9, 3, 12)


def test_papers_without_a_date_have_the_age_of_their_first_sighting():
    known = paper(1, age=30)
    unknown = Paper(seq=2, title="x", abstract="", first_seen=NOW - timedelta(days=30))
    ahead = Paper(seq=3, title="x", abstract="", first_seen=NOW, published=date(2027, 1, 1))
    assert room._age(known, NOW) == room._age(unknown, NOW)
    assert room._age(ahead, NOW) == 0


COUNTS = st.integers(0, 300)
KNOWN = st.tuples(st.none() | COUNTS, st.none() | st.integers(-5, 100), st.integers(0, 40), COUNTS)


def growth_of(seq, comments, gained):
    before = None if comments is None or gained is None else max(comments - gained, 0)
    return Growth(seq=seq, before=before, comments=comments)


@settings(max_examples=200, deadline=None)
@given(made=st.lists(KNOWN, max_size=12), seed=st.randoms(use_true_random=False))
def test_the_order_is_one_order_and_more_never_ranks_lower(made, seed):
    found = [
        (paper(seq, age=age), growth_of(seq, comments, gained))
        for seq, (comments, gained, age, _) in enumerate(made, 1)
    ]
    fits = {seq: one[3] for seq, one in enumerate(made, 1)}
    trends = ordered(found, fits, NOW)
    assert sorted(seqs(trends)) == [one.seq for one, _ in found]
    assert all(
        (one.score, one.paper.seq) > (other.score, other.paper.seq)
        for one, other in pairwise(trends)
    )
    place = {one.paper.seq: i for i, one in enumerate(trends)}
    for one in trends:
        for other in trends:
            is_like = one.growth is not None and other.growth is not None
            if is_like and (max(one.growth, 0), one.fits) > (max(other.growth, 0), other.fits):
                is_better = one.growth >= other.growth and one.fits >= other.fits
                assert not is_better or place[one.paper.seq] < place[other.paper.seq]
    shuffled = list(found)
    seed.shuffle(shuffled)
    again = ordered(shuffled, fits, NOW)
    assert {one.paper.seq: round(one.score, 6) for one in again} == {
        one.paper.seq: round(one.score, 6) for one in trends
    }


# --- with a store --------------------------------------------------------------------------


BEES = ("Honey Bees and their Hives", "Swarms of Honey Bees", "Bees that Dance for Honey")
LOOMS = ("Looms that Weave Silk Yarn", "The Shuttle of a Silk Loom", "Yarn and Weft on Looms")
OLD = [f"{a} {b} of the {c}" for a in ("Comets", "Tides", "Mosses") for b in ("Dust", "Peat", "Ice")
       for c in ("Harbour", "Glacier", "Orbit")]  # fmt: skip


@pytest.fixture
async def stocked(library, clock):
    """Papers of last month to stand out from, then three on bees and three on looms."""
    await ingest(library.db, library.encoder, dump(*OLD, name="old", comments=2), clock.now)
    clock.advance(days=30)
    await ingest(
        library.db, library.encoder, dump(*BEES, *LOOMS, name="new", comments=1), clock.now
    )
    return library


@pytest.fixture
def person(library, clock):
    async def make(name, *interests):
        made = await library.db.write(
            profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner=name,
            name=name, zone="UTC", now=clock.now,
        )  # fmt: skip
        for interest in interests:
            await library.db.write(profiles.add_interest, made.id, interest, clock.now)
        return made

    return make


async def seen_again(library, clock, *titles, comments):
    raw = dump(*titles, name="again", comments=comments)
    await ingest(library.db, library.encoder, raw, clock.now)


async def test_new_papers_trend_and_old_ones_only_if_they_grew(stocked, clock):
    clock.advance(days=1)
    await seen_again(stocked, clock, OLD[0], comments=9)
    await ingest(stocked.db, stocked.encoder, dump(OLD[1], name="same", comments=2), clock.now)

    found = await trending(stocked, clock.now - WEEK, clock.now, 99)

    assert {one.paper.title for one in found} == {*BEES, *LOOMS, OLD[0]}
    (old,) = [one for one in found if one.paper.title == OLD[0]]
    assert (old.before, old.comments, old.growth) == (2, 9, 7)
    assert {one.growth for one in found if one is not old} == {None}


async def test_an_old_paper_that_gained_upvotes_trends(stocked, clock):
    for day, upvotes in enumerate((3, 64)):
        told = json.loads(daily_papers([("2601.00001", OLD[0])]))
        told[0]["paper"]["upvotes"], told[0]["numComments"] = upvotes, 2
        raw = RawDump(name=f"{day}.json", data=json.dumps(told).encode())
        await ingest(stocked.db, stocked.encoder, raw, clock.now)
        clock.advance(days=1)

    found = await trending(stocked, clock.now - WEEK, clock.now, 99)

    (old,) = [one for one in found if one.paper.title == OLD[0]]
    assert (old.upvoted, old.upvotes, old.growth) == (61, 64, 0)


async def test_a_paper_that_is_talked_about_rises(stocked, clock):
    clock.advance(days=1)
    await seen_again(stocked, clock, *BEES, comments=2)
    clock.advance(days=1)
    await seen_again(stocked, clock, BEES[2], comments=60)

    best = (await trending(stocked, clock.now - WEEK, clock.now, 1))[0]

    assert (best.paper.title, best.growth) == (BEES[2], 59)


async def test_fits_are_the_profiles_for_which_ranking_reaches_the_floor(stocked, clock, person):
    made = [
        await person("ada", "honey bees swarm", "silk yarn"),
        await person("ben", "honey bees hive"),
        await person("eve"),
    ]
    await stocked.db.write(votes.vote, made[2].id, len(OLD) + 4, VoteKind.LIKE, clock.now)

    found = await trending(stocked, clock.now - WEEK, clock.now, 99)

    background = await stocked.background(clock.now)
    pool = await stocked.pool(len(OLD), len(OLD) + 6, clock.now)
    expected = dict.fromkeys(range(len(OLD) + 1, len(OLD) + 7), 0)
    for one in made:
        total = score(await stocked.taste(one.id, clock.now), pool, background).total
        for paper, reached in zip(pool.papers, total, strict=True):
            expected[paper.seq] += int(reached >= FLOOR)
    assert {one.paper.seq: one.fits for one in found} == expected
    assert set(expected.values()) >= {0, 1, 2}
    assert found[0].fits == max(expected.values())


async def test_without_profiles_nothing_fits_and_talk_decides(stocked, clock, person):
    quiet = await person("no wishes")
    await stocked.db.write(votes.vote, quiet.id, len(OLD) + 1, VoteKind.DISLIKE, clock.now)

    found = await trending(stocked, clock.now - WEEK, clock.now, 4)

    assert [one.fits for one in found] == [0] * 4
    assert [one.paper.seq for one in found] == [len(OLD) + i for i in (6, 5, 4, 3)]


async def test_an_empty_window_has_no_trends(stocked, clock):
    clock.advance(days=60)
    assert await trending(stocked, clock.now - WEEK, clock.now, 9) == []


@pytest.mark.parametrize("limit", [0, 1, 3])
async def test_a_limit_cuts_the_list_at_its_end(stocked, clock, person, limit):
    await person("ada", "honey bees swarm")
    every = await trending(stocked, clock.now - WEEK, clock.now, 99)
    assert await trending(stocked, clock.now - WEEK, clock.now, limit) == every[:limit]


async def test_of_many_profiles_a_draw_is_asked_and_scaled_up(stocked, clock, person, monkeypatch):
    monkeypatch.setattr(room, "ASKED", 4)
    for n in range(12):
        await person(f"person {n}", "honey bees swarm")
    asked = []
    tastes = stocked.tastes

    async def noting(profile_ids, now):
        asked.extend(profile_ids)
        return await tastes(profile_ids, now)

    monkeypatch.setattr(stocked, "tastes", noting)
    found = await trending(stocked, clock.now - WEEK, clock.now, 99)
    assert len(set(asked)) == 4
    assert {one.fits for one in found} == {0, 12}
    stocked.memory.clear()
    await trending(stocked, clock.now - WEEK, clock.now, 99)
    assert asked[:4] == asked[4:]


async def test_fits_are_counted_once_an_hour(stocked, clock, person):
    async def fits():
        found = await trending(stocked, clock.now - WEEK, clock.now, 99)
        return max(one.fits for one in found)

    await person("ada", "honey bees swarm")
    assert await fits() == 1
    await person("ben", "honey bees swarm")
    clock.advance(minutes=59)
    assert await fits() == 1
    clock.advance(minutes=1)
    assert await fits() == 2


async def test_a_dump_has_only_its_own_papers_counted_and_few_are_not_waited_for(
    stocked, clock, person, monkeypatch
):
    counted = []
    count = room._count

    async def told(library, seqs, now):
        counted.append(list(seqs))
        return await count(library, seqs, now)

    monkeypatch.setattr(room, "_count", told)
    await person("ada", "honey bees swarm")
    before = await trending(stocked, clock.now - WEEK, clock.now, 99)
    await ingest(stocked.db, stocked.encoder, dump("Honey Bees that Swarm", name="n"), clock.now)
    newest = await stocked.db.read(papers.newest)

    monkeypatch.setattr(room, "AT_HAND", 0.99)
    found = await trending(stocked, clock.now - WEEK, clock.now, 99)
    assert len(found) == len(before) + 1
    assert {one.fits for one in found if one.paper.seq == newest} == {0}
    await room.prepare(stocked, clock.now - WEEK, clock.now)
    found = await trending(stocked, clock.now - WEEK, clock.now, 99)
    assert {one.fits for one in found if one.paper.seq == newest} == {1}
    assert len(counted) == 2
    assert counted[1] == [newest]


async def test_a_longer_window_asks_only_about_the_papers_that_it_adds(stocked, clock, person):
    await person("ada", "honey bees swarm", "comets dust")
    week = await trending(stocked, clock.now - WEEK, clock.now, 99)

    month = await trending(stocked, clock.now - timedelta(days=40), clock.now, 99)

    assert len(month) == len(OLD) + 6
    fits = {one.paper.seq: one.fits for one in month}
    assert {one.paper.seq: fits[one.paper.seq] for one in week} == {
        one.paper.seq: one.fits for one in week
    }
    assert any(fits[seq] for seq in range(1, len(OLD) + 1))


async def test_a_paper_that_is_not_embedded_yet_fits_nobody_and_is_shown(stocked, clock, person):
    await person("ada", "honey bees swarm")
    gone = len(OLD) + 1
    await stocked.db.write(lambda tx: tx.execute("DELETE FROM vectors WHERE seq = :s", s=gone))

    found = await trending(stocked, clock.now - WEEK, clock.now, 99)

    assert next(one.fits for one in found if one.paper.seq == gone) == 0
    assert len(found) == 6


async def test_trends_are_told_from_what_the_store_counted(stocked, clock):
    clock.advance(days=1)
    await seen_again(stocked, clock, *BEES, comments=8)
    counted = await stocked.db.read(sightings.growth, clock.now - WEEK, clock.now)
    known = {one.seq: one for one in counted}
    for one in await trending(stocked, clock.now - WEEK, clock.now, 99):
        growth = known[one.paper.seq]
        assert (one.growth, one.before, one.comments) == (
            growth.gained,
            growth.before,
            growth.comments,
        )
        assert [one.paper] == await stocked.db.read(papers.by_seq, [one.paper.seq])


async def test_what_was_counted_ahead_is_not_counted_again(library, clock, monkeypatch):
    """Whoever asks after a dump does not wait for the profiles to be tried."""
    await ingest(library.db, library.encoder, dump("Hives and Honey", "Looms"), clock.now)
    reader = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="slack", workspace="T1", owner="U1",
        name="ada", zone="UTC", now=clock.now,
    )  # fmt: skip
    await library.db.write(profiles.add_interest, reader.id, "hives and honey", clock.now)
    counted = []
    count = room._count

    async def watched(library, seqs, now):
        counted.append(list(seqs))
        return await count(library, seqs, now)

    monkeypatch.setattr(room, "_count", watched)
    await room.prepare(library, clock.now - WEEK, clock.now)
    assert counted == [[1, 2]]
    assert len(await trending(library, clock.now - WEEK, clock.now, 5)) == 2
    assert counted == [[1, 2]]
