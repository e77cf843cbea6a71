"""Wordings: what FTS5's tokenizer makes of many texts at once, with numpy, which works while others
have the interpreter. `tokens` reads whole snapshots in half the time, with loops that take a
second and a hundred megabytes to be compiled; this is for a service that reads some hundred texts a
day, and the words of a question.

How a sign is folded and what a word is cut down to is asked of SQLite itself, once for each sign
and word, so a text's tokens are those of its tokenizer. That works sign by sign for `unicode61`:
what it does with one depends on no other. A test walks through all of Unicode.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from storage.connections import scratch
from storage.segments import Unusual
from storage.varints import Bytes, Counts, Numbers

SPEAKS = re.compile(r"tokenize='porter (unicode61 remove_diacritics 2)'")
"""Of the index: a word's own signs, each for itself, and then its stem."""

MOST_WORDS = 250_000
"""That are remembered with their stems: some 40 MB."""

LONGEST = 500
"""Bytes of a word; none in any language has them."""

COLUMN_BITS, PLACE_BITS, TEXT_BITS = 2, 14, 16
MOST_PLACES = (1 << PLACE_BITS) - 2
"""Words of a column: with what FTS5 adds to a place, two bytes hold it."""
TEXT_AT = COLUMN_BITS + PLACE_BITS
TERM_AT = TEXT_AT + TEXT_BITS

_WIDTH = 32
"""Bytes of a word that are compared in bulk: four numbers."""

_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5)
_TRIES = 8
_PART = 8
_ALL, _NUMBER = (1 << 64) - 1, (1 << 24) - 1
_NO_TEXT = _ALL  # bytes that no text has
_LETTERS, _DIGITS, _ASCII, _LOWER = 26, 10, 127, np.uint8(0x20)

Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Postings:
    """Where which terms stand."""

    terms: npt.NDArray[np.bytes_]
    """Ascending."""
    keys: Numbers
    """Ascending: place in `terms`, text, column, place in the column, in as many bits as the names
    above say."""
    sizes: Counts
    """(texts, columns): how many tokens each has."""


class Tokenizer:
    """Learns from SQLite's as it goes; for one thread."""

    def __init__(self, table: str, most_words: int = MOST_WORDS) -> None:
        """table: the statement that makes the index.  most_words: that are remembered. Raises
        Unusual.
        """
        self._most_words = most_words
        spoken = SPEAKS.search(table)
        if spoken is None:
            raise Unusual
        self._db = scratch()
        for name, how in (("signs", spoken[1]), ("words", f"porter {spoken[1]}")):
            self._db.execute(
                f"CREATE VIRTUAL TABLE {name} USING fts5 (text, content='', tokenize='{how}')"
            )
            self._db.execute(f"CREATE VIRTUAL TABLE {name}_said USING fts5vocab ({name}, instance)")
        self._signs = _Signs(self)
        if self.folded(range(128)) != [_folded(chr(code)) for code in range(128)]:
            raise Unusual
        self._stem_of: dict[bytes, int] = {}
        self._stems: list[bytes] = []
        self._stem_numbers: dict[bytes, int] = {}

    def close(self) -> None:
        """Let the memory go."""
        self._db.close()

    def folded(self, codes: Sequence[int]) -> list[str]:
        """What becomes of each sign within a word; a space where it ends one. Raises Unusual."""
        said = self._said("signs", [f"x{chr(code)}y" for code in codes])
        found = []
        for words in said:
            word = words[0].decode()
            if len(words) == 2:
                found.append(" ")
            elif len(words) == 1 and word[0] == "x" and word[-1] == "y" and len(word) < 4:
                found.append(word[1:-1])
            else:
                raise Unusual
        return found

    def read(self, texts: Sequence[Sequence[str | None]]) -> Postings:
        """The tokens of some texts, each as many columns. Raises Unusual."""
        columns = len(texts[0])
        if len(texts) >= 1 << TEXT_BITS or columns >= 1 << COLUMN_BITS:
            raise Unusual
        fields = [field or "" for text in texts for field in text]
        for place, field in enumerate(fields):
            if not field.isascii():
                # Bytes as characters, so that there is one length.
                fields[place] = field.translate(self._signs).encode().decode("latin-1")
        folded, starts, lengths, counts = _split(fields)
        groups = _grouped(folded, starts, lengths)
        terms, ranks = self._ranked([word for group in groups for word in group.words])
        places, done, keys = _places(counts, columns), 0, []
        for group in groups:
            some = ranks[done : (done := done + len(group.words))] << np.uint64(TERM_AT)
            key = np.repeat(some, np.diff(group.firsts, append=len(group.tokens)))
            key |= places[group.tokens]
            keys.append(key)
        sorted_keys = np.concatenate([np.empty(0, np.uint64), *keys])
        sorted_keys.sort()
        return Postings(terms=terms, keys=sorted_keys, sizes=counts.reshape(-1, columns))

    def _ranked(self, words: list[bytes]) -> tuple[npt.NDArray[np.bytes_], Numbers]:
        """The stems of some words, ascending, and which of them each word has."""
        if len(self._stem_of) > self._most_words:
            self._stem_of, self._stems, self._stem_numbers = {}, [], {}
        self._learn([word for word in words if word not in self._stem_of])
        numbers = np.fromiter(map(self._stem_of.__getitem__, words), np.int64, len(words))
        used, back = np.unique(numbers, return_inverse=True)
        stems = np.array([self._stems[number] for number in used.tolist()], np.bytes_)
        order = np.argsort(stems)
        ranks = np.empty(len(stems), np.uint64)
        ranks[order] = np.arange(len(stems), dtype=np.uint64)
        return stems[order], ranks[back]

    def _learn(self, words: list[bytes]) -> None:
        if any(len(word) > LONGEST for word in words):
            raise Unusual
        # Stemming looks at how a word ends, and knows no digit.
        asked = [word for word in words if not word[-1:].isdigit()]
        (said,) = self._said("words", [b" ".join(asked).decode()])
        if len(said) != len(asked):
            raise Unusual
        stems = dict.fromkeys(words) | dict(zip(asked, said, strict=True))
        for word, stem in stems.items():
            number = self._stem_numbers.setdefault(stem or word, len(self._stems))
            if number == len(self._stems):
                self._stems.append(stem or word)
            self._stem_of[word] = number

    def _said(self, table: str, texts: Sequence[str]) -> list[list[bytes]]:
        """The terms of each text, in order."""
        self._db.execute("BEGIN")
        self._db.executemany(f"INSERT INTO {table} (rowid, text) VALUES (?, ?)", enumerate(texts))
        self._db.execute("COMMIT")
        rows = self._db.execute(
            f"SELECT doc, offset, CAST(term AS BLOB) FROM {table}_said"
        ).fetchall()
        rows.sort()
        found: list[list[bytes]] = [[] for _ in texts]
        for doc, _, term in rows:
            found[doc].append(term)
        self._db.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        return found


class _Signs(dict[int, str]):
    """For `str.translate`: signs as the tokenizer folds them, asked for once."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._tokenizer = tokenizer

    def __missing__(self, code: int) -> str:
        (self[code],) = self._tokenizer.folded([code])
        return self[code]


def _places(counts: Counts, columns: int) -> Numbers:
    """Text, column and place of each token, in the order of the texts."""
    fields = np.arange(len(counts), dtype=np.uint64)
    begin = (fields // columns << TEXT_AT) | (fields % columns << PLACE_BITS)
    begin -= (np.cumsum(counts) - counts).astype(np.uint64)
    found: Numbers = np.repeat(begin, counts)
    found += np.arange(len(found), dtype=np.uint64)
    return found


def _split(fields: Sequence[str]) -> tuple[Bytes, Counts, Counts, Counts]:
    """All signs, small; where each token begins and how long it is; how many each field has."""
    # Bytes behind the end, so that there are eight at each place.
    joined = f" {' '.join(fields)} {' ' * 2 * _WIDTH}".encode("latin-1")
    signs = np.frombuffer(joined, np.uint8, len(joined) // 8 * 8)
    is_word = (signs | 0x20) - ord("a") < _LETTERS
    folded = signs | is_word * _LOWER
    is_word |= signs - ord("0") < _DIGITS
    is_word |= signs > _ASCII
    edges = np.flatnonzero(is_word[1:] != is_word[:-1])
    starts, lengths = edges[::2] + 1, edges[1::2] - edges[::2]
    ends = np.cumsum(np.fromiter(map(len, fields), np.int64, len(fields)) + 1)
    counts = np.diff(np.searchsorted(starts, ends), prepend=0)
    if len(starts) > _NUMBER or counts.max(initial=0) > MOST_PLACES:
        raise Unusual
    return folded, starts, lengths, counts


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Tokens, those of one word side by side."""

    tokens: Counts
    firsts: Counts
    """Where among them each word begins."""
    words: list[bytes]


def _grouped(folded: Bytes, starts: Counts, lengths: Counts) -> list[_Group]:
    """All tokens: the short ones, which are most, and the others."""
    eights = folded.view("<u8")
    kept = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)

    def part(at: Counts, left: Counts) -> Numbers:
        """Eight bytes of each token; zeros behind its end."""
        eight, shift = at >> 3, ((at & 7) << 3).astype(np.uint64)
        found: Numbers = eights[eight] >> shift
        eight += 1
        found |= eights[eight] << (np.uint64(64) - shift)  # by 64 bits, nothing is left
        found &= kept[np.minimum(left, 8)]
        return found

    is_long = lengths > _PART
    groups = []
    short = np.flatnonzero(~is_long)
    if len(short):
        groups.append(_group(short, [part(starts[short], lengths[short])], []))
    long = np.flatnonzero(is_long)
    if len(long):
        begins, left = starts[long], lengths[long]
        parts = [part(begins, left)]
        for place in range(_PART, _WIDTH, _PART):
            parts.append(np.zeros(len(long), np.uint64))
            longer = np.flatnonzero(left > place)
            parts[-1][longer] = part(begins[longer] + place, left[longer] - place)
        longest: dict[bytes, int] = {}
        for token in np.flatnonzero(left > _WIDTH).tolist():
            word = folded[begins[token] : begins[token] + left[token]].tobytes()
            number = longest.setdefault(word, len(longest))
            for one, value in zip(parts, (number, 0, 0, _NO_TEXT), strict=True):
                one[token] = value
        groups.append(_group(long, parts, list(longest)))
    return groups


def _group(tokens: Counts, parts: list[Numbers], longest: list[bytes]) -> _Group:
    """parts: eight bytes each, of the tokens; longest: words that have a number there instead."""
    order, firsts = _sorted(parts)
    matrix = np.stack([part[order[firsts]] for part in parts], 1).astype("<u8")
    words: list[bytes] = matrix.view(f"S{_PART * len(parts)}").ravel().tolist()
    for place in np.flatnonzero(matrix[:, -1] == _NO_TEXT).tolist() if longest else ():
        words[place] = longest[int(matrix[place, 0])]
    return _Group(tokens=tokens[order], firsts=firsts, words=words)


def _sorted(parts: list[Numbers]) -> tuple[Counts, Counts]:
    """An order in which what is equal in all parts stands side by side, and where each begins."""
    numbers = np.arange(len(parts[0]), dtype=np.uint64)
    for attempt in range(_TRIES):
        hashed = parts[0] * np.uint64(_FACTORS[0] + 2 * attempt)
        for part, factor in zip(parts[1:], _FACTORS[1:], strict=False):
            hashed ^= hashed >> np.uint64(29)
            hashed += part * np.uint64(factor)
        hashed ^= hashed >> np.uint64(32)
        hashed *= np.uint64(_FACTORS[1] + 2 * attempt)
        hashed &= np.uint64(_ALL - _NUMBER)
        hashed |= numbers
        hashed.sort()
        order = (hashed & np.uint64(_NUMBER)).astype(np.int64)
        hashed >>= np.uint64(_NUMBER.bit_length())
        is_same = hashed[1:] == hashed[:-1]
        if not any((is_same & _differ(part[order])).any() for part in parts):
            return order, np.flatnonzero(np.concatenate([[True], ~is_same]))
    raise Unusual


def _differ(values: Numbers) -> Flags:
    found: Flags = values[1:] != values[:-1]
    return found


def _folded(sign: str) -> str:
    """What SQLite is expected to make of ASCII."""
    return sign.lower() if sign.isalnum() else " "
