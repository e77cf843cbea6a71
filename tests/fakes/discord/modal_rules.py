"""What Discord wants of a modal and its schema does not say.

https://discord.com/developers/docs/interactions/receiving-and-responding and
https://discord.com/developers/docs/components/reference
"""

import re
from collections.abc import Iterator
from typing import Any

from fakes.discord.errors import Problem
from fakes.discord.message_rules import Path, options, parts

TITLE = 45
LABEL = 45
PARTS = 5
GROUP_OPTIONS = 10
INPUT = 4_000

ROW, STRING_SELECT, TEXT_INPUT, TEXT_DISPLAY, LABELLED = 1, 3, 4, 10, 18
RADIO_GROUP, CHECKBOX_GROUP = 21, 22


def problems(method: str, path: str, body: Any) -> Iterator[Problem]:
    """What is wrong with the modal in this body, if there is one."""
    if method != "POST" or not re.fullmatch(r"/interactions/\d+/[^/]+/callback", path):
        return
    if not isinstance(body, dict) or body.get("type") != 9:
        return
    modal = body.get("data") or {}
    if not 1 <= len(modal.get("title") or "") <= TITLE:
        yield _too_long(("data", "title"), TITLE)
    if not 1 <= len(modal.get("custom_id") or "") <= 100:
        yield _too_long(("data", "custom_id"), 100)
    components = modal.get("components") or []
    where: Path = ("data", "components")
    if not 1 <= len(components) <= PARTS:
        yield Problem(where, f"Must be between 1 and {PARTS} in length.", "BASE_TYPE_BAD_LENGTH")
    yield from parts(components, where)
    for i, part in enumerate(components):
        if part.get("type") == LABELLED:
            if not 1 <= len(part.get("label") or "") <= LABEL:
                yield _too_long((*where, i, "label"), LABEL)
            yield from _field(part.get("component") or {}, (*where, i, "component"))
        elif part.get("type") == ROW:
            for j, inner in enumerate(part.get("components") or []):
                if not 1 <= len(inner.get("label") or "") <= LABEL:
                    yield _too_long((*where, i, "components", j, "label"), LABEL)
                yield from _field(inner, (*where, i, "components", j))


def _field(part: dict[str, Any], path: Path) -> Iterator[Problem]:
    if part.get("type") == TEXT_INPUT:
        shortest, longest = part.get("min_length") or 0, part.get("max_length") or INPUT
        if len(part.get("value") or "") > longest:
            yield _too_long((*path, "value"), longest)
        if shortest > longest:
            yield Problem((*path, "min_length"), "is above max_length")
    if part.get("type") in (RADIO_GROUP, CHECKBOX_GROUP):
        yield from options(part, path, most=GROUP_OPTIONS)


def _too_long(path: Path, limit: int) -> Problem:
    return Problem(path, f"Must be between 1 and {limit} in length.", "BASE_TYPE_BAD_LENGTH")
