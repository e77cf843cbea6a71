"""What is said to a person whose query cannot be read.

Every refusal shows the query with a caret under the character, says what was expected there, and
ends with an example that can be read: the query itself, mended, wherever that is possible.
"""

import unicodedata

_WINDOW = 60
"""Characters of a long query that are shown around the place."""


class BadQuery(ValueError):
    """The query cannot be read; the message says where, what was expected, and shows a remedy."""

    def __init__(self, text: str, position: int, said: str, expected: str, example: str) -> None:
        self.text = text
        self.position = position
        """Of the character, from 0; the length of the text where its end is too early."""
        self.expected = expected
        self.example = example
        """A query that can be read."""
        self.shown = _shown(text, position)
        """The query, or the part of it around the place, and under it a line with the caret."""
        super().__init__(
            f"{said} (character {position + 1})\n{self.shown}\n"
            f"Expected: {expected}.\nFor example: {example}"
        )


class Trouble(Exception):
    """Found while reading: `mended` are queries to offer instead, best first, not yet read."""

    def __init__(self, position: int, said: str, expected: str, *mended: str) -> None:
        super().__init__(said)
        self.position = position
        self.said = said
        self.expected = expected
        self.mended = mended


def _shown(text: str, position: int) -> str:
    start = max(0, position - _WINDOW // 2)
    end = start + _WINDOW
    before = ("…" if start else "") + text[start:position]
    after = text[position:end] + ("…" if end < len(text) else "")
    before, after = _visible(before), _visible(after)
    return f"  {before}{after}\n  {' ' * sum(map(_columns, before))}^"


def _visible(text: str) -> str:
    return "".join(
        " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" if is_control(c) else c for c in text
    )


def is_control(character: str) -> bool:
    """Whether it is a control character or half of a surrogate pair: nothing a person typed."""
    return unicodedata.category(character) in {"Cc", "Cs"} and not character.isspace()


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
