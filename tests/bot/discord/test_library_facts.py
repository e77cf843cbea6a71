"""What discord.py does when Discord misbehaves: the facts that the adapter is built around."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import aiohttp
import discord
import pytest
from fakes.discord.library import running, without_waiting
from fakes.discord.nouns import Channel
from fakes.discord.people import Person
from fakes.discord.plain_bot import LastingBot, Like, PlainBot, Saved, until
from fakes.discord.server import DiscordServer

MESSAGES = "/channels/*/messages"
CALLBACK = "/interactions/*/callback"
FOLLOWUP = "/webhooks/*"


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as started:
        yield started


@pytest.fixture
def ada(server: DiscordServer) -> Person:
    return server.user("ada")


@pytest.fixture
def room(server: DiscordServer, ada: Person) -> Channel:
    return server.text(server.guild("Lab", owner=ada), "reading-group")


@pytest.fixture
def slept() -> Iterator[list[float]]:
    with without_waiting() as seconds:
        yield seconds


# --- sending -------------------------------------------------------------------------------


async def test_an_own_nonce_sent_twice_gives_back_the_first_message(server, room):
    async with running(PlainBot(), server.token) as bot:
        first = await bot.place(room).send("once", nonce="k" * 25)
        again = await bot.place(room).send("once", nonce="k" * 25)
    assert again.id == first.id
    assert [message.text for message in room.history] == ["once"]


async def test_every_send_carries_a_nonce_that_is_enforced(server, room):
    async with running(PlainBot(), server.token) as bot:
        await bot.place(room).send("one")
        await bot.place(room).send("two")
    bodies = [seen.body for seen in server.seen if seen.path.endswith("/messages")]
    assert all(body["enforce_nonce"] is True and body["nonce"] for body in bodies)
    assert len(room.history) == 2


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_error_is_tried_five_times_with_one_nonce(server, room, slept, status):
    fault = server.faults.add("POST", MESSAGES, status=status, times=4, after=True)
    async with running(PlainBot(), server.token) as bot:
        await bot.place(room).send("once")
    assert (fault.hits, len(room.history)) == (4, 1)
    assert [s for s in slept if s] == [1, 3, 5, 7]
    nonces = {seen.body["nonce"] for seen in server.seen if seen.path.endswith("/messages")}
    assert len(nonces) == 1


async def test_the_fifth_server_error_is_raised(server, room, slept):
    fault = server.faults.add("POST", MESSAGES, status=500, times=None)
    async with running(PlainBot(), server.token) as bot:
        with pytest.raises(discord.DiscordServerError):
            await bot.place(room).send("never")
    assert (fault.hits, room.history) == (5, [])


async def test_503_is_not_retried_and_our_retry_with_the_nonce_gives_one_message(server, room):
    fault = server.faults.add("POST", MESSAGES, status=503, after=True)
    async with running(PlainBot(), server.token) as bot:
        with pytest.raises(discord.DiscordServerError):
            await bot.place(room).send("once", nonce="key")
        await bot.place(room).send("once", nonce="key")
    assert (fault.hits, len(room.history)) == (1, 1)


@pytest.mark.parametrize(("after", "kept"), [(False, 0), (True, 1)])
async def test_a_dropped_connection_is_raised_and_our_retry_gives_one_message(
    server, room, after, kept
):
    server.faults.add("POST", MESSAGES, drop=True, after=after)
    async with running(PlainBot(), server.token) as bot:
        with pytest.raises((aiohttp.ClientError, OSError)):
            await bot.place(room).send("once", nonce="key")
        assert len(room.history) == kept
        await bot.place(room).send("once", nonce="key")
    assert len(room.history) == 1


@pytest.mark.parametrize(("most", "wait"), [(None, 86_400.0), (1.0, 29.0)])
async def test_a_429_with_via_is_slept_for_as_long_as_it_says(server, room, slept, most, wait):
    """max_ratelimit_timeout is thirty seconds at least, whatever is asked for."""
    server.faults.add("POST", MESSAGES, status=429, retry_after=wait)
    async with running(PlainBot(max_ratelimit_timeout=most), server.token) as bot:
        await bot.place(room).send("late")
    assert (wait in slept, len(room.history)) == (True, 1)


async def test_a_429_beyond_max_ratelimit_timeout_is_raised(server, room, slept):
    server.faults.add("POST", MESSAGES, status=429, retry_after=31.0)
    async with running(PlainBot(max_ratelimit_timeout=30.0), server.token) as bot:
        with pytest.raises(discord.RateLimited) as caught:
            await bot.place(room).send("never")
    assert caught.value.retry_after == 31.0
    assert (31.0 in slept, room.history) == (False, [])


async def test_a_429_without_via_is_raised_at_once(server, room, slept):
    fault = server.faults.add("POST", MESSAGES, status=429, via=False)
    async with running(PlainBot(), server.token) as bot:
        with pytest.raises(discord.HTTPException) as caught:
            await bot.place(room).send("never")
    assert (caught.value.status, fault.hits) == (429, 1)


# --- answering -----------------------------------------------------------------------------


async def test_a_callback_that_failed_after_it_was_processed_raises_40060(server, ada, room, slept):
    server.faults.add("POST", CALLBACK, status=500, after=True)
    bot = PlainBot(lambda interaction: interaction.response.send_message("hello"))
    async with running(bot, server.token):
        answer = await ada.command("hello", channel=room)
        await server.until(lambda: answer.interaction.callbacks == 2)
        await until(lambda: bot.raised)
    assert [error.code for error in bot.raised] == [40060]
    assert [message.text for message in room.history] == ["hello"]


async def test_a_followup_that_failed_after_it_was_processed_is_there_twice(
    server, ada, room, slept
):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("first")
        await interaction.followup.send("more")

    server.faults.add("POST", FOLLOWUP, status=500, after=True)
    async with running(PlainBot(answer), server.token):
        got = await ada.command("hello", channel=room)
        await server.until(lambda: len(got.followups) == 2)
    assert [message.text for message in room.history] == ["first", "more", "more"]


async def test_an_edited_original_stays_one_message_whatever_happens(server, ada, room, slept):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="done")

    server.faults.add("PATCH", FOLLOWUP, status=500, after=True)
    async with running(PlainBot(answer), server.token):
        got = await ada.command("hello", channel=room)
        await server.until(lambda: got.interaction.edits == 2)
    assert [message.text for message in room.history] == ["done"]


async def test_an_answer_after_three_seconds_finds_no_interaction(server, ada, room):
    server.rest.ack_limit_s = -1.0  # every answer is too late
    bot = PlainBot(lambda interaction: interaction.response.send_message("hello"))
    async with running(bot, server.token):
        await ada.command("hello", channel=room, until=None)
        await until(lambda: bot.raised)
    assert [(type(e), e.code) for e in bot.raised] == [(discord.NotFound, 10062)]
    assert room.history == []


async def test_acknowledging_first_leaves_fifteen_minutes_for_the_work(server, ada, room):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        server.rest.ack_limit_s = -1.0  # whatever comes now is later than three seconds
        await interaction.edit_original_response(content="worked")

    async with running(PlainBot(answer), server.token):
        got = await ada.command("hello", channel=room, until=None)
        await server.until(lambda: got.done)
    assert (got.text, got.ephemeral, ada.sees(room)) == ("worked", True, [got.message])


# --- direct messages -----------------------------------------------------------------------


@pytest.mark.parametrize("code", [50007, 50278, 40003])
async def test_a_direct_message_that_cannot_be_sent_is_forbidden(server, ada, room, code):
    """Closed by the person; nothing shared with the bot; too many opened at once."""
    person = server.user("stranger") if code == 50278 else ada
    person.dms_closed = code == 50007
    if code == 40003:
        server.faults.add("POST", "/users/@me/channels", code=40003)
    async with running(PlainBot(), server.token) as bot:
        with pytest.raises(discord.Forbidden) as caught:
            await (await bot.fetch_user(person.id)).send("hello")
    assert (caught.value.code, person.dms) == (code, [])


# --- starting and staying connected --------------------------------------------------------


async def test_a_bad_token_is_a_login_failure(server):
    with pytest.raises(discord.LoginFailure):
        async with running(PlainBot(), "not a token"):
            pass


async def test_503_at_login_is_raised(server):
    server.faults.add("GET", "/users/@me", status=503)
    with pytest.raises(discord.DiscordServerError):
        async with running(PlainBot(), server.token):
            pass


@pytest.mark.parametrize("refused", [True, False])
async def test_a_gateway_that_is_down_at_the_first_connect_stops_the_client(server, slept, refused):
    if refused:
        await server.gateway.go_away()
    else:
        server.gateway.refuse_next = [503]
    with pytest.raises(AttributeError):
        async with running(PlainBot(), server.token):
            pass


async def test_a_client_that_died_can_be_replaced_by_a_new_one(server, room, slept):
    server.gateway.refuse_next = [503]
    with pytest.raises(AttributeError):
        async with running(PlainBot(), server.token):
            pass
    async with running(PlainBot(), server.token) as bot:
        await bot.place(room).send("back")
    assert len(room.history) == 1


@pytest.mark.parametrize("event", ["INTERACTION_CREATE", "MESSAGE_CREATE", "GUILD_CREATE"])
async def test_a_malformed_event_stops_the_client(server, event):
    bot = PlainBot()
    task = asyncio.create_task(bot.start(server.token))
    await server.gateway.until_ready()
    server.gateway.inject(event, {"nothing": "expected"})
    with pytest.raises(KeyError):
        await asyncio.wait_for(task, 60)
    await bot.close()


@pytest.mark.parametrize("how", ["ask_reconnect", "abort"])
async def test_a_lost_connection_is_resumed_and_what_was_missed_is_replayed(server, ada, room, how):
    bot = PlainBot()
    async with running(bot, server.token):
        ada.say(ada.dm(), "before")
        await until(lambda: bot.heard == ["before"])
        getattr(server.gateway, how)()
        ada.say(ada.dm(), "meanwhile")
        await server.gateway.until(lambda: server.gateway.counts["resumed"])
        ada.say(ada.dm(), "after")
        await until(lambda: "after" in bot.heard)
    assert bot.heard == ["before", "meanwhile", "after"]
    assert server.gateway.counts["identify"] == 1


async def test_an_invalidated_session_identifies_anew(server, slept):
    async with running(PlainBot(), server.token):
        server.gateway.invalidate(resumable=False)
        await server.gateway.until(lambda: server.gateway.counts["identify"] == 2)
    assert 5.0 in slept  # the library's own pause before it


# --- buttons -------------------------------------------------------------------------------


async def test_a_persistent_view_and_a_dynamic_item_survive_a_restart(server, ada, room):
    async with running(LastingBot(), server.token) as bot:
        view = Saved()
        view.add_item(Like(7))
        await bot.place(room).send("a paper", view=view)
    async with running(LastingBot(), server.token):
        assert (await ada.press(room.history[0], "Like")).text == "liked 7"
        assert (await ada.press(room.history[0], "Saved")).text == "yours"


async def test_a_button_that_nobody_registered_stays_silent(server, ada, room):
    async with running(PlainBot(), server.token) as bot:
        view = discord.ui.View(timeout=None)
        view.add_item(Like(7))
        await bot.place(room).send("a paper", view=view)
    async with running(PlainBot(), server.token) as bot:
        answer = await ada.press(room.history[0], "Like", until=None)
        ada.say(ada.dm(), "are you there?")
        await until(lambda: bot.heard)
        await bot.place(room).send("yes")
    assert not answer.acknowledged
