"""What Discord wants of application commands and its schema does not say.

https://discord.com/developers/docs/interactions/application-commands
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fakes.discord.errors import Problem
from fakes.discord.message_rules import Path

CHAT_INPUT, USER, MESSAGE = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER: 15, MESSAGE: 15}
OPTIONS = 25
CHOICES = 25
DESCRIPTION = 100
TOTAL = 8_000
SUB_COMMAND, GROUP = 1, 2

_COMMANDS = r"/applications/\d+(/guilds/\d+)?/commands(/\d+)?"


def problems(method: str, path: str, body: Any) -> Iterator[Problem]:
    """What is wrong with the commands, or the autocomplete choices, in this body."""
    if re.fullmatch(_COMMANDS, path) and method in ("PUT", "POST", "PATCH"):
        if method == "PUT" and isinstance(body, list):
            yield from _set(body)
        elif isinstance(body, dict):
            yield from _command(body, (), partial=method == "PATCH")
    is_callback = re.fullmatch(r"/interactions/\d+/[^/]+/callback", path)
    if is_callback and isinstance(body, dict) and body.get("type") == 8:
        choices = (body.get("data") or {}).get("choices") or []
        yield from _choices(choices, ("data", "choices"))


def _set(commands: list[Any]) -> Iterator[Problem]:
    kinds = Counter(command.get("type") or CHAT_INPUT for command in commands)
    for kind, most in MOST.items():
        if kinds[kind] > most:
            yield Problem(
                (), f"{kinds[kind]} commands of type {kind}, at most {most}", "TOO_MANY_COMMANDS"
            )
    names = Counter((c.get("type") or CHAT_INPUT, c.get("name")) for c in commands)
    for i, command in enumerate(commands):
        if names[command.get("type") or CHAT_INPUT, command.get("name")] > 1:
            at = (i, "name")
            yield Problem(at, "is used twice", "APPLICATION_COMMANDS_DUPLICATE_NAME")
        yield from _command(command, (i,))


def _command(command: dict[str, Any], path: Path, *, partial: bool = False) -> Iterator[Problem]:
    kind = command.get("type") or CHAT_INPUT
    if kind == CHAT_INPUT:
        if not (partial and "name" not in command):
            yield from _named(command, path)
        if not (partial and "description" not in command):
            yield from _described(command, path)
    else:
        if not 1 <= len(command.get("name") or "") <= 32:
            yield Problem((*path, "name"), "Must be between 1 and 32 in length.")
        if command.get("description") or command.get("options"):
            yield Problem((*path, "description"), "a context command has no description or options")
    yield from _options(command.get("options") or [], (*path, "options"), depth=0)
    size = _size(command)
    if size > TOTAL:
        yield Problem(path, f"{size} characters in total, at most {TOTAL}", "COMMAND_TOO_LARGE")


def _options(options: list[Any], path: Path, *, depth: int) -> Iterator[Problem]:
    if len(options) > OPTIONS:
        yield Problem(path, f"Must be {OPTIONS} or fewer in length.", "BASE_TYPE_BAD_LENGTH")
    if len({option.get("name") for option in options}) < len(options):
        yield Problem(path, "an option's name is used twice", "DUPLICATE_OPTION_NAME")
    nested = [option.get("type") in (SUB_COMMAND, GROUP) for option in options]
    if any(nested) and not all(nested):
        yield Problem(path, "sub-commands and options cannot be mixed")
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        yield Problem(path, "required options come first", "APPLICATION_COMMAND_OPTIONS_ORDER")
    for i, option in enumerate(options):
        at = (*path, i)
        yield from _named(option, at)
        yield from _described(option, at)
        if option.get("type") == GROUP and depth > 0:
            yield Problem((*at, "type"), "a group cannot be inside a group")
        if option.get("type") in (SUB_COMMAND, GROUP):
            yield from _options(option.get("options") or [], (*at, "options"), depth=depth + 1)
        if option.get("choices") and option.get("autocomplete"):
            yield Problem((*at, "autocomplete"), "choices and autocomplete exclude each other")
        yield from _choices(option.get("choices") or [], (*at, "choices"))


def _choices(choices: list[Any], path: Path) -> Iterator[Problem]:
    if len(choices) > CHOICES:
        yield Problem(path, f"Must be {CHOICES} or fewer in length.", "BASE_TYPE_BAD_LENGTH")
    for i, choice in enumerate(choices):
        for key in ("name", "value"):
            text = choice.get(key)
            if isinstance(text, str) and not 1 <= len(text) <= 100:
                yield Problem((*path, i, key), "Must be between 1 and 100 in length.")


def _named(thing: dict[str, Any], path: Path) -> Iterator[Problem]:
    name = thing.get("name") or ""
    words = re.fullmatch(r"[-_'\w]{1,32}", name)
    if not words or name != name.lower():
        yield Problem(
            (*path, "name"),
            f"{name!r:.40} must be 1 to 32 lower-case letters, digits, - or _",
            "APPLICATION_COMMAND_INVALID_NAME",
        )


def _described(thing: dict[str, Any], path: Path) -> Iterator[Problem]:
    if not 1 <= len(thing.get("description") or "") <= DESCRIPTION:
        at = (*path, "description")
        yield Problem(at, f"Must be between 1 and {DESCRIPTION} in length.", "BASE_TYPE_BAD_LENGTH")


def _size(thing: dict[str, Any]) -> int:
    texts = [thing.get("name"), thing.get("description")]
    texts += [choice.get("value") for choice in thing.get("choices") or []]
    texts += [choice.get("name") for choice in thing.get("choices") or []]
    own = sum(len(text) for text in texts if isinstance(text, str))
    return own + sum(_size(option) for option in thing.get("options") or [])
