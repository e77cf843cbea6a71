"""The stand-in for Slack: who and what is there, and the sockets between."""

import asyncio

import aiohttp
import pytest
from fakes.slack.bolted import Bolted, careful_client
from fakes.slack.listener import listening
from fakes.slack.server import SlackServer
from slack_sdk.errors import SlackApiError


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server


@pytest.fixture
def client(slack):
    return careful_client(slack)


@pytest.fixture
async def bolted(slack):
    async with Bolted(slack) as bolted:
        yield bolted


async def error_of(call) -> str:
    with pytest.raises(SlackApiError) as error:
        await call
    return error.value.response["error"]


async def test_people_tell_their_zone_and_their_standing(slack, client):
    ada = slack.user("ada", tz="Europe/Paris", is_admin=True, real_name="Ada Lovelace")
    told = (await client.users_info(user=ada.id))["user"]
    assert (told["tz"], told["is_admin"], told["real_name"]) == (
        "Europe/Paris", True, "Ada Lovelace",
    )  # fmt: skip
    assert slack.user("ada").id == ada.id
    assert (await client.users_lookupByEmail(email="ada@example.org"))["user"]["id"] == ada.id
    names = [user["name"] for user in (await client.users_list())["members"]]
    assert names == ["paperround", "ada"]
    assert await error_of(client.users_info(user="U404")) == "user_not_found"


async def test_channels_show_what_the_bot_may_see(slack, client):
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    hall = slack.channel("hall", members=[ada], bot=False)
    den = slack.channel("den", members=[ada], private=True)
    slack.channel("vault", members=[ada], private=True, bot=False)
    every = await client.conversations_list(types="public_channel,private_channel")
    assert [c["name"] for c in every["channels"]] == ["papers", "hall", "den"]
    mine = await client.users_conversations(types="public_channel,private_channel")
    assert [c["name"] for c in mine["channels"]] == ["papers", "den"]
    told = (await client.conversations_info(channel=den.id))["channel"]
    assert (told["is_private"], told["is_member"], told["creator"]) == (True, True, ada.id)
    members = (await client.conversations_members(channel=room.id))["members"]
    assert members == [ada.id, slack.workspace.bot_user_id]
    assert await error_of(client.conversations_history(channel=hall.id)) == "not_in_channel"
    assert (await client.conversations_join(channel=hall.id))["channel"]["is_member"]
    assert (await client.conversations_history(channel=hall.id))["messages"] == []
    joining = client.conversations_join(channel=den.id)
    assert await error_of(joining) == "method_not_supported_for_channel_type"


async def test_direct_messages_open_once_for_one_or_several(slack, client):
    ada, bob = slack.user("ada"), slack.user("bob")
    first = await client.conversations_open(users=[ada.id], return_im=True)
    again = await client.conversations_open(users=[ada.id])
    assert first["channel"]["id"] == again["channel"]["id"] == ada.im.id
    assert first["channel"]["user"] == ada.id
    both = await client.conversations_open(users=[ada.id, bob.id])
    same = await client.conversations_open(users=[bob.id, ada.id])
    assert both["channel"]["id"] == same["channel"]["id"] != ada.im.id
    assert await error_of(client.conversations_open(users="")) == "users_list_not_supplied"
    resumed = await client.conversations_open(channel=ada.im.id)
    assert resumed["channel"]["id"] == ada.im.id


async def test_the_workspace_and_the_bot_introduce_themselves(slack, client):
    assert (await client.team_info())["team"]["name"] == "Lab"
    bot = (await client.bots_info(bot=slack.workspace.bot_id))["bot"]
    assert bot["user_id"] == slack.workspace.bot_user_id


async def test_a_ticket_opens_one_socket(slack, client):
    url = (await client.apps_connections_open(app_token=slack.app_token))["url"]
    assert url.startswith(f"ws://127.0.0.1:{slack.port}/link/")

    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
    slack.app.socket_mode = False
    opening = client.apps_connections_open(app_token=slack.app_token)
    assert await error_of(opening) == "socket_mode_not_enabled"


async def test_pings_and_noise_do_not_disturb_an_app(slack, bolted):
    bot = listening(bolted.app())
    await bolted.socket(bot.app)
    await slack.sockets.ping()
    await slack.sockets.raw("not JSON")
    await slack.sockets.raw('{"type": "of tomorrow"}')
    assert (await slack.user("ada").command("/papers", "help")).acked
    assert slack.sockets.opened == 1


async def test_an_app_finds_back_to_a_platform_that_was_away(slack, bolted):
    bot = listening(bolted.app())
    await bolted.socket(bot.app, ping_interval=0.05)
    await slack.away()
    assert (await slack.user("ada").command("/papers", "help")).failed == "dispatch_failed"
    await slack.back()
    await slack.connected()
    assert (await slack.user("ada").command("/papers", "help")).acked


async def test_another_process_may_send_the_platform_away_for_a_while(slack, client):
    async def reachable() -> bool:
        try:
            return (await client.auth_test())["ok"]
        except aiohttp.ClientConnectionError:
            return False

    async with aiohttp.ClientSession(slack.url) as session:
        await session.post("/__fault", json={"away": 0.05})
    async with asyncio.timeout(60):
        while await reachable():
            pass
        while not await reachable():
            pass


async def test_every_payload_may_be_delivered_several_times(slack, bolted):
    bot = listening(bolted.app())
    await bolted.socket(bot.app)
    slack.delivery.repeats = 2
    await slack.user("ada").command("/papers", "help")
    assert len({body["trigger_id"] for body in bot.heard["command"]}) == 1
    assert len(bot.heard["command"]) == 3


async def test_a_failure_of_the_stand_in_itself_is_not_taken_for_slacks(monkeypatch):
    slack = SlackServer()
    await slack.__aenter__()
    monkeypatch.setattr(slack, "grant", None)
    with pytest.raises(SlackApiError):
        await careful_client(slack).auth_test()
    with pytest.raises(AssertionError, match="stand-in itself"):
        await slack.__aexit__(None)
