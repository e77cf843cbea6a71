"""A text read once, with the place of each word: where in it the forms of a query stand."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from matching.alerts.nodes import Form, Run
from matching.alerts.plurals import spellings
from matching.alerts.reading import Reading, closable, located, of_word

Range: TypeAlias = tuple[int, int]
"""Characters, the end excluded."""


class _Tokens:
    """The tokens of a text in one reading."""

    def __init__(self, found: list[tuple[str, Range]]) -> None:
        """found: each with the range of the word that it belongs to."""
        self.tokens = [token for token, _ in found]
        self.ranges = [where for _, where in found]
        self._at: dict[str, list[int]] = {}
        for place, token in enumerate(self.tokens):
            self._at.setdefault(token, []).append(place)

    def starts(self, run: Run) -> list[int]:
        """Where a run begins."""
        *head, tail = run.tokens
        length = len(run.tokens)
        if run.is_open and not head:
            begun = (places for token, places in self._at.items() if token.startswith(tail))
            return sorted(place for places in begun for place in places)
        return [
            start
            for start in self._at.get(run.tokens[0], ())
            if start + length <= len(self.tokens)
            and self.tokens[start : start + length - 1] == head
            and (
                self.tokens[start + length - 1].startswith(tail)
                if run.is_open
                else self.tokens[start + length - 1] == tail
            )
        ]


class Placed:
    """A text, ready to be searched for many forms."""

    def __init__(self, text: str) -> None:
        self._located = [(word, (start, end)) for word, start, end in located(text)]
        self._read: dict[Reading, _Tokens] = {}
        self._closed: dict[str, list[int]] | None = None
        """By two neighbours read together, where in PLAIN_APART the first of them stands."""

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
        # The last run of a group begins at `last`; every other one ends close enough before it.
        for last in sorted({start for found in starts for start in found}):
            group = []
            for run, found in zip(form.runs, starts, strict=True):
                length = len(run.tokens)
                near = [p for p in found if p <= last and last - (p + length) <= form.within]
                if len(form.runs) == 1:
                    near = [last]
                if not near:
                    break
                group.append((near[-1], near[-1] + length - 1))
            else:
                for first, final in group:
                    yield read.ranges[first][0], read.ranges[final][1]

    def _ranges_closed(self, whole: str) -> Iterator[Range]:
        """Where two neighbours may be written as this one word."""
        read = self._tokens(Reading.PLAIN_APART)
        if self._closed is None:
            self._closed = {}
            for place, (first, second) in enumerate(pairwise(read.tokens)):
                self._closed.setdefault(first + second, []).append(place)
        for spelling in spellings(whole):
            for place in self._closed.get(spelling, ()):
                if closable(read.tokens[place], read.tokens[place + 1]):
                    yield read.ranges[place][0], read.ranges[place + 1][1]

    def _tokens(self, reading: Reading) -> _Tokens:
        found = self._read.get(reading)
        if found is None:
            of = of_word(reading)
            pairs = [(token, span) for word, span in self._located for token in of(word)]
            found = self._read[reading] = _Tokens(pairs)
        return found


@lru_cache(maxsize=16)  # the fields of one paper, for all queries that hit it
def placed(text: str) -> Placed:
    """The text as it was read for whoever asked before."""
    return Placed(text)
