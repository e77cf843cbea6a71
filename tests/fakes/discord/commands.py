"""A command as a person may give it: registered, allowed, with options of the declared types."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakes.discord import message_shapes, permissions, shapes
from fakes.discord.nouns import Application, Channel, Message, Role, User

CHAT_INPUT, ON_USER, ON_MESSAGE = 1, 2, 3
SUB_COMMAND, GROUP, STRING, INTEGER, BOOLEAN = 1, 2, 3, 4, 5
USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = 6, 7, 8, 9, 10, 11
IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2

Json = dict[str, Any]


class CannotDo(Exception):
    """Discord's own client would not have let the person do this."""


def owners(app: Application, user: User, channel: Channel, types: Sequence[int]) -> dict[str, str]:
    """Through which installations the app is there: authorizing_integration_owners."""
    found = {}
    guild = channel.guild
    if 0 in types and guild is not None and app.bot in guild.members:
        found["0"] = str(guild.id)
    if 0 in types and message_shapes.context_of(app, channel) == IN_BOT_DM:
        found["0"] = "0"
    if 1 in types and app.id in user.installed:
        found["1"] = str(user.id)
    return found


def visible(app: Application, user: User, channel: Channel) -> list[Json]:
    """The commands that the person is offered in this channel; a guild's own come first."""
    guild = channel.guild.id if channel.guild else None
    offered = [*app.commands.get(guild, {}).values()] if guild else []
    offered += app.commands.get(None, {}).values()
    return [command for command in offered if why_not(command, app, user, channel) is None]


def why_not(command: Json, app: Application, user: User, channel: Channel) -> str | None:
    """Why the person may not use the command here; None: they may."""
    context = message_shapes.context_of(app, channel)
    contexts = command["contexts"]
    if contexts is not None and context not in contexts:
        return f"not offered in context {context}, only in {contexts}"
    if contexts is None and context != IN_GUILD and not command.get("dm_permission"):
        return "not offered in direct messages"
    if not owners(app, user, channel, command["integration_types"]):
        return "the app is not installed here in a way that the command is for"
    if channel.guild is None:
        return None
    held = permissions.in_channel(channel, user)
    if not held & permissions.bits("use_application_commands"):
        return "the person may not use commands in this channel"
    wanted = command["default_member_permissions"]
    if wanted is None or held & permissions.bits("administrator"):
        return None
    if int(wanted) == 0 or held & int(wanted) != int(wanted):
        return f"the command asks for the permissions {wanted}"
    return None


def find(app: Application, user: User, channel: Channel, name: str, kind: int) -> Json:
    """The registered command. Raises CannotDo where there is none, or it is not for them."""
    guild = channel.guild.id if channel.guild else 0
    both = [*app.commands.get(guild, {}).values(), *app.commands.get(None, {}).values()]
    named = [command for command in both if (command["name"], command["type"]) == (name, kind)]
    if not named:
        known = sorted(command["name"] for command in both)
        raise CannotDo(f"no command {name!r} of type {kind} is registered, only {known}")
    for command in named:
        if why_not(command, app, user, channel) is None:
            return command
    raise CannotDo(f"/{name}: {why_not(named[0], app, user, channel)}")


def chat_data(
    command: Json, words: Sequence[str], given: Mapping[str, Any], *, focused: str | None = None
) -> Json:
    """An interaction's data for a chat command: sub-commands, options and what they refer to."""
    resolved: Json = {}
    level, declared, nested = command, command["options"], []
    for word in words:
        found = next((o for o in declared if o["name"] == word and o["type"] in (1, 2)), None)
        if found is None:
            choices = [option["name"] for option in declared]
            raise CannotDo(f"/{command['name']}: no sub-command {word!r}, only {choices}")
        nested.append(found)
        level, declared = found, found.get("options") or []
    if any(option["type"] in (SUB_COMMAND, GROUP) for option in declared):
        raise CannotDo(f"/{level['name']} needs a sub-command")
    options = _options(level, declared, given, resolved, focused)
    for found in reversed(nested):
        options = [{"type": found["type"], "name": found["name"], "options": options}]
    data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT, "options": options}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _options(
    level: Json,
    declared: Sequence[Json],
    given: Mapping[str, Any],
    resolved: Json,
    focused: str | None,
) -> list[Json]:
    by_name = {option["name"]: option for option in declared}
    unknown = given.keys() - by_name.keys()
    if unknown:
        raise CannotDo(f"{level['name']} has no options {sorted(unknown)}, only {list(by_name)}")
    missing = [o["name"] for o in declared if o.get("required") and o["name"] not in given]
    if missing and focused is None:
        raise CannotDo(f"{level['name']} needs {missing}")
    filled = []
    for name, value in given.items():
        option = by_name[name]
        shape: Json = {"type": option["type"], "name": name}
        if name == focused:
            if not option.get("autocomplete"):
                raise CannotDo(f"{name} is not autocompleted")
            shape |= {"value": str(value), "focused": True}
        else:
            shape["value"] = _value(option, value, resolved)
        filled.append(shape)
    return filled


def _value(option: Json, value: Any, resolved: Json) -> Any:
    kind, name = option["type"], option["name"]
    wanted: dict[int, type | tuple[type, ...]] = {
        STRING: str,
        INTEGER: int,
        BOOLEAN: bool,
        NUMBER: (int, float),
        USER: User,
        CHANNEL: Channel,
        ROLE: Role,
        MENTIONABLE: (User, Role),
        ATTACHMENT: dict,
    }
    is_flag = isinstance(value, bool) and kind != BOOLEAN
    if kind not in wanted or not isinstance(value, wanted[kind]) or is_flag:
        raise CannotDo(f"{name} takes type {kind}, not {value!r}")
    if option.get("choices"):
        for choice in option["choices"]:
            if value in (choice["name"], choice["value"]):
                return choice["value"]
        raise CannotDo(f"{name}: {value!r} is not one of {option['choices']}")
    if kind == ATTACHMENT:
        resolved.setdefault("attachments", {})[value["id"]] = value
        return value["id"]
    if isinstance(value, User | Channel | Role):
        offered = option.get("channel_types")
        if isinstance(value, Channel) and offered and value.type not in offered:
            raise CannotDo(f"{name}: channels of type {value.type} are not offered")
        return resolve(value, resolved)
    low, high = (
        (option.get("min_length"), option.get("max_length"))
        if kind == STRING
        else (option.get("min_value"), option.get("max_value"))
    )
    size: Any = len(str(value)) if kind == STRING else value
    if kind == STRING and not value:
        raise CannotDo(f"{name} cannot be empty")
    if (low is not None and size < low) or (high is not None and size > high):
        raise CannotDo(f"{name}: {value!r:.40} is outside {low} to {high}")
    return value


def resolve(thing: User | Channel | Role | Message, resolved: Json) -> str:
    """Note what an id stands for; returns the id."""
    number = str(thing.id)
    if isinstance(thing, User):
        resolved.setdefault("users", {})[number] = shapes.user(thing)
    elif isinstance(thing, Role):
        resolved.setdefault("roles", {})[number] = shapes.role(thing)
    elif isinstance(thing, Message):
        resolved.setdefault("messages", {})[number] = message_shapes.message(thing)
    else:
        shape = shapes.channel(thing) | {"permissions": str(permissions.EVERYONE)}
        resolved.setdefault("channels", {})[number] = shape
    return number
