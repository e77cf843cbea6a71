"""Growth: comments gained in a window, from sightings that often say nothing of them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fakes.pages import page
from fakes.source_shapes import daily_papers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.ingest import ingest
from storage import sightings
from storage.records import Layout, RawDump
from storage.sightings import Growth

START = datetime(2025, 10, 1, tzinfo=UTC)
ONE = "A Paper that is Seen Again and Again"
SINCE, NOW = START + timedelta(days=10), START + timedelta(days=20)


@dataclass
class Shelf:
    """A database into which dumps come on given days."""

    db: object
    encoder: object
    count: int = field(default=0)

    async def sees(self, day, *titles, comments=None, layout=None):
        """A page of these titles, `day` days after START; its bytes differ from every other's."""
        self.count += 1
        raw = RawDump(name=f"{self.count}.txt", data=page(titles, comments=comments) + b"\n" * day)
        await ingest(self.db, self.encoder, raw, START + timedelta(days=day))
        if layout is not None:
            await self.db.write(
                lambda tx: tx.execute(
                    "UPDATE dumps SET layout = :layout WHERE name = :name",
                    layout=layout,
                    name=raw.name,
                )
            )

    async def growth(self):
        return await self.db.read(sightings.growth, SINCE, NOW)


@pytest.fixture
def shelf(db, encoder):
    return Shelf(db, encoder)


async def test_growth_is_counted_from_the_last_sighting_before_the_window(shelf):
    for day, comments in ((1, 2), (8, 5), (12, 9), (19, 30)):
        await shelf.sees(day, ONE, comments=comments)
    (one,) = await shelf.growth()
    assert (one.before, one.comments, one.gained) == (5, 30, 25)


async def test_of_a_paper_that_is_new_growth_is_counted_from_its_first_sighting(shelf):
    await shelf.sees(12, ONE, comments=9)
    await shelf.sees(15, ONE, comments=12)
    (one,) = await shelf.growth()
    assert (one.before, one.comments, one.gained) == (9, 12, 3)


async def test_a_paper_seen_once_has_comments_and_no_growth(shelf):
    await shelf.sees(12, ONE, comments=9)
    (one,) = await shelf.growth()
    assert (one.before, one.comments, one.gained) == (None, 9, None)


async def test_only_papers_seen_in_the_window_count(shelf):
    await shelf.sees(1, ONE, comments=9)
    await shelf.sees(21, ONE, comments=90)
    assert await shelf.growth() == []


async def test_both_ends_belong_to_the_window(shelf):
    await shelf.sees(10, ONE, comments=9)
    await shelf.sees(20, ONE, comments=10)
    assert [one.gained for one in await shelf.growth()] == [1]


async def test_where_the_page_shows_counts_none_is_no_comments(shelf):
    await shelf.sees(5, ONE)
    await shelf.sees(15, ONE, comments=7)
    (one,) = await shelf.growth()
    assert (one.before, one.comments) == (0, 7)


async def test_a_page_without_counts_says_nothing_of_them(shelf):
    await shelf.sees(5, ONE, comments=4)
    await shelf.sees(9, ONE, layout=Layout.TIGHT)
    await shelf.sees(15, ONE, comments=7)
    await shelf.sees(16, ONE, layout=Layout.SPACED_PLAIN)
    (one,) = await shelf.growth()
    assert (one.before, one.comments) == (4, 7)


async def test_a_count_that_is_missing_later_was_not_read(shelf):
    await shelf.sees(12, ONE, comments=40)
    await shelf.sees(15, ONE)
    (one,) = await shelf.growth()
    assert (one.before, one.comments) == (None, 40)


async def test_a_paper_whose_comments_nobody_counted_is_there_all_the_same(shelf):
    await shelf.sees(12, ONE, layout=Layout.TIGHT)
    assert await shelf.growth() == [Growth(seq=1, before=None, comments=None)]


async def test_comments_that_were_deleted_are_a_loss(shelf):
    await shelf.sees(5, ONE, comments=9)
    await shelf.sees(15, ONE, comments=4)
    assert [one.gained for one in await shelf.growth()] == [-5]


async def test_upvotes_grow_like_comments_and_apart_from_them(db, encoder):
    for day, upvotes, comments in ((1, 5, 2), (8, 12, None), (19, 40, 2)):
        told = json.loads(daily_papers([("2510.00001", ONE)]))
        told[0]["paper"]["upvotes"] = upvotes
        told[0]["numComments"] = comments
        raw = RawDump(name=f"{day}.json", data=json.dumps(told).encode())
        await ingest(db, encoder, raw, START + timedelta(days=day))

    (one,) = await db.read(sightings.growth, SINCE, NOW)

    assert (one.upvotes_before, one.upvotes, one.upvotes_gained) == (12, 40, 28)
    assert (one.before, one.comments, one.gained) == (2, 2, 0)


async def test_a_page_says_nothing_of_upvotes(shelf):
    await shelf.sees(8, ONE, comments=1)
    await shelf.sees(12, ONE, comments=2)
    (one,) = await shelf.growth()
    assert (one.upvotes, one.upvotes_gained, one.gained) == (None, None, 1)


async def test_papers_come_in_the_order_of_arrival(shelf):
    await shelf.sees(11, "B Paper", "A Paper", "C Paper", comments=1)
    await shelf.sees(13, "C Paper", "B Paper", comments=2)
    assert [(one.seq, one.gained) for one in await shelf.growth()] == [(1, 1), (2, None), (3, 1)]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seen=st.lists(
        st.tuples(st.integers(0, 25), st.none() | st.integers(0, 50)), min_size=1, max_size=8
    ).map(lambda found: sorted(found, key=lambda one: one[0]))
)
async def test_growth_is_the_difference_of_two_counts_in_their_order(db, seen):
    def fill(tx):
        tx.execute("DELETE FROM sightings")
        tx.execute("DELETE FROM papers")
        tx.execute("DELETE FROM dumps")
        for i, (day, comments) in enumerate(seen, 1):
            at = (START + timedelta(days=day)).isoformat(timespec="microseconds")
            tx.execute(
                """
                INSERT INTO dumps (id, sha256, name, layout, status, entries, rejects, notes,
                    arrived_at, touched_at)
                VALUES (:id, :id, 'x', 'tight', 'done', 1, '[]', '[]', :at, :at)
                """,
                id=i,
                at=at,
            )
            if i == 1:
                tx.execute(
                    """
                    INSERT INTO papers (seq, title, title_key, abstract, first_seen, first_dump)
                    VALUES (1, 'x', 'x', '', :at, 1)
                    """,
                    at=at,
                )
            tx.execute(
                "INSERT INTO sightings (seq, dump_id, comments) VALUES (1, :dump, :comments)",
                dump=i,
                comments=comments,
            )

    await db.write(fill)
    found = await db.read(sightings.growth, SINCE, NOW)

    assert bool(found) is any(10 <= day <= 20 for day, _ in seen)
    counted = [(day, comments) for day, comments in seen if comments is not None and day <= 20]
    for one in found:
        assert one.comments == (counted[-1][1] if counted else None)
        older = [comments for day, comments in counted if day < 10]
        newer = [comments for day, comments in counted if day >= 10]
        if newer and older:
            assert one.gained == newer[-1] - older[-1]
        elif len(newer) > 1:
            assert one.gained == newer[-1] - newer[0]
        else:
            assert one.gained is None
