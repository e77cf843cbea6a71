"""Portions: which papers hold a word, and how often, of some ten thousands of papers at a time.

Of each word a portion has the papers that hold it, as places within the portion (two bytes) with
how often they do (one byte); of a word that stands in many papers one byte for each paper. It is
never changed, may be mapped from a file, and several are merged into one without the texts.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from storage.varints import Bytes, Counts
from storage.wordings import PLACE_BITS, TERM_AT, TEXT_AT, Flags, Postings

MOST_PAPERS = 1 << 16
"""A place has two bytes."""

MANY = 3
"""A word in more than one of so many papers takes a byte for each paper: less than three for each
that holds it."""

TITLED = np.uint8(0x80)
"""Bit of `often`: the word stands in the title. The others: how often it stands, twice as much in a
title."""
OFTEN = np.uint8(0x7F)

MAGIC = b"paperround portion 1"
_HEAD = struct.Struct("<24sIIIIIII")
"""Magic; papers, terms, bytes of a term, entries, words in many papers, checksums of what is small
and of the head."""
_START, _ALIGNED = 512, 64
_SEQ_BITS, _OFTEN_BITS = 16, 8

Places = npt.NDArray[np.uint16]
Words = npt.NDArray[np.bytes_]


class Damaged(Exception):
    """The file is not what was written."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """The papers that hold a word."""

    places: Places | None
    """Ascending; None: `often` is of all papers, and 0 where one does not hold it."""
    often: Bytes
    count: int

    def titled(self) -> Counts:
        """Places of those that have it in their title."""
        named = np.flatnonzero(self.often >= TITLED)
        return named if self.places is None else self.places[named].astype(np.int64)

    def keep_titled(self, some: Counts) -> Counts:
        """Of some places, ascending, those that have it in their title."""
        if self.places is None:
            return some[self.often[some] >= TITLED]
        at = np.searchsorted(self.places, some.astype(np.uint16))
        at[at == len(self.places)] = 0
        found: Counts = some[(self.places[at] == some) & (self.often[at] >= TITLED)]
        return found


@dataclass(frozen=True, kw_only=True)
class Portion:
    """Some papers and their words."""

    seqs: Counts
    sizes: npt.NDArray[np.uint16]
    """Words of each paper."""
    terms: Words
    """Ascending."""
    counts: npt.NDArray[np.uint32]
    """How many papers hold each term."""
    starts: npt.NDArray[np.uint32]
    """Where its entries begin; of a word in many papers, its row in `dense`."""
    places: Places
    often: Bytes
    dense: npt.NDArray[np.uint8]
    """(words in many papers, papers)"""
    path: Path | None = None
    """Of the file that it is mapped from."""

    def __len__(self) -> int:
        """How many papers."""
        return len(self.seqs)

    def held(self, term: bytes) -> Held | None:
        """The papers that hold a term; None where none does."""
        if len(term) > self.terms.itemsize:
            return None
        at = int(np.searchsorted(self.terms, np.array(term, self.terms.dtype)))
        if at == len(self.terms) or self.terms[at] != term:
            return None
        return self._held(at)

    def titled(self, terms: Sequence[bytes], begun: bytes | None) -> Counts:
        """Places of the papers with all these terms in their title, and one that is `begun`."""
        every = [self.held(term) for term in terms]
        held = sorted((one for one in every if one is not None), key=lambda one: one.count)
        if len(held) < len(every):
            return np.empty(0, np.int64)
        found = held[0].titled() if held else np.arange(len(self))
        for one in held[1:]:
            found = one.keep_titled(found)
        if begun is not None and len(found):
            found = np.intersect1d(found, self._begun(begun), assume_unique=True)
        return found

    def _begun(self, start: bytes) -> Counts:
        """Places of the papers with a word in their title that begins like this."""
        if len(start) > self.terms.itemsize:
            return np.empty(0, np.int64)
        ends = np.array([start, start + b"\xff"], self.terms.dtype)  # no letter has this byte
        first = np.searchsorted(self.terms, ends[0])
        last = np.searchsorted(self.terms, ends[1], side="right")
        is_many = np.flatnonzero(self._is_many[first:last]) + first
        rows = self.dense[self.starts[is_many]]
        named = (rows >= TITLED).any(axis=0)
        few = np.flatnonzero(~self._is_many[first:last]) + first
        if len(few):  # side by side
            begin, end = self.starts[few[0]], self.starts[few[-1]] + self.counts[few[-1]]
            named[self.places[begin:end][self.often[begin:end] >= TITLED]] = True
        return np.flatnonzero(named)

    def write(self, path: Path) -> None:
        """To a file, and that to the disk. Raises OSError."""
        small = [np.ascontiguousarray(one) for one in self._small()]
        counts = (len(self), len(self.terms), self.terms.itemsize, len(self.places))
        checksum = 0
        for one in small:
            checksum = zlib.crc32(one.tobytes(), checksum)
        facts = (MAGIC, *counts, len(self.dense), checksum)
        head = _HEAD.pack(*facts, zlib.crc32(_HEAD.pack(*facts, 0)))
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(head.ljust(_START, b"\0"))
            for one in (*small, self.places, self.often, self.dense):
                data = np.ascontiguousarray(one).tobytes()
                file.write(data + bytes(-len(data) % _ALIGNED))
            file.flush()
            os.fdatasync(file.fileno())

    def _small(self) -> "tuple[npt.NDArray[np.generic], ...]":
        return self.seqs, self.sizes, self.terms, self.counts, self.starts

    @cached_property
    def _is_many(self) -> Flags:
        return _is_many(self.counts, len(self))

    def _held(self, at: int) -> Held:
        start, count = int(self.starts[at]), int(self.counts[at])
        if count * MANY > len(self):
            return Held(places=None, often=self.dense[start], count=count)
        end = start + count
        return Held(places=self.places[start:end], often=self.often[start:end], count=count)

    def entries(self) -> Iterator[tuple[Counts, Counts, Bytes]]:
        """Places of terms, of papers, and how often; the words in many papers one by one."""
        few = np.flatnonzero(~self._is_many)
        yield np.repeat(few, self.counts[few]), self.places.astype(np.int64), self.often
        for at in np.flatnonzero(self._is_many).tolist():
            row = self.dense[self.starts[at]]
            held = np.flatnonzero(row)
            yield np.full(len(held), at), held, row[held]


def made(postings: Postings, seqs: Sequence[int]) -> Portion:
    """The portion of some papers; postings: of their titles first, then of their other columns."""
    keys = postings.keys
    entry = keys >> np.uint64(TEXT_AT)
    firsts = np.flatnonzero(np.concatenate([np.ones(min(1, len(keys)), bool), np.diff(entry) != 0]))
    is_title = (keys >> np.uint64(PLACE_BITS)) & np.uint64((1 << TEXT_AT - PLACE_BITS) - 1) == 0
    often = np.add.reduceat(1 + is_title.astype(np.int64), firsts) if len(firsts) else firsts
    packed = np.minimum(often, OFTEN).astype(np.uint8) | (is_title[firsts] * TITLED)
    held = entry[firsts].astype(np.int64)
    bits = TERM_AT - TEXT_AT
    return _packed(
        postings.terms,
        held >> bits,
        held & (1 << bits) - 1,
        packed,
        np.array(seqs, np.int64),
        np.minimum(postings.sizes.sum(axis=1), MOST_PAPERS - 1).astype(np.uint16),
    )


def merged(portions: Sequence[Portion], gone: Sequence[Counts]) -> Portion:
    """One of several, of no more than `MOST_PAPERS` papers in all; gone: for each the places of
    papers that are left out."""
    terms = np.unique(np.concatenate([one.terms for one in portions]))
    keys, seqs, sizes, before = [], [], [], 0
    for one, without in zip(portions, gone, strict=True):
        kept = np.ones(len(one), bool)
        kept[without] = False
        moved = np.cumsum(kept) - 1 + before
        ranks = np.searchsorted(terms, one.terms)
        for at_terms, places, often in one.entries():
            key = ranks[at_terms] << _SEQ_BITS | moved[places]
            key <<= _OFTEN_BITS
            key |= often
            keys.append(key[kept[places]] if len(without) else key)
        seqs.append(one.seqs[kept])
        sizes.append(one.sizes[kept])
        before += int(kept.sum())
    every = np.concatenate(keys)
    del keys
    every.sort()
    often = (every & (1 << _OFTEN_BITS) - 1).astype(np.uint8)
    every >>= _OFTEN_BITS
    places = every & (1 << _SEQ_BITS) - 1
    every >>= _SEQ_BITS
    return _packed(terms, every, places, often, np.concatenate(seqs), np.concatenate(sizes))


def read(path: Path) -> Portion:
    """Mapped from its file. Raises Damaged, and OSError where there is none."""
    if path.stat().st_size < _START:
        raise Damaged(path)
    file = np.memmap(path, np.uint8, "r")
    head = file[: _HEAD.size].tobytes()
    magic, papers, terms, width, entries, many, small, checksum = _HEAD.unpack(head)
    if magic.rstrip(b"\0") != MAGIC or checksum != zlib.crc32(head[:-4] + bytes(4)):
        raise Damaged(path)
    at, found = _START, []
    for kind, count in (
        (np.dtype("<i8"), papers),
        (np.dtype("<u2"), papers),
        (np.dtype(f"S{width}"), terms),
        (np.dtype("<u4"), terms),
        (np.dtype("<u4"), terms),
        (np.dtype("<u2"), entries),
        (np.dtype("u1"), entries),
        (np.dtype("u1"), many * papers),
    ):
        size = kind.itemsize * count
        if at + size > len(file):
            raise Damaged(path)
        found.append(np.asarray(file[at : at + size]).view(kind))
        at += size + -size % _ALIGNED
    is_same = 0
    for one in found[:5]:
        is_same = zlib.crc32(one.tobytes(), is_same)
    if is_same != small:
        raise Damaged(path)
    seqs, sizes, words, counts, starts, places, often, dense = found
    return Portion(
        seqs=seqs,
        sizes=sizes,
        terms=words,
        counts=counts,
        starts=starts,
        places=places,
        often=often,
        dense=dense.reshape(many, papers),
        path=path,
    )


def _packed(
    terms: Words,
    at_terms: Counts,
    places: Counts,
    often: Bytes,
    seqs: Counts,
    sizes: npt.NDArray[np.uint16],
) -> Portion:
    """Entries sorted by term and place."""
    counts = np.bincount(at_terms, minlength=len(terms))
    used = np.flatnonzero(counts)  # what was left out may have been the last to hold a word
    counts = counts[used]
    is_many = _is_many(counts, len(seqs))
    is_dense = np.repeat(is_many, counts)
    rows = np.cumsum(is_many) - 1
    starts = np.where(is_many, rows, np.cumsum(np.where(is_many, 0, counts)) - counts)
    dense = np.zeros((int(is_many.sum()), len(seqs)), np.uint8)
    dense[np.repeat(rows, counts)[is_dense], places[is_dense]] = often[is_dense]
    longest = max(map(len, terms[used].tolist()), default=1)
    return Portion(
        seqs=seqs,
        sizes=sizes,
        terms=terms[used].astype(f"S{longest}"),
        counts=counts.astype(np.uint32),
        starts=starts.astype(np.uint32),
        places=places[~is_dense].astype(np.uint16),
        often=often[~is_dense],
        dense=dense,
    )


def _is_many(counts: "npt.NDArray[np.integer]", papers: int) -> Flags:
    return counts.astype(np.int64) * MANY > papers
