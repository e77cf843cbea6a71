"""Which words that a paper has in common with a wish are worth telling a person."""

from collections.abc import Mapping
from functools import lru_cache

from matching import words
from storage.records import Paper

SAYS_NOTHING = frozenset(
    (
        "a an and are as at be been being but by can do does for from had has have how if in into "
        "is it its more most no nor not of off on or our out over so some such than that the their "
        "them then there these they this those to under up us via was we were what when where "
        "which while who why will with without you your"
    ).split()
)
"""Words that count in a small store and tell a person nothing."""

READ = 2000
"""Papers whose words are kept: many profiles are told of the same."""


def common(asks: Mapping[int, float], paper: Paper, most: int) -> tuple[str, ...]:
    """Words of the paper that are asked for, weightiest first, in lower case."""
    told = _telling(f"{paper.title}\n{paper.abstract}")
    if len(asks) < len(told):
        found = [(weight, *told[term]) for term, weight in asks.items() if term in told]
    else:
        found = [(asks[term], *one) for term, one in told.items() if term in asks]
    ranked = sorted((-weight, place, piece) for weight, place, piece in found if weight > 0)
    return tuple(piece for _, _, piece in ranked[:most])


@lru_cache(maxsize=READ)
def _telling(text: str) -> dict[int, tuple[int, str]]:
    """By term: its place, and the word as it is written first, of each word of `text` that tells a
    person much.
    """
    found: dict[str, str] = {}
    for stem, piece in words.spans(text):
        if piece not in SAYS_NOTHING:
            found.setdefault(stem, piece)
    return {words.term(stem): (place, piece) for place, (stem, piece) in enumerate(found.items())}
