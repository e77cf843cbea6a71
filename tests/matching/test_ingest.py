"""A dump goes in once, whole or not at all, and what it adds to known papers is kept."""

from datetime import timedelta

import pytest
from fakes.pages import abstract, dump, page
from fakes.words_encoder import WordsEncoder

from matching import ingest as room
from matching.encoder import paper_text
from matching.ingest import ingest, reembed
from storage import arrivals, papers, vectors
from storage.dumps import NotADump
from storage.records import Layout, RawDump

TITLES = [f"Sparse Attention for Invented Task Number {n}" for n in range(70)]


async def stored(db):
    return await db.read(papers.between, 0, 10**9)


async def test_a_dump_becomes_papers_with_vectors(db, encoder, clock):
    report = await ingest(db, encoder, dump(*TITLES), clock.now)
    assert (report.layout, report.entries, report.new, report.seen_again) == (
        Layout.SPACED_WITH_DETAILS,
        70,
        70,
        0,
    )
    found = await stored(db)
    assert [paper.title for paper in found] == TITLES
    assert [paper.seq for paper in found] == list(range(1, 71))
    assert found[0].abstract == abstract(TITLES[0])
    assert (found[0].authors, str(found[0].published)) == (3, "2022-06-14")
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, clock.now)
    seqs, rows = await db.read(vectors.between, model, 0, 100)
    assert seqs == list(range(1, 71))
    assert (rows == await encoder.encode([paper_text(paper) for paper in found])).all()


async def test_the_same_dump_twice_does_nothing_and_says_so(db, encoder, clock):
    await ingest(db, encoder, dump(*TITLES[:3]), clock.now)
    encoder.encoded.clear()
    report = await ingest(db, encoder, dump(*TITLES[:3], name="copy.txt"), clock.now)
    assert (report.new, report.seen_again, report.was_known) == (0, 3, True)
    assert encoder.encoded == []
    assert len(await stored(db)) == 3


async def test_a_paper_in_two_dumps_is_one_paper_seen_twice(db, encoder, clock):
    await ingest(db, encoder, dump(*TITLES[:3], comments=2), clock.now)
    clock.advance(days=1)
    report = await ingest(db, encoder, dump(*TITLES[2:5], comments=9), clock.now)
    assert (report.new, report.seen_again, report.was_known) == (2, 1, False)
    found = await stored(db)
    assert [paper.title for paper in found] == TITLES[:5]
    assert [paper.comments for paper in found] == [2, 2, 9, 9, 9]
    seen = await db.read(papers.sightings, 3)
    assert [sighting.comments for sighting in seen] == [2, 9]
    assert seen[1].seen_at - seen[0].seen_at == clock.now - seen[0].seen_at


async def test_a_later_page_fills_in_what_an_earlier_one_did_not_say(db, encoder, clock):
    title = TITLES[0]
    plain = f"{title}\n\n{abstract(title)}\n\n{TITLES[1]}\n\n{abstract(TITLES[1])}\n"
    await ingest(db, encoder, RawDump(name="plain.txt", data=plain.encode()), clock.now)
    assert (await stored(db))[0].authors is None
    await ingest(db, encoder, dump(title, comments=4), clock.now)
    (first, _) = await stored(db)
    assert (first.authors, str(first.published), first.comments) == (3, "2022-06-14", 4)


async def test_a_clipped_abstract_is_completed_and_embedded_again(db, encoder, clock):
    title = TITLES[0]
    clipped = page([title]).decode().replace(abstract(title), abstract(title)[:160]).encode()
    await ingest(db, encoder, RawDump(name="clipped.txt", data=clipped), clock.now)
    await ingest(db, encoder, dump(title), clock.now)
    (paper,) = await stored(db)
    assert paper.abstract == abstract(title)
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, clock.now)
    (row,) = await db.read(vectors.by_seq, model, [1])
    assert (row == (await encoder.encode([paper_text(paper)]))[0]).all()
    assert [seq for seq, _ in await db.read(papers.by_words, ["fails"], 5)] == [1]


async def test_a_clipped_abstract_does_not_replace_a_whole_one(db, encoder, clock):
    title = TITLES[0]
    await ingest(db, encoder, dump(title), clock.now)
    clipped = page([title]).decode().replace(abstract(title), abstract(title)[:160]).encode()
    await ingest(db, encoder, RawDump(name="clipped.txt", data=clipped), clock.now)
    assert (await stored(db))[0].abstract == abstract(title)


class Killed(Exception):
    """Stands for the process's end."""


async def test_an_ingest_killed_between_batches_is_taken_up_again(db, encoder, clock, monkeypatch):
    monkeypatch.setattr(room, "BATCH", 16)

    def die(done, of):
        if done >= 32:
            raise Killed

    with pytest.raises(Killed):
        await ingest(db, encoder, dump(*TITLES), clock.now, die)
    assert len(await stored(db)) == 70
    encoder.encoded.clear()
    report = await ingest(db, encoder, dump(*TITLES), clock.now)
    assert (report.new, report.seen_again) == (70, 0)
    assert len(encoder.encoded) == 70 - 32
    assert [paper.title for paper in await stored(db)] == TITLES


async def test_readers_wait_for_a_dump_that_is_coming_in_but_not_for_ever(
    db, encoder, clock, monkeypatch
):
    monkeypatch.setattr(room, "BATCH", 16)
    await ingest(db, encoder, dump("An Earlier Paper About Something Else"), clock.now)

    def die(done, of):
        raise Killed

    with pytest.raises(Killed):
        await ingest(db, encoder, dump(*TITLES), clock.now, die)
    assert await db.read(papers.horizon, clock.now) == 1
    assert await db.read(papers.arrived, clock.now) == 71, "alerts need no vectors"
    assert await db.read(papers.horizon, clock.advance(minutes=2)) == 71


async def test_who_needs_no_vectors_waits_for_the_last_paper_and_for_no_vector(db, encoder, clock):
    await ingest(db, encoder, dump("An Earlier Paper About Something Else"), clock.now)
    encoder.encoded.clear()
    seen = []

    async def look():
        seen.append((await db.read(papers.arrived, clock.now), len(encoder.encoded)))

    await ingest(db, encoder, dump(*TITLES), clock.now, stored=look)
    assert seen == [(71, 0)]


async def test_papers_can_be_met_before_the_first_is_stored(db, encoder, clock):
    met = []

    def look(entries):
        met.append([one.title for one in entries])

    report = await ingest(db, encoder, dump(*TITLES), clock.now, met=look)
    assert met == [list(TITLES)]
    assert report.new == len(TITLES)
    assert (await ingest(db, encoder, dump(*TITLES), clock.now, met=look)).was_known
    assert len(met) == 1


async def test_half_a_dump_is_read_by_nobody(db, encoder, clock, monkeypatch):
    def die(*_):
        raise Killed

    monkeypatch.setattr(arrivals, "close_papers", die)
    with pytest.raises(Killed):
        await ingest(db, encoder, dump(*TITLES), clock.now)
    assert await db.read(papers.newest) == 70
    assert await db.read(papers.arrived, clock.now) == 0
    assert await db.read(papers.arrived, clock.advance(minutes=2)) == 70


async def test_readers_wait_for_a_slow_dump_as_long_as_its_batches_come(
    db, encoder, clock, monkeypatch
):
    monkeypatch.setattr(room, "BATCH", 16)
    seconds = iter(range(0, 10_000, 25))
    monkeypatch.setattr(room.time, "monotonic", lambda: next(seconds))
    seen = []

    class Slow(WordsEncoder):
        async def encode(self, texts):
            at = clock.now + timedelta(seconds=25 * len(seen))
            seen.append(await db.read(papers.horizon, at))
            return await super().encode(texts)

    await ingest(db, Slow(), dump(*TITLES), clock.now)
    assert len(seen) == 5
    assert set(seen) == {0}


async def test_papers_that_a_failing_encoder_left_are_embedded_by_the_next(db, encoder, clock):
    class Broken(WordsEncoder):
        is_broken = False

        async def encode(self, texts):
            self.is_broken = self.is_broken or any(TITLES[40] in text for text in texts)
            if self.is_broken:
                raise RuntimeError("out of memory")
            return await super().encode(texts)

    with pytest.raises(RuntimeError, match="out of memory"):
        await ingest(db, Broken(), dump(*TITLES), clock.now)
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, clock.now)
    assert await db.read(vectors.count_without, model) == 70 - room.BATCH
    assert await reembed(db, encoder, clock.now) == 70 - room.BATCH
    assert await db.read(vectors.count_without, model) == 0


async def test_an_abstract_changes_together_with_its_vector_or_not_at_all(db, encoder, clock):
    title = TITLES[0]
    clipped = page([title]).decode().replace(abstract(title), abstract(title)[:160]).encode()
    await ingest(db, encoder, RawDump(name="clipped.txt", data=clipped), clock.now)
    (before,) = await stored(db)

    async def die():
        raise Killed

    with pytest.raises(Killed):
        await ingest(db, encoder, dump(title), clock.now, stored=die)
    assert (await stored(db))[0].abstract == before.abstract
    await ingest(db, encoder, dump(title), clock.now)
    assert (await stored(db))[0].abstract == abstract(title)


async def test_a_paper_stored_meanwhile_by_another_ingest_is_not_doubled(db, encoder, clock):
    """Between asking what is new and storing it, another process stored the first paper."""
    raced = []

    class Raced(WordsEncoder):
        async def encode(self, texts):
            if not raced:
                raced.append(True)
                await ingest(db, encoder, dump(TITLES[0], name="other.txt"), clock.now)
            return await super().encode(texts)

    await ingest(db, Raced(), dump(TITLES[0], TITLES[1]), clock.now)
    assert [paper.title for paper in await stored(db)] == TITLES[:2]


async def test_what_is_no_dump_stores_nothing(db, encoder, clock):
    with pytest.raises(NotADump):
        await ingest(db, encoder, RawDump(name="empty.txt", data=b""), clock.now)
    assert await db.read(lambda tx: tx.value("SELECT COUNT(*) FROM dumps")) == 0


async def test_another_model_embeds_everything_again_and_mixes_nothing(db, encoder, clock):
    await ingest(db, encoder, dump(*TITLES[:40]), clock.now)
    other = WordsEncoder("other", dim=32)
    steps = []
    assert await reembed(db, other, clock.now, lambda done, of: steps.append((done, of))) == 40
    assert steps[-1] == (40, 40)
    model = await db.write(vectors.model_id, other.identity, other.dim, clock.now)
    _, rows = await db.read(vectors.between, model, 0, 100)
    assert rows.shape == (40, 32)
    assert await reembed(db, other, clock.now) == 0
    assert await reembed(db, encoder, clock.now) == 0, "going back costs nothing"


async def test_arxiv_ids_tell_papers_of_one_title_apart(db, encoder, clock):
    from storage.records import Entry

    first, second, neither = (
        Entry(title="A Survey", abstract="a", lines=(1,), arxiv_id=arxiv_id)
        for arxiv_id in ("2501.00001", "2501.00002", None)
    )
    opened = await db.write(
        arrivals.open_dump, dump("x"), (await _read(dump(*TITLES[:1]))), 3, clock.now
    )
    batch = [neither, first, second]
    await db.write(arrivals.store, opened.id, batch, clock.now, clock.now)
    assert [paper.arxiv_id for paper in await stored(db)] == ["2501.00001", "2501.00002"]


async def _read(raw):
    from storage.dumps import read_dump

    return read_dump(raw)
