"""The stand-in's own door for other processes: look at its state, make trouble, act as people.

GET /__state.
POST /__fault   the fields of `faults.Fault`, or one of {"calm": true}, {"away": seconds},
                {"limit": {"per_second": 1, "burst": 3}}, {"patience": 1.5}, {"disconnect": reason}.
POST /__act     {"user": name or id, "do": "command", "args": {...}}, where to press also "on":
                {"channel": id, "ts": ts}, "home", "modal" or "ephemeral" (the newest); or
                {"do": "channel", "args": {"name": ..., "members": [names]}}; or, of a channel,
                {"do": "joins" | "leaves" | "archives" | "deletes", "channel": id or name}.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.slack.faults import Fault
from fakes.slack.state import Json, Message, View

if TYPE_CHECKING:
    from fakes.slack.delivery import Handed
    from fakes.slack.people import Person
    from fakes.slack.server import SlackServer

HAPPENINGS = frozenset("joins leaves archives deletes".split())
ACTS = frozenset("command press shortcut submit fill close_modal say dm mention open_home".split())


async def state(server: "SlackServer", request: web.Request) -> web.Response:
    """Everything that a judge of a run needs, as JSON."""
    teams = {
        team.id: {
            "name": team.name,
            "installed": team.installed,
            "bot_token": team.bot_token if team.grants else None,
            "bot_user_id": team.bot_user_id,
            "users": {user.id: user.name for user in team.users.values()},
            "channels": {
                channel.id: {
                    "name": channel.name,
                    "kind": channel.kind,
                    "members": channel.members,
                    "archived": channel.archived,
                    "deleted": channel.deleted,
                    "messages": [message_told(message) for message in channel.messages],
                }
                for channel in team.channels.values()
            },
            "ephemerals": [message_told(message) for message in team.ephemerals],
            "homes": {user: view.body for user, view in team.homes.items()},
            "modals": {user: [v.body for v in stack] for user, stack in team.modals.items()},
        }
        for team in server.workspaces.values()
    }
    counted: dict[str, int] = {}
    for call in server.calls:
        name = f"{call.method} {call.error or call.fault or 'ok'}"
        counted[name] = counted.get(name, 0) + 1
    return web.json_response(
        {
            "teams": teams,
            "app": {"app_token": server.app_token, "signing_secret": server.signing_secret},
            "calls": counted,
            "refused": len(server.limit.refused),
            "faults": dict(Counter(f"slack {fault.label}" for fault in server.faults.hits)),
            "violations": [[v.method, *v.problems] for v in server.violations],
            "sockets": {"open": len(server.sockets.open), "opened": server.sockets.opened},
            "handed": [handed.summary() for handed in server.delivery.handed],
        }
    )


def message_told(message: Message) -> Json:
    """A message with what only the stand-in knows of it."""
    return message.as_api(metadata=True) | {
        "channel": message.channel,
        "deleted": message.deleted,
        "ephemeral_to": message.ephemeral_to,
        "versions": len(message.versions),
    }


async def fault(server: "SlackServer", request: web.Request) -> web.Response:
    asked = await request.json()
    if asked.get("calm"):
        server.faults.calm()
    elif asked.get("away"):
        server.leaving = asyncio.create_task(_leave(server, float(asked["away"])))
    elif "limit" in asked:
        server.limit.set(**asked["limit"])
    elif "patience" in asked:
        server.delivery.patience = float(asked["patience"])
    elif "disconnect" in asked:
        await server.sockets.disconnect(asked["disconnect"])
    else:
        server.faults.add(Fault(**asked))
    return web.json_response({"ok": True})


async def _leave(server: "SlackServer", seconds: float) -> None:
    await asyncio.sleep(0.05)  # the answer must still get out
    await server.away()
    await asyncio.sleep(seconds)
    await server.back()


async def act(server: "SlackServer", request: web.Request) -> web.Response:
    """Let something happen; the answer tells what became of it."""
    asked = await request.json()
    try:
        if asked["do"] == "channel":
            return web.json_response({"ok": True, "channel": _channel(server, **asked["args"])})
        handed = await _acted(server, **asked)
    except (LookupError, ValueError, TypeError) as error:
        return web.json_response({"ok": False, "error": str(error)}, status=400)
    return web.json_response({"ok": True, "handed": [one.summary() for one in handed]})


def _channel(server: "SlackServer", name: str, members: Sequence[str] = ()) -> str:
    return server.channel(name, members=[_person(server, who) for who in members]).id


async def _acted(
    server: "SlackServer",
    do: str,
    user: str = "",
    args: Json | None = None,
    on: Any = None,
    channel: str = "",
) -> "list[Handed]":
    if do in HAPPENINGS:
        return [await getattr(server, do)(server.channel_of(channel))]
    if do not in ACTS:
        raise LookupError(f"nobody can {do}")
    person, given = _person(server, user), dict(args or {})
    if on is not None:
        given["message" if do == "shortcut" else "place"] = _place(person, on)
    ended = getattr(person, do)(**given)
    if asyncio.iscoroutine(ended):
        ended = await ended
    return ended if isinstance(ended, list) else [ended] if ended else []


def _person(server: "SlackServer", who: str) -> "Person":
    try:
        return server.person(who)
    except LookupError:
        return server.user(who)


def _place(person: "Person", on: Any) -> Message | View:
    named: dict[str, Any] = {"home": person.home, "modal": person.modal}
    if on == "ephemeral":
        return person.ephemerals[-1]
    if isinstance(on, str):
        found = named.get(on)
    else:
        room = person.server.channel_of(on["channel"])
        found = room.find(on["ts"])
    if found is None:
        raise LookupError(f"there is no {on}")
    return found
