"""Discord through the real client: every verb answers, in time, to whoever asked."""

import asyncio
from contextlib import asynccontextmanager

import discord
import pytest
from fakes.discord.commands import CannotDo
from fakes.discord.server import DiscordServer
from fakes.pages import dump
from fakes.running import until

from bot.commands import Commands
from bot.platforms import Misconfigured
from bot.platforms.discord import answering, client
from bot.platforms.discord.adapter import DiscordPlatform
from bot.platforms.discord.invite import PERMISSIONS, WHY, invite
from bot.settings import Settings
from matching.ingest import ingest
from storage import destinations, profiles, subscriptions, votes
from storage.records import Destination, OwnerKind, VoteKind

TITLES = (
    "Bees Dance in the Hive",
    "Nectar and the Forager Bees",
    "Moraine Retreat of Alpine Ice",
    "Warp and Weft on the Loom",
)


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(client, "GUILDS_WAIT_S", 0.02)


@pytest.fixture
async def server():
    async with DiscordServer() as started:
        yield started
        assert started.violations == []


@pytest.fixture
def commands(library, clock) -> Commands:
    return Commands(library, clock, lambda: None)


def platform_of(server, db, clock, token=None) -> DiscordPlatform:
    settings = Settings(
        discord_token=token or server.token,
        discord_api_base=server.base_url,
        discord_gateway_url=server.gateway_url,
    )
    return DiscordPlatform(settings, db, clock)


@asynccontextmanager
async def connected(server, commands, db, clock):
    platform = platform_of(server, db, clock)
    listening = asyncio.create_task(platform.listen(commands))
    try:
        await until(lambda: platform.is_connected or listening.done(), "a connection")
        if listening.done():
            listening.result()
        yield platform
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
async def stored(library, clock):
    await ingest(library.db, library.encoder, dump(*TITLES, comments=3), clock.now)


@pytest.fixture
def ada(server):
    return server.user("ada")


@pytest.fixture
def room(server, ada):
    return server.text(server.guild("Lab", owner=ada), "reading-group")


async def profile(db, owner):
    return await db.read(profiles.of, "discord", "users", str(owner.id))


async def test_follow_is_answered_to_the_asker_alone(
    server, commands, db, clock, ada, room, stored
):
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "follow", {"interest": "bees"}, channel=room)
    assert answer.ephemeral
    assert "bees" in answer.text
    made = await profile(db, ada)
    assert [one.text for one in await db.read(profiles.interests, made.id)] == ["bees"]


async def test_every_command_answers(server, commands, db, clock, ada, room, stored):
    """In direct messages and in a channel, with and without its options."""
    asked = 0
    async with connected(server, commands, db, clock):
        await ada.command("papers", "follow", {"interest": "bees"})
        for command in server.commands():
            if command["type"] != 1:
                continue
            is_channel = command["name"] == "papers-channel"
            for words, options in leaves(command):
                place = room if is_channel else None
                answer = await ada.command(*words, options, channel=place)
                assert answer.modal or answer.text or answer.message, words
                if answer.modal:
                    ada.dismiss_modal()
                asked += 1
    assert asked > 30


EXAMPLES = {
    "interest": "bees",
    "time": "08:30",
    "day": "mon",
    "papers": 5,
    "words": "bees",
    "paper": "1",
    "who": "managers",
    "on": "off",
    "change": "follow bees",
}


def leaves(command):
    """Every command without sub-commands, with its required options filled in."""
    below = [one for one in command.get("options", []) if one["type"] in (1, 2)]
    if not below:
        needed = [one["name"] for one in command.get("options", []) if one.get("required")]
        yield (command["name"],), {name: EXAMPLES[name] for name in needed}
    for one in below:
        for words, options in leaves(one):
            yield (command["name"], *words), options


async def test_a_press_changes_the_card_in_place_and_trains_the_profile(
    server, commands, db, clock, ada, stored
):
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "search", {"words": "moraine"})
        shown = answer.message
        pressed = await ada.press(shown, next(b for b in shown.buttons if "Like" in b))
        assert pressed.message is shown
        assert any("Liked" in label for label in shown.buttons)
    made = await profile(db, ada)
    assert [one.kind for one in await db.read(votes.of, made.id)] == [VoteKind.LIKE]


async def test_a_button_works_after_a_restart(server, commands, db, clock, ada, stored):
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "search", {"words": "moraine"})
    shown = answer.message
    async with connected(server, commands, db, clock):
        save = next(label for label in shown.buttons if "Save" in label)
        await ada.press(shown, save)
    made = await profile(db, ada)
    assert [one.kind for one in await db.read(votes.of, made.id)] == [VoteKind.SAVE]


async def test_a_form_is_opened_filled_in_and_saved_also_across_a_restart(
    server, commands, db, clock, ada
):
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "follow")
        assert answer.modal is not None
    label = next(iter(answer.modal.fields))
    async with connected(server, commands, db, clock):
        await ada.submit_modal({label: "glaciers and ice"})
    made = await profile(db, ada)
    assert [one.text for one in await db.read(profiles.interests, made.id)] == ["glaciers and ice"]


async def test_a_form_with_an_error_says_it_and_offers_the_form_again(
    server, commands, db, clock, ada
):
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "follow")
        told = await ada.submit_modal({next(iter(answer.modal.fields)): "???"})
        assert told.ephemeral
        again = await ada.press(told.message, "Open the form again")
        assert again.modal is not None


async def test_a_danger_is_asked_about_first(server, commands, db, clock, ada):
    async with connected(server, commands, db, clock):
        await ada.command("papers", "follow", {"interest": "bees"})
        answer = await ada.command("papers", "forget-me")
        assert await profile(db, ada) is not None
        (button, *_) = answer.message.buttons
        sure = await ada.press(answer.message, button)
        if await profile(db, ada) is not None:
            await ada.press(sure.followups[-1] if sure.followups else sure.message, "Yes, do it")
    assert await profile(db, ada) is None


async def test_a_slow_answer_is_announced_and_then_put_in_place(
    server, commands, db, clock, ada, monkeypatch
):
    monkeypatch.setattr(answering, "ACK_AFTER_S", 0.02)
    answered = commands.answer

    async def slowly(request):
        await asyncio.sleep(0.2)
        return await answered(request)

    monkeypatch.setattr(commands, "answer", slowly)
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "help", until="acknowledged")
        assert answer.is_thinking
        await answer.completion()
        assert "follow" in answer.text
        assert answer.ephemeral


async def test_autocomplete_offers_ones_own_interests_and_zones(
    server, commands, db, clock, ada, stored
):
    async with connected(server, commands, db, clock):
        await ada.command("papers", "follow", {"interest": "bees and hives"})
        found = await ada.autocomplete("papers", "unfollow", {"interest": "be"})
        assert [one["name"] for one in found] == ["bees and hives"]
        zones = await ada.autocomplete("papers", "timezone", {"zone": "berlin"})
        assert "Europe/Berlin" in [one["value"] for one in zones]
        titles = await ada.autocomplete("papers", "similar", {"paper": "nectar"})
        assert any("Nectar" in one["name"] for one in titles)


async def test_the_dial_and_what_is_outside_the_usual_are_turned_by_options(
    server, commands, db, clock, ada, stored
):
    async with connected(server, commands, db, clock):
        await ada.command("papers", "follow", {"interest": "bees and hives"})
        await ada.command("papers", "digest", "daily", {"time": "08:30"})
        tried = await ada.command("papers", "tune", "try", {"change": "mute moraine"})
        assert "Nothing is changed yet" in tried.text
        turned = await ada.command("papers", "digest", "dial", {"sure": 80})
        assert "80% likelihood" in turned.text
        off = await ada.command("papers", "digest", "surprise", {"on": "off"})
        assert "outside the usual are off" in off.text
        history = await ada.command("papers", "tune", "history")
        assert "urned the dial" in history.text


async def test_a_channel_is_begun_by_those_who_manage_it(
    server, commands, db, clock, ada, room, stored
):
    async with connected(server, commands, db, clock):
        begun = await ada.command(
            "papers-channel", "start", {"words": "bees in the hive"}, channel=room
        )
        assert "come to the channel now" in begun.text
        made = await db.read(profiles.of, "discord", str(room.guild.id), str(room.id))
        (one,) = await db.read(profiles.interests, made.id)
        assert one.text == "bees in the hive"


async def test_more_like_this_and_why_this_are_asked_of_a_message(
    server, commands, db, clock, ada, room, stored
):
    async with connected(server, commands, db, clock):
        said = ada.say(room, f"Have you seen “{TITLES[0]}”?")
        like = await ada.context_command("More like this", said)
        assert like.ephemeral
        assert TITLES[0] in like.text.replace("\\", "")
        assert "no paper that I know" not in like.text
        why = await ada.context_command("Why this?", said)
        assert why.ephemeral
        assert why.text


async def test_channel_commands_are_offered_to_managers_and_change_the_channels_profile(
    server, commands, db, clock, ada, room
):
    ben = server.user("ben")
    room.guild.members[ben] = set()
    async with connected(server, commands, db, clock):
        with pytest.raises(CannotDo):
            await ben.command("papers-channel", "follow", {"interest": "bees"}, channel=room)
        answer = await ada.command("papers-channel", "follow", {"interest": "bees"}, channel=room)
        assert not answer.ephemeral
    made = await db.read(profiles.of, "discord", str(room.guild.id), str(room.id))
    assert made.kind is OwnerKind.CHANNEL
    assert [one.text for one in await db.read(profiles.interests, made.id)] == ["bees"]
    assert await profile(db, ada) is None


async def test_it_is_usable_where_only_the_person_installed_it(server, commands, db, clock, stored):
    eve = server.user("eve")
    eve.install()
    elsewhere = server.guild("Elsewhere", owner=server.user("owner"), members=[eve], bots=())
    place = server.text(elsewhere, "general")
    async with connected(server, commands, db, clock):
        answer = await eve.command("papers", "search", {"words": "bees"}, channel=place)
    assert answer.ephemeral
    assert TITLES[0] in answer.text.replace("\\", "")


async def test_a_direct_message_is_understood_as_a_command(server, commands, db, clock, ada, room):
    async with connected(server, commands, db, clock):
        ada.say(ada.dm(), "follow bees")
        await until(lambda: len(ada.dms) > 1, "an answer")
        assert "bees" in ada.dms[-1].text
    assert await profile(db, ada) is not None


async def test_commands_are_told_to_discord_only_when_they_changed(server, commands, db, clock):
    route = f"PUT /applications/{server.application.id}/commands"
    for _ in range(2):
        async with connected(server, commands, db, clock):
            pass
    told = [one for one in server.seen if one.method == "PUT" and "commands" in one.path]
    assert len(told) == 1, route


async def test_a_bad_token_is_one_sentence_that_names_the_setting(server, commands, db, clock):
    platform = platform_of(server, db, clock, token="bad.token.here")
    with pytest.raises(Misconfigured, match="PAPERROUND_DISCORD_TOKEN"):
        await asyncio.wait_for(platform.listen(commands), 60)


async def test_a_lost_server_closes_its_destinations_and_a_return_opens_them(
    server, commands, db, clock, ada, room
):
    to = Destination(platform="discord", address=f"{room.guild.id}/{room.id}")
    async with connected(server, commands, db, clock):
        await ada.command("papers-channel", "digest", "daily", {"time": "08:30"}, channel=room)
        server.leave(room.guild)
        await until_read(db, lambda tx: destinations.gone(tx, to))
        made = await db.read(profiles.of, "discord", str(room.guild.id), str(room.id))
        (one,) = await db.read(subscriptions.of, made.id)
        assert "removed" in one.paused


async def test_a_deleted_channel_closes_its_destination(server, commands, db, clock, ada, room):
    to = Destination(platform="discord", address=f"{room.guild.id}/{room.id}")
    async with connected(server, commands, db, clock):
        await ada.command("papers-channel", "digest", "daily", {"time": "08:30"}, channel=room)
        server.delete_channel(room)
        await until_read(db, lambda tx: destinations.gone(tx, to))


async def test_two_shards_are_made_where_discord_recommends_them(
    server, commands, db, clock, ada, monkeypatch
):
    monkeypatch.setattr(server.gateway, "shards", 2)
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "help")
        assert answer.text
        assert len(server.gateway.sessions) == 2


async def test_every_permission_of_the_invite_says_what_it_is_for(server, db):
    settings = Settings(discord_token=server.token, discord_api_base=server.base_url)
    link = await invite(settings)
    assert str(server.application.id) in link
    assert f"permissions={PERMISSIONS.value}" in link
    assert discord.Permissions(**dict.fromkeys(WHY, True)).value == PERMISSIONS.value


async def until_read(db, fn) -> None:
    async with asyncio.timeout(60):
        while not await db.read(fn):
            await asyncio.sleep(0.02)


async def test_what_the_library_repeats_takes_its_turn_like_everything(
    server, commands, db, clock, room, monkeypatch
):
    turns = 0

    async def turn(_: object) -> None:
        nonlocal turns
        turns += 1

    monkeypatch.setattr(client.Pace, "turn", turn)
    bot = client.PaperClient(commands, db, clock)
    await bot.login(server.token)
    asked = turns
    server.faults.add("GET", "/channels/*", status=429, retry_after=0.01, times=2)
    await bot.fetch_channel(room.id)
    await bot.close()
    assert turns - asked == 3


# --- files ---------------------------------------------------------------------------------


async def test_a_library_comes_as_an_option_of_a_command(server, commands, db, clock, stored, ada):
    ada.install()
    file = ada.file("mine.bib", b"@article{a, title={Bees Dance in the Hive}}")
    async with connected(server, commands, db, clock):
        answer = await ada.command("papers", "tune", "import", {"file": file})
        assert "1 paper of it came in dumps" in answer.text
        too_large = ada.file("mine.bib", b"x") | {"size": 5_000_001}
        answer = await ada.command("papers", "tune", "import", {"file": too_large})
        assert "5 MB are the most" in answer.text
    mine = await db.read(profiles.of, "discord", "users", str(ada.id))
    assert [one.kind for one in await db.read(votes.of, mine.id)] == [VoteKind.LIKE]


async def test_what_is_tuned_can_be_undone(server, commands, db, clock, stored, ada):
    ada.install()
    async with connected(server, commands, db, clock):
        await ada.command("papers", "follow", {"interest": "bees dance"})
        listed = await ada.command("papers", "tune", "history")
        assert "Followed “bees dance”" in listed.text
        await ada.command("papers", "tune", "undo", {"change": 1})
    mine = await db.read(profiles.of, "discord", "users", str(ada.id))
    assert await db.read(profiles.interests, mine.id) == []
