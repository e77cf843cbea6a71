"""One writer, snapshot readers, and files that are not what they should be."""

import asyncio
import os
import sqlite3
import threading
from contextlib import closing

import pytest

from storage import database, upkeep
from storage.database import Database, DatabaseUnusable, Tx
from storage.schema import NotOurDatabase, SchemaOutdated, SchemaTooNew
from storage.trouble import DatabaseBusy


def write_cursor(tx: Tx, name: str, seq: int) -> None:
    tx.execute("INSERT INTO cursors (name, seq) VALUES (:name, :seq)", name=name, seq=seq)


def read_cursor(tx: Tx, name: str) -> int | None:
    return tx.value("SELECT seq FROM cursors WHERE name = :name", name=name)


async def test_what_is_written_is_read(db):
    await db.write(write_cursor, "a", 7)
    assert await db.read(read_cursor, "a") == 7


async def test_a_transaction_that_raises_leaves_nothing(db):
    def half(tx: Tx) -> None:
        write_cursor(tx, "a", 1)
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError, match="killed here"):
        await db.write(half)
    assert await db.read(read_cursor, "a") is None


async def test_a_reader_cannot_write(db):
    with pytest.raises(DatabaseUnusable):
        await db.read(write_cursor, "a", 1)


async def test_a_cancelled_write_is_still_done(db):
    begun, may_end = threading.Event(), threading.Event()

    def slow(tx: Tx) -> None:
        begun.set()
        may_end.wait(10)
        write_cursor(tx, "a", 1)

    task = asyncio.ensure_future(db.write(slow))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_end.set()
    assert await db.write(read_cursor, "a") == 1


async def test_a_locked_database_is_said_to_be_locked(db, monkeypatch):
    await db.write(lambda tx: tx.execute("PRAGMA busy_timeout = 10"))
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseBusy, match="another process"):
            await db.write(write_cursor, "a", 1)
    await db.write(write_cursor, "a", 1)


async def test_readers_see_a_snapshot(db):
    def both(tx: Tx) -> list[int | None]:
        seen = [read_cursor(tx, "a")]
        with closing(sqlite3.connect(db.path)) as other, other:
            other.execute("INSERT INTO cursors (name, seq) VALUES ('a', 1)")
        return [*seen, read_cursor(tx, "a")]

    assert await db.read(both) == [None, None]
    assert await db.read(read_cursor, "a") == 1


async def test_every_table_is_strict(db):
    def loose(tx: Tx) -> list[str]:
        return [
            row["name"]
            for row in tx.rows("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
            if not row["strict"] and not row["name"].startswith(("sqlite_", "_sqlite_"))
        ]

    assert await db.read(loose) == []


async def test_the_journal_is_a_write_ahead_log(db):
    assert await db.read(lambda tx: tx.value("PRAGMA journal_mode")) == "wal"


async def test_an_outdated_schema_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "old.db"
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0003_outbox'")
    with pytest.raises(SchemaOutdated, match="paperround db migrate"):
        await Database.open(path)


async def test_a_newer_schema_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "new.db"
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('paperround', 'm9999_future', '')"
        )
    with pytest.raises(SchemaTooNew, match="install a newer Paperround"):
        await Database.open(path)


async def test_a_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE notes (text TEXT)")
    before = path.read_bytes()
    with pytest.raises(NotOurDatabase, match="another program"):
        await Database.open(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text("Daily Papers\n" * 200)
    with pytest.raises(DatabaseUnusable, match="no SQLite database"):
        await Database.open(path)


async def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(DatabaseUnusable, match="is no folder"):
        await Database.open(tmp_path / "nowhere" / "paperround.db")


async def test_a_backup_holds_everything_and_can_be_restored(db, tmp_path):
    await db.write(write_cursor, "a", 7)
    upkeep.backup(db.path, tmp_path / "copy.db")
    await db.write(write_cursor, "b", 8)
    await db.close()
    kept = upkeep.restore(tmp_path / "copy.db", db.path)
    async with await Database.open(db.path) as restored:
        assert await restored.read(read_cursor, "a") == 7
        assert await restored.read(read_cursor, "b") is None
    assert kept is not None
    async with await Database.open(kept) as before:
        assert await before.read(read_cursor, "b") == 8


def test_a_damaged_backup_is_not_put_in_place(tmp_path):
    bad = tmp_path / "bad.db"
    bad.write_bytes(b"SQLite format 3\0" + b"\x99" * 5000)
    with pytest.raises(DatabaseUnusable):
        upkeep.restore(bad, tmp_path / "paperround.db")
    assert not (tmp_path / "paperround.db").exists()


def test_an_empty_file_is_no_backup(tmp_path):
    (tmp_path / "empty.db").touch()
    with pytest.raises(NotOurDatabase, match="holds nothing"):
        upkeep.restore(tmp_path / "empty.db", tmp_path / "paperround.db")
    assert (tmp_path / "empty.db").stat().st_size == 0


async def test_a_backup_is_put_over_a_damaged_database(db, tmp_path):
    await db.write(write_cursor, "a", 7)
    upkeep.backup(db.path, tmp_path / "copy.db")
    await db.close()
    damaged = b"garbage" * 1000
    db.path.write_bytes(damaged)
    kept = upkeep.restore(tmp_path / "copy.db", db.path)
    assert kept is not None
    assert kept.read_bytes() == damaged
    async with await Database.open(db.path) as restored:
        assert await restored.read(read_cursor, "a") == 7


async def test_nothing_is_restored_under_a_service_that_runs(db, tmp_path):
    upkeep.backup(db.path, tmp_path / "copy.db")
    await db.read(read_cursor, "a")
    with pytest.raises(DatabaseUnusable, match="stop the service first"):
        upkeep.restore(tmp_path / "copy.db", db.path)
    await db.write(write_cursor, "a", 1)
    assert not db.path.with_name(db.path.name + ".restoring").exists()


def test_another_program_s_database_is_not_migrated(tmp_path):
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("CREATE TABLE notes (text TEXT)")
    before = path.read_bytes()
    with pytest.raises(NotOurDatabase):
        upkeep.migrate(path)
    assert path.read_bytes() == before


async def test_a_newer_schema_is_not_called_up_to_date(db):
    await db.write(
        lambda tx: tx.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('paperround', 'm9999_future', '')"
        )
    )
    await db.close()
    with pytest.raises(SchemaTooNew):
        upkeep.migrate(db.path)


async def test_an_outdated_schema_is_backed_up_and_migrated(db, tmp_path):
    await db.write(
        lambda tx: [
            tx.execute(f"DROP TABLE {name}")
            for name in ("alert_hits", "digest_papers", "digests", "outbox", "destinations")
        ]
    )
    await db.write(lambda tx: tx.execute("DROP TABLE cursors"))
    await db.write(
        lambda tx: tx.execute("DELETE FROM _sqlite_migrations WHERE name = 'm0003_outbox'")
    )
    await db.close()
    upkeep.backup(db.path, tmp_path / "before.db")
    assert upkeep.check(tmp_path / "before.db") == []
    assert upkeep.migrate(db.path) == ["m0003_outbox"]
    async with await Database.open(db.path) as migrated:
        assert await migrated.read(read_cursor, "alerts") == 0


async def test_two_who_open_a_new_database_at_once_both_get_it(tmp_path):
    for n in range(10):
        path = tmp_path / f"{n}.db"
        opened = await asyncio.gather(*(Database.open(path) for _ in range(4)))
        for one in opened:
            assert await one.read(read_cursor, "alerts") == 0
            await one.close()


async def test_a_backup_overwrites_nothing(db, tmp_path):
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(DatabaseUnusable, match="name a new file"):
        upkeep.backup(db.path, tmp_path / "copy.db")


async def test_a_sound_database_has_no_findings(db):
    assert upkeep.check(db.path) == []


async def test_a_damaged_page_is_found(db):
    await db.write(lambda tx: [write_cursor(tx, f"cursor {n}", n) for n in range(5000)])
    await db.write(lambda tx: tx.value("SELECT 1"))
    await db.close()
    with closing(sqlite3.connect(db.path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'cursors'").fetchone()[
            0
        ]
        size = raw.execute("PRAGMA page_size").fetchone()[0]
    with db.path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    assert upkeep.check(db.path)


async def test_all_connections_are_there_before_there_is_a_crowd(db):
    """One that is made under load looks like a leak, and may fail where there is no room."""
    await db.open_readers()
    assert len(db._readers) == database.READERS
    files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    await asyncio.gather(*(db.read(read_cursor, "a") for _ in range(20)), db.open_readers())
    assert upkeep.check(db.path) == []
    assert len(db._readers) == database.READERS
    if files:
        assert len(os.listdir("/proc/self/fd")) <= files


@pytest.mark.parametrize("left", [5_000, 20_000])
async def test_half_a_backup_is_refused_with_another_remedy_than_itself(db, tmp_path, left):
    copy = tmp_path / "copy.db"
    upkeep.backup(db.path, copy)
    copy.write_bytes(copy.read_bytes()[:left])
    with pytest.raises(DatabaseUnusable, match="use another backup"):
        upkeep.sound(copy)
