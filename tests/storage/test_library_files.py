"""Files of libraries: read whatever they are called, and refused with a reason where they can't."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.library_files import MAX_BYTES, FileKind, NotALibrary, read_library

BIBTEX = r"""
@string{nips = "NeurIPS"}
@article{vaswani2017, title={{Attention} Is All You Need}, journal=nips,
  eprint={1706.03762}, archivePrefix={arXiv}, abstract={We propose the {\"U}bertransformer.}}
@misc{godel, title = "On G{\"o}del's $\omega$-consistency", doi = {10.48550/arXiv.2501.01234}}
@article{broken, title={Oh {no}
@article{after, title={A paper after the broken one}, url={https://arxiv.org/abs/2412.00001v2}}
@article{after, title={Another one under a key that is taken}}
@book{untitled, author={Somebody}}
"""

RIS = """TY  - JOUR
TI  - Attention is all you need
AB  - We propose
  a transformer
UR  - https://arxiv.org/abs/1706.03762v5
ER  -

TY  - CONF
T1  - A record that was never ended
N2  - Its abstract
TY  - JOUR
DO  - 10.1000/nothing
ER  -
TY  - THES
TI  - The last one, not ended either
"""

CSL = [
    {"title": "Attention <i>Is</i> All You Need", "DOI": "10.48550/arXiv.1706.03762"},
    {"title": ["A title in a list"], "abstract": "<jats:p>Its abstract.</jats:p>"},
    {"author": [{"family": "Nobody"}]},
    "no object",
    {"title": 7},
]

LIST = """# what I read
1706.03762
- https://huggingface.co/papers/2501.01234
3. “A Title in Quotes and a Numbered List”
A plain title: with a colon

https://example.org/paper.pdf
math.GT/0309136
"""


def read(text: str | bytes):
    return read_library(text if isinstance(text, bytes) else text.encode())


def titles(found) -> list[str]:
    return [one.shelved.title for one in found.items]


def ids(found) -> list[str | None]:
    return [one.shelved.arxiv_id for one in found.items]


def test_bibtex_is_read_on_behind_a_broken_entry():
    found = read(BIBTEX)
    assert found.kind is FileKind.BIBTEX
    assert titles(found) == [
        "Attention Is All You Need",
        "On Gödel's $\\omega$-consistency",
        "A paper after the broken one",
        "Another one under a key that is taken",
    ]
    assert ids(found) == ["1706.03762", "2501.01234", "2412.00001", None]
    assert found.items[0].shelved.abstract == "We propose the Übertransformer."
    assert [(one.line, one.reason.split(":")[0]) for one in found.unread] == [
        (6, "the entry is broken"),
        (9, "it has no title"),
    ]


def test_a_ris_record_without_an_end_is_not_lost():
    found = read(RIS)
    assert found.kind is FileKind.RIS
    assert titles(found) == [
        "Attention is all you need",
        "A record that was never ended",
        "The last one, not ended either",
    ]
    assert ids(found)[0] == "1706.03762"
    assert found.items[0].shelved.abstract == "We propose a transformer"
    assert found.items[1].shelved.abstract == "Its abstract"
    assert [(one.line, one.reason) for one in found.unread] == [(11, "it has no title")]


@pytest.mark.parametrize("wrapped", [CSL, {"items": CSL}])
def test_csl_json_is_read_without_its_markup(wrapped):
    found = read(json.dumps(wrapped))
    assert found.kind is FileKind.CSL
    assert titles(found) == ["Attention Is All You Need", "A title in a list"]
    assert ids(found) == ["1706.03762", None]
    assert found.items[1].shelved.abstract == "Its abstract."
    assert [one.line for one in found.unread] == [3, 4, 5]


def test_a_list_holds_ids_addresses_and_titles():
    found = read(LIST)
    assert found.kind is FileKind.LIST
    assert ids(found) == ["1706.03762", "2501.01234", None, None, "math.gt/0309136"]
    assert titles(found)[2:4] == [
        "A Title in Quotes and a Numbered List",
        "A plain title: with a colon",
    ]
    (unread,) = found.unread
    assert unread.line == 7
    assert "holds no arXiv id" in unread.reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_old_programs_write_other_encodings(encoding):
    found = read("Über Gödel – ein Überblick\r\nThe second line\r\n".encode(encoding))
    assert titles(found) == ["Über Gödel – ein Überblick", "The second line"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no paper stands in this file"),
        (b"  \n# only a note\n", "no paper stands in this file"),
        (b"%PDF-1.7 \x00\x01", "no text file"),
        (b"PK\x03\x04...", "no text file"),
        (b"text\0text", "no text file"),
        (b"[{]", "is broken"),
        (b"{}", "no list of papers"),
        (b"[" * 100_000, "nest too deep"),
        (b"\xff\xfex", "save it as UTF-8"),
        (b"x" * (MAX_BYTES + 1), "MB are the most"),
        (b"@article{" * 10_001, "export it in parts"),
        (b"a title\n" * 6_000, "5,000 are the most at once"),
        (b"a\n" * 20_001, "more than 20,000 lines"),
    ],
    ids=lambda one: str(one[:12]) if isinstance(one, bytes) else "",
)
def test_what_is_no_library_is_refused_with_the_remedy(data, said):
    with pytest.raises(NotALibrary) as refused:
        read(data)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "items", "unread"),
    [
        ("@article{a, title={" + "x" * 1_000_000 + "}}", 0, 1),
        ("@article{a, title={Fine}, abstract={" + "long " * 200_000 + "}}", 1, 0),
        ("@article{a, title={" + "{" * 100_000 + "x" + "}" * 100_000 + "}}", 0, 1),
        ("@article{a, title={" + "{" * 400 + "deep" + "}" * 400 + "}}", 1, 0),
        ("@article{a, title={" + "{" * 100_000, 0, 1),
        ("@string{a=b}\n@string{b=a}\n@article{x,title=a}", 1, 0),
        ("TY  - JOUR\nTI  - " + "x" * 1_000_000 + "\nER  - ", 0, 1),
        ("x" * 1_000_000, 0, 1),
    ],
    ids=["field", "abstract", "braces", "deep", "unclosed", "circle", "ris", "line"],
)
def test_hostile_files_end_in_a_line_that_says_why(text, items, unread):
    found = read(text)
    assert (len(found.items), len(found.unread)) == (items, unread)
    for one in found.items:
        assert len(one.shelved.abstract) <= 8_000
    for one in found.unread:
        assert len(one.text) <= 80


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=300),
    st.sampled_from(["", "@article{a, title={", "TY  - JOUR\nTI  - ", '[{"title": "', "\\"]),
)
def test_any_text_is_read_or_refused(text, before):
    try:
        found = read((before + text).encode("utf-8", "replace"))
    except NotALibrary:
        return
    for one in found.items:
        assert one.shelved.title or one.shelved.arxiv_id
        assert "\n" not in one.shelved.title


def test_nothing_of_a_library_is_logged(caplog):
    caplog.set_level(0)
    read(BIBTEX)
    assert caplog.text == ""
