"""What a set of queries asks about: the tokens that decide them, numbered.

One pass over a paper keeps the numbers of the tokens and neighbouring pairs that some query asks
about, and nothing else. Words and phrases of two tokens are decided by these alone; of a longer
phrase every pair has to be there before anything looks at its order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from operator import add
from typing import TypeAlias, TypeVar

from matching.alerts.nodes import Form, Run, Text
from matching.alerts.plurals import spellings
from matching.alerts.reading import CLOSABLE, Reading, Word, closable, of_word, read, tokens

Key = TypeVar("Key", str, tuple[str, str])

About: TypeAlias = tuple[set[int], dict[Reading, set[str]]]
"""The numbers of what is asked about and stands in a text, and its tokens that begin as is asked
for, by reading.
"""

_LONGEST_CLOSED = 64  # letters: nothing longer is written apart, and each of its beginnings is kept
_MOST_WORDS = 200_000  # different words remembered of all papers, some 100 MB at most


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ordered:
    """A form that is decided by the order of its words, and what has to be there first."""

    form: Form
    needs: tuple[int, ...]
    prefixes: tuple[str, ...]
    """Beginnings of words that have to be there too, in the form's reading."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Question:
    """A text as numbers."""

    columns: tuple[str, ...]
    sure: tuple[int, ...]
    """Any of these in one of the columns is a hit."""
    prefixes: tuple[tuple[Reading, str], ...]
    """And so is any word that begins so."""
    ordered: tuple[Ordered, ...]

    @property
    def anchors(self) -> tuple[int, ...] | None:
        """Numbers of which a hit has at least one; None where that cannot be said."""
        if self.prefixes or any(not one.needs for one in self.ordered):
            return None
        return (*self.sure, *(one.needs[0] for one in self.ordered))


@dataclass(frozen=True, kw_only=True)
class Among:
    """Questions to texts of which each word is known beforehand."""

    asked: "Asked"
    numbered: dict[Word, set[int]]
    """The words that decide a question, with the numbers that they are."""
    pairs: dict[Reading, tuple[frozenset[Word], frozenset[Word]]]
    """Words of which the first, and the second, of two neighbours asked about may be part."""
    starts: frozenset[Word]
    """Words with which something begins that may stand apart."""
    begun: dict[Reading, tuple[frozenset[Word], frozenset[str]]]
    """Words and their tokens that begin as is asked for."""

    @cached_property
    def _telling(self) -> frozenset[Word]:
        return frozenset(self.numbered)

    def numbers(self, words: Sequence[Word], bag: frozenset[Word]) -> set[int]:
        """The numbers as `Asked.about` a text; bag: its words, each once."""
        found: set[int] = set()
        for word in bag & self._telling:
            found |= self.numbered[word]
        for reading, (first, second) in self.pairs.items():
            if not bag.isdisjoint(first) and not bag.isdisjoint(second):
                found |= self.asked._of_pairs(reading, words)
        if self.starts and not bag.isdisjoint(self.starts):
            found |= self.asked._of_closed(words)
        return found

    def open_words(self, bag: frozenset[Word]) -> dict[Reading, set[str]]:
        """The tokens of a text that begin as is asked for, by reading."""
        return {
            reading: {one for one in tokens(bag & words, reading) if one in begun}
            for reading, (words, begun) in self.begun.items()
        }


def _beginning(known: Iterable[str], prefixes: Iterable[str]) -> frozenset[str]:
    begins = tuple(prefixes)
    return frozenset(token for token in known if token.startswith(begins))


class Asked:
    """The questions of a set of texts, and what of a paper they depend on. Texts may be added."""

    def __init__(self, texts: Iterable[Text] = ()) -> None:
        self.columns: set[str] = set()
        self._tokens: dict[Reading, dict[str, int]] = {}
        self._pairs: dict[Reading, dict[tuple[str, str], int]] = {}
        self._open: dict[Reading, set[str]] = {}
        """The prefixes that are asked for, by reading."""
        self._open_ends: dict[Reading, list[int]] = {}
        """How long they are, ascending."""
        self._numbers = 0
        self.questions: dict[Text, Question] = {}
        """By the text itself, not by what it says: equal texts are one object here."""
        self._closings: dict[str, int] = {}
        """The words asked about that may stand apart, as their two parts read together."""
        self._pair_starts: set[str] = set()
        self._known: dict[Word, tuple[tuple[int, ...], tuple[tuple[Reading, str], ...]]] = {}
        """What of it is asked about, by word: numbers, and tokens that begin as is asked for."""
        self._silent: set[Word] = set()
        """The words of which nothing is, as of most: they are passed over all at once."""
        self._ahead: dict[str, tuple[list[Word], About]] = {}
        """Texts that were read before they are asked about."""
        for text in texts:
            self.add(text)

    def add(self, text: Text) -> None:
        """Ask about one more text."""
        self.questions[text] = self._question(text)
        for form in text.forms:
            if form.reading is Reading.PAIRS:
                (word,) = form.runs[0].tokens
                number = self._tokens[Reading.PAIRS][word]
                for whole in spellings(word) if len(word) <= _LONGEST_CLOSED else ():
                    self._closings[whole] = number
                    ends = range(CLOSABLE, len(whole) - CLOSABLE + 1)
                    self._pair_starts.update([whole[:end] for end in ends])
        if self._known or self._silent:
            self._forget()

    def _forget(self) -> None:
        self._known.clear()
        self._silent.clear()
        self._ahead.clear()

    def reading(self, text: str) -> tuple[list[Word], "About"]:
        """The words of a text, and what `about` says of them."""
        found = self._ahead.get(text)
        if found is None:
            words = read(text)
            found = words, self.about(words)
        return found

    def foresee(self, texts: Iterable[str]) -> None:
        """Read texts ahead, in the place of those that were read ahead before."""
        self._ahead = {}
        self._ahead = {text: self.reading(text) for text in texts}

    def about(self, words: Sequence[Word]) -> About:
        """What is asked about and stands in a text."""
        found: set[int] = set()
        begun: dict[Reading, set[str]] = {reading: set() for reading in self._open}
        for word in {*words} - self._silent:
            numbers, beginnings = self._known.get(word) or self._of(word)
            if numbers:
                found.update(numbers)
            for reading, token in beginnings:
                begun[reading].add(token)
        for reading in self._pairs:
            found |= self._of_pairs(reading, words)
        if self._closings:
            found |= self._of_closed(words)
        return found, begun

    def _of_pairs(self, reading: Reading, words: Sequence[Word]) -> set[int]:
        """The numbers of the neighbours of a text that are asked about."""
        wanted = self._pairs[reading]
        return {wanted[pair] for pair in wanted.keys() & pairwise(tokens(words, reading))}

    def _of_closed(self, words: Sequence[Word]) -> set[int]:
        """The numbers of the words asked about that stand apart in a text, as `data set`."""
        known = self._closings
        plain = tokens(words, Reading.PLAIN_APART)
        if known.keys().isdisjoint(map(add, plain, islice(plain, 1, None))):
            return set()
        return {
            number
            for first, second in pairwise(plain)
            if (number := known.get(first + second)) is not None and closable(first, second)
        }

    def among(self, words_of: Mapping[Reading, Mapping[str, Sequence[Word]]]) -> "Among":
        """The same questions, where it is known which words have a token."""
        numbered: dict[Word, set[int]] = {}
        for reading, wanted in self._tokens.items():
            for token, number in wanted.items() if reading is not Reading.PAIRS else ():
                for word in words_of[reading].get(token, ()):
                    numbered.setdefault(word, set()).add(number)

        def having(reading: Reading, found: Iterable[str]) -> frozenset[Word]:
            return frozenset(word for one in found for word in words_of[reading].get(one, ()))

        return Among(
            asked=self,
            numbered=numbered,
            pairs={
                reading: (
                    having(reading, [first for first, _ in wanted]),
                    having(reading, [second for _, second in wanted]),
                )
                for reading, wanted in self._pairs.items()
            },
            starts=having(Reading.PLAIN_APART, self._pair_starts),
            begun={
                reading: (having(reading, tokens_here), tokens_here)
                for reading, prefixes in self._open.items()
                for tokens_here in (_beginning(words_of[reading], prefixes),)
            },
        )

    def _of(self, word: Word) -> tuple[tuple[int, ...], tuple[tuple[Reading, str], ...]]:
        if len(self._known) + len(self._silent) >= _MOST_WORDS:
            self._forget()
        numbers = [
            wanted[token]
            for reading, wanted in self._tokens.items()
            if reading is not Reading.PAIRS
            for token in of_word(reading)(word)
            if token in wanted
        ]
        begun = []
        for reading, prefixes in self._open.items():
            for token in of_word(reading)(word):
                for end in self._open_ends[reading]:
                    if end > len(token):
                        break
                    if token[:end] in prefixes:
                        begun.append((reading, token))
                        break
        found = (tuple(numbers), tuple(begun))
        if numbers or begun:
            self._known[word] = found
        else:
            self._silent.add(word)
        return found

    def _question(self, text: Text) -> Question:
        self.columns.update(text.fields)
        sure: list[int] = []
        prefixes: list[tuple[Reading, str]] = []
        ordered: list[Ordered] = []
        for form in text.forms:
            needs = [number for run in form.runs for number in self._needs(form.reading, run)]
            begun = [run.tokens[-1] for run in form.runs if run.is_open]
            if begun:
                self._open.setdefault(form.reading, set()).update(begun)
                ends = {*self._open_ends.get(form.reading, ()), *map(len, begun)}
                self._open_ends[form.reading] = sorted(ends)
            if len(form.runs) == 1 and len(form.runs[0].tokens) <= 2 and not begun:
                sure += needs
            elif not needs and len(form.runs) == 1:
                prefixes.append((form.reading, begun[0]))
            else:
                one = Ordered(form=form, needs=tuple(needs), prefixes=tuple(begun))
                ordered.append(one)
        return Question(
            columns=text.fields,
            sure=tuple(sure),
            prefixes=tuple(prefixes),
            ordered=tuple(ordered),
        )

    def _needs(self, reading: Reading, run: Run) -> list[int]:
        """The numbers of a run's whole tokens: by pairs, so that neighbours are decided too."""
        whole = run.tokens[:-1] if run.is_open else run.tokens
        if len(whole) == 1:
            return [self._number(self._tokens.setdefault(reading, {}), whole[0])]
        wanted = self._pairs.setdefault(reading, {}) if whole else {}
        return [self._number(wanted, pair) for pair in pairwise(whole)]

    def _number(self, wanted: dict[Key, int], key: Key) -> int:
        number = wanted.get(key)
        if number is None:
            number = wanted[key] = self._numbers
            self._numbers += 1
        return number
