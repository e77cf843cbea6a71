"""A file dropped into the inbox is ingested once, and ends where its owner looks for it."""

import asyncio
import os

import pytest
from fakes.pages import page

from bot.inbox import TRIES, Inbox
from bot.settings import BadSetting
from matching.ingest import ingest
from storage import papers
from storage.trouble import DatabaseBusy


@pytest.fixture
def inbox(tmp_path, db, encoder, clock) -> Inbox:
    made = Inbox(tmp_path / "dumps" / "inbox", lambda raw: ingest(db, encoder, raw, clock.now))
    made.prepare()
    return made


def drop(inbox, name, data, age_s=10.0):
    """Put a file into the inbox that the inbox has looked at once."""
    path = inbox.folder / name
    path.write_bytes(data)
    then = path.stat().st_mtime - age_s
    os.utime(path, (then, then))
    inbox._waiting()


def files(inbox) -> dict[str, list[str]]:
    return {
        folder.name: sorted(path.name for path in folder.iterdir())
        for folder in inbox.folder.parent.iterdir()
    }


async def test_a_dump_is_ingested_and_put_to_done(inbox, db):
    drop(inbox, "today.txt", page(["A Paper on Inboxes and Their Files"]))
    assert await inbox.look() == 1
    assert files(inbox) == {"inbox": [], "taken": [], "done": ["today.txt"], "failed": []}
    assert await db.read(papers.count) == 1
    assert await inbox.look() == 0


async def test_dumps_are_ingested_in_the_order_of_their_arrival(inbox, db):
    drop(inbox, "a.txt", page(["The Second Paper to Arrive Here"]), age_s=10)
    drop(inbox, "b.txt", page(["The First Paper to Arrive Here"]), age_s=20)
    await inbox.look()
    found = await db.read(papers.between, 0, 10)
    assert [paper.title.split()[1] for paper in found] == ["First", "Second"]


async def test_a_file_that_is_still_written_to_is_left_alone(inbox, db):
    half = page(["A Paper on Inboxes and Their Files"])
    (inbox.folder / "growing.txt").write_bytes(half)
    assert await inbox.look() == 0
    (inbox.folder / "growing.txt").write_bytes(half + page(["A Second Paper on Inboxes"]))
    assert await inbox.look() == 0
    assert files(inbox)["inbox"] == ["growing.txt"]
    assert await inbox.look() == 1
    assert await db.read(papers.count) == 2


async def test_names_that_say_partial_and_hidden_files_are_left_alone(inbox):
    for name in ("upload.txt.part", ".hidden"):
        (inbox.folder / name).write_bytes(page(["A Paper on Inboxes and Their Files"]))
    for _ in range(3):
        assert await inbox.look() == 0
    assert files(inbox)["inbox"] == [".hidden", "upload.txt.part"]


async def test_a_file_from_the_future_is_read_like_any_other(inbox):
    drop(inbox, "tomorrow.txt", page(["A Paper on Inboxes and Their Files"]), age_s=-1e6)
    assert await inbox.look() == 1


async def test_a_name_that_is_no_text_does_no_harm(inbox, db):
    name = os.fsdecode(b"caf\xe9.txt")
    drop(inbox, name, page(["A Paper on Inboxes and Their Files"]))
    drop(inbox, "good.txt", page(["Another Paper on Inboxes"]))
    assert await inbox.look() == 2
    assert await db.read(papers.count) == 2


async def test_what_is_no_dump_is_put_to_failed_with_the_reason(inbox, db):
    drop(inbox, "photo.txt", b"\x89PNG\r\n\x1a\n" + bytes(500))
    drop(inbox, "good.txt", page(["A Paper on Inboxes and Their Files"]))
    assert await inbox.look() == 2
    shown = files(inbox)
    assert shown["failed"] == ["photo.txt", "photo.txt.reason.txt"]
    assert shown["done"] == ["good.txt"]
    reason = inbox.folder.parent / "failed" / "photo.txt.reason.txt"
    assert len(reason.read_text().split()) > 5
    assert await db.read(papers.count) == 1


async def test_nothing_is_overwritten(inbox):
    for title in ("The First Paper to Arrive Here", "The Second Paper to Arrive Here"):
        drop(inbox, "today.txt", page([title]))
        await inbox.look()
    assert files(inbox)["done"] == ["today-2.txt", "today.txt"]


async def test_what_a_killed_service_had_taken_is_taken_up_again(inbox, db):
    drop(inbox, "today.txt", page(["A Paper on Inboxes and Their Files"]))
    (inbox.folder / "today.txt").rename(inbox.folder.parent / "taken" / "today.txt")
    assert await inbox.look() == 1
    assert files(inbox)["done"] == ["today.txt"]


async def test_a_file_that_makes_the_service_fail_is_tried_again_and_blocks_no_other(
    tmp_path, db, encoder, clock
):
    async def moody(raw):
        if raw.name == "bad.txt":
            raise RuntimeError("out of memory")
        return await ingest(db, encoder, raw, clock.now)

    inbox = Inbox(tmp_path / "dumps" / "inbox", moody)
    inbox.prepare()
    drop(inbox, "bad.txt", page(["A Paper on Inboxes and Their Files"]))
    drop(inbox, "good.txt", page(["Another Paper on Inboxes"]))
    await inbox.look()
    assert files(inbox)["done"] == ["good.txt"]
    assert files(inbox)["taken"] == ["bad.txt"]
    for _ in range(TRIES):
        await inbox.look()
    assert files(inbox)["failed"] == ["bad.txt", "bad.txt.reason.txt"]


async def test_a_database_in_trouble_is_not_the_file_s_fault(tmp_path, db):
    async def busy(raw):
        raise DatabaseBusy("locked")

    inbox = Inbox(tmp_path / "dumps" / "inbox", busy)
    inbox.prepare()
    drop(inbox, "today.txt", page(["A Paper on Inboxes and Their Files"]))
    for _ in range(TRIES + 1):
        with pytest.raises(DatabaseBusy):
            await inbox.look()
    assert files(inbox)["taken"] == ["today.txt"]


def test_an_inbox_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "dumps").write_text("a file, no folder")
    with pytest.raises(BadSetting, match="PAPERROUND_INBOX"):
        Inbox(tmp_path / "dumps" / "inbox", None).prepare()


async def test_a_file_that_landed_is_ingested_at_once(inbox, db):
    path = inbox.folder / "today.txt"
    path.write_bytes(page(["A Paper on Inboxes and Their Files"]))
    assert await inbox.landed(path, 0.0) == 1
    assert files(inbox)["done"] == ["today.txt"]
    assert await inbox.landed(path, 0.0) == 0
    assert await db.read(papers.count) == 1


async def test_a_file_that_is_written_to_again_is_left_to_the_looks(inbox, monkeypatch):
    path = inbox.folder / "growing.txt"
    path.write_bytes(page(["A Paper on Inboxes and Their Files"]))

    async def meanwhile(_seconds):
        path.write_bytes(path.read_bytes() + page(["A Second Paper on Inboxes"]))

    monkeypatch.setattr(asyncio, "sleep", meanwhile)
    assert await inbox.landed(path, 0.1) == 0
    assert files(inbox)["inbox"] == ["growing.txt"]


async def test_two_looks_take_no_file_twice(tmp_path, db, encoder, clock):
    begun, may_go_on, taken = asyncio.Event(), asyncio.Event(), []

    async def slowly(raw):
        taken.append(raw.name)
        begun.set()
        await may_go_on.wait()
        return await ingest(db, encoder, raw, clock.now)

    inbox = Inbox(tmp_path / "dumps" / "inbox", slowly)
    inbox.prepare()
    drop(inbox, "a.txt", page(["A Paper on Inboxes and Their Files"]))
    first = asyncio.create_task(inbox.look())
    await begun.wait()
    drop(inbox, "b.txt", page(["Another Paper on Inboxes"]))
    second = asyncio.create_task(inbox.look())
    while taken != ["a.txt", "b.txt"]:
        await asyncio.sleep(0.01)
    may_go_on.set()
    assert [await first, await second] == [1, 1]
    assert files(inbox)["done"] == ["a.txt", "b.txt"]


async def test_the_tries_of_a_file_are_forgotten_with_it(tmp_path, caplog):
    """Its owner took it away; the next file of that name begins anew."""

    async def fails(raw):
        raise RuntimeError("a bug")

    inbox = Inbox(tmp_path / "dumps" / "inbox", fails)
    inbox.prepare()
    for _ in range(TRIES + 1):
        drop(inbox, "page.txt", page(["A Paper on Inboxes and Their Files"]))
        assert await inbox.look() == 0
        (tmp_path / "dumps" / "taken" / "page.txt").unlink()
    assert await inbox.look() == 0
    assert not inbox._tried
    assert files(inbox)["failed"] == []
