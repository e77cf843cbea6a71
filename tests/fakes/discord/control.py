"""The stand-in in a process of its own, told what to do over HTTP.

PYTHONPATH=tests python -m fakes.discord.control     # prints its addresses as one JSON line

GET  /__state   channels with messages, counts, violations, gateway
POST /__fault   the fields of `faults.Fault`, or {"clear": true}
POST /__act     {"do": "user", "name": "ada"}                         -> {"id"}
                {"do": "guild", "name": "Lab", "owner": id}           -> {"id"}
                {"do": "text" | "forum" | "announcement", "guild": id, "name": ...} -> {"id"}
                {"do": "command" | "autocomplete", "who": id, "words": [...],
                 "options": {...}, "channel": id, "until": ...}       -> the answer
                {"do": "press", "who": id, "message": id, "which": ...}
                {"do": "select", ..., "values": [...]}   {"do": "modal", "values": {...}}
                {"do": "say", "who": id, "channel": id, "text": ...}
                {"do": "set", "ack_limit_s": 3.0}   {"do": "dms", "who": id, "closed": true}
                {"do": "reconnect" | "abort" | "invalidate" | "go_away" | "come_back"}
                {"do": "close", "code": 4009}            {"do": "as_discord"}
                {"do": "limit", "method": "POST", "template": "/channels/{channel_id}/messages",
                 "count": 5, "seconds": 0.5}
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.discord.answers import Answer, NoAnswer
from fakes.discord.commands import CannotDo
from fakes.discord.message_shapes import message as shape_of
from fakes.discord.nouns import Channel

if TYPE_CHECKING:
    from fakes.discord.server import DiscordServer

Json = dict[str, Any]
KNOBS = ("ack_limit_s", "token_limit_s", "nonce_window_s", "check_bodies")


def add_routes(app: web.Application, server: "DiscordServer") -> None:
    """The three doors."""

    async def get_state(_: web.Request) -> web.Response:
        return web.json_response(state(server))

    async def set_fault(request: web.Request) -> web.Response:
        what = await request.json()
        if what.pop("clear", False):
            server.faults.clear()
        else:
            server.faults.add(what.pop("method"), what.pop("pattern"), **what)
        return web.json_response({"pending": len(server.faults.pending)})

    async def do(request: web.Request) -> web.Response:
        what = await request.json()
        try:
            return web.json_response(await act(server, what))
        except (CannotDo, NoAnswer) as error:
            return web.json_response({"refused": type(error).__name__, "why": str(error)})

    app.router.add_get("/__state", get_state)
    app.router.add_post("/__fault", set_fault)
    app.router.add_post("/__act", do)


def state(server: "DiscordServer") -> Json:
    """Everything that a benchmark or a person may want to count."""
    gateway = server.gateway
    return {
        "channels": {str(c.id): _channel(c) for c in server.world.channels.values()},
        "commands": server.commands(),
        "counts": dict(server.counts),
        "violations": server.violations,
        "crashes": server.rest.crashes,
        "invalid_requests": server.invalid_requests,
        "busiest_second": server.limits.busiest_second,
        "exceeded": server.limits.exceeded,
        "faults": _struck(server),
        "gateway": dict(gateway.counts) | {"live": len(gateway.live), "closes": gateway.closes},
        "interactions": len(server.world.interactions),
        "unanswered": sum(i.answered is None for i in server.world.interactions.values()),
    }


def _struck(server: "DiscordServer") -> Json:
    found: Counter[str] = Counter()
    for fault in server.faults.all:
        found[f"discord {fault.label}"] += fault.hits
    return {label: hits for label, hits in found.items() if hits}


def _channel(channel: Channel) -> Json:
    return {
        "name": channel.name,
        "type": channel.type,
        "guild": str(channel.guild.id) if channel.guild else None,
        "parent": str(channel.parent.id) if channel.parent else None,
        "recipients": [str(user.id) for user in channel.recipients],
        "deleted": channel.deleted,
        "messages": [
            shape_of(message) | {"text": message.text, "deleted": message.deleted}
            for message in channel.messages.values()
        ],
    }


async def act(server: "DiscordServer", what: Mapping[str, Any]) -> Json:
    """Do one thing; see the top of this module."""
    verb = what["do"]
    if verb in ("command", "autocomplete", "press", "select", "modal", "say", "dms"):
        return await _person(server, verb, what)
    if verb == "user":
        return {"id": str(server.user(what["name"], locale=what.get("locale", "en-US")).id)}
    if verb == "guild":
        members = [server.world.users[int(number)] for number in what.get("members", ())]
        owner = server.world.users[int(what["owner"])]
        return {"id": str(server.guild(what["name"], owner=owner, members=members).id)}
    if verb in ("text", "forum", "announcement"):
        guild = server.world.guilds[int(what["guild"])]
        return {"id": str(getattr(server, verb)(guild, what["name"]).id)}
    if verb == "set":
        for name in KNOBS:
            if name in what:
                setattr(server.rest, name, what[name])
    elif verb == "as_discord":
        server.limits.as_discord()
    elif verb == "limit":
        server.limits.limit(what["method"], what["template"], what["count"], what["seconds"])
    elif verb == "reconnect":
        server.gateway.ask_reconnect()
    elif verb == "abort":
        server.gateway.abort()
    elif verb == "invalidate":
        server.gateway.invalidate(resumable=what.get("resumable", False))
    elif verb == "close":
        server.gateway.close(what["code"])
    elif verb == "go_away":
        await server.gateway.go_away()
    elif verb == "come_back":
        await server.gateway.come_back()
    else:
        raise CannotDo(f"nobody knows how to {verb!r}")
    return {}


async def _person(server: "DiscordServer", verb: str, what: Mapping[str, Any]) -> Json:
    world = server.world
    who: Any = world.users[int(what["who"])]
    channel = world.channels[int(what["channel"])] if "channel" in what else None
    until = what.get("until", "answered")
    if verb == "dms":
        who.dms_closed = what["closed"]
        return {}
    if verb == "say":
        return {"id": str(who.say(channel or who.dm(), what["text"]).id)}
    if verb == "autocomplete":
        found = await who.autocomplete(*what["words"], what["options"], channel=channel)
        return {"choices": found}
    if verb == "command":
        options = what.get("options", {})
        answer = await who.command(*what["words"], options, channel=channel, until=until)
    elif verb == "modal":
        answer = await who.submit_modal(what.get("values"), until=until)
    else:
        message = world.posted[int(what["message"])]
        more = [what["values"]] if verb == "select" else []
        answer = await getattr(who, verb)(message, what["which"], *more, until=until)
    return _said(answer)


def _said(answer: Answer) -> Json:
    modal = answer.modal
    return {
        "kind": answer.interaction.answered,
        "text": answer.text,
        "ephemeral": answer.ephemeral,
        "messages": [shape_of(message) for message in answer.messages],
        "modal": {"title": modal.title, "fields": list(modal.fields)} if modal else None,
        "acknowledged_after": answer.interaction.acknowledged_after,
    }


async def _serve() -> None:
    from fakes.discord.server import DiscordServer

    async with DiscordServer(point_library=False) as server:
        about = {
            "base_url": server.base_url,
            "gateway_url": server.gateway_url,
            "control_url": server.base_url.partition("/api")[0],
            "token": server.token,
            "application": str(server.application.id),
        }
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
