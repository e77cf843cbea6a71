"""Stored papers, read once for the many queries that are tried on them.

Reading a text into words is most of what a dry run costs. A history keeps the words of each paper,
and of each token the words that have it, so that a query looks only at papers that hold something
of what it asks. It follows the store: papers that are new or changed are read, others kept.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from matching.alerts.batch import COLUMNS, Column, texts
from matching.alerts.reading import Reading, Word, read
from storage.records import Paper

_BY_TOKEN = (
    (Reading.APART, "apart"),
    (Reading.JOINED, "joined"),
    (Reading.PLAIN_APART, "plain"),
    (Reading.PLAIN_JOINED, "plain_joined"),
    (Reading.EXACT, "exact"),
    (Reading.CASED, "cased"),
)

_EMPTY = Column.of([])

_FEWEST_GONE = 1_000
"""Papers that were let go, or as many as are held if those are more: until then words stay."""


@dataclass(frozen=True, kw_only=True)
class _Kept:
    key: tuple[object, ...]
    columns: dict[str, Column]


class History:
    """Papers ready to be asked. Not for two threads at once while it follows."""

    def __init__(self) -> None:
        self.papers: list[Paper] = []
        self.words_of: dict[Reading, dict[str, list[Word]]] = {one: {} for one, _ in _BY_TOKEN}
        """By reading and token, the words that have it."""
        self.holding: Counter[str] = Counter()
        """In how many papers each token of APART is."""
        self._kept: dict[int, _Kept] = {}
        self._known: set[Word] = set()
        self._same: dict[tuple[str, ...], Word] = {}
        """One object for all words that are written alike."""
        self._gone = 0
        """Papers that were let go since the words were gone through."""

    def follow(self, papers: Iterable[Paper]) -> None:
        """Hold these papers and no others."""
        self.papers = list(papers)
        seqs = {paper.seq for paper in self.papers}
        for seq in [seq for seq in self._kept if seq not in seqs]:
            self._let_go(seq)
        for paper in self.papers:
            key = _key(paper)
            known = self._kept.get(paper.seq)
            if known is None or known.key != key:
                if known is not None:
                    self._let_go(paper.seq)
                self._take(paper, key)

        if self._gone > max(len(self.papers), _FEWEST_GONE):
            self._forget_words()

    def columns(self, paper: Paper) -> Mapping[str, Column]:
        """The words of a paper that it holds, by field."""
        return self._kept[paper.seq].columns

    def _take(self, paper: Paper, key: tuple[object, ...]) -> None:
        columns = {
            name: Column.of([self._same.setdefault(word.cased, word) for word in read(text)])
            for name, text in texts(paper).items()
            if text
        }
        self._kept[paper.seq] = _Kept(
            key=key, columns={name: columns.get(name, _EMPTY) for name in COLUMNS}
        )
        self._learn(columns.values())
        self.holding.update(self.tokens(paper))

    def _learn(self, columns: Iterable[Column]) -> None:
        for column in columns:
            for word in column.bag - self._known:
                self._known.add(word)
                for reading, name in _BY_TOKEN:
                    for token in {*getattr(word, name)}:
                        self.words_of[reading].setdefault(token, []).append(word)

    def _forget_words(self) -> None:
        """Keep the words of the papers that are held, and no others."""
        self._gone = 0
        self._known.clear()
        for known in self.words_of.values():
            known.clear()
        for kept in self._kept.values():
            self._learn(kept.columns.values())
        self._same = {word.cased: word for word in self._known}
        self.holding = +self.holding

    def _let_go(self, seq: int) -> None:
        # Words stay for a while: the next papers hold most of them too.
        self._gone += 1
        gone = self._kept.pop(seq)
        self.holding.subtract(_tokens(gone.columns))

    def tokens(self, paper: Paper) -> set[str]:
        """The tokens of APART in title and abstract."""
        return _tokens(self.columns(paper))


def _tokens(columns: Mapping[str, Column]) -> set[str]:
    words = columns["title"].bag | columns["abstract"].bag
    return {token for word in words for token in word.apart}


def _key(paper: Paper) -> tuple[object, ...]:
    return tuple(texts(paper).values())
