"""The lines that could not be read, each with the reason."""

from collections.abc import Sequence, Set

from storage.dumps.looks import Form, Role, form_of, labels
from storage.dumps.pages import Cast
from storage.dumps.prose import ends_sentence, prose, strangeness
from storage.records import Reject

_BEGINS = 80  # characters of a line that are shown
_SHORTEST = 10  # characters of a title; fewer, and it may be anything
_STRANGE = 4.0
_ABOVE = (Role.START, Role.HEAD)
_BODY = (Role.ABSTRACT, Role.ABSTRACT_WRAP, Role.PARAGRAPH)


def rejects(cast: Sequence[Cast], taken: frozenset[int]) -> list[Reject]:
    """One for each line that no entry took (`taken`) and that is no furniture, in order."""
    found: dict[int, Reject] = {}
    if not any(role in (Role.LOST, Role.NOISE) for role, _ in cast):
        return []
    known = labels([line for _, line in cast], [form_of(line.text) for _, line in cast])
    for i, (role, line) in enumerate(cast):
        if role in (Role.LOST, Role.NOISE) and line.number not in taken:
            text = line.text if len(line.text) <= _BEGINS else line.text[: _BEGINS - 1] + "…"
            reject = Reject(line=line.number, reason=_reason(cast, i, known), text=text)
            found.setdefault(line.number, reject)
    return list(found.values())


def _reason(cast: Sequence[Cast], i: int, known: Set[str]) -> str:
    role, line = cast[i]
    form = form_of(line.text)
    before = cast[i - 1][0] if i else Role.START
    after, following = cast[i + 1] if i + 1 < len(cast) else (Role.HEAD, None)
    is_before_dot = following is not None and form_of(following.text) is Form.DOT
    if not line.text:
        return "nothing that can be seen"
    if line.text in known:
        return "a button or label that stands on the page again and again"
    if form is Form.HEAD:
        return "a button or heading of a page in the middle of a paper"
    if role is Role.LOST and (form is not Form.TEXT or is_before_dot):
        return "a detail of a paper that could not be read"
    if form is not Form.TEXT:
        return "a detail where none belongs"
    is_of_a_paper = role is Role.LOST or before in _ABOVE
    if is_of_a_paper and prose(line.text) > 0:
        if before in _BODY:
            return "a second abstract: its title is missing, or it is a paragraph of the one before"
        return "an abstract without a title"
    is_title = _is_like_a_title(line.text) and (is_of_a_paper or not ends_sentence(line.text))
    if after is Role.HEAD and before is not Role.START:
        half = "a title without its abstract, or part of a detail" if is_title else "half a line"
        return f"the page looks cut here: {half}"
    return "a title without an abstract" if is_title else "neither title, abstract nor detail"


def _is_like_a_title(text: str) -> bool:
    return len(text) >= _SHORTEST and strangeness(text) <= _STRANGE and prose(text) <= 0
