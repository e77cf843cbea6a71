"""The payload checker: what Slack would say to a message or a view, and a little more.

`check_message`, `check_view` and `check_home` give sentences, none where all is well. Three judges
sit: JSON Schema made from Slack's own types (where it is on this machine), slack_sdk's models,
and the rules that neither of them knows.
"""

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fakes.slack import payload_rules as rules
from fakes.slack.payload_rules import Json, Problem
from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
SCHEMA = SHARED / "specs" / "slack-blocks.schema.json"


def check_message(payload: Json) -> list[Problem]:
    """What is wrong with the content of a message: text, blocks, attachments, metadata."""
    if not isinstance(payload, dict):
        return [Problem("a message is an object", "invalid_arguments")]
    problems = rules.message_problems(payload)
    blocks = payload.get("blocks")
    if blocks is not None:
        problems += check_blocks(blocks, where="message")
    return problems


def check_view(view: Json) -> list[Problem]:
    """What is wrong with a modal."""
    return _check_view(view, "modal")


def check_home(view: Json) -> list[Problem]:
    """What is wrong with an App Home."""
    return _check_view(view, "home")


def _check_view(view: Any, kind: str) -> list[Problem]:
    if not isinstance(view, dict):
        return [Problem("a view is an object", "invalid_arguments")]
    problems = rules.view_problems(view, kind)
    blocks = view.get("blocks")
    if isinstance(blocks, list):
        problems += check_blocks(blocks, where=kind)
        said = _modelled(lambda: View(**view).validate_json())
        problems += [Problem(f"view: {sentence}") for sentence in said]
    return [Problem(str(problem), "invalid_arguments") for problem in problems]


def check_blocks(blocks: Any, *, where: str) -> list[Problem]:
    """What is wrong with blocks that are to stand in a `message`, a `modal` or a `home`."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return [Problem("blocks must be a list of objects", "invalid_blocks_format")]
    problems = rules.block_problems(blocks, where)
    for place, block in enumerate(blocks):
        try:
            said = _judged(json.dumps(block))
        except TypeError as error:
            said = (f": {error}",)
        problems += [Problem(f"blocks[{place}]{sentence}") for sentence in said]
    return problems


@functools.lru_cache(maxsize=10_000)
def _judged(block_json: str) -> tuple[str, ...]:
    """What schema and models say of one block; most blocks come again and again."""
    block = json.loads(block_json)
    return (*_schema_problems(block), *(f": {p}" for p in _modelled(lambda: _model(block))))


def _model(block: Json) -> None:
    model = Block.parse_all([block])[0]
    if model is None:
        raise ValueError(f"unknown block type {block.get('type')!r}")
    model.to_dict()


def _modelled(validate: Callable[[], None]) -> list[str]:
    """What slack_sdk's models object to; they also raise for shapes that they can't read."""
    try:
        validate()
    except Exception as error:
        return [str(error)]
    return []


def _schema_problems(block: Json) -> list[str]:
    validators = _validators()
    if not validators:
        return []
    kind = block.get("type")
    validator = validators.get(kind) if isinstance(kind, str) else None
    if validator is None:
        return [f": unknown block type {kind!r}"]
    error = best_match(validator.iter_errors(block))
    if error is None:
        return []
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    return [f"{path}: {error.message[:300]}"]


@functools.cache
def _validators() -> dict[str, Any]:
    """A compiled validator per block type; empty where the schema is not on this machine."""
    if not SCHEMA.is_file():
        return {}
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["definitions"]
    judge = extend(Draft7Validator, {"anyOf": functools.partial(_any_of, definitions)})
    return {
        kind: judge(reference | {"definitions": definitions})
        for reference in definitions["KnownBlock"]["anyOf"]
        for kind in _kinds(definitions, reference)
    }


def _any_of(
    definitions: Json, validator: Any, alternatives: list[Json], instance: Any, schema: Json
) -> Iterator[Any]:
    """`anyOf`, but only the alternatives of the instance's own type are tried: quick and clear."""
    kind = instance.get("type") if isinstance(instance, dict) else None
    fitting = [one for one in alternatives if kind in _kinds(definitions, one)]
    ordinary = Draft7Validator.VALIDATORS["anyOf"]
    yield from ordinary(validator, fitting or alternatives, instance, schema)


def _kinds(definitions: Json, schema: Json) -> set[str]:
    """The values of `type` that a schema allows; empty where it does not say."""
    if "$ref" in schema:
        return _kinds(definitions, definitions[schema["$ref"].rpartition("/")[2]])
    found = {kind for one in schema.get("anyOf", []) for kind in _kinds(definitions, one)}
    const = schema.get("properties", {}).get("type", {}).get("const")
    return found | ({const} if const else set())
