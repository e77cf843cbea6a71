"""How text becomes tokens, for papers and queries alike.

A text is read in several ways, because people write `few-shot`, `few shot` and `fewshot`:

=============  ============================================  ==============================
reading        tokens of "Few-shot λ-models"                 asked by
=============  ============================================  ==============================
APART          few, shot, lambda, model                      words and phrases
JOINED         fewshot, lambdamodel                          words and phrases
PAIRS          fewshot, shotlambda, lambdamodel              a single word ("dataset": "data set")
PLAIN_APART    few, shot, lambda, models                     prefix*
PLAIN_JOINED   fewshot, lambdamodels                         prefix*
EXACT          few, -, shot, λ, -, models                    ="few-shot" without a capital
CASED          Few, -, shot, λ, -, models                    ="Few-shot": capitals count
=============  ============================================  ==============================

All but EXACT and CASED ignore case, accents and possessives, and write a single Greek letter as its
name (papers say both `λ` and `\\lambda`). All but the last four fold plurals. `C++`, `C#` and
`2.5` are one token. Scripts that are written without spaces give one token per character, so that
a word is found inside a run as the sequence of its characters.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter

from matching.alerts.plurals import fold


class Reading(StrEnum):
    """One way of reading a text; the module's table says what each is for."""

    APART = "a"
    JOINED = "j"
    PAIRS = "p"
    PLAIN_APART = "b"
    PLAIN_JOINED = "k"
    EXACT = "e"
    CASED = "c"


# Kana, Han, Hangul, Thai, Lao, Burmese, Khmer. U+30FB, the middle dot, parts words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003134f"
)
# Vowel points of Hebrew and Arabic, the tatweel, the soft hyphen, characters of no width.
_IGNORED = (
    "\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u00ad\u200b-\u200d\u2060\ufe0f\ufeff"
)
_ACCENTS = "\u0300-\u036f"
_INDIC_VOWELS = "\u0900-\u0963\u0970-\u0dff"  # not letters to `re`, and yet inside words

_MARK = f"[{_INDIC_VOWELS}{_ACCENTS}{_IGNORED}]"
_LETTERS_OF_A_WORD = rf"(?:[^\W_{_UNSPACED}]++|{_MARK}++)"  # possessive: never tried twice
_INSIDE = rf"['’ʼ](?=[^\W_{_UNSPACED}])|(?<=\d)\.(?=\d)"
_WORD = rf"{_LETTERS_OF_A_WORD}(?:{_LETTERS_OF_A_WORD}|{_INSIDE})*+(?:\+\+|\#(?!\w))?"
_HYPHEN = r"(?:--?|[\u2010-\u2013\u2212])"

_CHUNKS = re.compile(r"\S+")
_CLOSING = ".,;:!?)"  # none of them ends a word
_WORDS = re.compile(rf"[{_UNSPACED}]|{_WORD}(?:{_HYPHEN}{_WORD})*")
_PARTS = re.compile(rf"[{_UNSPACED}]|{_WORD}")
_EXACT_PARTS = re.compile(rf"[{_UNSPACED}]|{_WORD}|{_HYPHEN}")
_DROPPED = re.compile(f"[{_IGNORED}]")
_DROPPED_ACCENTS = re.compile(f"[{_ACCENTS}]")
_POSSESSIVE = re.compile(r"'s$")

_APOSTROPHES = str.maketrans("’ʼ", "''")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "þ": "th", "ð": "d"}
)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma tau upsilon phi chi psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK_NAMES.split(), strict=True))

CLOSABLE = 3
"""Letters: "data set" may be one word, "a part" may not."""

_LITTLE = "the and for not are was our its can has but all any per via with"
_NEVER_CLOSED = frozenset(_LITTLE.split())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Word:
    """A word of a text with its hyphens, or one character of an unspaced script.

    Compared by identity, which is fast; words that are spelled alike are mostly one object.
    """

    plain: tuple[str, ...]
    """Its parts without case, accents and possessive; empty if nothing but marks is left."""
    plain_joined: tuple[str, ...]
    """The same as one; empty if there is none."""
    apart: tuple[str, ...]
    """The parts in their normal form."""
    joined: tuple[str, ...]
    """The parts as one word in its normal form; empty if there are none."""
    cased: tuple[str, ...]
    """The parts and hyphens as written."""
    exact: tuple[str, ...]
    """The same without capitals."""


_READINGS: dict[Reading, Callable[[Word], tuple[str, ...]]] = {
    Reading.APART: attrgetter("apart"),
    Reading.JOINED: attrgetter("joined"),
    Reading.PLAIN_APART: attrgetter("plain"),
    Reading.PLAIN_JOINED: attrgetter("plain_joined"),
    Reading.EXACT: attrgetter("exact"),
    Reading.CASED: attrgetter("cased"),
}
"""What a word is in a reading; PAIRS is not a matter of one word."""


def read(text: str) -> list[Word]:
    """The words of a text, in order."""
    # No word reaches over a space, and most of what stands between two of them stood so before.
    return list(chain.from_iterable(map(words_of, text.split())))


@lru_cache(maxsize=1 << 16)
def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text without spaces."""
    written = text.rstrip(_CLOSING)
    if _is_plain(written):  # most are, and need no pattern
        return (_word(written),)
    return tuple(_word(found) for found in _WORDS.findall(text))


def located(text: str) -> Iterator[tuple[Word, int, int]]:
    """The words of a text with their ranges of characters."""
    for chunk in _CHUNKS.finditer(text):
        begin = chunk.start()
        for word, start, end in located_in(chunk[0]):
            yield word, begin + start, begin + end


def starts(text: str) -> list[int]:
    """Where in a text the pieces begin that `str.split` makes of it."""
    return list(map(re.Match.start, _CHUNKS.finditer(text)))


@lru_cache(maxsize=1 << 15)
def located_in(chunk: str) -> tuple[tuple[Word, int, int], ...]:
    """As `located`, for a text without spaces."""
    written = chunk.rstrip(_CLOSING)
    if _is_plain(written):
        return ((_word(written), 0, len(written)),)
    return tuple((_word(found[0]), *found.span()) for found in _WORDS.finditer(chunk))


def _is_plain(written: str) -> bool:
    """Whether it is a word of ASCII letters and digits: all that could be done to it is done by
    writing it small.
    """
    return written.isascii() and written.isalnum()


def tokens(words: Iterable[Word], reading: Reading) -> list[str]:
    """The tokens of the words of a text in one reading, in order."""
    if reading is Reading.PAIRS:
        plain = tokens(words, Reading.PLAIN_APART)
        return [closed(*pair) for pair in pairwise(plain) if closable(*pair)]
    return list(chain.from_iterable(map(_READINGS[reading], words)))


def of_word(reading: Reading) -> Callable[[Word], tuple[str, ...]]:
    """What gives a word's tokens in a reading; there is nothing of the kind for PAIRS."""
    return _READINGS[reading]


def closable(first: str, second: str) -> bool:
    """Whether two neighbouring parts may also be written as one word."""
    return (
        len(first) >= CLOSABLE
        and len(second) >= CLOSABLE
        and first not in _NEVER_CLOSED
        and second not in _NEVER_CLOSED
        and first.isalpha()
        and second.isalpha()
    )


def closed(first: str, second: str) -> str:
    """Two parts written as one word, in its normal form."""
    return fold(first + second)


def _plain(part: str) -> str:
    part = unicodedata.normalize("NFD", part.casefold().translate(_LETTERS))
    part = unicodedata.normalize("NFC", _DROPPED_ACCENTS.sub("", part))
    part = _POSSESSIVE.sub("", part).replace("'", "")
    return _GREEK.get(part, part)


@lru_cache(maxsize=1 << 15)
def _word(written: str) -> Word:
    if _is_plain(written):
        small = (written.lower(),)
        folded = (fold(small[0]),)
        return Word(
            plain=small,
            plain_joined=small,
            apart=folded,
            joined=folded,
            cased=(written,),
            exact=small,
        )
    # Compatibility forms first: they may turn one character into several words.
    text = _DROPPED.sub("", unicodedata.normalize("NFKC", written)).translate(_APOSTROPHES)
    plain = tuple(part for found in _PARTS.findall(text) if (part := _plain(found)))
    parts = _EXACT_PARTS.findall(unicodedata.normalize("NFC", text))
    cased = tuple("-" if re.fullmatch(_HYPHEN, part) else part for part in parts)
    apart = tuple(fold(part) for part in plain)
    return Word(
        plain=plain,
        plain_joined=plain if len(plain) <= 1 else ("".join(plain),),
        apart=apart,
        joined=apart if len(plain) <= 1 else (fold("".join(plain)),),
        cased=cased,
        exact=tuple(part.casefold() for part in cased),
    )
