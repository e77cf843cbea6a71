"""The texts of a query, read from its characters: word, prefix*, "phrase", ="exact", NEAR( ).

`Texts` holds the place in the query; the grammar of operators and fields stands on it.
"""

import re

from matching.alerts.errors import Trouble
from matching.alerts.nodes import Form, Kind, Text, forms, forms_as_written, forms_near
from matching.alerts.reading import Word, located

MAX_NEAR = 100  # tokens between
DEFAULT_NEAR = 10  # as in SQLite's FTS5
_MOST_NEAR = 8  # texts in one NEAR

MAX_NEARS = 20
MAX_PREFIXES = 50
"""In one query: these cost far more than words do, and each new paper is asked all of them."""

_SHORTEST_PREFIX = 2  # letters

QUOTES = '"“”„‟«»＂'
_SPACE = re.compile(r"\s*")
_RAW = re.compile(rf"[^\s()|{QUOTES}]+")
_RAW_NEAR = re.compile(rf"[^\s(),|{QUOTES}]+")
_DISTANCE = re.compile(r"\s*,\s*([0-9]+)\s*\)")
_UNUSED = re.compile(r"[\[\]{}^~\\<>=;`]")
_AS_WRITTEN = re.compile(r"=[\w+#.-]*\w[\w+#.-]*")
_COMMA = re.compile(r",(?!\d)|(?<!\d),")
_SMALL = re.compile(rf"(and|or|not)(?![^\s(){QUOTES}])", re.IGNORECASE)
_PARTING = re.compile(r"[^\w'’-]")
_PLAIN_WORDS = re.compile(r"[\w\s'’.?!,:-]+")


class Texts:
    """A place in a query, and how to read the text that begins there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.joint = (0, 0)
        """The range of the last operator, sign or field: what a mended query leaves out."""
        self._nears = 0
        self._prefixes = 0
        """How many there are so far."""

    def move(self, to: int) -> None:
        """Go to a place, and past the spaces there."""
        found = _SPACE.match(self.text, to)
        self.at = found.end() if found else to

    def is_done(self) -> bool:
        """Whether only the end is left."""
        return self.at >= len(self.text)

    def next(self) -> str:
        """The character here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def begins_exact(self, at: int) -> bool:
        """Whether ="…" begins at a place."""
        return self.text[at : at + 1] == "=" and self.text[at + 1 : at + 2] in tuple(QUOTES)

    def without_joint(self) -> str:
        """The query without its last operator: what to offer where nothing follows it."""
        start, end = self.joint
        return f"{self.text[:start]}{self.text[end:]}".strip()

    def quoted(self, start: int, end: int) -> str:
        """The query with a part of it in quotation marks."""
        return f'{self.text[:start]}"{self.text[start:end]}"{self.text[end:]}'

    def read_text(self, fields: tuple[str, ...]) -> Text:
        """The text that begins here."""
        start = self.at
        if self.begins_exact(start):
            return self._exact(start, fields)
        if self.next() in tuple(QUOTES):
            content, begin = self._between_quotes()
            words, is_open, typed = self._phrase(content, begin)
            kind = Kind.PREFIX if is_open else Kind.WORD if len(words) == 1 else Kind.PHRASE
            return self._text(kind, (typed,), fields, forms(words, is_open=is_open), start)
        if self.text[start : start + 5].upper() == "NEAR(":
            return self._near(start, fields)
        found = _RAW.match(self.text, start)
        raw = found[0] if found else self.next()
        self._refuse_small_words(start)
        self._refuse_signs(raw, start)
        words, is_open, typed = self._phrase(raw, start)
        self.move(start + len(raw))
        # A word of an unspaced script is several here; so is "R&D", and that is told as a phrase.
        is_word = len(words) == 1 or not _PARTING.search(typed)
        kind = Kind.PREFIX if is_open else Kind.WORD if is_word else Kind.PHRASE
        return self._text(kind, (typed,), fields, forms(words, is_open=is_open), start)

    def _exact(self, start: int, fields: tuple[str, ...]) -> Text:
        self.at += 1
        content, begin = self._between_quotes()
        words, is_open, typed = self._phrase(content, begin)
        if is_open:
            raise Trouble(
                begin + content.rindex("*"),
                "* has no meaning in an exact phrase",
                "the whole word, or no = before the quotation marks",
                self.text[:start] + self.text[start + 1 :],
            )
        return self._text(Kind.EXACT, (typed,), fields, forms_as_written(words), start)

    def _near(self, start: int, fields: tuple[str, ...]) -> Text:
        example = "NEAR(reward hacking, 5)"
        self._nears += 1
        self._refuse_many(start, self._nears, MAX_NEARS, "NEAR( )")
        operands: list[tuple[list[Word], bool]] = []
        typed: list[str] = []
        within = DEFAULT_NEAR
        self.move(start + 5)
        while self.next() != ")":
            distance = _DISTANCE.match(self.text, self.at)
            if distance:
                within = int(distance[1]) if len(distance[1]) <= 4 else MAX_NEAR + 1
                if within > MAX_NEAR:
                    raise Trouble(
                        distance.start(1),
                        "The distance is too large",
                        f"a number up to {MAX_NEAR}; for words anywhere in the text no NEAR",
                        f"{self.text[: distance.start(1)]}{MAX_NEAR}{self.text[distance.end(1) :]}",
                    )
                self.at = distance.end() - 1
                break
            if self.is_done():
                raise Trouble(start + 4, "This NEAR( is never closed", 'a ")"', self.text + ")")
            if self.next() == ",":
                self.move(self.at + 1)
                continue
            begin = self.at
            if self.next() in tuple(QUOTES):
                content, content_at = self._between_quotes()
            else:
                found = _RAW_NEAR.match(self.text, begin)
                if not found or _UNUSED.search(found[0]):
                    raise Trouble(
                        begin, "This cannot stand in NEAR( )", "words and phrases", example
                    )
                content, content_at = found[0], begin
                self.move(found.end())
            words, is_open, shown = self._phrase(content, content_at)
            operands.append((words, is_open))
            typed.append(shown + "*" * is_open)
        found_forms = forms_near(operands, within) if operands else ()
        distinct = min((len({str(run) for run in form.runs}) for form in found_forms), default=0)
        if not 2 <= len(operands) <= _MOST_NEAR or distinct < len(operands):
            raise Trouble(
                start,
                "NEAR( ) measures how far words are apart",
                f"two to {_MOST_NEAR} different words or phrases, and a distance",
                example,
            )
        self.move(self.at + 1)
        return self._text(Kind.NEAR, tuple(typed), fields, found_forms, start, within)

    def _text(
        self,
        kind: Kind,
        typed: tuple[str, ...],
        fields: tuple[str, ...],
        found: tuple[Form, ...],
        at: int,
        within: int = 0,
    ) -> Text:
        return Text(kind=kind, typed=typed, fields=fields, forms=found, within=within, at=at)

    def _between_quotes(self) -> tuple[str, int]:
        start = self.at
        ends = (self.text.find(quote, start + 1) for quote in QUOTES)
        end = min((end for end in ends if end >= 0), default=-1)
        if end < 0:
            raise Trouble(
                start,
                "This quotation mark is never closed",
                'a closing quotation mark (")',
                self.text.rstrip() + '"',
                self.text[:start] + self.text[start + 1 :],
            )
        self.move(end + 1)
        return self.text[start + 1 : end], start + 1

    def _phrase(self, content: str, at: int) -> tuple[list[Word], bool, str]:
        """Its words, whether the last one may go on, and the text from first to last."""
        found = [one for one in located(content) if one[0].plain]
        if not found:
            raise Trouble(
                at,
                "There is no letter or digit in this",
                "a word; signs alone are not searched for",
                f"{self.text[:at]}{self.text[at + len(content) :]}".replace('""', " "),
            )
        words = [word for word, _, _ in found]
        end = found[-1][2]
        star = content.find("*")
        is_open = star >= 0 and star == end and not content[star + 1 :].strip()
        if star >= 0 and not is_open:
            begun = content[:star].rstrip("-–")
            raise Trouble(
                at + star,
                "* stands for the rest of a word and can only end it",
                "the beginning of a word, then *",
                *(
                    [f"{self.text[:at]}{begun}{self.text[at + star :]}"]
                    if star > len(begun)
                    else []
                ),
                f"{self.text[: at + star]}{self.text[at + star + 1 :]}",
                "transform*",
            )
        last = words[-1].plain[-1]
        if is_open and last.isascii() and len(last) < _SHORTEST_PREFIX:
            raise Trouble(
                at,
                "Nearly every paper has a word that begins so",
                f"at least {_SHORTEST_PREFIX} letters before *",
                "transform*",
            )
        self._prefixes += is_open
        self._refuse_many(at, self._prefixes, MAX_PREFIXES, "beginnings with *")
        return words, is_open, content[found[0][1] : end]

    def _refuse_many(self, at: int, count: int, most: int, what: str) -> None:
        if count > most:
            raise Trouble(
                at,
                f"The query has more than {most} {what}",
                f"at most {most} of them; several alerts can share the work",
                self.text[: self.joint[0]],
            )

    def _refuse_small_words(self, at: int) -> None:
        small = _SMALL.match(self.text, at)
        if not small:
            return
        word, capital = small[1], small[1].upper()
        whole = f'"{self.text.strip()}"'
        is_sentence = bool(_PLAIN_WORDS.fullmatch(self.text)) and len(self.text.split()) > 4
        operator = f"{self.text[:at]}{capital}{self.text[small.end() :]}"
        raise Trouble(
            at,
            f"“{word}” can be an operator or a word here",
            f'{capital} in capitals for the operator, or quotation marks ("{word}") for the word',
            *([whole, operator] if is_sentence else [operator, whole]),
            self.quoted(at, small.end()),
        )

    def _refuse_signs(self, raw: str, at: int) -> None:
        comma = _COMMA.search(raw)
        if comma:
            place = at + comma.start()
            rest = self.text[place + 1 :].strip()
            raise Trouble(
                place,
                "A comma could mean “and” as well as “or”",
                "OR between words of which one is enough, a space between words that must all "
                "occur, or quotation marks",
                re.sub(r"\s*,\s*", " OR ", self.text.strip(" ,")) if rest else self.text[:place],
                self.text.replace(",", " "),
            )
        if raw[0] in "'‘`":
            end = self.text.find("’" if raw[0] == "‘" else raw[0], at + 1)
            raise Trouble(
                at,
                "A phrase stands between double quotation marks",
                'a " here',
                f'{self.text[:at]}"{self.text[at + 1 : end]}"{self.text[end + 1 :]}'
                if end > 0
                else self.text[at + 1 :],
            )
        unused = _UNUSED.search(raw)
        if unused:
            compares = unused[0] in "<>="
            if raw[0] == "=" and _AS_WRITTEN.fullmatch(raw):
                raise Trouble(
                    at + 1,
                    "A word that is meant as it is written stands between quotation marks",
                    'a " after the =',
                    f'{self.text[:at]}="{raw[1:]}"{self.text[at + len(raw) :]}',
                )
            raise Trouble(
                at + unused.start(),
                f"{unused[0]} has no meaning here",
                "comments, authors or date before it, and a number or date after it"
                if compares
                else "a word, or quotation marks around text that holds this sign",
                *(["comments>10"] if compares else []),
                self.quoted(at, at + len(raw)),
            )
        if raw == "NEAR" or raw.startswith("NEAR/"):
            raise Trouble(
                at, "NEAR takes its words in parentheses", "NEAR(", "NEAR(reward hacking, 5)"
            )
