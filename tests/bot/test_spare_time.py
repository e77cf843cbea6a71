"""The archive is embedded in spare time, and whatever else is to be done goes first."""

from dataclasses import replace

from fakes.pages import dump

from bot import spare_time
from bot.spare_time import SpareTime
from matching.ingest import ingest
from storage import vectors


async def test_the_archive_is_embedded_while_nothing_else_is_done(library, clock, monkeypatch):
    monkeypatch.setattr(spare_time, "BREATH_S", 0)
    titles = [f"A Ring of the Past {n}" for n in range(40)]
    await ingest(library.db, library.encoder, replace(dump(*titles), is_past=True), clock.now)
    spare = SpareTime(library, clock)
    with spare.busy():
        assert await spare.look() == 0
    assert await spare.look() == 40
    assert await spare.look() == 0
    model = await library.model(clock.now)
    assert await library.db.read(vectors.count_without, model) == 0


async def test_a_dump_that_comes_in_between_does_not_wait_for_the_archive(
    library, clock, monkeypatch
):
    monkeypatch.setattr(spare_time, "BREATH_S", 0)
    titles = [f"A Ring of the Past {n}" for n in range(40)]
    await ingest(library.db, library.encoder, replace(dump(*titles), is_past=True), clock.now)
    spare = SpareTime(library, clock)
    encode = library.encoder.encode

    async def interrupted(texts):
        interrupting.__enter__()
        return await encode(texts)

    interrupting = spare.busy()
    monkeypatch.setattr(library.encoder, "encode", interrupted)
    assert await spare.look() == spare_time.SLICE
    interrupting.__exit__(None, None, None)


async def test_an_archive_that_is_done_is_not_looked_through_again(library, clock, monkeypatch):
    """Among a million papers it would take a second of every five."""
    monkeypatch.setattr(spare_time, "BREATH_S", 0)
    monkeypatch.setattr(vectors, "LOOKED_AT", 7)
    titles = [f"A Ring of the Past {n}" for n in range(40)]
    await ingest(library.db, library.encoder, replace(dump(*titles), is_past=True), clock.now)
    spare = SpareTime(library, clock)
    assert await spare.look() == 40
    looked: list[int] = []
    archive_without = vectors.archive_without

    def counted(tx, model, limit, below):
        looked.append(below)
        return archive_without(tx, model, limit, below)

    monkeypatch.setattr(vectors, "archive_without", counted)
    assert await spare.look() == 0
    assert looked == [-40]
    await ingest(library.db, library.encoder, replace(dump("A Field"), is_past=True), clock.now)
    assert await spare.look() == 1


async def test_a_paper_of_the_archive_that_lost_its_vector_gets_another(
    library, clock, monkeypatch
):
    monkeypatch.setattr(spare_time, "BREATH_S", 0)
    titles = [f"A Ring of the Past {n}" for n in range(40)]
    await ingest(library.db, library.encoder, replace(dump(*titles), is_past=True), clock.now)
    spare = SpareTime(library, clock)
    assert await spare.look() == 40
    await library.db.write(lambda tx: tx.execute("DELETE FROM vectors WHERE seq = -3"))
    assert await spare.look() == 1
    assert await spare.look() == 0
