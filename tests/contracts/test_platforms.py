"""What every platform promises the dispatcher, held by each of them alike.

A new platform adds a stand to `fakes/stands.py`, that can start it and read back what people see
there.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes.stands import QUICKLY, STANDS, Stand

from bot import messages
from bot.messages import Card, Message
from bot.platforms import Reason, Undeliverable
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination


@pytest.fixture(params=STANDS)
async def stand(request, tmp_path, monkeypatch):
    monkeypatch.setattr(*QUICKLY)
    async with STANDS[request.param](tmp_path) as made:
        yield made
        await made.platform.close()


HOSTILE = "<b>@everyone</b> *_~`|> [bold]x[/] {0} %s \N{RIGHT-TO-LEFT OVERRIDE}evil & “so”"


def message(cards: int = 1, text: str = "A title") -> Message:
    card = Card(
        seq=1,
        title=text,
        url="https://example.org/1",
        facts=text,
        reason=text,
        sentence=text,
        score=0.5,
    )
    return Message(heading=text, intro=text, cards=(card,) * cards, footer=text)


def delivery(stand: Stand, what: Message, key: str = "a", number: int = 1) -> Delivery:
    return Delivery(
        id=number,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=Destination(platform=stand.platform.name, address=stand.address),
        profile_id=None,
        body=messages.to_json(what),
        status=DeliveryStatus.LEASED,
        attempts=1,
        due_at=datetime(2025, 10, 28, tzinfo=UTC),
        maybe_posted=False,
    )


async def test_a_message_arrives_and_its_receipt_names_it(stand):
    receipt = await stand.platform.send(delivery(stand, message()))
    assert receipt.id
    (seen,) = stand.seen()
    assert "A title" in seen


async def test_two_messages_have_two_receipts(stand):
    first = await stand.platform.send(delivery(stand, message(), "a"))
    second = await stand.platform.send(delivery(stand, message(), "b", 2))
    assert first != second
    assert len(stand.seen()) == 2


async def test_what_may_have_been_posted_is_posted_once(stand):
    sent = delivery(stand, message())
    first = await stand.platform.send(sent)
    again = await stand.platform.send(replace(sent, maybe_posted=True, attempts=2))
    assert again == first
    assert len(stand.seen()) == 1


async def test_what_may_have_been_posted_and_was_not_is_posted(stand):
    await stand.platform.send(replace(delivery(stand, message()), maybe_posted=True))
    assert len(stand.seen()) == 1


async def test_many_at_once_all_arrive_whole(stand):
    await asyncio.gather(
        *(
            stand.platform.send(delivery(stand, message(text=f"Title {n}"), f"key {n}", n))
            for n in range(20)
        )
    )
    seen = stand.seen()
    assert len(seen) == 20
    assert all(any(f"Title {n}" in one for one in seen) for n in range(20))


async def test_hostile_text_arrives_and_every_stand_finds_it_harmless(stand):
    await stand.platform.send(delivery(stand, message(text=HOSTILE)))
    (seen,) = stand.seen()
    assert "everyone" in seen
    assert "evil" in seen


async def test_every_paper_arrives_in_the_head_or_in_its_parts(stand):
    cards = tuple(
        replace(card, seq=n, title=f"Paper number {n}.")
        for n, card in enumerate(message(cards=12).cards)
    )
    head = delivery(stand, replace(message(), cards=cards))
    receipt = await stand.platform.send(head)
    for place, part in enumerate(receipt.parts, 2):
        follower = delivery(stand, part.message, f"{head.key}#{place}", place)
        await stand.platform.send(replace(follower, thread=part.thread))
    seen = "\n".join(stand.seen())
    assert all(f"Paper number {n}." in seen for n in range(12))


async def test_a_part_that_may_have_been_posted_is_posted_once(stand):
    receipt = await stand.platform.send(delivery(stand, message(cards=12)))
    for place, part in enumerate(receipt.parts, 2):
        follower = delivery(stand, part.message, f"a#{place}", place)
        before = len(stand.seen())
        first = await stand.platform.send(replace(follower, thread=part.thread))
        again = await stand.platform.send(
            replace(follower, thread=part.thread, maybe_posted=True, attempts=2)
        )
        assert again == first
        assert len(stand.seen()) == before + 1


async def test_where_nobody_is_it_is_told_for_good(stand):
    if not stand.stranger:
        pytest.skip("everybody has a place on this platform")
    lost = delivery(stand, message())
    lost = replace(lost, destination=replace(lost.destination, address=stand.stranger))
    with pytest.raises(Undeliverable) as refused:
        await stand.platform.send(lost)
    assert refused.value.reason is Reason.DESTINATION_GONE


@pytest.mark.parametrize("what", [message(cards=0), message(cards=50), message(text="")])
async def test_empty_and_long_messages_arrive(stand, what):
    await stand.platform.send(delivery(stand, what))
    assert len(stand.seen()) == 1


async def test_a_body_that_cannot_be_read_is_refused_for_good(stand):
    broken = replace(delivery(stand, message()), body='{"format": 999}')
    with pytest.raises(Undeliverable) as refused:
        await stand.platform.send(broken)
    assert refused.value.reason is Reason.MESSAGE_REFUSED
    assert stand.seen() == []


async def test_closing_twice_does_no_harm(stand):
    await stand.platform.close()
    await stand.platform.close()
