"""What feeds and APIs give becomes the same entries as a page, and what is broken is refused."""

import gzip
import json
from datetime import date

import pytest
from fakes import source_shapes as shapes
from fakes.pages import abstract, page

from storage.dumps import NotADump, read_dump, unpacking
from storage.facts import Announced, Facts, from_text, to_text
from storage.layouts import Layout
from storage.records import Dump, RawDump

TITLE = "Sparse Attention for Invented Tasks"


def read(data: bytes) -> Dump:
    return read_dump(RawDump(name="answer", data=data))


def refusal(data: bytes) -> str:
    with pytest.raises(NotADump) as refused:
        read(data)
    return str(refused.value)


def test_the_daily_papers_are_read_with_all_that_they_say():
    dump = read(shapes.daily_papers([("2510.00001", TITLE)]))
    assert dump.layout is Layout.DAILY_PAPERS
    (entry,) = dump.entries
    assert (entry.title, entry.abstract, entry.authors) == (TITLE, abstract(TITLE), 2)
    assert (entry.organisation_handle, entry.organisation) == ("ring-lab", "The Ring Lab")
    assert (entry.published, entry.comments, entry.arxiv_id) == (
        date(2025, 10, 27),
        4,
        "2510.00001",
    )
    assert entry.facts == Facts(
        upvotes=31,
        keywords=("rings", "chains"),
        thumbnail="https://cdn-thumbnails.huggingface.co/papers/2510.00001.png",
        is_on_hugging_face=True,
    )


def test_daily_papers_without_the_optional_fields_are_read():
    dump = read(json.dumps([{"paper": {"id": "2510.1", "title": TITLE}}, {"no": "paper"}]).encode())
    assert [entry.title for entry in dump.entries] == [TITLE]
    assert dump.entries[0].arxiv_id is None
    assert [(reject.line, reject.reason) for reject in dump.rejects] == [
        (2, "no paper in this item")
    ]


@pytest.mark.parametrize("shape", [shapes.arxiv_rss, shapes.arxiv_atom])
def test_arxiv_s_feeds_tell_new_crossed_and_replaced_papers_apart(shape):
    kinds = ["new", "cross", "replace", "replace-cross"]
    dump = read(shape([(f"2510.0000{n}v{n}", f"{TITLE} {n}", k) for n, k in enumerate(kinds, 1)]))
    assert dump.layout is Layout.FEED
    assert [entry.facts.announced for entry in dump.entries] == [
        Announced.NEW,
        Announced.CROSS,
        Announced.REPLACED,
        Announced.REPLACED,
    ]
    first = dump.entries[0]
    assert (first.title, first.abstract) == (f"{TITLE} 1", abstract(f"{TITLE} 1"))
    assert (first.arxiv_id, first.facts.version, first.authors) == ("2510.00001", 1, 2)
    assert first.author_names == ("Ada One", "Grace Two")
    assert first.facts.categories[0] == "cs.CL"
    came = date(2025, 10, 27)
    # The day of a revision is not when its paper came out.
    assert [entry.published for entry in dump.entries] == [came, came, None, None]


def test_a_harvest_tells_new_crossed_and_replaced_papers_apart_by_their_versions():
    day, past = "Sat, 25 Oct 2025 10:00:00 GMT", "Mon, 1 Sep 2025 10:00:00 GMT"
    dump = read(
        shapes.oai(
            [
                ("2510.00001", f"{TITLE} 1", [day], "cs.CL cs.LG"),
                ("2510.00002", f"{TITLE} 2", [day], "stat.ML cs.LG"),
                ("2509.00003", f"{TITLE} 3", [past, day], "cs.CL"),
                ("2509.00004", f"{TITLE} 4", [past], "cs.CL"),
            ]
        )
    )
    assert dump.layout is Layout.OAI_PMH
    assert [(entry.facts.announced, entry.facts.version) for entry in dump.entries] == [
        (Announced.NEW, 1),
        (Announced.CROSS, 1),
        (Announced.REPLACED, 2),
        (Announced.REPLACED, 1),  # its metadata were touched, weeks later
    ]
    assert dump.entries[0].author_names == ("Ada One", "Grace Two", "Alan Three")
    assert dump.entries[0].facts.categories == ("cs.CL", "cs.LG")
    assert dump.entries[0].published == date(2025, 10, 25)


def test_any_feed_of_papers_is_read_with_dois_and_without_markup():
    (entry,) = read(shapes.journal_rss([TITLE])).entries
    assert (entry.title, entry.abstract.strip()) == (TITLE, abstract(TITLE))
    assert (entry.facts.doi, entry.arxiv_id) == ("10.1000/j.1", None)
    assert entry.author_names == ("Ada One", "Grace Two")
    assert entry.facts.url == "https://journal.example/a/1"
    assert entry.published == date(2025, 10, 27)


def test_arxiv_s_snapshot_is_read_line_by_line():
    data = shapes.snapshot(3) + b'{"broken": \n' + b'{"no": "paper"}\n' + shapes.snapshot_line(4)
    dump = read(data)
    assert dump.layout is Layout.JSON_LINES
    assert [entry.title for entry in dump.entries] == [
        f"Invented Paper Number {n}" for n in (1, 2, 3, 4)
    ]
    first = dump.entries[0]
    assert (first.arxiv_id, first.facts.doi, first.facts.version) == (
        "1000.00001",
        "10.1000/s.1",
        1,
    )
    assert (first.author_names, first.published) == (("Ada One", "Grace Two"), date(2007, 4, 2))
    assert [(reject.line, reject.reason) for reject in dump.rejects] == [
        (4, "this line is no JSON"),
        (5, "no title and abstract here"),
    ]


def test_lines_of_one_s_own_need_a_title_and_an_abstract():
    own = {
        "title": TITLE,
        "abstract": abstract(TITLE),
        "authors": ["Ada One"],
        "published": "2025-10-27",
    }
    for data in (json.dumps(own), json.dumps([own]), json.dumps([own], indent=2)):
        (entry,) = read(data.encode()).entries
        assert (entry.title, entry.author_names, entry.published) == (
            TITLE,
            ("Ada One",),
            date(2025, 10, 27),
        )


def test_a_compressed_dump_is_read_as_what_is_in_it():
    assert len(read(gzip.compress(shapes.snapshot(2))).entries) == 2
    assert len(read(gzip.compress(page([TITLE]))).entries) == 1
    assert (
        len(read(gzip.compress(shapes.snapshot(2)) + gzip.compress(shapes.snapshot(1, 3))).entries)
        == 3
    )


def test_a_compressed_bomb_goes_off_in_a_bounded_room(monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_BYTES", 100_000)
    bomb = gzip.compress(gzip.compress(b" " * 50_000_000))
    assert "unpacks to more than" in refusal(gzip.compress(b" " * 50_000_000))
    assert len(bomb) < 1_000
    assert refusal(bomb)


def test_an_archive_that_is_cut_off_is_refused():
    assert "cut off or damaged" in refusal(gzip.compress(shapes.snapshot(50))[:-20])


BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss version="2.0"><channel><item><title>&c;</title></item>
</channel></rss>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("bomb", [BOMB, OUTSIDE])
def test_entities_of_a_feed_s_own_are_refused(bomb: bytes, encoding: str):
    assert "declares entities" in refusal(bomb.decode().encode(encoding))


@pytest.mark.parametrize(
    "whole",
    [
        shapes.daily_papers([("2510.00001", TITLE), ("2510.00002", TITLE + " 2")]),
        shapes.arxiv_rss([("2510.00001v1", TITLE, "new")]),
        shapes.arxiv_atom([("2510.00001v1", TITLE, "new")]),
        shapes.oai([("2510.00001", TITLE, ["Sat, 25 Oct 2025 10:00:00 GMT"], "cs.CL")]),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_an_answer_that_breaks_off_is_refused_and_nothing_of_it_is_taken(
    whole: bytes, share: float
):
    assert refusal(whole[: int(len(whole) * share)])


@pytest.mark.parametrize(
    "empty",
    [
        b"[]",
        shapes.arxiv_rss([]),
        shapes.arxiv_atom([]),
        shapes.oai([]),
        shapes.oai_error("noRecordsMatch"),
    ],
)
def test_an_answer_without_a_paper_is_no_dump(empty: bytes):
    assert refusal(empty)


def test_facts_come_back_as_they_were_kept():
    facts = Facts(keywords=("A", "Ö"), doi="10.1/x", version=2, is_on_hugging_face=True)
    assert from_text(to_text(facts)) == facts
    assert to_text(Facts()) is None
    assert from_text(None) == Facts()
