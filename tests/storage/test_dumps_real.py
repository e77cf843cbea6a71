"""The three real pages and the three samples: exact facts, counted without the reader."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from storage.dumps import read_dump
from storage.identity import resolve
from storage.records import Dump, Entry, Layout, RawDump

SAMPLES = Path(__file__).resolve().parents[2] / "bot" / "samples"
MARK = "(Invented for the sample dump of Paperround.)"


def read(path: Path) -> Dump:
    return read_dump(RawDump(name=path.name, data=path.read_bytes()))


def at(dump: Dump, line: int) -> Entry:
    return next(entry for entry in dump.entries if entry.lines[0] == line)


@pytest.fixture(scope="module")
def detailed(shared: Path) -> Dump:
    return read(shared / "dumps" / "2025-10-28-spaced-with-dates.txt")


@pytest.fixture(scope="module")
def plain(shared: Path) -> Dump:
    return read(shared / "dumps" / "spaced-plain.txt")


@pytest.fixture(scope="module")
def tight(shared: Path) -> Dump:
    return read(shared / "dumps" / "tight.txt")


def test_every_paper_of_the_real_pages_is_read(detailed: Dump, plain: Dump, tight: Dump):
    assert [len(dump.entries) for dump in (detailed, plain, tight)] == [76, 93, 153]
    for dump in (detailed, plain, tight):
        assert dump.rejects == ()
        assert dump.notes == ()


def test_the_layouts_of_the_real_pages_are_recognised(detailed: Dump, plain: Dump, tight: Dump):
    assert detailed.layout is Layout.SPACED_WITH_DETAILS
    assert plain.layout is Layout.SPACED_PLAIN
    assert tight.layout is Layout.TIGHT


def test_only_the_heads_of_the_real_pages_are_furniture(detailed: Dump, plain: Dump, tight: Dump):
    assert detailed.furniture == (1, 3, 5, 7, 9, 11)
    assert plain.furniture == (1, 3, 5, 7, 9)
    assert tight.furniture == (1, 2)


def test_no_character_of_a_real_abstract_is_lost(detailed: Dump, plain: Dump, tight: Dump):
    lengths = [sum(len(e.abstract) for e in dump.entries) for dump in (detailed, plain, tight)]
    assert lengths == [121_908, 148_017, 201_524]


def test_the_dates_of_the_real_page_are_in_the_right_years(detailed: Dump):
    years = Counter(entry.published and entry.published.year for entry in detailed.entries)
    assert years == {
        2025: 22,
        2024: 23,
        2023: 14,
        2022: 7,
        2021: 6,
        2019: 2,
        2018: 1,
        None: 1,
    }


def test_authors_and_comments_of_the_real_page_add_up(detailed: Dump):
    authors = [entry.authors for entry in detailed.entries if entry.authors is not None]
    comments = [entry.comments for entry in detailed.entries if entry.comments is not None]
    assert (len(authors), sum(authors), max(authors)) == (73, 523, 47)
    assert (len(comments), sum(comments)) == (23, 62)


def test_the_organisations_of_the_real_page_are_handle_and_name(detailed: Dump):
    found = {
        entry.lines[0]: (entry.organisation_handle, entry.organisation)
        for entry in detailed.entries
        if entry.organisation is not None
    }
    assert found == {
        333: ("naver-ai", "NAVER AI Lab"),
        485: ("Alibaba-DAMO-Academy", "DAMO Academy"),
    }


def test_papers_of_the_real_page_have_their_own_details(detailed: Dump):
    newest, oldest, busy, bare = (at(detailed, line) for line in (13, 197, 497, 493))
    assert (newest.authors, newest.published, newest.comments) == (14, date(2025, 6, 11), None)
    assert (oldest.authors, oldest.published) == (2, date(2018, 12, 24))
    assert (busy.authors, busy.published, busy.comments) == (5, date(2025, 9, 8), 7)
    assert busy.lines == (497, 499, 501, 502, 503)
    assert (bare.lines, bare.authors, bare.published, bare.comments) == ((493, 495), *[None] * 3)


def test_titles_stay_as_the_page_writes_them(detailed: Dump, plain: Dump, tight: Dump):
    assert at(detailed, 513).title.endswith("texttt{D}ual-texttt{H}ead texttt{O}ptimization")
    assert at(plain, 11).title.startswith("Retrieval-Augmented Meta Learning")
    assert at(plain, 379).title.endswith("with Contrastive Learning")
    assert at(tight, 3).title.startswith("Knowledge Restore and Transfer")
    assert at(tight, 71).title.startswith("iCaRL:")
    assert at(tight, 255).title.startswith("COCO is \"ALL'' You Need")
    assert at(tight, 307).title.startswith("FreeAL:")


def test_the_real_pages_hold_304_distinct_papers(detailed: Dump, plain: Dump, tight: Dump):
    entries = [*detailed.entries, *plain.entries, *tight.entries]
    assert len(entries) == 322
    assert len(resolve(entries)) == 304


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n\n", "\r\r\n", "  \n", "\t\n", "\u00a0\n"])
def test_the_way_lines_end_changes_nothing_about_the_real_papers(ending: str, shared: Path):
    for path in sorted((shared / "dumps").iterdir()):
        text = path.read_text(encoding="utf-8")
        changed = read_dump(RawDump(name="x", data=text.replace("\n", ending).encode()))
        assert [bare(entry) for entry in changed.entries] == [
            bare(entry) for entry in read(path).entries
        ]
        assert changed.rejects == ()


def bare(entry: Entry) -> tuple[object, ...]:
    return (
        entry.title,
        entry.abstract,
        entry.authors,
        entry.organisation,
        entry.published,
        entry.comments,
    )


@pytest.mark.parametrize("layout", ["spaced-with-details", "spaced-plain", "tight"])
def test_a_sample_has_the_layout_that_it_is_named_after(layout: str):
    dump = read(SAMPLES / f"{layout}.txt")
    assert dump.layout is Layout(layout)
    assert len(dump.entries) == 14
    assert (dump.rejects, dump.notes) == ((), ())


def test_samples_are_marked_as_invented_and_overlap():
    entries = [entry for path in sorted(SAMPLES.glob("*.txt")) for entry in read(path).entries]
    assert all(entry.abstract.endswith(MARK) for entry in entries)
    assert (len(entries), len(resolve(entries))) == (42, 37)


def test_the_detailed_sample_shows_every_kind_of_detail():
    entries = read(SAMPLES / "spaced-with-details.txt").entries
    assert {entry.authors for entry in entries} >= {None, 1, 12}
    assert {entry.organisation_handle for entry in entries} == {None, "aldine-lab", "Otterbach"}
    assert {e.published.year for e in entries if e.published} >= {2021, 2022, 2023, 2024, 2025}
    assert any(entry.published is None for entry in entries)
    assert any(entry.comments is None for entry in entries)
