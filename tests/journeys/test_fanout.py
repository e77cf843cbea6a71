"""Fan-out: many destinations at the pace that each platform allows, and not one refusal.

Time is the stand-in's and is moved by hand: how fast this machine is says nothing here. How it goes
by the clock on the wall is for `benchmarks/fanout.py`.
"""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from fakes.discord.limits import GLOBAL_PER_SECOND
from fakes.discord.server import DiscordServer
from fakes.hand import Hand
from fakes.slack.server import SlackServer
from slack_sdk.web.async_client import AsyncWebClient

from bot import dispatcher, pace
from bot.dispatcher import Dispatcher
from bot.messages import Message, to_json
from bot.platforms.discord import client
from bot.platforms.discord import posting as discord_posting
from bot.platforms.slack import posting as slack_posting
from storage import outbox
from storage.records import DeliveryKind, Destination

ROOMS, EACH = 120, 2


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2025, 10, 28, 6, tzinfo=UTC).timestamp())


@pytest.fixture
async def discord(hand):
    async with DiscordServer(clock=hand) as server:
        server.limits.as_discord()
        yield server
        assert server.violations == []


@pytest.fixture
async def slack(hand):
    async with SlackServer(clock=hand) as server:
        server.limit.set(per_second=1, burst=1)
        yield server
        assert server.violations == []


@pytest.fixture
async def bot(discord, db, hand, monkeypatch):
    """A client whose pace waits by the stand-in's clock, until all that left has arrived there."""
    left = 0

    class Watched(pace.Pace):
        async def turn(self) -> None:
            nonlocal left
            await super().turn()
            left += 1

    async def sleep(seconds: float) -> None:
        before = left
        await discord.until(lambda: arrived(discord) >= before, within_s=60)
        hand.now += seconds

    stepped = SimpleNamespace(
        Lock=asyncio.Lock, sleep=sleep, get_running_loop=lambda: SimpleNamespace(time=hand)
    )
    monkeypatch.setattr(pace, "asyncio", stepped)
    monkeypatch.setattr(client, "Pace", Watched)
    made = client.PaperClient(SimpleNamespace(), db, hand.clock)
    await made.login(discord.token)
    yield made
    await made.close()


def arrived(server: DiscordServer) -> int:
    return sum(seen.status is not None for seen in server.seen)


async def queue(db, hand, to: Destination, key: str, kind=DeliveryKind.DIGEST) -> None:
    await db.write(
        outbox.queue,
        key=key,
        kind=kind,
        destination=to,
        profile_id=None,
        body=to_json(Message(heading=key)),
        due_at=hand.clock(),
        now=hand.clock(),
    )


def sender(db, hand, name: str, posting) -> Dispatcher:
    platform = SimpleNamespace(name=name, send=posting.send)
    return Dispatcher(db, [platform], hand.clock, owner="test")


async def test_many_channels_on_discord_are_written_as_fast_as_is_allowed_and_no_faster(
    discord, bot, db, hand
):
    lab = discord.guild("Lab", owner=discord.user("ada"))
    rooms = [discord.text(lab, f"room{n}") for n in range(ROOMS)]
    for number in range(EACH):
        for room in rooms:
            to = Destination(platform="discord", address=f"{lab.id}/{room.id}")
            await queue(db, hand, to, f"{room.id} {number}")
    posting = discord_posting.Posting(lambda: bot)
    await sender(db, hand, "discord", posting).drain()
    assert [len(room.history) for room in rooms] == [EACH] * ROOMS
    assert discord.limits.exceeded == []
    assert discord.limits.busiest_second <= GLOBAL_PER_SECOND
    at = [seen.at for seen in discord.seen]
    assert len(at) / (max(at) - min(at)) >= GLOBAL_PER_SECOND * 0.95


@pytest.fixture
def on_slack(slack, db, hand) -> Dispatcher:
    async def client_of(_: str) -> AsyncWebClient:
        return AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])

    return sender(db, hand, "slack", slack_posting.Posting(client_of))


def at_slack(slack, room) -> Destination:
    return Destination(platform="slack", address=f"{slack.workspace.id}/{room.id}")


async def test_each_channel_on_slack_gets_a_message_every_second_and_none_waits_for_another(
    slack, on_slack, db, hand
):
    rooms = [slack.channel(f"room{n}") for n in range(40)]
    for number in range(4):
        for room in rooms:
            await queue(db, hand, at_slack(slack, room), f"{room.id} {number}")
    for second in range(4):
        await on_slack.drain()
        assert [len(slack.history(room)) for room in rooms] == [second + 1] * 40
        hand.now += 0.99
        assert await on_slack.drain() == 0
        hand.now += 0.01
    assert slack.limit.refused == []


async def test_an_alert_overtakes_the_digests_that_wait_for_its_channel(slack, on_slack, db, hand):
    room = slack.channel("busy")
    for number in range(5):
        await queue(db, hand, at_slack(slack, room), f"digest {number}")
    await on_slack.drain()
    await queue(db, hand, at_slack(slack, room), "the alert", DeliveryKind.ALERT)
    for _ in range(5):
        hand.now += 1
        await on_slack.drain()
    shown = [message.shown.strip("*\n ") for message in slack.history(room)]
    order = ["digest 0", "the alert", "digest 1", "digest 2", "digest 3", "digest 4"]
    assert shown == order
    assert slack.limit.refused == []


async def test_an_alert_overtakes_the_digests_that_wait_for_other_channels(
    slack, on_slack, db, hand, monkeypatch
):
    monkeypatch.setattr(dispatcher, "IN_FLIGHT", 1)
    for number in range(5):
        room = slack.channel(f"room{number}")
        await queue(db, hand, at_slack(slack, room), f"digest {number}")
    alerted = slack.channel("alerted")
    await queue(db, hand, at_slack(slack, alerted), "the alert", DeliveryKind.ALERT)
    await on_slack.drain()
    posted = [call.args["channel"] for call in slack.calls_of("chat.postMessage")]
    assert posted[0] == alerted.id
    assert len(posted) == 6
