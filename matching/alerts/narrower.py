"""Narrower queries for one that finds too much, made from its hits.

Three ways are tried: its words as a phrase, one more word, the title only. A word is offered that
about halves the hits and is more frequent among them than elsewhere: one that belongs to the
subject, not to the language of papers. Every offer is run, so its number is what it would find.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from matching.alerts.batch import NEVER_MIND, Check
from matching.alerts.errors import BadQuery
from matching.alerts.history import History
from matching.alerts.nodes import ANYWHERE, And, Kind, Or, Text, leaves
from matching.alerts.percolator import percolate
from matching.alerts.query import Query, parse
from matching.alerts.reading import Reading
from storage.records import Paper

_MOST = 3
_WORDS_TRIED = 2
_LEAST_CUT = 0.15  # of the hits: less is no help
_SHORTEST_WORD = 3  # letters
_LEAST_LIFT = 1.3  # how much more frequent among the hits than among all papers


@dataclass(frozen=True, kw_only=True)
class Tightening:
    """A narrower query."""

    query: str
    hits: int
    """What is left of the hits."""
    why: str
    """What was changed and what it does, as a clause: 'as a phrase: 12 instead of 80'."""


def narrower(
    query: Query, hits: Sequence[Paper], history: History, check: Check = NEVER_MIND
) -> tuple[Tightening, ...]:
    """At most three narrower queries, the most helpful first.

    history: all that the query was run over, to know what is frequent anyway.
    """
    offers: dict[str, str] = {}
    phrase = _as_phrase(query)
    if phrase:
        offers[phrase] = "the words as a phrase"
    text = f"({query.text})" if isinstance(query.root, Or) else query.text
    for word in _words(query, hits, history):
        offers[f"{text} {word}"] = f'with the word "{word}" too'
    if all(isinstance(one, Text) and one.fields == ANYWHERE for one in leaves(query.root)):
        offers[f"title:({query.text})"] = "in the title only"
    readable = {}
    for offer in offers:
        try:
            readable[offer] = parse(offer)
        except BadQuery:  # longer or deeper than a query may be: it cannot be offered
            continue
    found = percolate(readable, hits, history, check)
    left = {offer: len(places) for offer, places in found.items()}
    ranked = sorted(
        (offer for offer in left if left[offer] <= len(hits) * (1 - _LEAST_CUT)),
        key=lambda offer: (offer != phrase, abs(left[offer] / len(hits) - 0.5)),
    )
    return tuple(
        Tightening(
            query=offer,
            hits=left[offer],
            why=f"{offers[offer]}: {left[offer]} instead of {len(hits)}",
        )
        for offer in ranked[:_MOST]
    )


def _as_phrase(query: Query) -> str | None:
    """The query with its plain words, where they stand side by side, as one phrase."""
    if not isinstance(query.root, And):
        return None
    run: list[Text] = []
    for part in query.root.parts:
        if not (isinstance(part, Text) and part.kind is Kind.WORD and part.fields == ANYWHERE):
            break
        if not query.text.startswith(part.typed[0], part.at):
            break  # it stood in quotation marks, and what follows it could not be cut off cleanly
        run.append(part)
    if len(run) < 2:
        return None
    words = " ".join(part.typed[0] for part in run)
    last = run[-1]
    return f'"{words}"{query.text[last.at + len(last.typed[0]) :]}'


def _words(query: Query, hits: Sequence[Paper], history: History) -> list[str]:
    """Words of the subject that about half of the hits have, the most telling first."""
    asked = {
        token
        for leaf in leaves(query.root)
        if isinstance(leaf, Text)
        for form in leaf.forms
        for run in form.runs
        for token in run.tokens
    }
    among_hits = Counter(token for paper in hits for token in history.tokens(paper))
    half = {
        word: count
        for word, count in among_hits.items()
        if 0.25 <= count / len(hits) <= 0.6
        and word not in asked
        and len(word) >= _SHORTEST_WORD
        and word.isalpha()
    }
    lift = {
        word: (count / len(hits)) / (history.holding[word] / len(history.papers))
        for word, count in half.items()
    }
    telling = sorted(
        (word for word in half if lift[word] >= _LEAST_LIFT),
        key=lambda word: (abs(half[word] / len(hits) - 0.5) - 0.3 * log2(lift[word]), word),
    )
    return [_spelled(word, hits, history) for word in telling[:_WORDS_TRIED]]


def _spelled(token: str, hits: Sequence[Paper], history: History) -> str:
    """How most of the hits write a word."""
    forms = frozenset(history.words_of[Reading.APART].get(token, ()))
    counts: Counter[str] = Counter()
    for paper in hits:
        for column in history.columns(paper).values():
            for word in column.bag & forms:
                counts.update(
                    plain for one, plain in zip(word.apart, word.plain, strict=True) if one == token
                )
    return max(counts, key=lambda written: (counts[written], written))
