"""Alerts: each new paper is matched once, and told once to each who asked."""

from datetime import timedelta

import pytest
from fakes.pages import dump

from bot import alerts, desk, hits, messages, timetable
from matching.alerts import parse
from matching.ingest import ingest
from storage import alert_hits, deliveries, mutes, papers, profiles, standing
from storage.database import Database
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


async def test_words_are_looked_up_once_alerts_changed_and_not_when_a_dump_comes(
    db, encoder, clock, person, monkeypatch
):
    await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS[:2]), clock.now)
    ready = alerts.Alerts(db)
    await ready.queue_new(clock.now)
    rehearsed: list[list[int]] = []
    monkeypatch.setattr(
        ready._percolator, "rehearse", lambda held: rehearsed.append([one.seq for one in held])
    )
    await ready.queue_new(clock.now)
    assert rehearsed == []
    await person("ben", "speech")
    await ready.queue_new(clock.now)
    assert rehearsed == [[1, 2]]
    await ingest(db, encoder, dump(PAPERS[2]), clock.now)
    assert await ready.queue_new(clock.now) == 1
    assert rehearsed == [[1, 2]]


async def test_of_two_passes_at_once_one_counts(db, encoder, clock, person):
    await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    new = await db.read(alerts._new, 0, clock.now)
    one = alerts.Alerts(db)
    one._learn(new.changes)
    found = await one._match(new, clock.now)
    passed = (new.cursor, new.up_to, new.version, found, clock.now)
    assert await db.write(alerts._queue, *passed) is True
    assert await db.write(alerts._queue, *passed) is False
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
    titles = [f"Graph Networks for Purpose {n}" for n in range(hits.CARDS + 5)]
    await ingest(db, encoder, dump(*titles), clock.now)
    await alerts.queue_new(db, clock.now)
    said = (await told(db))["local/ada"]
    assert (len(said.cards), said.footer) == (
        hits.CARDS,
        "And 5 more hits, beyond your limit of 20 papers a day.",
    )
    kept = await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM alert_hits"))
    assert kept == hits.CARDS + 5


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


async def test_a_muted_hit_is_not_told_and_put_on_record_with_the_mute(db, encoder, clock, person):
    ada = await person("ada", "graph")
    await person("ben", "graph")
    await mute(db, ada, MuteKind.WORD, "robots", clock)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    assert await alerts.queue_new(db, clock.now) == 2
    said = await told(db)
    assert [card.title for card in said["local/ada"].cards] == [PAPERS[0]]
    assert [card.title for card in said["local/ben"].cards] == list(PAPERS[:2])
    assert said["local/ada"].heading == "1 new hit for ada"
    kept = await db.read(lambda tx: tx.rows("SELECT * FROM alert_hits WHERE told = 'silenced'"))
    assert [(row["seq"], row["settled_reason"]) for row in kept] == [(2, "muted: “robots”")]
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


# --- kept ready between passes ---------------------------------------------------------------


@pytest.fixture
def passes(db):
    return alerts.Alerts(db)


async def test_what_another_process_changed_is_known_in_the_next_pass(
    db, encoder, clock, person, passes
):
    ada = await person("ada", "graph", "speech", "robots")
    assert await passes.queue_new(clock.now) == 0
    async with await Database.open(db.path) as other:
        graph, speech, robots = await other.read(profiles.alerts, ada.id)
        await other.write(profiles.remove_alert, ada.id, graph.id)
        await other.write(profiles.pause_alert, ada.id, speech.id, "for a test")
        await desk.change_alert(other, ada, robots.id, parse("kitchens"), clock.now)
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    await passes.queue_new(clock.now)
    said = (await told(db))["local/ada"]
    assert (said.intro, [card.title for card in said.cards]) == (
        "Your alert: kitchens",
        [PAPERS[2]],
    )


async def test_an_alert_that_is_removed_with_its_profile_is_asked_no_more(
    db, encoder, clock, person, passes
):
    ada = await person("ada", "graph")
    await passes.queue_new(clock.now)
    await db.write(profiles.remove, ada.id)
    await passes.queue_new(clock.now)
    assert passes._percolator.distinct == 0


async def test_an_alert_that_changes_while_a_pass_is_at_work_is_matched_as_it_is_now(
    db, encoder, clock, person, passes, monkeypatch
):
    ada = await person("ada", "graph")
    await ingest(db, encoder, dump(*PAPERS), clock.now)
    match = passes._match

    async def edited(new, now):
        found = await match(new, now)
        mine = await db.read(profiles.alerts, ada.id)
        await desk.change_alert(db, ada, mine[0].id, parse("speech"), clock.now)
        return found

    monkeypatch.setattr(passes, "_match", edited)
    await passes.queue_new(clock.now)
    assert [card.title for card in (await told(db))["local/ada"].cards] == [PAPERS[2]]


async def test_a_pass_reads_only_what_changed(db, encoder, clock, person, passes):
    await person("ada", "graph", "speech")
    await passes.queue_new(clock.now)
    assert (await db.read(alerts._new, passes._version, clock.now)).changes == []
    await person("ben", "graph")
    (one,) = (await db.read(alerts._new, passes._version, clock.now)).changes
    assert one.query == "graph"


# --- a day's limit -------------------------------------------------------------------------------


async def flood(db, encoder, clock, passes, count, name):
    titles = [f"Graph Networks for {name} {n}" for n in range(count)]
    await ingest(db, encoder, dump(*titles, name=name), clock.now)
    await passes.queue_new(clock.now)


async def test_beyond_a_day_s_limit_papers_are_counted_and_told_in_the_morning(
    db, encoder, clock, person, passes
):
    await person("ada", "graph")
    await flood(db, encoder, clock, passes, 15, "Ships")
    clock.advance(hours=1)
    await flood(db, encoder, clock, passes, 8, "Farms")
    clock.advance(hours=1)
    await flood(db, encoder, clock, passes, 3, "Kitchens")
    clock.advance(hours=1)
    await flood(db, encoder, clock, passes, 4, "Roads")
    rest, second, first = await db.read(deliveries.newest)
    assert [len(messages.from_json(one.body).cards) for one in (first, second)] == [15, 5]
    assert messages.from_json(second.body).footer == (
        "And 3 more hits, beyond your limit of 20 papers a day."
    )
    said = messages.from_json(rest.body)
    assert said.heading == "7 more hits for ada"
    assert [button.action for button in said.buttons] == ["alerts more", "alerts limit"]
    assert f"{rest.due_at:%Y-%m-%d %H:%M}" == "2025-10-29 08:00"
    kept = await db.read(
        lambda tx: tx.rows("SELECT told, COUNT(*) AS n FROM alert_hits GROUP BY told ORDER BY told")
    )
    assert [(row["told"], row["n"]) for row in kept] == [("card", 20), ("counted", 10)]


async def test_a_new_day_has_a_limit_of_its_own(db, encoder, clock, person, passes):
    await person("ada", "graph")
    await flood(db, encoder, clock, passes, 20, "Ships")
    clock.advance(days=1)
    await flood(db, encoder, clock, passes, 3, "Farms")
    assert len(messages.from_json((await db.read(deliveries.newest))[0].body).cards) == 3


async def test_a_limit_of_one_s_own_and_none_at_all(db, encoder, clock, person, passes):
    for name, limit in (("ada", 2), ("ben", 0)):
        one = await person(name, "graph")
        await db.write(standing.limit, one.id, limit)
    await flood(db, encoder, clock, passes, 18, "Ships")
    await flood(db, encoder, clock, passes, 5, "Farms")
    sizes = [
        (one.destination.address, len(messages.from_json(one.body).cards))
        for one in await db.read(deliveries.newest)
    ]
    assert sorted(sizes) == [
        ("local/ada", 0),
        ("local/ada", 2),
        ("local/ben", 5),
        ("local/ben", 18),
    ]


async def test_what_was_only_counted_may_still_come_in_a_digest(db, encoder, clock, person, passes):
    ada = await person("ada", "graph")
    await db.write(standing.limit, ada.id, 1)
    await flood(db, encoder, clock, passes, 3, "Ships")
    assert await db.read(alert_hits.told, [ada.id], 0) == {ada.id: {1}}


# --- the end of an alert -------------------------------------------------------------------------


async def test_an_alert_ends_when_it_should_and_says_so_once(db, encoder, clock, person, passes):
    ada = await person("ada", "graph")
    (alert,) = await db.read(profiles.alerts, ada.id)
    await db.write(standing.expire, ada.id, alert.id, clock.now + timedelta(hours=1))
    await ingest(db, encoder, dump(PAPERS[0], name="in time"), clock.now)
    await ingest(db, encoder, dump(PAPERS[1], name="late"), clock.advance(hours=2))
    assert await passes.queue_new(clock.now) == 2
    assert await passes.queue_new(clock.now) == 0
    ended, hit = await db.read(deliveries.newest)
    assert [card.title for card in messages.from_json(hit.body).cards] == [PAPERS[0]]
    assert messages.from_json(ended.body).heading == f"Alert #{alert.id} has ended"
    (alert,) = await db.read(profiles.alerts, ada.id)
    assert alert.paused == "it has ended"
    await desk.resume_alert(db, ada, alert.id)
    (alert,) = await db.read(profiles.alerts, ada.id)
    assert (alert.paused, alert.expires_at) == (None, None)


async def test_a_place_that_works_again_does_not_wake_an_alert_that_has_ended(
    db, clock, person, passes
):
    ada = await person("ada", "graph")
    (alert,) = await db.read(profiles.alerts, ada.id)
    await db.write(standing.expire, ada.id, alert.id, clock.now)
    await passes.queue_new(clock.now)
    await desk.reopen(db, ada.destination)
    assert (await db.read(profiles.alerts, ada.id))[0].paused == "it has ended"
