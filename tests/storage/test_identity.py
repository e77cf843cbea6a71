"""When two entries are one paper, and what the second adds to the first."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.identity import arxiv_key, merged, resolve, title_key, title_keys
from storage.records import Entry


def entry(title: str = "Rings and Chains", line: int = 1, **more: object) -> Entry:
    text = {"abstract": "We study rings. They are round.", **more}
    return Entry(title=title, lines=(line, line + 1), **text)  # type: ignore[arg-type] - any field


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Few-Shot Rings", "few shot rings"),
        ("Few-Shot Rings", "Few‑Shot Rings"),
        ("Few-Shot Rings", "Few–Shot  Rings."),
        ("Zero-Shot", "Zeroshot"),
        ("KeRing:Knowledge of Rings", "KeRing: Knowledge of Rings"),
        ("RING-YOLO : A Report", "RING-YOLO: A Report"),
        ("“Rings” Are All You Need?", "\"Rings'' are all you need"),
        ("texttt{R}ing-texttt{M}essages", "\\texttt{R}ing-\\texttt{M}essages"),
        ("texttt{R}ing-texttt{M}essages", "Ring-Messages"),
        ("Byte-~and Word-Level Rings", "Byte- and Word-Level Rings"),
        ("$\\mu$-Rings", "μ-Rings"),
        ("$\\mu$-Rings", "µ-Rings"),
        ("$λ$-RING", "lambda-ring"),
        ("Se^2: Rings", "Se$^2$: Rings"),
        ("Se^2: Rings", "Se²: Rings"),
        ("$\\mathcal{O}(n)$ Rings", "O(n) Rings"),
        ("{\\bf Rings} and \\emph{Chains}", "Rings and Chains"),
        ("Rings & Chains", "Rings and Chains"),
        ("Rings &amp; Chains", "Rings & Chains"),
        ("Schrödinger's Ring", 'Schr\\"odinger’s ring'),
        ("Naïve Rings", "Naive Rings"),
        ("A 16x16 Ring", "A 16×16 Ring"),
        ("A 16$\\times$16 Ring", "A 16x16 Ring"),
        ("Ｒｉｎｇｓ", "Rings"),
        ("Ring 2.5 Technical Report", "Ring-2.5: Technical Report"),
    ],
)
def test_ways_to_write_one_title_have_one_key(one: str, other: str):
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rings 2", "Rings 3"),
        ("Rings 2.5", "Rings 25"),
        ("Rings 2.5", "Rings 2-5"),
        ("Rings 1-2", "Rings 12"),
        ("Learning C", "Learning C++"),
        ("Learning C", "Learning C#"),
        ("Searching with K", "Searching with K*"),
        ("Rings: Part I", "Rings: Part II"),
        ("100 of Rings", "100% of Rings"),
        ("1+1>2 Rings", "1+1<2 Rings"),
        ("Pass@k", "Pass k*"),
        ("环上的消息", "链上的消息"),
        ("???", "!!!"),
        ("…", "$"),
        ("Rings", "Ring"),
        ("कि", "की"),
        ("が", "か"),
    ],
)
def test_titles_of_two_papers_have_two_keys(one: str, other: str):
    assert title_key(one) != title_key(other)


@given(st.text())
def test_a_title_that_says_anything_has_a_key(title: str):
    assert bool(title_key(title)) == bool(title.strip())


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=1))
def test_case_and_white_space_never_matter(title: str):
    assert title_key(f"  {title.upper()}\n") == title_key(title.upper().lower())


@pytest.mark.parametrize(
    "arxiv_id", ["2501.01234", "2501.01234v3", "arXiv:2501.01234", " ARXIV: 2501.01234v12 "]
)
def test_all_versions_of_a_paper_have_one_arxiv_key(arxiv_id: str):
    assert arxiv_key(arxiv_id) == "2501.01234"
    assert arxiv_key("hep-th/9901001v2") == "hep-th/9901001"


def test_a_later_sighting_adds_what_was_missing():
    old = entry(authors=3)
    new = entry(
        "rings and chains",
        line=9,
        authors=4,
        organisation="Ring Lab",
        organisation_handle="ringlab",
        published=date(2025, 6, 11),
        comments=2,
        arxiv_id="2501.01234",
    )
    assert merged(old, new) == entry(
        authors=3,
        organisation="Ring Lab",
        organisation_handle="ringlab",
        published=date(2025, 6, 11),
        comments=2,
        arxiv_id="2501.01234",
    )


def test_what_is_known_stays_but_a_newer_count_of_comments_wins():
    known = {"organisation": "Ring Lab", "published": date(2025, 6, 11), "arxiv_id": "2501.01234"}
    old = entry(comments=7, organisation_handle="ringlab", **known)
    assert merged(old, entry(comments=2, organisation="Other")).comments == 2
    assert merged(old, entry(comments=0)).comments == 0
    assert merged(old, entry(organisation="Other", published=date(2024, 1, 1))) == old


def test_a_clipped_abstract_is_completed_by_a_later_sighting():
    whole = "We study rings. They are round, and that is all that we know of them."
    for clipped in (whole[:31], whole[:31] + "…", whole[:31] + " ...", ""):
        assert merged(entry(abstract=clipped), entry(abstract=whole)).abstract == whole
        assert merged(entry(abstract=whole), entry(abstract=clipped)).abstract == whole
    rewritten = "We look at rings. They are round, and nothing else is known of them, as we show."
    assert merged(entry(abstract=whole), entry(abstract=rewritten)).abstract == whole


def test_duplicates_become_one_entry_in_the_order_of_first_appearance():
    found = resolve(
        [entry("Chains", 1), entry("Rings", 3), entry("CHAINS.", 5, comments=4), entry("Loops", 7)]
    )
    assert [(one.title, one.lines, one.comments) for one in found] == [
        ("Chains", (1, 2), 4),
        ("Rings", (3, 4), None),
        ("Loops", (7, 8), None),
    ]


def test_one_arxiv_id_is_one_paper_under_any_title():
    found = resolve(
        [entry("Rings", arxiv_id="2501.01234v1"), entry("Loops", arxiv_id="2501.01234")]
    )
    assert [one.title for one in found] == ["Rings"]


def test_one_title_with_two_arxiv_ids_is_two_papers():
    ids = ["2501.01234", "2502.05678"]
    found = resolve([*(entry(arxiv_id=each) for each in ids), entry(comments=5)])
    assert [(one.arxiv_id, one.comments) for one in found] == [(ids[0], 5), (ids[1], None)]


def test_an_id_may_show_later_that_two_titles_are_one_paper():
    found = resolve(
        [
            entry("Rings", 1),
            entry("Chains", 3),
            entry("Loops", 5, arxiv_id="2501.01234", comments=1),
            entry("Rings", 7, arxiv_id="2501.01234", authors=6),
            entry("Loops", 9, comments=8),
        ]
    )
    assert [(one.title, one.authors, one.comments) for one in found] == [
        ("Rings", 6, 8),
        ("Chains", None, None),
    ]


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["Rings", "rings!", "Chains", "Loops"]),
        arxiv_id=st.sampled_from([None, None, "2501.00001", "2501.00002v2", "2501.00002"]),
        comments=st.sampled_from([None, 1, 2]),
        abstract=st.sampled_from(["We study", "We study rings.", "Chains."]),
    ),
    max_size=12,
)


@given(ENTRIES)
def test_no_two_resolved_entries_are_one_paper(entries: list[Entry]):
    found = resolve(entries)
    assert resolve(found) == found
    ids = [arxiv_key(one.arxiv_id) for one in found if one.arxiv_id is not None]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {arxiv_key(one.arxiv_id) for one in entries if one.arxiv_id is not None}
    assert {title_key(one.title) for one in found} <= {title_key(one.title) for one in entries}
    without = [title_key(one.title) for one in found if one.arxiv_id is None]
    assert len(set(without)) == len(without)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_titles_have_the_key_that_the_long_way_gives(title: str):
    # An accent takes the long way, and is forgotten on it.
    assert title_key(f"a{title}") == title_key(f"a\u0301{title}")


PIECES = [
    "2.5",
    " ",
    "\n",
    "5",
    ".",
    "A Title",
    "C++",
    "&",
    "{\\it x}",
    "é",
    "?",
    "\x01",
    "\x0b",
    "-",
]


@given(st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)))
def test_many_titles_at_once_have_the_keys_of_each(titles: list[str]):
    assert title_keys(titles) == [title_key(title) for title in titles]
