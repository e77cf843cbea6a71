"""Pages as others capture them: with menus, tabs and labels, translated, or with joined lines."""

from datetime import date

import pytest
from fakes.pages import abstract

from storage.dumps import NotADump, read_dump
from storage.records import Dump, RawDump

TITLES = tuple(f"Sparse Attention for {what}" for what in ("Ships", "Kitchens", "Farms", "Rivers"))
GAPS = pytest.mark.parametrize("gap", ["\n\n", "\n"], ids=["spaced", "tight"])


def read(*blocks: str, gap: str = "\n\n") -> Dump:
    dump = read_dump(RawDump(name="page.txt", data=gap.join(blocks).encode()))
    told = [n for e in dump.entries for n in e.lines] + [r.line for r in dump.rejects]
    written = [n for n, line in enumerate(gap.join(blocks).split("\n"), 1) if line.strip()]
    assert sorted([*told, *dump.furniture]) == written
    return dump


def titles(dump: Dump) -> tuple[str, ...]:
    assert all(entry.abstract == abstract(entry.title) for entry in dump.entries)
    return tuple(entry.title for entry in dump.entries)


@GAPS
@pytest.mark.parametrize("label", ["Abstract", "AI-generated summary", "View PDF"])
def test_a_label_between_each_title_and_its_abstract_is_no_title(label: str, gap: str):
    dump = read(*(part for one in TITLES for part in (one, label, abstract(one))), gap=gap)
    assert titles(dump) == TITLES
    assert {reject.text for reject in dump.rejects} == {label}
    assert {"again and again" in reject.reason for reject in dump.rejects} == {True}


def test_the_label_of_a_single_paper_is_known_by_its_word():
    assert titles(read("Daily Papers", "Subscribe", TITLES[0], "Abstract", abstract(TITLES[0])))


@GAPS
def test_a_label_below_the_abstracts_takes_no_details_away(gap: str):
    blocks = [
        part
        for number, one in enumerate(TITLES, 1)
        for part in (one, abstract(one), "Read more", f"• {number} authors\n·\nJun 14, 2022 5")
    ]
    dump = read(*blocks, gap=gap)
    assert titles(dump) == TITLES
    assert [(one.authors, one.comments) for one in dump.entries] == [(n, 5) for n in range(1, 5)]


def test_a_title_that_stands_on_three_pages_is_no_label():
    page = [part for one in TITLES for part in (one, abstract(one))]
    assert titles(read(*page, *page, *page)) == TITLES * 3


@GAPS
def test_menus_tabs_and_footers_of_the_site_are_furniture(gap: str):
    above = ("Hugging Face", "Models", "Datasets", "Log In", "Daily Papers", "Daily", "Weekly")
    period = ("Week 44, 2025", "October 2025", "Oct 27 - Nov 2")
    papers = [part for one in TITLES for part in (one, abstract(one))]
    below = ("Previous", "Next", "© Hugging Face", "TOS")
    dump = read(*above, *period, *papers, *below, gap=gap)
    assert titles(dump) == TITLES
    assert dump.rejects == ()


def test_menus_alone_make_no_dump_of_a_web_page():
    with pytest.raises(NotADump):
        read("Models", "Pricing", "About", "Our shop", "We sell lamps and chairs.", "Privacy")


@pytest.mark.parametrize(
    ("who", "when"),
    [
        ("• 14 auteurs", "14 juin 2022 3"),
        ("• 14 Autoren", "14. Juni 2022 3"),
        ("• 14 autores", "14 de junio de 2022 3"),
        ("• 14 autori", "14 giu 2022 3"),
        ("• 14 位作者", "2022年6月14日 3"),
        ("• 14 authors", "14 Jun 2022 3"),
        ("• 14 authors", "2022-06-14 3"),
    ],
)
def test_details_of_a_translated_page_are_read(who: str, when: str):
    (entry,) = read(TITLES[0], abstract(TITLES[0]), f"{who}\n·\n{when}").entries
    assert (entry.authors, entry.comments, entry.published) == (14, 3, date(2022, 6, 14))


def test_a_word_that_is_no_month_makes_no_date():
    shown = (TITLES[0], "3 Marbles in May", "7 Marches", TITLES[1])
    assert titles(read(*(part for one in shown for part in (one, abstract(one))))) == shown


@pytest.mark.parametrize("who", ["• 14 authors", "naver-ai NAVER AI Lab", "_lab Lab"])
def test_details_joined_on_one_line_are_taken_apart(who: str):
    (entry,) = read(TITLES[0], abstract(TITLES[0]), f"{who} · Jun 14, 2022 3").entries
    assert (entry.published, entry.comments) == (date(2022, 6, 14), 3)
    assert (entry.authors == 14) is (who[0] == "•")
    assert (entry.organisation is None) is (who[0] == "•")


@GAPS
def test_a_short_line_above_the_papers_is_no_abstract(gap: str):
    papers = [part for one in TITLES for part in (one, abstract(one))]
    dump = read("S'abonner", "Articles du jour", "Bientôt.", *papers, gap=gap)
    assert titles(dump) == TITLES
    assert len(dump.rejects) == 3


@pytest.mark.parametrize("title", ["GPT-4", "Qwen3", "Llama-3"])
def test_the_name_of_a_model_alone_is_a_title(title: str):
    shown = (TITLES[0], title, TITLES[1])
    assert titles(read(*(part for one in shown for part in (one, abstract(one))))) == shown
