"""Detail lines: authors, organisation, date and comments, and the year that a page leaves out."""

from datetime import date

import pytest
from fakes.pages import abstract

from storage.dumps import read_dump
from storage.records import Dump, Entry, RawDump

TITLES = (
    "Ring Messages for Molecular Graphs",
    "Listening with a List: Contextual Decoding for Rare Names",
    "Small Followers of Large Teachers",
)
FULL = "  • 3 authors\n·\nSep 8, 2021"


def page(*details: str, head: str = "Oct 28") -> str:
    """A page with a paper for each block of details; "" is a paper without any."""
    blocks = ["Daily Papers", head] if head else ["Daily Papers"]
    for title, lines in zip(TITLES, details, strict=False):
        blocks += [title, abstract(title), *([lines] if lines else [])]
    return "\n\n".join(blocks)


def read(text: str, year: int | None = None) -> Dump:
    dump = read_dump(RawDump(name="page.txt", data=text.encode(), year=year))
    assert [entry.title for entry in dump.entries] == list(TITLES[: len(dump.entries)])
    assert all(entry.abstract == abstract(entry.title) for entry in dump.entries)
    return dump


def first(details: str, *others: str, head: str = "Oct 28", year: int | None = None) -> Entry:
    dump = read(page(details, *others, head=head), year)
    assert len(dump.entries) == 1 + len(others)
    assert dump.rejects == ()
    return dump.entries[0]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("  • 14 authors", 14),
        ("• 1 author", 1),
        ("  • 1 authors", 1),
        ("•\u00a07\u00a0authors", 7),
        ("\t•\t 12  authors ", 12),
        ("· 5 authors", 5),
        ("5 authors", 5),
        ("• 1,024 authors", 1024),
        ("• 3\u202f024 authors", 3024),
        ("\ufffd 9 authors", 9),
    ],
)
def test_the_number_of_authors_is_read(line: str, authors: int):
    assert first(f"{line}\n·\nJun 14, 2022").authors == authors


@pytest.mark.parametrize(
    ("line", "handle", "name"),
    [
        ("naver-ai NAVER AI Lab", "naver-ai", "NAVER AI Lab"),
        ("Salesforce Salesforce", "Salesforce", "Salesforce"),
        ("Otterbach", "Otterbach", "Otterbach"),
        ("acme.ai_2   Acme,  Inc. (Research)", "acme.ai_2", "Acme,  Inc. (Research)"),
        ("uni-köln Universität zu Köln", "uni-köln", "Universität zu Köln"),
    ],
)
def test_an_organisation_is_a_handle_and_a_name(line: str, handle: str, name: str):
    for below in ("·\nJun 14, 2022 3", "Jun 14, 2022 3", "·"):
        entry = first(f"{line}\n{below}", FULL)
        assert (entry.organisation_handle, entry.organisation) == (handle, name)
        assert entry.authors is None


def test_an_organisation_may_stand_alone_where_handle_and_name_agree():
    entry = first("acme-ai Acme AI Lab", FULL)
    assert (entry.organisation_handle, entry.organisation) == ("acme-ai", "Acme AI Lab")


def test_a_title_that_lost_its_abstract_is_no_organisation():
    dump = read(
        page("", FULL).replace(abstract(TITLES[0]), abstract(TITLES[0]) + "\n\nRings Again")
    )
    assert dump.entries[0].organisation is None
    assert [(reject.line, reject.reason) for reject in dump.rejects] == [
        (9, "a title without an abstract")
    ]


def test_authors_and_organisation_may_both_be_there():
    for lines in ("• 4 authors\nacme-ai Acme AI", "acme-ai Acme AI\n• 4 authors"):
        entry = first(f"{lines}\n·\nJun 14, 2022")
        assert (entry.authors, entry.organisation) == (4, "Acme AI")


@pytest.mark.parametrize(
    ("line", "published", "comments"),
    [
        ("Jun 14, 2022 3", date(2022, 6, 14), 3),
        ("Jun 14, 2022", date(2022, 6, 14), None),
        ("Jun 11", date(2025, 6, 11), None),
        ("Sep 8 7", date(2025, 9, 8), 7),
        ("Sep 8 1,024", date(2025, 9, 8), 1024),
        ("Sep 8, 2023 1.2k", date(2023, 9, 8), 1200),
        ("Sep 8, 2023\u00a02k", date(2023, 9, 8), 2000),
        ("September 8, 2023 0", date(2023, 9, 8), 0),
        ("Feb 29, 2024", date(2024, 2, 29), None),
        ("Oct 28", date(2025, 10, 28), None),
    ],
)
def test_a_date_line_is_a_date_and_the_comments(
    line: str, published: date | None, comments: int | None
):
    entry = first(f"• 2 authors\n·\n{line}", "• 3 authors\n·\nJul 3, 2024")
    assert (entry.published, entry.comments) == (published, comments)


def test_a_year_stands_behind_a_comma_only():
    dump = read(page("• 2 authors\n·\nSep 8 2025", "• 3 authors\n·\nJul 3, 2023"))
    assert (dump.entries[0].published, dump.entries[0].comments) == (date(2024, 9, 8), 2025)
    assert "could be years" in dump.notes[0]
    assert "line 11 “Sep 8 2025”" in dump.notes[0]


@pytest.mark.parametrize(
    ("details", "authors", "published", "comments"),
    [
        ("", None, None, None),
        ("• 4 authors", 4, None, None),
        ("Jun 14, 2022 3", None, date(2022, 6, 14), 3),
        ("• 4 authors\nJun 14, 2022", 4, date(2022, 6, 14), None),
        ("·\nJun 14, 2022", None, date(2022, 6, 14), None),
        ("• 4 authors\n·", 4, None, None),
    ],
)
def test_details_may_be_missing(
    details: str, authors: int | None, published: date | None, comments: int | None
):
    for others in ((FULL,), (FULL, FULL)):
        entry = first(details, *others)
        assert (entry.authors, entry.published, entry.comments) == (authors, published, comments)
    last = read(page(FULL, details)).entries[1]
    assert (last.authors, last.published, last.comments) == (authors, published, comments)


@pytest.mark.parametrize(
    "title",
    ["14 Authors Walk into a Bar", "1 Author Is Enough", "May 2024 in Review", "June 11: A Diary"],
)
def test_a_title_that_looks_like_a_detail_survives(title: str):
    text = page(FULL, FULL, FULL).replace(TITLES[1], title)
    dump = read_dump(RawDump(name="page.txt", data=text.encode()))
    assert [entry.title for entry in dump.entries] == [TITLES[0], title, TITLES[2]]
    assert [entry.authors for entry in dump.entries] == [3, 3, 3]


@pytest.mark.parametrize("line", ["Feb 30, 2021", "Jun 99 4", "Feb 30", "Jun 0"])
def test_a_day_that_does_not_exist_leaves_the_paper_without_a_date(line: str):
    dump = read(page(f"• 2 authors\n·\n{line}", FULL))
    assert (dump.entries[0].authors, dump.entries[0].published) == (2, None)
    assert dump.entries[0].lines[-1] == 11
    assert dump.notes == (f"Dates that are not in the calendar were left out: line 11 “{line}”.",)


def test_a_line_that_is_almost_a_date_is_rejected_and_the_paper_kept():
    dump = read(page(FULL, "• 2 authors\n·\nJun 14, 20"))
    assert (dump.entries[1].authors, dump.entries[1].published) == (2, None)
    assert [(reject.line, reject.text) for reject in dump.rejects] == [(19, "Jun 14, 20")]
    assert "looks cut" in dump.rejects[0].reason


# --- the year of the capture ---------------------------------------------------------------


def bare(*dates: str, head: str = "Oct 28", year: int | None = None) -> list[date | None]:
    dump = read(page(*(f"• 2 authors\n·\n{when}" for when in dates), head=head), year)
    return [entry.published for entry in dump.entries]


def test_the_year_is_the_one_after_the_last_that_is_written():
    assert bare("Jun 11", "Jul 3, 2019", "Mar 1, 2017") == [
        date(2020, 6, 11),
        date(2019, 7, 3),
        date(2017, 3, 1),
    ]
    assert bare("Jun 11", "Jul 3, 2019", head="")[0] == date(2020, 6, 11)


@pytest.mark.parametrize("year", [2019, 2024, 2030])
def test_a_stated_year_wins(year: int):
    assert bare("Jun 11", "Jul 3, 2018", year=year)[0] == date(year, 6, 11)


def test_a_stated_year_that_contradicts_the_page_is_noted():
    text = page("• 2 authors\n·\nJun 11", "• 3 authors\n·\nJul 3, 2022")
    assert read(text, year=2021).entries[0].published == date(2021, 6, 11)
    assert "The year of the capture, 2021, contradicts the page" in read(text, year=2021).notes[0]
    assert read(text, year=2023).notes == ()


def test_the_29_february_of_a_paper_needs_a_leap_year():
    assert bare("Feb 29", "Jul 3, 2021", "Jan 5") == [
        date(2024, 2, 29),
        date(2021, 7, 3),
        date(2024, 1, 5),
    ]


def test_the_29_february_of_a_page_needs_a_leap_year():
    assert bare("Jan 5", "Jul 3, 2024", head="Feb 29")[0] == date(2028, 1, 5)


def test_a_29_february_in_a_stated_year_without_one_is_left_out():
    text = page("• 2 authors\n·\nFeb 29", FULL)
    assert read(text, year=2025).entries[0].published is None
    assert "not in the calendar of 2025" in read(text, year=2025).notes[0]


def test_without_any_year_the_dates_are_left_out_and_the_remedy_is_named():
    dump = read(page("• 2 authors\n·\nJun 11 4", "• 3 authors\n·\nMay 2"))
    assert [(entry.published, entry.comments) for entry in dump.entries] == [
        (None, 4),
        (None, None),
    ]
    assert len(dump.notes) == 1
    assert "--year" in dump.notes[0]
    assert bare("Jun 11", "May 2", year=2023) == [date(2023, 6, 11), date(2023, 5, 2)]


def test_a_date_later_than_the_page_is_not_guessed_at():
    text = page("• 2 authors\n·\nDec 29", "• 3 authors\n·\nFeb 1", FULL, head="Mar 3")
    dump = read(text)
    assert [entry.published for entry in dump.entries] == [None, date(2022, 2, 1), date(2021, 9, 8)]
    assert "later than the page's own" in dump.notes[0]
    assert "--year" in dump.notes[0]
    assert read(text, year=2022).entries[0].published == date(2022, 12, 29)
    assert "read as of 2022" in read(text, year=2022).notes[0]


def test_a_date_on_the_very_day_of_the_page_is_of_its_year():
    assert bare("Mar 3", "Jul 3, 2021", head="Mar 3")[0] == date(2022, 3, 3)


@pytest.mark.parametrize("written", ["Jul 3, 9999", "Jul 3, 0000"])
@pytest.mark.parametrize("stated", [None, 0, -3, 10_000])
def test_a_year_that_no_calendar_has_is_no_crash(written: str, stated: int | None):
    dump = read(page(f"• 2 authors\n·\n{written}", "• 3 authors\n·\nMay 2"), year=stated)
    assert len(dump.entries) == 2
    assert dump.entries[1].published is None
    assert dump.notes


def test_a_page_with_a_year_in_its_own_date_is_of_that_year():
    assert bare("Jun 11", "Jul 3, 2019", head="Oct 28, 2024")[0] == date(2024, 6, 11)


def test_each_page_of_a_dump_has_its_own_year():
    one = page("• 2 authors\n·\nJun 11", "• 3 authors\n·\nJul 3, 2022")
    other = page("• 2 authors\n·\nJan 9", "• 3 authors\n·\nJul 3, 2018", head="Mar 2")
    dump = read_dump(RawDump(name="two.txt", data=f"{one}\n\n{other}".encode()))
    assert [entry.published for entry in dump.entries] == [
        date(2023, 6, 11),
        date(2022, 7, 3),
        date(2019, 1, 9),
        date(2018, 7, 3),
    ]


def test_the_date_of_a_paper_that_cannot_be_read_still_tells_the_year():
    text = page("• 2 authors\n·\nJun 11", "• 3 authors\n·\nJul 3, 2024", FULL)
    dump = read_dump(RawDump(name="x", data=text.replace(TITLES[1] + "\n\n", "").encode()))
    assert [entry.published for entry in dump.entries] == [date(2025, 6, 11), date(2021, 9, 8)]
    assert [reject.line for reject in dump.rejects] == [13, 15, 16, 17]
