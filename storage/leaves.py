"""Leaves: postings as the pages of an FTS5 segment, with numpy.

The format is told in the head of https://sqlite.org/src/file/ext/fts5/fts5_index.c: a leaf holds
terms, each without what it shares with the one before, and behind each the texts that it stands in,
each with its places; then where its terms begin. What begins a leaf is written out. This room
begins a leaf only where a text or a term does.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from storage.tokens import (
    COLUMN_BITS,
    PLACE_BITS,
    TERM_AT,
    TEXT_AT,
    TEXT_BITS,
    Flags,
    Postings,
    Unusual,
)
from storage.varints import (
    ONE,
    TWO,
    WHOLE,
    Bytes,
    Counts,
    Numbers,
    Table,
    below_zero,
    lengths,
    packed,
    table,
)

LEAF = 3_970
"""Bytes, about: with its ends it is no longer than FTS5's own (`pgsz`), a page of the file."""

LARGEST = 60_000
"""Bytes: places within a leaf have 16 bits."""

EMPTY_LEAVES = 4
"""As many without a term get an index of their own, as FTS5 does (`FTS5_MIN_DLIDX_SIZE`)."""

_INDEX_OF_LEAVES = 1 << 36
_MAIN = ord("0")
"""Before each term: it belongs to no prefix index."""


@dataclass(frozen=True, kw_only=True)
class Leaves:
    """A segment."""

    count: int
    data: list[tuple[int, bytes]]
    """(id within the segment, block)"""
    terms: list[tuple[bytes, int]]
    """(what the first term of a leaf begins with, its number and a flag)"""


def leaves(postings: Postings, seqs: Sequence[int]) -> Leaves:
    """The segment of some postings; seqs: of the texts, ascending, from below 1. Raises Unusual."""
    if not len(postings.keys):
        return Leaves(count=0, data=[], terms=[])
    if seqs[-1] > 0:
        raise Unusual
    return _Segment(postings, np.array(seqs, np.int64)).leaves()


class _Segment:
    """Its *entries*, one behind the other: a text's seq, the bytes of its places, and these. The
    head of a term stands before its first entry, whose seq is whole; others tell the step.
    """

    def __init__(self, postings: Postings, seqs: Counts) -> None:
        keys = postings.keys
        differ = np.empty_like(keys)
        differ[0] = ~np.uint64(0)
        np.bitwise_xor(keys[1:], keys[:-1], out=differ[1:])
        entries = np.flatnonzero(differ >= 1 << TEXT_AT)
        texts = (keys[entries] >> np.uint64(TEXT_AT)).astype(np.int64) & (1 << TEXT_BITS) - 1
        self._seqs = seqs[texts]
        self._is_term = differ[entries] >= 1 << TERM_AT
        self._terms_at = np.flatnonzero(self._is_term)
        """The entries that terms begin with."""
        self._spell(postings.terms)
        self._write(keys, entries, differ >= 1 << PLACE_BITS)

    def _spell(self, terms: npt.NDArray[np.bytes_]) -> None:
        width = terms.dtype.itemsize + 1
        self._signs = np.full((len(terms), width), _MAIN, np.uint8)
        self._signs[:, 1:] = terms.view(np.uint8).reshape(len(terms), -1)
        self._term_lengths = np.count_nonzero(self._signs, axis=1).astype(np.int64)
        self._shared = np.zeros(len(terms), np.int64)
        self._shared[1:] = np.argmin(self._signs[1:] == self._signs[:-1], axis=1)
        self._own = self._term_lengths - self._shared
        self._head_lengths = lengths(self._shared) + lengths(self._own) + self._own

    def _write(self, keys: Numbers, entries: Counts, is_column: Flags) -> None:
        # What a token may take, in eight bytes of which some are kept: step and size of its text,
        # if it is the first there, column, if another one than the first begins, and its step.
        steps = keys.view(np.int64) & (1 << TEXT_AT) - 1
        steps[1:] = np.where(is_column[1:], steps[1:], np.diff(steps))
        sizes = 2 * np.add.reduceat(_TOKENS.lengths[steps], entries, dtype=np.int64)
        deltas = np.diff(self._seqs, prepend=0)
        deltas[self._terms_at] = 0
        if max(sizes.max(), deltas.max()) > TWO:
            raise Unusual
        tokens, kept = _TOKENS.bytes[steps], _TOKENS.kept[steps]
        tokens[entries] |= _SIZES.bytes[sizes] | _DELTAS.bytes[deltas]
        kept[entries] |= _SIZES.kept[sizes] | _DELTAS.kept[deltas]
        body = tokens.view(np.uint8)[kept.view(np.bool_)]
        self._seq_lengths = np.where(self._is_term, WHOLE, lengths(deltas))
        taken = self._seq_lengths + lengths(sizes) + sizes // 2
        taken[self._terms_at] += self._head_lengths
        ends = np.cumsum(taken)
        self._begins = ends - taken
        heads = self._head_lengths + WHOLE
        of_terms = np.diff(self._begins[self._terms_at], append=ends[-1])
        is_head = np.repeat(
            np.tile([True, False], len(heads)), np.stack([heads, of_terms - heads], 1).ravel()
        )
        out = np.empty(len(is_head), np.uint8)
        out[is_head] = self._head_bytes()
        out[~is_head] = body
        self._out = out.tobytes()

    def _head_bytes(self) -> Bytes:
        """All heads with the whole seqs behind them."""
        both = np.stack([self._shared, self._own], 1)
        signs = np.arange(self._signs.shape[1])
        parts = [
            (both >> 7 | 0x80, both > ONE),
            (both & 0x7F, np.ones_like(both)),
            (self._signs, signs >= self._shared[:, None]),
            (below_zero(self._seqs[self._terms_at]), np.ones((len(both), WHOLE))),
        ]
        parts[2][1][signs >= self._term_lengths[:, None]] = False
        order = [0, 2, 1, 3, *range(4, 4 + len(signs) + WHOLE)]
        found = np.hstack([part.astype(np.uint8) for part, _ in parts])[:, order]
        kept: Bytes = found[np.hstack([kept.astype(np.bool_) for _, kept in parts])[:, order]]
        return kept

    def leaves(self) -> Leaves:
        """Cut where a leaf is full."""
        cuts = np.flatnonzero(_changes((self._begins + 2 * np.cumsum(self._is_term)) // LEAF))
        first, count = self._first_terms(cuts)
        goes_on = ~self._is_term[cuts]
        whole = below_zero(self._seqs[cuts])
        footers, footer_ends = self._footers(cuts, goes_on, first, count)
        begins = self._begins[cuts] + np.where(goes_on, self._seq_lengths[cuts], 0)
        heads = self._begins[self._terms_at[first]]
        after = heads + self._head_lengths[first]
        data, at = [], 0
        for place, (begin, end, term, head, behind, footer_end, has_term, is_within) in enumerate(
            zip(
                begins.tolist(),
                [*self._begins[cuts[1:]].tolist(), len(self._out)],
                self._written_out(first),
                heads.tolist(),
                after.tolist(),
                footer_ends.tolist(),
                (count > 0).tolist(),
                goes_on.tolist(),
                strict=True,
            )
        ):
            seq = whole[place].tobytes() if is_within else b""
            if has_term:
                body = seq + self._out[begin:head] + term + self._out[behind:end]
            else:
                body = seq + self._out[begin:end]
            if len(body) > LARGEST:
                raise Unusual
            header = struct.pack(">HH", 4 * is_within, 4 + len(body))
            data.append((place + 1, header + body + footers[at:footer_end]))
            at = footer_end
        terms = self._index(cuts, first, count, goes_on, data)
        return Leaves(count=len(cuts), data=data, terms=terms)

    def _first_terms(self, cuts: Counts) -> tuple[Counts, Counts]:
        """Of each leaf, its first term (any, where it has none), and how many begin there."""
        found = np.searchsorted(self._terms_at, [*cuts, len(self._is_term)])
        return np.minimum(found[:-1], len(self._terms_at) - 1), np.diff(found)

    def _written_out(self, terms: Counts) -> list[bytes]:
        """These terms as they begin a leaf."""
        lengths = self._term_lengths[terms].tolist()
        return [
            packed((length,)) + signs[:length].tobytes()
            for length, signs in zip(lengths, self._signs[terms], strict=True)
        ]

    def _footers(
        self, cuts: Counts, goes_on: Flags, first: Counts, count: Counts
    ) -> tuple[bytes, Counts]:
        """Where in each leaf its terms begin, and where in these bytes a leaf's own end."""
        begins = self._begins[self._terms_at]
        steps = np.diff(begins, prepend=0)
        longer = lengths(self._term_lengths) + self._term_lengths - self._head_lengths
        several = first[count > 1]
        steps[several + 1] += longer[several]
        seqs = np.where(goes_on, WHOLE - self._seq_lengths[cuts], 0)
        some = count > 0
        steps[first[some]] = (4 + begins[first] - self._begins[cuts] + seqs)[some]
        taken = lengths(steps)
        bits = np.stack([steps >> 14 | 0x80, steps >> 7 & 0x7F | 0x80, steps & 0x7F], 1)
        kept = np.stack([taken > 2, taken > 1, taken > 0], 1)
        return bits.astype(np.uint8)[kept].tobytes(), np.cumsum(taken)[np.cumsum(count) - 1]

    def _index(
        self,
        cuts: Counts,
        first: Counts,
        count: Counts,
        goes_on: Flags,
        data: list[tuple[int, bytes]],
    ) -> list[tuple[bytes, int]]:
        """The leaves that terms begin in. What goes on over many more gets an index in `data`."""
        found = []
        places = np.flatnonzero(count > 0).tolist()
        for place, following in zip(places, [*places[1:], len(cuts)], strict=True):
            term = first[place]
            key = self._signs[term, : self._shared[term] + 1].tobytes() if place else b""
            has_index = following - place > EMPTY_LEAVES
            if has_index:
                is_within = following < len(cuts) and goes_on[following]
                seqs = self._seqs[cuts[place + 1 : following + is_within]].tolist()
                steps = [b - a for a, b in pairwise(seqs)]
                block = packed((0, place + 2, *seqs[:1], *steps))
                data.append((_INDEX_OF_LEAVES | place + 1, block))
            found.append((key, place + 1 << 1 | has_index))
        return found


def _of_steps() -> Table:
    """By column and step within it; the first column needs no mark."""
    steps = np.tile(np.arange(1 << PLACE_BITS) + 2, 1 << COLUMN_BITS)
    column = np.repeat(np.arange(1 << COLUMN_BITS), 1 << PLACE_BITS)
    found = table(steps, 48)
    mark = np.where(column > 0, column << 40 | 1 << 32, 0).view(np.uint64)
    kept = np.where(column > 0, 1 << 40 | 1 << 32, 0).view(np.uint64)
    return Table(bytes=found.bytes | mark, kept=found.kept | kept)


def _of_deltas() -> Table:
    """None where there is no step: the seq stands there as a whole."""
    found = table(np.arange(TWO + 1), 0)
    found.kept[0] = 0
    found.bytes[0] = 0
    return found


_TOKENS, _SIZES, _DELTAS = _of_steps(), table(np.arange(TWO + 1), 16), _of_deltas()


def _changes(values: npt.NDArray[np.generic]) -> Flags:
    """Which are unlike the one before; the first is."""
    found = np.ones(len(values), np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found
