"""A file that was cut is read as far as it goes, and says so."""

import pytest
from fakes.pages import abstract, page

from storage.dumps import read_dump
from storage.records import RawDump

TITLES = [f"Sparse Attention for Invented Task Number {n}" for n in range(6)]
WHOLE = page(TITLES)


def cut(at: int) -> RawDump:
    return RawDump(name="cut.txt", data=WHOLE[:at])


def test_a_cut_within_an_abstract_is_told():
    middle = WHOLE.rindex(b"On four invented benchmarks it improves") + 20
    dump = read_dump(cut(middle))
    assert len(dump.entries) == 6
    assert dump.entries[-1].abstract == abstract(TITLES[-1])[: len(dump.entries[-1].abstract)]
    (note,) = dump.notes
    assert f"line {dump.entries[-1].lines[-1]}" in note
    assert "cut" in note


@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n"])
def test_a_whole_file_is_not_called_cut(tail):
    assert read_dump(RawDump(name="whole.txt", data=WHOLE.rstrip() + tail)).notes == ()


def test_an_abstract_that_the_page_itself_clipped_is_not_called_cut():
    clipped = WHOLE.replace(abstract(TITLES[-1]).encode(), abstract(TITLES[-1])[:160].encode())
    assert read_dump(RawDump(name="clipped.txt", data=clipped)).notes == ()


@pytest.mark.parametrize("at", range(len(WHOLE) - 900, len(WHOLE), 7))
def test_wherever_the_last_paper_is_cut_it_is_kept_in_part_or_rejected_or_was_whole(at):
    dump = read_dump(cut(at))
    assert [entry.title for entry in dump.entries[:4]] == TITLES[:4]
    last = dump.entries[-1]
    # A cut behind a full stop cannot be told from an abstract that ends there.
    seems_whole = last.published is not None or last.abstract.endswith(".")
    assert seems_whole or dump.notes or dump.rejects
