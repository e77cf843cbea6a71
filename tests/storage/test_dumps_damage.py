"""Damaged pages: nothing is lost silently, and one bad paper does not spoil the next.

The papers are those of the samples, whose titles and abstracts are as varied as real ones.
"""

import re
from pathlib import Path
from textwrap import wrap

import pytest

from storage.dumps import read_dump
from storage.records import Dump, RawDump

SAMPLES = Path(__file__).resolve().parents[2] / "bot" / "samples"
MAIL = "Get trending papers in your email inbox!"
DETAILS = ("  • 14 authors", "·", "Jun 14, 2022 3")
Paper = tuple[str, str]


def read(text: str) -> Dump:
    return read_dump(RawDump(name="page.txt", data=text.encode()))


def _papers() -> list[Paper]:
    found = [entry for path in sorted(SAMPLES.glob("*.txt")) for entry in _entries(path)]
    return list(dict.fromkeys(found))


def _entries(path: Path) -> list[Paper]:
    dump = read_dump(RawDump(name=path.name, data=path.read_bytes()))
    return [(entry.title, entry.abstract) for entry in dump.entries]


PAPERS = _papers()


def page(papers: list[Paper], layout: str) -> list[str]:
    """The blocks of a page: a blank line stands between them unless the layout is tight."""
    blocks = ["Daily Papers", MAIL]
    for title, abstract in papers:
        blocks += [title, abstract]
        if layout == "details":
            blocks.append("\n".join(DETAILS))
    return blocks


def joined(blocks: list[str], layout: str) -> str:
    return ("\n" if layout == "tight" else "\n\n").join(blocks)


def found(dump: Dump) -> list[Paper]:
    return [(entry.title, entry.abstract) for entry in dump.entries]


LAYOUTS = pytest.mark.parametrize("layout", ["details", "plain", "tight"])


@LAYOUTS
@pytest.mark.parametrize("index", range(1, 13))
def test_a_missing_title_costs_its_own_paper_only(index: int, layout: str):
    blocks = page(PAPERS[:14], layout)
    blocks.remove(PAPERS[index][0])
    dump = read(joined(blocks, layout))
    assert found(dump) == [*PAPERS[:index], *PAPERS[index + 1 : 14]]
    assert dump.rejects[0].text == PAPERS[index][1][:79] + "…"
    assert "abstract" in dump.rejects[0].reason
    assert len(dump.rejects) == (4 if layout == "details" else 1)


@LAYOUTS
@pytest.mark.parametrize("index", range(13))
def test_a_missing_abstract_costs_its_own_paper_only(index: int, layout: str):
    blocks = page(PAPERS[:14], layout)
    blocks.remove(PAPERS[index][1])
    dump = read(joined(blocks, layout))
    assert found(dump) == [*PAPERS[:index], *PAPERS[index + 1 : 14]]
    assert dump.rejects[0].reason == "a title without an abstract"
    assert len(dump.rejects) == (4 if layout == "details" else 1)


@LAYOUTS
def test_two_titles_without_abstracts_are_no_paper(layout: str):
    blocks = page(PAPERS[:14], layout)
    for index in (4, 5, 9):
        blocks.remove(PAPERS[index][1])
    dump = read(joined(blocks, layout))
    assert found(dump) == [paper for i, paper in enumerate(PAPERS[:14]) if i not in (4, 5, 9)]


@LAYOUTS
def test_a_file_that_is_cut_after_a_title_says_so(layout: str):
    blocks = page(PAPERS[:5], layout)
    blocks = blocks[: blocks.index(PAPERS[4][0]) + 1]
    dump = read(joined(blocks, layout))
    assert found(dump) == PAPERS[:4]
    assert [reject.text for reject in dump.rejects] == [
        PAPERS[4][0][:79] + "…"[: len(PAPERS[4][0]) > 80]
    ]
    assert "looks cut" in dump.rejects[0].reason


@LAYOUTS
@pytest.mark.parametrize("length", [158, 90, 400])
def test_an_abstract_that_is_cut_in_a_sentence_is_kept(length: int, layout: str):
    title, abstract = PAPERS[4]
    papers = [*PAPERS[:4], (title, abstract[:length].strip())]
    blocks = page(papers, layout)[: -1 if layout == "details" else None]
    dump = read(joined(blocks, layout))
    assert found(dump) == papers
    assert dump.rejects == ()


@LAYOUTS
def test_the_clipped_abstracts_of_a_whole_page_are_kept(layout: str):
    papers = [(title, abstract[:160].strip()) for title, abstract in PAPERS]
    assert found(read(joined(page(papers, layout), layout))) == papers


@LAYOUTS
@pytest.mark.parametrize(
    "junk",
    ["Advertisement", "Page 2 of 5", "---", "* * *", "12", "https://example.org/papers", "\ufeff"],
)
def test_a_stray_line_between_papers_is_rejected_alone(junk: str, layout: str):
    blocks = page(PAPERS[:8], layout)
    for index in (0, 3, 7):
        changed = [*blocks]
        changed.insert(changed.index(PAPERS[index][0]), junk)
        dump = read(joined(changed, layout))
        assert found(dump) == PAPERS[:8]
        assert len(dump.rejects) == 1
    assert found(read(joined([*blocks, junk], layout))) == PAPERS[:8]


@LAYOUTS
@pytest.mark.parametrize("junk", ["★★★", "12", "·"])
def test_a_stray_line_in_a_paper_is_rejected_alone(junk: str, layout: str):
    blocks = page(PAPERS[:8], layout)
    blocks.insert(blocks.index(PAPERS[3][1]), junk)
    dump = read(joined(blocks, layout))
    assert found(dump) == PAPERS[:8]
    assert [reject.text for reject in dump.rejects] == [junk]


def test_the_details_of_a_lost_paper_go_to_no_other():
    blocks = page(PAPERS[:6], "details")
    first = blocks.index(PAPERS[2][1]) + 1
    del blocks[first]  # the paper before has no details
    blocks.remove(PAPERS[3][1])
    dump = read("\n\n".join(blocks))
    assert dump.entries[2].authors is None
    assert [reject.reason for reject in dump.rejects] == [
        "a title without an abstract",
        *["a detail of a paper that could not be read"] * 3,
    ]


def test_details_without_a_paper_are_rejected():
    text = "\n".join(DETAILS) + "\n\n" + "\n\n".join(page(PAPERS[:2], "details")[2:])
    dump = read(text)
    assert found(dump) == PAPERS[:2]
    assert [reject.line for reject in dump.rejects] == [1, 2, 3]


def test_an_organisation_without_a_handle_is_rejected_and_the_date_is_kept():
    text = "\n\n".join(page(PAPERS[:3], "details")).replace("  • 14 authors", "(Acme) & Sons", 1)
    dump = read(text)
    assert found(dump) == PAPERS[:3]
    assert dump.entries[0].comments == 3
    assert [reject.text for reject in dump.rejects] == ["(Acme) & Sons"]


def test_one_paper_among_cut_lines_is_still_a_dump():
    (title, abstract), (cut, _) = PAPERS[:2]
    for head in ([], ["Daily Papers"], ["Oct 28"]):
        dump = read("\n\n".join([*head, title, abstract, cut]))
        assert found(dump) == [(title, abstract)]
        assert len(dump.rejects) == 1


def test_a_detail_line_too_many_is_rejected():
    text = "\n\n".join(page(PAPERS[:2], "details")).replace("  • 14", "  • 13 authors\n  • 14", 1)
    dump = read(text)
    assert [entry.authors for entry in dump.entries] == [13, 14]
    assert [(reject.text, reject.reason) for reject in dump.rejects] == [
        ("• 14 authors", "a detail where none belongs")
    ]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_hard_wrapped_lines_of_a_spaced_page_are_joined(width: int):
    papers = [(f"{title}, and What We Learned from It", text) for title, text in PAPERS[:10]]
    wrapped = [("\n".join(wrap(a, width)), "\n".join(wrap(b, width))) for a, b in papers]
    for layout in ("details", "plain"):
        dump = read(joined(page(wrapped, layout), layout))
        assert found(dump) == papers
        assert dump.rejects == ()
        assert len(dump.notes) == 10


@LAYOUTS
def test_a_sentence_torn_apart_is_joined_again(layout: str):
    title, abstract = PAPERS[3]
    cut = next(i for i in range(200, len(abstract)) if re.match(r"\w [a-z]", abstract[i:])) + 1
    torn = page([*PAPERS[:3], (title, abstract[:cut]), PAPERS[4]], layout)
    torn.insert(torn.index(abstract[:cut]) + 1, abstract[cut + 1 :])
    dump = read(joined(torn, layout))
    assert found(dump) == PAPERS[:5]
    assert "goes on over line breaks" in dump.notes[0]


def test_a_second_paragraph_is_joined_where_details_show_whose_it_is():
    (title, first), (_, second) = PAPERS[3], PAPERS[9]
    blocks = page(PAPERS[:6], "details")
    blocks.insert(blocks.index(first) + 1, second)
    dump = read("\n\n".join(blocks))
    assert found(dump) == [*PAPERS[:3], (title, f"{first} {second}"), *PAPERS[4:6]]
    assert [entry.authors for entry in dump.entries] == [14] * 6


def test_a_short_line_above_the_details_is_rejected_and_the_details_are_kept():
    blocks = page(PAPERS[:6], "details")
    blocks.insert(
        blocks.index(PAPERS[3][1]) + 1, "It also works without labels. We release the code."
    )
    dump = read("\n\n".join(blocks))
    assert found(dump) == PAPERS[:6]
    assert [entry.authors for entry in dump.entries] == [14] * 6
    assert [reject.reason for reject in dump.rejects] == ["neither title, abstract nor detail"]


def test_a_second_paragraph_is_rejected_where_its_title_may_be_missing():
    blocks = page(PAPERS[:6], "plain")
    blocks.insert(blocks.index(PAPERS[3][1]) + 1, PAPERS[9][1])
    dump = read("\n\n".join(blocks))
    assert found(dump) == PAPERS[:6]
    assert dump.rejects[0].reason.startswith("a second abstract")


@pytest.mark.parametrize(
    "title",
    [
        "Is It?",
        "Imagen 7",
        "A Full Stop.",
        "We Show That This Is a Title: It Has Its Own Words and They Are Few",
        "on the use of lower case in titles that nobody ever wanted to capitalise",
        "Rings: What Are They, and Why? $\\mathcal{O}(n)$ Messages, Byte-~and Word-Level",
        " ".join(["Rings and Chains"] * 15),
        "texttt{R}ing-texttt{M}essages",
        "1+1>2: Two Rings Know More Than One",
    ],
)
@LAYOUTS
def test_titles_of_all_kinds_are_titles(title: str, layout: str):
    papers = [*PAPERS[:3], (title, PAPERS[3][1]), *PAPERS[4:6]]
    assert found(read(joined(page(papers, layout), layout))) == papers


@pytest.mark.parametrize(
    "abstract",
    [
        "We present a ring.",
        "This report describes rings and how they are made in our laboratory.",
        "rings is an open-source library for rings, used by many who never look inside of it, see "
        "https://example.org/rings",
        "$O(n^{2})$ and $x_{1}$ are what we study: \\textbf{rings} — «with» “quotes”… " * 3,
        "Rings. " * 800,
    ],
)
@LAYOUTS
def test_abstracts_of_all_kinds_are_abstracts(abstract: str, layout: str):
    papers = [*PAPERS[:3], (PAPERS[3][0], abstract.strip()), *PAPERS[4:6]]
    assert found(read(joined(page(papers, layout), layout))) == papers
