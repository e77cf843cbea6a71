"""The concordance: which papers hold which words, in files beside the database.

FTS5 reads all papers of a common word to rank by it, which among a million takes seconds. The files
(see `portions`) hold what BM25 asks for in a form that is summed in milliseconds. They follow from
the database and may be deleted at any time. A manifest says which files belong together and how
far they have read; what came in since is read from the database and held in memory, until it is
enough for a file.
"""

import json
import os
import threading
import weakref
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from storage import bm25, portions, reworded
from storage.bm25 import Floats, Found
from storage.database import Tx
from storage.portions import MOST_PAPERS, Damaged, Portion
from storage.reworded import Extent, News
from storage.segments import Unusual
from storage.varints import Counts
from storage.wordings import TERM_AT, TEXT_AT, Postings, Tokenizer

FORMAT = 1

IN_MEMORY = 2_000
"""Papers, or changes of some, that are held in memory; more are worth a file."""

PIECES = 16
"""Portions in memory, each of what came in at one time; more become one."""

SMALL = 1 << 15
"""A portion of fewer papers is merged with the next ones."""

GONE = 0.1
"""Share of a portion's papers; with more that are gone, it is written anew."""

LEARNT, FEW = 30_000, 1_000
"""Words that are remembered with their stems, for those who ask: some 5 MB; who reads more than a
few papers has a memory of their own, for as long as that takes."""

TAMED, TAMED_WORD = 10_000, 100
"""Of a text that no paper would have, so many words are read, each of so many signs."""

_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class _Stock:
    """What is held, at one time: whoever asks is not disturbed by what comes in."""

    portions: tuple[Portion, ...] = ()
    gone: tuple[Counts, ...] = ()
    """Of each, places of papers that are no longer what it says."""
    norms: tuple[Floats, ...] = ()
    papers: int = 0

    @classmethod
    def of(cls, held: Sequence[Portion], gone: Sequence[Counts]) -> "_Stock":
        words = sum(int(one.sizes.sum(dtype=np.int64)) for one in held)
        mean = max(1.0, words / max(1, sum(map(len, held))))
        return cls(
            portions=tuple(held),
            gone=tuple(gone),
            norms=tuple(bm25.norms(*both, mean) for both in zip(held, gone, strict=True)),
            papers=sum(map(len, held)) - sum(map(len, gone)),
        )


class Concordance:
    """The words of all papers. Its methods block: call them on a thread."""

    def __init__(self, path: Path, table: str) -> None:
        """path: the folder of its files.  table: the index, as `segments.definition` tells it.
        Raises Unusual where that reads texts in a way that is not known here.
        """
        self.path = path
        self.extent = Extent()
        self._table = table
        self._tokenizer = Tokenizer(table, LEARNT)
        weakref.finalize(self, self._tokenizer.close)
        self._asking = threading.Lock()
        self._stock = _Stock()
        self._written = Extent()
        self._marks: dict[str, int] = {}

    def open(self) -> None:
        """Map what is there; files that are not ours, or damaged, are begun anew.

        The system is asked to read all of it ahead: common words are spread over it.
        """
        try:
            found = self._manifest()
            held = [portions.read(self.path / one["file"]) for one in found["portions"]]
            gone = [np.array(one["gone"], np.int64) for one in found["portions"]]
            for one in found["portions"]:
                _read_ahead(self.path / one["file"])
        except (Damaged, FileNotFoundError):
            self.forget()
            return
        self._stock, self._marks = _Stock.of(held, gone), found["marks"]
        self.extent = self._written = Extent(**found["extent"])

    def forget(self) -> None:
        """Begin anew: the files are of another database."""
        self._stock, self._marks = _Stock(), {}
        self.extent = self._written = Extent()

    def is_of(self, tx: Tx) -> bool:
        """Whether what was mapped goes on where this database does."""
        return reworded.goes_on(tx, self.extent, self._marks)

    def add(self, news: News) -> None:
        """Take in what is new."""
        held, gone = [*self._stock.portions], [*self._stock.gone]
        if news.changed:
            changed = np.array(news.changed, np.int64)
            for place, one in enumerate(held):
                stale = np.flatnonzero(np.isin(one.seqs, changed))
                gone[place] = np.union1d(gone[place], stale)
        if news.texts:
            held.append(self._read(news))
            gone.append(_NOTHING)
        pieces = [place for place, one in enumerate(held) if one.path is None]
        if len(pieces) > PIECES:
            held, gone = _fewer(held, gone, pieces)
        self._stock, self.extent = _Stock.of(held, gone), news.extent

    def unwritten(self) -> int:
        """Papers, and changes of some, that are in memory only."""
        papers = sum(len(one) for one in self._stock.portions if one.path is None)
        return papers + self.extent.change - self._written.change

    def write(self, marks: dict[str, int]) -> None:
        """Everything to files, where there are few of which most are large. Raises OSError.

        marks: see `reworded.marks`.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        held, gone = [*self._stock.portions], [*self._stock.gone]
        small = [
            place
            for place, one in enumerate(held)
            if one.path is None or len(one) < SMALL or len(gone[place]) > GONE * len(one)
        ]
        held, gone = _fewer(held, gone, small)
        for place, one in enumerate(held):
            if one.path is None:
                file = self.path / f"{os.getpid():x}-{os.urandom(6).hex()}"
                one.write(file)
                held[place] = portions.read(file)
        self._tell(held, gone, marks)
        self._stock, self._marks, self._written = _Stock.of(held, gone), marks, self.extent

    def ranked(self, words: Sequence[str], limit: int) -> Found:
        """Papers that hold any of the words, best first. What FTS5 would read as several words side
        by side is several words here.
        """
        stock, terms = self._stock, list(dict.fromkeys(self._terms(words)))
        return bm25.best(stock.portions, stock.norms, stock.papers, terms, limit)

    def titled(self, words: Sequence[str], limit: int, *, is_begun: bool) -> list[int]:
        """Seqs of the newest papers with all these words in their title, the newest first.

        is_begun: the last word may be only the beginning of one.
        """
        stock, terms = self._stock, self._terms(words)
        if not terms:
            return []
        begun = terms.pop() if is_begun else None
        found = [_NOTHING]
        for portion, gone in zip(stock.portions, stock.gone, strict=True):
            places = portion.titled(list(dict.fromkeys(terms)), begun)
            found.append(portion.seqs[np.setdiff1d(places, gone)])
        newest = np.sort(np.concatenate(found))[::-1]
        return [int(seq) for seq in newest[:limit]]

    # --- what it is made of ----------------------------------------------------------------

    def _terms(self, words: Sequence[str]) -> list[bytes]:
        """As the index has them, in the order of the words."""
        with self._asking:
            postings = _postings(self._tokenizer, [(" ".join(words),)])
        order = np.argsort(postings.keys & np.uint64((1 << TEXT_AT) - 1))
        ranks = (postings.keys[order] >> np.uint64(TERM_AT)).tolist()
        return [bytes(postings.terms[rank]) for rank in ranks]

    def _read(self, news: News) -> Portion:
        seqs, texts = [text[0] for text in news.texts], [text[1:] for text in news.texts]
        if len(texts) <= FEW:
            with self._asking:
                return portions.made(_postings(self._tokenizer, texts), seqs)
        tokenizer = Tokenizer(self._table)
        try:
            return portions.made(_postings(tokenizer, texts), seqs)
        finally:
            tokenizer.close()

    def _manifest(self) -> dict[str, Any]:
        checksum, _, told = (self.path / "manifest").read_bytes().partition(b"\n")
        if checksum != _checksum(told):
            raise Damaged(self.path)
        found: dict[str, Any] = json.loads(told)
        if (found["format"], found["table"]) != (FORMAT, self._table):
            raise Damaged(self.path)
        return found

    def _tell(self, held: Sequence[Portion], gone: Sequence[Counts], marks: dict[str, int]) -> None:
        """Which files it is now, all at once; others go."""
        listed = [
            {"file": one.path.name, "gone": without.tolist()}
            for one, without in zip(held, gone, strict=True)
            if one.path is not None
        ]
        facts = {"format": FORMAT, "table": self._table, "extent": asdict(self.extent)}
        told = json.dumps(facts | {"marks": marks, "portions": listed}).encode()
        fresh = self.path / "manifest.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(_checksum(told) + b"\n" + told)
            file.flush()
            os.fdatasync(file.fileno())
        fresh.replace(self.path / "manifest")
        kept = {"manifest", *(one["file"] for one in listed)}
        for other in self.path.iterdir():
            if other.name not in kept:
                other.unlink(missing_ok=True)


def _fewer(
    held: Sequence[Portion], gone: Sequence[Counts], some: Sequence[int]
) -> tuple[list[Portion], list[Counts]]:
    """With some of the portions merged, as far as a portion takes so many papers."""
    groups: list[list[int]] = []
    room = 0
    for place in sorted(some, key=lambda place: len(held[place])):
        papers = len(held[place]) - len(gone[place])
        if papers > room:
            groups.append([])
            room = MOST_PAPERS
        groups[-1].append(place)
        room -= papers
    # A file alone stays as it is, unless much of it is gone.
    groups = [one for one in groups if len(one) > 1 or len(gone[one[0]])]
    moved = {place for group in groups for place in group}
    kept = [place for place in range(len(held)) if place not in moved]
    made = [
        portions.merged([held[place] for place in group], [gone[place] for place in group])
        for group in groups
    ]
    return (
        [*(held[place] for place in kept), *made],
        [*(gone[place] for place in kept), *(_NOTHING for _ in made)],
    )


def _postings(tokenizer: Tokenizer, texts: Sequence[Sequence[str | None]]) -> Postings:
    """Texts that are no texts, as a word of ten thousand letters, are read in part."""
    try:
        return tokenizer.read(texts)
    except Unusual:
        return tokenizer.read([[_tamed(field or "") for field in text] for text in texts])


def _tamed(text: str) -> str:
    """As it is, if it may be a text."""
    words = text.split()
    if len(words) <= TAMED and all(len(word) <= TAMED_WORD for word in words):
        return text
    return " ".join(word[:TAMED_WORD] for word in words[:TAMED])


def _read_ahead(path: Path) -> None:
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def _checksum(told: bytes) -> bytes:
    return f"{zlib.crc32(told):08x}".encode()
