"""Kernels: the loops over signs, tokens and bytes of a segment, compiled to machine code.

They work without holding the interpreter, a pass over the text each. numba compiles them when they
are first called, which takes seconds once and is then kept beside this file or in the user's cache,
where one of these can be written: only `segments` imports this room, when there is much to build.

All numbers are int64 but for hashes: numba makes floats of the two kinds together.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from storage.varints import Bytes, Counts, Numbers

F = TypeVar("F", bound=Callable[..., Any])

UNKNOWN, SEPARATES, NOTHING = -1, 0, 1
"""What becomes of a sign within a word, if no other sign: not asked yet, it ends it, it goes."""

DONE, FULL, STRANGE = 0, 1, 2
"""How a kernel ended: as it should, without room for a word more, at what FTS5 is to do."""

COLUMN_BITS, PLACE_BITS = 2, 14
TEXT_AT = COLUMN_BITS + PLACE_BITS
TEXT_BITS = 32 - TEXT_AT

_SEED, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a

Shorts: TypeAlias = npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.uint32]


def compiled(function: F) -> F:
    """The same, as machine code."""
    try:
        return cast("F", numba.njit(function, nogil=True, error_model="numpy", cache=True))
    except RuntimeError:  # there is nowhere to keep it
        return cast("F", numba.njit(function, nogil=True, error_model="numpy"))


@compiled
def _decoded(text: Bytes, at: int) -> tuple[int, int]:
    """A sign of valid UTF-8 that is not ASCII, and where the next begins."""
    first = np.int64(text[at])
    if first < 0xE0:
        return (first & 0x1F) << 6 | text[at + 1] & 0x3F, at + 2
    if first < 0xF0:
        both = (first & 0x0F) << 12 | (np.int64(text[at + 1]) & 0x3F) << 6
        return both | text[at + 2] & 0x3F, at + 3
    both = (first & 0x07) << 18 | (np.int64(text[at + 1]) & 0x3F) << 12
    return both | (np.int64(text[at + 2]) & 0x3F) << 6 | text[at + 3] & 0x3F, at + 4


@compiled
def _encoded(out: Bytes, at: int, code: int) -> int:
    """Write a sign that is not ASCII; where the next may stand."""
    if code < 0x800:
        out[at] = 0xC0 | code >> 6
    elif code < 0x10000:
        out[at] = 0xE0 | code >> 12
        at += 1
        out[at] = 0x80 | code >> 6 & 0x3F
    else:
        out[at] = 0xF0 | code >> 18
        out[at + 1] = 0x80 | code >> 12 & 0x3F
        at += 2
        out[at] = 0x80 | code >> 6 & 0x3F
    out[at + 1] = 0x80 | code & 0x3F
    return at + 2


@compiled
def unknown_signs(text: Bytes, folded: Shorts, found: Shorts) -> int:
    """Write signs that `folded` does not know, some more than once; how many there are, or as many
    as there is room for.
    """
    many = at = 0
    while at < len(text) and many < len(found):
        if text[at] < 0x80:
            at += 1
            continue
        code, at = _decoded(text, at)
        if folded[code] == UNKNOWN:
            found[many] = code
            many += 1
    return many


@compiled
def tokenize(
    text: Bytes,
    ends: Counts,
    folded: Shorts,
    longest: int,
    slots: Shorts,
    hashes: Numbers,
    begins: Counts,
    pool: Bytes,
    words: int,
    tokens: Shorts,
    counts: Shorts,
) -> tuple[int, int]:
    """Write the number of each token's word, and how many tokens each field has; how it ended, and
    how many words are known then.

    text: fields as UTF-8, one behind the other; ends: where each does.  folded: by sign.
    slots: an open hash table of words, by `hashes`; word n is `pool[begins[n]:begins[n + 1]]`, and
    there are `words` at first.
    """
    mask = len(slots) - 1
    many = at = 0
    for field in range(len(ends)):
        before, end = many, ends[field]
        hashed, begin = _SEED, begins[words]
        stop = begin
        while True:
            sign = SEPARATES
            if at < end:
                if text[at] < 0x80:
                    sign = folded[text[at]]
                    at += 1
                else:
                    code, at = _decoded(text, at)
                    sign = folded[code]
                if sign == NOTHING:
                    continue
                if sign != SEPARATES:
                    if stop - begin >= longest:
                        return STRANGE, words
                    if sign < 0x80:
                        pool[stop] = sign
                        hashed = (hashed ^ np.uint64(sign)) * _PRIME
                        stop += 1
                        continue
                    was = stop
                    stop = _encoded(pool, stop, sign)
                    for place in range(was, stop):
                        hashed = (hashed ^ np.uint64(pool[place])) * _PRIME
                    continue
            if stop > begin:
                hashed ^= hashed >> np.uint64(32)
                slot = np.int64(hashed & np.uint64(mask))
                while True:
                    word = slots[slot]
                    if word < 0:
                        if words + 1 >= len(begins) or stop + 2 * longest > len(pool):
                            return FULL, words
                        word = words
                        slots[slot] = word
                        hashes[word] = hashed
                        words += 1
                        begins[words] = stop
                        break
                    if hashes[word] == hashed and begins[word + 1] - begins[word] == stop - begin:
                        place = 0
                        while place < stop - begin and (
                            pool[begins[word] + place] == pool[begin + place]
                        ):
                            place += 1
                        if place == stop - begin:
                            break
                    slot = slot + 1 & mask
                tokens[many] = word
                many += 1
                hashed, begin = _SEED, begins[words]
                stop = begin
            if at >= end:
                break
        counts[field] = many - before
    return DONE, words


@compiled
def count(tokens: Shorts, stem_of: Shorts, found: Counts) -> None:
    """Add how often each stem stands there."""
    for token in tokens:
        found[stem_of[token]] += 1


@compiled
def post(
    tokens: Shorts, counts: Shorts, columns: int, rank_of: Shorts, next_of: Counts, out: Places
) -> None:
    """Write text, column and place of each token (as their bits say), sorted by its term.

    rank_of: of each word's term.  next_of: by term, where its tokens begin, and then end.
    """
    at = 0
    for field in range(len(counts)):
        base = field // columns << TEXT_AT | field % columns << PLACE_BITS
        for place in range(counts[field]):
            term = rank_of[tokens[at]]
            at += 1
            out[next_of[term]] = base | place
            next_of[term] += 1
