"""Reading and completing Block Kit: texts, interactive elements, and the ids that Slack adds."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

INPUTS = frozenset(
    "plain_text_input static_select multi_static_select external_select multi_external_select "
    "users_select multi_users_select conversations_select multi_conversations_select "
    "channels_select multi_channels_select checkboxes radio_buttons datepicker timepicker "
    "datetimepicker number_input email_text_input url_text_input rich_text_input file_input".split()
)
INTERACTIVE = INPUTS | {
    "button", "overflow", "feedback_buttons", "icon_button", "workflow_button",
}  # fmt: skip


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """(block, element) of everything that can be pressed, chosen or filled in, reading order."""
    for block in blocks:
        yield from _elements(block, block)


def _elements(block: Json, part: Any) -> Iterator[tuple[Json, Json]]:
    if isinstance(part, list):
        for one in part:
            yield from _elements(block, one)
    elif isinstance(part, dict):
        if part.get("type") in INTERACTIVE:
            yield block, part
            return
        nearest = part if "block_id" in part else block
        for value in part.values():
            yield from _elements(nearest, value)


def label(element: Json) -> str:
    """The text on a button; empty where the element shows none."""
    text = element.get("text")
    return text.get("text", "") if isinstance(text, dict) else ""


def texts(blocks: Any) -> list[str]:
    """Every text of the blocks in reading order; rich text is joined by block."""
    found: list[str] = []
    _texts(blocks, found)
    return found


def _texts(part: Any, found: list[str]) -> None:
    if isinstance(part, list):
        for one in part:
            _texts(one, found)
    elif isinstance(part, dict):
        if part.get("type") == "rich_text":
            found.append("".join(_rich(part)))
            return
        for key, value in part.items():
            if isinstance(value, str) and key in ("text", "alt_text", "initial_value", "title"):
                found.append(value)
            elif key not in ("metadata", "confirm"):
                _texts(value, found)


def _rich(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _rich(one)
    elif isinstance(part, dict):
        if part.get("type") == "link":
            yield part.get("text") or part.get("url", "")
        elif isinstance(part.get("text"), str):
            yield part["text"]
        yield from _rich(part.get("elements"))


def options(element: Json) -> list[Json]:
    """The choices of a select, overflow, radio or checkbox element, groups flattened."""
    grouped = [o for group in element.get("option_groups", []) for o in group["options"]]
    return [*element.get("options", []), *grouped]


def completed(blocks: list[Json], make_id: Callable[[], str]) -> list[Json]:
    """A copy in which every block has a `block_id` and every element an `action_id`."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        block.setdefault("block_id", make_id())
    for _, element in elements(filled):
        element.setdefault("action_id", make_id())
    return filled


def empty_state(element: Json) -> Json:
    """The state of an element that nobody has touched: its initial value, or nothing."""
    kind = element["type"]
    key = state_key(kind)
    initial = {
        "value": "initial_value",
        "selected_option": "initial_option",
        "selected_options": "initial_options",
        "rich_text_value": "initial_value",
    }.get(key, key.replace("selected", "initial", 1))
    many = [] if key.endswith("s") and key != "files" else None
    return {"type": kind, key: copy.deepcopy(element.get(initial, many))}


def state_key(kind: str) -> str:
    """Under which key a payload's `state` tells what was entered."""
    if kind in ("plain_text_input", "number_input", "email_text_input", "url_text_input"):
        return "value"
    if kind == "rich_text_input":
        return "rich_text_value"
    if kind == "file_input":
        return "files"
    if kind in ("datepicker", "timepicker", "datetimepicker"):
        return {
            "datepicker": "selected_date",
            "timepicker": "selected_time",
            "datetimepicker": "selected_date_time",
        }[kind]
    if kind in ("static_select", "external_select", "radio_buttons"):
        return "selected_option"
    if kind in ("multi_static_select", "multi_external_select", "checkboxes"):
        return "selected_options"
    one = {"users": "selected_user", "conversations": "selected_conversation"}
    who = kind.removeprefix("multi_").removesuffix("_select")
    key = one.get(who, "selected_channel")
    return key + "s" if kind.startswith("multi_") else key
