"""What every platform promises the dispatcher, held by each of them alike.

A new platform adds a `Stand` that can start it and read back what people would see there.
"""

import asyncio
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest
from rich.console import Console

from bot import messages
from bot.messages import Card, Message
from bot.platforms import Platform, Reason, Undeliverable
from bot.platforms.console import ConsolePlatform, history
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination


class Stand(Protocol):
    """A platform, and the place where its messages appear."""

    platform: Platform
    address: str

    def seen(self) -> list[Message]: ...


class ConsoleStand:
    address = "local/ada"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.platform = ConsolePlatform(Console(file=io.StringIO()), folder / "transcript.jsonl")

    def seen(self) -> list[Message]:
        return [one.message for one in history(self.folder / "transcript.jsonl")]


@pytest.fixture(params=[ConsoleStand])
def stand(request, tmp_path) -> Stand:
    return request.param(tmp_path)


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
    assert stand.seen() == [message()]


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
    assert {one.heading for one in stand.seen()} == {f"Title {n}" for n in range(20)}


async def test_hostile_text_arrives_as_text(stand):
    await stand.platform.send(delivery(stand, message(text=HOSTILE)))
    assert stand.seen() == [message(text=HOSTILE)]


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
