"""Journeys on Discord: the whole service, the real client, a stand-in server over real sockets."""

import pytest
from fakes.discord.server import DiscordServer
from fakes.running import drop, running, settings_in, until

from bot.platforms.discord import client
from storage import deliveries, profiles, subscriptions, votes
from storage.records import DeliveryStatus, VoteKind

BEES = ("Bees Dance in the Hive", "Nectar and the Forager Bees", "The Queen of the Colony")
ICE = ("Moraine Retreat of Alpine Ice", "Snow and Firn in a Warm Spring")
LATER = ("Bees Dance Again in the Hive", "Weaving with Bees in Mind", "Moraine and Meltwater")


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(client, "GUILDS_WAIT_S", 0.02)


@pytest.fixture
async def server():
    async with DiscordServer() as started:
        yield started
        assert started.violations == []


@pytest.fixture
def settings(server, tmp_path):
    return settings_in(
        tmp_path,
        discord_token=server.token,
        discord_api_base=server.base_url,
        discord_gateway_url=server.gateway_url,
    )


@pytest.fixture
def ada(server):
    """Someone who shares a server with the bot, without which it may not write to her."""
    made = server.user("ada")
    server.guild("Home", owner=made)
    return made


@pytest.fixture
def room(server, ada):
    return server.text(server.guild("Lab", owner=ada), "reading-group")


async def profile(db, person):
    return await db.read(profiles.of, "discord", "users", str(person.id))


async def connected(server):
    await until(lambda: server.gateway.sessions, "a gateway session")
    await until(lambda: len(server.commands()) > 0, "the slash commands")


def text_of(messages) -> str:
    return "\n".join(one.text for one in messages).replace("\\", "")


async def test_from_an_interest_to_a_digest_whose_votes_change_the_next_one(
    server, settings, library, ada
):
    async with running(library, settings):
        await connected(server)
        await ada.command("papers", "follow", {"interest": "bees in the hive"})
        await ada.command("papers", "digest", "daily", {"time": "08:30"})
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(lambda: (settings.inbox.parent / "done" / "monday.txt").exists(), "the dump")
        await ada.command("papers", "digest", "now")
        await until(lambda: BEES[0] in text_of(ada.dms), "the digest")
        card = next(m for m in ada.dms if any("Like" in label for label in m.buttons))
        like = next(label for label in card.buttons if "Like" in label)
        before = card.buttons
        await ada.press(card, like)
        assert any("Liked" in label for label in card.buttons)
        assert len(card.buttons) == len(before)
        made = await profile(library.db, ada)
        (vote,) = await library.db.read(votes.of, made.id)
        assert vote.kind is VoteKind.LIKE
        shown = len(ada.dms)
        drop(settings, "tuesday.txt", *LATER)
        await until(lambda: (settings.inbox.parent / "done" / "tuesday.txt").exists(), "the dump")
        await ada.command("papers", "digest", "now")
        await until(lambda: LATER[0] in text_of(ada.dms[shown:]), "the next digest")
        # A liked paper is a reason from now on.
        assert f"like “{BEES[0]}”, which you liked" in text_of(ada.dms[shown:])


async def test_an_alert_arrives_by_direct_message_right_after_the_dump(
    server, settings, library, ada
):
    async with running(library, settings):
        await connected(server)
        answer = await ada.command("papers", "alert", {"query": "moraine OR firn"})
        await ada.press(answer.message, "Save this alert")
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(lambda: ICE[0] in text_of(ada.dms), "the alert")
        assert ICE[1] in text_of(ada.dms)
        assert BEES[0] not in text_of(ada.dms)


async def test_a_channel_gets_its_digest_with_details_in_a_thread(
    server, settings, library, ada, room
):
    async with running(library, settings):
        await connected(server)
        about = {"interest": "bees in the hive"}
        await ada.command("papers-channel", "follow", about, channel=room)
        await ada.command("papers-channel", "digest", "daily", {"time": "08:30"}, channel=room)
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(lambda: (settings.inbox.parent / "done" / "monday.txt").exists(), "the dump")
        await ada.command("papers-channel", "digest", "now", channel=room)
        await until(lambda: room.threads, "a thread")
        (thread,) = room.threads
        await until(lambda: BEES[0] in text_of(thread.history), "the details")
        heads = [m for m in room.history if BEES[0] in text_of([m])]
        assert len(heads) == 1
        card = next(m for m in thread.history if any("Like" in label for label in m.buttons))
        like = next(label for label in card.buttons if "Like" in label)
        await ada.press(card, like)
        assert any(label.endswith("Like · 1") for label in card.buttons)


async def test_a_forum_gets_one_post_for_a_digest(server, settings, library, ada, room):
    forum = server.forum(room.guild, "papers", tags=("new",), tag_required=True)
    async with running(library, settings):
        await connected(server)
        await ada.command(
            "papers-channel", "follow", {"interest": "bees in the hive"}, channel=forum
        )
        await ada.command("papers-channel", "digest", "daily", {"time": "08:30"}, channel=forum)
        drop(settings, "monday.txt", *BEES, *ICE)
        await until(lambda: (settings.inbox.parent / "done" / "monday.txt").exists(), "the dump")
        await ada.command("papers-channel", "digest", "now", channel=forum)
        await until(lambda: len(forum.threads) == 1, "a post")
        await until(lambda: BEES[0] in text_of(forum.threads[0].history), "its papers")


async def test_a_post_whose_answer_was_lost_is_there_once(server, settings, library, ada):
    async with running(library, settings):
        await connected(server)
        answer = await ada.command("papers", "alert", {"query": "moraine"})
        await ada.press(answer.message, "Save this alert")
        server.faults.add("POST", "/channels/*/messages", drop=True, after=True)
        drop(settings, "monday.txt", *ICE)
        await until(lambda: ICE[0] in text_of(ada.dms), "the alert")
        await settled(library.db)
        assert sum(ICE[0] in text_of([m]) for m in ada.dms) == 1


async def test_closed_direct_messages_pause_the_alert_and_are_told_at_the_next_command(
    server, settings, library, ada, room
):
    async with running(library, settings):
        await connected(server)
        answer = await ada.command("papers", "alert", {"query": "moraine"}, channel=room)
        await ada.press(answer.message, "Save this alert")
        ada.dms_closed = True
        drop(settings, "monday.txt", *ICE)
        made = await profile(library.db, ada)

        async def paused() -> bool:
            (alert,) = await library.db.read(profiles.alerts, made.id)
            return alert.paused is not None

        await until_true(paused)
        told = await ada.command("papers", "status", channel=room)
        assert "paused" in told.text
        ada.dms_closed = False
        again = next(one for one in told.message.walk if one.get("label") == "Try again")
        await ada.press(told.message, again["custom_id"])
        assert not await paused()


async def test_a_gateway_that_is_down_at_the_start_does_not_stop_the_service(
    server, settings, library, ada
):
    server.gateway.refuse_next = [503, None, 503]
    async with running(library, settings):
        await connected(server)
        answer = await ada.command("papers", "help")
        assert answer.text


async def test_a_malformed_event_is_survived_by_a_new_client(server, settings, library, ada):
    async with running(library, settings):
        await connected(server)
        before = set(server.gateway.sessions)
        server.gateway.inject("GUILD_CREATE", {"id": "not a number"})
        await until(lambda: set(server.gateway.sessions) - before, "a new session")
        await until(lambda: ada, "")
        answer = await ada.command("papers", "help")
        assert answer.text


async def test_a_digest_that_was_due_while_it_was_off_comes_once(server, settings, library, ada):
    async with running(library, settings):
        await connected(server)
        await ada.command("papers", "follow", {"interest": "bees in the hive"})
        await ada.command("papers", "digest", "daily", {"time": "08:30"})
    made = await profile(library.db, ada)
    (one,) = await library.db.read(subscriptions.of, made.id)
    await library.db.write(
        subscriptions.reschedule, one.id, one.due_at.replace(year=one.due_at.year - 1)
    )
    drop(settings, "monday.txt", *BEES)
    async with running(library, settings):
        await connected(server)
        await until(lambda: (settings.inbox.parent / "done" / "monday.txt").exists(), "the dump")
        await until(lambda: ada.dms, "the digest", within_s=60)
    heads = [m for m in ada.dms if "for Ada" in m.text]
    assert len(heads) == 1


async def settled(db) -> None:
    async def is_quiet() -> bool:
        counts = await db.read(deliveries.counts)
        return not counts[DeliveryStatus.PENDING] and not counts[DeliveryStatus.LEASED]

    await until_true(is_quiet)


async def until_true(condition, within_s: float = 20.0) -> None:
    import asyncio

    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.05)
