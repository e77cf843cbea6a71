"""Page heads: what is furniture, what is glued, and where one page ends and the next begins."""

import random
from itertools import combinations

import pytest
from fakes.pages import abstract

from storage.dumps import read_dump
from storage.records import Dump, Layout, RawDump

MAIL = "Get trending papers in your email inbox!"
DAILY_MAIL = "Get trending papers in your email inbox once a day!"
BY = "byAK and the research community"
HEAD = ("new", MAIL, DAILY_MAIL, "Subscribe", "Daily Papers", BY, "Oct 28")
RINGS = "Ring Messages for Molecular Graphs"
NAMES = "Listening with a List: Contextual Decoding for Rare Names"


def read(text: str) -> Dump:
    return read_dump(RawDump(name="page.txt", data=text.encode()))


def titles(text: str) -> list[str]:
    dump = read(text)
    assert all(entry.abstract.startswith("We study") for entry in dump.entries)
    return [entry.title for entry in dump.entries]


def spaced(*papers: str, head: tuple[str, ...] = ()) -> str:
    return "\n\n".join([*head, *(block for title in papers for block in (title, abstract(title)))])


def tight(*papers: str, head: tuple[str, ...] = ()) -> str:
    return spaced(*papers, head=head).replace("\n\n", "\n")


@pytest.mark.parametrize("size", range(len(HEAD) + 1))
def test_any_part_of_a_head_in_any_order_is_furniture(size: int):
    for head in combinations(HEAD, size):
        shuffled = tuple(random.Random(size).sample(head, size))
        for text in (spaced(RINGS, NAMES, head=shuffled), tight(RINGS, NAMES, head=shuffled)):
            dump = read(text)
            assert [entry.title for entry in dump.entries] == [RINGS, NAMES]
            assert len(dump.furniture) == size
            assert dump.rejects == ()


def test_pieces_of_a_head_on_one_line_are_furniture():
    head = (f"new {MAIL}{DAILY_MAIL}Subscribe", f"Daily Papers {BY}")
    assert read(spaced(RINGS, NAMES, head=head)).furniture == (1, 3)


@pytest.mark.parametrize(
    "title",
    [
        RINGS,
        "3D Views from One Camera",
        "iRing: Small Messages for Molecular Graphs",
        "$\\mu$-Rings for Molecular Graphs",
        "“Rings” Are All You Send",
        "!Ring: Messages with a Bang",
        "Subscribe to Everything: Learning from Lists",
        "¿Rings or Chains?",
        "环上的消息传递与分子图的表示学习",
    ],
)
@pytest.mark.parametrize("head", [(MAIL,), (DAILY_MAIL, MAIL), ("new", BY, MAIL, "Oct 28"), ()])
def test_a_button_glued_to_the_first_title_is_taken_off(title: str, head: tuple[str, ...]):
    text = tight(title, NAMES, head=head).replace(title, f"Subscribe{title}", 1)
    dump = read(text)
    assert [entry.title for entry in dump.entries] == [title, NAMES]
    assert dump.entries[0].lines == (len(head) + 1, len(head) + 2)
    assert dump.furniture == tuple(range(1, len(head) + 1))


def test_a_mail_line_glued_to_the_button_and_the_title_is_taken_off_too():
    assert titles(tight(f"{MAIL}Subscribe{RINGS}", NAMES)) == [RINGS, NAMES]


@pytest.mark.parametrize(
    "title",
    [
        "Subscribers Prefer Short Digests",
        "Subscriber-Aware Ranking of Digests",
        "Subscribed or Not: A Study of Lists",
        "Subscribe to Everything: Learning from Lists",
        "Subscribe, Then Forget: Unlearning Lists",
        "Subscribe: A Protocol for Lists",
        "Subscribe-and-Forget Learning",
        "Subscription Models of Attention",
    ],
)
@pytest.mark.parametrize("head", [(), (MAIL,), HEAD])
def test_a_title_that_begins_with_subscribe_survives(title: str, head: tuple[str, ...]):
    for text in (
        tight(title, NAMES, head=head),
        tight(RINGS, title, head=head),
        spaced(title, NAMES, head=head),
        spaced(RINGS, title, head=head),
    ):
        assert title in titles(text)


def test_a_name_made_of_subscribe_survives_where_no_button_can_be_glued():
    title = "SubscribeNet: Learning from Lists"
    assert titles(tight(RINGS, title, head=(MAIL,))) == [RINGS, title]
    assert titles(tight(title, RINGS, head=(MAIL, "Subscribe"))) == [title, RINGS]
    assert titles(spaced(title, RINGS, head=("Daily Papers", "Oct 28"))) == [title, RINGS]


def test_a_button_taken_off_without_a_head_above_it_is_noted():
    text = tight(f"Subscribe{RINGS}", NAMES)
    assert titles(text) == [RINGS, NAMES]
    assert "Line 1 begins with “Subscribe”" in read(text).notes[0]
    assert read(tight(f"Subscribe{RINGS}", NAMES, head=(MAIL,))).notes == ()


@pytest.mark.parametrize(
    "title",
    [
        "Daily Papers: A Benchmark of Digests",
        "New Rings for Old Chains",
        "October 28: A Case Study",
    ],
)
def test_a_title_that_begins_like_a_head_survives(title: str):
    for head in ((), HEAD):
        assert titles(spaced(title, RINGS, head=head)) == [title, RINGS]
        assert titles(tight(RINGS, title, NAMES, head=head[:1])) == [RINGS, title, NAMES]


def test_a_button_in_the_middle_of_a_paper_is_rejected_and_the_paper_read():
    dump = read("\n\n".join([RINGS, "Subscribe", abstract(RINGS), NAMES, abstract(NAMES)]))
    assert [entry.title for entry in dump.entries] == [RINGS, NAMES]
    assert [(r.line, r.reason) for r in dump.rejects] == [
        (3, "a button or heading of a page in the middle of a paper")
    ]


def test_two_pages_of_one_layout_are_one_dump_of_that_layout():
    second = spaced(NAMES, head=HEAD[:6])
    dump = read(f"{spaced(RINGS, head=HEAD)}\n\n{second}")
    assert dump.layout is Layout.SPACED_PLAIN
    assert [entry.title for entry in dump.entries] == [RINGS, NAMES]
    assert len(dump.furniture) == 7 + 6


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n\n\n", ""])
def test_pages_of_two_layouts_are_a_mixed_dump(between: str):
    first, second = spaced(RINGS, head=HEAD), tight(f"Subscribe{NAMES}", head=(DAILY_MAIL, MAIL))
    for one, other in ((first, second), (second, first)):
        dump = read(one + between + other)
        assert dump.layout is Layout.MIXED
        assert {entry.title for entry in dump.entries} == {RINGS, NAMES}
        assert dump.rejects == ()


def test_a_head_glued_to_the_end_of_an_abstract_or_a_date_is_taken_off():
    details = "  • 3 authors\n·\nOct 30, 2024"
    glued = f"{spaced(RINGS)}\n\n{details}{spaced(NAMES, head=('new', MAIL, 'Subscribe'))}"
    dump = read(glued)
    assert [entry.published is not None for entry in dump.entries] == [True, False]
    assert dump.entries[0].lines == (1, 3, 5, 6, 7)
    assert dump.furniture == (9, 11)
    assert titles(tight(RINGS) + tight(NAMES, head=(MAIL, "Subscribe"))) == [RINGS, NAMES]


def test_a_change_of_spacing_without_a_head_makes_a_mixed_dump():
    one = [f"{RINGS}, Part {n}" for n in "ABCD"]
    other = [f"{NAMES}, Part {n}" for n in "ABCD"]
    dump = read(f"{spaced(*one)}\n\n{tight(*other)}")
    assert dump.layout is Layout.MIXED
    assert [entry.title for entry in dump.entries] == [*one, *other]


def test_a_lost_or_an_added_blank_line_does_not_change_the_layout():
    papers = [f"{RINGS}, Part {n}" for n in "ABCDEFGH"]
    lost = spaced(*papers).replace(f"{papers[3]}\n\n", f"{papers[3]}\n")
    added = tight(*papers).replace(f"{papers[3]}\n", f"{papers[3]}\n\n")
    assert read(lost).layout is Layout.SPACED_PLAIN
    assert read(added).layout is Layout.TIGHT
    assert titles(lost) == titles(added) == papers
