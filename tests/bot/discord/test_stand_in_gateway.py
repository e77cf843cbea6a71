"""The stand-in for Discord: its gateway, TLS, and the process of its own."""

import asyncio
import json
import os
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
import trustme
from fakes.discord.library import connector, running, without_waiting
from fakes.discord.plain_bot import PlainBot, until
from fakes.discord.server import DiscordServer

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as started:
        yield started


@pytest.fixture
def ada(server):
    return server.user("ada")


async def test_two_shards_hear_their_own_guilds(server, ada):
    rooms = [
        server.text(server.guild(f"G{n}", owner=ada, number=(n + 2) << 22), "r") for n in range(2)
    ]
    sharded = discord.AutoShardedClient(
        intents=discord.Intents.default(), shard_count=2, guild_ready_timeout=0.02
    )
    with without_waiting():
        async with running(sharded, server.token):
            assert sorted(session.shard for session in server.gateway.live) == [(0, 2), (1, 2)]
            heard = [sharded.get_guild(place.guild.id).shard_id for place in rooms]
    assert heard == [0, 1]
    assert server.gateway.session_starts == 998


async def test_a_session_that_is_not_acknowledged_is_left_and_resumed(server):
    server.gateway.acknowledges = False
    server.gateway.heartbeat_interval_s = 0.05
    async with running(PlainBot(heartbeat_timeout=0.1), server.token):
        await server.gateway.until(lambda: server.gateway.counts["resumed"])
    assert 4000 in server.gateway.closes


@pytest.mark.parametrize("code", [4000, 4009])
async def test_a_close_code_decides_between_resuming_and_starting_over(server, code):
    async with running(PlainBot(), server.token):
        server.gateway.close(code)
        await server.gateway.until(lambda: server.gateway.counts["connect"] == 2)
        await server.gateway.until(lambda: server.gateway.counts["resume"] == 1)
        assert server.gateway.counts["resumed"] == (code == 4000)


async def test_privileged_intents_are_refused(server):
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(PlainBot(intents=discord.Intents.all()), server.token):
            pass


async def test_a_gateway_that_comes_back_is_found_again(server, ada):
    bot = PlainBot()
    async with running(bot, server.token):
        await server.gateway.go_away()
        ada.say(ada.dm(), "meanwhile")
        await server.gateway.come_back()
        await until(lambda: bot.heard == ["meanwhile"])


async def test_the_real_hosts_are_served_over_tls():
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("discord.com", "gateway.discord.gg").configure_cert(context)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    async with DiscordServer(ssl_context=context, point_library=False) as server:
        room = server.text(server.guild("Lab", owner=server.user("ada")), "room")
        bot = PlainBot(connector=connector(server, trusted))
        async with running(bot, server.token):
            await bot.place(room).send("over TLS")
            assert discord.http.Route.BASE == "https://discord.com/api/v10"
        assert [message.text for message in room.history] == ["over TLS"]


async def test_it_runs_in_a_process_of_its_own():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fakes.discord.control",
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(TESTS)},
    )
    try:
        assert process.stdout
        about = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession(about["control_url"]) as http:

            async def act(**what: Any) -> Any:
                return await (await http.post("/__act", json=what)).json()

            ada = (await act(do="user", name="ada"))["id"]
            lab = (await act(do="guild", name="Lab", owner=ada))["id"]
            room = (await act(do="text", guild=lab, name="room"))["id"]
            await act(do="say", who=ada, channel=room, text="hello")
            await http.post("/__fault", json={"method": "*", "pattern": "*", "status": 503})
            assert (await http.get("/api/v10/users/@me")).status == 503
            assert (await http.get("/api/v10/users/@me")).status == 401
            state = await (await http.get("/__state")).json()
        assert [m["text"] for m in state["channels"][room]["messages"]] == ["hello"]
    finally:
        process.terminate()
        await process.wait()
