"""Everybody of the soak, with all that they want, and the papers that are there before them."""

import argparse
import json
import random
import re
from datetime import UTC, datetime, timedelta

import chaos_cast as cast
import numpy as np
from chaos_cast import Place
from chaos_stage import Stage
from crowd import CHUNK, entries, put_papers

from bot import desk, timetable
from bot.demo import samples
from matching.alerts import parse
from matching.encoder import Encoder, load_encoder
from matching.ingest import ingest
from matching.library import Library
from matching.sentences import sentences
from storage import papers, profiles
from storage.database import Database, Tx
from storage.dumps import read_dump
from storage.records import Entry, OwnerKind

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC", "Asia/Kolkata")
ROOMS = 20
AT_ONCE = 100
"""People whose interests are encoded together."""

MONTH = timedelta(days=30)


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
            for raw in samples():
                await ingest(db, encoder, raw, began - MONTH)
            library = Library(db, encoder)
            await fill(db, encoder, await library.model(began), known(asked), began)
            ids = [one.id for one in await db.read(profiles.every)]
            for first in range(0, len(ids), AT_ONCE):
                await library.tastes(ids[first : first + AT_ONCE], began)
        finally:
            await encoder.aclose()
        newest = await db.read(papers.newest)
        await db.write(_read_up_to, newest)
    return found


def known(asked: argparse.Namespace) -> list[Entry]:
    """The papers that are there before."""
    return list(entries(asked.known))


async def fill(
    db: Database, encoder: Encoder, model: int, some: list[Entry], now: datetime
) -> None:
    """Store papers that came over the last month. They share sentences, and the vector of a paper
    is made of theirs: to encode thousands of abstracts would take longer than the day.
    """
    told = [sentences(one.abstract) for one in some]
    every = sorted({sentence for one in told for sentence in one})
    made = dict(zip(every, await encoder.encode(every), strict=True))
    rows = np.array([np.sum([made[sentence] for sentence in one], axis=0) for one in told])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    seen = [now - MONTH * (1 - place / len(some)) for place in range(len(some))]
    before = await db.read(papers.newest)
    for first in range(0, len(some), CHUNK):
        part = slice(first, first + CHUNK)
        await db.write(
            put_papers, model, some[part], rows[part].astype(np.float32), before + first, seen[part]
        )


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
