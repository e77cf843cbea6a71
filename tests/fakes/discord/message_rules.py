"""What Discord wants of a message and its schema does not say, and our own rule about mentions.

Limits: https://discord.com/developers/docs/resources/message and
https://discord.com/developers/docs/components/reference
"""

import re
from collections.abc import Iterator
from typing import Any

from fakes.discord.errors import Problem
from fakes.discord.nouns import COMPONENTS_V2, walk

CONTENT = 2_000
EMBEDS = 10
EMBED_TOTAL = 6_000
ROWS = 5
BUTTONS_IN_A_ROW = 5
CUSTOM_ID = 100
LABEL = 80
OPTIONS = 25
NONCE = 25
V2_PARTS = 40
V2_TEXT = 4_000
EMBED_LIMITS = {"title": 256, "description": 4_096}

BUTTON, STRING_SELECT, TEXT_DISPLAY, CHECKBOX_GROUP = 2, 3, 10, 22
SELECTS = (3, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6

Path = tuple[Any, ...]

_MESSAGES = [
    ("POST", r"/channels/\d+/messages", ()),
    ("PATCH", r"/channels/\d+/messages/\d+", ()),
    ("POST", r"/webhooks/\d+/[^/]+", ()),
    ("PATCH", r"/webhooks/\d+/[^/]+/messages/[^/]+", ()),
    ("POST", r"/interactions/\d+/[^/]+/callback", ("data",)),
    ("POST", r"/channels/\d+/threads", ("message",)),
]


def message_in(method: str, path: str, body: Any) -> tuple[dict[str, Any], Path] | None:
    """The message that a body holds, and where in the body; None where it holds none."""
    for verb, pattern, where in _MESSAGES:
        if verb == method and re.fullmatch(pattern, path) and isinstance(body, dict):
            if where == ("data",) and body.get("type") not in (4, 7):
                return None
            inner = body.get(where[0]) if where else body
            return (inner, where) if isinstance(inner, dict) else None
    return None


def problems(
    method: str, path: str, body: Any, *, files: int = 0, was_v2: bool = False
) -> Iterator[Problem]:
    """What is wrong with the message in this body, if there is one."""
    held = message_in(method, path, body)
    if held is None:
        return
    message, where = held
    is_update = method == "PATCH" or (isinstance(body, dict) and body.get("type") == 7)
    is_v2 = was_v2 or bool((message.get("flags") or 0) & COMPONENTS_V2)
    components = message.get("components") or []
    yield from _texts(message, where)
    if is_v2:
        yield from _v2(message, components, where)
    else:
        yield from _v1(components, where)
        if not is_update and _is_empty(message, files):
            yield Problem(where, "Cannot send an empty message", "EMPTY_MESSAGE")
    yield from parts(components, (*where, "components"))
    if carries_text(message) and (message.get("allowed_mentions") or {}).get("parse") != []:
        yield Problem(
            (*where, "allowed_mentions"), "must be there with parse == []", "MENTIONS_NOT_OFF"
        )


def carries_text(message: dict[str, Any]) -> bool:
    """Whether the payload brings words that could hold a mention."""
    displays = [p for p in walk(message.get("components") or []) if p.get("type") == TEXT_DISPLAY]
    return bool(message.get("content") or message.get("embeds") or displays)


def _is_empty(message: dict[str, Any], files: int) -> bool:
    content = message.get("content") or ""
    others = any(message.get(key) for key in ("embeds", "attachments", "sticker_ids", "poll"))
    return not (str(content).strip() or others or files)


def _texts(message: dict[str, Any], where: Path) -> Iterator[Problem]:
    if len(message.get("content") or "") > CONTENT:
        yield _too_long((*where, "content"), CONTENT)
    nonce = message.get("nonce")
    if isinstance(nonce, str) and len(nonce) > NONCE:
        yield _too_long((*where, "nonce"), NONCE)
    embeds = message.get("embeds") or []
    if len(embeds) > EMBEDS:
        yield _too_long((*where, "embeds"), EMBEDS)
    total = 0
    for i, embed in enumerate(embeds):
        texts = [embed.get("title"), embed.get("description")]
        texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
        for one in embed.get("fields") or []:
            texts += [one.get("name"), one.get("value")]
        total += sum(len(text or "") for text in texts)
        if not any(texts) and not any(embed.get(key) for key in ("image", "thumbnail", "video")):
            at = (*where, "embeds", i, "description")
            yield Problem(at, "This field is required", "BASE_TYPE_REQUIRED")
        for key, limit in EMBED_LIMITS.items():
            if len(embed.get(key) or "") > limit:
                yield _too_long((*where, "embeds", i, key), limit)
    if total > EMBED_TOTAL:
        yield Problem(
            (*where, "embeds"),
            f"Embed size exceeds maximum size of {EMBED_TOTAL}",
            "MAX_EMBED_SIZE_EXCEEDED",
        )


def _v1(components: list[Any], where: Path) -> Iterator[Problem]:
    if len(components) > ROWS:
        yield _too_long((*where, "components"), ROWS)
    for i, part in enumerate(components):
        if part.get("type") != 1:
            yield Problem(
                (*where, "components", i, "type"),
                "this component needs the flag IS_COMPONENTS_V2",
                "UNION_TYPE_CHOICES",
            )


def _v2(message: dict[str, Any], components: list[Any], where: Path) -> Iterator[Problem]:
    for key in ("content", "embeds", "sticker_ids", "poll"):
        if message.get(key):
            yield Problem(
                (*where, key),
                "cannot be used beside components V2",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            )
    everything = list(walk(components))
    if len(everything) > V2_PARTS:
        yield Problem(
            (*where, "components"),
            f"{len(everything)} components in total, at most {V2_PARTS}",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
        )
    text = sum(len(part.get("content") or "") for part in everything)
    if text > V2_TEXT:
        yield Problem(
            (*where, "components"),
            f"{text} characters of text in total, at most {V2_TEXT}",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        )


def parts(components: list[Any], where: Path) -> Iterator[Problem]:
    """What is wrong with components in a message or a modal, the nested ones included."""
    seen: set[str] = set()
    for path, part in _walk(components, where):
        name = part.get("custom_id")
        if isinstance(name, str):
            if name in seen:
                at = (*path, "custom_id")
                yield Problem(at, "custom_id is used twice", "COMPONENT_CUSTOM_ID_DUPLICATED")
            if not 1 <= len(name) <= CUSTOM_ID:
                yield _too_long((*path, "custom_id"), CUSTOM_ID)
            seen.add(name)
        if part.get("type") == BUTTON:
            yield from _button(part, path)
        if part.get("type") == STRING_SELECT:
            yield from options(part, path)
        if part.get("type") == 1:
            yield from _row(part, path)
        if part.get("type") == TEXT_DISPLAY and not (part.get("content") or "").strip():
            yield Problem((*path, "content"), "This field is required", "BASE_TYPE_REQUIRED")


def _walk(components: list[Any], where: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for i, part in enumerate(components):
        yield (*where, i), part
        yield from _walk(part.get("components") or [], (*where, i, "components"))
        for key in ("accessory", "component"):
            if isinstance(part.get(key), dict):
                at = (*where, i, key)
                yield from ((at + p[len(at) + 1 :], q) for p, q in _walk([part[key]], at))


def _row(part: dict[str, Any], path: Path) -> Iterator[Problem]:
    kinds = [inner.get("type") for inner in part.get("components") or []]
    selects = sum(kind in SELECTS for kind in kinds)
    if len(kinds) > BUTTONS_IN_A_ROW or (selects and len(kinds) > 1):
        yield Problem(
            (*path, "components"), "a row holds five buttons or one select", "BASE_TYPE_BAD_LENGTH"
        )


def _button(part: dict[str, Any], path: Path) -> Iterator[Problem]:
    if len(part.get("label") or "") > LABEL:
        yield _too_long((*path, "label"), LABEL)
    if part.get("style") == PREMIUM:
        return
    if not part.get("label") and not part.get("emoji"):
        yield Problem((*path, "label"), "a button needs a label or an emoji", "BUTTON_NO_LABEL")
    if part.get("style") == LINK:
        url = part.get("url") or ""
        if not url.startswith(("http://", "https://", "discord://")):
            yield Problem((*path, "url"), "A url is required", "BUTTON_COMPONENT_URL_REQUIRED")
        if part.get("custom_id"):
            yield Problem((*path, "custom_id"), "a link has no custom_id", "BUTTON_LINK_CUSTOM_ID")
    else:
        if not part.get("custom_id"):
            at = (*path, "custom_id")
            yield Problem(at, "A custom id is required", "COMPONENT_CUSTOM_ID_REQUIRED")
        if part.get("url"):
            yield Problem((*path, "url"), "only a link has a url", "BUTTON_URL_NOT_A_LINK")


def options(part: dict[str, Any], path: Path, *, most: int = OPTIONS) -> Iterator[Problem]:
    """What is wrong with the options of a select or a group."""
    given = part.get("options") or []
    at = (*path, "options")
    if not 1 <= len(given) <= most:
        yield Problem(at, f"Must be between 1 and {most} in length.", "BASE_TYPE_BAD_LENGTH")
    values = [option.get("value") for option in given]
    if len(set(values)) < len(values):
        yield Problem(at, "an option's value is used twice", "COMPONENT_OPTION_VALUE_DUPLICATED")
    whole = len(given) if part.get("type") == CHECKBOX_GROUP else 1
    least, wanted = (
        fallback if part.get(key) is None else part[key]
        for key, fallback in (("min_values", 0 if whole > 1 else 1), ("max_values", whole))
    )
    if least > len(given) or wanted > len(given) or least > wanted:
        yield Problem((*path, "max_values"), "min_values and max_values do not fit the options")
    if sum(bool(option.get("default")) for option in given) > wanted:
        yield Problem(at, "more defaults than max_values")


def _too_long(path: Path, limit: int) -> Problem:
    return Problem(path, f"Must be {limit} or fewer in length.", "BASE_TYPE_MAX_LENGTH")
