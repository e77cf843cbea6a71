"""Slack over HTTP: signed requests to the service's own web server."""

import asyncio
import json

import aiohttp
import pytest
from fakes.scripted_commands import said
from fakes.slack_bot import at_work, settings

from bot.commands import Reply
from bot.forms import Field, Form
from bot.platforms.slack import SlackPlatform
from bot.web import Web

FORM = Form(title="Follow", action="follow", fields=(Field(name="interest", label="Interest"),))


async def ready() -> dict[str, bool]:
    return {}


@pytest.fixture
def chosen(slack):
    return settings(slack, slack_mode="http", slack_app_token=None, http_port=0)


@pytest.fixture
async def url(slack, db, clock, commands, chosen):
    async with at_work(slack, db, clock, commands, chosen) as platform:
        web = Web(chosen, ready, platform.routes)
        await web.start()
        slack.http.url = f"http://127.0.0.1:{web.port}/slack/events"
        yield slack.http.url
        await web.stop()


async def test_slack_recognises_the_request_url(url, slack):
    assert await slack.http.verify()


async def test_commands_presses_forms_and_events_all_come_through_one_door(
    url, slack, commands, ada
):
    commands.replies["follow"] = lambda asked: (
        Reply(form=FORM)
        if asked.fields is None
        else Reply(errors={"interest": "Too short."})
        if asked.fields["interest"] == "b"
        else said("Following")
    )
    await ada.command("/papers", "follow")
    await slack.until(lambda: ada.modal)
    await ada.submit({"Interest": "b"})
    assert ada.modal.errors == {"interest": "Too short."}
    await ada.submit({"Interest": "bees"})
    await slack.until(lambda: ada.ephemerals)
    await ada.open_home()
    await slack.until(lambda: ada.home and ada.dms)
    await ada.press(ada.dms[0], "Begin")
    await slack.until(lambda: len(ada.ephemerals) == 2)
    await ada.dm("help")
    await slack.until(lambda: len(ada.dms) == 2)
    assert {one.via for one in slack.delivery.handed} == {"http"}
    assert [one.summary() for one in slack.delivery.handed if one.failed or one.late] == []


async def test_an_answer_that_takes_long_is_acknowledged_first(url, slack, commands, ada):
    commands.delay = 0.4
    handed = await ada.command("/papers", "help")
    assert handed.acked
    assert handed.latency < 0.4
    await slack.until(lambda: ada.ephemerals)


async def test_an_event_that_is_delivered_again_is_handled_once(url, slack, commands, ada):
    handed = await ada.dm("help")
    again = await slack.delivery.again(handed)
    assert again.acked
    await slack.until(lambda: ada.dms)
    assert len(commands.requests) == 1


@pytest.mark.parametrize("forge", ["signature", "stale"])
async def test_what_slack_did_not_sign_is_refused(url, slack, commands, ada, forge, caplog):
    slack.http.forge = forge
    handed = await ada.command("/papers", "follow secret bees")
    assert handed.status == 401
    assert commands.requests == []
    assert "secret bees" not in caplog.text


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "payload=%7B", "payload=[]", "null", "\x00", "payload=null", "a=b"]
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_nonsense_is_refused_and_breaks_nothing(url, slack, commands, ada, body, kind):
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Type": kind}
        async with session.post(url, data=body, headers=headers) as answer:
            assert 400 <= answer.status < 500
        signed = headers | slack.http.signed(body)
        async with session.post(url, data=body, headers=signed) as answer:
            assert answer.status < 500
    await ada.command("/papers", "help")
    await slack.until(lambda: ada.ephemerals)


async def test_payloads_of_unknown_kinds_break_nothing(url, slack, commands, ada, caplog):
    unknown = {"type": "of a later day", "team": {"id": slack.workspace.id}, "words": "secret"}
    body = json.dumps(unknown)
    async with aiohttp.ClientSession() as session:
        headers = {"Content-Type": "application/json"} | slack.http.signed(body)
        async with session.post(url, data=body, headers=headers) as answer:
            assert answer.status < 500
    handed = await slack.emit({"type": "of a later day", "words": "secret"})
    assert handed.acked
    await ada.command("/papers", "help")
    await slack.until(lambda: ada.ephemerals)
    assert "secret" not in caplog.text


async def test_before_it_is_connected_slack_is_asked_to_come_again(
    slack, db, clock, commands, chosen, ada
):
    platform = SlackPlatform(chosen, db, clock)
    web = Web(chosen, ready, platform.routes)
    await web.start()
    slack.http.url = f"http://127.0.0.1:{web.port}/slack/events"
    assert (await ada.command("/papers", "help")).status == 503
    assert not platform.is_connected
    listening = asyncio.create_task(platform.listen(commands))
    await slack.until(lambda: platform.is_connected)
    assert (await ada.command("/papers", "help")).status == 200
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await platform.close()
    await web.stop()
