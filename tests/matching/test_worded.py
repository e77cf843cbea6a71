"""Searches by words among very many papers: the concordance behind them, and what when it fails."""

import asyncio

import pytest

from bot.commands import Commands
from bot.commands.request import Asker, Request
from matching import worded
from matching.ingest import ingest
from matching.library import Library
from matching.search import by_words, by_words_and_meaning
from matching.worded import Worded
from storage import concordance, papers, reworded
from storage.database import Database
from tests.fakes.pages import dump
from tests.fakes.words_encoder import WordsEncoder

TITLES = [
    "Robots in Schools",
    "Speech for Ships",
    "Graphs of Proteins",
    "Learning to Vote",
    "Robots and Ships",
    "Lasers in Space",
]


@pytest.fixture
async def library(db, clock) -> Library:
    found = Library(db, WordsEncoder())
    await ingest(db, found.encoder, dump(*TITLES), clock.now)
    return found


@pytest.fixture
def many(monkeypatch):
    """Any number of papers is many."""
    monkeypatch.setattr(worded, "FEW", 0)


async def seqs(found) -> list[int]:
    return [seq for seq, _ in await found]


def folder(library):
    return library.db.path.with_name(f"{library.db.path.name}.words")


async def test_the_same_is_found_with_a_concordance_and_without(library, monkeypatch):
    kept = Worded.of(library)
    assert Worded.of(library) is kept
    without = await kept.ranked("robots ships", 9)
    titles = await kept.titled("robots", 9)
    assert kept._kept is None
    monkeypatch.setattr(worded, "FEW", 0)
    assert await kept.ranked("robots ships", 9) == [
        (seq, pytest.approx(score, rel=1e-4)) for seq, score in without
    ]
    assert kept._kept is not None
    assert await kept.titled("robots", 9) == titles
    assert [one.title for one in await kept.titled("ro", 9)] == ["Robots and Ships", TITLES[0]]
    assert await kept.titled("", 2) == await library.db.read(papers.by_title, "", 2)
    assert await kept.ranked("", 9) == []


async def test_what_came_in_a_moment_ago_is_found(library, clock, many):
    kept = Worded.of(library)
    assert await seqs(kept.ranked("walrus", 9)) == []
    await ingest(library.db, library.encoder, dump("A Walrus"), clock.now)
    assert await seqs(kept.ranked("walrus", 9)) == [7]
    assert [one.title for one in await kept.titled("a walr", 9)] == ["A Walrus"]
    (hit,) = await by_words(library.db, "walrus", 9)
    assert hit.paper.title == "A Walrus"
    (first, *_) = await by_words_and_meaning(library, "a walrus", 3, clock.now)
    assert first.paper.title == "A Walrus"


async def test_a_tick_writes_what_is_much_and_a_new_process_goes_on_there(
    library, clock, many, monkeypatch
):
    kept = Worded.of(library)
    await kept.refresh()
    assert not folder(library).exists()  # six papers are read again in no time
    monkeypatch.setattr(worded, "IN_MEMORY", 5)
    await kept.refresh()
    assert kept._kept.unwritten() == 0
    again = Worded(library.db)
    assert await seqs(again.ranked("robots", 9)) == await seqs(kept.ranked("robots", 9))
    assert again._kept.unwritten() == 0
    await ingest(library.db, library.encoder, dump("A Walrus"), clock.now)
    assert await seqs(again.ranked("walrus", 9)) == [7]
    assert again._kept.unwritten() == 1


async def test_a_large_store_is_read_and_written_bit_by_bit(library, many, monkeypatch):
    monkeypatch.setattr(worded, "IN_MEMORY", 1)
    monkeypatch.setattr(worded, "MOST_PAPERS", 3)
    monkeypatch.setattr(concordance, "SMALL", 0)
    monkeypatch.setattr(reworded, "READ", 2)
    await Worded.of(library).refresh()
    assert len(list(folder(library).iterdir())) == 4  # three of two papers, and what they are
    assert len(await seqs(Worded(library.db).ranked(" ".join(TITLES), 99))) == 6


async def test_as_long_as_much_is_unread_fts5_is_asked(library, many, monkeypatch):
    monkeypatch.setattr(worded, "SOON", 3)
    kept = Worded.of(library)
    assert await seqs(kept.ranked("robots", 9)) == [1, 5]
    assert [one.seq for one in await kept.titled("robots", 9)] == [5, 1]
    assert kept._kept.extent == reworded.Extent()
    await kept.refresh()
    assert await seqs(kept.ranked("robots", 9)) == [1, 5]
    assert kept._kept.extent.high == 6


async def test_a_folder_that_takes_no_file_does_not_stop_a_search(library, many, monkeypatch):
    def full(self, marks):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worded.Concordance, "write", full)
    monkeypatch.setattr(worded, "IN_MEMORY", 1)
    await Worded.of(library).refresh()
    assert await seqs(Worded.of(library).ranked("robots", 9)) == [1, 5]

    def gone(self):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(worded.Concordance, "open", gone)
    assert await seqs(Worded(library.db).ranked("robots", 9)) == [1, 5]


async def test_a_full_text_of_another_kind_is_left_to_fts5(library, many, monkeypatch):
    def other(tx):
        raise worded.UnknownFormat

    monkeypatch.setattr(worded.segments, "definition", other)
    kept = Worded.of(library)
    await kept.refresh()
    assert await seqs(kept.ranked("robots", 9)) == [1, 5]
    assert kept._kept is None


async def test_files_of_another_database_are_not_used(library, clock, many, monkeypatch, tmp_path):
    monkeypatch.setattr(worded, "IN_MEMORY", 1)
    await Worded.of(library).refresh()
    async with await Database.open(tmp_path / "other.db") as db:
        await ingest(db, library.encoder, dump("A Walrus", *TITLES[1:]), clock.now)
        folder(library).rename(tmp_path / "other.db.words")
        other = Worded(db)
        assert await seqs(other.ranked("walrus", 9)) == [1]
        assert await seqs(other.ranked("schools", 9)) == []


async def test_many_ask_while_it_reads(library, many, monkeypatch):
    monkeypatch.setattr(worded, "IN_MEMORY", 1)
    kept = Worded.of(library)
    found = await asyncio.gather(
        kept.refresh(), *(seqs(kept.ranked("robots", 9)) for _ in range(9)), kept.refresh()
    )
    assert found[1:-1] == [[1, 5]] * 9


async def test_a_paper_goes_by_number_id_title_or_words_of_it(library, many):
    kept = Worded.of(library)
    for name, title in (("2", TITLES[1]), ("Speech for Ships", TITLES[1]), ("vote", TITLES[3])):
        assert [one.title for one in await kept.find(name)] == [title]
    assert await kept.find("99") == []
    assert await kept.find(" ") == []


async def test_the_commands_use_it(library, clock, many):
    commands = Commands(library, lambda: clock.now, lambda: None)
    asker = Asker(platform="console", workspace="local", id="ada", name="ada")
    reply = await commands.answer(Request(asker=asker, text="search lasers in space"))
    assert reply.message.cards[0].title == "Lasers in Space"
    assert Worded.of(library)._kept.extent.high == 6
