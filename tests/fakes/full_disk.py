"""A process that meets a fault of its disk. Run by test_faults.

    python -m fakes.full_disk FOLDER disk|limit on|stop   the dispatcher meets a full disk
    python -m fakes.full_disk FOLDER disk|limit service   the whole service does
    python -m fakes.full_disk FOLDER disk|limit open      databases are made and opened on one
    python -m fakes.full_disk FOLDER none file|folder     a database is opened that can't be written
    python -m fakes.full_disk FOLDER none share OWNER     drain what another process drains as well

`disk` is a small one that is mounted over FOLDER where only this process sees it; `limit` is a
limit on the size of files. What was seen is one JSON object, the last line of standard output.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from fakes.chat import ask, text
from fakes.running import drop, running, settings_in, until
from fakes.small_disk import Limit, SmallDisk, make_read_only
from fakes.words_encoder import WordsEncoder
from structlog.testing import capture_logs

from bot import dispatcher, rounds, service
from bot.commands import Commands
from bot.dispatcher import Dispatcher
from bot.platforms import Receipt
from matching.library import Library
from storage import deliveries, invariants, marks, outbox, upkeep
from storage.database import Database, DatabaseUnusable, Tx
from storage.records import DeliveryKind, Destination

now = datetime(2025, 10, 28, 6, 0, tzinfo=UTC)


class Platform:
    """Posts, and knows what it posted; `at` the third post something happens first."""

    name = "script"
    is_connected = True

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.at_third: Callable | None = None

    async def send(self, delivery):
        if not (delivery.maybe_posted and delivery.key in self.posted):
            self.posted.append(delivery.key)
            if len(self.posted) == 3 and self.at_third:
                await self.at_third()
        return Receipt(id=f"post {self.posted.index(delivery.key)}")


def queue(tx: Tx, key: str, address: str, platform: str = "script") -> bool:
    return outbox.queue(
        tx,
        key=key,
        kind=DeliveryKind.NOTICE,
        destination=Destination(platform=platform, address=address),
        profile_id=None,
        body='{"x": "' + "y" * 3000 + '"}',
        due_at=now,
        now=now,
    )


async def use_up(db: Database, saved: list[str], errors: list[str]) -> None:
    """Write until not even one page more can be written."""

    async def until_refused(write: Callable[[int], Awaitable[None]]) -> None:
        for n in count():
            try:
                await write(n)
            except DatabaseUnusable as error:
                errors.append(f"{type(error).__name__}: {error}")
                return

    async def fill(n: int) -> None:
        await db.write(queue, f"filler {n}", "nowhere", "nobody")
        saved.append(f"filler {n}")

    async def touch(n: int) -> None:
        await db.write(marks.put, "touched", str(n))

    await until_refused(fill)
    await until_refused(touch)


async def meet(folder: Path, disk: SmallDisk | Limit, ending: str) -> dict[str, object]:
    """The dispatcher is at work when the disk runs full, in the middle of a send."""
    global now
    dispatcher.POLL = timedelta(milliseconds=10)
    dispatcher.SETTLE_WAITS_S = (0.01, 0.01)
    path, saved, errors = folder / "paperround.db", [], []
    platform, is_full = Platform(), asyncio.Event()

    async def run_full() -> None:
        disk.fill(path)
        await use_up(db, saved, errors)
        is_full.set()

    async with await Database.open(path) as db:
        for n in range(40):
            await db.write(queue, f"key {n}", f"local/{n % 7}")
            saved.append(f"key {n}")
        platform.at_third = run_full
        first = Dispatcher(db, [platform], lambda: now, owner="first")
        at_work = asyncio.create_task(first.run())
        await is_full.wait()
        await asyncio.sleep(0.3)  # settlements fail meanwhile, and so do claims
        while_full = list(platform.posted)
        readable = len(await db.read(deliveries.newest, None, 1000))
        if ending == "stop":
            first.stop()
            await at_work
            disk.free()
            at_work = asyncio.create_task(
                (first := Dispatcher(db, [platform], lambda: now, owner="second")).run()
            )
        else:
            disk.free()
        async with asyncio.timeout(60):
            while any(one["status"] != "sent" for one in await db.read(_stand)):
                await asyncio.sleep(0.05)
                now += timedelta(seconds=30)
        first.stop()
        await at_work
        stand = await db.read(_stand)
        broken = [one.name for one in await db.read(invariants.check, now)]
    async with await Database.open(path) as db:
        there = await db.read(_keys)
    return {
        "saved": saved,
        "errors": errors,
        "readable": readable,
        "while_full": while_full,
        "posted": platform.posted,
        "there": there,
        "stand": stand,
        "broken": broken,
        "damage": upkeep.check(path),
    }


def _stand(tx: Tx) -> list[dict[str, object]]:
    rows = tx.rows("SELECT key, status, receipt FROM outbox WHERE platform = 'script' ORDER BY id")
    return [dict(row) for row in rows]


def _titles(tx: Tx) -> list[str]:
    return [row["title"] for row in tx.rows("SELECT title FROM papers ORDER BY title")]


def _keys(tx: Tx) -> list[str]:
    return [row["key"] for row in tx.rows("SELECT key FROM outbox")]


async def make_and_open(folder: Path, disk: SmallDisk | Limit) -> dict[str, object]:
    """A new database, an older one and a backup on a full disk; then with space again."""
    old, new, copy = folder / "old.db", folder / "new.db", folder / "copy.db"
    async with await Database.open(old) as db:
        await db.write(queue, "saved", "local/1")
    errors: dict[str, str] = {}

    async def attempt(name: str, path: Path) -> None:
        try:
            async with await Database.open(path) as db:
                await db.write(marks.put, "touched", "now")
        except DatabaseUnusable as error:
            errors[name] = f"{type(error).__name__}: {error}"

    disk.fill(old)
    await attempt("new", new)
    await attempt("old", old)
    try:
        upkeep.backup(old, copy)
    except DatabaseUnusable as error:
        errors["backup"] = f"{type(error).__name__}: {error}"
    left = copy.exists()
    disk.free()
    again: list[object] = []
    for path in (new, old):
        async with await Database.open(path) as db:
            again.append(len(await db.read(deliveries.newest)))
    upkeep.backup(old, copy)
    return {"errors": errors, "left": left, "again": again, "damage": upkeep.check(copy)}


async def serve(folder: Path, disk: SmallDisk | Limit) -> dict[str, object]:
    """The running service while its disk is full, and when there is space again."""
    rounds.ALERTS_EVERY = rounds.DIGESTS_EVERY = timedelta(milliseconds=200)
    rounds.INBOX_EVERY = dispatcher.POLL = timedelta(milliseconds=50)
    beside = folder.with_name("beside")
    settings = settings_in(folder, transcript=beside / "said.jsonl").model_copy(
        update={"inbox": beside / "dumps" / "inbox"}
    )
    errors: list[str] = []
    said: dict[str, str] = {}
    async with await Database.open(settings.db) as db:
        library = Library(db, WordsEncoder())
        commands = Commands(library, service.utc_now, lambda: None)

        async def hear(name: str, asked: str) -> None:
            said[name] = text(await ask(commands, asked))

        with capture_logs() as logs:
            async with running(library, settings):
                drop(settings, "first.txt", "Robot Grasping on Farms")
                await until(lambda: (beside / "dumps/done/first.txt").exists())
                await hear("followed", "follow robot grasping")
                disk.fill(settings.db)
                await use_up(db, [], errors)
                drop(settings, "second.txt", "Robot Grasping at Sea")
                waits = "tick waits for the database"
                await until(
                    lambda: {"inbox"} <= {one.get("tick") for one in logs if one["event"] == waits}
                )
                await hear("refused", "follow speech recognition")
                await hear("read", "interests")
                is_new = await commands.first_time("slack", "event 1")
                held = sorted(one.name for one in (beside / "dumps").glob("*/second.txt*"))
                stood = [one.name for one in (beside / "dumps/taken").iterdir()]
                disk.free()
                await until(lambda: (beside / "dumps/done/second.txt").exists())
                await hear("again", "follow speech recognition")
                await hear("kept", "interests")
                await until(lambda: any(one["event"] == "tick works again" for one in logs))
        broken = [one.name for one in await db.read(invariants.check, service.utc_now())]
        titles = await db.read(_titles)
    return {
        "said": said,
        "errors": errors,
        "is_new": is_new,
        "held": held,
        "stood": stood,
        "told": [{"tick": it["tick"], "error": it["error"]} for it in logs if it["event"] == waits],
        "titles": titles,
        "events": sorted({one["event"] for one in logs}),
        "broken": broken,
        "damage": upkeep.check(settings.db),
    }


async def open_read_only(folder: Path, which: str) -> dict[str, object]:
    """A database whose file, or folder, can't be written."""
    path = folder / "paperround.db"
    async with await Database.open(path) as db:
        await db.write(queue, "saved", "local/1")
    make_read_only(path if which == "file" else folder)
    errors: list[str] = []
    try:
        async with await Database.open(path) as db:
            await db.write(marks.put, "touched", "now")
    except DatabaseUnusable as error:
        errors.append(f"{type(error).__name__}: {error}")
    return {"errors": errors}


async def share(folder: Path, owner: str) -> dict[str, object]:
    """Send what is in the outbox, while somebody else does so too."""
    platform = Platform()

    async def wait_for_the_other() -> None:
        (folder / f"at work: {owner}").touch()
        async with asyncio.timeout(300):
            while len(list(folder.glob("at work: *"))) < 2:
                await asyncio.sleep(0.01)

    platform.at_third = wait_for_the_other
    dispatcher.IN_FLIGHT = 4
    async with await Database.open(folder / "paperround.db") as db:
        print("ready", flush=True)
        sys.stdin.readline()
        async with asyncio.timeout(300):
            while any(one["status"] != "sent" for one in await db.read(_stand)):
                await Dispatcher(db, [platform], lambda: now, owner=owner).drain()
    return {"posted": platform.posted}


def main() -> None:
    """What was asked for on the command line."""
    folder, how, what, *rest = sys.argv[1:]
    place = Path(folder)
    if how == "none":
        work = share(place, *rest) if what == "share" else open_read_only(place, what)
    else:
        disk = (SmallDisk if how == "disk" else Limit)(place)
        scenes = {"open": make_and_open, "service": serve}
        work = scenes[what](place, disk) if what in scenes else meet(place, disk, what)
    print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()
