"""Each delivery is one message on Slack, whatever becomes of the connection, or says why not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from fakes.hand import Hand
from fakes.slack.server import SlackServer
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot import messages
from bot.messages import Button, Card, Message
from bot.platforms import Reason, RetryLater, Undeliverable
from bot.platforms.slack import looking, refusals
from bot.platforms.slack.installs import NotInstalled
from bot.platforms.slack.posting import Posting
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination

QUEUED = datetime(2025, 10, 28, 6, 0, tzinfo=UTC)

CARD = Card(
    seq=7,
    title="Sparse Attention",
    url="https://arxiv.org/abs/2510.00007",
    facts="3 authors",
    reason="close to your interest “long texts”",
    sentence="Attention is costly.",
    score=0.81,
)
NOTICE = Message(heading="Hello", intro="Good morning.")
DIGEST = Message(
    heading="2 papers for ada",
    cards=(CARD, replace(CARD, seq=8, title="Bees")),
    footer="Read 5 new papers for you.",
    buttons=(Button(label="Later", action="snooze 7d"),),
)


@pytest.fixture
def hand():
    return Hand(QUEUED.timestamp() + 60)


@pytest.fixture
async def slack(hand):
    async with SlackServer(clock=hand) as server:
        yield server
        assert server.violations == []


@pytest.fixture
def posting(slack, monkeypatch):
    """Whose searches need no turn, unless a test says so."""
    monkeypatch.setattr(looking.limits, "PER_LOOKUP", timedelta(0))
    return Posting(client_of(slack))


def client_of(slack):
    async def client(team: str) -> AsyncWebClient:
        token = slack.workspaces[team].bot_token
        return AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[])

    return client


@pytest.fixture
def room(slack, ada):
    return slack.channel("papers", members=[ada])


def delivery(slack, to, message=NOTICE, *, kind=DeliveryKind.NOTICE, key="a", **more) -> Delivery:
    owner = to.id if hasattr(to, "id") else to
    return Delivery(
        **{
            "id": 12,
            "key": key,
            "kind": kind,
            "destination": Destination(platform="slack", address=f"{slack.workspace.id}/{owner}"),
            "profile_id": 1,
            "body": messages.to_json(message),
            "status": DeliveryStatus.LEASED,
            "attempts": 1,
            "due_at": QUEUED,
            "queued_at": QUEUED,
            "maybe_posted": False,
        }
        | more
    )


def again(one: Delivery) -> Delivery:
    return replace(one, maybe_posted=True, attempts=one.attempts + 1)


async def later(posting, one) -> RetryLater:
    with pytest.raises(RetryLater) as raised:
        await posting.send(one)
    return raised.value


async def never(posting, one) -> Undeliverable:
    with pytest.raises(Undeliverable) as raised:
        await posting.send(one)
    return raised.value


async def unknown(posting, one) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - any error says that nobody knows
        await posting.send(one)
    assert not isinstance(raised.value, RetryLater | Undeliverable)


# --- where it goes -------------------------------------------------------------------------


async def test_a_message_arrives_in_its_channel_and_its_receipt_names_it(slack, posting, room):
    receipt = await posting.send(delivery(slack, room))
    (posted,) = slack.history(room)
    assert receipt.id == f"{room.id}/{posted.ts}"
    assert "Good morning." in posted.shown
    assert posted.metadata == {"event_type": looking.EVENT, "event_payload": {"key": "a"}}


async def test_a_person_is_written_in_direct_messages_that_are_opened_once(slack, posting, ada):
    first = await posting.send(delivery(slack, ada))
    await posting.send(delivery(slack, ada, key="b"))
    assert len(ada.dms) == 2
    assert first.id == f"{ada.im.id}/{ada.dms[0].ts}"
    assert len(slack.calls_of("conversations.open")) == 1


async def test_each_workspace_is_written_with_its_own_token(slack, posting):
    hive = slack.add_workspace("Hive")
    bob = slack.user("bob", team=hive)
    to = Destination(platform="slack", address=f"{hive.id}/{bob.id}")
    await posting.send(replace(delivery(slack, bob), destination=to))
    assert [call.token for call in slack.calls] == [hive.bot_token] * 2
    assert len(bob.dms) == 1


async def test_a_destination_wants_a_second_between_two_messages(slack, posting, room):
    assert (await posting.send(delivery(slack, room))).rest == timedelta(seconds=1)


async def test_links_are_not_unfolded_below_the_message(slack, posting, room):
    await posting.send(delivery(slack, room))
    (call,) = slack.calls_of("chat.postMessage")
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


# --- digests, alerts, parts ----------------------------------------------------------------


async def test_a_digest_is_an_overview_with_a_part_for_each_paper(slack, posting, room):
    receipt = await posting.send(delivery(slack, room, DIGEST, kind=DeliveryKind.DIGEST))
    (head,) = slack.history(room)
    assert head.buttons == ["Later"]
    assert "Bees" in head.shown
    assert "Attention is costly." not in head.shown
    assert [part.thread for part in receipt.parts] == [receipt.id] * 2
    assert [part.message.cards[0].seq for part in receipt.parts] == [7, 8]


async def test_the_parts_of_a_digest_are_posted_into_its_thread(slack, posting, ada):
    receipt = await posting.send(delivery(slack, ada, DIGEST, kind=DeliveryKind.DIGEST))
    for number, part in enumerate(receipt.parts, 2):
        one = delivery(
            slack,
            ada,
            part.message,
            kind=DeliveryKind.DIGEST,
            key=f"a#{number}",
            thread=part.thread,
            id=40 + number,
        )
        assert (await posting.send(one)).parts == ()
    head = ada.dms[0]
    below = slack.thread(head)
    assert ["Sparse Attention" in below[0].shown, "Bees" in below[1].shown] == [True, True]
    assert below[0].buttons == ["Like", "Not for me", "Save", "Why?"]
    values = [one["value"] for one in below[0].blocks[-1]["elements"]]
    assert values == ["vote like 7 d42", "vote dislike 7 d42", "vote save 7 d42", "why 7 d42"]


async def test_an_alert_shows_a_few_papers_at_once(slack, posting, ada):
    receipt = await posting.send(delivery(slack, ada, DIGEST, kind=DeliveryKind.ALERT))
    (posted,) = ada.dms
    assert posted.shown.count("Attention is costly.") == 2
    assert posted.buttons.count("Like") == 2
    assert posted.blocks[3]["elements"][0]["value"] == "vote like 7 d12"
    assert receipt.parts == ()


async def test_an_alert_with_many_papers_is_an_overview_too(slack, posting, ada):
    many = replace(DIGEST, cards=(CARD,) * 4)
    receipt = await posting.send(delivery(slack, ada, many, kind=DeliveryKind.ALERT))
    assert len(receipt.parts) == 4
    assert ada.dms[0].buttons == ["Later"]


# --- once ----------------------------------------------------------------------------------


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(slack, posting, room):
    one = delivery(slack, room, DIGEST, kind=DeliveryKind.DIGEST)
    slack.fail("chat.postMessage", "drop_after")
    await unknown(posting, one)
    receipt = await posting.send(again(one))
    (posted,) = slack.history(room)
    assert receipt.id == f"{room.id}/{posted.ts}"
    assert [part.thread for part in receipt.parts] == [receipt.id] * 2


@pytest.mark.parametrize("kind", ["status", "garbage"])
@pytest.mark.parametrize("took_effect", [True, False])
async def test_an_answer_that_says_nothing_is_looked_into(slack, posting, ada, kind, took_effect):
    one = delivery(slack, ada)
    slack.fail("chat.postMessage", kind, after_effect=took_effect)
    await unknown(posting, one)
    await posting.send(again(one))
    assert len(ada.dms) == 1


async def test_an_answer_that_takes_too_long_is_looked_into(slack, posting, ada, monkeypatch):
    one = delivery(slack, ada)
    await posting.send(delivery(slack, ada, key="before"))
    monkeypatch.setattr(refusals.limits, "CALL", timedelta(seconds=0.2))
    slack.fail("chat.postMessage", "delay", seconds=0.6, after_effect=True)
    with pytest.raises(TimeoutError):
        await posting.send(one)
    await posting.send(again(one))
    assert len(ada.dms) == 2


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
async def test_trouble_inside_slack_may_have_posted(slack, posting, room, code):
    slack.fail("chat.postMessage", "error", error=code)
    await unknown(posting, delivery(slack, room))


async def test_a_connection_that_broke_before_the_post_is_made_up_for(slack, posting, room):
    one = delivery(slack, room)
    slack.fail("chat.postMessage", "drop_before")
    await unknown(posting, one)
    await posting.send(again(one))
    assert len(slack.history(room)) == 1


async def test_no_connection_at_all_is_certain(slack, room):
    async def nowhere(team):
        return AsyncWebClient("xoxb", base_url="http://127.0.0.1:9/", retry_handlers=[])

    assert (await later(Posting(nowhere), delivery(slack, room))).reason is Reason.UNAVAILABLE


async def test_a_part_whose_answer_was_lost_is_found_in_its_thread(slack, posting, room):
    receipt = await posting.send(delivery(slack, room, DIGEST, kind=DeliveryKind.DIGEST))
    part = delivery(slack, room, receipt.parts[0].message, key="a#2", thread=receipt.id, id=13)
    slack.fail("chat.postMessage", "drop_after")
    await unknown(posting, part)
    found = await posting.send(again(part))
    (below,) = slack.thread(slack.history(room)[0])
    assert found.id == f"{room.id}/{below.ts}"
    assert slack.calls_of("conversations.history") == []


async def test_the_message_of_another_delivery_is_not_taken_for_it(slack, posting, room):
    await posting.send(delivery(slack, room, key="other"))
    await posting.send(again(delivery(slack, room)))
    assert len(slack.history(room)) == 2


async def test_only_an_unknown_outcome_reads_the_channel(slack, posting, room):
    await posting.send(delivery(slack, room))
    assert [call.method for call in slack.calls] == ["chat.postMessage"]


async def test_a_search_reads_page_after_page(slack, posting, room, monkeypatch):
    monkeypatch.setattr(looking.limits, "HISTORY_PAGE", 5)
    one = delivery(slack, room)
    first = await posting.send(one)
    chatter(slack, room, 17)
    assert (await posting.send(again(one))).id == first.id
    assert len(slack.calls_of("conversations.history")) == 4


async def test_a_search_that_is_too_long_goes_on_where_it_stopped(
    slack, posting, room, monkeypatch
):
    monkeypatch.setattr(looking.limits, "HISTORY_PAGE", 5)
    monkeypatch.setattr(looking, "PAGES", 2)
    one = delivery(slack, room)
    first = await posting.send(one)
    chatter(slack, room, 17)
    said = await later(posting, again(one))
    assert "still looking" in str(said)
    assert (await posting.send(again(one))).id == first.id
    assert len(slack.calls_of("conversations.history")) == 4


async def test_a_search_that_is_throttled_goes_on_where_it_stopped(
    slack, posting, room, monkeypatch
):
    """Some apps may read fifteen messages a minute."""
    monkeypatch.setattr(looking.limits, "HISTORY_PAGE", 15)
    one = delivery(slack, room)
    chatter(slack, room, 40)
    slack.fail("conversations.history", "delay", times=1)
    slack.fail("conversations.history", "ratelimited", retry_after=60, times=1)
    waiting = await later(posting, again(one))
    assert (waiting.reason, waiting.after) == (Reason.RATE_LIMITED, timedelta(seconds=60))
    await posting.send(again(one))
    assert len(slack.history(room)) == 41
    assert len(slack.calls_of("conversations.history")) == 4  # one of them was refused


async def test_searches_come_no_faster_than_slack_allows_and_keep_nobody_waiting(
    slack, posting, monkeypatch
):
    """After an outage hundreds would look at once."""
    monkeypatch.setattr(looking.limits, "PER_LOOKUP", timedelta(minutes=1))
    lost = [delivery(slack, slack.user(f"reader{n}"), key=f"a{n}") for n in range(4)]
    await posting.send(again(lost[0]))
    waits = [(await later(posting, again(one))).after for one in lost[1:]]
    assert [round(wait.total_seconds() / 60, 1) for wait in waits] == [1, 2, 3]
    assert len(slack.calls_of("conversations.history")) == 1
    assert len(slack.calls_of("chat.postMessage")) == 1


async def test_who_was_given_a_turn_to_search_has_it_when_it_comes(slack, posting, monkeypatch):
    monkeypatch.setattr(looking.limits, "PER_LOOKUP", timedelta(seconds=0.2))
    monkeypatch.setattr(looking, "PATIENCE", timedelta(0))
    first, second = (delivery(slack, slack.user(name), key=name) for name in ("ben", "eva"))
    await posting.send(again(first))
    wait = (await later(posting, again(second))).after
    await asyncio.sleep(wait.total_seconds() + 0.01)
    assert (await posting.send(again(second))).id
    assert len(slack.calls_of("conversations.history")) == 2


async def test_one_workspace_does_not_wait_for_the_searches_of_another(slack, posting, monkeypatch):
    monkeypatch.setattr(looking.limits, "PER_LOOKUP", timedelta(minutes=1))
    hive = slack.add_workspace("Hive")
    room = Destination(platform="slack", address=f"{hive.id}/{slack.channel('bees', team=hive).id}")
    await posting.send(again(delivery(slack, slack.user("ben"))))
    await posting.send(again(delivery(slack, "", key="b", destination=room)))
    assert len(slack.calls_of("conversations.history")) == 2


async def test_a_search_goes_back_to_where_the_delivery_was_queued(slack, posting, room, hand):
    """A snooze moved the delivery's date, and an operator may as well."""
    one = delivery(slack, room)
    first = await posting.send(one)
    hand.now += 40 * 86_400
    moved = replace(again(one), due_at=QUEUED + timedelta(days=40))
    assert (await posting.send(moved)).id == first.id


async def test_a_search_reads_nothing_older_than_the_delivery(slack, posting, room, hand):
    chatter(slack, room, 300)
    hand.now += 86_400
    tomorrow = QUEUED + timedelta(days=1)
    await posting.send(again(delivery(slack, room, queued_at=tomorrow, due_at=tomorrow)))
    assert len(slack.calls_of("conversations.history")) == 1


async def test_a_search_that_fails_posts_nothing(slack, posting, room):
    for kind in ("drop_before", "status", "garbage"):
        slack.fail("conversations.history", kind, times=None)
        assert (await later(posting, again(delivery(slack, room)))).reason is Reason.UNAVAILABLE
        slack.faults.calm()
    assert slack.history(room) == []


def chatter(slack, room, n: int) -> None:
    for number in range(n):
        slack.workspace.post(room, slack.user("ada").id, f"message {number}")


# --- rate limits ---------------------------------------------------------------------------


async def test_a_429_becomes_a_date(slack, posting, room):
    slack.fail("chat.postMessage", "ratelimited", retry_after=17)
    said = await later(posting, delivery(slack, room))
    assert (said.reason, said.after) == (Reason.RATE_LIMITED, timedelta(seconds=17))
    assert slack.history(room) == []


async def test_a_429_at_the_door_of_the_direct_messages_becomes_a_date(slack, posting, ada):
    slack.fail("conversations.open", "ratelimited", retry_after=5)
    assert (await later(posting, delivery(slack, ada))).after == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("said", "waits"), [("", 30), ("soon", 30), ("0", 1), ("999999999999999", 86_400)]
)
def test_a_strange_retry_after_is_no_trouble(said, waits):
    class Response:
        status_code, headers, data = 429, {"Retry-After": said}, {"error": "ratelimited"}

    found = refusals.meaning(SlackApiError("too fast", Response()))
    assert found.after == timedelta(seconds=waits)


# --- destinations that are gone ------------------------------------------------------------


async def test_an_archived_channel_is_gone(slack, posting, room):
    room.archived = True
    said = await never(posting, delivery(slack, room))
    assert said.reason is Reason.DESTINATION_GONE
    assert "unarchive" in str(said)


async def test_a_deleted_channel_is_gone(slack, posting, room):
    room.deleted = True
    assert (await never(posting, delivery(slack, room))).reason is Reason.DESTINATION_GONE


async def test_a_person_who_left_is_gone(slack, posting, ada):
    ada.user.deleted = True
    said = await never(posting, delivery(slack, ada))
    assert said.reason is Reason.DESTINATION_GONE
    assert "deactivated" in str(said)


async def test_a_person_whom_nobody_knows_is_gone(slack, posting):
    assert (await never(posting, delivery(slack, "U0NOBODY"))).reason is Reason.DESTINATION_GONE


async def test_direct_messages_that_moved_are_opened_anew(slack, posting, ada):
    await posting.send(delivery(slack, ada))
    slack.fail("chat.postMessage", "error", error="channel_not_found")
    one = delivery(slack, ada, key="b")
    assert (await later(posting, one)).reason is Reason.UNAVAILABLE
    await posting.send(one)
    assert len(slack.calls_of("conversations.open")) == 2
    assert len(ada.dms) == 2


async def test_a_public_channel_is_joined_where_the_bot_is_missing(slack, posting, ada):
    slack.workspace.install(["chat:write", "channels:join"])
    room = slack.channel("open", members=[ada], bot=False)
    await posting.send(delivery(slack, room))
    assert len(slack.history(room)) == 1
    assert slack.workspace.bot_user_id in room.members


async def test_a_channel_that_may_not_be_joined_is_gone_with_the_remedy(slack, posting, ada):
    slack.workspace.install(["chat:write"])
    room = slack.channel("open", members=[ada], bot=False)
    said = await never(posting, delivery(slack, room))
    assert said.reason is Reason.DESTINATION_GONE
    assert "/invite" in str(said)


async def test_trouble_in_joining_is_no_reason_to_give_up(slack, posting, ada):
    slack.workspace.install(["chat:write", "channels:join"])
    room = slack.channel("open", members=[ada], bot=False)
    for kind in ("drop_before", "status", "ratelimited"):
        slack.fail("conversations.join", kind)
        await later(posting, delivery(slack, room))


async def test_a_search_joins_the_channel_that_it_must_read(slack, posting, ada):
    room = slack.channel("open", members=[ada], bot=False)
    one = delivery(slack, room)
    first = await posting.send(one)  # chat:write.public needs no membership, reading does
    assert (await posting.send(again(one))).id == first.id


@pytest.mark.parametrize("code", sorted(refusals.GONE))
async def test_every_reason_why_a_place_is_gone_has_its_sentence(slack, posting, room, code):
    slack.fail("chat.postMessage", "error", error=code, times=2)
    said = await never(posting, delivery(slack, room))
    assert said.reason is Reason.DESTINATION_GONE
    assert str(said) == f"destination-gone: {refusals.GONE[code]}"


# --- what is nobody's fault, or the message's ----------------------------------------------


@pytest.mark.parametrize("code", sorted(refusals.OPERATOR))
async def test_a_token_in_trouble_is_not_the_messages_fault(slack, posting, room, code):
    slack.fail("chat.postMessage", "error", error=code)
    said = await later(posting, delivery(slack, room))
    assert said.reason is Reason.UNAVAILABLE
    assert refusals.OPERATOR[code] in str(said)


async def test_a_revoked_token_waits_for_a_new_one(slack, posting, ada):
    slack.workspace.revoke()
    assert "install the bot again" in str(await later(posting, delivery(slack, ada)))
    slack.workspace.install()
    await posting.send(delivery(slack, ada))
    assert len(ada.dms) == 1


async def test_a_missing_scope_is_named(slack, posting, ada):
    slack.workspace.install(["chat:write"])
    assert "the scope im:write" in str(await later(posting, delivery(slack, ada)))


async def test_a_workspace_without_the_bot_waits_for_it(slack, room):
    async def none(team):
        raise NotInstalled("no")

    said = await later(Posting(none), delivery(slack, room))
    assert "install it again" in str(said)


async def test_an_error_that_nobody_has_heard_of_is_tried_again(slack, posting, room):
    slack.fail("chat.postMessage", "error", error="team_is_on_holiday")
    assert "team_is_on_holiday" in str(await later(posting, delivery(slack, room)))


async def test_a_thread_that_was_deleted_takes_no_more_parts(slack, posting, room):
    part = delivery(slack, room, DIGEST, key="a#2", thread=f"{room.id}/1.000001")
    said = await never(posting, part)
    assert said.reason is Reason.MESSAGE_REFUSED


async def test_a_body_that_cannot_be_read_is_refused_for_good(slack, posting, room):
    said = await never(posting, delivery(slack, room, body="{}"))
    assert said.reason is Reason.MESSAGE_REFUSED
    assert slack.calls == []


async def test_an_address_of_another_kind_is_gone(slack, posting):
    to = Destination(platform="slack", address="nowhere")
    said = await never(posting, replace(delivery(slack, "x"), destination=to))
    assert said.reason is Reason.DESTINATION_GONE


@pytest.mark.parametrize("code", sorted(refusals.CONTENT))
async def test_blocks_that_slack_refuses_become_plain_text(slack, posting, room, code):
    slack.fail("chat.postMessage", "error", error=code)
    one = delivery(slack, room, DIGEST, kind=DeliveryKind.DIGEST)
    with capture_logs() as logs:
        receipt = await posting.send(one)
    (posted,) = slack.history(room)
    assert posted.blocks == []
    assert f"<{CARD.url}>" in posted.text
    assert "Attention is costly." in posted.text
    assert len(receipt.parts) == 2
    assert (await posting.send(again(one))).id == receipt.id
    assert [(log["event"], log["key"], log["error"]) for log in logs] == [
        ("slack payload refused", "a", code)
    ]


async def test_a_text_that_slack_refuses_as_well_is_given_up(slack, posting, room):
    slack.fail("chat.postMessage", "error", error="invalid_blocks", times=2)
    assert (await never(posting, delivery(slack, room))).reason is Reason.MESSAGE_REFUSED


async def test_the_clients_own_session_may_be_shared(slack, room):
    async with aiohttp.ClientSession() as session:

        async def client(team):
            return AsyncWebClient(
                slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[]
            )

        posting = Posting(client)
        for key in "abc":
            await posting.send(delivery(slack, room, key=key))
    assert len(slack.history(room)) == 3
