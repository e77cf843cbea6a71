"""The concordance: ranks as FTS5 does, follows the database, survives what befalls its files."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from storage import archive, arrivals, concordance, fulltext, papers, reworded, segments, upkeep
from storage.concordance import Concordance
from storage.instants import to_text
from storage.records import Entry
from storage.reworded import Extent

SUBJECTS = "robots graphs speech proteins markets glaciers lasers voting".split()
WORDS = [
    *SUBJECTS,
    *"learning deep models of the études naïve".split(),
    *(f"w{n}" for n in range(60)),
]


def texts(many, seed=1):
    """Titles that are all different, and abstracts of some length."""
    drawn = np.random.default_rng(seed)
    for number in range(many):
        title = " ".join([*drawn.choice(WORDS, 3), f"n{seed}x{number}"])
        yield title, " ".join(drawn.choice(WORDS, int(drawn.integers(3, 40))))


@pytest.fixture
async def store(db, clock):
    """Store papers as dumps bring them; `is_past`: those of the archive."""

    async def put(made, is_past=False):
        entries = [
            Entry(title=title, abstract=abstract, lines=(), author_names=("Ada Ames",))
            for title, abstract in made
        ]
        await db.write(
            lambda tx: arrivals.store(tx, 1, entries, clock.now, clock.now, is_past=is_past)
        )

    def begin(tx):
        tx.execute(
            "INSERT INTO dumps (sha256, name, layout, status, entries, rejects, notes, arrived_at,"
            " touched_at) VALUES ('a', 'a', 'tight', 'done', 0, '[]', '[]', '2026-01-01', "
            "'2026-01-01')"
        )

    await db.write(begin)
    return put


@pytest.fixture
async def opened(db):
    """The concordance of the database, as a new process opens it."""
    table = await db.read(segments.definition)

    def again(wanted=table):
        kept = Concordance(db.path.with_name("words"), wanted)
        kept.open()
        return kept

    return again


async def caught_up(db, kept) -> Concordance:
    """With all that is new."""
    while True:
        news = await db.read(reworded.news, kept.extent)
        if news.extent == kept.extent:
            return kept
        kept.add(news)


async def written(db, kept) -> Concordance:
    kept.write(await db.read(reworded.marks, kept.extent))
    return kept


def by_fts5(tx, words, limit):
    """The reference: BM25 as FTS5 computes it, of all papers by all words."""
    return fulltext._best(tx, " OR ".join(f'"{word}"' for word in words), limit)


async def ranks_as_fts5(db, kept) -> None:
    for words in (["glaciers"], ["robots", "learning"], ["naive", "graph", "voting"], ["Étude"]):
        expected = await db.read(by_fts5, words, 30)
        found = kept.ranked(words, 30)
        assert expected
        assert [score for _, score in found] == pytest.approx([s for _, s in expected], rel=1e-4)
        sure = {seq for seq, score in expected if score > expected[-1][1] * 1.001}
        assert sure <= {seq for seq, _ in found}


async def test_papers_are_ranked_as_fts5_ranks_them(db, store, opened, monkeypatch):
    monkeypatch.setattr(reworded, "READ", 70)
    await store(texts(300))
    await store(texts(90, seed=2), is_past=True)
    kept = await caught_up(db, opened())
    await ranks_as_fts5(db, kept)
    await written(db, kept)
    await ranks_as_fts5(db, kept)
    again = opened()
    assert again.extent == kept.extent == Extent(low=-90, high=300)
    await ranks_as_fts5(db, again)
    assert again.ranked(["robots", "speech"], 9) == kept.ranked(["robots", "speech"], 9)


async def test_many_words_skip_what_can_not_be_among_the_best(db, store, opened, monkeypatch):
    """The same is found as where every word is looked up for every paper."""
    monkeypatch.setattr(reworded, "READ", 100)
    await store(texts(600))
    kept = await caught_up(db, opened())
    words = [*WORDS, "n1x7", "n1x300"]
    for limit in (1, 3, 10):
        expected = await db.read(by_fts5, words, limit)
        found = kept.ranked(words, limit)
        assert [score for _, score in found] == pytest.approx([s for _, s in expected], rel=1e-4)


async def test_what_came_changed_went_or_moved_is_found_as_it_is_now(db, store, opened, clock):
    await store(texts(200))
    await store(texts(40, seed=2), is_past=True)
    kept = await written(db, await caught_up(db, opened()))
    await store([("A quokka", "new")])

    def change(tx):
        tx.execute("UPDATE papers SET title = 'Wombats of old', title_key = 'w' WHERE seq = 5")
        archive.promote(tx, -7, 1, to_text(clock.now))
        for table in ("sightings", "papers"):
            tx.execute(f"DELETE FROM {table} WHERE seq IN (10, 11, -3)")

    await db.write(change)
    await caught_up(db, kept)
    assert [seq for seq, _ in kept.ranked(["quokka"], 5)] == [201]
    assert [seq for seq, _ in kept.ranked(["wombat"], 5)] == [5]
    assert [seq for seq, _ in kept.ranked(["n2x6"], 5)] == [202]
    assert kept.ranked(["n1x9"], 5) == []
    assert kept.titled(["n1x9"], 5, is_begun=False) == []
    every = {seq for seq, _ in kept.ranked([*WORDS, "quokka", "wombat"], 999)}
    assert every == {*range(-40, 0), *range(1, 203)} - {10, 11, -3, -7}
    for again in (await caught_up(db, opened()), await written(db, kept), opened()):
        assert {seq for seq, _ in again.ranked([*WORDS, "quokka", "wombat"], 999)} == every
        assert [seq for seq, _ in again.ranked(["quokka", "wombat"], 5)] == [201, 5]


async def test_a_number_that_is_given_again_is_another_paper(db, store, opened):
    """The archive goes on below its last paper; where that was deleted, with its number."""
    await store(texts(30), is_past=True)
    kept = await written(db, await caught_up(db, opened()))

    def delete(tx):
        for table in ("sightings", "papers"):
            tx.execute(f"DELETE FROM {table} WHERE seq = -30")

    await db.write(delete)
    await caught_up(db, kept)
    await store([("Quokka", "small")], is_past=True)
    await caught_up(db, kept)
    assert [seq for seq, _ in kept.ranked(["quokka"], 5)] == [-30]
    assert kept.ranked(["n1x29"], 5) == []


async def test_titles_are_found_by_all_their_words_also_by_the_beginning_of_the_last(
    db, store, opened, monkeypatch
):
    monkeypatch.setattr(reworded, "READ", 2)
    titles = ["Robot hands that learn", "Robot hands", "Hands of a robot", "Robots", "On hamsters"]
    await store([(title, "robot hands and hats") for title in titles])
    kept = await caught_up(db, opened())
    assert kept.titled(["robot", "hands"], 9, is_begun=False) == [3, 2, 1]
    assert kept.titled(["robot", "hands"], 2, is_begun=False) == [3, 2]
    assert kept.titled(["robot", "ha"], 9, is_begun=False) == []
    assert kept.titled(["robot", "ha"], 9, is_begun=True) == [3, 2, 1]
    assert kept.titled(["ha"], 9, is_begun=True) == [5, 3, 2, 1]
    assert kept.titled(["hats"], 9, is_begun=True) == []
    assert kept.titled(["robot", "quokka"], 9, is_begun=False) == []
    assert kept.titled(["?!"], 9, is_begun=True) == []


async def test_titles_are_found_as_fts5_finds_them(db, store, opened, monkeypatch):
    monkeypatch.setattr(reworded, "READ", 64)
    await store(texts(300))
    kept = await caught_up(db, opened())
    for typed in (["robots"], ["graph", "speech"], ["deep", "mod"], ["n1x2"], ["the", "o"], ["l"]):
        begun = f"title : ({' '.join(typed)}*)"
        assert kept.titled(typed, 999, is_begun=True) == await db.read(fulltext._newest, begun, 999)


async def test_small_files_become_one_and_the_others_go(db, store, opened, monkeypatch):
    kept = opened()
    for seed in range(1, 6):
        await store(texts(20, seed=seed))
        await written(db, await caught_up(db, kept))
    assert len(list(kept.path.iterdir())) == 2
    assert len({seq for seq, _ in opened().ranked(WORDS, 999)}) == 100
    monkeypatch.setattr(concordance, "SMALL", 50)
    await store(texts(20, seed=9))
    await written(db, await caught_up(db, kept))
    assert len(list(kept.path.iterdir())) == 3


async def test_pieces_in_memory_become_one(db, store, opened, monkeypatch):
    monkeypatch.setattr(concordance, "PIECES", 3)
    kept = opened()
    for seed in range(1, 9):
        await store(texts(4, seed=seed))
        await caught_up(db, kept)
        assert len(kept._stock.portions) <= 3
    await ranks_as_fts5(db, kept)


async def test_a_portion_of_which_much_is_gone_is_written_anew(db, store, opened, monkeypatch):
    monkeypatch.setattr(concordance, "SMALL", 0)
    await store(texts(60))
    kept = await written(db, await caught_up(db, opened()))

    def delete(tx):
        for table in ("sightings", "papers"):
            tx.execute(f"DELETE FROM {table} WHERE seq <= 30")

    await db.write(delete)
    await written(db, await caught_up(db, kept))
    assert [len(one) for one in kept._stock.portions] == [30]
    assert {seq for seq, _ in opened().ranked(WORDS, 999)} == set(range(31, 61))


@pytest.mark.parametrize(
    "torn", ["manifest", "checksum", "no file", "short", "stranger", "small", "table", "empty"]
)
async def test_files_that_a_kill_or_a_stranger_left_are_begun_anew(db, store, opened, torn):
    await store(texts(40))
    kept = await written(db, await caught_up(db, opened()))
    (file,) = [one for one in kept.path.iterdir() if one.name != "manifest"]
    manifest, whole = kept.path / "manifest", file.read_bytes()
    if torn == "manifest":
        manifest.write_bytes(manifest.read_bytes()[:30])
    elif torn == "checksum":
        manifest.write_bytes(b"00000000" + manifest.read_bytes()[8:])
    elif torn == "no file":
        file.unlink()
    elif torn == "empty":
        file.write_bytes(b"")
    elif torn == "short":
        file.write_bytes(whole[: len(whole) // 2])
    elif torn == "stranger":
        file.write_bytes(b"these are somebody's notes" * 99)
    elif torn == "small":
        file.write_bytes(whole[:600] + b"\xff" + whole[601:])
    else:
        told = json.loads(manifest.read_bytes().partition(b"\n")[2]) | {"table": "another"}
        text = json.dumps(told).encode()
        manifest.write_bytes(f"{zlib.crc32(text):08x}\n".encode() + text)
    again = opened()
    assert again.extent == Extent()
    await ranks_as_fts5(db, await written(db, await caught_up(db, again)))
    assert len(list(kept.path.iterdir())) == 2
    assert file not in list(kept.path.iterdir())


async def test_files_of_another_database_are_told_from_ours(db, store, opened):
    await store(texts(40))
    kept = await written(db, await caught_up(db, opened()))
    assert await db.read(opened().is_of)
    await db.write(lambda tx: tx.execute("UPDATE papers SET title = 'Another' WHERE seq = 40"))
    assert await db.read(opened().is_of)  # it changed since, which is told
    await db.write(lambda tx: tx.execute("DELETE FROM paper_changes"))
    assert not await db.read(opened().is_of)
    kept.extent = replace(kept.extent, change=99)
    assert not await db.read(kept.is_of)


async def test_words_that_are_no_words_do_not_stop_it(db, store, opened):
    await store([*texts(5), ("Very long", "a" * 9_000 + " walrus"), ("Many", "owl " * 20_000)])
    kept = await caught_up(db, opened())
    assert [seq for seq, _ in kept.ranked(["walrus"], 5)] == [6]
    assert [seq for seq, _ in kept.ranked(["owl"], 5)] == [7]
    assert kept.ranked(["\0", "…", "\ud800".encode("utf-8", "replace").decode()], 5) == []
    assert kept.ranked(["漢" * 400], 5) == []
    assert kept.ranked([], 5) == []


async def test_a_restore_takes_the_files_away(db, store, opened, tmp_path):
    await store(texts(3))
    await db.read(papers.newest)
    copy, place = tmp_path / "copy.db", db.path
    words = place.with_name(f"{place.name}.words")
    words.mkdir()
    (words / "manifest").write_text("old")
    upkeep.backup(place, copy)
    await db.close()
    upkeep.restore(copy, place)
    assert not words.exists()
