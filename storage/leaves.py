"""Leaves: postings as the pages of an FTS5 segment.

The format is told in the head of https://sqlite.org/src/file/ext/fts5/fts5_index.c: a leaf holds
terms, each without what it shares with the one before, and behind each the texts that it stands in,
each with its places; then where its terms begin. What begins a leaf is written out. This room
begins a leaf only where a text or a term does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from storage.kernels import COLUMN_BITS, PLACE_BITS, TEXT_AT, Places, Shorts, compiled
from storage.segments import Unusual
from storage.tokens import Postings
from storage.varints import Bytes, Counts, packed

LEAF = 4_020
"""Bytes of a leaf with its ends, unless a single entry has more: in a row, this fills a page of the
file.
"""

LARGEST = 60_000
"""Bytes: places within a leaf have 16 bits."""

EMPTY_LEAVES = 4
"""As many without a term get an index of their own, as FTS5 does (`FTS5_MIN_DLIDX_SIZE`)."""

_INDEX_OF_LEAVES = 1 << 36
_HEADER, _NINE = 4, 1 << 56
_MAIN = ord("0")
"""Before each term: it belongs to no prefix index."""

_NO_TERM = -1
_OF_COLUMN, _OF_PLACE = (1 << COLUMN_BITS) - 1, (1 << PLACE_BITS) - 1

# The most bytes there can be of each: a token, with its column; an entry's seq and size; a term
# beside its signs, with its end, or what begins a leaf.
_TOKEN, _ENTRY, _TERM = 5, 13, 24


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """A segment."""

    count: int
    data: list[tuple[int, bytes]]
    """(id within the segment, block)"""
    terms: list[tuple[bytes, int]]
    """(what the first term of a leaf begins with, its number and a flag)"""


def leaves(postings: Postings, seqs: Sequence[int]) -> Leaves:
    """The segment of some postings; seqs: of the texts, ascending. Raises Unusual."""
    if not len(postings.places):
        return Leaves(count=0, data=[], terms=[])
    signs = np.frombuffer(b"".join(postings.terms), np.uint8)
    term_ends = np.cumsum(np.fromiter(map(len, postings.terms), np.int64, len(postings.terms)))
    room = _TOKEN * len(postings.places) + len(signs) + _TERM * len(term_ends)
    room += _ENTRY * min(len(postings.places), len(term_ends) * len(seqs)) + LARGEST
    out = np.empty(room + room // LEAF * _TERM, np.uint8)
    most = 2 * len(out) // LEAF + 2
    ends, firsts, shared = (np.empty(most, np.int64) for _ in range(3))
    begins = np.empty(most, np.int64)
    numbers = np.array(seqs, np.int64)
    count = _written(
        postings.places, postings.ends, numbers, signs, term_ends, out, ends, firsts, shared, begins
    )
    if count == 0:
        raise Unusual
    said = out[: ends[count - 1]].tobytes()
    edges = [0, *ends[:count].tolist()]
    data = [(place, said[a:b]) for place, (a, b) in enumerate(pairwise(edges), 1)]
    with_term = np.flatnonzero(firsts[:count] != _NO_TERM).tolist()
    terms = []
    for place, following in pairwise([*with_term, count]):
        term = postings.terms[firsts[place]]
        key = (bytes((_MAIN,)) + term)[: shared[place] + 1] if place else b""
        has_index = following - place > EMPTY_LEAVES
        if has_index:
            is_within = following < count and begins[following] > 0
            first, *others = (numbers[n] for n in begins[place + 1 : following + is_within] - 1)
            steps = [int(b - a) for a, b in pairwise([first, *others])]
            data.append((_INDEX_OF_LEAVES | place + 1, packed((0, place + 2, int(first), *steps))))
        terms.append((key, place + 1 << 1 | has_index))
    return Leaves(count=count, data=data, terms=terms)


def packed_rows(table: Shorts) -> list[bytes]:
    """Each row of some numbers as varints."""
    out = np.empty(5 * table.size, np.uint8)
    ends = np.empty(len(table), np.int64)
    said = out[: _rows_written(table, out, ends)].tobytes()
    return [said[a:b] for a, b in pairwise([0, *ends.tolist()])]


@compiled
def _varint(out: Bytes, at: int, value: int) -> int:
    """Write a number; where the next may stand."""
    if 0 <= value < 0x80:
        out[at] = value
        return at + 1
    if 0 <= value < 0x4000:
        out[at] = 0x80 | value >> 7
        out[at + 1] = value & 0x7F
        return at + 2
    if value < 0 or value >= _NINE:
        for place in range(8):
            out[at + place] = 0x80 | value >> 8 + 7 * (7 - place) & 0x7F
        out[at + 8] = value & 0xFF
        return at + 9
    size = 3
    while value >> 7 * size:
        size += 1
    for place in range(size - 1):
        out[at + place] = 0x80 | value >> 7 * (size - 1 - place) & 0x7F
    out[at + size - 1] = value & 0x7F
    return at + size


@compiled
def _rows_written(table: Shorts, out: Bytes, ends: Counts) -> int:
    at = 0
    for row in range(len(table)):
        for column in range(table.shape[1]):
            at = _varint(out, at, table[row, column])
        ends[row] = at
    return at


@compiled
def _closed(out: Bytes, begin: int, at: int, first_seq: int, footer: Bytes, size: int) -> int:
    """End a leaf; where the next begins.

    first_seq: where within it the seq stands that begins it, or 0.  footer: where its terms do.
    """
    out[begin], out[begin + 1] = first_seq >> 8, first_seq & 0xFF
    out[begin + 2], out[begin + 3] = at - begin >> 8, at - begin & 0xFF
    for place in range(size):
        out[at + place] = footer[place]
    return at + size


@compiled
def _places(out: Bytes, at: int, places: Places, first: int, last: int) -> int:
    """Write the places of a text; where they end."""
    column = before = 0
    for token in range(first, last):
        said: int = np.int64(places[token])  # type: ignore[assignment]
        if said >> PLACE_BITS & _OF_COLUMN != column:
            column = said >> PLACE_BITS & _OF_COLUMN
            before = 0
            out[at], out[at + 1] = 1, column
            at += 2
        place = said & _OF_PLACE
        at = _varint(out, at, place - before + 2)
        before = place
    return at


@compiled
def _written(
    places: Places,
    place_ends: Counts,
    seqs: Counts,
    signs: Bytes,
    term_ends: Counts,
    out: Bytes,
    leaf_ends: Counts,
    leaf_firsts: Counts,
    leaf_shared: Counts,
    leaf_begins: Counts,
) -> int:
    """Write all leaves; how many there are, or 0 where one is too large.

    place_ends: by term, of `places`.  term_ends: by term, of `signs`.
    leaf_ends: of `out`.  leaf_firsts: the first term, or _NO_TERM.  leaf_shared: bytes of it that
    the term before has too.  leaf_begins: 1 + the number of the text that it begins with, or 0.
    """
    entry, footer = np.empty(LARGEST * 2, np.uint8), np.empty(LARGEST, np.uint8)
    leaf, begin, at = 0, 0, _HEADER
    size = last_term = 0
    leaf_firsts[0], leaf_begins[0] = _NO_TERM, 0
    token = sign = before_sign = 0
    for term in range(len(term_ends)):
        end = term_ends[term]
        shared = 1
        if term:
            while (
                before_sign + shared - 1 < sign
                and sign + shared - 1 < end
                and signs[before_sign + shared - 1] == signs[sign + shared - 1]
            ):
                shared += 1
        is_begun = False
        seq_before = 0
        while token < place_ends[term]:
            text = np.int64(places[token]) >> TEXT_AT
            first = token
            while token < place_ends[term] and np.int64(places[token]) >> TEXT_AT == text:
                token += 1
            if 3 * (token - first) > LARGEST:
                return 0
            taken = _places(entry, 0, places, first, token)
            # What this may take at most: its places and their size, its seq, and the term.
            needed = taken + 12 + (0 if is_begun else end - sign + 8)
            if at + needed + size - begin > LEAF and at > begin + _HEADER:
                leaf_ends[leaf] = at = _closed(
                    out, begin, at, _HEADER if leaf_begins[leaf] else 0, footer, size
                )
                leaf, begin, size, last_term = leaf + 1, at, 0, 0
                at += _HEADER
                leaf_firsts[leaf], leaf_begins[leaf] = _NO_TERM, text + 1 if is_begun else 0
            is_whole = at == begin + _HEADER
            if not is_begun:
                size = _varint(footer, size, at - begin - last_term)
                last_term = at - begin
                if leaf_firsts[leaf] == _NO_TERM:
                    leaf_firsts[leaf], leaf_shared[leaf] = term, shared
                    at = _varint(out, at, end - sign + 1)
                    out[at] = _MAIN
                    at += 1
                    own = sign
                else:
                    at = _varint(out, at, shared)
                    own = sign + shared - 1
                    at = _varint(out, at, end - own)
                while own < end:
                    out[at] = signs[own]
                    own += 1
                    at += 1
                is_begun = is_whole = True
            at = _varint(out, at, seqs[text] - (0 if is_whole else seq_before))
            seq_before = seqs[text]
            at = _varint(out, at, 2 * taken)
            for place in range(taken):
                out[at + place] = entry[place]
            at += taken
            if at - begin > LARGEST:
                return 0
        before_sign, sign = sign, end
    leaf_ends[leaf] = _closed(out, begin, at, _HEADER if leaf_begins[leaf] else 0, footer, size)
    return leaf + 1
