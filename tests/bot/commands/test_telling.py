"""Help, status, first words, and what is said to what is no command."""

from datetime import timedelta

import pytest
from fakes.chat import ADA, ROOM, ask, button, buttons, message, person, press, text
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import Commands
from bot.commands.table import BY_NAME, VERBS
from bot.commands.telling import GROUPS
from bot.demo import samples
from bot.messages import Message, card_buttons
from matching.ingest import ingest
from matching.library import Library
from storage import (
    arrivals,
    deliveries,
    destinations,
    outbox,
    profiles,
    subscriptions,
)
from storage.dumps import read_dump
from storage.records import DeliveryKind, RawDump

TITLE = "Graph Networks for Traffic"
VISIBLE = [verb for verb in VERBS if not verb.is_hidden]
HIDDEN = [verb for verb in VERBS if verb.is_hidden]


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
async def stocked(commands, library, clock) -> Commands:
    await ingest(library.db, library.encoder, dump(TITLE, "Another One"), clock.now)
    return commands


def fits_everywhere(shown: Message) -> None:
    """What `messages` promises of buttons and rows."""
    assert len(shown.buttons) <= 5
    for row in shown.rows:
        assert len(row.buttons) <= 4
    each = [*shown.buttons, *(one for row in shown.rows for one in row.buttons)]
    each += [one for card in shown.cards for one in card_buttons(card, "d123456789")]
    for one in each:
        assert len(one.label) <= 75, one
        assert len(one.action.encode()) <= 90, one


# --- help ----------------------------------------------------------------------------------


async def test_help_lists_every_visible_verb_and_no_hidden_one(commands):
    said = text(await ask(commands, "help"))
    for verb in VISIBLE:
        assert f"`/papers {verb.examples[0] if verb.examples else verb.name}`" in said, verb.name
    for verb in HIDDEN:
        assert f"`/papers {verb.name} " not in said, verb.name


def test_the_groups_of_help_name_verbs_that_exist():
    named = [name for _, names in GROUPS for name in names]
    assert len(named) == len(set(named))
    assert set(named) == {verb.name for verb in VISIBLE}


@pytest.mark.parametrize("typed", ["", "help", "   ", "?", "???", "help   "])
async def test_nothing_in_particular_gets_help(commands, typed):
    assert message(await ask(commands, typed)).heading == "What I do"


async def test_examples_are_typed_as_here(commands):
    there = text(await ask(commands, "help", prefix="/abstracts "))
    assert "`/abstracts follow " in there
    here = text(await ask(commands, "help", prefix=""))
    assert "`follow " in here
    assert "/papers" not in here


@pytest.mark.parametrize("verb", VISIBLE, ids=lambda verb: verb.name)
async def test_help_of_a_verb_says_what_it_takes_with_examples(commands, verb):
    reply = await ask(commands, f"help {verb.name}")
    assert message(reply).heading == f"{verb.name} {verb.takes}".strip()
    for example in verb.examples:
        assert f"`/papers {example}`" in text(reply)
    assert ("channel" in message(reply).intro) >= verb.in_channel
    fits_everywhere(message(reply))


@pytest.mark.parametrize("verb", VISIBLE, ids=lambda verb: verb.name)
def test_the_examples_of_a_verb_are_of_that_verb(verb):
    assert verb.does
    assert not verb.does.endswith(".")
    for example in verb.examples:
        assert BY_NAME[example.split()[0]] is verb


async def test_help_for_channels_lists_what_works_there(commands):
    said = text(await ask(commands, "help channel"))
    for verb in VISIBLE:
        example = f"`/papers channel {verb.examples[0] if verb.examples else verb.name}`"
        assert (example in said) is verb.in_channel, verb.name


async def test_help_of_what_is_no_verb_offers_the_nearest(commands):
    reply = await ask(commands, "help folow")
    assert button(reply, "Help: follow").action == "help follow"
    assert "no command" in text(await ask(commands, "help vote"))


# --- what is no command --------------------------------------------------------------------


async def test_a_misspelt_verb_is_offered_as_it_was_meant(commands):
    reply = await ask(commands, "folow graph networks")
    assert button(reply, "follow graph networks").action == "follow graph networks"
    assert "Did you mean `follow`" in text(reply)
    assert button(await ask(commands, "serach x"), "search").action == "search x"
    assert button(await ask(commands, "trendin"), "trending").action == "trending"


async def test_words_are_offered_as_a_search_and_as_an_interest(commands):
    reply = await ask(commands, "graph  networks for molecules")
    assert button(reply, "Search").action == "search graph networks for molecules"
    assert button(reply, "Follow").action == "follow graph networks for molecules"


async def test_words_too_long_for_a_button_are_kept(stocked):
    reply = await ask(stocked, "graph networks for traffic " * 6)
    fits_everywhere(message(reply))
    assert "graph networks" in text(await press(stocked, reply, "Follow it"))
    assert "traffic" in text(await press(stocked, reply, "Search for it"))


async def test_a_kept_text_is_its_owners_alone(stocked):
    reply = await ask(stocked, "graph networks for traffic " * 6)
    for label in ("Follow it", "Search for it"):
        stranger = await press(stocked, reply, label, person=person("eve"))
        assert "too old" in text(stranger)


@pytest.mark.parametrize("typed", [TITLE, f"*{TITLE.upper()}*", f"  {TITLE}."])
async def test_the_title_of_a_stored_paper_shows_it(stocked, typed):
    reply = await ask(stocked, typed)
    assert [one.title for one in message(reply).cards] == [TITLE]
    assert button(reply, "Papers like it").action == "similar 1"
    assert reply.ref


async def test_a_paper_by_its_address_is_shown_or_said_to_be_missing(stocked, library):
    url = "https://arxiv.org/abs/2501.01234"
    assert "I do not have that paper" in text(await ask(stocked, url))
    sql = "UPDATE papers SET arxiv_id = '2501.01234' WHERE seq = 1"
    await library.db.write(lambda tx: tx.execute(sql))
    assert [one.seq for one in message(await ask(stocked, url)).cards] == [1]


@pytest.mark.parametrize("typed", ["hi", "Hello!", "good morning", "hey :)"])
async def test_a_greeting_is_greeted(commands, typed):
    assert message(await ask(commands, typed)).heading == "Welcome to Paperround"
    await ask(commands, "follow graphs")
    assert message(await ask(commands, typed)).heading == "Hello"


@pytest.mark.parametrize("typed", ["thanks", "Thank you!", "thx", "thanks a lot"])
async def test_thanks_are_taken(commands, typed):
    assert message(await ask(commands, typed)).heading == "Gladly"


async def test_the_first_words_have_buttons_that_work(commands):
    hello = await commands.welcome(ADA)
    assert [one.action for one in hello.buttons] == ["start", "follow", "trending"]
    for verb in ("start", "follow"):
        assert (await ask(commands, verb)).form is not None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(typed=st.text(max_size=200), in_room=st.booleans())
async def test_whatever_is_typed_is_answered_and_fits_everywhere(commands, typed, in_room):
    reply = await ask(commands, typed, room=ROOM if in_room else None)
    assert reply.message is not None or reply.form is not None
    if reply.message is not None:
        assert "my side" not in reply.message.heading
        fits_everywhere(reply.message)


# --- every verb in every state -------------------------------------------------------------

TRIED = ("", "1", "99", "x", "me", "2501.01234", "on off now", "page 2", "0", "-1", f"{10**30}")


@pytest.fixture(params=["nothing", "papers", "a profile", "everything"])
async def state(request, commands, library, clock) -> Commands:
    if request.param in {"papers", "everything"}:
        await ingest(library.db, library.encoder, dump(TITLE, "Another One"), clock.now)
    if request.param in {"a profile", "everything"}:
        await ask(commands, "timezone Berlin")
    if request.param == "everything":
        for typed in ("follow graph networks", "like 1", "save 2", "digest daily 08:30"):
            await ask(commands, typed)
        await press(commands, await ask(commands, "alert graph"), "Save")
    return commands


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
async def test_every_verb_answers_in_every_state(state, verb):
    for rest in TRIED:
        for room in (None, ROOM):
            reply = await ask(state, f"{verb.name} {rest}", room=room)
            assert "my side" not in text(reply), (verb.name, rest)
            if reply.message is not None:
                fits_everywhere(reply.message)
            else:
                assert reply.form or reply.changed, (verb.name, rest)


@pytest.mark.parametrize("verb", VISIBLE, ids=lambda verb: verb.name)
async def test_every_example_of_help_can_be_typed(state, clock, verb):
    for example in verb.examples:
        for room in (None, ROOM):
            clock.advance(seconds=1)
            assert "my side" not in text(await ask(state, example, room=room)), example


# --- status --------------------------------------------------------------------------------


async def test_status_of_an_empty_store_says_that_it_waits(commands):
    said = text(await ask(commands, "status"))
    assert "All is well" in said
    assert "No papers have come in yet" in said
    assert "No digest is set up" in said


async def test_status_tells_times_in_ones_own_zone(library, clock, commands):
    page = b"".join(raw.data for raw in samples()[:1])
    await ingest(library.db, library.encoder, RawDump(name="p", data=page), clock.now)
    await ask(commands, "timezone Tokyo")
    await ask(commands, "digest daily 08:30")
    said = text(await ask(commands, "status"))
    assert "Papers came last on Tue 28 Oct 15:00" in said
    assert "Your next digest comes Wed 29 Oct 08:30" in said


async def test_status_counts_what_waits_and_says_why(stocked, library, clock):
    await ask(stocked, "follow graphs")
    mine = await library.db.read(profiles.of, "slack", "T1", ADA.id)
    for key in ("a", "b"):
        await library.db.write(
            outbox.queue,
            key=key,
            kind=DeliveryKind.DIGEST,
            destination=mine.destination,
            profile_id=mine.id,
            body="{}",
            due_at=clock.now,
            now=clock.now,
        )
    until = clock.now + timedelta(hours=1)
    await library.db.write(destinations.hold, mine.destination, until, "rate-limited")
    said = text(await ask(stocked, "status"))
    assert "2 messages on the way" in said
    assert "the first goes Tue 28 Oct 07:00; last try: rate-limited" in said
    assert "All is well" in said
    for one in await library.db.read(deliveries.newest):
        await library.db.write(deliveries.bury_waiting, one.id, "too long", clock.now)
    said = text(await ask(stocked, "status"))
    assert "2 messages could not be delivered this week" in said
    assert "Something needs a look" in said
    clock.advance(days=8)
    assert "could not be delivered" not in text(await ask(stocked, "status"))


async def test_status_tells_what_is_broken_and_how_to_go_on(stocked, library, clock):
    await ask(stocked, "digest daily 08:30")
    for query in ("graph", "traffic"):
        await press(stocked, await ask(stocked, f"alert {query}"), "Save")
    await ask(stocked, "alerts pause 2")
    reason = "direct messages are closed"
    await library.db.write(destinations.close, ADA.destination, reason, clock.now)
    await ask(stocked, "help")  # here the notice of it is told
    reply = await ask(stocked, "status")
    said = text(reply)
    assert "Messages do not get through" in said
    assert "Your digest is paused" in said
    assert "1 alert paused" in said, "the other is paused by its owner"
    assert said.count(reason) == 3
    await press(stocked, reply, "Try again")
    assert "All is well" in text(await ask(stocked, "status"))


async def test_status_tells_of_papers_that_stopped_half_way(commands, library, clock):
    raw = dump("One", "Two")
    await library.db.write(arrivals.open_dump, raw, read_dump(raw), 2, clock.now)
    assert "All is well" in text(await ask(commands, "status"))
    clock.advance(minutes=5)
    assert "stopped coming in half-way, on Tue 28 Oct 06:00" in text(await ask(commands, "status"))


async def test_status_of_a_snoozed_profile_says_until_when(stocked, library):
    await ask(stocked, "digest daily 08:30")
    await ask(stocked, "snooze 3d")
    assert "snoozed until Fri 31 Oct 06:00" in text(await ask(stocked, "status"))
    mine = await library.db.read(profiles.of, "slack", "T1", ADA.id)
    assert await library.db.read(subscriptions.of, mine.id)


async def test_the_status_of_a_channel_is_the_channels(stocked):
    await ask(stocked, "digest daily 08:30")
    said = text(await ask(stocked, "channel status", room=ROOM))
    assert "No digest is set up" in said
    assert "channel digest daily" in str(buttons(await ask(stocked, "channel status", room=ROOM)))


async def test_status_without_a_zone_is_in_utc(library, clock):
    commands = Commands(Library(library.db, library.encoder), clock, lambda: None)
    nobody = person("zoneless", zone=None)
    await ingest(library.db, library.encoder, dump(TITLE, "Another One"), clock.now)
    assert "Tue 28 Oct 06:00" in text(await ask(commands, "status", person=nobody))
