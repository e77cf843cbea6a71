"""The stand-in for Slack: people acting, with a real Bolt app at the other end."""

import asyncio

import aiohttp
import pytest
from fakes.slack.bolted import Bolted
from fakes.slack.listener import CARD, MODAL, listening, plain
from fakes.slack.server import SlackServer

WAYS = pytest.mark.parametrize("way", ["socket", "http"])


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def bolted(slack):
    async with Bolted(slack) as bolted:
        yield bolted


@pytest.fixture
async def bot(bolted):
    return listening(bolted.app())


async def posted(slack, channel):
    return slack.workspace.post(channel, slack.workspace.bot_user_id, "Bees", blocks=CARD)


@WAYS
async def test_a_command_tells_who_and_where_and_shows_the_answer(slack, bolted, bot, way):
    await bolted.connect(bot.app, way)
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    bot.answers["command"] = {"text": "Following"}
    handed = await ada.command("/papers", "follow bees & ants", room)
    (body,) = bot.heard["command"]
    assert (body["text"], body["user_id"], body["channel_id"], body["channel_name"]) == (
        "follow bees & ants", ada.id, room.id, "papers",
    )  # fmt: skip
    assert (handed.via, handed.failed, handed.reply.text) == (way, None, "Following")
    assert [message.text for message in slack.ephemerals(ada, room)] == ["Following"]
    bot.answers["command"] = {"text": "For all", "response_type": "in_channel"}
    await ada.command("/papers", "share", room)
    assert [message.text for message in slack.history(room)] == ["For all"]
    await ada.command("/papers")
    assert bot.heard["command"][-1]["channel_name"] == "directmessage"


@WAYS
async def test_an_answer_that_slack_cannot_show_fails_the_command(slack, bolted, bot, way):
    await bolted.connect(bot.app, way)
    bot.answers["command"] = {"text": "x", "blocks": [{"type": "section"}]}
    handed = await slack.user("ada").command("/papers")
    assert handed.failed == "invalid_command_response"
    assert len(slack.violations) == 1


async def test_a_command_that_nobody_knows_or_takes_fails(slack):
    ada = slack.user("ada")
    assert (await ada.command("/papers")).failed == "dispatch_failed"
    slack.workspace.revoke()
    slack.workspace.install(["chat:write"])
    with pytest.raises(LookupError, match="no command"):
        await ada.command("/papers")


@WAYS
async def test_pressing_a_button_tells_the_message_and_where_it_stands(slack, bolted, bot, way):
    await bolted.connect(bot.app, way)
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada], private=True)
    card = await posted(slack, room)
    handed = await ada.press(card, "Like")
    assert handed.acked
    (body,) = bot.heard["action"]
    assert body["actions"][0] | {"action_ts": ""} == {
        "type": "button",
        "action_id": "vote",
        "block_id": "card:7",
        "text": plain("Like"),
        "value": "7",
        "action_ts": "",
    }
    assert body["container"] == {
        "type": "message",
        "message_ts": card.ts,
        "channel_id": room.id,
        "is_ephemeral": False,
    }
    assert body["message"]["blocks"] == card.blocks
    assert body["channel"] == {"id": room.id, "name": "privategroup"}
    assert body["state"]["values"]["card:7"]["size"]["selected_option"] is None
    whispered = slack.workspace.whisper(room, ada.id, "Bees", blocks=CARD)
    await ada.press(whispered, "vote")
    assert "message" not in bot.heard["action"][-1]
    assert bot.heard["action"][-1]["container"]["is_ephemeral"]


async def test_choosing_in_menus_and_missing_what_is_not_there(slack, bolted, bot):
    await bolted.socket(bot.app)
    ada = slack.user("ada")
    card = await posted(slack, ada.im)
    await ada.press(card, "more", choose="Mute")
    assert bot.heard["action"][-1]["actions"][0]["selected_option"]["value"] == "mute"
    await ada.press(card, "size", choose="10")
    assert bot.heard["action"][-1]["actions"][0]["selected_option"]["value"] == "10"
    with pytest.raises(LookupError, match="'20' is not offered"):
        await ada.press(card, "size", choose="20")
    with pytest.raises(LookupError, match="nothing to press is called 'Dislike'"):
        await ada.press(card, "Dislike")
    two = slack.workspace.post(ada.im, slack.workspace.bot_user_id, "", blocks=[
        {"type": "actions", "elements": [CARD[1]["elements"][0] | {"value": str(n)}]}
        for n in range(2)
    ])  # fmt: skip
    with pytest.raises(LookupError, match="2 are called 'Like'"):
        await ada.press(two, "Like")
    await ada.press(two, "Like", value="1")
    await ada.press(two, "Like", nth=0)
    assert [body["actions"][0]["value"] for body in bot.heard["action"][-2:]] == ["1", "0"]


@WAYS
async def test_a_modal_is_filled_in_refused_and_saved(slack, bolted, bot, way):
    await bolted.connect(bot.app, way)
    ada = slack.user("ada")
    await ada.press(await posted(slack, ada.im), "Settings")
    await slack.until(lambda: ada.modal)
    with pytest.raises(ValueError, match="requires 'Interest'"):
        await ada.submit()
    with pytest.raises(ValueError, match="0 to 20 characters"):
        await ada.submit({"Interest": "x" * 21})
    with pytest.raises(LookupError, match="no field is called 'Zone'"):
        await ada.submit({"Zone": "UTC"})
    bot.answers["view"] = {"response_action": "errors", "errors": {"interest": "Say more."}}
    await ada.submit({"Interest": "bees", "days": ["Friday"]})
    assert ada.modal.errors == {"interest": "Say more."}
    bot.answers["view"] = {}
    await ada.submit({"Interest": "bees and ants"})
    assert ada.modal is None
    view = bot.heard["view"][-1]["view"]
    assert view["private_metadata"] == "profile 1"
    assert view["state"]["values"]["interest"]["text"]["value"] == "bees and ants"
    (day,) = view["state"]["values"]["days"]["days"]["selected_options"]
    assert day == {"text": plain("Friday"), "value": "Fri"}
    assert slack.violations == []


async def test_a_submission_may_update_push_and_clear_and_closing_is_told(slack, bolted, bot):
    await bolted.socket(bot.app)
    ada = slack.user("ada")
    await ada.press(await posted(slack, ada.im), "Settings")
    await slack.until(lambda: ada.modal)
    second = MODAL | {"title": plain("Second")}
    bot.answers["view"] = {"response_action": "update", "view": second}
    await ada.submit({"Interest": "bees"})
    assert [view.title for view in ada.modals] == ["Second"]
    bot.answers["view"] = {"response_action": "push", "view": MODAL}
    await ada.submit()  # what was entered under the same ids has stayed
    assert [view.title for view in ada.modals] == ["Second", "Settings"]
    await ada.close_modal()
    assert [view.title for view in ada.modals] == ["Second"]
    assert bot.heard["closed"][0]["is_cleared"] is False
    bot.answers["view"] = {"response_action": "clear"}
    await ada.submit()
    assert ada.modals == []
    assert slack.violations == []


@WAYS
async def test_shortcuts_home_mentions_and_messages_arrive(slack, bolted, bot, way):
    await bolted.connect(bot.app, way)
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    await ada.shortcut("similar", await posted(slack, room))
    assert bot.heard["shortcut"][0]["message"]["text"] == "Bees"
    await ada.shortcut("similar")
    assert bot.heard["shortcut"][1]["type"] == "shortcut"
    for handed in (
        await ada.open_home(), await ada.mention(room, "help"), await ada.dm("hello"),
        await slack.joins(room), await slack.archives(room), await slack.deletes(room),
        *await slack.uninstalls(),
    ):  # fmt: skip
        assert handed.acked
    await slack.until(lambda: len(bot.heard["event"]) == 8)
    kinds = [body["event"]["type"] for body in bot.heard["event"]]
    assert kinds == [
        "app_home_opened", "app_mention", "message", "member_joined_channel", "channel_archive",
        "channel_deleted", "tokens_revoked", "app_uninstalled",
    ]  # fmt: skip
    assert len({body["event_id"] for body in bot.heard["event"]}) == 8
    assert bot.heard["event"][2]["event"]["channel_type"] == "im"


async def test_what_is_said_where_the_bot_is_not_is_not_heard(slack, bolted, bot):
    await bolted.socket(bot.app)
    ada = slack.user("ada")
    handed = await ada.mention(slack.channel("away", members=[ada], bot=False), "help")
    assert (handed.via, slack.delivery.handed, bot.heard["event"]) == ("nowhere", [], [])


async def test_each_envelope_goes_through_one_of_several_sockets(slack, bolted, bot):
    for _ in range(3):
        await bolted.socket(bot.app)
    await asyncio.gather(*(slack.user("ada").command("/papers", str(n)) for n in range(6)))
    assert sorted(body["text"] for body in bot.heard["command"]) == list("012345")
    assert len(slack.sockets.acks) == 6


async def test_an_event_that_nobody_took_is_sent_again_when_somebody_is_there(slack, bolted, bot):
    slack.delivery.retries = (0, 0.05)
    handed = await slack.user("ada").open_home()
    assert handed.failed == "dispatch_failed"
    await bolted.socket(bot.app)
    await slack.until(lambda: bot.heard["event"])
    assert slack.delivery.handed[-1].payload["event_id"] == handed.payload["event_id"]


async def test_another_process_can_look_act_and_make_trouble(slack, bolted, bot):
    await bolted.socket(bot.app)
    room = slack.channel("papers")
    async with aiohttp.ClientSession(slack.url) as session:

        async def ask(path: str, **body) -> dict:
            async with session.post(path, json=body) as response:
                return await response.json()

        done = await ask("/__act", user="ada", do="command", args={"command": "/papers"})
        assert done["handed"][0]["acked"]
        card = await posted(slack, room)
        on = {"channel": room.id, "ts": card.ts}
        done = await ask("/__act", user="ada", do="press", args={"what": "Like"}, on=on)
        assert (done["ok"], len(bot.heard["action"])) == (True, 1)
        assert not (await ask("/__act", user="ada", do="press", args={"what": "No"}, on=on))["ok"]
        made = await ask("/__act", do="channel", args={"name": "hall", "members": ["ada"]})
        assert slack.user("ada").id in slack.channel_of(made["channel"]).members
        assert (await ask("/__act", do="archives", channel="hall"))["handed"][0]["acked"]
        await ask("/__fault", method="auth.test", kind="status", times=2)
        assert slack.faults.waiting[0].times == 2
        await ask("/__fault", calm=True)
        await ask("/__fault", limit={"per_second": 1, "burst": 3})
        assert (slack.faults.waiting, slack.limit.burst) == ([], 3)
        async with session.get("/__state") as response:
            state = await response.json()
    told = state["teams"][slack.workspace.id]["channels"][room.id]["messages"]
    assert [message["ts"] for message in told] == [card.ts]
    assert state["violations"] == []
