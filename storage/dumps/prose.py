"""Does a line read like an abstract or like a title? One number, from what the eye goes by.

Length says most: of 14,000 papers of 2024 and 2025, 98 in 100 titles are shorter than 140
characters and no abstract is, except where a page clips it (to some 160). The words decide in
between: titles Capitalise Theirs, abstracts say "we" and "is" and end in a full stop. The position
on the page decides in the end (`roles`); this number only says what a position costs.
"""

import math
import re
from functools import lru_cache
from itertools import pairwise

LOOKED_AT = 300
"""Characters that are looked at: enough to tell, and long lines cost no more."""

# (characters, log odds), straight lines between
_ANCHORS = ((0, -7.0), (60, -6.0), (130, -4.0), (160, 0.0), (200, 4.0), (300, 10.0), (600, 14.0))

_FUNCTION_WORDS = frozenset(
    {
        *("we", "our", "us", "We", "Our", "this", "these", "This", "These", "However", "however"),
        *("is", "are", "was", "were", "be", "been", "has", "have", "can"),
        *("which", "that", "they", "their", "its"),
    }
)
_SENTENCE_BREAK = re.compile(r"[^\W\d_)][.!?] +[A-Z]|[。！？]\S")
_WIDE = re.compile(
    r"[\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7af]"
)  # scripts with fewer, wider characters
_TERMINAL = tuple(".!?。！？")
_CLOSING = ")]\"'”’»"
_EDGES = "()[]{}\"'“”‘’«».,;:!?$*_`"
_JOINTS = re.compile(r"[-‐‑–—/'’&]")
_NAMED = re.compile(r"[A-Z][A-Za-z]+[0-9]{1,2}")  # GPT-4, Qwen3, Llama-3
_MARKUP = ("#", "<", "- ", "* ", "> ", "|", "{", "}", "```", "//", "===", "---", "@")


def prose(text: str) -> float:
    """Log odds that a line is (the beginning of) an abstract rather than a title."""
    words = text[:LOOKED_AT].split()
    cased = [word for word in words if word[0].isupper() or word[0].islower()]
    lower = sum(word[0].islower() for word in cased) / len(cased) if cased else 0.55
    function_words = sum(word.strip(_EDGES) in _FUNCTION_WORDS for word in words)
    breaks = len(_SENTENCE_BREAK.findall(text, 0, LOOKED_AT))
    return (
        _by_length(width(text))
        + 6.0 * (lower - 0.55)
        + 1.5 * min(function_words, 4)
        + 0.7 * min(breaks, 2)
        + 1.5 * ends_sentence(text)
    )


def ends_sentence(text: str) -> bool:
    """Whether a text stops where a sentence does."""
    return text.endswith(_TERMINAL) or text.rstrip(_CLOSING).endswith(_TERMINAL)


def width(text: str) -> int:
    """The length in characters, as if every script needed as many as Latin does."""
    return len(text) + (0 if text.isascii() else 2 * len(_WIDE.findall(text, 0, LOOKED_AT)))


def strangeness(text: str) -> float:
    """How little a line looks like text that people write, 0 for most titles and abstracts.

    Words of letters make text; code, markup, tables and logs have few of them.
    """
    words = text[:LOOKED_AT].split()
    if not words:
        return 10.0
    plain = sum(_is_word(word) for word in words) / len(words)
    oddity = 12.0 * max(0.0, 0.65 - plain)
    return oddity + 5.0 * text.startswith(_MARKUP)


def softplus(x: float) -> float:
    """ln(1 + e^x): what it costs, in nats, to believe against log odds of x."""
    return x if x > 30 else math.log1p(math.exp(x))


@lru_cache(maxsize=1 << 14)
def _is_word(word: str) -> bool:
    core = _JOINTS.sub("", word.strip(_EDGES))
    return core.isalpha() or _NAMED.fullmatch(core) is not None or _WIDE.search(core) is not None


def _by_length(length: int) -> float:
    for (x0, y0), (x1, y1) in pairwise(_ANCHORS):
        if length < x1:
            return y0 + (y1 - y0) * (length - x0) / (x1 - x0)
    return _ANCHORS[-1][1]
