"""The console posts a message once, whatever became of the attempt before."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from bot import messages
from bot.messages import Card, Message
from bot.platforms import Reason, Undeliverable
from bot.platforms.console import ConsolePlatform, drawn, history
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Destination

CARD = Card(
    seq=7,
    title="Sparse [bold]Attention[/bold] for {Long} Texts",
    url="https://example.org/7",
    facts="3 authors",
    reason="close to your interest “long texts”",
    sentence="Attention is costly.",
    score=0.81,
)
MESSAGE = Message(heading="1 paper for ada", cards=(CARD,), footer="Read 5 new papers for you.")


def delivery(key="a", maybe_posted=False, body=None) -> Delivery:
    return Delivery(
        id=1,
        key=key,
        kind=DeliveryKind.DIGEST,
        destination=Destination(platform="console", address="local/ada"),
        profile_id=1,
        body=messages.to_json(MESSAGE) if body is None else body,
        status=DeliveryStatus.LEASED,
        attempts=1,
        due_at=datetime(2025, 10, 28, tzinfo=UTC),
        maybe_posted=maybe_posted,
    )


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(tmp_path, screen) -> ConsolePlatform:
    return ConsolePlatform(Console(file=screen, width=90), tmp_path / "transcript.jsonl")


async def test_a_message_is_kept_and_printed(console, screen, tmp_path):
    await console.send(delivery())
    (posted,) = history(tmp_path / "transcript.jsonl")
    assert (posted.key, posted.to, posted.message) == ("a", "ada", MESSAGE)
    shown = screen.getvalue()
    for part in (CARD.title, "0.81", "long texts", "“Attention is costly.”", "#7", "3 authors"):
        assert part in shown


async def test_an_attempt_that_went_through_unanswered_is_not_repeated(console, screen, tmp_path):
    first = await console.send(delivery())
    again = await console.send(delivery(maybe_posted=True))
    assert again == first
    assert len(history(tmp_path / "transcript.jsonl")) == 1
    assert screen.getvalue().count("Attention is costly") == 1


async def test_an_attempt_that_was_killed_before_it_posted_is_made_up_for(console, tmp_path):
    receipt = await console.send(delivery(maybe_posted=True))
    assert receipt.id == "byte 0"
    assert len(history(tmp_path / "transcript.jsonl")) == 1


async def test_a_torn_line_was_not_posted_and_spoils_no_other(console, tmp_path):
    transcript = tmp_path / "transcript.jsonl"
    await console.send(delivery("a"))
    whole = transcript.read_bytes()
    transcript.write_bytes(whole + whole[: len(whole) // 2])
    receipt = await console.send(delivery("b", maybe_posted=True))
    assert [one.key for one in history(transcript)] == ["a", "b"]
    assert await console.send(delivery("b", maybe_posted=True)) == receipt


async def test_a_body_that_is_no_message_is_refused_for_good(console):
    with pytest.raises(Undeliverable) as refused:
        await console.send(delivery(body="{}"))
    assert refused.value.reason is Reason.MESSAGE_REFUSED


def test_a_title_cannot_command_the_terminal():
    out = io.StringIO()
    evil = replace(
        CARD, title="Good\x1b[2J\x07 Title \N{RIGHT-TO-LEFT OVERRIDE}evil", sentence="\x9b31m"
    )
    message = replace(MESSAGE, cards=(evil,))
    Console(file=out, width=90).print(drawn(message, DeliveryKind.DIGEST))
    assert "Good" in out.getvalue()
    assert not set(out.getvalue()) & set("\x1b\x07\x9b\N{RIGHT-TO-LEFT OVERRIDE}")


@pytest.mark.parametrize("width", [30, 60, 120])
def test_no_line_is_wider_than_the_terminal(width):
    out = io.StringIO()
    Console(file=out, width=width).print(drawn(MESSAGE, DeliveryKind.DIGEST))
    assert max(len(line) for line in out.getvalue().splitlines()) <= width
