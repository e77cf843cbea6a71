"""`paperround run` as an operator has it: a process, a folder, signals."""

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.pages import page

from bot import desk, timetable
from bot.dispatcher import LEASE
from bot.messages import Message, to_json
from bot.platforms.console import Posted, history
from bot.service import INHERITED
from matching.alerts import parse
from storage import outbox, profiles
from storage.database import Database
from storage.instants import from_text
from storage.records import DeliveryKind, Destination, OwnerKind

TITLES = ("Graph Networks for Kitchens", "Speech Recognition at Sea", "Robot Grasping on Farms")
PATIENCE_S = 300  # of a busy machine, and of a lease of a dead service that has to end


class Place:
    """A folder with a database and an inbox, and the service that runs there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "paperround.db"
        self.inbox = folder / "dumps" / "inbox"
        self.log = folder / "log.txt"

    async def start(self) -> asyncio.subprocess.Process:
        environment = os.environ | {
            "PAPERROUND_DB": str(self.db),
            "PAPERROUND_INBOX": str(self.inbox),
            "PAPERROUND_LOG_FORMAT": "json",
        }
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", env=environment, stdout=log, stderr=log
            )

    def drop(self, name: str, *titles: str) -> None:
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / f"{name}.part").write_bytes(page(titles))
        (self.inbox / f"{name}.part").rename(self.inbox / name)

    def posted(self) -> list[Posted]:
        return history(self.folder / "paperround.db.console.jsonl")

    async def until(self, process: asyncio.subprocess.Process, condition: Callable[[], bool]):
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                assert process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)


@pytest.fixture
async def place(tmp_path, clock) -> Place:
    made = Place(tmp_path)
    async with await Database.open(made.db) as db:
        ada = await db.write(
            profiles.add,
            kind=OwnerKind.PERSON,
            platform="console",
            workspace="local",
            owner="ada",
            name="ada",
            zone="UTC",
            now=clock.now,
        )
        await db.write(profiles.add_interest, ada.id, "graph networks", clock.now)
        await desk.add_alert(db, ada, parse("robot*"), clock.now)
        schedule = timetable.read_schedule("daily 08:30", "UTC")
        await desk.subscribe(db, ada, schedule, 4, clock.now)  # due in 2025: overdue by now
    return made


async def test_a_dropped_dump_becomes_an_alert_and_sigterm_ends_it_cleanly(place):
    place.drop("today.txt", *TITLES)
    process = await place.start()
    await place.until(process, lambda: any(one.kind == "alert" for one in place.posted()))
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    (alert,) = [one for one in place.posted() if one.kind == "alert"]
    assert [card.title for card in alert.message.cards] == [TITLES[2]]
    assert (place.folder / "dumps" / "done" / "today.txt").exists()
    log = place.log.read_text()
    assert "service stopped" in log
    assert "Traceback" not in log
    with closing(sqlite3.connect(place.db)) as db:
        assert db.execute("SELECT COUNT(*) FROM outbox WHERE status = 'leased'").fetchone() == (0,)


async def test_killed_at_work_it_goes_on_where_it_was(place):
    place.drop("today.txt", *TITLES)
    process = await place.start()
    await place.until(process, lambda: (place.folder / "dumps" / "taken" / "today.txt").exists())
    process.kill()
    await process.wait()
    process = await place.start()
    await place.until(process, lambda: any(one.kind == "alert" for one in place.posted()))
    done = place.folder / "dumps" / "done" / "today.txt"
    await place.until(process, done.exists)  # alerts go out before the model has read it
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
    assert sum(one.kind == "alert" for one in place.posted()) == 1


async def test_what_a_dead_service_was_sending_is_sent_again_soon_but_not_at_once(place, clock):
    async with await Database.open(place.db) as db:
        to = Destination(platform="console", address="local/ada")
        now = datetime.now(UTC)
        await db.write(
            outbox.queue, key="cut short", kind=DeliveryKind.NOTICE, destination=to,
            profile_id=None, body=to_json(Message(heading="Hello")), due_at=now, now=now,
        )  # fmt: skip
        await db.write(
            outbox.claim, owner="dead", platforms=["console"], limit=1, lease=LEASE, now=now
        )
    process = await place.start()
    await place.until(process, lambda: "service started" in place.log.read_text())
    assert not place.posted()
    with closing(sqlite3.connect(place.db)) as db:
        ((until,),) = db.execute("SELECT lease_until FROM outbox WHERE key = 'cut short'")
    assert datetime.now(UTC) < from_text(until) < now + LEASE - INHERITED
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


async def test_no_interest_title_or_name_is_logged(place):
    place.drop("today.txt", *TITLES)
    process = await place.start()
    await place.until(process, lambda: bool(place.posted()))
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), PATIENCE_S)
    events = [line for line in place.log.read_text().splitlines() if line.startswith("{")]
    assert events
    for secret in ("graph networks", "robot", " at Sea", "/ada"):
        assert not [line for line in events if secret.casefold() in line.casefold()]


async def test_one_id_leads_from_the_file_to_the_post(place):
    place.drop("today.txt", *TITLES)
    process = await place.start()
    await place.until(process, lambda: "dump ingested" in place.log.read_text())
    await place.until(process, lambda: any(one.kind == "alert" for one in place.posted()))
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.wait(), PATIENCE_S)
    lines = [json.loads(one) for one in place.log.read_text().splitlines() if one.startswith("{")]
    found = [one for one in lines if str(one.get("trace")).startswith("dump-")]
    assert len({one["trace"] for one in found}) == 1
    assert found[0]["trace"] == f"dump-{hashlib.sha256(page(TITLES)).hexdigest()[:12]}"
    named = [one["event"] for one in found]
    assert set(named) >= {"alert queued", "delivery sent", "dump ingested"}
    assert named.index("alert queued") < named.index("delivery sent")
    (queued,) = [one for one in found if one["event"] == "alert queued"]
    (sent,) = [one for one in found if one["event"] == "delivery sent"]
    assert queued["key"] == sent["key"]
    (matched,) = [one for one in lines if one["event"] == "alerts matched"]
    assert matched["dumps"] == [found[0]["trace"]]
    with closing(sqlite3.connect(place.db)) as db:
        kept = db.execute("SELECT trace FROM outbox WHERE key = ?", (sent["key"],)).fetchone()
    assert kept == (found[0]["trace"],)


async def test_a_second_service_on_the_same_database_is_refused(place):
    process = await place.start()
    await place.until(process, lambda: "service started" in place.log.read_text())
    second = await place.start()
    assert await asyncio.wait_for(second.wait(), PATIENCE_S) == 1
    assert f"process {process.pid}" in place.log.read_text()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0


async def test_a_service_whose_output_nobody_reads_goes_on(place):
    place.drop("today.txt", *TITLES)
    process = await asyncio.create_subprocess_shell(
        f"{sys.executable} -m bot run | true",
        env=os.environ | {"PAPERROUND_DB": str(place.db), "PAPERROUND_INBOX": str(place.inbox)},
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    await place.until(process, lambda: any(one.kind == "alert" for one in place.posted()))
    place.drop("tomorrow.txt", "Robot Grasping on Ships")
    await place.until(process, lambda: sum(one.kind == "alert" for one in place.posted()) == 2)
    os.killpg(process.pid, signal.SIGTERM)
    await asyncio.wait_for(process.wait(), PATIENCE_S)
