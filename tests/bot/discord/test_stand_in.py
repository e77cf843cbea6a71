"""The stand-in for Discord itself: what it keeps, refuses and shows."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from fakes.discord.answers import NoAnswer
from fakes.discord.commands import CannotDo
from fakes.discord.library import running
from fakes.discord.papers_bot import Papers
from fakes.discord.plain_bot import PlainBot, until
from fakes.discord.server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as started:
        yield started


@pytest.fixture
def ada(server):
    return server.user("ada", locale="en-GB")


@pytest.fixture
def lab(server, ada):
    return server.guild("Lab", owner=ada, members=[server.user("bob")], locale="de")


@pytest.fixture
def room(server, lab):
    return server.text(lab, "reading-group")


@pytest.fixture
async def bot(server, room):
    async with running(Papers(), server.token) as started:
        yield started
    assert server.violations == []


async def test_a_command_reaches_the_bot_and_its_answer_only_the_person(bot, server, ada, room):
    answer = await ada.command("papers", "follow", {"interest": "bees"}, channel=room)
    assert (answer.text, answer.ephemeral) == ("Following bees, 5", True)
    assert (room.history, ada.sees(room), ada.ephemerals) == (
        [],
        [answer.message],
        [answer.message],
    )
    assert answer.interaction.acknowledged_after < 3
    ada.say(ada.dm(), "hello")
    await until(lambda: bot.heard)
    assert bot.heard == ["hello"]  # and nothing of the ephemeral answer


async def test_a_command_in_direct_messages_comes_from_a_user(bot, server, ada):
    answer = await ada.command("papers follow", {"interest": "bees", "size": 25})
    assert answer.text == "Following bees, 25"
    assert ada.sees(ada.dm()) == [answer.message]


async def test_a_group_inside_a_group_and_both_locales_arrive(bot, ada, room):
    assert (await ada.command("papers", "digest", "here", channel=room)).text == "de en-GB"
    assert len(room.history) == 1


async def test_choices_are_offered_while_one_types(bot, ada, room):
    offered = await ada.autocomplete("papers", "follow", {"interest": "bee"}, channel=room)
    assert offered == [{"name": "bee dance", "value": "1"}]


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        (["nothing"], {}, "registered"),
        (["papers"], {}, "needs a sub-command"),
        (["papers", "unfollow"], {}, "no sub-command"),
        (["papers", "follow"], {}, "needs"),
        (["papers", "follow"], {"topic": "bees"}, "has no options"),
        (["papers", "follow"], {"interest": 7}, "takes type 3"),
        (["papers", "follow"], {"interest": "bees", "size": 26}, "outside"),
        (["form"], {}, "not offered in"),
    ],
)
async def test_what_discord_would_not_send_cannot_be_done(bot, ada, words, options, why):
    with pytest.raises(CannotDo, match=why):
        await ada.command(*words, options)


async def test_a_command_for_managers_is_not_for_everyone(bot, server, lab, room):
    bob = next(user for user in lab.members if user.name == "bob")
    with pytest.raises(CannotDo, match="permissions"):
        await bob.command("form", channel=room)
    server.role(lab, "managers", "manage_guild", members=[bob])
    assert (await bob.command("form", channel=room)).modal.title == "Your digest"


async def test_a_form_is_filled_in_by_label_and_keeps_its_defaults(bot, ada, room):
    answer = await ada.command("form", channel=room)
    assert list(answer.modal.fields) == ["Name", "Size", "Days"]
    for wrong in ({"Name": "x", "Days": "Mon"}, {"Name": "Ada"}, {"Names": "Ada"}):
        with pytest.raises(CannotDo):
            await ada.submit_modal(wrong)
    sent = await ada.submit_modal({"Name": "Ada", "Days": ["Mon", "Tue"]})
    assert (sent.text, ada.modal) == ("Ada 5 ['Mon', 'Tue']", None)


async def test_a_menu_a_select_and_a_button_work_on_messages(bot, ada, room):
    said = ada.say(room, "attention")
    answer = await ada.context_command("More like this", said)
    assert (answer.text, answer.message.buttons) == ("like attention", ["Quiet"])
    quiet = await ada.press(answer.message, "Quiet", until="acknowledged")
    assert not quiet.done
    chosen = await ada.select(answer.message, "Size", "Long")
    assert chosen.message is answer.message
    assert (answer.text, answer.message.components) == ("chosen ['20']", [])
    assert [version["content"] for version in answer.message.versions] == ["like attention"]
    with pytest.raises(CannotDo, match="nothing called"):
        await ada.press(answer.message, "Quiet")


async def test_a_person_is_told_when_the_bot_does_not_respond(bot, server, ada, room):
    server.rest.ack_limit_s = 0.1
    server.faults.add("POST", "/interactions/*", status=404)
    with pytest.raises(NoAnswer, match="did not respond"):
        await ada.command("papers", "digest", "here", channel=room)


async def test_a_user_install_is_there_without_the_bot(server, ada):
    elsewhere = server.text(server.guild("Elsewhere", owner=ada, bots=[]), "room")
    plain = PlainBot(lambda i: i.response.send_message(str(i.is_user_integration())))
    plain.tree.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)
    async with running(plain, server.token):
        with pytest.raises(CannotDo, match="not installed"):
            await ada.command("hello", channel=elsewhere)
        ada.install()
        assert (await ada.command("hello", channel=elsewhere)).text == "True"
        with pytest.raises(discord.Forbidden):
            await plain.place(elsewhere).send("not a member")


async def test_threads_and_forum_posts_hold_messages_of_their_own(bot, server, lab, room):
    message = await bot.get_channel(room.id).send("a digest")
    thread = await message.create_thread(name="bees")
    await thread.send("in the thread")
    assert thread.id == message.id
    assert [m.text for m in room.threads[0].history] == ["in the thread"]
    forum = server.forum(lab, "papers", tags=["new"], tag_required=True)
    await until(lambda: bot.get_channel(forum.id))
    place = bot.get_channel(forum.id)
    with pytest.raises(discord.HTTPException) as caught:
        await place.create_thread(name="post", content="first")
    assert caught.value.code == 40067
    await place.create_thread(name="post", content="first", applied_tags=[place.available_tags[0]])
    assert [m.text for m in forum.threads[0].history] == ["first"]


@pytest.mark.parametrize(
    ("what", "code"),
    [("deleted", 10003), ("left", 50001), ("hidden", 50001), ("silenced", 50013)],
)
async def test_a_channel_that_is_closed_to_the_bot_says_why(bot, server, lab, room, what, code):
    if what == "deleted":
        server.delete_channel(room)
    elif what == "left":
        server.leave(lab)
    else:
        name = "view_channel" if what == "hidden" else "send_messages"
        server.deny(room, lab.everyone, name)
    with pytest.raises(discord.HTTPException) as caught:
        await bot.place(room).send("hello")
    assert caught.value.code == code


async def test_a_nonce_holds_for_minutes_and_outlives_its_message(bot, server, room):
    place = bot.place(room)
    first = await place.send("one", nonce="key")
    server.delete_message(room.history[0])
    with pytest.raises(discord.NotFound) as caught:
        await place.send("one", nonce="key")
    server.rest.nonce_window_s = -1.0  # the minutes are over
    assert (await place.send("one", nonce="key")).id > first.id
    assert (caught.value.code, len(room.history)) == (10008, 1)


async def test_files_come_with_a_message_and_can_be_read_back(bot, server, room):
    sent = await bot.place(room).send("list", file=discord.File(__file__, filename="list.py"))
    assert (await sent.attachments[0].read()).startswith(b'"""The stand-in')


async def test_an_empty_bucket_delays_the_library_not_the_count(bot, server, room):
    server.limits.limit("POST", "/channels/{channel_id}/messages", 2, 0.2)
    await asyncio.gather(*(bot.place(room).send(str(n)) for n in range(5)))
    assert len(room.history) == 5
    assert server.limits.exceeded == []
    headers = {"Authorization": f"Bot {server.token}"}
    async with aiohttp.ClientSession(headers=headers) as careless:
        url = f"{server.base_url}/channels/{room.id}/messages"
        body = {"content": "more", "allowed_mentions": {"parse": []}}
        answers = [(await careless.post(url, json=body)).status for _ in range(3)]
    assert 429 in answers
    assert server.limits.exceeded[0] == "POST /channels/{channel_id}/messages"


async def test_the_first_follow_up_after_a_deferral_takes_its_place(server, ada, room):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True)
        first = await interaction.followup.send("first", wait=True)
        await interaction.followup.send("second", ephemeral=True)
        await first.edit(content="changed")

    async with running(PlainBot(answer), server.token):
        got = await ada.command("hello", channel=room)
        await server.until(lambda: "changed" in got.text)
    assert [message.text for message in ada.sees(room)] == ["changed", "second"]
    assert (got.ephemeral, got.followups, room.history) == (True, [ada.ephemerals[1]], [])


async def test_a_deleted_answer_is_seen_no_more(server, ada, room):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("for a moment")
        await interaction.delete_original_response()

    async with running(PlainBot(answer), server.token):
        got = await ada.command("hello", channel=room)
        await server.until(lambda: not got.messages)
    assert ada.sees(room) == []


async def test_an_interaction_is_answered_once_and_as_its_kind_allows(server, ada, room):
    async with running(PlainBot(), server.token), aiohttp.ClientSession() as http:
        said = (await ada.command("hello", channel=room, until=None)).interaction
        url = f"{server.base_url}/interactions/{said.id}"
        early = await http.post(
            f"{server.base_url}/webhooks/{server.application.id}/{said.token}",
            json={"content": "early", "allowed_mentions": {"parse": []}},
        )
        codes = [(await early.json())["code"]]
        for token, body in (
            ("wrong", {"type": 5}),
            (said.token, {"type": 8, "data": {"choices": []}}),
            (said.token, {"type": 5}),
            (said.token, {"type": 5}),
        ):
            got = await http.post(f"{url}/{token}/callback", json=body)
            codes.append((await got.json())["code"] if got.status != 204 else None)
    assert codes == [10015, 10062, 50035, None, 40060]


async def test_the_token_of_an_interaction_runs_out(server, ada, room):
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        server.rest.token_limit_s = -1.0  # fifteen minutes are over
        await interaction.edit_original_response(content="late")

    bot = PlainBot(answer)
    async with running(bot, server.token):
        await ada.command("hello", channel=room, until=None)
        await until(lambda: bot.raised)
    assert (bot.raised[0].status, bot.raised[0].code) == (401, 50027)


async def test_a_layout_stays_a_layout(server, ada, room):
    class Card(discord.ui.LayoutView):
        words: Any = discord.ui.TextDisplay("a card")

    async with running(PlainBot(), server.token) as bot:
        sent = await bot.place(room).send(view=Card())
        with pytest.raises(discord.HTTPException) as caught:
            await sent.edit(content="words")
    assert caught.value.code == 50035
    assert (room.history[0].text, room.history[0].flags) == ("a card", 1 << 15)
