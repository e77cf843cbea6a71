"""A query in words, as it was understood: 'papers with the word "a" and not the word "b"'.

It is told from the tree as typed, with brackets wherever the reading of OR could be in doubt.
"""

from matching.alerts.nodes import ANYWHERE, And, Comparison, Kind, Node, Not, Or, Text

_PLACES: dict[tuple[str, ...], str] = {
    ("title",): "in the title",
    ("abstract",): "in the abstract",
    ("org",): "in the organisation's name",
    ("author",): "in an author's name",
    ("source",): "in the source's name",
}


def explain(root: Node) -> str:
    """The whole query as a noun phrase: "papers with …"."""
    return f"papers with {_said(root)}"


def _said(node: Node) -> str:
    match node:
        case And(parts=parts):
            # What is left out comes last: "not a and b" could be heard as "not (a and b)".
            return _joined(tuple(sorted(parts, key=lambda p: isinstance(p, Not))), "and")
        case Or(parts=parts):
            return _joined(parts, "or")
        case Not(part=part):
            return f"not {_bracketed(part)}"
        case Comparison():
            return node.words
        case Text():
            place = "" if node.fields == ANYWHERE else f" {_PLACES[node.fields]}"
            return text(node) + place


def text(leaf: Text) -> str:
    """What is looked for, without the place: 'the phrase "a b"'."""
    quoted = [f'"{typed}"' for typed in leaf.typed]
    match leaf.kind:
        case Kind.WORD:
            return f"the word {quoted[0]}"
        case Kind.PHRASE:
            return f"the phrase {quoted[0]}"
        case Kind.PREFIX if " " in leaf.typed[0]:
            return f"a phrase that begins with {quoted[0]}"
        case Kind.PREFIX:
            return f"a word that begins with {quoted[0]}"
        case Kind.EXACT if any(c.isupper() for c in leaf.typed[0]):
            return f"exactly {quoted[0]} (capitals count)"
        case Kind.EXACT:
            return f"exactly {quoted[0]}"
        case Kind.NEAR if leaf.within == 0:
            return f"{_listed(quoted, 'and')} side by side"
        case Kind.NEAR:
            words = "word" if leaf.within == 1 else "words"
            return f"{_listed(quoted, 'and')} with at most {leaf.within} {words} between"


def _joined(parts: tuple[Node, ...], conjunction: str) -> str:
    said: list[str] = []
    at = 0
    while at < len(parts):
        run = at
        while run < len(parts) and _is_alike(parts[at], parts[run]):
            run += 1
        if run - at > 1:
            said.append(_words(parts[at:run], conjunction))
        else:
            run = at + 1
            said.append(_bracketed(parts[at]))
        at = run
    return _listed(said, conjunction)


def _is_alike(first: Node, other: Node) -> bool:
    """Two plain words in one place: told together."""
    return (
        isinstance(first, Text)
        and isinstance(other, Text)
        and first.kind is other.kind is Kind.WORD
        and first.fields == other.fields
    )


def _words(parts: tuple[Node, ...], conjunction: str) -> str:
    found = [part for part in parts if isinstance(part, Text)]
    fields = found[0].fields
    place = "" if fields == ANYWHERE else f" {_PLACES[fields]}"
    typed = [f'"{one.typed[0]}"' for one in found]
    noun = "words" if conjunction == "and" else "word"
    said = _listed(typed, conjunction) if conjunction == "and" else " or ".join(typed)
    return f"the {noun} {said}{place}"


def _bracketed(node: Node) -> str:
    return f"({_said(node)})" if isinstance(node, And | Or) else _said(node)


def _listed(said: list[str], conjunction: str) -> str:
    if len(said) <= 1:
        return "".join(said)
    if conjunction == "or" or any(" and " in one for one in said):
        return f" {conjunction} ".join(said)
    return f"{', '.join(said[:-1])} {conjunction} {said[-1]}"
