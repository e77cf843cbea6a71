"""A text read once, with the place of each word: where in it the forms of a query stand."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from operator import attrgetter
from typing import TypeAlias

from matching.alerts.nodes import Form, Run
from matching.alerts.plurals import spellings
from matching.alerts.reading import (
    CLOSABLE,
    Reading,
    Word,
    closable,
    located_in,
    of_word,
    starts,
    words_of,
)

Range: TypeAlias = tuple[int, int]
"""Characters, the end excluded."""

_APART = {Reading.JOINED: Reading.APART, Reading.PLAIN_JOINED: Reading.PLAIN_APART}
"""The readings that are the same where no word has a hyphen."""

_PARTS = attrgetter("plain")


class _Tokens:
    """The tokens of a text in one reading."""

    def __init__(self, words: Sequence[Word], reading: Reading) -> None:
        self._of = of_word(reading)
        self._words = words
        self.tokens = list(chain.from_iterable(map(self._of, words)))
        self.distinct = frozenset(self.tokens)
        self._ends: list[int] = []
        """By word: how many tokens there are up to its last."""

    def starts(self, run: Run) -> list[int]:
        """Where a run begins."""
        *head, tail = run.tokens
        length = len(run.tokens)
        if run.is_open and not head:
            return [place for place, token in enumerate(self.tokens) if token.startswith(tail)]
        if length == 1:
            return self.having(tail)
        return [
            start
            for start in self.having(run.tokens[0])
            if start + length <= len(self.tokens)
            and self.tokens[start : start + length - 1] == head
            and (
                self.tokens[start + length - 1].startswith(tail)
                if run.is_open
                else self.tokens[start + length - 1] == tail
            )
        ]

    def having(self, token: str) -> list[int]:
        """Where a token stands. Few are ever looked for in a text: too few for a table of all."""
        found: list[int] = []
        for _ in range(self.tokens.count(token)) if token in self.distinct else ():
            found.append(self.tokens.index(token, found[-1] + 1 if found else 0))
        return found

    def owner(self, token: int) -> int:
        """Which word a token is of."""
        if not self._ends:
            self._ends = list(accumulate(map(len, map(self._of, self._words))))
        return bisect_right(self._ends, token)


class Placed:
    """A text, ready to be searched for many forms. Where its characters are is looked up for words
    that were found: they are few.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._chunks = text.split()
        self._words = list(chain.from_iterable(map(words_of, self._chunks)))
        self._has_hyphens = max(map(len, map(_PARTS, self._words)), default=0) > 1
        self._read: dict[Reading, _Tokens] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        """By chunk: how many words there are up to its last."""

    def ranges_of(self, forms: Sequence[Form]) -> list[Range]:
        """The ranges in which any of the forms stands, ascending, each once."""
        asked: set[tuple[Reading, tuple[Run, ...]]] = set()
        found: set[Range] = set()
        for form in forms:
            one = (self._same(form.reading), form.runs)
            if one not in asked:
                asked.add(one)
                found.update(self.ranges(form))
        return sorted(found)

    def _same(self, reading: Reading) -> Reading:
        """The reading, or one that is the same for this text."""
        return reading if self._has_hyphens else _APART.get(reading, reading)

    def ranges(self, form: Form) -> Iterator[Range]:
        """The ranges in which a form stands; one for each run of it."""
        if form.reading is Reading.PAIRS:
            (token,) = form.runs[0].tokens
            yield from self._ranges_closed(token)
            return
        read = self._tokens(form.reading)
        starts = [read.starts(run) for run in form.runs]
        if not all(starts):
            return
        if len(starts) == 1:
            for start in starts[0]:
                yield self._range(read, start, len(form.runs[0].tokens))
            return
        # The last run of a group begins at `last`; every other one ends close enough before it.
        for last in sorted({start for found in starts for start in found}):
            group = []
            for run, found in zip(form.runs, starts, strict=True):
                length = len(run.tokens)
                near = [p for p in found if p <= last and last - (p + length) <= form.within]
                if not near:
                    break
                group.append((near[-1], length))
            else:
                for first, length in group:
                    yield self._range(read, first, length)

    def _ranges_closed(self, whole: str) -> Iterator[Range]:
        """Where two neighbours may be written as this one word."""
        read = self._tokens(Reading.PLAIN_APART)
        for spelling in spellings(whole):
            for cut in range(CLOSABLE, len(spelling) - CLOSABLE + 1):
                first, second = spelling[:cut], spelling[cut:]
                if not {first, second} <= read.distinct or not closable(first, second):
                    continue
                for place in read.having(first):
                    if read.tokens[place + 1 : place + 2] == [second]:
                        yield self._range(read, place, 2)

    def _range(self, read: _Tokens, start: int, length: int) -> Range:
        """The characters of so many tokens; those of a word are the whole word's."""
        begin, _ = self._characters(read.owner(start))
        _, end = self._characters(read.owner(start + length - 1))
        return begin, end

    def _characters(self, word: int) -> Range:
        if not self._starts:
            self._starts = starts(self._text)
            self._ends = list(accumulate(map(len, map(words_of, self._chunks))))
        n = bisect_right(self._ends, word)
        _, start, end = located_in(self._chunks[n])[word - self._ends[n]]  # counted from its end
        return self._starts[n] + start, self._starts[n] + end

    def _tokens(self, reading: Reading) -> _Tokens:
        reading = self._same(reading)
        found = self._read.get(reading)
        if found is None:
            found = self._read[reading] = _Tokens(self._words, reading)
        return found


@lru_cache(maxsize=16)  # the fields of one paper, for all queries that hit it
def placed(text: str) -> Placed:
    """The text as it was read for whoever asked before."""
    return Placed(text)
