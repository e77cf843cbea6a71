"""Holds what is sent to Discord to Discord's own description of its API, and to our own rules.

`check_request("POST", "/channels/1/messages", body)` says what is wrong with a body, one line a
fault. The schema is read from the shared specs where they are; the rules that it cannot express
are `message_rules`, `command_rules` and `modal_rules`. Discord ignores unknown keys; here they
count as faults, because in our payloads they are spelling mistakes.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from fakes.discord import command_rules, message_rules, modal_rules
from fakes.discord.errors import Problem
from jsonschema.exceptions import ValidationError

SPEC = Path(__file__).resolve().parents[4] / "shared" / "specs" / "discord-openapi.json"


def check_request(method: str, path: str, body: Any) -> list[str]:
    """What is wrong with this request body; empty where it is fine. `path` begins after /v10."""
    return [str(problem) for problem in problems(method, path, body)]


def problems(
    method: str, path: str, body: Any, *, files: int = 0, was_v2: bool = False
) -> list[Problem]:
    """The same as records. `files` came with the body; `was_v2`: the edited message is V2."""
    found = [*_schema_problems(method, path, body)]
    said = {problem.path for problem in found}
    rules = (
        message_rules.problems(method, path, body, files=files, was_v2=was_v2),
        modal_rules.problems(method, path, body),
        command_rules.problems(method, path, body),
    )
    by_hand: list[Problem] = []
    try:
        for rule in rules:
            by_hand += rule
    except (AttributeError, TypeError, ValueError) as error:
        by_hand.append(Problem((), f"not the shape of anything: {error}"))
    return found + [problem for problem in by_hand if problem.path not in said]


def template_of(path: str) -> str | None:
    """`/channels/{channel_id}/messages` for `/channels/1/messages`; fixed words win over names."""
    steps = path.strip("/").split("/")
    found = [t for t in _templates() if _fits(t, steps)]
    return min(found, key=lambda t: t.count("{"), default=None)


def _fits(template: str, steps: list[str]) -> bool:
    names = template.strip("/").split("/")
    return len(names) == len(steps) and all(
        name.startswith("{") or name == step for name, step in zip(names, steps, strict=True)
    )


@functools.cache
def _spec() -> dict[str, Any] | None:
    if not SPEC.is_file():
        return None
    spec: dict[str, Any] = json.loads(SPEC.read_text(encoding="utf-8"))
    return spec


@functools.cache
def _templates() -> list[str]:
    spec = _spec()
    return list(spec["paths"]) if spec else []


@functools.cache
def _schema(method: str, template: str) -> dict[str, Any] | None:
    spec = _spec()
    assert spec
    operation = spec["paths"][template].get(method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] | None = content.get("application/json", {}).get("schema")
    return schema


def _schema_problems(method: str, path: str, body: Any) -> Iterator[Problem]:
    template = template_of(path)
    schema = _schema(method, template) if template else None
    if schema is None or body is None:
        return
    for error in _Validator(schema).iter_errors(_known_only(body, path)):
        yield _problem(error)


def _known_only(value: Any, path: str) -> Any:
    """The body without the keys that the specification lacks and nobody minds.

    discord.py sends `tts` with every edit and `type` with every forum post; `nsfw` of a command
    and `description` of an application, as a string, are documented.
    """
    if isinstance(value, list):
        return [_known_only(one, path) for one in value]
    if not isinstance(value, dict):
        return value
    left = {"tts"}
    if "/commands" in path:
        left.add("nsfw")
    if path == "/applications/@me":
        left.add("description")
    if path.endswith("/threads") and "message" in value:
        left.add("type")
    return {key: _known_only(one, path) for key, one in value.items() if key not in left}


def _problem(error: ValidationError) -> Problem:
    where = tuple(error.absolute_path)
    limit: Any = error.validator_value
    if error.validator == "maxLength":
        return Problem(where, f"Must be {limit} or fewer in length.", "BASE_TYPE_MAX_LENGTH")
    if error.validator == "minLength":
        return Problem(where, f"Must be {limit} or more in length.", "BASE_TYPE_MIN_LENGTH")
    if error.validator in ("maxItems", "minItems"):
        word = "fewer" if error.validator == "maxItems" else "more"
        return Problem(where, f"Must be {limit} or {word} in length.", "BASE_TYPE_BAD_LENGTH")
    if error.validator == "required":
        missing = next(key for key in limit if key not in error.instance)
        return Problem((*where, missing), "This field is required", "BASE_TYPE_REQUIRED")
    if error.validator in ("enum", "const", "oneOf", "anyOf"):
        return Problem(where, f"{error.instance!r:.40} is not a choice here", "BASE_TYPE_CHOICES")
    return Problem(where, error.message[:200])


def _ref(validator: Any, reference: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    yield from validator.descend(instance, _resolved({"$ref": reference}))


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    spec = _spec()
    assert spec
    found: dict[str, Any] = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _types(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    whole = isinstance(instance, int) and not isinstance(instance, bool)
    if not (whole and schema.get("format") == "snowflake"):  # Discord takes integers there
        yield from _BASE.VALIDATORS["type"](validator, types, instance, schema)


def _properties(
    validator: Any, properties: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    yield from _BASE.VALIDATORS["properties"](validator, properties, instance, schema)
    if isinstance(instance, dict) and "additionalProperties" not in schema:
        for key in instance.keys() - properties.keys():
            if key == "flags" and instance[key] == 0:
                continue  # discord.py puts it into every embed
            yield ValidationError("unknown key", path=[key], validator="unknown")


def _union(
    validator: Any, branches: list[Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    """The branch that the instance's `type` names, else the one with the fewest faults."""
    shapes = [_resolved(branch) for branch in branches]
    if all("const" in shape for shape in shapes):
        if instance not in [shape["const"] for shape in shapes]:
            yield ValidationError("not a choice", validator="enum")
        return
    if instance is None and {"type": "null"} in shapes:
        return
    shapes = [shape for shape in shapes if shape != {"type": "null"}]
    if isinstance(instance, dict):
        kinds = [shape.get("properties", {}).get("type", {}).get("enum") for shape in shapes]
        if any(kinds):
            kind = instance.get("type")
            shapes = [s for s, k in zip(shapes, kinds, strict=True) if not k or kind in k]
            if not shapes:
                yield ValidationError("not a choice", path=["type"], validator="enum")
                return
    attempts = [list(validator.descend(instance, shape)) for shape in shapes]
    yield from min(attempts, key=len)


_BASE = jsonschema.Draft202012Validator
_Validator = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    _BASE,
    {"$ref": _ref, "type": _types, "properties": _properties, "oneOf": _union, "anyOf": _union},
)
