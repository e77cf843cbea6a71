"""A file dropped into the inbox is ingested once, and ends where its owner looks for it."""

import os

import pytest
from fakes.pages import page

from bot.inbox import Inbox
from matching.ingest import ingest
from storage import papers


@pytest.fixture
def inbox(tmp_path, db, encoder, clock) -> Inbox:
    made = Inbox(tmp_path / "dumps" / "inbox", lambda raw: ingest(db, encoder, raw, clock.now))
    made.prepare()
    return made


def drop(inbox, name, data, age_s=10.0):
    path = inbox.folder / name
    path.write_bytes(data)
    then = path.stat().st_mtime - age_s
    os.utime(path, (then, then))


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


async def test_a_file_that_is_still_written_to_is_left_alone(inbox):
    drop(inbox, "growing.txt", b"half", age_s=0)
    drop(inbox, "upload.txt.part", page(["A Paper on Inboxes and Their Files"]))
    drop(inbox, ".hidden", page(["A Paper on Inboxes and Their Files"]))
    assert await inbox.look() == 0
    assert files(inbox)["inbox"] == [".hidden", "growing.txt", "upload.txt.part"]


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


async def test_a_failure_of_the_service_leaves_the_file_for_the_next_look(tmp_path, db, encoder):
    async def broken(raw):
        raise RuntimeError("out of memory")

    inbox = Inbox(tmp_path / "dumps" / "inbox", broken)
    inbox.prepare()
    drop(inbox, "today.txt", page(["A Paper on Inboxes and Their Files"]))
    with pytest.raises(RuntimeError):
        await inbox.look()
    assert files(inbox)["taken"] == ["today.txt"]
