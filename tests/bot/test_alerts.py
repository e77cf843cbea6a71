"""Alerts: each new paper is matched once, and told once to each who asked."""

import pytest
from fakes.pages import dump

from bot import alerts, desk, messages, timetable
from matching.alerts import parse
from matching.ingest import ingest
from storage import alert_hits, deliveries, mutes, papers, profiles
from storage.mutes import MuteKind
from storage.records import Destination, OwnerKind

PAPERS = (
    "Graph Networks for Invented Molecules",
    "Robot Grasping with Graph Priors",
    "Speech Recognition in Noisy Kitchens",
)


@pytest.fixture
def person(db, clock):
    async def make(name, *queries):
        profile = await db.write(
            profiles.add,
            kind=OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner=name,
            name=name,
            zone="UTC",
            now=clock.now,
        )
        for query in queries:
            await desk.add_alert(db, profile, parse(query), clock.now)
        return profile

    return make


async def told(db) -> dict[str, messages.Message]:
    return {
        one.destination.address: messages.from_json(one.body)
        for one in await db.read(deliveries.newest)
    }


async def test_hits_of_one_dump_come_in_one_message(db, encoder, clock, person):
    await person("ada", "graph", "speech")
    await person("ben", "robots")
    await person("eve", "medieval")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 2
    said = await told(db)
    assert [card.title for card in said["local/ada"].cards] == list(PAPERS)
    assert [card.title for card in said["local/ben"].cards] == [PAPERS[1]]
    assert said["local/ada"].heading == "3 new hits for ada"
    assert said["local/ben"].intro == "Your alert: robots"


async def test_a_paper_that_several_alerts_hit_is_told_once_naming_them_all(
    db, encoder, clock, person
):
    await person("ada", "graph", "robot*")
    await ingest(db, encoder, dump(PAPERS[1]), clock.now)
    await alerts.queue_new(db, clock.now)
    (card,) = (await told(db))["local/ada"].cards
    assert "graph" in card.reason
    assert "robot*" in card.reason


async def test_the_sentence_that_shows_the_hit_is_from_the_abstract(db, encoder, clock, person):
    await person("ada", '"earlier work"')
    await ingest(db, encoder, dump(PAPERS[0]), clock.now)
    await alerts.queue_new(db, clock.now)
    (card,) = (await told(db))["local/ada"].cards
    (paper,) = await db.read(papers.between, 0, 1)
    assert card.sentence.startswith("Earlier work")
    assert card.sentence in paper.abstract


async def test_papers_are_matched_once(db, encoder, clock, person):
    await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    await alerts.queue_new(db, clock.now)
    assert await alerts.queue_new(db, clock.now) == 0
    assert await db.read(alert_hits.cursor) == 3


async def test_papers_from_before_an_alert_are_not_new_to_it(db, encoder, clock, person):
    await ingest(db, encoder, dump(*PAPERS[:1]), clock.now)
    await person("ada", "graph")  # the alert pass has not read the first paper yet
    await ingest(db, encoder, dump(*PAPERS[1:]), clock.now)
    await alerts.queue_new(db, clock.now)
    assert [card.title for card in (await told(db))["local/ada"].cards] == [PAPERS[1]]


async def test_a_paper_seen_again_is_not_told_again(db, encoder, clock, person):
    await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    await alerts.queue_new(db, clock.now)
    await ingest(db, encoder, dump(*PAPERS, comments=40), clock.now)
    assert await alerts.queue_new(db, clock.now) == 0


async def test_of_two_passes_at_once_one_counts(db, encoder, clock, person):
    await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    work = await db.read(alerts._pass, clock.now)
    found = alerts.match(work.alerts, work.profiles, work.papers, work.mutes)
    assert await db.write(alerts._queue, work.cursor, work.up_to, found, clock.now) is True
    assert await db.write(alerts._queue, work.cursor, work.up_to, found, clock.now) is False
    assert len(await db.read(deliveries.newest)) == 1


async def test_quiet_hours_hold_an_alert_back(db, encoder, clock, person):
    profile = await person("ada", "graph")
    await db.write(profiles.set_quiet, profile.id, timetable.read_quiet("05:00-09:00"))
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    await alerts.queue_new(db, clock.now)
    (delivery,) = await db.read(deliveries.newest)
    assert (delivery.due_at - clock.now).total_seconds() == 3 * 3600


async def test_a_flood_is_cut_to_a_message_and_counted(db, encoder, clock, person):
    await person("ada", "graph")
    titles = [f"Graph Networks for Purpose {n}" for n in range(alerts.CARDS + 5)]
    await ingest(db, encoder, dump(*titles), clock.now)
    await alerts.queue_new(db, clock.now)
    said = (await told(db))["local/ada"]
    assert (len(said.cards), said.footer) == (alerts.CARDS, "And 5 more hits.")
    kept = await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM alert_hits"))
    assert kept == alerts.CARDS + 5


async def test_an_alert_that_can_no_longer_be_read_stops_nobody_else(
    db, encoder, clock, person, capsys
):
    await person("ada", "graph")
    await db.write(lambda tx: tx.execute("UPDATE alerts SET query = '((' WHERE query = 'graph'"))
    await person("ben", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 1
    assert "alert unreadable" in capsys.readouterr().out


async def mute(db, profile, kind, value, clock):
    return await db.write(mutes.add, profile.id, kind, value, clock.now)


async def test_a_muted_hit_is_neither_told_nor_recorded_and_the_cursor_moves_on(
    db, encoder, clock, person
):
    ada = await person("ada", "graph")
    await person("ben", "graph")
    await mute(db, ada, MuteKind.WORD, "robots", clock)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 2
    said = await told(db)
    assert [card.title for card in said["local/ada"].cards] == [PAPERS[0]]
    assert [card.title for card in said["local/ben"].cards] == list(PAPERS[:2])
    assert said["local/ada"].heading == "1 new hit for ada"
    kept = await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM alert_hits"))
    assert kept == 3
    assert await db.read(alert_hits.cursor) == 3


async def test_where_every_hit_is_muted_no_message_goes_out(db, encoder, clock, person):
    ada = await person("ada", "graph", "speech")
    await mute(db, ada, MuteKind.WORD, "graph", clock)
    one = await mute(db, ada, MuteKind.PAPER, "3", clock)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 0
    assert await told(db) == {}
    await db.write(mutes.remove, ada.id, one.id)
    assert await alerts.queue_new(db, clock.now) == 0, "what was passed over is not told later"


async def test_a_muted_organisation_is_silent_in_alerts_too(db, encoder, clock, person):
    ada = await person("ada", "graph")
    await mute(db, ada, MuteKind.ORGANISATION, "invented lab", clock)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    await db.write(
        lambda tx: tx.execute("UPDATE papers SET organisation = 'Invented Lab' WHERE seq = 1")
    )
    await alerts.queue_new(db, clock.now)
    assert [card.title for card in (await told(db))["local/ada"].cards] == [PAPERS[1]]


async def test_mutes_hold_in_every_place_that_a_profile_s_alerts_go_to(db, encoder, clock, person):
    ada = await person("ada", "graph")
    room = Destination(platform="console", address="local/#room")
    await db.write(profiles.add_alert, ada.id, "robots", room, 0, clock.now)
    await mute(db, ada, MuteKind.PAPER, "2", clock)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 1
    assert [card.title for card in (await told(db))["local/ada"].cards] == [PAPERS[0]]
