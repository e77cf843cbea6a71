"""Discord's components drawn about as Discord draws them: a channel, and the thread beside it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drawing import Run, Sheet

from bot.messages import counted

Json = dict[str, Any]

INK, GREY, LINK, WHITE = "#dbdee1", "#949ba4", "#00a8fc", "#f2f3f5"
PAPER, PANE, CARD, EDGE = "#313338", "#2b2d31", "#2b2d31", "#1e1f22"
QUOTE, CODE, BADGE = "#4e5058", "#1e1f22", "#5865f2"
AMBER, CREAM = "#c8702a", "#fff6ea"
BUTTONS = {1: "#5865f2", 2: "#4e5058", 3: "#248046", 4: "#da373c"}

SIZE, SMALL = 15.0, 12.5
AVATAR, GAP = 38, 14
SEGMENTS = {"▰": AMBER, "▱": "#4e5058"}

_PIECES = re.compile(
    r"\\(?P<sign>[^0-9A-Za-z\s])"
    r"|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)]*)\)"
    r"|`(?P<code>[^`\n]+)`"
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message as it is posted, and when."""

    components: Sequence[Json]
    at: str
    thread: str = ""
    """The name of the thread that was started from it, and how many messages it has."""
    replies: int = 0


def conversation(name: str, messages: Sequence[Shown], width: float) -> Sheet:
    """A pane: its name, and the messages in it."""
    sheet = Sheet(y=16)
    sheet.flow([Run(text=name, colour=WHITE, size=16, is_bold=True)], 20, width)
    sheet.y += 10
    sheet.box(0, sheet.y, width, 1, fill=EDGE)
    sheet.y += 16
    for message in messages:
        _message(sheet, message, 18, width - 36)
        sheet.y += 16
    return sheet


def composer(sheet: Sheet, placeholder: str, width: float, bottom: float) -> None:
    """The field at the foot of a pane in which people write."""
    sheet.box(18, bottom - 58, width - 36, 42, fill="#383a40", radius=8)
    sheet.line([Run(text=placeholder, colour="#6d6f78", size=SIZE)], 36, bottom - 32)


def _message(sheet: Sheet, message: Shown, x: float, width: float) -> None:
    _avatar(sheet, x, sheet.y)
    inner, room = x + AVATAR + GAP, width - AVATAR - GAP
    name = Run(text="Paperround", colour=WHITE, size=SIZE, is_bold=True)
    after = sheet.line([name], inner, sheet.y + 14) + 6
    sheet.box(after, sheet.y + 2, 31, 15, fill=BADGE, radius=4)
    app = Run(text="APP", colour="#ffffff", size=10, is_bold=True)
    sheet.centred(app, after, sheet.y + 2, 31, 15)
    sheet.line([Run(text=message.at, colour=GREY, size=12)], after + 39, sheet.y + 14)
    sheet.y += 24
    for component in message.components:
        _DRAWN[component["type"]](sheet, component, inner, room)
        sheet.y += 6
    if message.thread:
        _thread(sheet, message, inner, room)


def _thread(sheet: Sheet, message: Shown, x: float, width: float) -> None:
    sheet.box(x, sheet.y, width, 46, fill=PANE, radius=8)
    name = Run(text=message.thread, colour=WHITE, size=14, is_bold=True)
    said = counted(message.replies, "message")
    count = Run(text=f"{said} ›", colour=LINK, size=13, is_bold=True)
    sheet.line([name], x + 14, sheet.y + 20)
    sheet.line([count], x + 14, sheet.y + 38)
    sheet.y += 50


def _avatar(sheet: Sheet, x: float, y: float) -> None:
    """A folded newspaper in a circle."""
    sheet.box(x, y, AVATAR, AVATAR, fill=AMBER, radius=AVATAR / 2)
    sheet.box(x + 10, y + 11, 18, 17, fill=CREAM, radius=1.5)
    sheet.box(x + 12.5, y + 13.5, 13, 3, fill=AMBER)
    sheet.box(x + 12.5, y + 19, 5.5, 6.5, fill=AMBER)
    for line in (19, 22, 25):
        sheet.box(x + 20, y + line, 5.5, 1.3, fill=AMBER)


# --- components ----------------------------------------------------------------------------


def _container(sheet: Sheet, part: Json, x: float, width: float) -> None:
    inside = Sheet(y=sheet.y + 12)
    for one in part["components"]:
        _DRAWN[one["type"]](inside, one, x + 18, width - 34)
        inside.y += 4
    height = inside.y + 8 - sheet.y
    sheet.box(x, sheet.y, width, height, fill=f"#{part['accent_color'] or 0:06x}", radius=6)
    sheet.box(x + 4, sheet.y, width - 4, height, fill=CARD, radius=4)
    sheet.add(inside)
    sheet.y += height


def _text(sheet: Sheet, part: Json, x: float, width: float) -> None:
    for line in part["content"].split("\n"):
        _line(sheet, line, x, width)


def _line(sheet: Sheet, line: str, x: float, width: float) -> None:
    if line.startswith("## "):
        sheet.flow(_runs(line[3:], size=20, is_bold=True, colour=WHITE), x, width)
        sheet.y += 4
    elif line.startswith("### "):
        sheet.flow(_runs(line[4:], size=16.5, is_bold=True, colour=WHITE), x, width)
        sheet.y += 2
    elif line.startswith("-# "):
        _small(sheet, line[3:], x, width)
    elif line.startswith("> "):
        top = sheet.y + 2
        sheet.flow(_runs(line[2:]), x + 14, width - 14, CODE)
        sheet.box(x, top, 4, sheet.y - top, fill=QUOTE, radius=2)
        sheet.y += 2
    elif entry := re.match(r"(\d+\.) ", line):
        sheet.line([Run(text=entry.group(1), colour=INK, size=SIZE)], x, sheet.y + SIZE * 1.08)
        sheet.flow(_runs(line[entry.end() :]), x + 24, width - 24, CODE)
    else:
        sheet.flow(_runs(line), x, width, CODE)


def _small(sheet: Sheet, text: str, x: float, width: float) -> None:
    while text[:1] in SEGMENTS and text:
        colour = SEGMENTS[text[0]]
        sheet.shape(f"M{x + 3:.1f} {sheet.y + 4:.1f}h6l-3 10h-6z", fill=colour)
        x, width, text = x + 9, width - 9, text[1:]
    sheet.flow(_runs(text, size=SMALL, colour=GREY), x, width)


def _runs(
    markdown: str, *, size: float = SIZE, is_bold: bool = False, colour: str = INK
) -> list[Run]:
    runs: list[Run] = []

    def add(text: str, colour: str = colour, *, is_code: bool = False) -> None:
        if text:
            run = Run(text=text, colour=colour, size=size, is_bold=is_bold, is_code=is_code)
            runs.append(run)

    end = 0
    for piece in _PIECES.finditer(markdown):
        add(markdown[end : piece.start()])
        if piece["label"]:
            add(re.sub(r"\\([^0-9A-Za-z\s])", r"\1", piece["label"]), LINK)
        add(piece["sign"] or "")
        add(piece["code"] or "", is_code=True)
        end = piece.end()
    add(markdown[end:])
    return runs


def _actions(sheet: Sheet, part: Json, x: float, width: float) -> None:
    sheet.y += 4
    at = x
    for button in part["components"]:
        if at > x and at + _button_width(button) > x + width:
            at = x
            sheet.y += 38
        _button(sheet, button, at, sheet.y)
        at += _button_width(button) + 8
    sheet.y += 36


def _section(sheet: Sheet, part: Json, x: float, width: float) -> None:
    top, button = sheet.y, part["accessory"]
    for one in part["components"]:
        _text(sheet, one, x, width - _button_width(button) - 16)
    _button(sheet, button, x + width - _button_width(button), top)
    sheet.y = max(sheet.y, top + 34)


def _button_width(button: Json) -> float:
    return _label(button).width + 30


def _label(button: Json) -> Run:
    return Run(text=button["label"], colour="#ffffff", size=13.5)


def _button(sheet: Sheet, button: Json, x: float, y: float) -> None:
    width = _button_width(button)
    sheet.box(x, y, width, 31, fill=BUTTONS[button["style"]], radius=6)
    sheet.centred(_label(button), x, y, width, 31)


_DRAWN: dict[int, Callable[[Sheet, Json, float, float], None]] = {
    1: _actions,
    9: _section,
    10: _text,
    17: _container,
}
