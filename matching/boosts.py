"""Words of an interest that count extra, marked with a plus: `graph learning +molecules`.

A paper that holds all of them stands `LIFT` deviations higher for that interest, one that holds
half of them half as much: enough to bring up what nearly fits, too little for a stray mention.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matching import words
from matching.pool import View
from matching.words import Terms

Floats = npt.NDArray[np.float32]

LIFT = 1.0
"""Deviations above the background that the boosted words of an interest bring together."""

_BOOST = re.compile(r'(?<!\S)\+(?:"([^"]*\w[^"]*)"|(\w\S*))')
"""A plus before a word or a phrase in quotation marks; `C++` and `vision + language` hold none."""


def spoken(text: str) -> str:
    """The interest without the marks: what is encoded."""
    return _BOOST.sub(lambda found: found[1] or found[2], text)


def marked(text: str) -> list[str]:
    """The boosted words and phrases as they were typed."""
    return [found[1] or found[2] for found in _BOOST.finditer(text)]


def boosted(text: str) -> tuple[Terms, ...]:
    """The terms of each boosted word or phrase: one word, or the pairs of neighbours."""
    asked = words.terms(marked(text))
    return tuple(one if len(one) == 1 else words.pairs(one) for one in asked if len(one))


def lift(boosts: Sequence[Terms], view: View) -> Floats:
    """(papers,) deviations that the boosted words bring."""
    found = np.zeros(len(view.plain), dtype=np.float32)
    for one in boosts:
        laid = view.bags.weights(one, np.ones(len(one), dtype=np.float32))
        held = (view.words > 0).astype(np.float32) @ (laid > 0).astype(np.float32)
        found += held >= len(np.unique(one))
    return found * np.float32(LIFT / max(len(boosts), 1))
