"""The few blocks that everything is built of.

A title or a sentence from outside stands in `plain_text` or as an element of `rich_text`. Slack
obeys no markup there: it can't mention anybody, link to a place it does not name, or format.
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

No block gets a `block_id`: Slack gives each its own, and a message that is updated needs new ones.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from bot.messages import Button, Style
from bot.platforms.slack import limits
from bot.platforms.slack.text import (
    escaped,
    has_code,
    is_tame,
    length,
    line,
    lines,
    runs,
    web_address,
)

Json: TypeAlias = dict[str, Any]

PRESS = "press"
"""How the `action_id` of every button begins; what it does is in its `value`."""

_COUNTED = frozenset("text url value alt_text accessibility_label".split())


def plain(text: str) -> Json:
    """Text that is shown as it is. It must not be empty."""
    return {"type": "plain_text", "text": text, "emoji": False}


def said(text: str) -> Json:
    """A text of ours with its `code`; as it was typed where markup could be mistaken."""
    marked = escaped(text)
    if has_code(text) and is_tame(text) and length(marked) <= limits.TEXT:
        return {"type": "mrkdwn", "text": marked, "verbatim": True}
    return plain(text)


def header(text: str) -> list[Json]:
    """The heading, if there is one."""
    shown = line(text, limits.HEADER)
    return [{"type": "header", "text": plain(shown)}] if shown else []


def paragraph(text: str, most: int = limits.TEXT) -> list[Json]:
    """A text of ours, if there is one."""
    shown = lines(text, most)
    return [rich(section(code_and_text(shown)))] if shown else []


def small(text: str, most: int = limits.TEXT) -> list[Json]:
    """A text of ours that is less prominent, if there is one."""
    shown = lines(text, most)
    return [{"type": "context", "elements": [said(shown)]}] if shown else []


# --- rich text -----------------------------------------------------------------------------


def rich(*parts: Json) -> Json:
    """A block of sections, lists and quotes."""
    return {"type": "rich_text", "elements": list(parts)}


def section(elements: Sequence[Json]) -> Json:
    """A stretch of text, or an item of a list."""
    return {"type": "rich_text_section", "elements": list(elements)}


def items(sections: Iterable[Json], *, is_ordered: bool) -> Json:
    """A list of sections."""
    style = "ordered" if is_ordered else "bullet"
    return {"type": "rich_text_list", "style": style, "elements": list(sections)}


def quote(text: str) -> Json:
    """Somebody else's words."""
    return {"type": "rich_text_quote", "elements": [words(text)]}


def words(text: str, *styles: str) -> Json:
    """Text in styles: bold, italic, code. It must not be empty."""
    element: Json = {"type": "text", "text": text}
    return element | {"style": dict.fromkeys(styles, True)} if styles else element


def code_and_text(text: str) -> list[Json]:
    """A text of ours, with its `code`."""
    return [words(run.text, "code") if run.is_code else words(run.text) for run in runs(text)]


def linked(text: str, url: str, most: int = limits.URL) -> Json:
    """Bold text that leads to the address; bold text alone where the address won't do."""
    address = web_address(url, most)
    if address is None:
        return words(text, "bold")
    return {"type": "link", "url": address, "text": text, "style": {"bold": True}}


# --- buttons -------------------------------------------------------------------------------


def actions(buttons: Sequence[Button], about: str = "") -> list[Json]:
    """A line of buttons, if there are any; `about` says what they act on to who can't see it."""
    shown = [button(one, about) for one in buttons[: limits.ACTIONS]]
    return [{"type": "actions", "elements": shown}] if shown else []


def button(one: Button, about: str = "") -> Json:
    """A button; its `action_id` comes when its message is whole (`numbered`)."""
    label = line(one.label, limits.BUTTON_LABEL) or "…"
    made: Json = {"type": "button", "text": plain(label)}
    if about:
        made["accessibility_label"] = line(f"{label}: {about}", limits.BUTTON_SPOKEN)
    if one.action:
        made["value"] = one.action[: limits.BUTTON_VALUE]
    if one.style is not Style.PLAIN:
        made["style"] = one.style.value
    if asked := lines(one.confirm, limits.CONFIRM_TEXT):
        made["confirm"] = _confirmation(asked, label, one.style)
    return made


def _confirmation(asked: str, label: str, style: Style) -> Json:
    made: Json = {
        "title": plain("Are you sure?"),
        "text": plain(asked),
        "confirm": plain(line(label, limits.CONFIRM_LABEL)),
        "deny": plain("Cancel"),
    }
    return made | {"style": "danger"} if style is Style.DANGER else made


def numbered(blocks: list[Json]) -> list[Json]:
    """The blocks with an `action_id` on every button, `press/BLOCK/BUTTON`; changes them."""
    for row, block in enumerate(blocks):
        accessory = [block["accessory"]] if "accessory" in block else []
        elements = block["elements"] if block["type"] == "actions" else accessory
        for place, one in enumerate(elements):
            one["action_id"] = f"{PRESS}/{row}/{place}"
    return blocks


def content(part: Any) -> int:
    """How much of a message's room a block takes: its texts, addresses and values."""
    if isinstance(part, list):
        return sum(content(one) for one in part)
    if not isinstance(part, dict):
        return 0
    return sum(
        len(value) if key in _COUNTED and isinstance(value, str) else content(value)
        for key, value in part.items()
    )
