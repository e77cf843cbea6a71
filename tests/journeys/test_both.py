"""One service, two platforms, one person on each: neither waits for the other."""

import asyncio
import io

import pytest
from fakes.discord.server import DiscordServer
from fakes.running import drop, running, settings_in, until
from fakes.slack.server import SlackServer
from rich.console import Console

from bot.commands import throttle
from bot.platforms import Misconfigured
from bot.platforms.chosen import chosen
from bot.platforms.discord import client
from bot.service import Service, utc_now

SLOW_DOWN = "One moment, please"
PAPERS = ("Moraine Retreat of Alpine Ice", "Bees Dance in the Hive")


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr(client, "GUILDS_WAIT_S", 0.02)


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server
        assert server.violations == []


@pytest.fixture
async def discord():
    async with DiscordServer() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def settings(slack, discord, tmp_path):
    return settings_in(
        tmp_path,
        slack_bot_token=slack.bot_token,
        slack_app_token=slack.app_token,
        slack_api_url=slack.api_url,
        discord_token=discord.token,
        discord_api_base=discord.base_url,
        discord_gateway_url=discord.gateway_url,
    )


@pytest.fixture
def ada(slack):
    return slack.user("ada")


@pytest.fixture
def ben(discord):
    made = discord.user("ben")
    discord.guild("Home", owner=made)
    return made


async def ready(slack, discord):
    await slack.connected()
    await until(lambda: discord.gateway.sessions and discord.commands(), "Discord")


async def asks_on_slack(slack, ada, query):
    await ada.command("/papers", f"alert {query}")
    await until(lambda: any("Save" in label for one in ada.ephemerals for label in one.buttons))
    await ada.press(ada.ephemerals[-1], "Save this alert")
    await until(lambda: any("saved" in one.shown.casefold() for one in ada.ephemerals), "saved")


async def asks_on_discord(ben, query):
    answer = await ben.command("papers", "alert", {"query": query})
    await ben.press(answer.message, "Save this alert")


async def test_each_is_told_on_their_own_platform(slack, discord, settings, library, ada, ben):
    async with running(library, settings):
        await ready(slack, discord)
        await asks_on_slack(slack, ada, "moraine")
        await asks_on_discord(ben, "bees")
        drop(settings, "monday.txt", *PAPERS)
        await until(lambda: any(PAPERS[0] in one.shown for one in ada.dms), "Slack's alert")
        await until(lambda: any(PAPERS[1] in one.text for one in ben.dms), "Discord's alert")
    assert not any(PAPERS[1] in one.shown for one in ada.dms)
    assert not any(PAPERS[0] in one.text for one in ben.dms)


async def test_slack_goes_on_while_discord_is_down(slack, discord, settings, library, ada, ben):
    async with running(library, settings):
        await ready(slack, discord)
        await asks_on_slack(slack, ada, "moraine OR bees")
        await asks_on_discord(ben, "bees")
        await discord.gateway.go_away()
        away = discord.faults.add("*", "/*", status=503, times=None)
        drop(settings, "monday.txt", *PAPERS)
        await until(lambda: any(PAPERS[0] in one.shown for one in ada.dms), "Slack's alert")
        assert not any(PAPERS[1] in one.text for one in ben.dms)
        away.lift()
        await discord.gateway.come_back()
        await until(lambda: any(PAPERS[1] in one.text for one in ben.dms), "the other one", 40)
    assert sum(PAPERS[1] in one.text for one in ben.dms) == 1


async def test_discord_goes_on_while_slack_is_down(slack, discord, settings, library, ada, ben):
    async with running(library, settings):
        await ready(slack, discord)
        await asks_on_slack(slack, ada, "moraine")
        await asks_on_discord(ben, "bees")
        await slack.away()
        drop(settings, "monday.txt", *PAPERS)
        await until(lambda: any(PAPERS[1] in one.text for one in ben.dms), "Discord's alert")
        answer = await ben.command("papers", "status")
        assert answer.text
        await slack.back()
        await until(lambda: any(PAPERS[0] in one.shown for one in ada.dms), "the other one", 40)
    assert sum(PAPERS[0] in one.shown for one in ada.dms) == 1


async def test_who_asks_too_much_waits_on_either_platform_and_nobody_else_does(
    slack, discord, settings, library, ada, ben, monkeypatch
):
    """The same allowance everywhere: commands and presses, typed or clicked."""
    monkeypatch.setattr(throttle, "BURST", 4)
    monkeypatch.setattr(throttle, "EVERY_S", 3600.0)
    eve, joe = slack.user("eve"), discord.user("joe")
    discord.guild("Elsewhere", owner=joe)
    async with running(library, settings):
        await ready(slack, discord)
        for _ in range(4):
            await ada.command("/papers", "help")
        await ada.command("/papers", "follow bees in the hive")
        await until(lambda: SLOW_DOWN in ada.ephemerals[-1].shown, "Slack's no")
        answers = [await ben.command("papers", "help") for _ in range(5)]
        assert SLOW_DOWN not in answers[3].text
        assert SLOW_DOWN in answers[4].text
        refused = await ben.command("papers", "follow", {"interest": "bees in the hive"})
        assert SLOW_DOWN in refused.text
        await eve.command("/papers", "follow bees in the hive")
        await until(lambda: eve.ephemerals, "an answer to somebody else on Slack")
        answer = await joe.command("papers", "follow", {"interest": "bees in the hive"})
    assert SLOW_DOWN not in eve.ephemerals[-1].shown
    assert SLOW_DOWN not in answer.text
    followed = await library.db.read(lambda tx: tx.rows("SELECT owner FROM profiles ORDER BY 1"))
    assert {row["owner"] for row in followed} == {eve.id, str(joe.id)}


async def test_a_wrong_token_on_one_leaves_the_other_at_work(
    slack, discord, settings, library, ben
):
    wrong = settings.model_copy(update={"slack_api_url": slack.api_url}).model_dump()
    wrong["slack_bot_token"] = "xoxb-wrong"
    async with running(library, type(settings)(**wrong)):
        await until(lambda: discord.gateway.sessions and discord.commands(), "Discord")
        answer = await ben.command("papers", "help")
        assert answer.text


async def test_with_both_tokens_wrong_it_ends_with_a_sentence(slack, discord, settings, library):
    wrong = settings.model_dump() | {"slack_bot_token": "xoxb-wrong", "discord_token": "wrong"}
    made = chosen(type(settings)(**wrong), library.db, utc_now, Console(file=io.StringIO()))
    service = Service(library, made, settings)
    with pytest.raises(Misconfigured, match=r"PAPERROUND_(SLACK_BOT|DISCORD)_TOKEN"):
        await asyncio.wait_for(service.run(), 60)
