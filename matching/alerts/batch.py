"""A batch of new papers, prepared for many queries: sets of papers, and FTS5 for what they leave.

A set of papers is an integer with one bit a paper. Most queries are answered by such sets alone: a
word or pair of neighbours that no paper of the batch has makes its query a miss. Only where a
longer order decides (phrases of three words, NEAR) and some paper has all its parts is SQLite's
FTS5 asked, once for each text and batch.

FTS5 is given tokens, not text, with a table for each reading, and only those papers that are in
question. So its tokenizer has nothing to decide, and a query's text never reaches it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, Self, TypeAlias

from matching.alerts.asked import Among, Asked, Ordered
from matching.alerts.comparisons import holds
from matching.alerts.nodes import Comparison, Form, Kind, Text
from matching.alerts.placed import Placed
from matching.alerts.reading import Reading, Word, tokens
from storage.connections import scratch
from storage.records import Entry, Paper

Papers: TypeAlias = int
"""A set of papers of a batch: bit i stands for the i-th."""

Check: TypeAlias = Callable[[], object]
"""Called again and again while queries run; whatever it raises ends that."""

NEVER_MIND: Check = int

BETWEEN = " ꙮ "
"""Stands between names, as a word that nobody asks for, so that no phrase reaches over two."""

COLUMNS = ("title", "abstract", "org", "author", "source")

# Whatever is not in this list and not a letter, a digit or beyond ASCII parts FTS5's tokens.
_TOKENIZER = "ascii tokenchars '+#.-^'"


NAMES: dict[str, Callable[[Paper | Entry], Sequence[str]]] = {
    "org": lambda paper: (paper.organisation or "", paper.organisation_handle or ""),
    "author": lambda paper: paper.author_names,
}
"""The fields that are several texts, each for itself."""


def texts(paper: Paper | Entry) -> dict[str, str]:
    """The fields of a paper that can be searched, each as one text; a missing one is empty."""
    return {
        "title": paper.title,
        "abstract": paper.abstract,
        "org": BETWEEN.join(NAMES["org"](paper)),
        "author": BETWEEN.join(NAMES["author"](paper)),
        "source": paper.source or "",
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One field of a paper as it is read."""

    words: list[Word]
    bag: frozenset[Word]
    """Each of them once."""

    @staticmethod
    def of(words: list[Word]) -> "Column":
        """These words."""
        return Column(words=words, bag=frozenset(words))


class Known(Protocol):
    """Papers that were read before."""

    words_of: dict[Reading, dict[str, list[Word]]]

    def columns(self, paper: Paper) -> Mapping[str, Column]:
        """The words of a paper, by field."""


class Batch:
    """Some papers, ready to be asked. Closed by leaving its `with` block."""

    def __init__(
        self,
        papers: Sequence[Paper],
        asked: Asked,
        known: tuple[Known, Among] | None = None,
        check: Check = NEVER_MIND,
    ) -> None:
        self._check = check
        self.every: Papers = (1 << len(papers)) - 1
        self._papers = papers
        self._questions = asked.questions
        self._columns = [column for column in COLUMNS if column in asked.columns]
        self._words: list[list[list[Word]]] = []
        """By paper and column."""
        self._sets: dict[str, dict[int, Papers]] = {column: {} for column in COLUMNS}
        self._open: dict[tuple[str, Reading], dict[str, Papers]] = {}
        self._sorted: dict[tuple[str, Reading], list[str]] = {}
        self._answers: dict[Text | Comparison, Papers] = {}
        self._indexed: dict[Reading, Papers] = {}
        self._memory = scratch()
        for place, paper in enumerate(papers):
            check()
            bit = 1 << place
            if known is None:
                fields = texts(paper)
                read_now = [asked.reading(fields[column]) for column in self._columns]
                words, about = [one for one, _ in read_now], [one for _, one in read_now]
            else:
                read_before = [known[0].columns(paper)[column] for column in self._columns]
                words = [one.words for one in read_before]
                about = [
                    (known[1].numbers(one.words, one.bag), known[1].open_words(one.bag))
                    for one in read_before
                ]
            self._words.append(words)
            for column, (these, open_words) in zip(self._columns, about, strict=True):
                sets = self._sets[column]
                for number in these:
                    sets[number] = sets.get(number, 0) | bit
                for reading, tokens_here in open_words.items():
                    having = self._open.setdefault((column, reading), {})
                    for token in tokens_here:
                        having[token] = having.get(token, 0) | bit

    @property
    def present(self) -> set[int]:
        """The numbers of everything asked about that some paper has."""
        return set().union(*self._sets.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.close()

    def holding(self, leaf: Text | Comparison, among: Papers) -> Papers:
        """The papers for which a leaf holds; all of those that are in `among`."""
        known = self._answers.get(leaf)
        if known is not None:
            return known
        if isinstance(leaf, Comparison):
            answer = sum(1 << i for i, paper in enumerate(self._papers) if holds(leaf, paper))
            self._answers[leaf] = answer
            return answer
        self._check()
        question = self._questions[leaf]
        answer = 0
        for column in question.columns:
            sets = self._sets[column]
            for number in question.sure:
                answer |= sets.get(number, 0)
            for reading, prefix in question.prefixes:
                answer |= self._beginning(column, reading, prefix)
        unsure = 0
        in_question = []
        for ordered in question.ordered:
            possible = self._possible(question.columns, ordered) & ~answer
            if possible:
                in_question.append(ordered.form)
                unsure |= possible
        if unsure and not unsure & among:
            return answer  # not the whole answer, so not one to remember
        if unsure and leaf.kind is Kind.NEAR and (names := NAMES.get(leaf.fields[0])):
            answer |= self._near_in(names, in_question, unsure)
        elif unsure:
            answer |= self._ask(leaf.fields, in_question, unsure)
        self._answers[leaf] = answer
        return answer

    def _possible(self, columns: tuple[str, ...], ordered: Ordered) -> Papers:
        """The papers that have everything a form needs in one column."""
        found = 0
        for column in columns:
            sets = self._sets[column]
            here = self.every
            for number in ordered.needs:
                here &= sets.get(number, 0)
                if not here:
                    break
            for prefix in ordered.prefixes if here else ():
                here &= self._beginning(column, ordered.form.reading, prefix)
            found |= here
        return found

    def _beginning(self, column: str, reading: Reading, prefix: str) -> Papers:
        """The papers that have a word in a column that begins so."""
        sets = self._open.get((column, reading), {})
        words = self._sorted.get((column, reading))
        if words is None:
            words = self._sorted[column, reading] = sorted(sets)
        found = 0
        for i in range(bisect_left(words, prefix), len(words)):
            if not words[i].startswith(prefix):
                break
            found |= sets[words[i]]
        return found

    def _ask(self, fields: tuple[str, ...], forms: Sequence[Form], papers: Papers) -> Papers:
        """The papers of `papers` in which one of the forms stands, by FTS5."""
        found = 0
        for reading, ones in groupby(sorted(forms, key=_reading), key=_reading):
            self._index(reading, papers)
            expression = " OR ".join(map(_match, ones))
            rows = self._memory.execute(
                f"SELECT rowid FROM {reading.name} WHERE {reading.name} MATCH ?",
                (f"{{{' '.join(fields)}}} : ({expression})",),
            )
            for (place,) in rows:
                found |= 1 << place
        return found & papers

    def _near_in(
        self, names: Callable[[Paper], Sequence[str]], forms: Sequence[Form], papers: Papers
    ) -> Papers:
        """The papers of `papers` of which one name has one of the forms: NEAR counts words between,
        and no number of them parts two names.
        """
        found = 0
        for place in places(papers):
            read_once = [Placed(name) for name in names(self._papers[place])]
            if any(any(name.ranges(form)) for name in read_once for form in forms):
                found |= 1 << place
        return found

    def _index(self, reading: Reading, papers: Papers) -> None:
        """Give FTS5 the papers that it has not yet in this reading."""
        if reading not in self._indexed:
            self._memory.execute(
                f"CREATE VIRTUAL TABLE {reading.name} USING fts5 ("
                f'{", ".join(self._columns)}, content="", tokenize="{_TOKENIZER}")'
            )
        new = papers & ~self._indexed.get(reading, 0)
        self._indexed[reading] = papers | self._indexed.get(reading, 0)
        marks = ", ".join("?" * (len(self._columns) + 1))
        if new:
            self._memory.execute("BEGIN")
            self._memory.executemany(
                f"INSERT INTO {reading.name} (rowid, {', '.join(self._columns)}) VALUES ({marks})",
                (
                    (place, *(" ".join(_encoded(reading, words)) for words in self._words[place]))
                    for place in places(new)
                ),
            )
            self._memory.execute("COMMIT")


def places(papers: Papers) -> Iterator[int]:
    """The places of a set of papers, ascending."""
    while papers:
        lowest = papers & -papers
        yield lowest.bit_length() - 1
        papers ^= lowest


def _reading(form: Form) -> Reading:
    return form.reading


def _match(form: Form) -> str:
    runs = " ".join(
        f'"{" ".join(_safe(form.reading, run.tokens))}"' + " *" * run.is_open for run in form.runs
    )
    return f"NEAR({runs}, {form.within})" if len(form.runs) > 1 else runs


def _encoded(reading: Reading, words: Sequence[Word]) -> Iterable[str]:
    return _safe(reading, tokens(words, reading))


def _safe(reading: Reading, found: Iterable[str]) -> Iterable[str]:
    """Tokens as FTS5's ascii tokenizer keeps them: it folds A to Z and parts at most signs."""
    if reading is Reading.CASED:
        found = (
            "".join(f"^{c.lower()}" if "A" <= c <= "Z" else c for c in token) for token in found
        )
    if reading in {Reading.EXACT, Reading.CASED}:
        return (token.replace("'", "’") for token in found)
    return found
