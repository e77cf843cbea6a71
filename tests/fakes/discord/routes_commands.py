"""Routes of application commands: for everywhere, and for one guild.

https://discord.com/developers/docs/interactions/application-commands
"""

from typing import Any

from fakes.discord.command_rules import MOST
from fakes.discord.errors import known
from fakes.discord.rest import Call, route

CREATES_A_DAY = 200

EVERYWHERE = "/applications/{application_id}/commands"
IN_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"
Json = dict[str, Any]


def _own(call: Call) -> tuple[dict[int, Json], int | None]:
    """The commands that the path speaks of, by id, and the guild (None: everywhere)."""
    if call.number("application_id") != call.bot.id:
        raise known(10002)
    guild = call.number("guild_id") if "guild_id" in call.params else None
    if guild is not None:
        found = call.world.guilds.get(guild)
        if found is None or call.bot.bot not in found.members:
            raise known(50001)
    return call.bot.commands.setdefault(guild, {}), guild


def _one(call: Call) -> tuple[dict[int, Json], Json]:
    commands, _ = _own(call)
    found = commands.get(call.number("command_id"))
    if found is None:
        raise known(10063)
    return commands, found


def _made(call: Call, given: Json, guild: int | None, kept: Json | None) -> Json:
    """A command as Discord keeps it; `kept` is the one of the same name and type."""
    permissions = given.get("default_member_permissions")
    number = kept["id"] if kept else str(call.world.new_id())
    if kept is None:
        call.bot.commands_created += 1
        if call.bot.commands_created > CREATES_A_DAY:
            raise known(30034)
    shape: Json = {
        "id": number,
        "application_id": str(call.bot.id),
        "version": str(call.world.new_id()),
        "type": given.get("type") or 1,
        "name": given["name"],
        "name_localizations": given.get("name_localizations"),
        "description": given.get("description") or "",
        "description_localizations": given.get("description_localizations"),
        "options": given.get("options") or [],
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(given.get("nsfw")),
        "integration_types": given.get("integration_types") or [0],
        "contexts": given.get("contexts"),
    }
    if guild is not None:
        shape["guild_id"] = str(guild)
    else:
        shape["dm_permission"] = given.get("dm_permission", True)
    return shape


def _same(commands: dict[int, Json], given: Json) -> Json | None:
    wanted = (given.get("type") or 1, given["name"])
    return next((c for c in commands.values() if (c["type"], c["name"]) == wanted), None)


def list_commands(call: Call) -> Any:
    commands, _ = _own(call)
    return list(commands.values())


def replace_commands(call: Call) -> Any:
    commands, guild = _own(call)
    made = [_made(call, given, guild, _same(commands, given)) for given in call.body or []]
    commands.clear()
    commands.update({int(command["id"]): command for command in made})
    return made


def create_command(call: Call) -> Any:
    commands, guild = _own(call)
    kept = _same(commands, call.body)
    made = _made(call, call.body, guild, kept)
    alike = sum(command["type"] == made["type"] for command in commands.values())
    if kept is None and alike >= MOST.get(made["type"], 100):
        raise known(30032)
    commands[int(made["id"])] = made
    return 200 if kept else 201, made


def get_command(call: Call) -> Any:
    return _one(call)[1]


def edit_command(call: Call) -> Any:
    _, command = _one(call)
    command |= {key: value for key, value in call.body.items() if key != "id"}
    command["version"] = str(call.world.new_id())
    if command["default_member_permissions"] is not None:
        command["default_member_permissions"] = str(command["default_member_permissions"])
    return command


def delete_command(call: Call) -> Any:
    commands, command = _one(call)
    del commands[int(command["id"])]


for _where in (EVERYWHERE, IN_GUILD):
    route("GET", _where)(list_commands)
    route("PUT", _where)(replace_commands)
    route("POST", _where)(create_command)
    route("GET", _where + "/{command_id}")(get_command)
    route("PATCH", _where + "/{command_id}")(edit_command)
    route("DELETE", _where + "/{command_id}")(delete_command)
