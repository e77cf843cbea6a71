"""What a digest leaves out, and says so: what an alert told, what is old, how long it covers."""

from datetime import timedelta

import pytest
from fakes.pages import dump

from bot import alerts, desk, digests, messages, timetable
from bot.demo import samples
from matching.alerts import parse
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, profiles, sources
from storage.records import DeliveryKind, OwnerKind
from storage.sources import Doubt, SourceDay

PAPERS = ("Graph Networks for Invented Molecules", "Graph Networks for Traffic")
LATER = ("Graph Networks for Bridges", "Graph Networks for Proteins")


@pytest.fixture
async def library(db, minilm, clock) -> Library:
    """With real meaning, and papers of last month to stand out from."""
    for raw in samples():
        await ingest(db, minilm, raw, clock.now - timedelta(days=30))
    return Library(db, minilm)


@pytest.fixture
async def ada(library, clock):
    profile = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ada",
        name="ada", zone="UTC", now=clock.now,
    )  # fmt: skip
    await library.db.write(profiles.add_interest, profile.id, "graph networks", clock.now)
    schedule = timetable.read_schedule("daily 08:30", "UTC")
    await desk.subscribe(library.db, profile, schedule, 8, clock.now)
    return profile


async def said(db) -> list[messages.Message]:
    found = await db.read(deliveries.newest)
    return [messages.from_json(one.body) for one in found if one.kind is DeliveryKind.DIGEST][::-1]


async def arrive(library, clock, *titles, name="page.txt"):
    await ingest(library.db, library.encoder, dump(*titles, name=name), clock.now)


async def test_what_came_as_an_alert_is_not_in_the_digest_which_says_so(library, clock, ada):
    await desk.add_alert(library.db, ada, parse("traffic"), clock.now)
    await arrive(library, clock, *PAPERS)
    assert await alerts.queue_new(library.db, clock.now) == 1
    await digests.queue_due(library, clock.advance(hours=3))
    (digest,) = await said(library.db)
    assert [card.title for card in digest.cards] == [PAPERS[0]]
    assert "1 more came to you as an alert." in digest.footer


async def test_what_came_as_an_alert_to_somebody_else_is_in_the_digest(library, clock, ada):
    ben = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ben",
        name="ben", zone="UTC", now=clock.now,
    )  # fmt: skip
    await desk.add_alert(library.db, ben, parse("traffic"), clock.now)
    await arrive(library, clock, *PAPERS)
    await alerts.queue_new(library.db, clock.now)
    await digests.queue_due(library, clock.advance(hours=3))
    (digest,) = await said(library.db)
    assert {card.title for card in digest.cards} == set(PAPERS)
    assert "alert" not in digest.footer


async def test_a_digest_after_days_without_service_is_one_and_says_what_it_covers(
    library, clock, ada
):
    await digests.queue_due(library, clock.advance(hours=3))
    await arrive(library, clock, *PAPERS)
    clock.advance(days=3)
    await arrive(library, clock, *LATER, name="later.txt")
    assert await digests.queue_due(library, clock.now) == 1
    assert await digests.queue_due(library, clock.now) == 0
    (digest,) = await said(library.db)
    assert digest.intro == "Covers 3 days."
    assert {card.title for card in digest.cards} == {*PAPERS, *LATER}


async def test_a_digest_on_time_says_nothing_of_days(library, clock, ada):
    await digests.queue_due(library, clock.advance(hours=3))
    clock.advance(days=1)
    await arrive(library, clock, *PAPERS)
    await digests.queue_due(library, clock.now)
    (digest,) = await said(library.db)
    assert digest.intro == ""


async def test_papers_beyond_the_reach_are_counted_and_not_sent(library, clock, ada):
    await digests.queue_due(library, clock.advance(hours=3))
    await arrive(library, clock, *PAPERS)
    clock.advance(days=15)
    await arrive(library, clock, *LATER, name="later.txt")
    await digests.queue_due(library, clock.now)
    (digest,) = await said(library.db)
    assert {card.title for card in digest.cards} == set(LATER)
    assert "2 older papers passed over." in digest.footer


async def test_a_digest_says_where_papers_may_be_missing(library, clock, ada):
    day = SourceDay(
        source="arxiv:cs.CL",
        day=clock.now.date(),
        papers=16,
        doubt=Doubt.FEW,
        said="arXiv cs.CL: 16 new, usually 150 to 220: probably incomplete, will look again",
    )
    await library.db.write(sources.put_day, day, clock.now)
    await arrive(library, clock, *PAPERS)
    clock.advance(days=1)
    await digests.queue_due(library, clock.now)
    (message,) = await said(library.db)
    assert message.footer.endswith(f"\n{day.said}.")
    assert await library.db.read(sources.doubtful, clock.advance(days=2)) == []
