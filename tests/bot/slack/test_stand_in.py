"""The stand-in for Slack: its Web API, its rules and its faults, through slack_sdk's own client."""

import aiohttp
import pytest
from fakes.slack.bolted import careful_client, error_of, refused
from fakes.slack.server import SlackServer
from slack_sdk.models.metadata import Metadata

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*Bees*"}}
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Like"}, "value": "7"}


@pytest.fixture
async def slack(hand):
    async with SlackServer(clock=hand) as server:
        yield server


# --- tokens and scopes -----------------------------------------------------------------------


async def test_a_token_says_who_it_is_and_what_it_may_do(slack, client):
    told = await client.auth_test()
    assert told["team_id"] == slack.workspace.id
    assert told["user_id"] == slack.workspace.bot_user_id
    assert "chat:write" in told.headers["x-oauth-scopes"]


async def test_a_token_may_stand_in_the_header_or_in_the_form(slack):
    async with aiohttp.ClientSession() as session:
        form = {"token": slack.bot_token}
        async with session.post(f"{slack.api_url}auth.test", data=form) as response:
            assert (await response.json())["ok"]
        async with session.post(f"{slack.api_url}auth.test") as response:
            assert await response.json() == {"ok": False, "error": "not_authed"}


async def test_bad_tokens_are_told_apart(slack, client):
    assert await error_of(client.auth_test(token="xoxb-nobody")) == "invalid_auth"
    assert await error_of(client.auth_test(token=slack.app_token)) == "not_allowed_token_type"
    opening = client.apps_connections_open(app_token=slack.bot_token)
    assert await error_of(opening) == "not_allowed_token_type"
    slack.workspace.revoke()
    assert await error_of(client.auth_test()) == "token_revoked"
    slack.revoked_error = "account_inactive"
    assert await error_of(client.auth_test()) == "account_inactive"


async def test_a_revoked_token_stays_revoked_and_a_new_one_works(slack, client):
    assert (await client.auth_revoke())["revoked"]
    assert await error_of(client.auth_test()) == "token_revoked"
    assert (await client.auth_test(token=slack.workspace.install().token))["ok"]


async def test_a_missing_scope_is_named(slack):
    token = slack.workspace.install(["users:read"]).token
    client = careful_client(slack, token)
    room = slack.channel("papers")
    told = await refused(client.chat_postMessage(channel=room.id, text="x"))
    assert told == {
        "ok": False,
        "error": "missing_scope",
        "needed": "chat:write",
        "provided": "users:read",
    }
    told = await refused(client.conversations_history(channel=slack.user("ada").im.id))
    assert told["needed"] == "im:history"
    slack.app.app_scopes = ()
    assert await error_of(client.apps_connections_open(app_token=slack.app_token)) == (
        "missing_scope"
    )


async def test_a_token_sees_its_own_workspace_only(slack, client):
    other = slack.add_workspace("Other")
    theirs = slack.channel("papers", team=other)
    bob = slack.user("bob", other)
    for channel in (theirs.id, bob.id, bob.im.id):
        assert await error_of(client.chat_postMessage(channel=channel, text="x")) == (
            "channel_not_found"
        )
    assert await error_of(client.users_info(user=bob.id)) == "user_not_found"
    assert await error_of(client.conversations_open(users=bob.id)) == "user_not_found"
    told = await careful_client(slack, other.bot_token).chat_postMessage(
        channel=theirs.id, text="x"
    )
    assert told["ok"]
    assert slack.history(theirs)[0].user == other.bot_user_id


async def test_an_unknown_method_is_said_to_be_unknown(client):
    assert await error_of(client.api_call("chat.postMassage")) == "unknown_method"


# --- messages --------------------------------------------------------------------------------


async def test_a_message_is_kept_with_blocks_metadata_and_a_rising_ts(slack, client):
    room = slack.channel("papers")
    metadata = Metadata("delivery", {"key": "digest:1"})
    blocks = [SECTION, {"type": "actions", "elements": [BUTTON]}]
    first = await client.chat_postMessage(
        channel=room.id, text="Bees", blocks=blocks, metadata=metadata
    )
    second = await client.chat_postMessage(channel="#papers", text="Ants")
    kept, _ = slack.history(room)
    assert kept.metadata == {"event_type": "delivery", "event_payload": {"key": "digest:1"}}
    assert (kept.shown, kept.buttons) == ("*Bees*\nLike", ["Like"])
    assert all(block["block_id"] for block in first["message"]["blocks"])
    assert first["message"]["blocks"][1]["elements"][0]["action_id"]
    assert first["message"]["bot_id"] == slack.workspace.bot_id
    assert first["message"]["app_id"] == slack.app.id
    assert float(second["ts"]) > float(first["ts"])


async def test_a_message_to_a_person_goes_to_their_direct_messages(slack, client):
    ada = slack.user("ada")
    told = await client.chat_postMessage(channel=ada.id, text="hello")
    assert (
        told["channel"]
        == ada.im.id
        == (await client.conversations_open(users=ada.id))["channel"]["id"]
    )
    assert [message.text for message in slack.dms(ada)] == ["hello"]


async def test_places_where_the_bot_cannot_write_are_told_apart(slack, client):
    gone, old = slack.channel("gone"), slack.channel("old")
    gone.deleted = old.archived = True
    secret = slack.channel("secret", private=True, bot=False)
    strange = slack.channel("strange", bot=False)
    closed = slack.user("eve", deleted=True)
    write = client.chat_postMessage
    assert await error_of(write(channel="C404", text="x")) == "channel_not_found"
    assert await error_of(write(channel=gone.id, text="x")) == "channel_not_found"
    assert await error_of(write(channel=secret.id, text="x")) == "channel_not_found"
    assert await error_of(write(channel=old.id, text="x")) == "is_archived"
    assert (await write(channel=strange.id, text="x"))["ok"]
    assert await error_of(client.conversations_open(users=closed.id)) == "user_disabled"
    slack.workspace.install([s for s in slack.workspace.grants[0].scopes if "public" not in s])
    shy = careful_client(slack)
    assert await error_of(shy.chat_postMessage(channel=strange.id, text="x")) == "not_in_channel"
    assert await error_of(shy.chat_postMessage(text="x", channel="")) == "invalid_arguments"
    slack.app.messages_tab = False
    assert await error_of(write(channel=slack.user("ada").id, text="x")) == "messages_tab_disabled"


async def test_contents_that_slack_refuses_are_refused_and_remembered(slack, client):
    room = slack.channel("papers")
    say = client.chat_postMessage

    async def error(**content) -> str:
        return await error_of(say(channel=room.id, **content))

    assert await error_of(client.api_call("chat.postMessage", json={"channel": room.id})) == (
        "no_text"
    )
    assert slack.violations == []
    assert await error(text="x" * 40_001) == "msg_too_long"
    assert await error(text="x", blocks=[SECTION] * 51) == "invalid_blocks"
    long = [SECTION | {"text": {"type": "mrkdwn", "text": "x" * 2_999}}] * 5
    assert await error(text="x", blocks=long) == "msg_blocks_too_long"
    assert await error(text="x", blocks="[{") == "invalid_blocks_format"
    assert await error(text="x", metadata={"event_type": "a"}) == "invalid_metadata_format"
    said = await refused(say(channel=room.id, text="x", blocks=[{"type": "section"}]))
    assert said["response_metadata"]["messages"][0].startswith("[ERROR] blocks[0]")
    assert len(slack.violations) == 5
    assert slack.history(room) == []


async def test_replies_stand_in_their_thread_and_not_in_the_history(slack, client):
    room = slack.channel("papers")
    root = (await client.chat_postMessage(channel=room.id, text="root"))["ts"]
    reply = await client.chat_postMessage(channel=room.id, text="reply", thread_ts=root)
    deeper = await client.chat_postMessage(channel=room.id, text="again", thread_ts=reply["ts"])
    assert deeper["message"]["thread_ts"] == root
    lost = client.chat_postMessage(channel=room.id, text="x", thread_ts="1.000000")
    assert await error_of(lost) == "thread_not_found"
    history = (await client.conversations_history(channel=room.id))["messages"]
    assert [(m["text"], m["reply_count"]) for m in history] == [("root", 2)]
    replies = (await client.conversations_replies(channel=room.id, ts=reply["ts"]))["messages"]
    assert [m["text"] for m in replies] == ["root", "reply", "again"]
    assert [m.text for m in slack.thread(slack.history(room)[0])] == ["reply", "again"]


async def test_editing_follows_what_is_sent(slack, client):
    room = slack.channel("papers")
    made = await client.chat_postMessage(channel=room.id, text="one", blocks=[SECTION])
    where = {"channel": room.id, "ts": made["ts"]}
    message = slack.history(room)[0]
    metadata = {"event_type": "a", "event_payload": {}}
    await client.api_call("chat.update", json=where | {"metadata": metadata})
    assert (message.text, message.shown) == ("one", "*Bees*")
    await client.chat_update(**where, text="two")
    assert (message.shown, message.metadata["event_type"]) == ("two", "a")
    await client.chat_update(**where, blocks=[SECTION], text="three", metadata={})
    assert (message.shown, message.metadata) == ("*Bees*", None)
    assert [version["text"] for version in message.versions] == ["one", "one", "two"]


async def test_only_standing_messages_of_its_own_can_be_changed_by_the_bot(slack, client):
    ada = slack.user("ada")
    room = slack.channel("papers", members=[ada])
    await ada.say(room, "mine")
    theirs = {"channel": room.id, "ts": slack.history(room)[0].ts}
    assert await error_of(client.chat_update(**theirs, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(**theirs)) == "cant_delete_message"
    own = await client.chat_postMessage(channel=room.id, text="own")
    own = {"channel": room.id, "ts": own["ts"]}
    assert (await client.chat_getPermalink(channel=room.id, message_ts=own["ts"]))["permalink"]
    await client.reactions_add(channel=room.id, timestamp=own["ts"], name="bee")
    await client.chat_delete(**own)
    assert await error_of(client.chat_update(**own, text="x")) == "message_not_found"
    assert await error_of(client.chat_delete(**own)) == "message_not_found"
    assert [message.text for message in slack.history(room)] == ["mine"]


async def test_an_ephemeral_message_is_seen_by_one_member_and_kept_nowhere(slack, client):
    ada, bob = slack.user("ada"), slack.user("bob")
    room = slack.channel("papers", members=[ada])
    told = await client.chat_postEphemeral(channel=room.id, user=ada.id, text="psst")
    assert [m.text for m in slack.ephemerals(ada, room)] == ["psst"]
    assert slack.history(room) == []
    changing = client.chat_update(channel=room.id, ts=told["message_ts"], text="x")
    assert await error_of(changing) == "message_not_found"
    outsider = client.chat_postEphemeral(channel=room.id, user=bob.id, text="psst")
    assert await error_of(outsider) == "user_not_in_channel"


async def test_history_is_newest_first_bounded_and_paged(slack, client, hand):
    room = slack.channel("papers")
    stamps = []
    for n in range(5):
        hand.now += 60
        stamps.append((await client.chat_postMessage(channel=room.id, text=str(n)))["ts"])

    async def texts(**bounds) -> list[str]:
        told = await client.conversations_history(channel=room.id, **bounds)
        return [message["text"] for message in told["messages"]]

    assert await texts() == ["4", "3", "2", "1", "0"]
    assert await texts(oldest=stamps[2]) == ["4", "3"]
    assert await texts(oldest=stamps[2], inclusive=True) == ["4", "3", "2"]
    assert await texts(oldest=str(int(float(stamps[2])))) == ["4", "3"]
    assert await texts(latest=stamps[2]) == ["1", "0"]
    assert await texts(limit=2) == ["4", "3"]
    pages = await client.conversations_history(channel=room.id, limit=2)
    assert pages["has_more"]
    assert [len(page["messages"]) async for page in pages] == [2, 2, 1]
    assert await error_of(client.conversations_history(channel=room.id, oldest="x")) == (
        "invalid_ts_oldest"
    )
