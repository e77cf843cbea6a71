"""The query language: text in, a tree out, or a `BadQuery` that says where and how to mend it.

=========================================  ====================================================
typed                                      finds papers with
=========================================  ====================================================
diffusion video                            both words, anywhere in title or abstract
"speculative decoding"                     the phrase
="Exact Form"                              the phrase as written: plural, hyphens, accents count,
                                           and capitals too if it has any
LoRA OR adapters, LoRA | adapters          either; AND (which may be left out) binds tighter
-survey, NOT survey                        not this; also before a phrase, a field or ( )
( )                                        what belongs together
quantiz*                                   a word that begins so; also "large language mod*"
NEAR(reward hacking, 5)                    both with at most 5 words between (10 if not said)
title: abstract: org: author: source:      the word, phrase or ( ) that follows, in that field
comments>10 authors<=3 date>2025-06        numbers and dates: > >= < <= =
=========================================  ====================================================

Only AND, OR and NOT in capitals are operators. A small "and" joins like AND; a small "or" or "not"
is refused with a question, because it is as often meant as a word. Ambiguous commas too.

The parser is written by hand. A Lucene grammar (luqum 1.0 was tried) reads `comments>10`, `|`,
NEAR( ) and ="..." as plain words, takes / and [ for its own syntax, reports an open parenthesis "at
the end" without a place, and runs into Python's recursion limit on nested ones.
"""

import re
from dataclasses import dataclass, field

from matching.alerts.errors import BadQuery, Trouble
from matching.alerts.explain import explain
from matching.alerts.grammar import Grammar
from matching.alerts.nodes import And, Comparison, Node, Not, Or, Text, key, leaves, normal

MAX_CHARACTERS = 2_000

OFTEN_UNSAID = frozenset({"org", "author", "source", "comments", "authors"})
"""Fields that many sources of papers do not tell."""

_OR_NOT = re.compile(r"\s+(?:OR|\|\|?)\s+(?=-|NOT\b)")
_ALWAYS_READABLE = '"speculative decoding" -survey'


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query that was read."""

    text: str
    """As typed."""
    canonical: str
    """Equal for queries that mean the same."""
    root: Node = field(repr=False, compare=False)
    """The tree as typed, for telling."""
    plan: Node = field(repr=False, compare=False)
    """The tree in its normal form, for running."""

    def explain(self) -> str:
        """The query as understood, in words: "papers with the word …"."""
        return explain(self.root)

    @property
    def needs(self) -> frozenset[str]:
        """What it asks for and many papers do not have (OFTEN_UNSAID)."""
        asked = (
            leaf.fields if isinstance(leaf, Text) else (leaf.name,) for leaf in leaves(self.root)
        )
        return OFTEN_UNSAID.intersection(name for names in asked for name in names)


def parse(text: str) -> Query:
    """Read a query. Raises BadQuery."""
    try:
        return _read(text)
    except Trouble as trouble:
        position = min(trouble.position, len(text))
        example = _example(trouble) or _ALWAYS_READABLE
        raise BadQuery(text, position, str(trouble), trouble.expected, example) from None


def _example(trouble: Trouble, hops: int = 3) -> str | None:
    """The first mended query that can be read; one that has a second fault is mended again."""
    for mended in trouble.mended[:2] if hops else ():
        tidy = " ".join(mended.split()) if '"' not in mended else mended.strip()
        try:
            _read(tidy)
        except Trouble as another:
            found = _example(another, hops - 1)
            if found:
                return found
        else:
            return tidy
    return None


def _read(text: str) -> Query:
    if len(text) > MAX_CHARACTERS:
        raise Trouble(
            MAX_CHARACTERS,
            f"The query has {len(text):,} characters",
            f"at most {MAX_CHARACTERS:,} characters; several alerts can share the work",
        )
    root = Grammar(text).query()
    plan = normal(root)
    if not _asks(plan):
        leaf = next(leaf for part in _negative(plan) for leaf in leaves(part))
        raise Trouble(
            leaf.at,
            "This only says what to leave out, so nearly every paper would be a hit",
            "something to look for on each side of OR" if " " in text else "something to look for",
            *([_OR_NOT.sub(" ", text)] if isinstance(plan, Or) else []),
            f"transformer ({text})" if isinstance(plan, Or) else f"transformer {text}",
        )
    clash = _clash(plan)
    if clash is not None:
        raise Trouble(
            clash.at,
            "No paper can ever be a hit: this contradicts another part of the query",
            "OR between the parts that exclude each other, or one of them taken out",
        )
    return Query(text=text, canonical=key(plan), root=root, plan=plan)


def _asks(plan: Node) -> bool:
    """Whether every paper that it finds has something that was looked for."""
    match plan:
        case And(parts=parts):
            return any(map(_asks, parts))
        case Or(parts=parts):
            return all(map(_asks, parts))
        case Not():
            return False
        case _:
            return True


def _negative(plan: Node) -> list[Node]:
    if isinstance(plan, Or):
        return [found for part in plan.parts if not _asks(part) for found in _negative(part)]
    return [plan]


def _clash(plan: Node) -> Text | Comparison | None:
    """A leaf that keeps an AND from ever holding, or None."""
    match plan:
        case And(parts=parts):
            names = {key(part) for part in parts}
            bounds: dict[str, list[Comparison]] = {}
            for part in parts:
                if isinstance(part, Not) and key(part.part) in names:
                    return next(leaves(part.part))
                if isinstance(part, Comparison):
                    bounds.setdefault(part.name, []).append(part)
            for ones in bounds.values():
                low = max((one.low for one in ones if one.low is not None), default=None)
                high = min((one.high for one in ones if one.high is not None), default=None)
                if low is not None and high is not None and low > high:
                    return max(ones, key=lambda one: one.at)
            return next((found for part in parts if (found := _clash(part))), None)
        case Or(parts=parts):
            # One side that can hold is enough, but the other would be silently useless.
            return next((found for part in parts if (found := _clash(part))), None)
        case Comparison() if plan.high is not None and plan.low is None and plan.high < 0:
            return plan
        case _:
            return None
