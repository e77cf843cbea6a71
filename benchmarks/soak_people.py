"""Everybody of the soak, with all that they want, and the papers that are there before them."""

import argparse
import json
import random
import re
from datetime import UTC, datetime, timedelta

import chaos_cast as cast
from chaos_cast import Place
from chaos_stage import Stage
from crowd import entries

from bot import desk, timetable
from bot.demo import samples
from matching.alerts import parse
from matching.encoder import load_encoder
from matching.ingest import ingest
from matching.library import Library
from storage import papers, profiles
from storage.database import Database, Tx
from storage.dumps import read_dump
from storage.records import Entry, OwnerKind, RawDump

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Asia/Kolkata")
ROOMS = 20
KNOWN = 200
"""Papers that are there before."""


async def gather(stage: Stage, asked: argparse.Namespace, rng: random.Random) -> list[Place]:
    """Everybody, with all that they want, in the database; and the papers of last month."""
    half = asked.people // 2
    rooms = min(ROOMS, half) // 2
    found = await cast._on_slack(stage, asked.people - half, rooms)
    found += await cast._on_discord(stage, half, rooms)
    began = datetime.now(UTC) - timedelta(hours=asked.hours)
    topics = subjects()
    async with await Database.open(stage.db) as db:
        for one in found:
            await settle(db, one, rng, topics, began - timedelta(hours=1))
        encoder = await load_encoder()
        try:
            for raw in (*samples(), RawDump(name="known.jsonl", data=jsonl(known(asked)))):
                await ingest(db, encoder, raw, began - timedelta(days=30))
            library = Library(db, encoder)
            for one in await db.read(profiles.every):
                await library.taste(one.id, began)
        finally:
            await encoder.aclose()
        newest = await db.read(papers.newest)
        await db.write(_read_up_to, newest)
    return found


def known(asked: argparse.Namespace) -> list[Entry]:
    """The papers that are there before."""
    return list(entries(min(KNOWN, asked.people)))


def jsonl(some: list[Entry]) -> bytes:
    """A dump of these papers."""
    return "\n".join(
        json.dumps({"title": one.title, "abstract": one.abstract}) for one in some
    ).encode()


def subjects() -> list[str]:
    """What people are interested in: what the samples are about."""
    titles = [one.title for raw in samples() for one in read_dump(raw).entries]
    return [re.split(r"[:,]", one)[0] for one in titles]


async def settle(
    db: Database, place: Place, rng: random.Random, topics: list[str], now: datetime
) -> None:
    """A person's or a channel's wishes."""
    zone = rng.choice(ZONES)
    profile = await db.write(
        profiles.add,
        kind=OwnerKind.CHANNEL if place.is_channel else OwnerKind.PERSON,
        platform=place.platform,
        workspace=place.workspace,
        owner=place.owner,
        name=f"reader of {place.owner}",
        zone=zone,
        now=now,
    )
    for topic in rng.sample(topics, 2):
        await db.write(profiles.add_interest, profile.id, topic, now)
    words = [word for topic in topics for word in re.findall(r"[A-Za-z]{7,}", topic)]
    await desk.add_alert(db, profile, parse(" ".join(rng.sample(words, 2))), now)
    at = f"daily {rng.randrange(24):02}:{rng.randrange(60):02}"
    await desk.subscribe(db, profile, timetable.read_schedule(at, zone), 8, now)


def _read_up_to(tx: Tx, seq: int) -> None:
    """What is there already is told to nobody."""
    tx.execute("UPDATE cursors SET seq = :seq", seq=seq)
    tx.execute("UPDATE subscriptions SET cursor = :seq", seq=seq)
