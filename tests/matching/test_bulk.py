"""A file of any length goes into the archive line by line, and is found by words at once."""

import asyncio
import gzip
import json
import tracemalloc
from dataclasses import replace

import pytest
from fakes import source_shapes as shapes
from fakes.pages import dump

from matching import batches
from matching.bulk import store_file
from matching.ingest import ingest
from matching.search import by_words
from storage import bulk, papers, segments, vectors
from storage.database import Database
from storage.dumps import NotADump
from storage.dumps.snapshot import Plain
from storage.records import RawDump


async def every(db):
    return await db.read(papers.between, vectors.EVERYTHING, 10**9)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 7)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_a_file_is_stored_and_found(db, clock, tmp_path, pack):
    path = tmp_path / "snapshot.json"
    path.write_bytes(pack(shapes.snapshot(30)))
    report = await store_file(db, path, clock.now)
    assert (report.lines, report.new, report.known, report.rejects) == (30, 30, 0, 0)
    assert [one.seq for one in await every(db)] == list(range(-30, 0))
    assert await db.read(papers.newest) == 0
    (hit,) = await by_words(db, "17", 5)
    assert (hit.paper.title, hit.paper.arxiv_id) == ("Invented Paper Number 17", "1000.00017")
    assert hit.paper.author_names == ("Ada One", "Grace Two")
    assert len(await db.read(papers.sightings, -1)) == 1


async def test_the_same_file_again_and_a_longer_one_add_what_is_new(db, clock, tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(10))
    await store_file(db, path, clock.now)
    assert (await store_file(db, path, clock.now)).new == 0
    path.write_bytes(shapes.snapshot(15) + shapes.snapshot(3))
    report = await store_file(db, path, clock.now)
    assert (report.new, report.known) == (5, 13)
    assert len(await every(db)) == 15


async def test_the_index_is_what_sqlite_itself_would_have_made(db, clock, tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(200))
    await store_file(db, path, clock.now)

    def compared(tx):
        tx.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
        tx.execute("CREATE VIRTUAL TABLE temp.found USING fts5vocab (main, papers_fts, instance)")
        found = [tuple(row) for row in tx.rows("SELECT * FROM temp.found")]
        scored = papers.by_words(tx, ["invented", "17"], 50)
        tx.execute("INSERT INTO papers_fts (papers_fts) VALUES ('rebuild')")
        assert found == [tuple(row) for row in tx.rows("SELECT * FROM temp.found")]
        assert scored == papers.by_words(tx, ["invented", "17"], 50)
        return len(found)

    assert await db.write(compared) > 2_000


async def test_an_index_of_another_format_is_written_by_inserts_alone(
    db, clock, tmp_path, monkeypatch
):
    monkeypatch.setattr(segments, "FORMAT", 5)
    monkeypatch.setattr(segments, "add", None)
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(30))
    report = await store_file(db, path, clock.now)
    assert (report.lines, report.new, report.known) == (30, 30, 0)
    (hit,) = await by_words(db, "17", 5)
    assert hit.paper.title == "Invented Paper Number 17"


async def test_many_batches_are_merged_while_they_come(db, clock, tmp_path):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(7 * 40))
    await store_file(db, path, clock.now)

    def checked(tx):
        tx.execute("INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)")
        return tx.value("SELECT COUNT(DISTINCT segid) FROM papers_fts_idx")

    assert await db.write(checked) <= segments.MOST
    for n in (1, 140, 280):
        (hit, *_) = await by_words(db, str(n), 5)
        assert hit.paper.title == f"Invented Paper Number {n}"


async def test_a_killed_file_goes_on_where_it_was(db, clock, tmp_path, monkeypatch):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(50))
    put, left = bulk.put, [3]

    def killed(*args):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return put(*args)

    monkeypatch.setattr(bulk, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        await store_file(db, path, clock.now)
    assert len(await every(db)) == 21
    monkeypatch.setattr(bulk, "put", put)
    report = await store_file(db, path, clock.now)
    assert (report.passed_over, report.lines, report.new, report.known) == (21, 29, 29, 0)
    assert {one.title for one in await every(db)} == {
        f"Invented Paper Number {n}" for n in range(1, 51)
    }
    again = await store_file(db, path, clock.now)
    assert (again.was_known, again.new, again.lines) == (True, 0, 0)


async def test_papers_that_others_store_in_between_are_not_stored_twice(
    db, encoder, clock, tmp_path, monkeypatch
):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(50))
    past = replace(dump("Invented Paper Number 9", "Something Else"), is_past=True)
    sift, done = bulk.sift, []

    def overtaken(tx, batch, *more):
        found = sift(tx, batch, *more)
        if not done and any(one.line == 9 for one in batch):
            done.append(True)
            other = asyncio.run_coroutine_threadsafe(ingest(db, encoder, past, clock.now), loop)
            waiting.append(other)
        return found

    loop, waiting = asyncio.get_running_loop(), []
    monkeypatch.setattr(bulk, "sift", overtaken)
    report = await store_file(db, path, clock.now)
    await asyncio.wrap_future(waiting[0])
    found = await every(db)
    assert len(found) == len({one.title for one in found}) == 51
    assert report.new in (49, 50)
    await db.write(
        lambda tx: tx.execute(
            "INSERT INTO papers_fts (papers_fts, rank) VALUES ('integrity-check', 1)"
        )
    )


async def test_namesakes_in_a_file_are_papers_of_their_own(db, clock, tmp_path):
    lines = [json.loads(line) for line in shapes.snapshot(30).splitlines()]
    for line in lines[::3]:
        line["title"] = "Editorial"
        line["doi"] = None
    path = tmp_path / "snapshot.json"
    path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    report = await store_file(db, path, clock.now)
    assert (report.new, report.known) == (30, 0)
    assert len({one.arxiv_id for one in await every(db)}) == 30


async def test_known_papers_gain_what_the_file_knows_and_stay_news(db, encoder, clock, tmp_path):
    await ingest(db, encoder, dump("Invented Paper Number 3", comments=9), clock.now)
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(5))
    assert (await store_file(db, path, clock.now)).new == 4
    (known,) = await db.read(papers.between, 0, 10)
    assert (known.arxiv_id, known.comments) == ("1000.00003", 9)


KINDS = [
    {},
    {"title": "On $\\alpha$-{\\it Rings} &\n  2.5 Bits"},
    {"abstract": " Two\n  lines, naïve  ones \n"},
    {"authors_parsed": [["Zwölf", "É.", ""], ["One", "Ada  B.", ""]]},
    {"authors_parsed": []},
    {"doi": None},
    {"categories": "math.GT cs.CL math.GT"},
    {"versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 23:18:42 GMT"}] * 3},
    {"versions": [], "update_date": "2008-11-26"},
    {"id": "math.GT/0309136"},
    {"id": "of our own", "doi": "10.1000/own"},
]


def lines_of(start, **changes):
    """A line of each kind."""
    return b"".join(
        json.dumps(json.loads(shapes.snapshot_line(start + n)) | kind | changes).encode() + b"\n"
        for n, kind in enumerate(KINDS)
    )


async def rows(db):
    def told(tx):
        papers = tx.rows("SELECT * FROM papers ORDER BY title, arxiv_id")
        left_out = {"seq", "first_dump"}
        return [
            {name: row[name] for name in row.keys() if name not in left_out}  # noqa: SIM118
            | {
                "seen": [
                    tuple(one)
                    for one in tx.rows(
                        "SELECT comments, announced, version, upvotes FROM sightings "
                        "WHERE seq = :seq ORDER BY dump_id",
                        seq=row["seq"],
                    )
                ]
            }
            for row in papers
        ]

    return await db.read(told)


@pytest.mark.parametrize(
    "changes",
    [
        {"report-no": "says nothing new"},
        {"categories": "cs.CL hep-th"},
        {"versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}] * 9},
        {"abstract": "Another one."},
        {"authors_parsed": [["Else", "Somebody", ""]]},
        {"doi": None},
    ],
    ids=str,
)
async def test_a_file_read_twice_leaves_what_the_ordinary_door_leaves(
    db, encoder, clock, tmp_path, changes
):
    files = [lines_of(1), lines_of(1, **changes), lines_of(3), lines_of(5)]
    async with await Database.open(tmp_path / "ordinary.db") as ordinary:
        for number, data in enumerate(files):
            path = tmp_path / f"{number}.json"
            path.write_bytes(data)
            await store_file(db, path, clock.now)
            raw = RawDump(name=path.name, data=data, is_past=True)
            await ingest(ordinary, encoder, raw, clock.now)
        found, expected = await rows(db), await rows(ordinary)
        for a, b in zip(found, expected, strict=True):
            assert {k: (a[k], b[k]) for k in a if a[k] != b[k]} == {}


async def test_a_file_read_again_only_sights_what_is_stored(db, clock, tmp_path, monkeypatch):
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(30))
    await store_file(db, path, clock.now)
    path.write_bytes(shapes.snapshot(30) + b"\n")
    monkeypatch.setattr(Plain, "entry", None)
    report = await store_file(db, path, clock.now)
    assert (report.new, report.known) == (0, 30)
    for seq in (-30, -1):
        assert [one.version for one in await db.read(papers.sightings, seq)] == [1, 1]


async def test_lines_that_cannot_be_read_are_counted_and_shown(db, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "LONGEST_LINE", 5_000)
    long = json.dumps({"title": "x" * 9_000, "abstract": ""}).encode() + b"\n"
    path = tmp_path / "snapshot.json"
    path.write_bytes(shapes.snapshot(2) + b"no json\n\n" + long + shapes.snapshot_line(3))
    report = await store_file(db, path, clock.now)
    assert (report.new, report.rejects) == (3, 2)
    assert [(one.line, one.reason) for one in report.first_rejects] == [
        (3, "this line is no JSON"),
        (5, "a line of more than a megabyte"),
    ]


@pytest.mark.parametrize("data", [b"", b"a\nb\n", b'{"no": "paper"}\n'])
async def test_what_is_no_such_file_is_refused(db, clock, tmp_path, data):
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(NotADump):
        await store_file(db, path, clock.now)
    assert await every(db) == []


async def test_an_archive_that_breaks_off_keeps_what_came_before(db, clock, tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(shapes.snapshot(500))[:-500])
    with pytest.raises(NotADump, match="damaged after line"):
        await store_file(db, path, clock.now)
    assert len(await every(db)) > 0
    await store_file(db, _whole(tmp_path), clock.now)
    assert len(await every(db)) == 500


def _whole(tmp_path):
    path = tmp_path / "y.gz"
    path.write_bytes(gzip.compress(shapes.snapshot(500)))
    return path


async def test_memory_does_not_grow_with_the_file(db, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 50)

    async def peak(count):
        path = tmp_path / f"{count}.json"
        path.write_bytes(shapes.snapshot(count))
        tracemalloc.start()
        await store_file(db, path, clock.now)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    await peak(100)
    assert await peak(3_000) < 2 * await peak(500)
