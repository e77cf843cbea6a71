"""Routes of the bot itself, users, guilds, the gateway's address and attachments."""

from typing import Any

from fakes.discord import shapes
from fakes.discord.errors import known
from fakes.discord.nouns import Guild
from fakes.discord.rest import Call, route


@route("GET", "/users/@me")
def get_me(call: Call) -> Any:
    return shapes.me(call.bot)


@route("PATCH", "/users/@me")
def edit_me(call: Call) -> Any:
    call.bot.edits.append(call.body)
    call.bot.bot.name = call.body.get("username") or call.bot.bot.name
    return shapes.me(call.bot)


@route("GET", "/users/@me/guilds")
def my_guilds(call: Call) -> Any:
    return [shapes.guild(guild, call.bot.bot) for guild in call.world.guilds_of(call.bot.bot)]


@route("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> Any:
    guild = _guild(call)
    del guild.members[call.bot.bot]
    data = {"id": str(guild.id)}
    call.world.emit("GUILD_DELETE", data, guild=guild, apps=[call.bot])


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Any:
    found = call.world.users.get(call.number("user_id"))
    if found is None:
        raise known(10013)
    return shapes.user(found)


@route("GET", "/oauth2/applications/@me")
def get_application(call: Call) -> Any:
    return shapes.application(call.bot)


@route("GET", "/applications/@me")
def get_own_application(call: Call) -> Any:
    return shapes.application(call.bot)


@route("PATCH", "/applications/@me")
def edit_application(call: Call) -> Any:
    call.bot.edits.append(call.body)
    return shapes.application(call.bot)


@route("GET", "/applications/{application_id}/emojis")
def list_emojis(call: Call) -> Any:
    return {"items": []}


@route("GET", "/gateway", token=False)
def get_gateway(call: Call) -> Any:
    return {"url": call.rest.gateway.url}


@route("GET", "/gateway/bot")
def get_bot_gateway(call: Call) -> Any:
    gateway = call.rest.gateway
    return {
        "url": gateway.url,
        "shards": gateway.shards,
        "session_start_limit": {
            "total": 1_000,
            "remaining": gateway.session_starts,
            "reset_after": 86_400_000,
            "max_concurrency": 1,
        },
    }


def _guild(call: Call) -> Guild:
    found = call.world.guilds.get(call.number("guild_id"))
    if found is None:
        raise known(10004)
    if call.bot.bot not in found.members:
        raise known(50001)
    return found


@route("GET", "/guilds/{guild_id}")
def get_guild(call: Call) -> Any:
    guild = _guild(call)
    counts = {
        "approximate_member_count": len(guild.members),
        "approximate_presence_count": len(guild.members),
    }
    return shapes.guild(guild, call.bot.bot) | (counts if call.query.get("with_counts") else {})


@route("GET", "/guilds/{guild_id}/channels")
def list_channels(call: Call) -> Any:
    guild = _guild(call)
    return [shapes.channel(c, call.bot.bot) for c in guild.channels.values() if not c.is_thread]


@route("GET", "/guilds/{guild_id}/roles")
def list_roles(call: Call) -> Any:
    guild = _guild(call)
    return [shapes.role(role) for role in (guild.everyone, *guild.roles.values())]


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def get_member(call: Call) -> Any:
    guild = _guild(call)
    user = call.world.users.get(call.number("user_id"))
    if user is None or user not in guild.members:
        raise known(10007)
    return shapes.member(guild, user)


@route("GET", "/attachments/{channel_id}/{attachment_id}/{name}", token=False)
def get_attachment(call: Call) -> Any:
    data = call.world.files.get(call.number("attachment_id"))
    if data is None:
        raise known(10008)
    return 200, data
