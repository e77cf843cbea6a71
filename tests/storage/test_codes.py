"""The file of codes: follows the database, survives whatever befalls it, and finds what is near."""

import numpy as np
import pytest

from storage import codes, vectors
from storage.codes import Codes, Extent
from storage.instants import to_text

DIM = 48


def rows(many, seed=1):
    drawn = np.random.default_rng(seed).standard_normal((many, DIM)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
async def stored(db, clock):
    """Store vectors for new papers under a model; their seqs."""
    model = await db.write(vectors.model_id, "words", DIM, clock.now)
    await db.write(
        lambda tx: tx.execute(
            "INSERT INTO dumps (sha256, name, layout, status, entries, rejects, notes, arrived_at,"
            " touched_at) VALUES ('a', 'a', 'tight', 'done', 0, '[]', '[]', :at, :at)",
            at=to_text(clock.now),
        )
    )

    async def store(made, model=model):
        def work(tx):
            first = (tx.value("SELECT MAX(seq) FROM papers") or 0) + 1
            seqs = list(range(first, first + len(made)))
            for seq in seqs:
                tx.execute(
                    "INSERT INTO papers (title, title_key, abstract, first_seen, first_dump)"
                    " VALUES (:t, :t, '', :at, 1)",
                    t=f"paper {seq}",
                    at=to_text(clock.now),
                )
            vectors.put_vectors(tx, model, seqs, made)
            return seqs

        return await db.write(work)

    store.model = model
    return store


async def caught_up(db, kept: Codes, model) -> int:
    """Take in all that is new; how many steps that took."""
    steps = 0
    while True:
        news = await db.read(codes.news, model, kept.extent)
        if (news.extent.vector, news.extent.change) == (kept.extent.vector, kept.extent.change):
            return steps
        kept.add(news)
        steps += 1


def opened(folder, identity="words") -> Codes:
    kept = Codes(folder / "p.db.codes-1", identity, DIM)
    kept.open()
    return kept


@pytest.mark.parametrize("share", [1_000_000, 500])
async def test_the_nearest_by_codes_are_the_nearest_by_vectors(
    db, stored, tmp_path, monkeypatch, share
):
    """On one thread, or on two."""
    monkeypatch.setattr(codes, "SHARE", share)
    made = rows(3000)
    await stored(made)
    kept = opened(tmp_path)
    await caught_up(db, kept, stored.model)
    hits = 0
    for query in rows(20, seed=2):
        exact = set((np.argsort(-(made @ query))[:10] + 1).tolist())
        hits += len(exact & set(kept.nearest(query, 40)))
    assert hits == 200


async def test_new_papers_are_appended_and_a_new_process_goes_on_there(
    db, stored, tmp_path, monkeypatch
):
    monkeypatch.setattr(codes, "READ", 7)
    monkeypatch.setattr(codes, "BLOCK", 5)
    first = await stored(rows(20))
    kept = opened(tmp_path)
    assert await caught_up(db, kept, stored.model) == 3
    more = await stored(rows(3, seed=3))
    again = opened(tmp_path)
    assert again.extent.rows == 20
    assert await caught_up(db, again, stored.model) == 1
    assert sorted(again.nearest(rows(1)[0], 50)) == [*first, *more]
    for seq, vector in zip(more, rows(3, seed=3), strict=True):
        assert again.nearest(vector, 1) == [seq]


async def test_a_vector_that_changed_is_found_where_it_is_now_and_once(db, stored, tmp_path):
    seqs = await stored(rows(30))
    kept = opened(tmp_path)
    await caught_up(db, kept, stored.model)
    moved = rows(1, seed=9)[0]
    await db.write(vectors.put_vector, stored.model, seqs[4], moved.tobytes())
    await caught_up(db, kept, stored.model)
    assert kept.nearest(moved, 1) == [seqs[4]]
    assert sorted(kept.nearest(moved, 99)) == seqs
    await db.write(vectors.put_vector, stored.model, seqs[4], moved.tobytes())  # nothing changed
    assert await caught_up(db, kept, stored.model) == 0


async def test_a_vector_that_is_gone_is_not_found_and_its_row_may_be_another_s(
    db, stored, tmp_path
):
    seqs = await stored(rows(10))
    kept = opened(tmp_path)
    await caught_up(db, kept, stored.model)
    await db.write(lambda tx: tx.execute("DELETE FROM vectors WHERE seq >= :s", s=seqs[8]))
    await caught_up(db, kept, stored.model)
    assert sorted(kept.nearest(rows(1)[0], 99)) == seqs[:8]
    new = await stored(rows(1, seed=4))
    await caught_up(db, kept, stored.model)
    assert sorted(kept.nearest(rows(1)[0], 99)) == [*seqs[:8], *new]


@pytest.mark.parametrize("torn", ["rows", "header", "short", "stranger", "empty"])
async def test_a_file_that_a_kill_or_a_stranger_left_is_written_again(db, stored, tmp_path, torn):
    seqs = await stored(rows(12))
    kept = opened(tmp_path)
    await caught_up(db, kept, stored.model)
    whole = kept.path.read_bytes()
    kept.path.write_bytes(
        {
            "rows": whole + b"half a row that no header knows",
            "header": b"x" + whole[1:40] + b"\xff" + whole[41:],
            "short": whole[: len(whole) // 2],
            "stranger": b"these are somebody's notes" * 99,
            "empty": b"",
        }[torn]
    )
    again = opened(tmp_path)
    await caught_up(db, again, stored.model)
    assert sorted(again.nearest(rows(1)[0], 99)) == seqs
    assert again.path.read_bytes()[codes.START : len(whole)] == whole[codes.START :]


async def test_codes_of_another_model_are_begun_anew(db, stored, tmp_path):
    await stored(rows(5))
    kept = opened(tmp_path)
    await caught_up(db, kept, stored.model)
    assert opened(tmp_path, "another model").extent == Extent()


async def test_two_processes_take_turns_and_neither_writes_a_row_twice(db, stored, tmp_path):
    seqs = await stored(rows(6))
    one, other = opened(tmp_path), opened(tmp_path)
    news = await db.read(codes.news, stored.model, Extent())
    one.add(news)
    other.add(news)  # it sees that this is there
    assert one.extent == other.extent
    assert sorted(other.nearest(rows(1)[0], 99)) == seqs
    assert one.path.stat().st_mode & 0o777 == 0o600


async def test_an_empty_store_has_nothing_near(db, stored, tmp_path):
    kept = opened(tmp_path)
    assert await caught_up(db, kept, stored.model) == 0
    assert kept.nearest(rows(1)[0], 5) == []
