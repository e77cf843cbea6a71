"""Forms as Discord's modals, and what was filled in, read back without any memory of the form.

Discord shows no error beside a field and names its button itself, so `Form.submit` finds no place.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import discord

from bot.forms import Choice, Field, FieldKind, Form
from bot.platforms.discord import limits, text

NAME = "form:"
"""What the id of a modal begins with; the command follows."""

NOTHING = "\N{EMPTY SET}"
"""Stands for a choice whose value is empty, which Discord refuses."""

INTRO = 2_000

Item: TypeAlias = discord.ui.Item[Any]


def modal(form: Form) -> discord.ui.Modal:
    """The form to open. The library is not to remember it: its answer says all."""
    drawn = discord.ui.Modal(
        title=text.plain(form.title, limits.MODAL_TITLE) or text.MORE,
        custom_id=f"{NAME}{form.action}"[: limits.CUSTOM_ID],
        timeout=None,
    )
    fields = form.fields[: limits.MODAL_PARTS]
    intro = text.own(form.intro, INTRO)
    if intro and len(fields) < limits.MODAL_PARTS:
        drawn.add_item(discord.ui.TextDisplay(intro))
    for field in fields:
        drawn.add_item(_label(field))
    drawn.stop()
    return drawn


def submitted(data: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """`(action, fields)` of the raw data of a modal's submission; what was left open is empty.

    None where the modal is none of ours.
    """
    name = str(data.get("custom_id", ""))
    if not name.startswith(NAME):
        return None
    return name.removeprefix(NAME), dict(_filled(data.get("components", ())))


def _filled(components: Any) -> Iterator[tuple[str, str]]:
    for part in components:
        if "custom_id" in part:
            chosen = part.get("values")
            value = (chosen[0] if chosen else "") if chosen is not None else part.get("value")
            yield part["custom_id"], "" if value in (None, NOTHING) else str(value)
        yield from _filled(part.get("components", ()))
        if "component" in part:
            yield from _filled([part["component"]])


def _label(field: Field) -> discord.ui.Label[Any]:
    return discord.ui.Label(
        text=text.plain(field.label, limits.FIELD_LABEL) or text.MORE,
        description=text.plain(field.hint, limits.FIELD_HINT) or None,
        component=_component(field),
    )


def _component(field: Field) -> Item:
    choices = _choices(field)
    fewest, most = limits.RADIO_CHOICES
    if field.kind is FieldKind.RADIO and fewest <= len(choices) <= most:
        return _radio(field, choices)
    if field.kind in (FieldKind.RADIO, FieldKind.CHOICE) and choices:
        return _select(field, choices)
    return _input(field)


def _choices(field: Field) -> list[Choice]:
    """The field's choices, each value once."""
    return list({_value(one): one for one in reversed(field.choices)}.values())[::-1][
        : limits.CHOICES
    ]


def _radio(field: Field, choices: list[Choice]) -> Item:
    group: discord.ui.RadioGroup[Any] = discord.ui.RadioGroup(
        custom_id=field.name, required=not field.is_optional
    )
    for one in choices:
        group.add_option(label=_shown(one), value=_value(one), default=one.value == field.value)
    return group


def _select(field: Field, choices: list[Choice]) -> Item:
    select: discord.ui.Select[Any] = discord.ui.Select(
        custom_id=field.name,
        required=not field.is_optional,
        min_values=0 if field.is_optional else 1,
    )
    for one in choices:
        select.add_option(label=_shown(one), value=_value(one), default=one.value == field.value)
    return select


def _input(field: Field) -> Item:
    longest = max(1, min(field.longest, limits.FIELD_VALUE))
    is_line = field.kind is not FieldKind.TEXT
    value = text.one_line(field.value) if is_line else text.harmless(field.value)
    return discord.ui.TextInput(
        custom_id=field.name,
        style=discord.TextStyle.short if is_line else discord.TextStyle.paragraph,
        default=value[:longest] or None,
        required=not field.is_optional,
        max_length=longest,
    )


def _shown(choice: Choice) -> str:
    return text.plain(choice.label or choice.value, limits.CHOICE) or text.MORE


def _value(choice: Choice) -> str:
    return choice.value[: limits.CHOICE] or NOTHING
