"""Forms: what a person fills in, in no platform's words. A platform shows one as a modal. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """How a field is filled in."""

    LINE = "line"
    TEXT = "text"
    """Several lines."""
    CHOICE = "choice"
    """One of many, from a list that opens."""
    RADIO = "radio"
    """One of a few, all of them in sight."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer that can be chosen."""

    value: str
    label: str
    """At most 75 characters."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One question of a form."""

    name: str
    label: str
    """At most 45 characters."""
    kind: FieldKind = FieldKind.LINE
    hint: str = ""
    """How to answer, with an example; at most 100 characters."""
    value: str = ""
    """What stands there when the form opens."""
    choices: tuple[Choice, ...] = ()
    """At most 25."""
    is_optional: bool = False
    longest: int = 500
    """Characters."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """Questions that are answered together."""

    title: str
    """At most 24 characters."""
    action: str
    """The command that the answers belong to, as a button's; at most 90 bytes."""
    fields: tuple[Field, ...]
    """At most five."""
    submit: str = "Save"
    intro: str = ""
