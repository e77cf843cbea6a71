"""The stand-in for Slack: trouble on demand, limits, views, response_urls, files, installing."""

import asyncio
import json

import pytest
from aiohttp import ClientConnectionError, ServerDisconnectedError
from fakes.slack.bolted import careful_client, error_of, refused
from fakes.slack.server import SlackServer
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Bees*"}}
HOME = {"type": "home", "blocks": [SECTION]}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Interests"},
    "blocks": [SECTION],
}


@pytest.fixture
async def slack(hand):
    async with SlackServer(clock=hand) as server:
        yield server


# --- faults ----------------------------------------------------------------------------------


async def test_a_fault_strikes_as_often_as_it_was_told_and_only_its_channel(slack, client):
    here, there = slack.channel("here"), slack.channel("there")
    slack.fail("chat.*", "status", status=502, times=2, channel=here.id)
    assert (await client.chat_postMessage(channel=there.id, text="x"))["ok"]
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=here.id, text="x")
    assert (await client.chat_postMessage(channel=here.id, text="x"))["ok"]
    assert [call.fault for call in slack.calls] == [None, "status", "status", None]


async def test_a_storm_lasts_until_it_is_calmed(slack, client):
    slack.fail("*", "error", error="fatal_error", times=None)
    for _ in range(3):
        assert await error_of(client.auth_test()) == "fatal_error"
    slack.faults.calm()
    assert (await client.auth_test())["ok"]


async def test_a_drop_before_keeps_nothing_and_a_drop_after_keeps_the_message(slack, client):
    room = slack.channel("papers")
    for kind, kept in (("drop_before", 0), ("drop_after", 1)):
        slack.fail("chat.postMessage", kind)
        with pytest.raises(ServerDisconnectedError):
            await client.chat_postMessage(channel=room.id, text="x")
        assert len(slack.history(room)) == kept


@pytest.mark.parametrize(("after_effect", "kept"), [(False, 0), (True, 1)])
async def test_an_answer_that_is_no_json_is_an_error_either_way(slack, client, after_effect, kept):
    room = slack.channel("papers")
    slack.fail("chat.postMessage", "garbage", after_effect=after_effect)
    with pytest.raises(SlackApiError, match="non-JSON"):
        await client.chat_postMessage(channel=room.id, text="x")
    assert len(slack.history(room)) == kept


async def test_a_delayed_answer_comes_in_the_end(slack, client):
    slack.fail("auth.test", "delay", seconds=0.05)
    asking = asyncio.create_task(client.auth_test())
    done, _ = await asyncio.wait([asking], timeout=0.02)
    assert not done
    assert (await asking)["ok"]


async def test_a_platform_that_is_away_refuses_and_is_itself_again_when_back(slack, client):
    room = slack.channel("papers")
    await client.chat_postMessage(channel=room.id, text="before")
    await slack.away()
    with pytest.raises(ClientConnectionError):
        await client.auth_test()
    await slack.back()
    await client.chat_postMessage(channel=room.id, text="after")
    assert [message.text for message in slack.history(room)] == ["before", "after"]


async def test_a_channel_takes_a_burst_and_then_one_message_a_second(slack, client, hand):
    slack.limit.set(per_second=1, burst=2)
    here, there = slack.channel("here"), slack.channel("there")

    async def post(room) -> tuple[int, str | None]:
        try:
            answer = await client.chat_postMessage(channel=room.id, text="x")
        except SlackApiError as error:
            answer = error.response
        return answer.status_code, answer.headers.get("Retry-After")

    assert [await post(here) for _ in range(3)] == [(200, None), (200, None), (429, "1")]
    assert await post(there) == (200, None)
    hand.now += 1
    assert [await post(here) for _ in range(2)] == [(200, None), (429, "1")]
    assert [refusal.channel for refusal in slack.limit.refused] == [here.id, here.id]


async def test_a_fault_of_an_unknown_kind_is_a_mistake_of_the_test(slack):
    with pytest.raises(ValueError, match="no fault is called"):
        slack.fail("chat.postMessage", "explode")


# --- views -----------------------------------------------------------------------------------


async def test_a_home_is_published_per_person_and_guarded_by_its_hash(slack, client):
    ada = slack.user("ada")
    made = await client.views_publish(user_id=ada.id, view=HOME)
    assert ada.home.shown == "*Bees*"
    again = await client.views_publish(user_id=ada.id, view=HOME, hash=made["view"]["hash"])
    assert again["view"]["id"] == made["view"]["id"]
    stale = client.views_publish(user_id=ada.id, view=HOME, hash=made["view"]["hash"])
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(client.views_publish(user_id="U404", view=HOME)) == "invalid_arguments"
    wrong = client.views_publish(user_id=ada.id, view=HOME | {"blocks": [SECTION] * 101})
    assert await error_of(wrong) == "invalid_arguments"
    slack.app.home_tab = False
    assert await error_of(client.views_publish(user_id=ada.id, view=HOME)) == "not_enabled"


async def test_a_trigger_opens_one_modal_within_three_seconds(slack, client, hand):
    ada = slack.user("ada")

    def trigger() -> str:
        return slack.new_trigger(slack.workspace, ada.user)

    used = trigger()
    opened = await client.views_open(trigger_id=used, view=MODAL)
    assert ada.modal.title == "Interests"
    assert await error_of(client.views_open(trigger_id=used, view=MODAL)) == "exchanged_trigger_id"
    late = trigger()
    hand.now += 3.1
    assert await error_of(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    told = await refused(client.views_open(trigger_id="1.2.3", view=MODAL))
    assert told["response_metadata"]["messages"] == ["invalid `trigger_id`"]
    view_id = opened["view"]["id"]
    changed = MODAL | {"title": {"type": "plain_text", "text": "Other"}}
    await client.views_update(view_id=view_id, hash=opened["view"]["hash"], view=changed)
    assert ada.modal.title == "Other"
    stale = client.views_update(view_id=view_id, hash=opened["view"]["hash"], view=changed)
    assert await error_of(stale) == "hash_conflict"
    assert await error_of(client.views_update(view_id="V404", view=changed)) == "not_found"
    with_home = client.views_update(view_id=view_id, view=HOME)
    assert await error_of(with_home) == "invalid_arguments"


async def test_modals_stack_three_high(slack, client):
    ada = slack.user("ada")
    first = slack.new_trigger(slack.workspace, ada.user)
    await client.views_open(trigger_id=first, view=MODAL)
    for _ in range(2):
        trigger = slack.new_trigger(slack.workspace, ada.user, ada.modal)
        pushed = await client.views_push(trigger_id=trigger, view=MODAL)
    assert pushed["view"]["root_view_id"] == ada.modals[0].id
    trigger = slack.new_trigger(slack.workspace, ada.user, ada.modal)
    one_more = client.views_push(trigger_id=trigger, view=MODAL)
    assert await error_of(one_more) == "push_limit_reached"
    assert len(ada.modals) == 3


# --- response_urls and files -----------------------------------------------------------------


async def test_a_response_url_serves_five_times_and_half_an_hour(slack, hand):
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    hook = slack.new_hook(slack.workspace, ada.user, room)
    hooked = AsyncWebhookClient(hook.url, retry_handlers=[])
    assert (await hooked.send(text="for you")).status_code == 200
    await hooked.send(text="for all", response_type="in_channel")
    assert (await hooked.send(text="")).status_code == 400
    for _ in range(2):
        await hooked.send(text="more")
    used_up = await hooked.send(text="too many")
    assert (used_up.status_code, used_up.body) == (404, '{"ok": false, "error": "used_url"}')
    assert [m.text for m in slack.ephemerals(ada)] == ["for you", "more", "more"]
    assert [m.text for m in slack.history(room)] == ["for all"]
    old = slack.new_hook(slack.workspace, ada.user, room)
    hand.now += 30 * 60 + 1
    expired = await AsyncWebhookClient(old.url, retry_handlers=[]).send(text="x")
    assert "expired_url" in expired.body


async def test_a_response_url_replaces_and_deletes_what_was_pressed(slack, client):
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    await client.chat_postMessage(channel=room.id, text="card")
    await client.chat_postEphemeral(channel=room.id, user=ada.id, text="whisper")
    for message in (slack.history(room)[0], ada.ephemerals[0]):
        hook = slack.new_hook(slack.workspace, ada.user, room, message)
        hooked = AsyncWebhookClient(hook.url, retry_handlers=[])
        await hooked.send(text="changed", replace_original=True)
        assert message.text == "changed"
        await hooked.send(delete_original=True)
        assert message.deleted
    assert (slack.history(room), ada.ephemerals) == ([], [])
    assert slack.violations == []


async def test_a_file_is_uploaded_in_three_steps_and_shared(slack, client):
    room = slack.channel("papers")
    told = await client.files_upload_v2(
        channel=room.id, filename="saved.bib", content="@misc{x}", initial_comment="Yours"
    )
    (file,) = slack.workspace.files.values()
    assert (file.data, file.shared_in, file.complete) == (b"@misc{x}", [room.id], True)
    assert told["file"]["id"] == slack.history(room)[0].files[0] == file.id
    slack.fail("upload", "status", status=500)
    with pytest.raises(Exception, match="Failed to upload"):
        await client.files_upload_v2(channel=room.id, filename="a", content="b")


# --- installing ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # slack_sdk still uses it
async def test_an_installation_walks_from_the_link_to_a_token(slack, client):
    team = slack.add_workspace("Second", installed=False)
    ada = slack.user("ada", team)
    back = f"{slack.api_url}api.test"  # says what it was given
    link = (
        f"{slack.authorize_url}?client_id={slack.app.client_id}&scope=chat:write,commands"
        f"&state=s1&redirect_uri={back}"
    )
    status, page = await ada.install(link)
    given = json.loads(page)["args"]
    assert (status, given["state"]) == (200, "s1")
    app = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    exchange = client.oauth_v2_access
    wrong = exchange(**app | {"client_secret": "x"}, code=given["code"])
    assert await error_of(wrong) == "bad_client_secret"
    assert await error_of(exchange(**app | {"client_id": "x"}, code="")) == "invalid_client_id"
    told = await exchange(**app, code=given["code"], redirect_uri=back)
    assert (told["team"]["id"], told["scope"]) == (team.id, "chat:write,commands")
    assert told["authed_user"]["id"] == ada.id
    again = {"code": given["code"], "redirect_uri": back}
    assert await error_of(client.api_call("oauth.v2.access", data=app | again)) == "invalid_code"
    assert (await careful_client(slack, told["access_token"]).auth_test())["team"] == "Second"


async def test_a_person_may_decline_and_a_code_is_bound_to_its_redirect(slack, client):
    ada = slack.user("ada")
    link = f"{slack.authorize_url}?client_id={slack.app.client_id}&state=s&redirect_uri="
    _, page = await ada.install(link + f"{slack.api_url}api.test")
    app = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    taken = app | {"code": json.loads(page)["args"]["code"], "redirect_uri": "http://else.where"}
    assert await error_of(client.api_call("oauth.v2.access", data=taken)) == "bad_redirect_uri"
    slack.declines = True
    _, page = await ada.install(link + f"{slack.api_url}api.test?own=1")
    assert json.loads(page)["error"] == "access_denied"
    assert (await ada.install(f"{slack.authorize_url}?client_id=other"))[0] == 400
