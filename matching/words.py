"""Texts as counted words, cut and stemmed by SQLite's FTS5 itself.

FTS5 is asked once for every distinct piece of text and its answer is kept, so that counting costs
a dictionary look-up a word while tokens stay exactly those of the full-text search. A term is a
64-bit digest of its stem: matrices of different days need no shared numbering. Neighbours count
as terms too, because two words together say more than each alone.
"""

import hashlib
import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from storage.connections import scratch

Terms = npt.NDArray[np.uint64]
"""Term ids."""

Floats = npt.NDArray[np.float32]

TOKENIZER = "porter unicode61 remove_diacritics 2"
"""As in the table behind the full-text search."""

_PIECES = re.compile(r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
"""Runs without ASCII separators: FTS5 never joins tokens over one of those."""

_MOST_KNOWN = 500_000
"""Pieces kept; beyond it (some 100 MB) the table starts again from nothing."""

_MOST_TEXTS = 8_000
"""Texts whose terms are kept (some 25 MB): papers that many voted on are asked for again."""

_PAIR = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that multiplying keeps every first word apart; arithmetic is modulo 2**64."""

_known: dict[str, tuple[str, ...]] = {}
_ids: dict[str, int] = {}
_terms: dict[str, Terms] = {}
_lock = threading.Lock()


def stems(text: str) -> list[str]:
    """FTS5's tokens of `text`, in order."""
    return [stem for stem, _ in spans(text)]


def spans(text: str) -> list[tuple[str, str]]:
    """(token, the piece of `text` that it came from) in order."""
    pieces = _PIECES.findall(text.lower())
    with _lock:
        _learn(pieces)
        return [(stem, piece) for piece in pieces for stem in _known[piece]]


def terms(texts: Sequence[str]) -> list[Terms]:
    """For each text its term ids, in order, repeated as often as they occur."""
    with _lock:
        found = {text: _terms[text] for text in texts if text in _terms}
        cut = {text: _PIECES.findall(text.lower()) for text in texts if text not in found}
        _learn(piece for pieces in cut.values() for piece in pieces)
        for text, pieces in cut.items():
            ids = (_ids[stem] for piece in pieces for stem in _known[piece])
            found[text] = _terms[text] = np.fromiter(ids, dtype=np.uint64)
            found[text].flags.writeable = False
        while len(_terms) > _MOST_TEXTS:
            del _terms[next(iter(_terms))]
        return [found[text] for text in texts]


def pairs(ids: Terms) -> Terms:
    """The term of each two neighbours."""
    return ids[:-1] * _PAIR + ids[1:]


def term(stem: str) -> int:
    """The id of a stem: the same in every process."""
    return int.from_bytes(hashlib.blake2b(stem.encode(), digest_size=8).digest(), "little")


def _learn(pieces: Iterable[str]) -> None:
    """Ask FTS5 for the tokens of the pieces that are not known yet."""
    wanted = set(pieces)
    if len(_known) > _MOST_KNOWN:
        _known.clear()
        _ids.clear()
    new = sorted(wanted.difference(_known))
    if not new:
        return
    found: dict[int, list[str]] = {}
    with closing(scratch()) as memory:
        memory.execute(f"CREATE VIRTUAL TABLE piece USING fts5 (text, tokenize='{TOKENIZER}')")
        memory.execute("CREATE VIRTUAL TABLE token USING fts5vocab (piece, instance)")
        memory.executemany("INSERT INTO piece (rowid, text) VALUES (?, ?)", enumerate(new))
        for row, stem in memory.execute('SELECT doc, term FROM token ORDER BY doc, "offset"'):
            found.setdefault(row, []).append(stem)
    for row, piece in enumerate(new):
        _known[piece] = tuple(found.get(row, ()))
        for stem in _known[piece]:
            if stem not in _ids:
                _ids[stem] = term(stem)


@dataclass(frozen=True, kw_only=True, eq=False)
class Bags:
    """Texts as a sparse matrix of counts: a row a text, a column a term."""

    columns: Terms
    """Ascending: the term of each column, single words and pairs of neighbours."""
    counts: sp.csr_array
    """(texts, terms) float32."""
    lengths: Floats
    """(texts,) tokens in each text."""

    def __len__(self) -> int:
        return int(self.counts.shape[0])

    def weights(self, terms: Terms, weights: Floats) -> Floats:
        """(columns,) the weights of some terms laid over these columns; all others weigh 0."""
        laid = np.zeros(len(self.columns), dtype=np.float32)
        place, here = find(self.columns, terms)
        laid[place[here]] = weights[here]
        return laid


def find(columns: Terms, terms: Terms) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """(place in `columns`, whether it is there) of each term; `columns` ascend."""
    if not len(columns):
        return np.zeros(len(terms), dtype=np.intp), np.zeros(len(terms), dtype=np.bool_)
    place = np.minimum(np.searchsorted(columns, terms), len(columns) - 1)
    return place, columns[place] == terms


def count(texts: Sequence[str], *, neighbours: bool = True) -> Bags:
    """The words of each text, counted, and pairs of `neighbours` too."""
    singles = terms(texts)
    lengths = np.array([len(row) for row in singles], dtype=np.float32)
    rows = [np.concatenate([row, pairs(row)]) if neighbours else row for row in singles]
    every = np.concatenate(rows) if rows else np.zeros(0, dtype=np.uint64)
    columns, place = np.unique(every, return_inverse=True)
    row = np.repeat(np.arange(len(rows)), [len(ids) for ids in rows])
    counts = sp.csr_array(
        (np.ones(len(every), dtype=np.float32), (row, place)), shape=(len(rows), len(columns))
    )
    counts.sum_duplicates()
    return Bags(columns=columns, counts=counts, lengths=lengths)
