"""Whatever comes: any text is read or refused, and no line of it is lost.

The papers are those of the samples, whose titles and abstracts are as varied as real ones.
"""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from storage.dumps import NotADump, read_dump
from storage.records import Dump, RawDump

SAMPLES = Path(__file__).resolve().parents[2] / "bot" / "samples"
MAIL = "Get trending papers in your email inbox!"
DETAILS = "  • 14 authors\n·\nJun 14, 2022 3"
Paper = tuple[str, str]

PAPERS = [
    (entry.title, entry.abstract)
    for layout in ("spaced-plain", "tight")
    for entry in read_dump(
        RawDump(name=layout, data=(SAMPLES / f"{layout}.txt").read_bytes())
    ).entries
]


def page(papers: list[Paper], layout: str) -> list[str]:
    more = [DETAILS] if layout == "details" else []
    return ["Daily Papers", MAIL, *(block for paper in papers for block in [*paper, *more])]


def joined(blocks: list[str], layout: str) -> str:
    return ("\n" if layout == "tight" else "\n\n").join(blocks)


def read(text: str) -> Dump:
    return read_dump(RawDump(name="page.txt", data=text.encode()))


def found(dump: Dump) -> list[Paper]:
    return [(entry.title, entry.abstract) for entry in dump.entries]


def unaccounted(text: str, dump: Dump) -> set[int]:
    """Non-blank lines that are not in exactly one of entries, rejects and furniture."""
    lines = re.split(r"\r\n|\n|\r", text)
    expected = [number for number, line in enumerate(lines, start=1) if line.strip()]
    told = [line for entry in dump.entries for line in entry.lines]
    told += [*(reject.line for reject in dump.rejects), *dump.furniture]
    return {
        line for line in {*expected, *told} if (expected.count(line), told.count(line)) != (1, 1)
    }


ODD_LINES = {
    *("", " ", "\ufeff", "\u200b", "]", "·", "•", "new", MAIL, "Subscribe", "Daily Papers"),
    *("Oct 28", "Jun 14, 2022 3", "Jun 1,", "Feb 30", "  • 14 authors", "acme-ai Acme AI", "Menu"),
}
LINES = st.one_of(
    st.sampled_from(sorted(ODD_LINES)),
    st.sampled_from([text for paper in PAPERS for text in paper]),
    st.sampled_from([f"Subscribe{title}" for title, _ in PAPERS]),
    st.sampled_from([f"{abstract}{MAIL}" for _, abstract in PAPERS]),
    st.text(max_size=40),
)
BREAKS = st.sampled_from(["\n", "\n\n", "\r\n", "\r", "\n\n\n"])
PAGES = st.lists(st.tuples(LINES, BREAKS), max_size=40).map(
    lambda parts: "".join(text + end for text, end in parts)
)


@given(text=st.one_of(PAGES, st.text(), st.text(alphabet="ab. \n\r·•1")))
def test_every_line_of_any_text_is_in_exactly_one_place(text: str):
    data = text.encode(errors="replace")
    try:
        dump = read_dump(RawDump(name="any", data=data))
    except NotADump:
        return
    assert dump.entries
    assert unaccounted(data.decode().removeprefix("\ufeff"), dump) == set()
    for entry in dump.entries:
        assert list(entry.lines) == sorted(entry.lines)
        assert (entry.title, entry.abstract) == (entry.title.strip(), entry.abstract.strip())
        assert entry.title
        assert entry.abstract


@given(data=st.one_of(st.binary(), st.binary().map(lambda tail: PAPERS[0][1].encode() + tail)))
def test_any_bytes_are_a_dump_or_are_refused(data: bytes):
    try:
        dump = read_dump(RawDump(name="any", data=data))
    except NotADump:
        return
    assert dump.entries


@given(
    papers=st.lists(st.sampled_from(PAPERS), min_size=1, max_size=12, unique=True),
    layout=st.sampled_from(["details", "plain", "tight"]),
    has_head=st.booleans(),
    clipped=st.integers(0, 3),
)
def test_every_sound_page_is_read_exactly(
    papers: list[Paper], layout: str, has_head: bool, clipped: int
):
    whole = max(0, len(papers) - clipped)
    papers = [*papers[:whole], *((title, text[:160].strip()) for title, text in papers[whole:])]
    dump = read(joined(page(papers, layout)[0 if has_head else 2 :], layout))
    assert found(dump) == papers
    assert dump.rejects == ()
    assert len(dump.furniture) == (2 if has_head else 0)


@given(
    papers=st.lists(st.sampled_from(PAPERS), min_size=6, max_size=12, unique=True),
    layout=st.sampled_from(["details", "plain", "tight"]),
    lost=st.sets(st.integers(2, 20), min_size=1, max_size=2),
)
def test_damage_spoils_no_paper_that_is_whole(papers: list[Paper], layout: str, lost: set[int]):
    blocks = page(papers, layout)
    left = [block for i, block in enumerate(blocks) if i not in lost or block == DETAILS]
    whole = [paper for paper in papers if all(block in left for block in paper)]
    dump = read(joined(left, layout))
    assert unaccounted(joined(left, layout), dump) == set()
    assert set(whole) <= set(found(dump))
