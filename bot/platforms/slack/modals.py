"""Forms as modals, and what comes back from them."""

import json
from collections.abc import Mapping
from typing import Any

from bot.forms import Choice, Field, FieldKind, Form
from bot.platforms.slack import blocks, limits
from bot.platforms.slack.blocks import Json
from bot.platforms.slack.text import harmless, line

CALLBACK = "form"
ANSWER = "answer"
"""The `action_id` of every field; its `block_id` is the field's name."""

NO_VALUE = "\N{EMPTY SET}"
"""Stands for the empty value of a choice, which Slack refuses."""


def modal(form: Form, *, metadata: str) -> Json:
    """The form as a view; `metadata` comes back with it (see `asked`).

    metadata: a few hundred characters at most; 3,000 with the form's action are Slack's limit.
    """
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": json.dumps(
            {"action": form.action, "context": metadata}, ensure_ascii=False
        ),
        "title": blocks.plain(line(form.title, limits.MODAL_TITLE) or "…"),
        "submit": blocks.plain(line(form.submit, limits.MODAL_BUTTON) or "Save"),
        "close": blocks.plain("Cancel"),
        "blocks": [*blocks.paragraph(form.intro), *(_field(one) for one in form.fields)]
        or blocks.paragraph("There is nothing to fill in."),
    }


def asked(view: Mapping[str, Any]) -> tuple[str, str]:
    """`(action, metadata)` of the form that a view was made of. Raises ValueError for others."""
    try:
        kept = json.loads(view["private_metadata"])
        return str(kept["action"]), str(kept["context"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no form: {error}") from error


def submitted(view: Mapping[str, Any]) -> dict[str, str]:
    """What each field was filled with, by name; empty where nothing was."""
    return {
        name: _answer(answers[ANSWER])
        for name, answers in view["state"]["values"].items()
        if ANSWER in answers
    }


def errors(problems: Mapping[str, str]) -> Json:
    """The answer to a submission that keeps the modal open and says what is wrong, by field."""
    said = {name: line(problem, limits.LABEL) or "…" for name, problem in problems.items()}
    return {"response_action": "errors", "errors": said}


def _answer(state: Mapping[str, Any]) -> str:
    chosen = state.get("selected_option")
    if chosen:
        return "" if chosen["value"] == NO_VALUE else str(chosen["value"])
    return str(state.get("value") or "")


def _field(field: Field) -> Json:
    made: Json = {
        "type": "input",
        "block_id": field.name,
        "label": blocks.plain(line(field.label, limits.LABEL) or "…"),
        "element": {"action_id": ANSWER} | _element(field),
        "optional": field.is_optional,
    }
    if hint := line(field.hint, limits.HINT):
        made["hint"] = blocks.plain(hint)
    return made


def _element(field: Field) -> Json:
    options = _options(field.choices)
    is_chosen = field.kind in (FieldKind.CHOICE, FieldKind.RADIO)
    if not is_chosen or not options:
        return _input(field)
    is_small = field.kind is FieldKind.RADIO and len(options) <= limits.RADIO_OPTIONS
    made: Json = {"type": "radio_buttons" if is_small else "static_select", "options": options}
    for option in options:
        if option["value"] == (field.value or NO_VALUE):
            made["initial_option"] = option
    return made


def _input(field: Field) -> Json:
    longest = max(1, min(field.longest, limits.INPUT))
    made: Json = {
        "type": "plain_text_input",
        "multiline": field.kind is FieldKind.TEXT,
        "max_length": longest,
    }
    # An input of one line must not begin with several.
    value = harmless(field.value)
    value = value if field.kind is FieldKind.TEXT else " ".join(value.split())
    if value:
        made["initial_value"] = value[:longest]
    return made


def _options(choices: tuple[Choice, ...]) -> list[Json]:
    """Each value once. One that Slack could not give back is left out: changed, it is another."""
    made: dict[str, Json] = {}
    for choice in choices:
        value = choice.value or NO_VALUE
        is_safe = len(value) <= limits.OPTION_VALUE and value == harmless(value)
        if is_safe and value not in made:
            label = line(choice.label, limits.OPTION_LABEL)
            label = label or line(choice.value, limits.OPTION_LABEL) or "…"
            made[value] = {"text": blocks.plain(label), "value": value}
    return list(made.values())[: limits.OPTIONS]
