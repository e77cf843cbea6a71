"""Components in people's hands: which one they mean, what they may choose, how a form is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakes.discord.commands import CannotDo, resolve
from fakes.discord.nouns import Channel, Message, OpenModal, Role, User, label_of

Json = dict[str, Any]

BUTTON, STRING_SELECT, TEXT_INPUT = 2, 3, 4
USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8
TEXT_DISPLAY, LABELLED, FILE_UPLOAD = 10, 18, 19
RADIO_GROUP, CHECKBOX_GROUP, CHECKBOX = 21, 22, 23
SELECTS = (3, 5, 6, 7, 8)
LINK = 5
PICKED = {
    USER_SELECT: (User,),
    ROLE_SELECT: (Role,),
    MENTIONABLE_SELECT: (User, Role),
    CHANNEL_SELECT: (Channel,),
}


def find(message: Message, which: str, kinds: Sequence[int]) -> Json:
    """The component with this label, emoji, placeholder or custom_id."""
    parts = [part for part in message.walk if part["type"] in kinds]
    for key in ("custom_id", "label", "placeholder"):
        exact = [p for p in parts if (label_of(p) if key == "label" else p.get(key)) == which]
        if len(exact) > 1:
            raise CannotDo(f"{len(exact)} components are called {which!r}: use the custom_id")
        if exact:
            return usable(exact[0])
    named = [label_of(part) or part.get("placeholder") or part.get("custom_id") for part in parts]
    raise CannotDo(f"nothing called {which!r} in the message, only {named}")


def usable(part: Json) -> Json:
    if part.get("disabled"):
        raise CannotDo(f"{label_of(part) or part.get('custom_id')} is disabled")
    if part["type"] == BUTTON and part.get("style") == LINK:
        raise CannotDo(f"{label_of(part)} is a link: it opens a page and tells the app nothing")
    return part


def chosen(part: Json, values: Any, resolved: Json) -> list[str]:
    """What a select or group sends for these labels, values, users, roles or channels."""
    wanted = values if isinstance(values, list | tuple | set) else [values]
    if part["type"] in PICKED:
        for value in wanted:
            if not isinstance(value, PICKED[part["type"]]):
                raise CannotDo(f"{part['custom_id']} does not offer {value!r}")
        sent = [resolve(value, resolved) for value in wanted]
    else:
        sent = [_option(part, value) for value in wanted]
    least = part.get("min_values", 1) if part.get("required", True) else 0
    most = part.get("max_values", len(part["options"]) if part["type"] == CHECKBOX_GROUP else 1)
    if not least <= len(sent) <= most:
        raise CannotDo(f"{part['custom_id']} takes {least} to {most} choices, not {len(sent)}")
    return sent


def _option(part: Json, value: Any) -> str:
    for option in part["options"]:
        if value in (option["value"], option["label"]):
            picked: str = option["value"]
            return picked
    raise CannotDo(f"{value!r} is not offered, only {[o['label'] for o in part['options']]}")


def filled_in(modal: OpenModal, values: Mapping[str, Any], resolved: Json) -> list[Json]:
    """A submission's components: what was given by label or custom_id, defaults for the rest."""
    names = {label for label, _ in modal.fields.items()}
    names |= {part["custom_id"] for part in modal.fields.values()}
    if values.keys() - names:
        raise CannotDo(f"the form has no {sorted(values.keys() - names)}, only {sorted(names)}")
    sent = []
    for part in modal.components:
        shape: Json = {"type": part["type"], "id": part["id"]}
        if part["type"] == LABELLED:
            shape["component"] = _field(part["component"], part["label"], values, resolved)
        elif part["type"] == 1:
            shape["components"] = [
                _field(inner, inner.get("label", ""), values, resolved)
                for inner in part["components"]
            ]
        sent.append(shape)
    return sent


def _field(part: Json, label: str, values: Mapping[str, Any], resolved: Json) -> Json:
    shape: Json = {"type": part["type"], "id": part["id"], "custom_id": part["custom_id"]}
    given = label in values or part["custom_id"] in values
    value = values.get(label, values.get(part["custom_id"]))
    if part["type"] == TEXT_INPUT:
        return shape | {"value": _typed(part, label, value if given else part.get("value", ""))}
    if part["type"] == CHECKBOX:
        return shape | {"value": bool(value) if given else bool(part.get("default"))}
    if not given:
        value = [o["value"] for o in part.get("options", ()) if o.get("default")]
        value += [d["id"] for d in part.get("default_values", ())]
        if not value and part.get("required", True) and part.get("min_values", 1):
            raise CannotDo(f"{label or part['custom_id']} has to be filled in")
        sent = value
    else:
        sent = chosen(part, value, resolved)
    if part["type"] == RADIO_GROUP:
        return shape | {"value": sent[0] if sent else None}
    return shape | {"values": sent}


def _typed(part: Json, label: str, value: Any) -> str:
    text = str(value or "")
    if not text and part.get("required", True):
        raise CannotDo(f"{label or part['custom_id']} has to be filled in")
    low, high = part.get("min_length") or 0, part.get("max_length") or 4_000
    if text and not low <= len(text) <= high:
        raise CannotDo(f"{label}: {len(text)} characters are outside {low} to {high}")
    return text
