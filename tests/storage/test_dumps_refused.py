"""What is no dump is refused in one sentence with the remedy; odd bytes in a dump are not."""

import codecs
import json
import sys
from pathlib import Path
from types import FrameType

import pytest
from fakes.pages import abstract, dump

from storage.dumps import MAX_BYTES, NotADump, read_dump
from storage.records import RawDump

RINGS = "Ring Messages for Molecular Graphs"
NAMES = "Listening with a List: Contextual Decoding for Rare Names"
PAGE = f"new\n\nDaily Papers\n\n{RINGS}\n\n{abstract(RINGS)}\n\n{NAMES}\n\n{abstract(NAMES)}"


def refusal(data: bytes, name: str = "file.txt") -> str:
    with pytest.raises(NotADump) as caught:
        read_dump(RawDump(name=name, data=data))
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    return message


# --- bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\n\n \t\r\n", b"\xef\xbb\xbf", " \n".encode("utf-16")])
def test_an_empty_file_is_refused_as_empty(data: bytes):
    assert "the file is empty" in refusal(data)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9, "JPEG image"),
        (b"PK\x03\x04" + bytes(range(256)) * 9, "zip archive"),
        (b"\x1f\x8b\x08" + bytes(range(256)) * 9, "gzip archive"),
        (b"SQLite format 3\x00" + bytes(900), "SQLite database"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF document"),
        (bytes(500), "full of NUL bytes"),
        (bytes(range(1, 256)) * 20, "binary"),
        (PAGE.encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (("Привет, мир. " * 99).encode("cp1251"), "not encoded as UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_by_its_kind(data: bytes, kind: str):
    message = refusal(data)
    assert kind in message
    assert "UTF-8 text file" in message


def test_a_file_that_is_far_too_large_is_refused_before_it_is_decoded():
    message = refusal(b"\xff" * (MAX_BYTES + 1))
    assert "67 MB is more than" in message
    assert "split it" in message


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_a_file_of_far_too_many_lines_is_refused(line_end: bytes):
    assert "more than 250,000 lines" in refusal(line_end * 250_001)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_the_encoding(encoding: str):
    found = read_dump(RawDump(name="x", data=PAGE.encode(encoding)))
    assert [entry.title for entry in found.entries] == [RINGS, NAMES]
    assert found.furniture == (1, 3)
    assert found.notes == ()


def test_big_endian_text_is_read():
    data = codecs.BOM_UTF16_BE + PAGE.encode("utf-16-be")
    assert len(read_dump(RawDump(name="x", data=data)).entries) == 2


@pytest.mark.parametrize("stray", [b"\xff", b"\xc3", b"\x00", b"\xe2\x80"])
def test_a_stray_byte_costs_one_character_and_a_note(stray: bytes):
    data = PAGE.encode().replace(b"realistic", b"real" + stray + b"istic", 1)
    found = read_dump(RawDump(name="x", data=data))
    assert [entry.title for entry in found.entries] == [RINGS, NAMES]
    assert "real\ufffdistic" in found.entries[0].abstract
    assert found.notes == (
        "Characters that could not be read as UTF-8 became “\ufffd”: 1, the first in line 7.",
    )


def test_a_replacement_character_of_the_page_itself_is_no_damage():
    found = read_dump(RawDump(name="x", data=PAGE.replace("realistic", "real\ufffd").encode()))
    assert found.notes == ()


def test_details_survive_the_wrong_encoding():
    data = dump(RINGS, NAMES).data.decode().encode("cp1252")
    assert [entry.authors for entry in read_dump(RawDump(name="x", data=data)).entries] == [3, 3]


def test_a_second_byte_order_mark_in_a_pasted_file_is_no_part_of_a_title():
    data = f"\ufeff{RINGS}\n\n{abstract(RINGS)}\n\n\ufeff{NAMES}\n\n{abstract(NAMES)}".encode()
    found = read_dump(RawDump(name="x", data=data))
    assert [entry.title for entry in found.entries] == [RINGS, NAMES]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1e", "\x85"])
def test_only_line_feeds_and_carriage_returns_end_a_line(separator: str):
    text = PAGE.replace("conditions and", f"conditions{separator}and", 1)
    found = read_dump(RawDump(name="x", data=text.encode()))
    assert f"conditions{separator}and" in found.entries[0].abstract
    assert [entry.lines for entry in found.entries] == [(5, 7), (9, 11)]


# --- texts that are no dumps ---------------------------------------------------------------

HTML = f"""<!DOCTYPE html>
<html><head><title>Daily Papers</title></head>
<body>
<h3><a href="/papers/1">{RINGS}</a></h3>
<p class="line-clamp">{abstract(RINGS)}</p>
<h3><a href="/papers/2">{NAMES}</a></h3>
<p class="line-clamp">{abstract(NAMES)}</p>
</body></html>
"""
RECORDS = [
    {"title": title, "summary": abstract(title), "upvotes": n}
    for n, title in enumerate((RINGS, NAMES))
]
PYTHON = '''"""Rings and chains."""

import math
from collections.abc import Sequence


def message(ring: Sequence[float], chain: Sequence[float]) -> float:
    """The message that a ring sends along a chain; see the paper for the derivation of it all."""
    total = sum(math.sin(x) * y for x, y in zip(ring, chain, strict=True))
    return total if total > 0 else -total


class Ring:
    """A ring."""

    def __init__(self, atoms: int) -> None:
        self.atoms = atoms
'''
README = """# Ringer

Ringer sends messages around rings. It is small, fast and has no dependencies, and it has been in
use for three years by now in several laboratories that work on molecules.

## Install

    pip install ringer

## Use

Import it and call `ringer.send`. The result is a list of numbers, one for each atom of the ring, in
the order in which the atoms stand in the file. See the examples for more.

* It reads five formats.
* It writes two.
"""
CSV = "id,title,year,score\n" + "\n".join(
    f"{n},Ring number {n},{2000 + n},0.{n}" for n in range(40)
)
LOG = "\n".join(
    f"2025-11-03T10:{n:02}:00Z INFO worker[{n}] fetched page {n} in {n * 13} ms (status=200, "
    f"bytes={n * 1000})" + " retry=1" * (n % 2)
    for n in range(60)
)
MAIL = """From: Ada <ada@example.org>
To: Grace <grace@example.org>
Subject: The reading group on Thursday
Date: Mon, 3 Nov 2025 10:00:00 +0000

Dear Grace,

would it suit you to move the reading group to Thursday? The room is free from two to four, and I
have asked the others already. We would read the paper on rings first and then, if there is time
left, the one on chains. Please tell me until tomorrow, because the room has to be booked by then.

Best wishes
Ada
"""
PROSE = "\n\n".join(
    f"It was a quiet morning, the {n}th of that autumn, and the paper girl was late. She had read "
    "every headline on her way, as she always did, and had forgotten the time. When she came to "
    "the last house the lamp was already lit, and an old man stood in the door and waited for her."
    for n in range(12)
)
SHOPPING = "\n".join(
    ["milk", "bread and butter", "two lemons", "the newspaper, if there is one left"]
)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (HTML, "HTML of a page"),
        (HTML.replace("\n", ""), "HTML of a page"),
        ('<?xml version="1.0"?>\n<feed>\n<title>Rings</title>\n</feed>', "markup"),
        (json.dumps(RECORDS), "JSON"),
        (json.dumps(RECORDS, indent=2), "JSON"),
        ("\n".join(map(json.dumps, RECORDS)), "JSON"),
        (PYTHON, "no dump of papers"),
        (README, "no dump of papers"),
        (CSV, "no dump of papers"),
        (LOG, "no dump of papers"),
        (MAIL, "no dump of papers"),
        (PROSE, "no dump of papers"),
        (SHOPPING, "no dump of papers"),
        ("a" * 100_000, "no dump of papers"),
        ("word " * 100_000, "no dump of papers"),
        (RINGS, "no dump of papers"),
        (abstract(RINGS), "no dump of papers"),
        (f"{abstract(RINGS)}\n\n{abstract(NAMES)}", "no dump of papers"),
        (f"{RINGS}\n\n{NAMES}\n\n{RINGS} Again", "no dump of papers"),
    ],
)
def test_other_texts_are_refused_with_what_was_expected(text: str, hint: str):
    message = refusal(text.encode())
    assert hint in message
    assert "titles and abstracts in turn" in message
    assert "UTF-8 text file" in message


def test_the_rooms_of_this_house_are_no_dumps():
    house = Path(__file__).resolve().parents[2]
    rooms = [*(house / "storage").rglob("*.py"), house / "LICENSE", house / "Makefile"]
    assert len(rooms) > 20
    for room in rooms:
        refusal(room.read_bytes(), name=room.name)


@pytest.mark.parametrize("below", ["", RINGS, f"{RINGS}\n\n{NAMES}"])
def test_a_head_without_a_paper_below_it_looks_cut(below: str):
    head = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\nOct 28"
    assert "looks cut" in refusal(f"{head}\n\n{below}".encode())


def test_one_paper_is_enough():
    for gap in ("\n", "\n\n"):
        found = read_dump(RawDump(name="x", data=f"{RINGS}{gap}{abstract(RINGS)}".encode()))
        assert [entry.title for entry in found.entries] == [RINGS]
    clipped = f"{RINGS}\n\n{abstract(RINGS)[:158]}"
    assert len(read_dump(RawDump(name="x", data=clipped.encode())).entries) == 1


def calls(papers: int) -> int:
    """How many functions are called to read so many papers."""
    text = "\n\n".join(
        f"{RINGS}, Part {n}\n\n{abstract(RINGS)}\n\n  • 3 authors\n·\nJun 11" for n in range(papers)
    )
    raw, count = RawDump(name="x", data=text.encode()), 0

    def notice(_frame: FrameType, _event: str, _arg: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(notice)
    try:
        found = read_dump(raw)
    finally:
        sys.setprofile(None)
    assert len(found.entries) == papers
    return count


def test_work_grows_with_the_papers_and_not_faster():
    calls(10)  # what is only done once
    assert calls(800) < 2.1 * calls(400)


@pytest.mark.parametrize(
    "line",
    [
        "a" * 5_000_000,
        "new " * 1_000_000,
        "Subscribe" * 500_000,
        "1," * 2_000_000,
        ". A" * 1_500_000,
    ],
)
def test_a_very_long_line_is_read_like_any_other(line: str):
    found = read_dump(RawDump(name="x", data=f"{PAGE}\n\n{line}".encode()))
    assert [entry.title for entry in found.entries] == [RINGS, NAMES]
    assert [reject.line for reject in found.rejects] == [13]
    assert len(found.rejects[0].text) == 80
