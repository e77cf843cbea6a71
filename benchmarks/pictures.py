"""The README's pictures of what people are sent, drawn from the payloads that would be posted.

`python benchmarks/pictures.py --slack bot/samples/slack-digest.svg` ranks the sample papers for an
invented reader, renders her digest and an alert as the platform's own payloads, and draws those;
`--discord bot/samples/discord-digest.svg` does it for Discord.
"""

import argparse
import asyncio
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import discord_drawing
import slack_drawing
from drawing import Sheet

from bot import alerts, desk, digests
from bot.demo import READERS, samples
from bot.messages import Message, from_json
from bot.platforms.discord import render as discord_render
from bot.platforms.discord.plans import planned
from bot.platforms.slack import render
from matching.alerts import parse
from matching.encoder import load_encoder
from matching.ingest import ingest
from matching.library import Library
from storage import deliveries, profiles
from storage.database import Database, Tx
from storage.records import OwnerKind, Profile, VoteKind

NOW = datetime(2025, 11, 12, 8, 30, tzinfo=UTC)
QUERY = '"question answering" retriev*'
SIZE = 4
IN_SIGHT = 3
"""Papers of the thread that the picture shows."""

ROOM = "#reading-group"
"""Where the digest goes on Discord; the likes there are its members'."""

DIGEST, ALERT = "d1", "d2"

CHANNEL, THREAD = 590.0, 500.0


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What one reader is sent."""

    digest: Message
    alert: Message


async def composed() -> Samples:
    """A digest and an alert over the sample papers, by the way they go in the service."""
    encoder = await load_encoder()
    try:
        with tempfile.TemporaryDirectory(prefix="paperround-pictures-") as folder:
            async with await Database.open(Path(folder) / "pictures.db") as db:
                return await _composed(Library(db, encoder))
    finally:
        await encoder.aclose()


async def _composed(library: Library) -> Samples:
    profile = await library.db.write(_reader)
    await desk.add_alert(library.db, profile, parse(QUERY), NOW)
    for raw in samples():
        await ingest(library.db, library.encoder, raw, NOW)
    subscription = await desk.imagined(library.db, profile, SIZE, NOW)
    (digest,) = await digests.compose(library, [subscription], NOW)
    await alerts.queue_new(library.db, NOW)
    (told,) = await library.db.read(deliveries.newest)
    return Samples(digest=digest.message, alert=from_json(told.body))


def _reader(tx: Tx) -> Profile:
    reader = READERS[0]
    profile = profiles.add(
        tx,
        kind=OwnerKind.PERSON,
        platform="slack",
        workspace="T",
        owner="U",
        name=reader.name,
        zone="UTC",
        now=NOW,
    )
    for text in reader.interests:
        profiles.add_interest(tx, profile.id, text, NOW)
    return profile


def slack(shown: Samples, file: Path) -> None:
    """The digest and the alert in direct messages, and the digest's thread beside them."""
    first, *others = shown.digest.cards
    thread = [replace(first, said=(VoteKind.LIKE,)), *others][:IN_SIGHT]
    left = slack_drawing.conversation(
        "Paperround",
        [
            slack_drawing.Shown(
                blocks=render.overview(shown.digest)["blocks"],
                at="8:30",
                replies=len(shown.digest.cards),
            ),
            slack_drawing.Shown(blocks=render.message(shown.alert, ALERT)["blocks"], at="11:07"),
        ],
        CHANNEL,
    )
    right = slack_drawing.conversation(
        "Thread",
        [
            slack_drawing.Shown(blocks=render.detail(card, DIGEST)["blocks"], at="8:30")
            for card in thread
        ],
        THREAD,
    )
    height = max(left.y + 60, right.y)
    slack_drawing.composer(left, "Message Paperround", CHANNEL, height)
    title = "A digest and a keyword alert in Slack, and the digest's thread"
    look = slack_drawing.PAPER, slack_drawing.FAINT
    _side_by_side(left, right, height, look, file, title)


def discord(shown: Samples, file: Path) -> None:
    """The digest and the alert in a channel, and the digest's thread beside them."""
    heading = shown.digest.heading.replace(READERS[0].name, ROOM)
    digest = replace(shown.digest, heading=heading)
    alert = replace(shown.alert, heading=shown.alert.heading.replace(READERS[0].name, ROOM))
    plan = planned(digest, DIGEST, is_digest=True, is_personal=False)
    first, *others = digest.cards
    thread = [replace(first, likes=3), *others][:IN_SIGHT]
    left = discord_drawing.conversation(
        ROOM.replace("#", "# "),
        [
            discord_drawing.Shown(
                components=plan.layout.to_components(),
                at="Today at 8:30",
                thread=heading,
                replies=len(plan.parts),
            ),
            discord_drawing.Shown(
                components=discord_render.layout(alert, ALERT).to_components(),
                at="Today at 11:07",
            ),
        ],
        CHANNEL,
    )
    cards = replace(plan.parts[0], cards=tuple(thread))
    right = discord_drawing.conversation(
        heading,
        [
            discord_drawing.Shown(
                components=discord_render.layout(cards, DIGEST).to_components(), at="Today at 8:30"
            )
        ],
        THREAD,
    )
    height = max(left.y + 58, right.y)
    discord_drawing.composer(left, f"Message {ROOM}", CHANNEL, height)
    title = "A digest and a keyword alert in a channel on Discord, and the digest's thread"
    look = discord_drawing.PAPER, discord_drawing.EDGE
    _side_by_side(left, right, height, look, file, title)


def _side_by_side(
    left: Sheet, right: Sheet, height: float, look: tuple[str, str], file: Path, title: str
) -> None:
    """look: the colours of the paper and of its edge."""
    paper, edge = look
    whole = Sheet()
    width = CHANNEL + THREAD
    whole.box(0.5, 0.5, width - 1, height - 1, fill=paper, edge=edge, radius=10)
    whole.add(left)
    whole.add(right, CHANNEL)
    whole.box(CHANNEL, 0, 1, height, fill=edge)
    whole.save(file, width, height, title)


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slack", type=Path, metavar="FILE.svg")
    parser.add_argument("--discord", type=Path, metavar="FILE.svg")
    asked = parser.parse_args()
    wanted = [
        (draw, file) for draw, file in ((slack, asked.slack), (discord, asked.discord)) if file
    ]
    if not wanted:
        parser.error("say which picture: --slack FILE.svg, --discord FILE.svg")
    shown = asyncio.run(composed())
    for draw, file in wanted:
        draw(shown, file)
        print(f"wrote {file}")


if __name__ == "__main__":
    main()
