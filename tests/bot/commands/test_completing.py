"""Completions: what is one's own, what is stored, places as people say them; never over 25."""

import pytest
from fakes.chat import ADA, BOB, ROOM, ask, channel
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands import Commands, Request, Standing, table
from matching.ingest import ingest

TITLES = ("Graph Networks for Traffic", "Graph Theory of Bees", "Speech in Noisy Kitchens")


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


@pytest.fixture
async def stocked(library, clock, commands) -> Commands:
    await ingest(library.db, library.encoder, dump(*TITLES), clock.now)
    for text in ("follow graph networks", "follow speech", "mute survey"):
        await ask(commands, text)
    await ask(commands, "follow nobody else's business", person=BOB)
    return commands


async def offered(commands, verb, option, typed="", who=ADA, room=None) -> list[tuple[str, str]]:
    request = Request(asker=who, text=typed, room=room)
    return [(one.value, one.label) for one in await commands.complete(request, verb, option)]


async def test_ones_own_interests_complete_unfollow(stocked):
    assert await offered(stocked, "unfollow", "interest") == [
        ("1", "graph networks"),
        ("2", "speech"),
    ]
    assert await offered(stocked, "unfollow", "what", "SPE") == [("2", "speech")]
    assert await offered(stocked, "unfollow", "interest", "1") == [("1", "graph networks")]
    assert await offered(stocked, "unfollow", "interest", "business") == []


async def test_what_begins_so_comes_before_what_only_holds_it(commands):
    for text in ("deep graphs", "graphs"):
        await ask(commands, f"follow {text}")
    found = await offered(commands, "unfollow", "interest", "graph")
    assert [label for _, label in found] == ["graphs", "deep graphs"]


async def test_alerts_and_mutes_complete_their_verbs(stocked):
    saved = await ask(stocked, "alert graph -survey")
    assert saved.message is not None
    await ask(stocked, saved.message.buttons[0].action)
    assert await offered(stocked, "alerts", "alert") == [("1", "graph -survey")]
    assert await offered(stocked, "unmute", "mute") == [("1", "survey")]


async def test_papers_are_found_by_the_beginning_of_a_word_of_their_title(stocked):
    assert await offered(stocked, "why", "paper", "gra netw") == []
    assert await offered(stocked, "why", "paper", "graph netw") == [("1", TITLES[0])]
    assert {label for _, label in await offered(stocked, "like", "paper", "gra")} == set(TITLES[:2])
    assert await offered(stocked, "like", "paper", "#2") == [("2", TITLES[1])]
    assert [label for _, label in await offered(stocked, "like", "paper")] == list(TITLES[::-1])


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("berl", ("Europe/Berlin", "Berlin (Europe/Berlin)")),
        ("EST", ("America/New_York", "EST (America/New_York)")),
        ("ind", ("America/Indiana/Indianapolis", "Indianapolis (America/Indiana/Indianapolis)")),
        ("india", ("Asia/Kolkata", "India (Asia/Kolkata)")),
        ("new y", ("America/New_York", "New York (America/New_York)")),
        ("são", ("America/Sao_Paulo", "Sao Paulo (America/Sao_Paulo)")),
        ("berln", ("Europe/Berlin", "Berlin (Europe/Berlin)")),
    ],
)
async def test_zones_are_completed_as_people_say_them(commands, typed, first):
    assert (await offered(commands, "timezone", "zone", typed))[0] == first


async def test_a_chosen_zone_is_one_that_the_command_takes(commands):
    for typed in ("", "e", "united", "san"):
        for value, _ in await offered(commands, "timezone", "zone", typed):
            reply = await ask(commands, f"timezone {value}")
            assert reply.message is not None
            assert reply.message.heading == "Time zone changed", value


async def test_verbs_complete_help_without_those_that_only_buttons_give(commands):
    found = {value for value, _ in await offered(commands, "help", "verb", "")}
    assert len(found) <= 25
    assert not found & {verb.name for verb in table.VERBS if verb.is_hidden}
    assert ("follow", "follow: Follow a subject, in plain words") in await offered(
        commands, "help", "verb", "fol"
    )


async def test_what_is_said_of_a_channel_completes_for_those_who_may_read_it(stocked):
    await ask(stocked, "channel follow bees", room=ROOM)
    assert await offered(stocked, "channel unfollow", "interest", room=ROOM) == [("4", "bees")]
    outside = channel(standing=Standing.OUTSIDER)
    assert await offered(stocked, "channel unfollow", "interest", room=outside) == []
    assert await offered(stocked, "channel unfollow", "interest") == []
    assert ("4", "bees") not in await offered(stocked, "unfollow", "interest", room=ROOM)


async def test_two_that_look_the_same_are_told_apart(commands):
    for end in ("one", "other"):
        await ask(commands, f"follow {'graph networks for molecules ' * 4}{end}")
    first, second = await offered(commands, "unfollow", "interest")
    assert first[1] != second[1]
    assert max(len(first[1]), len(second[1])) <= 75


async def test_nothing_completes_what_nobody_knows(stocked):
    assert await offered(stocked, "frobnicate", "thing", "x") == []


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    verb=st.sampled_from(["unfollow", "alerts", "timezone", "help", "why", "unmute", "channel x"]),
    option=st.sampled_from(["interest", "alert", "zone", "verb", "paper", "mute", "x"]),
    typed=st.text(max_size=30)
    | st.sampled_from(["9" * 30, "9" * 5000, "\0", "x" * 10_000, '"', "*"]),
)
async def test_whatever_is_typed_completions_are_few_and_short(verb, option, typed, stocked):
    found = await offered(stocked, verb, option, typed)
    assert len(found) <= 25
    assert len({label for _, label in found}) == len(found)
    assert all(value and 0 < len(label) <= 75 for value, label in found)
