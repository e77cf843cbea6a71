"""Many papers are searched through their codes, and nobody can tell from what is found."""

from dataclasses import replace

import pytest
from fakes.pages import dump
from fakes.words_encoder import WordsEncoder

from matching import nearest
from matching.ingest import embed_some, ingest
from matching.library import Library
from matching.nearest import Nearest
from matching.search import by_words_and_meaning, similar
from storage import papers, upkeep
from storage.database import Database

TITLES = [f"{one} for {other}" for one in ("Graphs", "Speech", "Robots", "Proteins", "Markets")
          for other in ("Kitchens", "Farms", "Schools", "Ships", "Towns", "Clinics")]  # fmt: skip


@pytest.fixture
async def library(db, clock) -> Library:
    found = Library(db, WordsEncoder())
    await ingest(db, found.encoder, dump(*TITLES), clock.now)
    return found


@pytest.fixture
def many(monkeypatch):
    """Any number of papers is many; few more than are asked for come into question."""
    monkeypatch.setattr(nearest, "FEW", 0)
    monkeypatch.setattr(nearest, "MORE", 3)


async def found(library, clock, text="robots in schools", limit=5):
    (query,) = await library.encoder.encode([text])
    return await Nearest.of(library).find(query, limit, clock.now)


async def test_the_same_is_found_with_codes_and_without(library, clock, monkeypatch):
    without = await found(library, clock)
    assert not list(library.db.path.parent.glob("*.codes-*"))
    monkeypatch.setattr(nearest, "FEW", 0)
    assert await found(library, clock) == [(seq, pytest.approx(near)) for seq, near in without]
    assert list(library.db.path.parent.glob("*.codes-*"))


async def test_what_came_in_a_moment_ago_is_found(library, clock, many):
    await found(library, clock)
    await ingest(library.db, library.encoder, dump("Robots in Schools of Music"), clock.now)
    (best, *_) = await found(library, clock, "robots in schools of music")
    assert best[0] == await library.db.read(papers.newest)


async def test_papers_of_the_archive_are_found_by_their_codes(library, clock, many):
    """Their numbers are below 1, and so is that of the last vector that the file has read."""
    past = replace(dump("Robots in Schools of Music", "Proteins of Music"), is_past=True)
    await ingest(library.db, library.encoder, past, clock.now)
    model = await library.model(clock.now)
    await embed_some(library.db, library.encoder, model, 10, clock.now)
    (best, *_) = await found(library, clock, "robots in schools of music")
    assert best[0] == -1
    again = Library(library.db, library.encoder)
    assert (await found(again, clock, "proteins of music"))[0][0] == -2


async def test_search_and_similar_use_it(library, clock, many):
    (first, *_) = await by_words_and_meaning(library, "speech for ships", 3, clock.now)
    assert first.paper.title == "Speech for Ships"
    alike = await similar(library, first.paper, 4, clock.now)
    assert len(alike) == 4
    assert first.paper.seq not in {one.paper.seq for one in alike}


async def test_a_folder_that_takes_no_file_does_not_stop_a_search(
    library, clock, many, monkeypatch
):
    def full(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nearest.Codes, "open", full)
    assert len(await found(library, clock)) == 5
    await Nearest.of(library).refresh(clock.now)


async def test_after_a_restore_codes_of_what_was_there_are_not_used(library, clock, many, tmp_path):
    copy = tmp_path / "copy.db"
    upkeep.backup(library.db.path, copy)
    await ingest(library.db, library.encoder, dump("Robots in Schools of Music"), clock.now)
    before = await found(library, clock, "robots in schools of music")
    place = library.db.path
    await library.db.close()
    upkeep.restore(copy, place)
    async with await Database.open(place) as db:
        again = Library(db, library.encoder)
        after = await found(again, clock, "robots in schools of music")
        assert after[0] != before[0]
        await ingest(db, again.encoder, dump("Proteins of Music"), clock.now)
        (best, *_) = await found(again, clock, "proteins of music")
        assert (await db.read(papers.by_seq, [best[0]]))[0].title == "Proteins of Music"


async def test_codes_that_read_further_than_the_database_are_begun_anew(library, clock, many):
    """As where the database alone was put back by hand."""
    await found(library, clock)
    kept = Nearest.of(library)._codes
    extent = replace(kept.extent, seq=kept.extent.seq + 7)
    with kept._locked() as file:
        kept._write(file, extent)
    again = Library(library.db, library.encoder)
    assert len(await found(again, clock)) == 5
    assert Nearest.of(again)._codes.extent.rows == len(TITLES)
    assert Nearest.of(again)._codes.extent.seq == len(TITLES)
