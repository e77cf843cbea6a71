"""Tokens: what FTS5's tokenizer makes of many texts at once, without holding the interpreter.

How a sign is folded and what a word is cut down to is asked of SQLite itself, once for each sign
and word, so a text's tokens are those of its tokenizer. That works sign by sign for `unicode61`:
what it does with one depends on no other. A test walks through all of Unicode.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from storage import kernels
from storage.connections import scratch
from storage.kernels import COLUMN_BITS, PLACE_BITS, TEXT_BITS, Places, Shorts
from storage.segments import Unusual
from storage.varints import Bytes, Counts

SPEAKS = re.compile(r"tokenize='porter (unicode61 remove_diacritics 2)'")
"""Of the index: a word's own signs, each for itself, and then its stem."""

MOST_WORDS = 1 << 19
"""That are remembered with their stems: some 100 MB."""

ROOM = 16 * MOST_WORDS
"""Bytes for their signs."""

LONGEST = 500
"""Bytes of a word; none in any language has them."""

MOST_PLACES = (1 << PLACE_BITS) - 2
"""Words of a column: with what FTS5 adds to a place, two bytes hold it."""

_ASCII, _SIGNS_AT_ONCE = 128, 1_024


@dataclass(frozen=True, kw_only=True)
class Postings:
    """Where which terms stand."""

    terms: list[bytes]
    """Ascending."""
    places: Places
    """Text, column and place in the column of each token, ascending, term after term."""
    ends: Counts
    """By term, of `places`."""
    sizes: Shorts
    """(texts, columns): how many tokens each has."""


class Tokenizer:
    """Learns from SQLite's as it goes; for one thread."""

    def __init__(self, table: str) -> None:
        """table: the statement that makes the index. Raises Unusual."""
        spoken = SPEAKS.search(table)
        if spoken is None:
            raise Unusual
        self._db = scratch()
        for name, how in (("signs", spoken[1]), ("words", f"porter {spoken[1]}")):
            self._db.execute(
                f"CREATE VIRTUAL TABLE {name} USING fts5 (text, content='', tokenize='{how}')"
            )
            self._db.execute(f"CREATE VIRTUAL TABLE {name}_said USING fts5vocab ({name}, instance)")
        self._signs = np.full(sys.maxunicode + 1, kernels.UNKNOWN, np.int32)
        self._learn_signs(range(_ASCII))
        self._words = _Words()

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
        if len(texts) >= 1 << TEXT_BITS or columns > 1 << COLUMN_BITS:
            raise Unusual
        fields = [(field or "").encode() for text in texts for field in text]
        joined = np.frombuffer(b"".join(fields), np.uint8)
        field_ends = np.cumsum(np.fromiter(map(len, fields), np.int64, len(fields)))
        strange = np.empty(_SIGNS_AT_ONCE, np.int32)
        while found := kernels.unknown_signs(joined, self._signs, strange):
            self._learn_signs(np.unique(strange[:found]).tolist())
        try:
            tokens, counts = self._words.read(joined, field_ends, self._signs)
        except _NoRoom:
            self._words = _Words()
            tokens, counts = self._words.read(joined, field_ends, self._signs)
        if counts.max() > MOST_PLACES:
            raise Unusual
        new = self._words.unlearnt()
        self._words.learn(self._stemmed(new))
        terms, ranks, many = self._words.ranked(tokens)
        ends = np.cumsum(many)
        places = np.empty(len(tokens), np.uint32)
        kernels.post(tokens, counts, columns, ranks, ends - many, places)
        return Postings(terms=terms, places=places, ends=ends, sizes=counts.reshape(-1, columns))

    def _learn_signs(self, codes: Sequence[int]) -> None:
        for code, sign in zip(codes, self.folded(codes), strict=True):
            self._signs[code] = _as_number(sign)

    def _stemmed(self, words: list[bytes]) -> list[bytes]:
        # Stemming looks at how a word ends, and knows no digit.
        asked = [word for word in words if not word[-1:].isdigit()]
        (said,) = self._said("words", [b" ".join(asked).decode()])
        if len(said) != len(asked):
            raise Unusual
        stems = dict(zip(asked, said, strict=True))
        return [stems.get(word, word) for word in words]

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


class _NoRoom(Unusual):
    """For a word more."""


class _Words:
    """The words that were read, with their stems, each by its number."""

    def __init__(self) -> None:
        self._table = np.zeros(4 * MOST_WORDS, np.uint64)
        self._begins = np.zeros(MOST_WORDS + 1, np.int64)
        self._pool = np.empty(ROOM, np.uint8)
        self._many = self._learnt = 0
        self._stem_of = np.empty(MOST_WORDS, np.int32)
        self._stems: list[bytes] = []
        self._numbers: dict[bytes, int] = {}
        self._keys = np.empty((2, MOST_WORDS), np.uint64)
        """The first 16 bytes of each stem, as they are sorted."""

    def read(self, text: Bytes, ends: Counts, signs: Shorts) -> tuple[Shorts, Shorts]:
        """The word of each token, and how many tokens each field has. Raises Unusual."""
        tokens = np.empty(len(text) // 2 + len(ends), np.int32)
        counts = np.empty(len(ends), np.int32)
        how, self._many = kernels.tokenize(
            text,
            ends,
            signs,
            LONGEST,
            self._table,
            self._begins,
            self._pool,
            self._many,
            tokens,
            counts,
        )
        if how != kernels.DONE:
            raise _NoRoom if how == kernels.FULL else Unusual
        return tokens[: counts.sum()], counts

    def unlearnt(self) -> list[bytes]:
        """Words that have no stem yet."""
        edges = self._begins[self._learnt : self._many + 1].tolist()
        said = self._pool[edges[0] : edges[-1]].tobytes()
        return [said[a - edges[0] : b - edges[0]] for a, b in pairwise(edges)]

    def learn(self, stems: list[bytes]) -> None:
        """The stems of these."""
        known = len(self._stems)
        for stem in stems:
            if self._numbers.setdefault(stem, len(self._stems)) == len(self._stems):
                self._stems.append(stem)
        numbers = map(self._numbers.__getitem__, stems)
        self._stem_of[self._learnt : self._many] = np.fromiter(numbers, np.int32, len(stems))
        self._learnt = self._many
        begun = np.array(self._stems[known:], "S16")
        self._keys[:, known : len(self._stems)] = begun.view(">u8").reshape(-1, 2).T

    def ranked(self, tokens: Shorts) -> tuple[list[bytes], Shorts, Counts]:
        """The stems of tokens, ascending; which of them each word has; how often each is there."""
        counts = np.zeros(len(self._stems), np.int64)
        kernels.count(tokens, self._stem_of, counts)
        used = np.flatnonzero(counts)
        first, second = self._keys[:, used]
        order = np.lexsort((second, first))
        first, second = first[order], second[order]
        used = used[order]
        is_same = (first[1:] == first[:-1]) & (second[1:] == second[:-1])
        edges = np.flatnonzero(np.diff(is_same, prepend=False, append=False)).tolist()
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            some = used[begin : end + 1].tolist()
            used[begin : end + 1] = sorted(some, key=self._stems.__getitem__)
        ranks = np.empty(len(self._stems), np.int32)
        ranks[used] = np.arange(len(used), dtype=np.int32)
        terms = [self._stems[number] for number in used.tolist()]
        return terms, ranks[self._stem_of[: self._many]], counts[used]


def _as_number(sign: str) -> int:
    if sign == " ":
        return kernels.SEPARATES
    return ord(sign) if sign else kernels.NOTHING
