"""An abstract cut into sentences, each a verbatim part of it.

A full stop ends a sentence unless it belongs to an abbreviation, an initial or a number, or what
follows goes on in lower case.
"""

import re
from functools import lru_cache

KEPT = 2000
"""Texts whose sentences are kept: one abstract is shown to many."""

_END = re.compile(r"[.!?]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[^\s\"'“‘(\[])")
"""Marks that may end a sentence: something must follow them."""

_ABBREVIATIONS = """
    al approx appl ca cf chap co corp dept dr e.g ed eds eq eqn eqs esp est et etc ex fig
    figs i.e inc jr ltd max min mr mrs ms no nos nr p pp prof ref refs resp sec sect sr st
    suppl tab univ viz vol vols vs w.r.t i.i.d a.k.a s.t u.s u.k ph.d
"""

_OFTEN_LAST = """
    al etc i.i.d a.k.a w.r.t u.s u.k ph.d no max min co inc ltd corp jr sr
"""
"""Abbreviations and words that may as well stand at the end of a sentence."""

_STARTERS = """
    a all an and as at both but by despite each experiments extensive finally first for
    from furthermore given hence here how however if in instead it its moreover most no
    notably on one or other our overall previous recent recently second similarly since so
    some specifically such the their then there therefore these they this those though
    through thus to under unlike we what when where whereas whether which while with
    without yet
"""
"""Words that open sentences of abstracts."""

_SHORT, _MAY_END, _OPEN = (
    frozenset(listed.split()) for listed in (_ABBREVIATIONS, _OFTEN_LAST, _STARTERS)
)


def sentences(text: str) -> list[str]:
    """The sentences of `text` in order, without the space between them; each is in `text`."""
    return list(_cut(text))


@lru_cache(maxsize=KEPT)
def _cut(text: str) -> tuple[str, ...]:
    found: list[str] = []
    start = 0
    for mark in _END.finditer(text):
        if _ends(text, mark):
            found.append(text[start : mark.end()].strip())
            start = mark.end()
    found.append(text[start:].strip())
    return tuple(sentence for sentence in found if sentence)


def _ends(text: str, mark: re.Match[str]) -> bool:
    """Whether the marks end a sentence."""
    following = re.match(r"\s+[\"'“‘(\[]*(\w*)(.?)", text[mark.end() :])
    word = following.group(1) if following else ""
    if word[:1].islower():
        return False
    if not mark.group().startswith(".") or mark.group().startswith(".."):
        return True
    last = re.search(r"[\w.&-]*$", text[: mark.start()])
    before = (last.group() if last else "").lower().lstrip("(")
    if before in _SHORT:
        if before == "no" and word[:1].isdigit():
            return False
        return before in _MAY_END and word.lower() in _OPEN
    initial = len(before) == 1 and before.isalpha() and text[mark.start() - 1].isupper()
    return not initial or word.lower() in _OPEN
