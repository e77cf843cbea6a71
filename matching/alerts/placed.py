"""A text read once, with the place of each word: where in it the forms of a query stand."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from matching.alerts.nodes import Form, Run
from matching.alerts.plurals import spellings
from matching.alerts.reading import CLOSABLE, Reading, Word, closable, located, of_word, read

Range: TypeAlias = tuple[int, int]
"""Characters, the end excluded."""

_APART = {Reading.JOINED: Reading.APART, Reading.PLAIN_JOINED: Reading.PLAIN_APART}
"""The readings that are the same where no word has a hyphen."""


class _Tokens:
    """The tokens of a text in one reading."""

    def __init__(self, words: Sequence[Word], reading: Reading) -> None:
        self._of = of_word(reading)
        self.tokens = [token for word in words for token in self._of(word)]
        self._distinct = frozenset(self.tokens)
        self._ranges: list[Range] = []

    def starts(self, run: Run) -> list[int]:
        """Where a run begins."""
        *head, tail = run.tokens
        length = len(run.tokens)
        if run.is_open and not head:
            return [place for place, token in enumerate(self.tokens) if token.startswith(tail)]
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
        for _ in range(self.tokens.count(token)) if token in self._distinct else ():
            found.append(self.tokens.index(token, found[-1] + 1 if found else 0))
        return found

    def range_of(self, start: int, length: int, text: str) -> Range:
        """The characters of so many tokens; those of a word are the whole word's."""
        if not self._ranges:
            self._ranges = [
                (begin, end) for word, begin, end in located(text) for _ in self._of(word)
            ]
        return self._ranges[start][0], self._ranges[start + length - 1][1]


class Placed:
    """A text, ready to be searched for many forms."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = read(text)
        self._has_hyphens = any(len(word.plain) > 1 for word in self._words)
        self._read: dict[Reading, _Tokens] = {}

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
                yield read.range_of(start, len(form.runs[0].tokens), self._text)
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
                    yield read.range_of(first, length, self._text)

    def _ranges_closed(self, whole: str) -> Iterator[Range]:
        """Where two neighbours may be written as this one word."""
        read = self._tokens(Reading.PLAIN_APART)
        for spelling in spellings(whole):
            for cut in range(CLOSABLE, len(spelling) - CLOSABLE + 1):
                first, second = spelling[:cut], spelling[cut:]
                for place in read.having(first) if closable(first, second) else ():
                    if read.tokens[place + 1 : place + 2] == [second]:
                        yield read.range_of(place, 2, self._text)

    def _tokens(self, reading: Reading) -> _Tokens:
        if not self._has_hyphens:
            reading = _APART.get(reading, reading)
        found = self._read.get(reading)
        if found is None:
            found = self._read[reading] = _Tokens(self._words, reading)
        return found


@lru_cache(maxsize=16)  # the fields of one paper, for all queries that hit it
def placed(text: str) -> Placed:
    """The text as it was read for whoever asked before."""
    return Placed(text)
