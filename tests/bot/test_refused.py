"""A paper that the model always fails on keeps nothing waiting but itself."""

import pytest
from fakes.pages import page
from structlog.testing import capture_logs

from bot.metrics import Metrics
from bot.operators import Operators
from matching.ingest import ingest, reembed
from matching.library import Library
from matching.search import similar
from storage import papers, refused, vectors
from storage.records import RawDump

BAD = "A Paper That No Model Can Read"
GOOD = ["A First Paper on Graph Networks", "A Second Paper on Graph Networks"]


class Choking:
    """A model that fails on texts with these words."""

    def __init__(self, encoder, on=BAD):
        self.identity, self.dim, self._encoder, self.on = encoder.identity, encoder.dim, encoder, on
        self.tried = 0

    async def encode(self, texts):
        if any(self.on in text for text in texts):
            self.tried += len(texts) == 1
            raise RuntimeError("out of range")
        return await self._encoder.encode(texts)

    async def aclose(self):
        await self._encoder.aclose()


@pytest.fixture
def choking(encoder):
    return Choking(encoder)


@pytest.fixture
def raw():
    return RawDump(name="today", data=page([GOOD[0], BAD, GOOD[1]]))


async def test_the_others_of_its_dump_are_embedded_and_the_reason_is_kept(db, choking, raw, clock):
    report = await ingest(db, choking, raw, clock.now)
    assert report.new == 3
    assert choking.tried == 3
    (one,) = await db.read(refused.every)
    (bad,) = await db.read(papers.find, BAD)
    assert one.seq == bad.seq
    assert "3 times (RuntimeError)" in one.reason
    model = await db.write(vectors.model_id, choking.identity, choking.dim, clock.now)
    assert await db.read(vectors.having, model, [1, 2, 3]) == {1, 2, 3} - {bad.seq}
    assert await db.read(vectors.first_without, model, 0) is None
    assert await db.read(vectors.count_without, model) == 0


async def test_nothing_tries_it_again_until_it_is_forgiven(db, choking, raw, clock):
    await ingest(db, choking, raw, clock.now)
    assert await reembed(db, choking, clock.now) == 0
    assert choking.tried == 3
    choking.on = "nothing that anybody wrote"
    assert await db.write(refused.forgive) == 1
    assert await reembed(db, choking, clock.now) == 1
    assert await db.read(refused.every) == []


async def test_a_model_that_can_do_nothing_refuses_no_paper(db, choking, raw, clock):
    choking.on = ""
    with pytest.raises(RuntimeError, match="out of range"):
        await ingest(db, choking, raw, clock.now)
    assert await db.read(refused.every) == []
    choking.on = "nothing that anybody wrote"
    await ingest(db, choking, raw, clock.now)
    model = await db.write(vectors.model_id, choking.identity, choking.dim, clock.now)
    assert await db.read(vectors.first_without, model, 0) is None


async def test_papers_like_it_are_found_by_its_title(db, choking, raw, clock):
    await ingest(db, choking, raw, clock.now)
    (bad,) = await db.read(papers.find, BAD)
    choking.on = "nothing that anybody wrote"
    found = await similar(Library(db, choking), bad, 5, clock.now)
    assert {hit.paper.title for hit in found} == set(GOOD)


async def test_operators_hear_of_it(db, choking, raw, clock):
    operators = Operators(db, (), None, Metrics(), lambda: clock.now, lambda: None)

    async def heard():
        with capture_logs() as logs:
            await operators.look()
        return [one["said"] for one in logs if one.get("trouble") == "refused papers"]

    assert await heard() == []
    await ingest(db, choking, raw, clock.now)
    (told,) = await heard()
    assert "can't encode 1 paper" in told
    clock.advance(days=2)
    assert await heard() == [told]
    await db.write(refused.forgive)
    clock.advance(days=2)
    assert await heard() == []


async def test_digests_go_on_past_it(db, choking, raw, clock):
    await ingest(db, choking, raw, clock.now)
    library = Library(db, choking)
    pool = await library.pool(0, 10, clock.now)
    assert {one.title for one in pool.papers} == set(GOOD)
