"""The rules for messages and views that neither Slack's types nor slack_sdk's models know.

Limits: https://docs.slack.dev/reference/block-kit and the pages of its blocks and elements.
"""

import json
from collections.abc import Iterator
from typing import Any

from fakes.slack import blocks as kit

Json = dict[str, Any]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_TEXT = 40_000  # https://docs.slack.dev/reference/methods/chat.postMessage
MOST_BLOCK_TEXT = 12_000  # Slack refuses at about 13,200, github.com/slackapi/bolt-js/issues/2509
MOST_MARKDOWN = 12_000
SECTION_TEXT, FIELDS, FIELD_TEXT, HEADER = 3_000, 10, 2_000, 150
CONTEXT_ELEMENTS, ACTION_ELEMENTS, CONTEXT_ACTION_ELEMENTS = 10, 25, 5
BUTTON_TEXT, BUTTON_VALUE, URL, ID = 75, 2_000, 3_000, 255
OPTIONS, OPTION_TEXT, OPTION_VALUE, PLACEHOLDER = 100, 75, 150, 150
CHECKBOXES, OVERFLOW = 10, 5
LABEL, HINT = 2_000, 2_000
TABLE_ROWS, TABLE_CELLS = 100, 20
CAROUSEL_CARDS, CARD_NEEDS = 10, ("hero_image", "title", "actions", "body")
VIEW_TITLE, PRIVATE_METADATA = 24, 3_000
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
ATTACHMENTS = 100
METADATA_BYTES = 16_000
MESSAGE_KEYS = {"text", "blocks", "attachments", "metadata"}
VIEW_KEYS = set(
    "type title submit close blocks private_metadata callback_id clear_on_close notify_on_close "
    "external_id submit_disabled".split()
)
MESSAGES_ONLY = {"markdown", "table", "data_table", "card", "carousel", "context_actions"} | {
    "plan", "task_card",
}  # fmt: skip
NOT_IN = {
    "message": {"alert", "file"},
    "modal": MESSAGES_ONLY | {"file"},
    "home": MESSAGES_ONLY | {"alert", "file"},
}
"""Blocks that a surface does not show, or of which nobody says that it does. Slack alone makes
`file` blocks: https://docs.slack.dev/reference/block-kit/blocks/file-block"""


class Problem(str):
    """A sentence for the developer, with the error that Slack would answer."""

    error: str

    def __new__(cls, sentence: str, error: str = "invalid_blocks") -> "Problem":
        made = super().__new__(cls, sentence)
        made.error = error
        return made


def message_problems(payload: Json) -> list[Problem]:
    """Text, attachments, metadata and keys of a message; its blocks are looked at elsewhere."""
    found = [
        Problem(f"a message has no {key!r}", "invalid_arguments")
        for key in sorted(set(payload) - MESSAGE_KEYS)
    ]
    text = payload.get("text")
    if text is not None and not isinstance(text, str):
        found.append(Problem("text must be a string", "invalid_arguments"))
    elif text and len(text) > MOST_TEXT:
        found.append(Problem(f"text has {len(text)} of {MOST_TEXT} characters", "msg_too_long"))
    if len(payload.get("attachments") or []) > ATTACHMENTS:
        found.append(Problem(f"more than {ATTACHMENTS} attachments", "too_many_attachments"))
    return found + _metadata(payload.get("metadata"))


def _metadata(metadata: Any) -> list[Problem]:
    if not metadata:
        return []
    if not isinstance(metadata, dict):
        return [Problem("metadata must be an object", "invalid_metadata_format")]
    found = []
    event_type = metadata.get("event_type")
    if not isinstance(event_type, str) or not event_type.strip():
        found.append(Problem("metadata needs an event_type", "invalid_metadata_format"))
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict):
        found.append(Problem("metadata needs an event_payload object", "invalid_metadata_format"))
    elif not all(_flat(value) for value in payload.values()):
        said = "event_payload takes strings, numbers, booleans, and flat objects or lists of them"
        found.append(Problem(said, "invalid_metadata_format"))
    if extra := set(metadata) - {"event_type", "event_payload", "entities"}:
        found.append(Problem(f"metadata has no {sorted(extra)}", "invalid_metadata_format"))
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        found.append(Problem("metadata is too large", "metadata_too_large"))
    return found


def _flat(value: Any, *, within: bool = False) -> bool:
    if isinstance(value, dict) and not within:
        return all(_flat(one, within=True) for one in value.values())
    if isinstance(value, list) and not within:
        return all(_flat(one) for one in value)
    return isinstance(value, str | int | float | bool)


def view_problems(view: Json, kind: str) -> list[Problem]:
    """Everything about a view but its blocks."""
    found = []
    if view.get("type") != kind:
        found.append(Problem(f"type must be {kind!r}, not {view.get('type')!r}"))
    found += [Problem(f"a view has no {key!r}") for key in sorted(set(view) - VIEW_KEYS)]
    for name in ("title", "submit", "close"):
        part = view.get(name)
        if kind == "home" and part is not None:
            found.append(Problem(f"a home has no {name}"))
        elif part is not None:
            found += _plain(part, name, VIEW_TITLE)
    if kind == "modal" and "title" not in view:
        found.append(Problem("a modal needs a title"))
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        found.append(Problem("a view needs blocks"))
    elif kind == "modal" and "submit" not in view and "input" in _kinds(blocks):
        found.append(Problem("a modal with inputs needs a submit"))
    found += _length(view.get("private_metadata"), "private_metadata", PRIVATE_METADATA)
    found += _length(view.get("callback_id"), "callback_id", ID)
    return found + _length(view.get("external_id"), "external_id", ID)


def _kinds(blocks: list[Any]) -> list[Any]:
    return [block.get("type") for block in blocks if isinstance(block, dict)]


def block_problems(blocks: list[Json], where: str) -> list[Problem]:
    """Counts, lengths, ids and sums of blocks that are to stand in `where`."""
    found = []
    most = MOST_BLOCKS[where]
    if len(blocks) > most:
        found.append(Problem(f"{len(blocks)} of {most} blocks"))
    kinds = _kinds(blocks)
    found += [Problem(f"a {where} shows no {kind}") for kind in kinds if kind in NOT_IN[where]]
    if kinds.count("table") > 1:
        found.append(Problem("only one table per message", "invalid_attachments"))
    markdown = sum(len(b.get("text") or "") for b in blocks if b.get("type") == "markdown")
    if markdown > MOST_MARKDOWN:
        found.append(Problem(f"markdown has {markdown} of {MOST_MARKDOWN} characters"))
    total = sum(map(len, kit.texts(blocks)))
    if where == "message" and total > MOST_BLOCK_TEXT:
        said = f"all blocks have {total} of {MOST_BLOCK_TEXT} characters"
        found.append(Problem(said, "msg_blocks_too_long"))
    found += _ids(blocks)
    for place, block in enumerate(blocks):
        found += [
            Problem(f"blocks[{place}].{problem}", problem.error)
            for problem in (*_texts(block), *_block(block), *_elements(block))
        ]
    return found


def _ids(blocks: list[Json]) -> list[Problem]:
    found, seen = [], set()
    for block in blocks:
        block_id = block.get("block_id")
        found += _length(block_id, "block_id", ID)
        if block_id in seen:
            found.append(Problem(f"block_id {block_id!r} stands twice"))
        if block_id is not None:
            seen.add(block_id)
        actions: set[str] = set()
        for _, element in kit.elements([block]):
            action_id = element.get("action_id")
            found += _length(action_id, "action_id", ID)
            if action_id in actions:
                found.append(Problem(f"action_id {action_id!r} stands twice in one block"))
            if action_id is not None:
                actions.add(action_id)
    return found


def _texts(part: Any, name: str = "") -> Iterator[Problem]:
    """Empty texts, over-long URLs and confirmations, wherever they stand."""
    if isinstance(part, list):
        for place, one in enumerate(part):
            yield from _texts(one, f"{name}[{place}]")
    elif isinstance(part, dict):
        if part.get("type") in ("plain_text", "mrkdwn", "raw_text") and not part.get("text"):
            yield Problem(f"{name}: text must not be empty")
        for key, value in part.items():
            if key in ("url", "image_url") and isinstance(value, str):
                yield from _length(value, f"{name}.{key}", URL)
                if not value:
                    yield Problem(f"{name}.{key} must not be empty")
            elif key == "confirm" and isinstance(value, dict) and "type" not in value:
                for field, most in CONFIRM.items():
                    if field in value:
                        yield from _plain(value[field], f"{name}.confirm.{field}", most)
            yield from _texts(value, f"{name}.{key}" if name else key)


def _block(block: Json) -> Iterator[Problem]:
    kind = block.get("type")
    if kind == "section":
        yield from _plain(block.get("text"), "text", SECTION_TEXT)
        fields = block.get("fields") or []
        yield from _count(fields, "fields", FIELDS)
        for field in fields:
            yield from _plain(field, "field", FIELD_TEXT)
        if "text" not in block and not fields:
            yield Problem("a section needs text or fields")
    elif kind == "header":
        yield from _plain(block.get("text"), "text", HEADER)
    elif kind == "markdown" and not block.get("text"):
        yield Problem("text must not be empty")
    elif kind in ("context", "actions", "context_actions"):
        most = {"context": CONTEXT_ELEMENTS, "actions": ACTION_ELEMENTS}
        elements = block.get("elements") or []
        yield from _count(elements, "elements", most.get(kind, CONTEXT_ACTION_ELEMENTS))
        if not elements:
            yield Problem("elements must not be empty")
    elif kind == "table":
        yield from _count(block.get("rows") or [], "rows", TABLE_ROWS)
        for row in block.get("rows") or []:
            yield from _count(row, "row", TABLE_CELLS)
    elif kind == "input":
        yield from _plain(block.get("label"), "label", LABEL)
        yield from _plain(block.get("hint"), "hint", HINT)
    elif kind == "carousel":
        yield from _count(block.get("elements") or [], "elements", CAROUSEL_CARDS)
        if not block.get("elements"):
            yield Problem("elements must not be empty")
    elif kind == "card" and not set(CARD_NEEDS) & set(block):
        yield Problem(f"a card needs one of {', '.join(CARD_NEEDS)}")
    inner = block.get("child_blocks") or (block.get("elements") if kind == "carousel" else None)
    for child in inner or []:
        yield from _block(child)


def _elements(block: Json) -> Iterator[Problem]:
    for _, element in kit.elements([block]):
        yield from _element(element)


def _element(element: Json) -> Iterator[Problem]:
    kind = element["type"]
    if kind == "button":
        yield from _plain(element.get("text"), "button", BUTTON_TEXT)
        yield from _length(element.get("value"), "button value", BUTTON_VALUE)
        yield from _length(element.get("accessibility_label"), "accessibility_label", BUTTON_TEXT)
        if element.get("style", "primary") not in ("primary", "danger"):
            yield Problem(f"no button style {element['style']!r}")
    yield from _plain(element.get("placeholder"), "placeholder", PLACEHOLDER)
    chosen = kit.options(element)
    if kind == "overflow" and not 2 <= len(chosen) <= OVERFLOW:
        yield Problem(f"an overflow has 2 to {OVERFLOW} options, not {len(chosen)}")
    if kind in ("checkboxes", "radio_buttons"):
        yield from _count(chosen, "options", CHECKBOXES)
    if "static_select" in kind:
        yield from _count(element.get("options") or [], "options", OPTIONS)
        if not chosen:
            yield Problem(f"a {kind} needs options")
    values = [option.get("value") for option in chosen]
    if len(set(values)) < len(values):
        yield Problem(f"a {kind} has one value twice")
    for option in chosen:
        yield from _plain(option.get("text"), "option", OPTION_TEXT)
        yield from _plain(option.get("description"), "option description", OPTION_TEXT)
        yield from _length(option.get("value"), "option value", OPTION_VALUE)
    initial = element.get("initial_option")
    for option in [*([initial] if initial else []), *(element.get("initial_options") or [])]:
        if option not in chosen and chosen:
            yield Problem(f"the initial option {option.get('value')!r} is none of the options")


def _plain(part: Any, name: str, most: int) -> list[Problem]:
    return _length(part.get("text"), name, most) if isinstance(part, dict) else []


def _length(text: Any, name: str, most: int) -> list[Problem]:
    if isinstance(text, str) and len(text) > most:
        return [Problem(f"{name} has {len(text)} of {most} characters")]
    return []


def _count(items: list[Any], name: str, most: int) -> list[Problem]:
    return [Problem(f"{len(items)} of {most} {name}")] if len(items) > most else []
