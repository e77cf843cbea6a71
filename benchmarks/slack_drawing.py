"""Slack's blocks drawn about as Slack draws them: a channel, and the thread beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from drawing import Run, Sheet

Json = dict[str, Any]

INK, GREY, FAINT, LINK = "#1d1c1d", "#616061", "#dddddd", "#1264a3"
PAPER, CHIP, BADGE = "#ffffff", "#f6f6f6", "#ececec"
GREEN, RED, CODE = "#007a5a", "#e01e5a", "#c01343"
AMBER, CREAM = "#c8702a", "#fff6ea"

SIZE, SMALL = 15, 13
AVATAR, GAP = 36, 10
SEGMENTS = {"▰": AMBER, "▱": FAINT}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message as it is posted, and when."""

    blocks: Sequence[Json]
    at: str
    replies: int = 0
    """Below it in a thread that is not open here."""


def conversation(name: str, messages: Sequence[Shown], width: float) -> Sheet:
    """A pane: its name, and the messages in it."""
    sheet = Sheet(y=18)
    sheet.flow([Run(text=name, colour=INK, size=17, is_bold=True)], 20, width)
    sheet.y += 10
    sheet.box(0, sheet.y, width, 1, fill=FAINT)
    sheet.y += 16
    for message in messages:
        _message(sheet, message, 20, width - 40)
        sheet.y += 18
    return sheet


def composer(sheet: Sheet, placeholder: str, width: float, bottom: float) -> None:
    """The field at the foot of a pane in which people write."""
    sheet.box(20, bottom - 60, width - 40, 44, fill=PAPER, edge="#bbbbbb", radius=8)
    sheet.line([Run(text=placeholder, colour="#868686", size=SIZE)], 36, bottom - 33)


def _message(sheet: Sheet, message: Shown, x: float, width: float) -> None:
    _avatar(sheet, x, sheet.y)
    inner, room = x + AVATAR + GAP, width - AVATAR - GAP
    name = Run(text="Paperround", colour=INK, size=SIZE, is_bold=True)
    after = sheet.line([name], inner, sheet.y + 14) + 6
    sheet.box(after, sheet.y + 2.5, 27, 14, fill=BADGE, radius=2)
    sheet.centred(Run(text="APP", colour=GREY, size=10, is_bold=True), after, sheet.y + 2.5, 27, 14)
    sheet.line([Run(text=message.at, colour=GREY, size=12)], after + 34, sheet.y + 14)
    sheet.y += 24
    for block in message.blocks:
        _BLOCKS[block["type"]](sheet, block, inner, room)
    if message.replies:
        _avatar(sheet, inner, sheet.y, 20)
        replies = f"{message.replies} replies"
        run = Run(text=replies, colour=LINK, size=SMALL, is_bold=True)
        sheet.line([run], inner + 28, sheet.y + 15)
        sheet.y += 22


def _avatar(sheet: Sheet, x: float, y: float, size: float = AVATAR) -> None:
    """A folded newspaper."""
    one = size / 36
    sheet.box(x, y, size, size, fill=AMBER, radius=size / 6)
    sheet.box(x + 8 * one, y + 9 * one, 20 * one, 19 * one, fill=CREAM, radius=1.5 * one)
    sheet.box(x + 11 * one, y + 12 * one, 14 * one, 3 * one, fill=AMBER)
    sheet.box(x + 11 * one, y + 18 * one, 6 * one, 7 * one, fill=AMBER)
    for line in (18, 21, 24):
        sheet.box(x + 19 * one, y + line * one, 6 * one, 1.4 * one, fill=AMBER)


# --- blocks --------------------------------------------------------------------------------


def _header(sheet: Sheet, block: Json, x: float, width: float) -> None:
    run = Run(text=block["text"]["text"], colour=INK, size=18, is_bold=True)
    sheet.flow([run], x, width)
    sheet.y += 6


def _rich_text(sheet: Sheet, block: Json, x: float, width: float) -> None:
    for part in block["elements"]:
        if part["type"] == "rich_text_list":
            _list(sheet, part, x, width)
        elif part["type"] == "rich_text_quote":
            top = sheet.y + 2
            sheet.flow(_runs(part["elements"]), x + 16, width - 16, CHIP)
            sheet.box(x, top, 4, sheet.y - top, fill=FAINT, radius=4)
        else:
            sheet.flow(_runs(part["elements"]), x, width, CHIP)
    sheet.y += 4


def _list(sheet: Sheet, part: Json, x: float, width: float) -> None:
    for place, item in enumerate(part["elements"], 1):
        mark = f"{place}." if part["style"] == "ordered" else "•"
        sheet.line([Run(text=mark, colour=INK, size=SIZE)], x + 6, sheet.y + SIZE * 1.08)
        sheet.flow(_runs(item["elements"]), x + 28, width - 28, CHIP)
        sheet.y += 3


def _runs(elements: Sequence[Json]) -> list[Run]:
    runs = []
    for element in elements:
        style = element.get("style", {})
        is_link, is_code = element["type"] == "link", style.get("code", False)
        runs.append(
            Run(
                text=element["text"],
                colour=LINK if is_link else CODE if is_code else INK,
                size=SIZE,
                is_bold=style.get("bold", False),
                is_italic=style.get("italic", False),
                is_code=is_code,
            )
        )
    return runs


def _context(sheet: Sheet, block: Json, x: float, width: float) -> None:
    sheet.y += 2
    for element in block["elements"]:
        text = element["text"].replace("`", "")
        while text[:1] in SEGMENTS and text:
            _segment(sheet, x, sheet.y + 3, SEGMENTS[text[0]])
            x, width, text = x + 10, width - 10, text[1:]
        sheet.flow([Run(text=text, colour=GREY, size=SMALL)], x, width)
    sheet.y += 5


def _segment(sheet: Sheet, x: float, y: float, fill: str) -> None:
    sheet.shape(f"M{x + 3:.1f} {y:.1f}h7l-3 11h-7z", fill=fill)


def _section(sheet: Sheet, block: Json, x: float, width: float) -> None:
    top = sheet.y
    button = block.get("accessory")
    room = width - (_button_width(button) + 16 if button else 0)
    sheet.y += 6 if button else 0
    sheet.flow([Run(text=block["text"]["text"].replace("`", ""), colour=INK)], x, room)
    if button:
        _button(sheet, button, x + width - _button_width(button), top)
        sheet.y = max(sheet.y, top + 34)
    sheet.y += 4


def _actions(sheet: Sheet, block: Json, x: float, width: float) -> None:
    sheet.y += 3
    at = x
    for button in block["elements"]:
        if at > x and at + _button_width(button) > x + width:
            at = x
            sheet.y += 40
        _button(sheet, button, at, sheet.y)
        at += _button_width(button) + 8
    sheet.y += 42


def _button_width(button: Json) -> float:
    return _label(button).width + 24


def _label(button: Json) -> Run:
    colour = {"primary": PAPER, "danger": RED}.get(button.get("style", ""), INK)
    return Run(text=button["text"]["text"], colour=colour, size=SMALL, is_bold=True)


def _button(sheet: Sheet, button: Json, x: float, y: float) -> None:
    is_primary = button.get("style") == "primary"
    edge = GREEN if is_primary else RED if button.get("style") == "danger" else "#bbbbbb"
    width = _button_width(button)
    sheet.box(x, y, width, 30, fill=GREEN if is_primary else PAPER, edge=edge, radius=4)
    sheet.centred(_label(button), x, y, width, 30)


_BLOCKS: dict[str, Callable[[Sheet, Json, float, float], None]] = {
    "header": _header,
    "rich_text": _rich_text,
    "context": _context,
    "section": _section,
    "actions": _actions,
}
