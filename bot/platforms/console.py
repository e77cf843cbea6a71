"""The console: people and channels on a terminal, and the model for other platforms.

Its history is a transcript, one JSON object a line. A message is posted when its line is on the
disk; an attempt whose outcome nobody knows is looked up there by its key before a second one.
"""

import asyncio
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import structlog
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.messages import Card, Message, from_json
from bot.platforms import Reason, Receipt, Undeliverable
from storage.records import Delivery, DeliveryKind

if TYPE_CHECKING:
    from bot.commands import Commands

COLOURS = {
    DeliveryKind.ALERT: "yellow",
    DeliveryKind.NOTICE: "cyan",
    DeliveryKind.DIGEST: "green",
}


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Posted:
    """A message in the transcript."""

    key: str
    to: str
    """Who or where: the address without its workspace."""
    kind: DeliveryKind
    message: Message
    under: str | None = None
    """The receipt of the message that it belongs under; None: it stands alone."""


class ConsolePlatform:
    """Prints what is sent; `transcript` keeps it."""

    name = "console"
    is_connected = True

    def __init__(self, console: Console, transcript: Path) -> None:
        self._console = console
        self._transcript = transcript
        self._posting = asyncio.Lock()  # one line at a time, also from several destinations

    async def send(self, delivery: Delivery) -> Receipt:
        """Append to the transcript, then print."""
        try:
            message = from_json(delivery.body)
        except ValueError as error:
            raise Undeliverable(Reason.MESSAGE_REFUSED, str(error)) from error
        async with self._posting:
            if delivery.maybe_posted:
                found = await asyncio.to_thread(_find, self._transcript, delivery.key)
                if found is not None:
                    return found
            receipt = await asyncio.to_thread(_post, self._transcript, delivery)
        try:
            self._console.print(drawn(message, delivery.kind))
        except (OSError, SystemExit) as error:  # rich ends the program when nobody reads its output
            log.warning("console unreadable", error=type(error).__name__)
        return receipt

    async def listen(self, commands: "Commands") -> None:
        """The console's commands are those of `paperround`: there is nobody to listen to."""

    async def close(self) -> None:
        """Nothing is held open between messages."""


def history(transcript: Path) -> list[Posted]:
    """Every message that was posted, oldest first; torn lines were not."""
    if not transcript.exists():
        return []
    with transcript.open("rb") as lines:
        records = [record for line in lines if (record := _record(line)) is not None]
    return [
        Posted(
            key=record["key"],
            to=record["to"].partition("/")[2],
            kind=DeliveryKind(record["kind"]),
            message=from_json(json.dumps(record["message"])),
            under=record.get("under"),
        )
        for record in records
    ]


def harmless(text: str) -> str:
    """Text that a terminal shows and does not obey: no control or direction sign gets through."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def drawn(message: Message, kind: DeliveryKind) -> RenderableType:
    """The message as a terminal shows it."""
    colour = COLOURS[kind]
    parts: list[RenderableType] = []
    if message.intro:
        parts.append(Padding(Text(harmless(message.intro)), (0, 0, 1, 0)))
    for place, card in enumerate(message.cards, 1):
        parts += _card(card, place, colour)
    if message.footer:
        parts.append(Text(harmless(message.footer), style="dim"))
    return Panel(
        Group(*parts),
        title=Text(f" {harmless(message.heading)} ", style=f"bold {colour}"),
        subtitle=Text(f" {kind} ", style="dim"),
        title_align="left",
        subtitle_align="right",
        border_style=colour,
        padding=(1, 2),
    )


def _card(card: Card, place: int, colour: str) -> list[RenderableType]:
    title = Text.assemble(
        (f"{place}. ", colour),
        (harmless(card.title), f"bold link {card.url}"),
        (f"  #{card.seq}", "dim"),
        ("  Hugging Face", f"dim link {card.discussed}") if card.discussed else "",
    )
    lines: list[RenderableType] = [title]
    if card.facts:
        lines.append(Padding(Text(harmless(card.facts), style="dim"), (0, 0, 0, 3)))
    why = Text(harmless(card.reason), style=colour)
    if card.score is not None:
        why = Text.assemble(_bar(card.score, colour), (f" {card.score:.2f}  ", "bold"), why)
    lines.append(Padding(why, (0, 0, 0, 3)))
    if card.sentence:
        lines.append(Padding(Text(f"“{harmless(card.sentence)}”", style="italic"), (0, 0, 0, 3)))
    return [Padding(Group(*lines), (0, 0, 1, 0))]


def _bar(score: float, colour: str) -> Text:
    full = round(max(0.0, min(1.0, score)) * 10)
    return Text.assemble(("━" * full, colour), ("━" * (10 - full), "bright_black"))


def _find(transcript: Path, key: str) -> Receipt | None:
    if not transcript.exists():
        return None
    offset = 0
    with transcript.open("rb") as lines:
        for line in lines:
            record = _record(line)
            if record is not None and record["key"] == key:
                return _receipt(offset)
            offset += len(line)
    return None


def _record(line: bytes) -> dict[str, Any] | None:
    """A line of the transcript; None for the torn one of a process that was killed in writing."""
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return record


def _post(transcript: Path, delivery: Delivery) -> Receipt:
    record = {
        "key": delivery.key,
        "to": delivery.destination.address,
        "kind": delivery.kind,
        "message": json.loads(delivery.body),
    }
    if delivery.thread is not None:
        record["under"] = delivery.thread
    line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
    with transcript.open("ab+") as file:
        offset = file.seek(0, os.SEEK_END)
        if offset and not _ends_a_line(file, offset):
            line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    return _receipt(offset + line.startswith(b"\n"))


def _ends_a_line(file: IO[bytes], end: int) -> bool:
    file.seek(end - 1)
    return file.read(1) == b"\n"


def _receipt(offset: int) -> Receipt:
    return Receipt(id=f"byte {offset}")
