"""Faults of the disk and of whoever shares it: a clear error or an orderly wait, and nothing that
was acknowledged is lost. Acknowledged is a write that returned, a dump in `done`, a command
answered with success.
"""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.chat import ask, text
from fakes.running import running, settings_in, until
from fakes.small_disk import CANNOT
from fakes.words_encoder import WordsEncoder
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot import dispatcher, rounds, service
from bot.cli.base import app
from bot.commands import Commands
from bot.dispatcher import Dispatcher
from bot.platforms import Receipt
from matching import encoder
from matching.library import Library
from storage import connections, deliveries, invariants, marks, outbox, trouble, upkeep
from storage.database import Database, DatabaseUnusable, Tx
from storage.records import DeliveryKind, DeliveryStatus, Destination
from storage.trouble import DatabaseBusy, DatabaseDamaged

HOUSE = Path(__file__).resolve().parents[2]
PATIENCE_S = 300
DISKS = ("disk", "limit")
FULL = {"disk": "DatabaseFull: the disk under", "limit": "check the disk, the space on it"}


def python(*words: str, **more) -> subprocess.Popen:
    """A process with the house and its fakes at hand."""
    return subprocess.Popen(
        [sys.executable, *words],
        env=os.environ | {"PYTHONPATH": f"{HOUSE}{os.pathsep}{HOUSE / 'tests'}"},
        cwd=HOUSE,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def seen(process: subprocess.Popen, said: str | None = None) -> dict:
    """What `fakes.full_disk` saw; skips where this machine lets nobody mount anything."""
    out, err = process.communicate(said, timeout=PATIENCE_S)
    if process.returncode == CANNOT:
        pytest.skip("nothing can be mounted here")
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def meet(tmp_path: Path, *what: str) -> dict:
    (tmp_path / "disk").mkdir()
    return seen(python("-m", "fakes.full_disk", str(tmp_path / "disk"), *what))


def queue(tx: Tx, clock, key: str, address: str = "local/ada") -> bool:
    return outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.NOTICE,
        destination=Destination(platform="script", address=address),
        profile_id=None,
        body="{}",
        due_at=clock.now,
        now=clock.now,
    )


class Platform:
    """Posts, and knows what it posted."""

    name = "script"
    is_connected = True

    def __init__(self, at_first=lambda: None) -> None:
        self.posted: list[str] = []
        self._at_first = at_first

    async def send(self, delivery):
        if not (delivery.maybe_posted and delivery.key in self.posted):
            self.posted.append(delivery.key)
            if len(self.posted) == 1:
                self._at_first()
        return Receipt(id=f"post {self.posted.index(delivery.key)}")


# --- a full disk ---------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["on", "stop"])
@pytest.mark.parametrize("disk", DISKS)
def test_a_full_disk_stops_the_dispatcher_and_loses_nothing(tmp_path, disk, ending):
    """It runs full in the middle of a send. `on`: space comes back; `stop`: after a restart."""
    found = meet(tmp_path, disk, ending)
    assert found["errors"]
    assert all(FULL[disk] in error for error in found["errors"])
    assert len(found["while_full"]) < 40
    assert found["readable"] == len(found["saved"])
    assert set(found["there"]) == set(found["saved"])
    assert sorted(found["posted"]) == sorted({f"key {n}" for n in range(40)}), "lost or twice"
    assert {one["status"] for one in found["stand"]} == {"sent"}
    assert [one["receipt"] for one in found["stand"]] == [
        f"post {found['posted'].index(one['key'])}" for one in found["stand"]
    ]
    for place in range(7):
        numbers = [int(key.split()[1]) for key in found["posted"]]
        assert [n for n in numbers if n % 7 == place] == list(range(place, 40, 7)), "out of order"
    assert found["broken"] == []
    assert found["damage"] == []


@pytest.mark.parametrize("disk", DISKS)
def test_on_a_full_disk_no_database_is_opened_or_copied_and_none_is_spoilt(tmp_path, disk):
    found = meet(tmp_path, disk, "open")
    assert set(found["errors"]) == {"new", "old", "backup"}
    assert all(FULL[disk] in error for error in found["errors"].values())
    assert found["left"] is False, "half a backup"
    assert found["again"] == [0, 1]
    assert found["damage"] == []


@pytest.mark.parametrize("disk", DISKS)
def test_a_service_whose_disk_is_full_says_so_waits_and_goes_on_by_itself(tmp_path, disk):
    (tmp_path / "beside").mkdir()
    found = meet(tmp_path, disk, "service")
    said = found["said"]
    assert "can't save anything" in said["refused"]
    assert "Now following" not in said["refused"]
    assert "robot grasping" in said["read"]  # what needs nothing written is answered
    assert found["is_new"] is True  # who asks is not left without an answer
    assert found["stood"] == found["held"] == ["second.txt"]  # neither done nor failed
    assert len(found["told"]) == len({(one["tick"], one["error"]) for one in found["told"]})
    assert all(FULL[disk].removeprefix("DatabaseFull: ") in one["error"] for one in found["told"])
    assert {"tick works again", "command not saved"} <= set(found["events"])
    assert "tick failed" not in found["events"]
    assert "Now following" in said["again"]
    assert "2 interests" in said["kept"]
    assert found["titles"] == ["Robot Grasping at Sea", "Robot Grasping on Farms"]
    assert found["broken"] == []
    assert found["damage"] == []


# --- locked by somebody else ---------------------------------------------------------------

HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
held.execute("COMMIT")
"""


class Lock:
    """Another process that holds the write lock, until it lets go."""

    def __init__(self, path: Path) -> None:
        self._process = python("-c", HOLD, str(path))
        assert self._process.stdout.readline() == "held\n"

    def let_go(self) -> None:
        self._process.communicate("now\n", timeout=PATIENCE_S)


@contextmanager
def locked(path: Path):
    lock = Lock(path)
    try:
        yield lock
    finally:
        if lock._process.poll() is None:
            lock.let_go()


async def test_a_write_waits_for_another_process_that_is_soon_done(db, clock):
    with locked(db.path) as lock:
        writing = asyncio.ensure_future(db.write(queue, clock, "a"))
        await asyncio.sleep(0.3)
        assert not writing.done()
        assert await db.read(deliveries.newest) == []
        lock.let_go()
        assert await asyncio.wait_for(writing, PATIENCE_S) is True
    assert [one.key for one in await db.read(deliveries.newest)] == ["a"]


@pytest.fixture
async def impatient(tmp_path, monkeypatch):
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 100)
    async with await Database.open(tmp_path / "paperround.db") as opened:
        yield opened


async def test_a_write_that_waits_too_long_says_why_and_can_be_made_again(impatient, clock):
    with locked(impatient.path):
        with pytest.raises(DatabaseBusy, match="locked by another process: stop that"):
            await impatient.write(queue, clock, "a")
        assert await impatient.read(deliveries.newest) == []
    assert await impatient.write(queue, clock, "a") is True


async def test_what_was_posted_while_the_database_is_locked_is_not_posted_again(
    impatient, clock, monkeypatch
):
    monkeypatch.setattr(dispatcher, "SETTLE_WAITS_S", (0.01,))
    monkeypatch.setattr(dispatcher, "POLL", timedelta(milliseconds=20))
    for n in range(6):
        await impatient.write(queue, clock, f"key {n}", f"local/{n % 2}")
    locks: list[Lock] = []
    platform = Platform(lambda: locks.append(Lock(impatient.path)))
    sender = Dispatcher(impatient, [platform], clock, owner="one")
    with capture_logs() as logs:
        at_work = asyncio.create_task(sender.run())
        await until(lambda: any(one["event"] == "settlement failed" for one in logs))
        await until(lambda: any(one["event"] == "outbox unreachable" for one in logs))
        while_locked = list(platform.posted)
        locks[0].let_go()
        await until(lambda: any(one["event"] == "outbox reachable again" for one in logs))
        clock.advance(minutes=3)  # what nobody settled is released
        await until(lambda: len(platform.posted) == 6)
        sender.stop()
        await at_work
    assert set(while_locked) <= {"key 0", "key 1"}
    assert sum(one["event"] == "outbox unreachable" for one in logs) == 1, "told every time"
    assert sorted(platform.posted) == [f"key {n}" for n in range(6)]
    stand = await impatient.read(deliveries.newest)
    assert {one.status for one in stand} == {DeliveryStatus.SENT}


async def test_who_asks_while_the_database_is_locked_is_told_and_nothing_is_half_done(
    impatient, clock
):
    commands = Commands(Library(impatient, WordsEncoder()), clock, lambda: None)
    assert "Now following" in text(await ask(commands, "follow graph networks"))
    with locked(impatient.path):
        assert "can't save anything" in text(await ask(commands, "follow robot grasping"))
        assert "graph networks" in text(await ask(commands, "interests"))
    assert "1 interest" in text(await ask(commands, "interests"))


# --- what can't be written -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "remedy"), [("file", "check who owns it"), ("folder", "read and write it and its")]
)
def test_a_database_that_can_t_be_written_is_refused_with_what_to_check(tmp_path, which, remedy):
    (error,) = meet(tmp_path, "none", which)["errors"]
    assert error.startswith("DatabaseUnusable: ")
    assert remedy in error


def test_a_service_that_can_t_write_its_lock_says_so(tmp_path):
    (tmp_path / "paperround.db.lock").mkdir()
    said = run(tmp_path / "paperround.db")
    assert "paperround.db.lock can't be written" in said


# --- damage --------------------------------------------------------------------------------


def run(path: Path) -> str:
    """What `paperround run` says when it is refused."""
    process = python("-m", "bot", "--db", str(path), "run")
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "Traceback" not in out + err
    return " ".join((out + err).split())


def page_of(path: Path, name: str) -> tuple[int, int]:
    """Where the first page of a table or index begins in the file, and its size."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    return (root - 1) * size, size


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


async def damaged(path: Path, clock, what: str) -> Path:
    """A database with one page that can't be right; its schema can still be read."""
    name = {"a table": "outbox", "an index": "outbox_status", "an old index": "outbox_status"}[what]
    async with await Database.open(path) as db:
        await db.write(queue, clock, "a")
    at, size = page_of(path, name)
    if what == "an old index":  # sound in itself: a write to the disk that never came there
        before = path.read_bytes()[at : at + size]
        async with await Database.open(path) as db:
            await db.write(queue, clock, "b", "local/ben")
        page_of(path, name)
        overwrite(path, at, before)
    else:
        overwrite(path, at, b"\xff" * size)
    return path


DAMAGE = ("a table", "an index", "an old index")


@pytest.mark.parametrize("what", DAMAGE)
async def test_a_damaged_page_is_found_by_whoever_looks(tmp_path, clock, monkeypatch, what):
    path = await damaged(tmp_path / "paperround.db", clock, what)

    async def words_encoder(_):
        return WordsEncoder()

    monkeypatch.setattr(encoder, "load_encoder", words_encoder)
    assert upkeep.check(path)
    for words in (("db", "check"), ("doctor",)):
        result = await asyncio.to_thread(CliRunner().invoke, app, ["--db", str(path), *words])
        assert result.exit_code == 1
        assert "restore" in result.output


@pytest.mark.parametrize("what", DAMAGE)
async def test_the_running_service_finds_a_damaged_page(tmp_path, clock, monkeypatch, what):
    path = await damaged(tmp_path / "paperround.db", clock, what)
    monkeypatch.setattr(rounds, "INVARIANTS_EVERY", timedelta(seconds=0.1))
    async with await Database.open(path) as db:
        with capture_logs() as logs:
            async with running(Library(db, WordsEncoder()), settings_in(tmp_path)):
                await until(lambda: any(one.get("name") == invariants.DAMAGED for one in logs))
    found = next(one for one in logs if one.get("name") == invariants.DAMAGED)
    assert (found["event"], found["log_level"]) == ("invariant broken", "error")
    assert found["count"] >= 1
    assert "paperround db restore" in found["said"]


async def test_a_damaged_outbox_is_told_of_and_nothing_is_sent_from_it(
    tmp_path, clock, monkeypatch
):
    path = await damaged(tmp_path / "paperround.db", clock, "a table")
    monkeypatch.setattr(dispatcher, "POLL", timedelta(milliseconds=10))
    platform = Platform()
    async with await Database.open(path) as db:
        with pytest.raises(DatabaseDamaged, match="paperround db restore"):
            await db.read(deliveries.newest)
        with pytest.raises(DatabaseDamaged):
            await db.write(queue, clock, "b")
        await db.write(marks.put, "another table", "is written all the same")
        sender = Dispatcher(db, [platform], clock, owner="one")
        with capture_logs() as logs:
            at_work = asyncio.create_task(sender.run())
            await until(lambda: any(one["event"] == "outbox unreachable" for one in logs))
            sender.stop()
            await at_work
    assert platform.posted == []
    assert "paperround db restore" in logs[0]["error"]


async def test_what_was_saved_before_the_damage_comes_back_with_the_backup(tmp_path, clock):
    path = tmp_path / "paperround.db"
    async with await Database.open(path) as db:
        await db.write(queue, clock, "saved")
    upkeep.backup(path, tmp_path / "copy.db")
    at, size = page_of(path, "outbox")
    overwrite(path, at, b"\xff" * size)
    upkeep.restore(tmp_path / "copy.db", path)
    async with await Database.open(path) as db:
        assert [one.key for one in await db.read(deliveries.newest)] == ["saved"]
    assert upkeep.check(path) == []


async def test_a_log_that_was_cut_off_gives_what_was_committed_before_and_nothing_torn(
    tmp_path, clock
):
    """The power goes in the middle of a write: what is behind the last commit is passed over."""
    path, copy = tmp_path / "paperround.db", tmp_path / "copy.db"
    async with await Database.open(path) as db:
        await db.write(queue, clock, "saved")
        log = path.with_name(path.name + "-wal")
        whole = log.stat().st_size
        await db.write(queue, clock, "torn", "local/ben")
        assert log.stat().st_size > whole
        shutil.copy(path, copy)
        copied = copy.with_name(copy.name + "-wal")
        copied.write_bytes(log.read_bytes()[:-100])
    async with await Database.open(copy) as db:
        assert [one.key for one in await db.read(deliveries.newest)] == ["saved"]
    assert upkeep.check(copy) == []


def test_a_service_given_a_file_that_is_no_database_leaves_it_as_it_is(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("Daily Papers\n" * 200)
    before = page.read_bytes()
    said = run(page)
    assert "is no SQLite database: name another file with --db" in said
    assert page.read_bytes() == before


# --- two on one database -------------------------------------------------------------------


async def test_a_second_service_is_refused_and_the_first_goes_on(tmp_path, clock):
    path = tmp_path / "paperround.db"
    async with service.alone(path), await Database.open(path) as db:
        said = await asyncio.to_thread(run, path)
        assert f"another service runs on {path} (process {os.getpid()})" in said
        assert "stop it, or give this one a PAPERROUND_DB of its own" in said
        assert await db.write(queue, clock, "a") is True
    async with service.alone(path):  # the lock goes with its process
        pass


async def test_two_processes_that_empty_one_outbox_send_each_key_once(tmp_path, clock):
    folder = tmp_path / "disk"
    folder.mkdir()
    async with await Database.open(folder / "paperround.db") as db:
        for n in range(120):
            await db.write(queue, clock, f"key {n}", f"local/{n % 12}")
    pair = [
        python("-m", "fakes.full_disk", str(folder), "none", "share", owner)
        for owner in ("one", "two")
    ]
    for process in pair:
        assert process.stdout.readline() == "ready\n"
    for process in pair:
        process.stdin.write("go\n")
        process.stdin.flush()
    posted = [seen(process)["posted"] for process in pair]
    assert all(posted), "one of them did nothing"
    assert sorted(posted[0] + posted[1]) == sorted(f"key {n}" for n in range(120))


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (sqlite3.SQLITE_BUSY, "stop that"),
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_IOERR_SHMSIZE, "free some space"),
        (sqlite3.SQLITE_READONLY, "check who owns it"),
        (sqlite3.SQLITE_CANTOPEN, "check that you may"),
        (sqlite3.SQLITE_IOERR, "check the disk"),
        (sqlite3.SQLITE_NOTADB, "name another file"),
        (sqlite3.SQLITE_CORRUPT, "restore a backup"),
    ],
)
def test_every_fault_says_what_to_do(code, remedy):
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    with pytest.raises(DatabaseUnusable, match=remedy), trouble.told("paperround.db"):
        raise error
