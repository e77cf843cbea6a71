"""Drawing messages as SVG: runs of text that wrap, boxes, and a pen that goes down the page.

No font is embedded. Widths are those of Helvetica, and each run is fitted to the width that was
reckoned for it, so that a picture breaks its lines at the same places wherever it is shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

FACE = (
    "Lato, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans Condensed', "
    "sans-serif"
)
"""About as wide as Helvetica, each of them: not all that shows SVG fits a run to its width."""

MONO = "'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace"
MONO_WIDTH = 0.6

SPACING = 1.46
"""From one line of text to the next, in sizes."""

_PLAIN = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft·‘’", 333: "()-`r“”", 334: "{}", 355: '"',
    389: "*", 469: "^", 500: "Jcksvxyz", 556: "#$0123456789?L_abdeghnopqu", 584: "+<=>~",
    611: "FTZ", 667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W",
    1000: "…—", 1015: "@",
}  # fmt: skip
_BOLD = {
    238: "'", 278: " ,./I\\ijl·", 280: "|", 333: "!()-:;[]`ft‘’", 389: "*r{}", 474: '"', 500: "z“”",
    556: "#$0123456789J_aceksvxy", 584: "+<=>^~", 611: "?FLTZbdghnopqu", 667: "EPSVXY",
    722: "&ABCDHKNRU", 778: "GOQw", 833: "M", 889: "%m", 944: "W", 975: "@", 1000: "…—",
}  # fmt: skip
_WIDTHS = {
    is_bold: {sign: width for width, signs in table.items() for sign in signs}
    for is_bold, table in ((False, _PLAIN), (True, _BOLD))
}
_OTHER = 600


@dataclass(frozen=True, kw_only=True)
class Run:
    """A stretch of text in one style."""

    text: str
    colour: str
    size: float = 15
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False

    @property
    def width(self) -> float:
        """How wide it is drawn."""
        if self.is_code:
            return len(self.text) * MONO_WIDTH * self.size * 0.88
        widths = _WIDTHS[self.is_bold]
        return sum(widths.get(sign, _OTHER) for sign in self.text) * self.size / 1000


def wrapped(runs: Iterable[Run], width: float) -> list[list[Run]]:
    """The runs as lines of at most `width`; a line break in a text breaks the line."""
    lines: list[list[Run]] = [[]]
    left = width
    for run in runs:
        for number, paragraph in enumerate(run.text.split("\n")):
            if number:
                lines.append([])
                left = width
            for word in _words(paragraph):
                piece = replace(run, text=word)
                if piece.width > left + 0.01 and lines[-1] and word.strip():
                    lines.append([])
                    left = width
                lines[-1].append(piece)
                left -= piece.width
    return [_joined(line) for line in lines]


def _words(text: str) -> list[str]:
    """The text at its spaces, each of which stays with the word before it."""
    parts = text.split(" ")
    return [f"{part} " for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _joined(line: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for run in line:
        if joined and replace(joined[-1], text="") == replace(run, text=""):
            joined[-1] = replace(run, text=joined[-1].text + run.text)
        else:
            joined.append(run)
    return joined


class Sheet:
    """A picture that grows downwards; `y` is where the next thing goes."""

    def __init__(self, y: float = 0) -> None:
        """y: where it begins."""
        self.y = y
        self._drawn: list[str] = []

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        edge: str | None = None,
        radius: float = 0,
    ) -> None:
        """A rectangle, its corners round."""
        stroke = f' stroke="{edge}"' if edge else ""
        self._drawn.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{radius}" fill="{fill}"{stroke}/>'
        )

    def shape(self, path: str, *, fill: str) -> None:
        """A path, filled."""
        self._drawn.append(f'<path d="{path}" fill="{fill}"/>')

    def line(self, runs: Sequence[Run], x: float, baseline: float, code_fill: str = "") -> float:
        """Runs side by side on one line; where they end."""
        for run in runs:
            if run.is_code and code_fill:
                top = baseline - run.size * 0.95
                self.box(x - 3, top, run.width + 6, run.size * 1.3, fill=code_fill, radius=3)
            self._text(run, x, baseline)
            x += run.width
        return x

    def flow(self, runs: Iterable[Run], x: float, width: float, code_fill: str = "") -> None:
        """Runs that wrap, downwards from `y`."""
        for line in wrapped(runs, width):
            size = max((run.size for run in line), default=15)
            self.line(line, x, self.y + size * 1.08, code_fill)
            self.y += size * SPACING

    def centred(self, run: Run, x: float, y: float, width: float, height: float) -> None:
        """A run in the middle of a box."""
        self.line([run], x + (width - run.width) / 2, y + height / 2 + run.size * 0.36)

    def _text(self, run: Run, x: float, baseline: float) -> None:
        text = run.text.rstrip(" ")
        if not text:
            return
        width = replace(run, text=text).width
        size = run.size * (0.88 if run.is_code else 1)
        style = ' font-weight="700"' if run.is_bold else ""
        style += ' font-style="italic"' if run.is_italic else ""
        style += f' font-family="{MONO}"' if run.is_code else ""
        self._drawn.append(
            f'<text x="{x:.1f}" y="{baseline:.1f}" font-size="{size:.1f}" fill="{run.colour}"'
            f'{style} textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs" '
            f'xml:space="preserve">{escape(text, quote=False)}</text>'
        )

    def add(self, other: "Sheet", x: float = 0) -> None:
        """Everything that is drawn on another sheet, moved to the right by `x`."""
        self._drawn += [f'<g transform="translate({x:.0f})">', *other._drawn, "</g>"]

    def save(self, file: Path, width: float, height: float, title: str) -> None:
        """Write the picture; `title` is read to those who can't see it."""
        file.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="{FACE}" role="img">\n'
            f"<title>{escape(title, quote=False)}</title>\n"
            + "\n".join(self._drawn)
            + "\n</svg>\n",
            encoding="utf-8",
        )
