"""The grammar of queries: one recursive descent over the characters.

    either  := both (OR both)*
    both    := one (AND? one)*
    one     := (NOT | -) one | ( either ) | field: one | comparison | text
    text    := word | prefix* | "phrase" | ="exact" | NEAR(text text…, number)

Every refusal is a `Trouble` at the character, with queries to offer instead.
"""

import re
from difflib import get_close_matches

from matching.alerts.comparisons import FIELDS as COMPARED
from matching.alerts.comparisons import comparison
from matching.alerts.errors import Trouble, is_control
from matching.alerts.nodes import ANYWHERE, And, Comparison, Node, Not, Or
from matching.alerts.texts import QUOTES, Texts

MAX_DEPTH = 20

FIELDS = {
    "title": ("title",),
    "abstract": ("abstract",),
    "org": ("org",),
    "author": ("author",),
    "source": ("source",),
    "all": ANYWHERE,
    # As arXiv, Google and people in a hurry write them.
    "ti": ("title",),
    "intitle": ("title",),
    "abs": ("abstract",),
    "au": ("author",),
    "organisation": ("org",),
    "organization": ("org",),
}

_MINUS = re.compile(r"[-–—−](?=\S)")
_OPERATOR = re.compile(rf"(AND|OR|NOT)(?![^\s(){QUOTES}])|\|\|?|&&", re.ASCII)
_SMALL_AND = re.compile(rf"and(?![^\s(){QUOTES}])", re.IGNORECASE)
_FIELD = re.compile(r"([^\W\d_]+):")
_COMPARISON = re.compile(r"([^\W\d_]+)[ \t]*:?[ \t]*(>=|<=|=>|=<|[<>=≥≤])[ \t]*([^\s()|]*)")
_COLON_COMPARISON = re.compile(r"([^\W\d_]+):[ \t]*()([^\s()|]*)")
_AN_EXACT_WORD = re.compile(r"[ \t]=[^\s<>=]")
_SAME = {"|": "OR", "||": "OR", "&&": "AND"}


def _is_word_apart(compared: re.Match[str]) -> bool:
    """Whether it is no comparison: `agents =LoRA` is a word, and one that lacks its marks."""
    is_compared = compared[1].lower() in COMPARED
    return not is_compared and bool(_AN_EXACT_WORD.search(compared[0]))


class Grammar(Texts):
    """One reading of one query, from its first character to its last."""

    def query(self) -> Node:
        """The whole text as a tree. Raises Trouble."""
        for at, character in enumerate(self.text):
            if is_control(character):
                raise Trouble(
                    at,
                    f"There is a character that cannot be seen (U+{ord(character):04X})",
                    "letters, digits, spaces and signs only",
                    "".join(" " if is_control(c) else c for c in self.text),
                )
        self.move(0)
        if self.is_done():
            raise Trouble(0, "The query is empty", "a word or a phrase to look for")
        tree = self._either(0, ANYWHERE)
        if not self.is_done():
            raise Trouble(
                self.at,
                "This closing parenthesis has no opening one",
                "an opening parenthesis before it, or none here",
                self.text[: self.at] + " " + self.text[self.at + 1 :],
                "(" + self.text,
            )
        return tree

    def _either(self, depth: int, fields: tuple[str, ...]) -> Node:
        parts = [self._both(depth, fields)]
        while self._operator() == "OR":
            self._take_operator()
            parts.append(self._both(depth, fields))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def _both(self, depth: int, fields: tuple[str, ...]) -> Node:
        parts = [self._one(depth, fields)]
        while not self.is_done() and self.next() != ")" and self._operator() != "OR":
            if self._operator() == "AND":
                self._take_operator()
            elif small := _SMALL_AND.match(self.text, self.at):
                self._take(small.end())
            parts.append(self._one(depth, fields))
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def _one(self, depth: int, fields: tuple[str, ...]) -> Node:
        self._refuse_what_cannot_begin()
        start = self.at
        if self._operator() == "NOT":
            self._take_operator()
        elif _MINUS.match(self.text, start):
            self._take(start + 1)
        elif self.next() == "(":
            return self._group(depth, fields)
        else:
            return self._field(depth, fields) or self.read_text(fields)
        self._refuse_what_cannot_begin()
        if _MINUS.match(self.text, self.at) or self._operator() == "NOT":
            raise Trouble(
                self.at,
                "Two negations follow each other",
                "one minus or one NOT",
                self.text[:start] + self.text[self.at :],
            )
        return Not(part=self._one(depth, fields))

    def _group(self, depth: int, fields: tuple[str, ...]) -> Node:
        start = self.at
        if depth >= MAX_DEPTH:
            raise Trouble(
                start, "Parentheses are nested too deeply", f"at most {MAX_DEPTH} inside each other"
            )
        self._take(start + 1)
        if self.next() == ")":
            raise Trouble(
                self.at,
                "There is nothing between these parentheses",
                "a word or a phrase",
                self.text[:start] + self.text[self.at + 1 :],
            )
        tree = self._either(depth + 1, fields)
        if self.is_done():
            raise Trouble(
                start, "This parenthesis is never closed", 'a ")" after it', self.text + ")"
            )
        self.move(self.at + 1)
        return tree

    def _field(self, depth: int, fields: tuple[str, ...]) -> Node | None:
        """A comparison, or what follows a field's name; None where neither stands here."""
        named = _FIELD.match(self.text, self.at)
        name = named[1].lower() if named else ""
        if named and name in FIELDS:
            return self._in_field(name, named.end(), depth, fields)
        compared = _COMPARISON.match(self.text, self.at)
        if compared is None and name in COMPARED:
            compared = _COLON_COMPARISON.match(self.text, self.at)
        if compared and not self.begins_exact(compared.start(2)) and not _is_word_apart(compared):
            return self._comparison(compared)
        if named:
            end = len(self.text)
            near = get_close_matches(name, [*FIELDS, *COMPARED], n=1)
            raise Trouble(
                self.at,
                f"There is no field “{named[1]}”",
                "title: abstract: org: author: source: or, where the colon is part of the text, "
                "quotation marks around it",
                *(f"{self.text[: self.at]}{meant}:{self.text[named.end() :]}" for meant in near),
                self.quoted(self.at, end),
            )
        return None

    def _in_field(self, name: str, end: int, depth: int, fields: tuple[str, ...]) -> Node:
        start = self.at
        if fields is not ANYWHERE:
            raise Trouble(
                start,
                f"“{name}:” stands inside another field's parentheses",
                "a word or a phrase; each field has its own",
                self.text[:start] + self.text[end:],
            )
        if _COMPARISON.match(self.text, start) and not self.begins_exact(end):
            raise Trouble(
                end,
                f"“{name}” is text and cannot be compared",
                "a word or a phrase; the number of authors is authors<=3",
                f"{name}:transformer",
            )
        self._take(end)
        if _MINUS.match(self.text, self.at):
            raise Trouble(
                self.at,
                "The minus stands between the field and its word",
                f"the minus before “{name}:”",
                f"{self.text[:start]}-{name}:{self.text[self.at + 1 :]}",
            )
        self._refuse_what_cannot_begin()
        if self.next() == "(":
            return self._group(depth, FIELDS[name])
        if _FIELD.match(self.text, self.at):
            return self._one(depth, FIELDS[name])
        return self.read_text(FIELDS[name])

    def _comparison(self, found: re.Match[str]) -> Comparison:
        name = found[1].lower()
        if name not in COMPARED:
            near = get_close_matches(name, COMPARED, n=1)
            raise Trouble(
                found.start(),
                f"“{found[1]}” cannot be compared",
                "comments, authors or date",
                *(
                    f"{self.text[: found.start()]}{meant}{self.text[found.end(1) :]}"
                    for meant in near
                ),
                "comments>10",
            )
        one = comparison(name, found[2], found[3], at=found.start(), value_at=found.start(3))
        self.move(found.end())
        return one

    def _operator(self) -> str:
        found = _OPERATOR.match(self.text, self.at)
        return _SAME.get(found[0], found[0]) if found else ""

    def _take_operator(self) -> None:
        found = _OPERATOR.match(self.text, self.at)
        self._take(found.end() if found else self.at)

    def _take(self, end: int) -> None:
        self.joint = (self.at, end)
        self.move(end)

    def _refuse_what_cannot_begin(self) -> None:
        """Something must begin here: not the end, a closing parenthesis or an operator."""
        operator = self._operator()
        if self.is_done() or self.next() == ")":
            raise Trouble(
                len(self.text.rstrip()) if self.is_done() else self.at,
                f"Nothing follows “{self.text[slice(*self.joint)]}”",
                "a word or a phrase",
                self.without_joint(),
                self.text[: self.at] + " " + self.text[self.at + 1 :],
            )
        if operator in {"AND", "OR"}:
            found = _OPERATOR.match(self.text, self.at)
            end = found.end() if found else self.at
            raise Trouble(
                self.at,
                f"{self.text[self.at : end]} stands between two things, and one is missing",
                f"a word or a phrase before {self.text[self.at : end]}",
                f"{self.text[: self.at]}{self.text[end:]}".strip(),
                self.without_joint(),
            )
        if self.next() in tuple("-–—−") and not _MINUS.match(self.text, self.at):
            rest = self.text[self.at + 1 :].lstrip()
            raise Trouble(
                self.at,
                "A minus stands right before what it leaves out",
                "a word or a phrase after it, without a space",
                f"{self.text[: self.at]}-{rest}",
                f"{self.text[: self.at]}{rest}",
            )
