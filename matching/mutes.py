"""Which papers a profile wants to hear nothing of.

A muted word or phrase holds where an alert for the same words in quotation marks would: case,
plural, accents and hyphens do not matter, and "universe" does not silence "university", as the
stems of the full-text search would have it. Alerts are run all together over a dump, but mutes are
asked one profile after another over the same papers. So here the papers' words are listed once,
when the first muted word is asked for, and every distinct text is looked up once.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from matching.alerts.nodes import forms
from matching.alerts.reading import Reading, Word, read, tokens
from storage.identity import title_key
from storage.mutes import Mute, MuteKind
from storage.records import Paper

_READINGS = (Reading.APART, Reading.JOINED, Reading.PAIRS)
"""Those in which words and phrases are looked for."""


class Muting:
    """Papers that can be asked which of them a profile's mutes silence."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers
        self._holding: dict[str, frozenset[int]] = {}

    def by(self, mutes: Iterable[Mute]) -> dict[int, tuple[Mute, ...]]:
        """The mutes that silence each paper, by its place; papers without one are left out."""
        found: dict[int, tuple[Mute, ...]] = {}
        for mute in mutes:
            for place in self._places(mute):
                found[place] = (*found.get(place, ()), mute)
        return found

    def _places(self, mute: Mute) -> Iterable[int]:
        if mute.kind is MuteKind.PAPER:
            return self._seqs.get(mute.value, ())
        if mute.kind is MuteKind.ORGANISATION:
            return self._organisations.get(_organisation(mute.value), ())
        if mute.kind is MuteKind.AUTHOR:
            return self._written_by(mute.value)
        known = self._holding.get(mute.value)
        if known is None:
            known = self._holding[mute.value] = frozenset(self._words.holding(mute.value))
        return known

    @cached_property
    def _seqs(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, paper in enumerate(self._papers):
            found.setdefault(str(paper.seq), []).append(place)
        return found

    @cached_property
    def _organisations(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, paper in enumerate(self._papers):
            names = (paper.organisation, paper.organisation_handle)
            for name in {_organisation(name) for name in names if name}:
                found.setdefault(name, []).append(place)
        return found

    def _written_by(self, name: str) -> list[int]:
        """`Ada Ames`, `Ames` and `A. Ames` all silence Ada Ames; `Ames` silences Bo Ames too."""
        wanted = _parts(name)
        return [
            place
            for place, names in self._authors
            if any(_may_be(wanted, parts) for parts in names)
        ]

    @cached_property
    def _authors(self) -> list[tuple[int, list[list[str]]]]:
        return [
            (place, [_parts(name) for name in paper.author_names])
            for place, paper in enumerate(self._papers)
            if paper.author_names
        ]

    @cached_property
    def _words(self) -> "_Words":
        return _Words(self._papers)


def holds_a_word(text: str) -> bool:
    """Whether there is a word in `text` that could be muted; signs alone silence nothing."""
    return any(word.plain for word in read(text))


def _organisation(name: str) -> str:
    """`Open AI`, `OpenAI` and the handle `@open-ai` are one; titles are told apart the same way."""
    return title_key(name.strip().removeprefix("@"))


def _parts(name: str) -> list[str]:
    """The words of a person's name, the family name last: `Ames, Ada` is `Ada Ames`."""
    last, comma, first = name.partition(",")
    return [part for word in read(f"{first} {last}" if comma else name) for part in word.plain]


def _may_be(wanted: list[str], name: list[str]) -> bool:
    """Whether each wanted part, in order, is one of the name or its initial, the last one whole."""
    if not wanted or not name or wanted[-1] != name[-1]:
        return False
    rest = iter(name[:-1])
    return all(
        any(part == one or (len(part) == 1 and one.startswith(part)) for one in rest)
        for part in wanted[:-1]
    )


class _Words:
    """Where each word of some papers stands."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        # A phrase never begins in the title and ends in the abstract: they are two texts.
        self._texts: list[list[Word]] = [
            read(text) for paper in papers for text in (paper.title, paper.abstract)
        ]
        self._having: dict[Reading, dict[str, list[int]]] = {}
        for reading in _READINGS:
            having = self._having[reading] = {}
            for place, words in enumerate(self._texts):
                for token in {*tokens(words, reading)}:
                    having.setdefault(token, []).append(place)

    def holding(self, text: str) -> set[int]:
        """The places of the papers that hold the words of `text` one after the other."""
        words = [word for word in read(text) if word.plain]
        return {
            place // 2
            for form in (forms(words) if words else ())
            for place in self._in_order(form.reading, form.runs[0].tokens)
        }

    def _in_order(self, reading: Reading, wanted: tuple[str, ...]) -> list[int]:
        having = [self._having[reading].get(token, ()) for token in wanted]
        if len(wanted) == 1:
            return list(having[0])
        length = len(wanted)
        found = []
        for place in set(having[0]).intersection(*having[1:]):
            there = tuple(tokens(self._texts[place], reading))
            starts = (i for i, token in enumerate(there) if token == wanted[0])
            if any(there[i : i + length] == wanted for i in starts):
                found.append(place)
        return found
