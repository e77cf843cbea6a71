"""Wordings that a title suggests: for an interest of its own, and for one to be sharpened."""

import re

from matching.boosts import marked
from matching.telling import SAYS_NOTHING

PHRASES = 6
"""Wordings of an interest that are tried for one missed paper."""

SHORTEST, LONGEST = 2, 12
"""Words of such a wording."""

RAISED = 3
"""Words that are tried as counting extra."""

LEAST_LETTERS = 4
"""Of a word that counts extra."""

_PIECES = re.compile(r"[:;,.!?()\[\]]+|\s+[-–—]+\s+")
_WORD = re.compile(r"\w[\w-]*\w")


def phrases(title: str) -> list[str]:
    """Wordings of what a title is about: its pieces, and runs of words that say something."""
    pieces = [" ".join(piece.split()) for piece in _PIECES.split(title)]
    runs: list[str] = []
    for piece in pieces:
        run: list[str] = []
        for word in [*piece.split(), ""]:
            if word and word.casefold() not in SAYS_NOTHING:
                run.append(word)
            else:
                runs.append(" ".join(run))
                run = []
    whole = " ".join(title.split())
    fit = [one for one in (*runs, *pieces, whole) if SHORTEST <= len(one.split()) <= LONGEST]
    return list(dict.fromkeys([*fit, whole]))[:PHRASES]


def raised(interest: str, title: str) -> list[str]:
    """The interest with one word of the title counting extra: its own words before new ones."""
    said = {word.casefold() for one in marked(interest) for word in _WORD.findall(one)}
    own = {word.casefold() for word in _WORD.findall(interest)}
    words = list(
        dict.fromkeys(
            word
            for word in _WORD.findall(title)
            if len(word) >= LEAST_LETTERS
            and word.casefold() not in SAYS_NOTHING
            and word.casefold() not in said
        )
    )
    words.sort(key=lambda word: (word.casefold() not in own, -len(word)))
    return [_marked(interest, word, word.casefold() in own) for word in words[:RAISED]]


def _marked(interest: str, word: str, is_there: bool) -> str:
    if not is_there:
        return f"{interest} +{word.casefold()}"
    there = re.compile(rf"(?<![\w+-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
    return there.sub(r"+\g<0>", interest, count=1)
