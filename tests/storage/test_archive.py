"""Papers of the past are found by whoever looks, and are news once they turn up as news."""

from dataclasses import replace

import pytest
from fakes import source_shapes as shapes
from fakes.pages import dump

from matching.ingest import embed_some, ingest, reembed
from matching.search import by_words, similar
from storage import papers, profiles, vectors, votes
from storage.records import OwnerKind, RawDump, VoteKind

TITLES = ["Rings of the Past", "Chains of the Past", "Knots of the Past"]


def past(*titles: str) -> RawDump:
    return replace(dump(*titles, name="past.txt"), is_past=True)


async def every(db):
    return await db.read(papers.between, vectors.EVERYTHING, 10**9)


async def test_papers_of_the_past_lie_below_every_cursor(db, encoder, clock):
    report = await ingest(db, encoder, past(*TITLES), clock.now)
    assert report.new == 3
    assert encoder.encoded == []
    assert [paper.seq for paper in await every(db)] == [-3, -2, -1]
    assert await db.read(papers.newest) == 0
    assert await db.read(papers.horizon, clock.now) == 0
    assert await db.read(papers.last_before, clock.advance(days=1)) == 0
    await ingest(db, encoder, dump("Rings of Today"), clock.now)
    assert await db.read(papers.newest) == 1


async def test_papers_of_the_past_are_found_by_words_and_by_their_number(db, encoder, clock):
    await ingest(db, encoder, past(*TITLES), clock.now)
    (hit,) = [hit for hit in await by_words(db, "knots", 5) if "Knots" in hit.paper.title]
    assert hit.paper.seq == -3
    assert await db.read(papers.find, "#-3") == [hit.paper]
    assert await db.read(papers.find, "-3") == [hit.paper]


async def test_the_archive_is_embedded_when_asked_the_latest_day_first(library, clock):
    db, encoder = library.db, library.encoder
    await ingest(db, encoder, past(*TITLES), clock.now)
    assert await reembed(db, encoder, clock.now) == 0
    model = await library.model(clock.now)
    assert await embed_some(db, encoder, model, 2, clock.now) == (2, -2)
    assert await db.read(vectors.having, model, [-1, -2, -3]) == {-1, -2}
    assert await embed_some(db, encoder, model, 2, clock.now, below=-2) == (1, -3)
    assert await embed_some(db, encoder, model, 2, clock.now, below=-3) == (0, -3)
    (paper,) = await db.read(papers.by_seq, [-1])
    assert {hit.paper.seq for hit in await similar(library, paper, 5, clock.now)} == {-2, -3}


async def test_a_paper_of_the_past_becomes_news_with_all_that_hangs_on_it(library, clock):
    db, encoder = library.db, library.encoder
    await ingest(db, encoder, past(*TITLES), clock.now)
    ada = await db.write(
        profiles.add,
        kind=OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner="ada",
        name="ada",
        zone="UTC",
        now=clock.now,
    )
    await db.write(votes.vote, ada.id, -2, VoteKind.SAVE, clock.now)
    await ingest(db, encoder, dump("A First Paper", "A Second Paper"), clock.advance(days=1))
    report = await ingest(db, encoder, dump(TITLES[1]), clock.advance(days=1))
    assert (report.new, report.seen_again) == (1, 0)
    (moved,) = await db.read(papers.find, TITLES[1])
    assert (moved.seq, moved.first_seen) == (3, clock.now)
    assert [vote.seq for vote in await db.read(votes.of, ada.id)] == [3]
    assert [sighting.dump for sighting in await db.read(papers.sightings, 3)] == [
        "past.txt",
        "page.txt",
    ]
    assert await db.read(vectors.having, await library.model(clock.now), [3]) == {3}
    assert [hit.paper.seq for hit in await by_words(db, "chains", 5)] == [3]
    await ingest(db, encoder, dump("A Fourth Paper"), clock.advance(days=1))
    assert await db.read(papers.newest) == 4
    assert len(await every(db)) == 6


async def test_a_number_of_the_archive_stays_its_papers_own(db, encoder, clock):
    await ingest(db, encoder, past(*TITLES), clock.now)
    await ingest(db, encoder, dump(TITLES[2]), clock.advance(days=1))
    await ingest(db, encoder, past("Links of the Past"), clock.advance(days=1))
    assert [one.seq for one in await every(db)] == [-4, -2, -1, 1]
    assert [one.title for one in await db.read(papers.by_seq, [-3, -4])] == [
        TITLES[2],
        "Links of the Past",
    ]
    assert [one.seq for one in await db.read(papers.find, "#-3")] == [1]


@pytest.mark.parametrize("kind", ["replace", "replace-cross"])
async def test_a_revision_is_never_passed_off_as_new(db, encoder, clock, kind):
    def feed(*items):
        return RawDump(name="feed", data=shapes.arxiv_rss(items))

    await ingest(db, encoder, feed(("2510.00001v1", "Rings", "new")), clock.now)
    clock.advance(days=1)
    revised = feed(
        ("2510.00001v2", "Rings, Now With Proofs", kind), ("2501.00009v4", "An Old Friend", kind)
    )
    report = await ingest(db, encoder, revised, clock.now)
    assert await db.read(papers.newest) == 1
    assert report.new == 1  # it was not known, and is kept in the archive
    (rings,) = await db.read(papers.find, "2510.00001")
    assert (rings.title, rings.facts.version) == ("Rings", 2)
    assert [(one.announced, one.version) for one in await db.read(papers.sightings, 1)] == [
        ("new", 1),
        ("replace", 2),
    ]
    (friend,) = await db.read(papers.find, "2501.00009")
    assert friend.seq == -1


async def test_one_paper_of_a_page_a_feed_and_an_api_has_what_each_of_them_knows(
    db, encoder, clock
):
    title = "Sparse Attention for Invented Tasks"
    await ingest(db, encoder, dump(title, comments=1), clock.now)
    for data in (
        shapes.daily_papers([("2510.00001", title)]),
        shapes.arxiv_rss([("2510.00001v2", title, "cross")], category="stat.ML"),
        shapes.oai([("2510.00001", title, ["Sat, 25 Oct 2025 10:00:00 GMT"], "cs.CL")]),
    ):
        report = await ingest(db, encoder, RawDump(name="x", data=data), clock.advance(hours=1))
        assert (report.new, report.seen_again) == (0, 1)
    (paper,) = await every(db)
    assert (paper.arxiv_id, paper.comments, paper.authors) == ("2510.00001", 4, 3)
    assert paper.facts.is_on_hugging_face
    assert paper.facts.categories == ("stat.ML", "cs.LG", "cs.CL")
    assert len(await db.read(papers.sightings, paper.seq)) == 4


async def test_two_editorials_of_one_title_are_two_papers(db, encoder, clock):
    lines = b"".join(
        b'{"title": "Editorial", "abstract": "Number %d is about rings.", "doi": "10.1000/%d"}\n'
        % (n, n)
        for n in (1, 2)
    )
    report = await ingest(db, encoder, RawDump(name="x", data=lines), clock.now)
    assert report.new == 2
