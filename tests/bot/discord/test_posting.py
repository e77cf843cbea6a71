"""What the outbox holds arrives once, where it belongs, whatever happens on the way."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import discord
import pytest
from fakes.discord.library import without_waiting
from fakes.discord.nouns import CATEGORY
from fakes.discord.server import DiscordServer

from bot.commands.table import BY_NAME
from bot.messages import Button, Card, Message, Row, to_json
from bot.platforms import Reason, Receipt, RetryLater, Undeliverable
from bot.platforms.discord import errors, posting
from bot.platforms.discord.forum import Repeated
from bot.platforms.discord.plans import SETTINGS, SETTINGS_IN_CHANNEL, Plan
from bot.platforms.discord.posting import Posting, Unfinished, nonce_of
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination

POST = "POST /channels/{channel_id}/messages"
START_THREAD = "/channels/*/messages/*/threads"
HOSTILE = "<@1> @everyone [x](http://evil.example) **b** `c` ||s|| # h\n> q \u202e \\ <t:1:R>"


@pytest.fixture
async def server():
    async with DiscordServer() as started:
        yield started
        assert started.violations == []


@pytest.fixture
def ada(server):
    return server.user("ada")


@pytest.fixture
def lab(server, ada):
    return server.guild("Lab", owner=ada)


@pytest.fixture
def room(server, lab):
    return server.text(lab, "reading-group")


@pytest.fixture
async def bot(server, lab):
    client = discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30)
    await client.login(server.token)
    with without_waiting():
        yield client
    await client.close()


@pytest.fixture
def mail(bot) -> Posting:
    return Posting(lambda: bot)


def card(number: int, **more: Any) -> Card:
    facts = {
        "seq": number,
        "title": f"Paper {number}.",
        "url": f"https://arxiv.org/abs/2510.{number:05}",
        "facts": "2 authors",
        "reason": "close to your interest “bees”",
        "sentence": "Bees dance.",
        "score": 0.5,
    }
    return Card(**facts | more)


def digest(count: int) -> Message:
    cards = tuple(card(number) for number in range(1, count + 1))
    return Message(heading=f"{count} papers for ada", cards=cards, footer="Read 200 new papers.")


NOTICE = Message(heading="Welcome back", intro="Your digests go on.")


def to(place: Any, message: Message, number: int = 12, **more: Any) -> Delivery:
    """A delivery to a person or a channel."""
    guild = getattr(place, "guild", None)
    address = f"{guild.id}/{place.id}" if guild is not None else f"users/{place.id}"
    facts = {
        "id": number,
        "key": f"digest/1/{number}",
        "kind": DeliveryKind.DIGEST if message.cards else DeliveryKind.NOTICE,
        "destination": Destination(platform="discord", address=address),
        "profile_id": 1,
        "body": to_json(message),
        "status": DeliveryStatus.LEASED,
        "attempts": 1,
        "due_at": datetime.now(UTC),
        "maybe_posted": False,
    }
    return Delivery(**facts | more)


def again(delivery: Delivery) -> Delivery:
    """The next attempt, after one that nobody knows the end of."""
    return replace(delivery, attempts=delivery.attempts + 1, maybe_posted=True)


async def send_parts(mail: Posting, head: Delivery, receipt: Receipt) -> list[Receipt]:
    """What the outbox does with a receipt's parts."""
    sent = []
    for place, part in enumerate(receipt.parts, 2):
        follower = replace(
            head,
            id=head.id + place,
            key=f"{head.key}#{place}",
            body=to_json(part.message),
            thread=part.thread,
            maybe_posted=False,
        )
        sent.append(await mail.send(follower))
    return sent


async def refusal(sending: Any) -> RetryLater | Undeliverable:
    with pytest.raises((RetryLater, Undeliverable)) as raised:
        await sending
    return raised.value


# --- to a person ---------------------------------------------------------------------------


async def test_a_digest_for_a_person_that_fits_is_one_message(mail, ada):
    receipt = await mail.send(to(ada, digest(4)))
    (message,) = ada.dms
    assert receipt == Receipt(id=f"{ada.dm().id}/{message.id}")
    assert receipt.parts == ()
    assert "## 4 papers for ada" in message.text
    assert "Paper 4." in message.text
    assert message.buttons.count("Like") == 4


async def test_a_long_digest_for_a_person_lists_its_papers_first(mail, ada):
    head = to(ada, digest(12))
    receipt = await mail.send(head)
    assert {part.thread for part in receipt.parts} == {None}
    await send_parts(mail, head, receipt)
    overview, *details = ada.dms
    assert "12. [Paper 12.]" in overview.text
    assert overview.buttons == ["Settings"]
    assert [message.buttons.count("Like") for message in details] == [5, 5, 2]
    assert "## 6–10 of 12" in details[1].text


async def test_direct_messages_are_opened_once(mail, ada, server):
    await mail.send(to(ada, NOTICE, 1))
    await mail.send(to(ada, NOTICE, 2))
    assert len(ada.dms) == 2
    assert server.counts["POST /users/@me/channels"] == 1


async def test_many_hits_of_an_alert_follow_each_other(mail, ada):
    alert = to(ada, digest(7), kind=DeliveryKind.ALERT)
    receipt = await mail.send(alert)
    await send_parts(mail, alert, receipt)
    assert [message.buttons.count("Like") for message in ada.dms] == [5, 2]
    assert "-# And 2 more." in ada.dms[0].text


async def test_the_key_is_the_nonce(mail, ada):
    await mail.send(to(ada, NOTICE))
    assert ada.dms[0].nonce == nonce_of("digest/1/12")
    assert len(nonce_of("x")) == 25
    assert nonce_of("a") != nonce_of("b")


async def test_hostile_text_is_shown_and_mentions_nobody(mail, ada):
    hostile = card(1, title=HOSTILE, facts=HOSTILE, reason=HOSTILE, sentence=HOSTILE)
    await mail.send(to(ada, Message(heading=HOSTILE, intro=HOSTILE, cards=(hostile,))))
    (message,) = ada.dms
    assert message.allowed_mentions["parse"] == []
    assert r"\<@1\> @" in message.text
    assert "@everyone" not in message.text
    assert "](http://evil" not in message.text


# --- into a channel ------------------------------------------------------------------------


async def test_a_digest_for_a_channel_is_a_list_with_its_papers_in_a_thread(mail, room):
    head = to(room, digest(7))
    receipt = await mail.send(head)
    (thread,) = room.threads
    assert thread.name == "7 papers for ada"
    assert {part.thread for part in receipt.parts} == {str(thread.id)}
    receipts = await send_parts(mail, head, receipt)
    (overview,) = room.history
    assert receipt.id == f"{room.id}/{overview.id}"
    assert "7. [Paper 7.]" in overview.text
    assert [message.buttons.count("Like") for message in thread.history] == [5, 2]
    assert [one.id for one in receipts] == [f"{thread.id}/{m.id}" for m in thread.history]


async def test_an_announcement_channel_has_threads_as_well(mail, server, lab):
    news = server.announcement(lab, "news")
    await mail.send(to(news, digest(2)))
    assert len(news.threads) == 1


async def test_an_alert_for_a_channel_is_one_message_without_a_thread(mail, room):
    receipt = await mail.send(to(room, digest(4), kind=DeliveryKind.ALERT))
    assert receipt.parts == ()
    assert room.threads == []
    assert room.history[0].buttons.count("Like") == 4


async def test_where_no_thread_may_be_started_the_papers_follow_in_the_channel(
    mail, server, lab, room
):
    server.deny(room, lab.everyone, "create_public_threads")
    head = to(room, digest(7))
    receipt = await mail.send(head)
    await send_parts(mail, head, receipt)
    assert room.threads == []
    assert [message.buttons.count("Like") for message in room.history] == [0, 5, 2]


async def test_what_a_locked_thread_may_not_have_follows_in_the_channel(mail, room):
    head = to(room, digest(7))
    receipt = await mail.send(head)
    room.threads[0].locked = True
    await send_parts(mail, head, receipt)
    assert [message.buttons.count("Like") for message in room.history] == [0, 5, 2]


async def test_what_belongs_into_a_thread_that_was_deleted_is_dropped_alone(mail, server, room):
    head = to(room, digest(7))
    receipt = await mail.send(head)
    server.delete_channel(room.threads[0])
    refused = await refusal(send_parts(mail, head, receipt))
    assert refused.reason is Reason.MESSAGE_REFUSED
    assert len(room.history) == 1


# --- once ----------------------------------------------------------------------------------

KINDS = {
    "cards": digest(2),
    "an overview": digest(9),
    "words alone": NOTICE,
    "rows": Message(heading="R", rows=(Row(text="r", buttons=(Button(label="A", action="a"),)),)),
}


@pytest.fixture(params=KINDS)
def message(request) -> Message:
    return KINDS[request.param]


async def test_a_connection_that_breaks_after_the_post_makes_no_second_one(mail, ada, server):
    server.faults.add("POST", "/channels/*/messages", drop=True, after=True)
    delivery = to(ada, NOTICE)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await mail.send(delivery)
    receipt = await mail.send(again(delivery))
    (message,) = ada.dms
    assert receipt.id.endswith(f"/{message.id}")


async def test_a_send_that_is_cancelled_twice_leaves_its_channel_open(
    mail, ada, server, monkeypatch
):
    """A loop that stands still may pass our deadline and the dispatcher's one step apart. The
    library takes the second for the end of a wait that it had hardly begun, and every later request
    for the channel would have waited for half a minute.
    """
    monkeypatch.setattr(posting, "DEADLINE_S", 0.4)
    server.faults.add("POST", "/channels/*/messages", delay=2.0)
    delivery = to(ada, NOTICE)
    loop = asyncio.get_running_loop()
    loop.call_later(0.2, time.sleep, 0.3)  # until after our deadline, and then
    loop.call_later(0.45, time.sleep, 0.5)  # until after the dispatcher's
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.7):
            await mail.send(delivery)
    monkeypatch.setattr(posting, "DEADLINE_S", 10.0)
    await mail.send(again(delivery))
    assert len(ada.dms) == 1


async def test_an_answer_of_500_after_the_post_makes_no_second_one(mail, ada, server):
    server.faults.add("POST", "/channels/*/messages", status=500, after=True)
    await mail.send(to(ada, NOTICE))
    assert len(ada.dms) == 1
    assert server.counts[POST] == 2


async def test_an_answer_of_503_is_unknown_and_tried_again(mail, ada, server):
    server.faults.add("POST", "/channels/*/messages", status=503)
    delivery = to(ada, NOTICE)
    with pytest.raises(discord.DiscordServerError):
        await mail.send(delivery)
    await mail.send(again(delivery))
    assert len(ada.dms) == 1


async def test_the_nonce_saves_an_attempt_that_looks_nowhere(mail, ada):
    first = await mail.send(to(ada, NOTICE))
    assert await mail.send(to(ada, NOTICE)) == first
    assert len(ada.dms) == 1


async def test_what_was_posted_is_found_when_the_nonce_is_forgotten(mail, ada, server, message):
    server.rest.nonce_window_s = -1
    delivery = to(ada, message)
    first = await mail.send(delivery)
    assert await mail.send(again(delivery)) == first
    assert len(ada.dms) == 1
    assert server.counts[POST] == 1


async def test_what_was_posted_into_a_channel_is_found_with_its_thread(mail, room, server):
    server.rest.nonce_window_s = -1
    delivery = to(room, digest(7))
    first = await mail.send(delivery)
    second = await mail.send(again(delivery))
    assert (second, second.parts) == (first, first.parts)
    assert (len(room.history), len(room.threads)) == (1, 1)


async def test_what_was_not_posted_after_all_is_posted(mail, ada, message):
    await mail.send(again(to(ada, message)))
    assert len(ada.dms) == 1


async def test_another_delivery_is_not_taken_for_it(mail, ada, server):
    server.rest.nonce_window_s = -1
    await mail.send(to(ada, digest(2), 1))
    await mail.send(again(to(ada, digest(2), 12)))
    assert len(ada.dms) == 2


async def test_what_was_posted_is_found_below_much_that_others_say(mail, room, server):
    server.rest.nonce_window_s = -1
    delivery = to(room, NOTICE)
    first = await mail.send(delivery)
    bob = server.user("bob")
    for number in range(150):
        bob.say(room, f"pr:d12:{number}")
    assert await mail.send(again(delivery)) == first


async def test_a_message_from_before_it_was_queued_is_another_databases(mail, ada, server):
    server.rest.nonce_window_s = -1
    delivery = to(ada, NOTICE)
    await mail.send(delivery)
    later = datetime.now(UTC) + timedelta(hours=1)
    await mail.send(replace(again(delivery), queued_at=later))
    assert len(ada.dms) == 2


async def test_a_part_that_may_have_been_posted_is_found_in_its_thread(mail, room, server):
    server.rest.nonce_window_s = -1
    head = to(room, digest(2))
    receipt = await mail.send(head)
    (part,) = receipt.parts
    follower = to(room, part.message, 13, thread=part.thread)
    first = await mail.send(follower)
    assert await mail.send(again(follower)) == first
    assert len(room.threads[0].history) == 1


async def test_a_thread_that_was_not_started_is_started_by_the_next_attempt(mail, room, server):
    server.faults.add("POST", START_THREAD, status=503)
    delivery = to(room, digest(7))
    with pytest.raises(Unfinished):
        await mail.send(delivery)
    receipt = await mail.send(again(delivery))
    assert len(room.history) == 1
    assert {part.thread for part in receipt.parts} == {str(room.threads[0].id)}


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}])
async def test_a_thread_that_was_started_unheard_is_there(mail, room, server, fault):
    server.faults.add("POST", START_THREAD, after=True, **fault)
    delivery = to(room, digest(7))
    try:
        receipt = await mail.send(delivery)
    except Unfinished:
        receipt = await mail.send(again(delivery))
    assert (len(room.history), len(room.threads)) == (1, 1)
    assert {part.thread for part in receipt.parts} == {str(room.threads[0].id)}


async def test_a_limit_on_threads_does_not_post_the_head_twice(mail, room, server):
    server.faults.add("POST", START_THREAD, status=429, retry_after=900.0)
    server.rest.nonce_window_s = -1
    delivery = to(room, digest(7))
    with pytest.raises(Unfinished):
        await mail.send(delivery)
    await mail.send(again(delivery))
    assert (len(room.history), len(room.threads)) == (1, 1)


async def test_a_message_that_was_deleted_since_is_not_posted_again(mail, ada, server):
    delivery = to(ada, NOTICE)
    server.faults.add("POST", "/channels/*/messages", code=10008)
    refused = await refusal(mail.send(delivery))
    assert refused.reason is Reason.MESSAGE_REFUSED


# --- forums --------------------------------------------------------------------------------


@pytest.fixture
def forum(server, lab):
    return server.forum(lab, "papers", tags=["digest", "other"], tag_required=True)


async def test_a_digest_for_a_forum_is_a_post_with_its_papers_in_it(mail, forum):
    head = to(forum, digest(7))
    receipt = await mail.send(head)
    (post,) = forum.threads
    assert (post.name, post.applied_tags) == ("7 papers for ada", [next(iter(forum.tags))])
    assert receipt.id == f"{post.id}/{post.id}"
    await send_parts(mail, head, receipt)
    overview, *details = post.history
    assert "7. [Paper 7.]" in overview.text
    assert [message.buttons.count("Like") for message in details] == [5, 2]


async def test_a_forum_without_demands_gets_no_tag(mail, server, lab):
    free = server.forum(lab, "free", tags=["digest"])
    await mail.send(to(free, NOTICE))
    assert free.threads[0].applied_tags == []


async def test_a_forum_that_wants_a_tag_and_has_none_is_told_so(mail, server, lab):
    bare = server.forum(lab, "bare", tag_required=True)
    refused = await refusal(mail.send(to(bare, NOTICE)))
    assert refused.reason is Reason.DESTINATION_GONE
    assert errors.NO_TAG in str(refused)


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 500}, {"status": 503}])
async def test_a_post_that_was_started_unheard_is_found(mail, forum, server, fault, message):
    server.faults.add("POST", "/channels/*/threads", after=True, **fault)
    delivery = to(forum, message)
    unknown = (Repeated, discord.DiscordServerError, aiohttp.ServerDisconnectedError)
    with pytest.raises(unknown):
        await mail.send(delivery)
    receipt = await mail.send(again(delivery))
    (post,) = forum.threads
    assert receipt.id == f"{post.id}/{post.id}"


async def test_a_post_that_was_closed_meanwhile_is_found(mail, forum):
    delivery = to(forum, digest(2))
    first = await mail.send(delivery)
    forum.threads[0].archived = True
    assert await mail.send(again(delivery)) == first
    assert len(forum.threads) == 1


async def test_a_post_that_was_not_started_after_all_is_started(mail, forum):
    await mail.send(to(forum, digest(2), 1))
    await mail.send(again(to(forum, digest(2), 2)))
    assert len(forum.threads) == 2


# --- refusals ------------------------------------------------------------------------------


async def test_without_a_client_it_waits():
    refused = await refusal(Posting(lambda: None).send(to_nobody()))
    assert (type(refused), refused.reason) == (RetryLater, Reason.UNAVAILABLE)


def to_nobody() -> Delivery:
    class Nobody:
        id = 1

    return to(Nobody(), NOTICE)


async def test_a_client_that_was_closed_is_no_client(mail, bot, ada):
    await bot.close()
    assert (await refusal(mail.send(to(ada, NOTICE)))).reason is Reason.UNAVAILABLE


async def test_closed_direct_messages_end_a_destination_with_the_remedy(mail, ada, server, lab):
    ada.dms_closed = True
    refused = await refusal(mail.send(to(ada, NOTICE)))
    assert (type(refused), refused.reason) == (Undeliverable, Reason.DESTINATION_GONE)
    assert "allow direct messages" in str(refused)
    ada.dms_closed = False
    server.leave(lab)
    assert (await refusal(mail.send(to(ada, NOTICE)))).reason is Reason.DESTINATION_GONE


async def test_a_person_that_is_gone_ends_a_destination(mail):
    assert (await refusal(mail.send(to_nobody()))).reason is Reason.DESTINATION_GONE


async def test_a_channel_that_is_gone_ends_a_destination(mail, room, server):
    server.delete_channel(room)
    refused = await refusal(mail.send(to(room, digest(2))))
    assert (refused.reason, type(refused)) == (Reason.DESTINATION_GONE, Undeliverable)
    assert "the channel was deleted" in str(refused)


@pytest.mark.parametrize("permission", ["view_channel", "send_messages"])
async def test_a_channel_that_is_shut_ends_a_destination(mail, room, server, lab, permission):
    server.deny(room, lab.everyone, permission)
    refused = await refusal(mail.send(to(room, NOTICE)))
    assert refused.reason is Reason.DESTINATION_GONE
    assert "send messages" in str(refused)


async def test_a_category_is_no_place_to_post_in(mail, server, lab):
    category = server._channel(lab, "things", CATEGORY)
    refused = await refusal(mail.send(to(category, NOTICE)))
    assert (refused.reason, type(refused)) == (Reason.DESTINATION_GONE, Undeliverable)


async def test_a_short_limit_is_waited_for(mail, ada, server):
    server.faults.add("POST", "/channels/*/messages", status=429, retry_after=3.0)
    await mail.send(to(ada, NOTICE))
    assert len(ada.dms) == 1


@pytest.mark.parametrize("via", [True, False])
async def test_a_long_limit_is_left_to_the_outbox(mail, ada, server, via):
    server.faults.add("POST", "/channels/*/messages", status=429, retry_after=90.0, via=via)
    refused = await refusal(mail.send(to(ada, NOTICE)))
    assert (refused.reason, refused.after) == (Reason.RATE_LIMITED, timedelta(seconds=90))


async def test_opening_direct_messages_too_fast_waits_for_minutes(mail, ada, server):
    server.faults.add("POST", "/users/@me/channels", code=40003)
    refused = await refusal(mail.send(to(ada, NOTICE)))
    assert refused.reason is Reason.RATE_LIMITED
    assert refused.after >= timedelta(minutes=5)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True, "times": 2}])
async def test_trouble_before_anything_is_posted_is_tried_again_without_doubt(
    mail, room, server, fault
):
    server.faults.add("GET", "/channels/*", **fault)
    refused = await refusal(mail.send(to(room, NOTICE)))
    assert (type(refused), refused.reason) == (RetryLater, Reason.UNAVAILABLE)


async def test_a_token_that_is_revoked_is_not_the_messages_fault(mail, ada, server):
    server.application.token = "another"
    refused = await refusal(mail.send(to(ada, NOTICE)))
    assert (type(refused), refused.reason) == (RetryLater, Reason.UNAVAILABLE)


async def test_a_body_that_cannot_be_read_is_refused_for_good(mail, ada):
    refused = await refusal(mail.send(replace(to(ada, NOTICE), body="{}")))
    assert refused.reason is Reason.MESSAGE_REFUSED


@pytest.mark.parametrize("place", ["ada", "forum"])
async def test_where_components_are_refused_embeds_do(mail, server, request, place, message):
    where = request.getfixturevalue(place)
    server.faults.add("POST", "/channels/*", code=50006)
    receipt = await mail.send(to(where, message))
    (shown,) = where.dms if place == "ada" else where.threads[0].history
    assert receipt.id.endswith(f"/{shown.id}")
    assert shown.embeds
    assert message.heading in shown.text
    assert await mail.send(again(to(where, message))) == receipt


async def test_a_form_that_discord_finds_invalid_is_drawn_in_embeds(mail, ada, server, monkeypatch):
    too_long = discord.ui.LayoutView().add_item(discord.ui.TextDisplay("x" * 5_000))
    monkeypatch.setattr(Plan, "layout", property(lambda _: too_long))
    await mail.send(to(ada, NOTICE))
    assert ada.dms[0].embeds
    assert "4000" in server.violations.pop(0)
    server.violations.clear()


def test_the_button_that_every_message_has_gives_a_command_that_exists():
    assert BY_NAME[SETTINGS.action].in_channel
    assert SETTINGS_IN_CHANNEL.action == f"channel {SETTINGS.action}"


async def test_a_message_that_no_way_of_drawing_saves_is_refused_for_good(mail, ada, server):
    server.faults.add("POST", "/channels/*/messages", code=50006, times=2)
    assert (await refusal(mail.send(to(ada, NOTICE)))).reason is Reason.MESSAGE_REFUSED


async def test_a_wait_for_a_global_limit_that_is_cut_short_blocks_nothing_later(
    mail, ada, server, monkeypatch
):
    monkeypatch.setattr(posting, "DEADLINE_S", 0.2)
    never = asyncio.Event()

    async def sleep(_: Any, seconds: float, __: Any = None) -> None:
        await (never.wait() if seconds >= 20 else asyncio.sleep(0))

    monkeypatch.setattr(type(discord.http.asyncio), "sleep", sleep)
    server.faults.add("POST", "/channels/*/messages", status=429, retry_after=20, is_global=True)
    with pytest.raises(TimeoutError):
        await mail.send(to(ada, NOTICE))
    await mail.send(again(to(ada, NOTICE)))
    assert len(ada.dms) == 1


class Response:
    """What an exception of the library wants to know of an answer."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        self.reason = "why"
        self.headers = headers


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, 20009, Reason.MESSAGE_REFUSED),
        (400, 200000, Reason.MESSAGE_REFUSED),
        (400, 240000, Reason.MESSAGE_REFUSED),
        (400, 50035, Reason.MESSAGE_REFUSED),
        (400, 99999, Reason.MESSAGE_REFUSED),
        (404, 10004, Reason.DESTINATION_GONE),
        (403, 50001, Reason.DESTINATION_GONE),
        (400, 50033, Reason.DESTINATION_GONE),
        (400, 160006, Reason.RATE_LIMITED),
        (429, 20016, Reason.RATE_LIMITED),
        (429, 0, Reason.RATE_LIMITED),
        (403, 0, Reason.UNAVAILABLE),
        (404, 0, Reason.UNAVAILABLE),
        (400, 40004, Reason.UNAVAILABLE),
        (503, 130000, None),
        (500, 0, None),
    ],
)
def test_a_refusal_means(status, code, reason):
    error = discord.HTTPException(Response(status), {"code": code, "message": "no"})
    known = errors.meaning(error)
    assert getattr(known, "reason", None) == reason
    assert (known is error) == (reason is None)
