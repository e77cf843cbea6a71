"""The demo: two people and a channel, and what each of them would be sent.

Everything goes the way it goes in the running service: ingest, alerts, digests, outbox, dispatcher,
console. Only the folder is a temporary one, and the people are invented.
"""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from bot import alerts, desk, digests, timetable
from bot.dispatcher import Dispatcher
from bot.inbox import read_file
from bot.messages import counted
from bot.platforms.console import ConsolePlatform, Posted, drawn, history
from bot.service import opened, process_name, utc_now
from bot.settings import Settings
from matching.alerts import parse
from matching.ingest import IngestReport, ingest
from matching.library import Library
from storage import profiles
from storage.database import Tx
from storage.records import DeliveryKind, OwnerKind, Profile, RawDump

SIZE = 4
WIDTH = 100
TRY_YOURS = "The papers of the sample are invented. With a page of yours: make demo DUMP=page.txt"


class Bar(Protocol):
    """Shows how far something is."""

    def __call__(self, done: int, of: int) -> None:
        """So many of so many."""

    def stop(self) -> None:
        """Take it away."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Someone in the demo."""

    name: str
    interests: tuple[str, ...]
    alerts: tuple[str, ...]


READERS = (
    Reader(
        name="ada",
        interests=(
            "making large language models cheaper to run",
            "fine-tuning a model with few labelled examples",
        ),
        alerts=("quantiz* OR quantis* OR pruning",),
    ),
    Reader(
        name="ben",
        interests=("image segmentation and object detection", "generating images and video"),
        alerts=("title:diffusion", '"reinforcement learning" -survey'),
    ),
    Reader(
        name="#retrieval",
        interests=("retrieval-augmented generation and dense retrieval",),
        alerts=('"question answering" retriev*',),
    ),
)


async def show(
    out: Console, path: Path | None, bar: Callable[[str], Bar], model: str | None, svg: Path | None
) -> None:
    """Run the demo on the dump at `path`, or on the samples (None); `svg` saves a picture of it.

    Raises NotADump, OSError or ModelUnavailable.
    """
    dumps = [await asyncio.to_thread(read_file, path)] if path else samples()
    screen = Console(width=min(out.width, WIDTH), record=svg is not None)
    with tempfile.TemporaryDirectory(prefix="paperround-demo-") as folder:
        settings = Settings(db=Path(folder) / "demo.db", model=model, transcript=None)
        async with opened(settings) as library:
            now = utc_now()
            morning = max([await _set_up(library, reader, now) for reader in READERS])
            for raw in dumps:
                progress = bar(f"Ingesting {raw.name}")
                try:
                    report = await ingest(library.db, library.encoder, raw, now, progress)
                finally:
                    progress.stop()
                screen.print(_summary(report))
            await alerts.queue_new(library.db, now)
            await digests.queue_due(library, morning)
            console = ConsolePlatform(Console(quiet=True), settings.console_transcript)
            sender = Dispatcher(library.db, [console], lambda: morning, owner=process_name())
            await sender.drain()
            posted = history(settings.console_transcript)
            for reader in READERS:
                _show_reader(screen, reader, [one for one in posted if one.to == reader.name])
    if path is None:
        screen.print(Text(TRY_YOURS, "dim"))
    if svg is not None:
        screen.save_svg(str(svg), title="paperround demo")


async def _set_up(library: Library, reader: Reader, now: datetime) -> datetime:
    """Make the reader's profile; when its first digest is due."""
    profile = await library.db.write(_add, reader, now)
    for query in reader.alerts:
        await desk.add_alert(library.db, profile, parse(query), now)
    schedule = timetable.read_schedule("daily 08:30", profile.zone)
    return (await desk.subscribe(library.db, profile, schedule, SIZE, now)).due_at


def _add(tx: Tx, reader: Reader, now: datetime) -> Profile:
    made = profiles.add(
        tx,
        kind=OwnerKind.CHANNEL if reader.name.startswith("#") else OwnerKind.PERSON,
        platform="console",
        workspace="demo",
        owner=reader.name,
        name=reader.name,
        zone="UTC",
        now=now,
    )
    for text in reader.interests:
        profiles.add_interest(tx, made.id, text, now)
    return made


def _summary(report: IngestReport) -> Text:
    return Text.assemble(
        ("✓ ", "green"),
        f"{report.name}: {counted(report.new, 'new paper')}, {report.seen_again:,} seen again, "
        f"{counted(len(report.rejects), 'reject')}",
    )


def _show_reader(screen: Console, reader: Reader, posted: Sequence[Posted]) -> None:
    screen.print()
    screen.print(Rule(Text(f" {reader.name} ", "bold"), style="dim"))
    for text in reader.interests:
        screen.print(Text.assemble(("  follows  ", "green"), text))
    for query in reader.alerts:
        screen.print(Text.assemble(("  alert    ", "yellow"), parse(query).explain()))
    for one in posted:
        screen.print(drawn(one.message, one.kind))
    if not any(one.kind is DeliveryKind.DIGEST for one in posted):
        screen.print(Text("  No digest: nothing in these papers fits well enough.", "yellow"))


def samples() -> list[RawDump]:
    """The invented dumps that ship with Paperround, one per layout."""
    found = sorted(files("bot").joinpath("samples").iterdir(), key=lambda one: one.name)
    return [
        RawDump(name=one.name, data=one.read_bytes()) for one in found if one.name.endswith(".txt")
    ]
