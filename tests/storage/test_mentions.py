"""Which stored papers a text names."""

import pytest
from fakes.pages import dump
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.ingest import ingest
from storage import mentions

TITLES = ("Graph Networks for Molecules", "2.5 Dimensions: A *Starred* Title", "Old Physics")
IDS = ("2501.01234", None, "hep-th/9901001")


@pytest.fixture
async def stored(db, encoder, clock):
    await ingest(db, encoder, dump(*TITLES), clock.now)
    for title, arxiv in zip(TITLES, IDS, strict=True):
        await db.write(identify, title, arxiv)


def identify(tx, title, arxiv) -> None:
    tx.execute("UPDATE papers SET arxiv_id = :a WHERE title = :title", a=arxiv, title=title)


async def named(db, text) -> list[str]:
    return [paper.title for paper in await db.read(mentions.named_in, text)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("have you seen https://arxiv.org/abs/2501.01234v2?", 0),
        ("arXiv:2501.01234.", 0),
        ("(https://huggingface.co/papers/2501.01234)", 0),
        ("hep-th/9901001", 2),
        ("*graph networks for molecules*", 0),
        ("Papers for ada\n\n3. <https://example.org/x|Graph Networks for Molecules>\nlike it", 0),
        ("- [Graph networks for molecules](https://example.org/y)", 0),
        ("2.5 Dimensions: A *Starred* Title", 1),
        ("https://huggingface.co/papers?q=Graph%20Networks%20for%20Molecules", 0),
    ],
)
async def test_a_paper_is_known_by_its_id_its_address_or_its_title(db, stored, text, place):
    assert await named(db, text) == [TITLES[place]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12.3456",
        "12501.01234",
        "2501.012345",
        "graph networks",
        "Graph Networks for Molecules are nice",
        "version 2501.01234.5 of it",
    ],
)
async def test_what_only_looks_like_a_paper_is_none(db, stored, text):
    assert await named(db, text) == []


async def test_several_papers_come_in_the_order_of_their_arrival(db, stored):
    assert await named(db, "Old Physics\nand 2501.01234") == [TITLES[0], TITLES[2]]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2501.01234", True),
        ("https://arxiv.org/pdf/2501.01234v1.pdf", True),
        ("https://huggingface.co/papers/2501.01234", True),
        ("arXiv: 2501.01234", True),
        ("2501.01234 is nice", False),
        ("graphs", False),
    ],
)
def test_an_id_alone_is_told_from_words(text, is_one):
    assert mentions.is_id(text) is is_one


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=300))
async def test_any_text_can_be_looked_through(db, stored, text):
    assert set(await named(db, text)) <= set(TITLES)
