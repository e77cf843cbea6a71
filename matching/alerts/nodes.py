"""What a query is once it is read: a tree of texts, comparisons, and, or, not.

A text knows every form in which it may be written in a paper (`few-shot`: the parts one after the
other, or one word); it holds where any one of its forms does. `normal()` gives queries that mean
the same the same tree, and `key()` names it, so that whoever asks a query shares its run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

from matching.alerts.reading import Reading, Word, closable, closed, tokens

ANYWHERE = ("title", "abstract")
"""Where a text is looked for that names no field."""

_LONGEST_CLOSED = 12  # parts: a longer phrase is looked for as written and joined, not closed up


class Kind(StrEnum):
    """How a text was asked for."""

    WORD = "word"
    PHRASE = "phrase"
    PREFIX = "prefix"
    EXACT = "exact"
    NEAR = "near"


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """Tokens that follow one another; with `is_open` the last one may go on."""

    tokens: tuple[str, ...]
    is_open: bool = False

    def __str__(self) -> str:
        return " ".join(self.tokens) + "*" * self.is_open


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One way to find a text: runs of one reading, all of them within `within` tokens."""

    reading: Reading
    runs: tuple[Run, ...]
    within: int = 0

    def __str__(self) -> str:
        near = f"~{self.within}" if len(self.runs) > 1 else ""
        return f"{self.reading}:{'/'.join(sorted(map(str, self.runs)))}{near}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """A word, phrase, prefix, exact phrase or NEAR, and the fields that it is looked for in."""

    kind: Kind
    typed: tuple[str, ...]
    """As typed, without quotes and signs; several for NEAR."""
    fields: tuple[str, ...]
    forms: tuple[Form, ...]
    within: int
    """How many tokens may stand between, for NEAR; 0 otherwise."""
    at: int
    """Where it stands in the query."""

    @cached_property
    def name(self) -> str:
        """Equal for texts that mean the same."""
        return f"{'+'.join(self.fields)}[{', '.join(sorted(map(str, self.forms)))}]"


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """A number or day between two bounds, both included; a paper that does not say it fails."""

    name: str
    low: int | None
    high: int | None
    words: str
    """As said to a person: "more than 10 comments"."""
    at: int


@dataclass(frozen=True, kw_only=True)
class And:
    """All of these."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, kw_only=True)
class Or:
    """Any of these."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, kw_only=True)
class Not:
    """All papers but these."""

    part: "Node"


Node: TypeAlias = Text | Comparison | And | Or | Not
Leaf: TypeAlias = Text | Comparison


def forms(words: Sequence[Word], *, is_open: bool = False) -> tuple[Form, ...]:
    """Every form of words that follow one another; with `is_open` the last one is a prefix."""
    if is_open:
        return _distinct(
            Form(reading=reading, runs=(Run(tokens=tuple(tokens(words, reading)), is_open=True),))
            for reading in (Reading.PLAIN_APART, Reading.PLAIN_JOINED)
        )
    apart = tuple(tokens(words, Reading.APART))
    spellings = [apart, tuple(tokens(words, Reading.JOINED))]
    if len(apart) <= _LONGEST_CLOSED:
        plain = tokens(words, Reading.PLAIN_APART)
        spellings += [
            (*apart[:i], closed(*pair), *apart[i + 2 :])
            for i, pair in enumerate(pairwise(plain))
            if closable(*pair)
        ]
    return _distinct(
        Form(reading=reading, runs=(Run(tokens=spelling),))
        for spelling in spellings
        for reading in (Reading.APART, Reading.JOINED, Reading.PAIRS)
        if reading is not Reading.PAIRS or len(spelling) == 1
    )


def forms_as_written(words: Sequence[Word]) -> tuple[Form, ...]:
    """The one form of an exact phrase; capitals count if it has any."""
    cased = tuple(tokens(words, Reading.CASED))
    exact = tuple(tokens(words, Reading.EXACT))
    if cased != exact:
        return (Form(reading=Reading.CASED, runs=(Run(tokens=cased),)),)
    return (Form(reading=Reading.EXACT, runs=(Run(tokens=exact),)),)


def forms_near(operands: Sequence[tuple[Sequence[Word], bool]], within: int) -> tuple[Form, ...]:
    """The forms of several (words, is a prefix) that stand near each other, in any order."""
    if any(is_open for _, is_open in operands):
        readings = (Reading.PLAIN_APART, Reading.PLAIN_JOINED)
    else:
        readings = (Reading.APART, Reading.JOINED)
    return _distinct(
        Form(
            reading=reading,
            runs=tuple(
                Run(tokens=tuple(tokens(words, reading)), is_open=is_open)
                for words, is_open in operands
            ),
            within=within,
        )
        for reading in readings
    )


def leaves(node: Node) -> Iterator[Leaf]:
    """The texts and comparisons of a tree, those under a NOT too."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from leaves(part)
        case Not(part=part):
            yield from leaves(part)
        case _:
            yield node


def wanted(node: Node) -> Iterator[Leaf]:
    """The leaves of a normal tree that are looked for, not left out."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from wanted(part)
        case Not():
            return
        case _:
            yield node


def normal(node: Node, *, negated: bool = False) -> Node:
    """The tree with NOT on leaves only, without repetitions, in an order of its own."""
    match node:
        case Not(part=part):
            return normal(part, negated=not negated)
        case And(parts=parts) | Or(parts=parts):
            kind = And if isinstance(node, And) is not negated else Or
            flat: dict[str, Node] = {}
            for part in parts:
                inner = normal(part, negated=negated)
                for one in inner.parts if isinstance(inner, kind) else (inner,):
                    flat[key(one)] = one
            # `a (a OR b)` is `a`, and so is `a OR (a b)`.
            kept = {
                name: one
                for name, one in flat.items()
                if not isinstance(one, And | Or) or not any(key(p) in flat for p in one.parts)
            }
            if len(kept) == 1:
                return next(iter(kept.values()))
            return kind(parts=tuple(kept[name] for name in sorted(kept)))
        case _:
            return Not(part=node) if negated else node


def key(node: Node) -> str:
    """A name for a normal tree: equal for equal trees."""
    match node:
        case And(parts=parts):
            return f"({' & '.join(key(part) for part in parts)})"
        case Or(parts=parts):
            return f"({' | '.join(key(part) for part in parts)})"
        case Not(part=part):
            return f"-{key(part)}"
        case Comparison():
            return f"{node.name}:{node.low}..{node.high}"
        case Text():
            return node.name


def _distinct(found: Iterator[Form] | Sequence[Form]) -> tuple[Form, ...]:
    return tuple(dict.fromkeys(found))
