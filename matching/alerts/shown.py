"""What shows a hit: the sentence of the abstract, and which parts of the query it has.

The text is read once more with the places of its words, for one paper and one query. A paper's
card has its title anyway, so a sentence of the abstract is preferred wherever one shows anything.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from matching.alerts.batch import NAMES, texts
from matching.alerts.comparisons import holds, of_paper
from matching.alerts.nodes import ANYWHERE, Comparison, Kind, Text, wanted
from matching.alerts.placed import Range, placed
from matching.alerts.query import Query
from storage.records import Paper

_ABBREVIATIONS = ("e.g.", "i.e.", "et al.", " vs.", " cf.", "Fig.", "Eq.", "Sec.", "Dr.")
_SENTENCE_ENDS = re.compile(
    r"(?<=[.!?])"
    + "".join(f"(?<!{re.escape(one)})" for one in _ABBREVIATIONS)
    + r"\s+(?=[^a-z\s])|(?<=[。！？])"
)

_VERBS = {
    "title": "has {} in its title",
    "abstract": "has {} in its abstract",
    "org": "is from {}",
    "author": "is by {}",
    "source": "comes from {}",
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Why a paper is a hit, for a person."""

    sentence: str
    """A verbatim part of the abstract, or the title."""
    in_title: bool
    """Whether the sentence is the title, because no sentence of the abstract shows anything."""
    marks: tuple[Range, ...]
    """The ranges of the sentence that hit, ascending, apart from each other."""
    hits: tuple[str, ...]
    """What of the query hit, as typed; empty where the paper is no hit."""
    reason: str
    """The same as a clause: 'contains "speculative decoding" and has 41 comments'."""


def highlight(query: Query, paper: Paper) -> Shown:
    """The sentence that shows most of what the query looks for, the first of equals."""
    fields = texts(paper)
    found: list[tuple[Text, dict[str, list[Range]]]] = []
    compared: list[str] = []
    for leaf in wanted(query.root):
        if isinstance(leaf, Comparison):
            if holds(leaf, paper):
                compared.append(f"has {of_paper(leaf, paper)}")
        else:
            ranges = {c: _ranges(fields[c], leaf) for c in leaf.fields}
            if any(ranges.values()) and _is_within_a_name(leaf, paper):
                found.append((leaf, ranges))
    start, end, shows = _best_sentence(paper.abstract, [r.get("abstract", []) for _, r in found])
    column = "abstract" if shows else "title"
    if not shows:
        start, end = 0, len(paper.title)
    every = [r for _, ranges in found for r in ranges.get(column, []) if start <= r[0] < end]
    return Shown(
        sentence=(paper.abstract if shows else paper.title)[start:end],
        in_title=not shows,
        marks=_merged((first - start, min(last, end) - start) for first, last in every),
        hits=tuple(dict.fromkeys(_typed(leaf) for leaf, _ in found)),
        reason=_reason([leaf for leaf, _ in found], compared),
    )


def sentences(text: str) -> Iterator[Range]:
    """The ranges of the sentences of a text."""
    start = 0
    for gap in _SENTENCE_ENDS.finditer(text):
        if start < gap.start():
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


@lru_cache(maxsize=16)  # for all queries that hit one paper
def _sentences(text: str) -> tuple[Range, ...]:
    return tuple(sentences(text))


def _best_sentence(text: str, found: list[list[Range]]) -> tuple[int, int, int]:
    """Its range, and how much of the query begins in it."""
    best = (0, 0, 0)
    for start, end in _sentences(text):
        shows = sum(any(start <= first < end for first, _ in ranges) for ranges in found)
        if shows > best[2]:
            best = (start, end, shows)
    return best


def _ranges(text: str, leaf: Text) -> list[Range]:
    return placed(text).ranges_of(leaf.forms) if text else []


def _is_within_a_name(leaf: Text, paper: Paper) -> bool:
    """Whether a NEAR that is asked of names stands in one of them; whatever else is asked does."""
    names = NAMES.get(leaf.fields[0]) if leaf.kind is Kind.NEAR else None
    return names is None or any(_ranges(name, leaf) for name in names(paper))


def _merged(ranges: Iterator[Range]) -> tuple[Range, ...]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _typed(leaf: Text) -> str:
    return " … ".join(leaf.typed) + "*" * (leaf.kind is Kind.PREFIX)


def _reason(found: list[Text], compared: list[str]) -> str:
    by_field: dict[tuple[str, ...], dict[str, None]] = {}
    for leaf in found:
        by_field.setdefault(leaf.fields, {})[f'"{_typed(leaf)}"'] = None
    clauses = [
        ("contains {}" if fields == ANYWHERE else _VERBS[fields[0]]).format(_listed([*quoted]))
        for fields, quoted in by_field.items()
    ]
    return _listed([*clauses, *dict.fromkeys(compared)])


def _listed(said: list[str]) -> str:
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
