"""Connecting to Slack: wrong tokens are told in a sentence, and a lost socket comes back."""

import asyncio

import pytest
from fakes.slack.server import SlackServer
from fakes.slack_bot import at_work, settings

from bot.platforms import Misconfigured
from bot.platforms.slack import SlackPlatform, connecting


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server


@pytest.fixture
def refused(slack, db, clock, commands):
    """Connect with other settings, which must fail; what is raised."""

    async def connect(**more) -> Exception:
        platform = SlackPlatform(settings(slack, **more), db, clock)
        try:
            await asyncio.wait_for(platform.listen(commands), 60)
        except Exception as error:
            return error
        finally:
            await platform.close()
            assert not platform.is_connected
        raise AssertionError("nothing was raised")

    return connect


@pytest.fixture
def told(refused):
    """The sentence that a wrong setting gets."""

    async def connect(**more) -> str:
        error = await refused(**more)
        assert isinstance(error, Misconfigured), error
        return str(error)

    return connect


async def test_a_wrong_bot_token_is_told_by_its_setting(told):
    said = await told(slack_bot_token="xoxb-wrong")
    assert "PAPERROUND_SLACK_BOT_TOKEN (invalid_auth)" in said


async def test_a_revoked_bot_token_is_told_by_its_setting(told, slack):
    slack.workspace.revoke()
    assert "PAPERROUND_SLACK_BOT_TOKEN" in await told()


async def test_a_wrong_app_token_is_an_error_and_no_endless_wait(told):
    said = await told(slack_app_token="xapp-wrong")
    assert "PAPERROUND_SLACK_APP_TOKEN (invalid_auth)" in said


async def test_a_bot_token_in_the_place_of_an_app_token_is_told(told, slack):
    assert "PAPERROUND_SLACK_APP_TOKEN" in await told(slack_app_token=slack.bot_token)


async def test_an_app_token_without_its_scope_is_told(told, slack):
    slack.app.app_scopes = ()
    assert "lacks the scope connections:write" in await told()


async def test_missing_scopes_are_listed(told, slack):
    grant = slack.workspace.grants[-1]
    grant.scopes = tuple(set(grant.scopes) - {"users:read", "im:history"})
    assert "lacks the scopes im:history, users:read:" in await told()


async def test_socket_mode_that_is_off_is_told(told, slack):
    slack.app.socket_mode = False
    assert "Socket Mode is off" in await told()


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("kind", ["status", "error", "drop_before", "garbage", "ratelimited"])
async def test_trouble_on_the_way_is_no_wrong_setting(refused, slack, method, kind):
    slack.fail(method, kind)
    assert not isinstance(await refused(), Misconfigured)


async def test_a_server_that_is_away_is_no_wrong_setting(refused, slack):
    await slack.away()
    assert not isinstance(await refused(), Misconfigured)


async def test_a_refreshed_and_a_cut_socket_come_back(slack, db, clock, commands, monkeypatch):
    monkeypatch.setattr(connecting, "PING_S", 0.2)
    ada = slack.user("ada")
    async with at_work(slack, db, clock, commands) as platform:
        await slack.sockets.disconnect("refresh_requested")
        await slack.until(lambda: slack.sockets.opened == 2 and platform.is_connected)
        slack.sockets.abort()
        await slack.until(lambda: slack.sockets.opened == 3 and platform.is_connected)
        await slack.sockets.raw("this is no JSON")
        await slack.sockets.raw('{"type": "of a later day"}')
        await ada.command("/papers", "help")
        await slack.until(lambda: ada.ephemerals)


async def test_a_socket_that_stays_lost_ends_the_connection(
    slack, db, clock, commands, monkeypatch
):
    monkeypatch.setattr(connecting, "PING_S", 0.1)
    monkeypatch.setattr(connecting, "LOOK_S", 0.02)
    monkeypatch.setattr(connecting, "LOST_S", 0.3)
    platform = SlackPlatform(settings(slack), db, clock)
    listening = asyncio.create_task(platform.listen(commands))
    await slack.until(lambda: platform.is_connected)
    await slack.away()
    with pytest.raises(ConnectionError, match="lost"):
        await asyncio.wait_for(listening, 60)
    assert not platform.is_connected
    await slack.back()
    listening = asyncio.create_task(platform.listen(commands))
    await slack.until(lambda: platform.is_connected)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await platform.close()


async def test_a_server_that_answers_no_farewell_does_not_hold_up_a_stop(
    slack, db, clock, commands, monkeypatch
):
    monkeypatch.setattr(connecting, "CLOSE_S", 0.1)
    platform = SlackPlatform(settings(slack), db, clock)
    listening = asyncio.create_task(platform.listen(commands))
    await slack.until(lambda: platform.is_connected)
    for socket in slack.sockets.open:
        socket._req.transport.pause_reading()
    listening.cancel()
    await asyncio.wait_for(asyncio.wait({listening}), 60)
    assert listening.cancelled()
    await platform.close()
