"""Alerts: understood and tried before they are saved, then listed, paused, edited and removed."""

from datetime import timedelta
from itertools import chain, repeat

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, button, buttons, message, press, text
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import alerts as ticks
from bot import desk, dry_runs
from bot.commands import Commands
from matching.alerts import parse
from matching.ingest import ingest
from storage import answers, deliveries, destinations, profiles
from storage.destinations import PAUSED_BY_OWNER

TITLES = (
    "Graph Networks for Invented Molecules",
    "Graph Networks for Traffic",
    "Speech Recognition in Noisy Kitchens",
)
LONG = " OR ".join(f'"invented phrase number {n}"' for n in range(20))


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
async def stocked(library, clock, commands) -> Commands:
    await ingest(library.db, library.encoder, dump(*TITLES[:2]), clock.now - timedelta(days=8))
    await ingest(library.db, library.encoder, dump(TITLES[2], name="b"), clock.now)
    return commands


async def kept(db, who=ADA) -> list[str]:
    return [one.query for one in await alerts(db, who)]


async def alerts(db, who=ADA):
    profile = await db.read(profiles.of, who.platform, who.workspace, who.id)
    return await db.read(profiles.alerts, profile.id) if profile else []


async def saved(commands, query: str, **who) -> None:
    await press(commands, await ask(commands, f"alert {query}", **who), "Save", **who)


async def test_a_query_is_tried_before_it_is_saved(stocked, db):
    reply = await ask(stocked, 'alert "graph networks" -survey')
    said = text(reply)
    assert "2 hits, not saved yet" in said
    assert '`"graph networks" -survey` finds papers with the phrase "graph networks"' in said
    assert "2 hits in 3 stored papers (66.7%), 1.0 a week." in said
    assert "By week: 20 Oct 2 · 27 Oct 0." in said
    assert {card.title for card in message(reply).cards} == set(TITLES[:2])
    assert all('contains "graph networks"' in card.reason for card in message(reply).cards)
    assert await kept(db) == []


async def test_a_tried_query_is_saved_by_a_press_and_says_where_its_hits_go(stocked, db):
    done = await press(stocked, await ask(stocked, "alert graph"), "Save this alert")
    assert await kept(db) == ["graph"]
    assert "New hits come by direct message, seconds after the papers arrive." in text(done)
    assert done.is_profile_changed
    await press(stocked, done, "Undo")
    assert await kept(db) == []


async def test_a_saved_alert_finds_what_comes_and_nothing_that_was_there(stocked, library, clock):
    await ticks.queue_new(library.db, clock.now)
    await saved(stocked, "graph")
    later = dump("Graph Networks for Bees", name="c")
    await ingest(library.db, library.encoder, later, clock.advance(minutes=5))
    assert await ticks.queue_new(library.db, clock.advance(minutes=5)) == 1
    (delivery,) = await library.db.read(deliveries.newest)
    assert delivery.destination == ADA.destination
    listed = await ask(stocked, "alerts")
    assert "1 hit so far" in message(listed).rows[0].detail


async def test_a_query_longer_than_a_button_is_saved_whole(stocked, db):
    tried = await ask(stocked, f"alert {LONG}")
    assert all(len(one.action.encode()) <= 90 for one in buttons(tried))
    assert all(len(one.label) <= 75 for one in buttons(tried))
    edit = (await press(stocked, tried, "Edit")).form
    assert edit is not None
    assert edit.fields[0].value == LONG
    await press(stocked, tried, "Save")
    assert await kept(db) == [LONG]


async def test_a_draft_is_of_no_use_to_anybody_else(stocked, db):
    tried = await ask(stocked, "alert graph")
    for action in [one.action for one in buttons(tried)]:
        assert "too old" in text(await ask(stocked, action, person=BOB))
    assert await kept(db, BOB) == await kept(db) == []


async def test_a_draft_that_is_too_old_says_so(stocked, db, clock):
    tried = await ask(stocked, "alert graph")
    clock.now += answers.KEPT + timedelta(days=1)
    await ask(stocked, "alert speech")  # whatever is kept next lets the old go
    assert "too old" in text(await press(stocked, tried, "Save"))
    assert await kept(db) == []


@pytest.mark.parametrize("named", ["", "x", "0", "9" * 30, "1 99", "1 -1", "1 x", "\0"])
async def test_a_button_that_names_no_draft_says_so(stocked, db, named):
    await ask(stocked, "alert graph")
    for verb in ("alert-save", "alert-try", "alert-edit"):
        assert "`/papers help`" in text(await ask(stocked, f"{verb} {named}"))
    assert await kept(db) == []


async def test_a_kept_reply_is_no_draft(stocked, db):
    shown = await ask(stocked, "alert graph")
    assert "too old" in text(await ask(stocked, f"alert-save {shown.ref[1:]}"))


async def test_a_query_that_cannot_be_read_shows_where_and_a_mended_one(stocked):
    reply = await ask(stocked, 'alert graph "networks for')
    lines = message(reply).intro.splitlines()
    assert lines[1] == '`graph "networks for`'
    assert lines[2] == "`------^`"
    assert 'For example: `graph "networks for"`' in text(reply)
    assert "2 hits, not saved yet" in text(await press(stocked, reply, "Try this"))
    form = (await press(stocked, reply, "Edit")).form
    assert form is not None
    assert form.fields[0].value == 'graph "networks for'


async def test_a_form_with_a_query_that_cannot_be_read_stays_open(stocked):
    form = (await ask(stocked, "alert")).form
    assert form is not None
    assert len(form.fields[0].hint) <= 100
    reply = await ask(stocked, form.action, fields={"query": "(graph OR"})
    assert set(reply.errors) == {"query"}
    assert "Example: (graph)" in reply.errors["query"]
    assert (await ask(stocked, form.action, fields={})).errors
    assert "2 hits" in text(await ask(stocked, form.action, fields={"query": "graph"}))


async def test_quotation_marks_that_a_telephone_bends_are_read(stocked):
    assert "2 hits" in text(await ask(stocked, "alert “graph networks”"))


async def test_a_query_that_finds_too_much_is_saved_only_after_a_warning(library, clock, commands):
    titles = [f"Graph Networks for Purpose {n}" for n in range(12)]
    others = [f"Speech of {n} Kitchens" for n in range(30)]
    await ingest(library.db, library.encoder, dump(*titles, *others), clock.now)
    reply = await ask(commands, "alert graph purpose")
    assert "That is a lot to be told of" in text(reply)
    assert len(buttons(reply)) <= 5
    assert button(reply, "Save this alert"), "it is a warning, not a refusal"


async def test_a_narrower_query_is_a_press_away(library, clock, commands, db):
    titles = [f"Graph Networks for Purpose {n}" for n in range(10)]
    apart = [f"Networks of {n} Streets seen as a Graph" for n in range(10)]
    others = [f"Speech in {n} Kitchens" for n in range(40)]
    await ingest(library.db, library.encoder, dump(*titles, *apart, *others), clock.now)
    reply = await ask(commands, "alert graph networks")
    phrase = next(one for one in buttons(reply) if '"graph networks"' in one.label)
    assert "10 hits" in phrase.label
    await press(commands, await ask(commands, phrase.action), "Save")
    assert await kept(db) == ['"graph networks"']


async def test_an_alert_that_means_the_same_is_shown_and_not_offered_again(stocked, db):
    await saved(stocked, "graph networks")
    reply = await ask(stocked, "alert networks AND graph")
    assert "Alert #1 says the same" in text(reply)
    assert "It means the same as your alert #1 (`graph networks`)" in text(reply)
    assert "alert-save" not in " ".join(one.action for one in buttons(reply))
    await ask(stocked, "alerts pause 1")
    assert "`/papers alerts resume 1`" in text(await ask(stocked, "alert networks graph"))


async def test_hits_that_other_alerts_tell_of_are_counted(stocked):
    await saved(stocked, "traffic")
    reply = await ask(stocked, "alert graph")
    assert "1 of 2 hits come with your alert #1 (`traffic`) too." in text(reply)


async def test_of_many_overlapping_alerts_only_some_are_named(stocked):
    for query in ("traffic", "molecules", "networks", "invented", "conditions", "study"):
        await saved(stocked, query)
    reply = await ask(stocked, "alert graph")
    assert text(reply).count("come with your alert") == 4
    assert "And with 2 other alerts." in text(reply)


async def test_what_is_muted_is_no_hit(stocked):
    await ask(stocked, "mute traffic")
    reply = await ask(stocked, "alert graph")
    assert "1 hit in 2 stored papers" in text(reply)
    assert "1 muted paper stayed out of it" in text(reply)


async def test_before_the_first_paper_a_query_can_be_saved(commands, db):
    reply = await ask(commands, "alert graph")
    assert "There are no papers yet to try it on." in text(reply)
    await press(commands, reply, "Save")
    assert await kept(db) == ["graph"]


async def test_a_profile_has_room_for_fifty_alerts(stocked, db, monkeypatch):
    monkeypatch.setattr(desk, "MOST_ALERTS", 1)
    await saved(stocked, "graph")
    reply = await press(stocked, await ask(stocked, "alert speech"), "Save")
    assert "1 alerts are the most: remove one first" in text(reply)
    assert button(reply, "Your alerts").action == "alerts"
    assert await kept(db) == ["graph"]


# --- the list ------------------------------------------------------------------------------


async def test_alerts_are_listed_with_their_state(stocked, db):
    assert "No alerts yet" in text(await ask(stocked, "alerts"))
    await saved(stocked, "graph OR speech")
    listed = await ask(stocked, "alerts")
    (row,) = message(listed).rows
    assert row.text == "`graph OR speech`"
    assert row.detail.startswith("#1 · on · 0 hits so far · papers with ")
    assert [one.label for one in row.buttons] == ["Pause", "Edit", "Remove"]
    assert button(listed, "Remove").confirm


async def test_an_alert_is_paused_and_resumed_by_hand(stocked, db, library, clock):
    await saved(stocked, "graph")
    await press(stocked, await ask(stocked, "alerts"), "Pause")
    assert (await alerts(db))[0].paused == PAUSED_BY_OWNER
    later = dump("Graph Networks for Bees", name="c")
    await ingest(library.db, library.encoder, later, clock.advance(minutes=5))
    assert await ticks.queue_new(library.db, clock.advance(minutes=5)) == 0
    listed = await ask(stocked, "alerts")
    assert PAUSED_BY_OWNER in message(listed).rows[0].detail
    await press(stocked, listed, "Resume")
    (alert,) = await alerts(db)
    assert alert.paused is None
    assert alert.after_seq == 4, "what came while it was paused is not told afterwards"


async def test_an_alert_whose_place_is_gone_shows_why_and_is_tried_again(stocked, db, clock):
    await saved(stocked, "graph")
    await db.write(destinations.close, ADA.destination, "direct messages are closed", clock.now)
    listed = await ask(stocked, "alerts")
    assert "paused: direct messages are closed" in message(listed).rows[0].detail
    await press(stocked, listed, "Resume")
    assert (await alerts(db))[0].paused is None
    assert await db.read(destinations.gone, ADA.destination) is None


async def test_saving_a_paused_alert_again_lets_it_go_on(stocked, db):
    removed = await ask(stocked, "alert graph")
    await press(stocked, removed, "Save")
    await ask(stocked, "alerts pause 1")
    await press(stocked, removed, "Save")
    (alert,) = await alerts(db)
    assert alert.paused is None


async def test_an_alert_is_removed_and_can_be_had_again(stocked, db):
    await saved(stocked, LONG)
    gone = await press(stocked, await ask(stocked, "alerts"), "Remove")
    assert await kept(db) == []
    await press(stocked, gone, "Undo")
    assert await kept(db) == [LONG]


async def test_an_alert_is_edited_in_a_form_that_holds_it(stocked, db):
    await saved(stocked, "graph")
    form = (await press(stocked, await ask(stocked, "alerts"), "Edit")).form
    assert form is not None
    assert form.fields[0].value == "graph"
    assert (await ask(stocked, form.action, fields={"query": '"'})).errors
    changed = await ask(stocked, form.action, fields={"query": "graph traffic"})
    assert "1 hit in 3 stored papers" in text(changed)
    assert "your alert" not in text(changed), "it is not compared with itself"
    assert await kept(db) == ["graph traffic"]


async def test_papers_that_wait_to_be_matched_are_new_to_an_edited_alert(
    stocked, db, library, clock
):
    await ticks.queue_new(db, clock.now)
    await saved(stocked, "speech")
    later = dump("Graph Networks for Bees", name="c")
    await ingest(library.db, library.encoder, later, clock.advance(minutes=5))
    await ask(stocked, "alerts edit 1 bees")
    assert await ticks.queue_new(db, clock.advance(minutes=5)) == 1


@pytest.mark.parametrize("change", ["pause", "resume", "edit", "remove"])
@pytest.mark.parametrize("named", ["", "2", "x", "0", "-1", "9" * 19, "9" * 5000, "\0"])
async def test_only_ones_own_alerts_are_touched(stocked, db, change, named):
    await saved(stocked, "graph")
    await saved(stocked, "speech", person=BOB)
    before = await alerts(db, BOB), await alerts(db)
    for fields in (None, {"query": "stolen"}):
        reply = await ask(stocked, f"alerts {change} {named}", fields=fields)
        assert f"`/papers alerts {change} 1`" in text(reply)
        assert len(text(reply)) < 400
    assert (await alerts(db, BOB), await alerts(db)) == before


async def test_what_alerts_cannot_do_is_answered_with_what_they_can(stocked):
    assert "`/papers alerts pause 3`" in text(await ask(stocked, "alerts frobnicate 3"))


async def test_quiet_hours_and_a_snooze_are_named_when_an_alert_is_saved(stocked):
    await ask(stocked, "quiet 22:00-07:00")
    done = await press(stocked, await ask(stocked, "alert graph"), "Save")
    assert "those of the quiet hours (22:00-07:00) when they end" in text(done)
    await ask(stocked, "snooze 3d")
    done = await press(stocked, await ask(stocked, "alert speech"), "Save")
    assert "first on Fri 31 Oct 07:00, when your snooze ends" in text(done)


async def test_a_channel_has_alerts_of_its_own(stocked, db):
    tried = await ask(stocked, "channel alert graph", room=ROOM)
    assert all(one.action.startswith("channel ") for one in buttons(tried))
    done = await press(stocked, tried, "Save", room=ROOM)
    assert "New hits come in #reading-group" in text(done)
    assert await kept(db) == []
    (alert,) = await alerts(db, ROOM)
    assert alert.destination == ROOM.destination


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=st.text(max_size=60) | st.text(alphabet='ab ()"*-:<>=ORANDT,', max_size=30))
async def test_any_query_is_tried_or_refused_with_one_that_can_be_tried(query, stocked):
    reply = await ask(stocked, f"alert {query}")
    if reply.form is None:
        assert "broke on my side" not in message(reply).heading
        first = next(one for one in buttons(reply) if one.label.startswith(("Save", "Try")))
        assert len(first.action.encode()) <= 90
        if first.label == "Try this":
            assert "not saved yet" in text(await ask(stocked, first.action))


async def test_a_query_of_ten_thousand_signs_is_refused_in_a_few_lines(stocked):
    reply = await ask(stocked, "alert " + "graph " * 2_000)
    assert "at most 2,000 characters" in text(reply)
    assert len(text(reply)) < 600
    assert button(reply, "Try this")


# --- bounds --------------------------------------------------------------------------------------


async def test_an_alert_is_given_an_end_in_its_owner_s_words_and_loses_it_again(stocked, clock):
    await saved(stocked, "graph")
    said = message(await ask(stocked, "alerts expire 1 until friday"))
    assert (said.heading, said.intro.split("` ")[1]) == (
        "Alert #1 ends",
        "ends on Fri 31 Oct 00:00; you are told when it does.",
    )
    assert "on until Fri 31 Oct" in message(await ask(stocked, "alerts")).rows[0].detail
    await ask(stocked, said.buttons[0].action)
    assert "until" not in message(await ask(stocked, "alerts")).rows[0].detail


@pytest.mark.parametrize("typed", ["", "soon", "1999-01-01", "until 2090-01-01", "9999w"])
async def test_an_end_that_is_none_is_refused_with_ways_to_write_one(stocked, typed):
    await saved(stocked, "graph")
    said = message(await ask(stocked, f"alerts expire 1 {typed}"))
    assert "`until friday`" in said.intro
    assert "until" not in message(await ask(stocked, "alerts")).rows[0].detail


async def test_papers_beyond_the_limit_are_shown_on_demand(stocked, library, clock):
    await saved(stocked, "graph")
    assert "Nothing more" in message(await ask(stocked, "alerts more")).heading
    assert message(await ask(stocked, "alerts limit 2")).heading == "2 papers a day"
    later = dump(*(f"Graph Networks for Ship {n}" for n in range(15)), name="later")
    await ingest(library.db, library.encoder, later, clock.advance(minutes=5))
    await ticks.queue_new(library.db, clock.now)
    said = message(await ask(stocked, "alerts more"))
    assert (said.heading, len(said.cards)) == ("13 papers beyond the limit of a day", 10)
    assert said.cards[0].reason == "your alert graph"
    assert len(message(await ask(stocked, said.buttons[0].action)).cards) == 3
    assert message(await ask(stocked, "alerts limit off")).heading == "No limit"


@pytest.mark.parametrize("typed", ["0", "-3", "many", "501"])
async def test_a_limit_that_is_none_is_refused(stocked, typed):
    said = message(await ask(stocked, f"alerts limit {typed}"))
    assert "1 to 500" in said.intro
    assert message(await ask(stocked, "alerts limit")).heading == "20 papers a day"


async def test_a_query_that_takes_too_long_to_try_is_not_saved(stocked, db, monkeypatch):
    monkeypatch.setattr(dry_runs, "LONGEST_S", -1.0)
    reply = await ask(stocked, "alert graph")
    assert "takes too long" in text(reply)
    assert "fewer words with *" in text(reply)
    assert [one.label for one in buttons(reply)] == ["Edit"]
    assert await kept(db) == []


async def test_an_alert_is_not_edited_into_one_that_takes_too_long(stocked, db, monkeypatch):
    await saved(stocked, "graph")
    (one,) = await alerts(db)
    monkeypatch.setattr(dry_runs, "LONGEST_S", -1.0)
    assert "takes too long" in text(await ask(stocked, f"alerts edit {one.id} speech"))
    assert await kept(db) == ["graph"]


async def test_a_query_is_tried_alone_where_the_other_alerts_are_slow(stocked, db):
    await saved(stocked, "graph")
    profile = await db.read(profiles.of, ADA.platform, ADA.workspace, ADA.id)
    seconds = chain([0.0], repeat(dry_runs.LONGEST_S + 1))  # the first try ends at its first look
    found = await dry_runs.tried(db, parse("speech"), profile.id, clock=lambda: next(seconds))
    assert found.run.hits == 1
    assert dry_runs.NOT_COMPARED in found.run.notes
