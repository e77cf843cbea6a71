"""What slack-bolt and slack_sdk do, as the Slack adapter counts on it: true of these versions?"""

import asyncio
import time
from types import SimpleNamespace

import pytest
from aiohttp import ServerDisconnectedError
from fakes.hand import Hand
from fakes.slack.bolted import Bolted, careful_client
from fakes.slack.server import SlackServer
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import builtin_async_handlers
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

BLOCK = {"type": "section", "text": {"type": "mrkdwn", "text": "*Bees*"}}


@pytest.fixture
async def slack():
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def apps(slack):
    """Make Bolt apps, on the socket or behind a request URL."""
    async with Bolted(slack) as bolted:

        async def make(*, way: str = "socket", ping_interval: float = 10, **listeners) -> AsyncApp:
            app = bolted.app()
            for name, listener in listeners.items():
                (app.command("/papers") if name == "command" else app.event(name))(listener)
            if way == "http":
                await bolted.http(app)
            else:
                await bolted.socket(app, ping_interval=ping_interval)
            return app

        yield make


def default_client(slack: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(slack.bot_token, base_url=slack.api_url)


# --- writing ---------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [default_client, careful_client])
async def test_a_429_is_an_error_at_once_with_the_wait_in_its_headers(slack, make):
    room = slack.channel("papers")
    slack.fail("chat.postMessage", "ratelimited", retry_after=30)
    with pytest.raises(SlackApiError) as refused:
        await make(slack).chat_postMessage(channel=room.id, text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response["error"] == "ratelimited"
    assert refused.value.response.headers["Retry-After"] == "30"
    assert len(slack.calls) == 1


async def test_the_rate_limit_retry_handler_does_not_save_four_posts_to_one_channel(monkeypatch):
    hand = Hand()
    begin = hand.now

    async def sleep(duration: float) -> None:
        hand.now = max(hand.now, begin + duration)

    quick = SimpleNamespace(sleep=sleep)
    monkeypatch.setattr(builtin_async_handlers, "asyncio", quick)
    async with SlackServer(clock=hand) as slack:
        slack.limit.set(per_second=1, burst=1)
        room = slack.channel("papers")
        handlers = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
        client = AsyncWebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=handlers)
        posts = (client.chat_postMessage(channel=room.id, text=str(n)) for n in range(4))
        ends = await asyncio.gather(*posts, return_exceptions=True)
        assert sum(isinstance(end, SlackApiError) for end in ends) == 2
        assert len(slack.history(room)) == 2


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("make", [default_client, careful_client])
async def test_a_5xx_is_an_error_after_one_attempt(slack, make, status):
    room = slack.channel("papers")
    slack.fail("chat.postMessage", "status", status=status)
    with pytest.raises(SlackApiError) as refused:
        await make(slack).chat_postMessage(channel=room.id, text="x")
    assert refused.value.response.status_code == status
    assert len(slack.calls) == 1


async def test_the_default_client_repeats_a_dropped_post_silently(slack):
    room = slack.channel("papers")
    slack.fail("chat.postMessage", "drop_after")
    told = await default_client(slack).chat_postMessage(channel=room.id, text="x")
    assert told["ok"]
    assert [message.text for message in slack.history(room)] == ["x", "x"]


async def test_a_client_without_retry_handlers_raises_and_posts_once(slack):
    room = slack.channel("papers")
    slack.fail("chat.postMessage", "drop_after")
    with pytest.raises(ServerDisconnectedError):
        await careful_client(slack).chat_postMessage(channel=room.id, text="x")
    assert len(slack.history(room)) == 1


async def test_respond_repeats_a_dropped_answer_whatever_client_the_app_has(slack, apps):
    async def answer(ack, respond):
        await ack()
        await respond("found 3")

    slack.fail("response_url", "drop_after")
    await apps(command=answer)
    ada = slack.user("ada")
    await ada.command("/papers", "find bees")
    await slack.until(lambda: len(ada.ephemerals) == 2)


async def test_the_key_in_the_metadata_finds_a_post_whose_answer_was_lost(slack):
    room = slack.channel("papers")
    client = careful_client(slack)
    before = slack.tick()
    slack.fail("chat.postMessage", "drop_after")
    metadata = {"event_type": "paperround_delivery", "event_payload": {"key": "digest:1"}}
    with pytest.raises(ServerDisconnectedError):
        await client.chat_postMessage(channel=room.id, text="x", metadata=metadata)
    shown = await client.conversations_history(
        channel=room.id, oldest=before, include_all_metadata=True
    )
    assert [m["metadata"]["event_payload"]["key"] for m in shown["messages"]] == ["digest:1"]
    hidden = await client.conversations_history(channel=room.id, oldest=before)
    assert [m.get("metadata") for m in hidden["messages"]] == [None]


async def test_blocks_as_dicts_are_validated_by_nobody_before_slack(slack):
    room = slack.channel("papers")
    wrong = [BLOCK | {"text": {"type": "mrkdwn", "text": "x" * 3001}}, {"type": "no such block"}]
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        await careful_client(slack).chat_postMessage(channel=room.id, text="x", blocks=wrong)
    assert slack.calls[0].args["blocks"] == wrong


# --- listening -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["socket", "http"])
async def test_a_redelivered_event_runs_the_handler_twice(slack, apps, way):
    seen = []

    async def listen(body, request):
        retry = request.headers.get("x-slack-retry-num")
        seen.append((body["event_id"], retry))

    await apps(way=way, app_mention=listen)
    handed = await slack.user("ada").mention(slack.channel("papers"), "hello")
    again = await slack.delivery.again(handed)
    assert handed.acked
    assert again.acked
    await slack.until(lambda: len(seen) == 2)
    event_id = handed.payload["event_id"]
    assert [id_ for id_, _ in seen] == [event_id, event_id]
    assert seen[1][1] == ["1"]


@pytest.mark.parametrize("way", ["socket", "http"])
async def test_a_redelivered_command_runs_the_handler_twice_under_one_trigger(slack, apps, way):
    seen = []

    async def answer(ack, body):
        await ack()
        seen.append(body["trigger_id"])

    await apps(way=way, command=answer)
    handed = await slack.user("ada").command("/papers", "help")
    await slack.delivery.again(handed)
    await slack.until(lambda: len(seen) == 2)
    assert seen[0] == seen[1]


def impatient(app: AsyncApp) -> None:
    """Make Bolt give up at once instead of after its three seconds."""
    listener = app._async_listeners[-1]
    assert listener.ack_timeout == 3
    listener.ack_timeout = 0


async def test_over_the_socket_an_awaiting_handler_that_is_too_slow_is_never_acknowledged(
    slack, apps
):
    done = asyncio.Event()

    async def slow(ack):
        await asyncio.sleep(0.05)
        await ack("too late")
        done.set()

    impatient(await apps(command=slow))
    slack.delivery.patience = 0.1
    handed = await slack.user("ada").command("/papers")
    await asyncio.wait_for(done.wait(), 60)
    assert handed.failed == "operation_timeout"
    assert slack.sockets.acks == []


async def test_over_the_socket_a_blocking_handler_is_acknowledged_late_without_an_error(
    slack, apps
):
    async def slow(ack):
        time.sleep(0.1)  # noqa: ASYNC251 - that it blocks is the point
        await ack("too late")

    await apps(command=slow)
    slack.delivery.patience = 0.05
    handed = await slack.user("ada").command("/papers")
    await slack.until(lambda: handed.acked)
    assert handed.late
    assert handed.failed == "operation_timeout"


async def test_over_http_a_handler_that_is_too_slow_makes_bolt_answer_404(slack, apps):
    async def slow(ack):
        await asyncio.sleep(0.05)
        await ack("too late")

    impatient(await apps(way="http", command=slow))
    handed = await slack.user("ada").command("/papers")
    assert handed.status == 404


async def test_a_bad_app_token_makes_connecting_loop_for_ever(slack):
    app = AsyncApp(client=careful_client(slack))
    handler = AsyncSocketModeHandler(app, "xapp-wrong", ping_interval=0.01)
    connecting = asyncio.create_task(handler.connect_async())
    await slack.until(lambda: len(slack.calls_of("apps.connections.open")) > 3)
    assert not connecting.done()
    assert {call.error for call in slack.calls} == {"invalid_auth"}
    connecting.cancel()
    await handler.close_async()


async def test_bad_tokens_show_at_once_where_they_are_asked_for(slack):
    client = careful_client(slack)
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.apps_connections_open(app_token="xapp-wrong")
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await client.auth_test(token="xoxb-wrong")


@pytest.mark.parametrize("how", ["refresh", "warning", "close"])
async def test_the_app_reconnects_at_once_when_the_server_ends_or_refreshes(slack, apps, how):
    await apps()
    if how == "close":
        await slack.sockets.close()
    else:
        await slack.sockets.disconnect("refresh_requested" if how == "refresh" else "warning")
    await slack.until(lambda: slack.sockets.opened >= 2)


@pytest.mark.parametrize("answer_pings", [True, False])
async def test_a_dead_connection_is_noticed_by_the_pings(slack, apps, answer_pings):
    slack.sockets.answer_pings = answer_pings
    await apps(ping_interval=0.05)
    slack.sockets.answer_pings = True
    if answer_pings:
        slack.sockets.abort()
    await slack.until(lambda: slack.sockets.opened >= 2)


@pytest.mark.parametrize(("forge", "status"), [(None, 200), ("signature", 401), ("stale", 401)])
async def test_over_http_only_slacks_own_requests_of_the_last_minutes_pass(
    slack, apps, forge, status
):
    async def answer(ack):
        await ack("yes?")

    await apps(way="http", command=answer)
    slack.http.forge = forge
    assert (await slack.user("ada").command("/papers")).status == status


async def test_bolt_answers_the_challenge_of_a_new_request_url(slack, apps):
    await apps(way="http")
    assert await slack.http.verify()
