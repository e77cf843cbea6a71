"""What must hold is looked at, and each thing that does not is told by its name."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from fakes import long_life
from fakes.pages import dump

from matching.ingest import ingest
from storage import invariants, outbox, pruning
from storage.database import Database
from storage.records import DeliveryKind

BREAKS = {
    "sent without a receipt": "UPDATE outbox SET receipt = '' WHERE key = 'digest/1'",
    "part before its message": "UPDATE outbox SET key = 'waits#2' WHERE key = 'digest/1#2'",
    "waiting for a place that is gone": """
        INSERT INTO destinations (platform, address, dead, reason)
        VALUES ('slack', 'T1/U1', '2025', 'gone')
    """,
    "waiting for nobody": "UPDATE outbox SET profile_id = NULL WHERE key = 'waits'",
    "digest without its message": "DELETE FROM outbox WHERE key = 'digest/1'",
    "alert hit without its message": "DELETE FROM outbox WHERE key = 'alert/1'",
    "read beyond the newest paper": "UPDATE cursors SET seq = 99",
    "row without what it belongs to": "DELETE FROM papers WHERE seq = 1",
    "out of turn": "DELETE FROM turns",
}
"""One statement each, with no foreign keys to stop it."""

ALSO = (
    ("read beyond the newest paper", "UPDATE subscriptions SET cursor = 99"),
    ("read beyond the newest paper", "UPDATE alerts SET after_seq = 99"),
    ("out of turn", "UPDATE turns SET at = '9999'"),
    ("out of turn", "UPDATE turns SET at = NULL"),
    ("out of turn", "UPDATE turns SET at = '9999', due_at = '9999'"),
)
"""Other ways to the same."""


@pytest.fixture
async def life(db, encoder, clock) -> long_life.Life:
    """Everything was sent that was decided; one message more waits."""
    await ingest(db, encoder, dump("Graphs for All", "More Graphs"), clock.now)
    made = await db.write(long_life.live, clock.now)
    await db.write(long_life.send_all, clock.now)
    to = made.reader.destination
    await db.write(long_life.queue, "waits", DeliveryKind.DIGEST, to, made.reader.id, clock.now)
    return made


def by_hand(db: Database, sql: str) -> None:
    with closing(sqlite3.connect(db.path)) as raw, raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        assert raw.execute(sql).rowcount


async def names(db, now) -> list[str]:
    found = await db.read(invariants.check, now)
    assert all(one.count > 0 and one.sentence for one in found)
    return [one.name for one in found]


async def test_nothing_is_found_where_all_is_well(db, clock, life):
    assert await names(db, clock.now) == []


async def test_nothing_is_found_in_a_new_database(db, clock):
    assert await names(db, clock.now) == []


@pytest.mark.parametrize(("name", "sql"), [*BREAKS.items(), *ALSO])
async def test_what_is_broken_is_told(db, clock, life, name, sql):
    by_hand(db, sql)
    assert name in await names(db, clock.now)


async def test_a_lease_that_nobody_released_is_told(db, clock, life):
    await db.write(
        outbox.claim,
        owner="one",
        platforms=["slack"],
        limit=9,
        lease=timedelta(minutes=2),
        now=clock.now,
    )
    assert await names(db, clock.now + timedelta(minutes=61)) == []
    assert await names(db, clock.now + timedelta(minutes=63)) == ["lease long over"]


async def test_a_digest_that_nobody_decided_is_told(db, clock, life):
    assert await names(db, clock.now + timedelta(hours=25)) == []
    assert await names(db, clock.now + timedelta(hours=26)) == ["digest long due"]
    by_hand(db, "UPDATE subscriptions SET paused = 'by its owner'")
    assert await names(db, clock.now + timedelta(hours=26)) == []


async def test_two_of_one_key_are_told_though_the_index_shows_one(db, clock, life):
    """As damage may have it: the schema itself never allows it."""
    for key in ("twins/1", "twins/2"):
        to = life.reader.destination
        await db.write(long_life.queue, key, DeliveryKind.NOTICE, to, None, clock.now)
    await db.write(long_life.send_all, clock.now)
    await db.close()
    with closing(sqlite3.connect(db.path)) as raw:
        ((size,),) = raw.execute("PRAGMA page_size").fetchall()
        ((root,),) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'outbox'"
        ).fetchall()
    data = db.path.read_bytes()
    page = data[(root - 1) * size : root * size]
    assert page.count(b"twins/2") == 2, "its key and its receipt, in the table itself"
    db.path.write_bytes(data.replace(page, page.replace(b"twins/2", b"twins/1")))
    async with await Database.open(db.path) as damaged:
        assert await names(damaged, clock.now) == ["sent twice"]


async def test_what_was_pruned_is_missed_by_nobody(db, clock, life):
    await db.write(long_life.send_all, clock.now)
    while await db.write(pruning.prune, clock.now + timedelta(days=400)):
        pass
    assert await names(db, clock.now) == []


def test_each_of_them_was_seen_broken():
    others = {"lease long over", "digest long due", "sent twice"}
    assert {one.name for one in invariants.INVARIANTS} == set(BREAKS) | others


async def test_the_count_says_in_how_many_places(db, clock, life):
    by_hand(db, "UPDATE outbox SET receipt = '' WHERE status = 'sent'")
    (found,) = await db.read(invariants.check, clock.now)
    assert (found.name, found.count) == ("sent without a receipt", 3)
    assert "`paperround db check`" in found.sentence
