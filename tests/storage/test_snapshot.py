"""A line of a snapshot is read the fast way just as the slow way reads it."""

import json

import pytest
from fakes import source_shapes as shapes
from hypothesis import given
from hypothesis import strategies as st

from storage.dumps import documents, jsonl, snapshot
from storage.dumps.snapshot import COLUMNS, Plain
from storage.identity import arxiv_key, title_key
from storage.known import columns
from storage.records import Entry, Reject


def slowly(line: bytes):
    found = documents.entry(jsonl.read_line(7, line))
    if isinstance(found, Reject):
        return found
    known = columns(found) | {
        "title": found.title,
        "abstract": found.abstract,
        "title_key": title_key(found.title),
    }
    return tuple(known[name] for name in COLUMNS)


def quickly(line: bytes):
    (found,) = snapshot.read([(7, line)])
    if isinstance(found, Reject):
        return found
    assert found.key == title_key(found.title)
    assert found.arxiv == (arxiv_key(found.arxiv) if found.arxiv else None)
    assert isinstance(found.entry(), Entry)
    return found[: len(COLUMNS)]


def line(**changes: object) -> bytes:
    return json.dumps(json.loads(shapes.snapshot_line(3)) | changes).encode()


CHANGES = [
    {},
    {"title": "A  \n  Title\twith\x0bspaces "},
    {"title": "\u00a0Über\u2003Ringe\u2028"},
    {"title": "x" * 1_001},
    {"title": ""},
    {"title": None},
    {"abstract": " two  spaces\r\n"},
    {"abstract": "y" * 20_001},
    {"abstract": ""},
    {"id": "hep-th/9901001"},
    {"id": "math.GT/0309136"},
    {"id": "2501.00001v3"},
    {"id": "no id"},
    {"id": 7},
    {"arxiv_id": "2501.00002"},
    {"doi": None},
    {"doi": "DOI:10.1000/ABC."},
    {"doi": "10.48550/arXiv.2501.00001"},
    {"doi": 7},
    {"categories": ""},
    {"categories": "cs.CL cs.CL"},
    {"categories": ["cs.CL"]},
    {"categories": None},
    {"versions": []},
    {"versions": [{}]},
    {"versions": [{"version": "v1", "created": "Fri, 31 Feb 2020 00:00:00 GMT"}]},
    {"versions": [{"version": "v1", "created": "Tue, 3 Mar 2020 23:30:00 -0500"}]},
    {"versions": [{"version": "v1", "created": "2020-03-03"}] * 3},
    {"authors_parsed": []},
    {"authors_parsed": [["One", "", ""], ["", "Two", ""], ["", "", ""], []]},
    {"authors_parsed": [[" One ", "Ada  B.", ""], ["Zwölf", "É.", ""]]},
    {"authors_parsed": [["One", "Ada", ""], ["One", "Ada", ""]]},
    {"authors_parsed": [["Line\nbreak", "Ada", ""]]},
    {"authors_parsed": [[1, 2]]},
    {"authors_parsed": "Ada One"},
    {"authors_parsed": None, "authors": "Ada One and Grace Two"},
]


@pytest.mark.parametrize("changes", CHANGES, ids=repr)
def test_both_ways_give_the_same(changes):
    text = line(**changes)
    assert quickly(text) == slowly(text)


@pytest.mark.parametrize("text", [b"no json", b"[]", b"7", b"null", b'{"title": "x"}'])
def test_what_is_no_paper_is_rejected_by_both(text):
    assert isinstance(quickly(text), Reject)
    assert quickly(text) == slowly(text)


def test_a_line_as_the_snapshot_has_it_goes_the_fast_way(monkeypatch):
    monkeypatch.setattr(snapshot, "_other", None)
    (found,) = snapshot.read([(1, shapes.snapshot_line(3))])
    assert isinstance(found, Plain)


@given(title=st.text(), abstract=st.text(), names=st.lists(st.lists(st.text(), max_size=3)))
def test_both_ways_give_the_same_for_any_text(title, abstract, names):
    text = line(title=title, abstract=abstract, authors_parsed=names)
    assert quickly(text) == slowly(text)
