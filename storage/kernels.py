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

_NO_KEY, _LONG = np.uint64(0), np.uint64(0xFF << 56)
_FACTOR, _BYTE, _HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(8), np.uint64(32)

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
    """Write a sign; where the next may stand."""
    if code < 0x80:
        out[at] = code
        return at + 1
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
    table: Numbers,
    begins: Counts,
    pool: Bytes,
    words: int,
    tokens: Shorts,
    counts: Shorts,
) -> tuple[int, int]:
    """Write the number of each token's word, and how many tokens each field has; how it ended, and
    how many words are known then.

    text: fields as UTF-8, one behind the other; ends: where each does.  folded: by sign.
    table: an open hash table, a pair a word: its key and its number; a key of 0: none.
    begins: word n is `pool[begins[n]:begins[n + 1]]`; there are `words` at first.
    """
    mask = len(table) // 2 - 1
    many = at = 0
    for field in range(len(ends)):
        before, end = many, ends[field]
        begin = begins[words]
        stop = begin
        hashed = eight = _NO_KEY
        while True:
            sign = SEPARATES
            if at < end and text[at] < 0x80:
                sign = folded[text[at]]
                at += 1
                if sign != SEPARATES:
                    if stop - begin & 7 == 0:
                        if stop - begin >= longest:
                            return STRANGE, words
                        hashed = (hashed ^ eight) * _FACTOR
                        eight = _NO_KEY
                    pool[stop] = sign
                    stop += 1
                    eight = eight << _BYTE | np.uint64(sign)
                    continue
            elif at < end:
                code, at = _decoded(text, at)
                sign = folded[code]
                if sign != SEPARATES:
                    if stop - begin >= longest:
                        return STRANGE, words
                    was = stop
                    if sign != NOTHING:
                        stop = _encoded(pool, stop, sign)
                    for place in range(was, stop):
                        if place - begin & 7 == 0:
                            hashed = (hashed ^ eight) * _FACTOR
                            eight = _NO_KEY
                        eight = eight << _BYTE | np.uint64(pool[place])
                    continue
            if stop > begin:
                is_long = stop - begin > 8
                key = eight
                if is_long:  # no byte of UTF-8 is like the first of this
                    hashed = (hashed ^ eight) * _FACTOR
                    key = hashed ^ hashed >> _HALF | _LONG
                slot = np.int64(key * _FACTOR >> _HALF) & mask
                while True:
                    known = table[2 * slot]
                    word: int = np.int64(table[2 * slot + 1])  # type: ignore[assignment]
                    if known == _NO_KEY:
                        if words + 1 >= len(begins) or stop + 2 * longest > len(pool):
                            return FULL, words
                        word = words
                        table[2 * slot], table[2 * slot + 1] = key, np.uint64(word)
                        words += 1
                        begins[words] = stop
                        break
                    if known == key and (not is_long or _is_same(pool, begins, word, begin, stop)):
                        break
                    slot = slot + 1 & mask
                tokens[many] = word
                many += 1
                begin = begins[words]
                stop = begin
                hashed = eight = _NO_KEY
            if at >= end:
                break
        counts[field] = many - before
    return DONE, words


@compiled
def _is_same(pool: Bytes, begins: Counts, word: int, begin: int, stop: int) -> bool:
    """Whether a word is what stands from `begin` to `stop`."""
    at = begins[word]
    if begins[word + 1] - at != stop - begin:
        return False
    while begin < stop and pool[at] == pool[begin]:
        at += 1
        begin += 1
    return begin == stop


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
