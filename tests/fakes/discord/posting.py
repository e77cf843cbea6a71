"""How messages come to be, change and go, with the events that tell of it."""

from typing import Any

from fakes.discord import message_shapes, shapes
from fakes.discord.errors import invalid
from fakes.discord.nouns import (
    COMPONENTS_V2,
    Application,
    Channel,
    Interaction,
    Message,
    User,
    walk,
)
from fakes.discord.world import World

Files = dict[str, tuple[str, bytes]]

SETTABLE = (1 << 2) | (1 << 12) | COMPONENTS_V2
"""Flags that a bot may set: no embeds, silent, components V2."""


def publish(
    world: World,
    channel: Channel,
    author: User,
    body: dict[str, Any],
    *,
    files: Files | None = None,
    app: Application | None = None,
    interaction: Interaction | None = None,
    only_for: User | None = None,
    flags: int = 0,
    number: int | None = None,
) -> Message:
    """Post a message of this body and tell everyone who may know."""
    message = Message(
        id=number or world.new_id(),
        channel=channel,
        author=author,
        posted=world.clock(),
        application=app,
        interaction=interaction,
        only_for=only_for,
        nonce=body.get("nonce"),
        tts=bool(body.get("tts")),
        flags=((body.get("flags") or 0) & SETTABLE) | flags,
    )
    reference = body.get("message_reference")
    if reference:
        message.reference = channel.messages.get(int(reference["message_id"]))
        message.type = 19
    _fill(world, message, body, files or {})
    channel.messages[message.id] = message
    world.posted[message.id] = message
    if channel.is_thread and channel.archived and not channel.locked:
        channel.archived = False
    tell(world, "MESSAGE_CREATE", message)
    return message


def edit(world: World, message: Message, body: dict[str, Any], files: Files | None = None) -> None:
    """Change what the body names, keep the rest, remember how it stood."""
    message.versions.append(
        {
            "content": message.content,
            "embeds": message.embeds,
            "components": message.components,
            "at": message.edited or message.posted,
        }
    )
    if body.get("flags") is not None:
        kept = message.flags & (COMPONENTS_V2 | ~SETTABLE)  # once V2, always V2
        message.flags = kept | (body["flags"] & SETTABLE)
    _fill(world, message, body, files or {})
    message.edited = world.clock()
    tell(world, "MESSAGE_UPDATE", message)


def delete(world: World, message: Message) -> None:
    """Take it away from everyone's sight."""
    message.deleted = True
    shape = {"id": str(message.id), "channel_id": str(message.channel.id)}
    guild = message.channel.guild
    if guild is not None:
        shape["guild_id"] = str(guild.id)
    if message.only_for is None:
        emit(world, "MESSAGE_DELETE", shape, message.channel)


def tell(world: World, event: str, message: Message) -> None:
    """Send a message's event to the bots that can see its channel."""
    if message.only_for is None:
        emit(world, event, message_shapes.in_event(message), message.channel)


def emit(world: World, event: str, data: dict[str, Any], channel: Channel) -> None:
    """Send an event to the bots that can see the channel."""
    apps = [
        app
        for app in world.applications.values()
        if (channel.guild and world.can(app.bot, channel, "view_channel"))
        or app.bot in channel.recipients
    ]
    world.emit(event, data, guild=channel.guild, apps=apps)


def tell_channel(world: World, event: str, channel: Channel, **more: Any) -> None:
    """CHANNEL_* or THREAD_*, as the channel is."""
    kind = "THREAD" if channel.is_thread else "CHANNEL"
    for app in world.applications.values():
        if channel.guild and app.bot in channel.guild.members:
            data = shapes.channel(channel, app.bot) | more
            world.emit(f"{kind}_{event}", data, guild=channel.guild, apps=[app])


def _fill(world: World, message: Message, body: dict[str, Any], files: Files) -> None:
    if "content" in body:
        message.content = body["content"] or ""
    if "embeds" in body:
        message.embeds = [{"type": "rich"} | embed for embed in body["embeds"] or []]
    if "components" in body:
        message.components = numbered(body["components"] or [])
    if "allowed_mentions" in body:
        message.allowed_mentions = body["allowed_mentions"]
    if "attachments" in body or files:
        message.attachments = _attachments(world, message, body.get("attachments") or [], files)


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A copy of components, each with an id and what Discord fills in."""
    copied = [_copy(part) for part in components]
    taken = {part["id"] for part in walk(copied) if part.get("id")}
    fresh = (number for number in range(1, 10_000) if number not in taken)
    for part in walk(copied):
        part["id"] = part.get("id") or next(fresh)
        for key in ("media", "file"):
            if isinstance(part.get(key), dict):
                part[key] = {"proxy_url": part[key].get("url"), "flags": 0} | part[key]
        for item in part.get("items", ()):
            item["media"] = {"proxy_url": item["media"].get("url"), "flags": 0} | item["media"]
        if part["type"] == 14:
            part.setdefault("divider", True)
            part.setdefault("spacing", 1)
    return copied


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_copy(inner) for inner in value]
    return value


def _attachments(
    world: World, message: Message, listed: list[dict[str, Any]], files: Files
) -> list[dict[str, Any]]:
    kept = {one["id"]: one for one in message.attachments}
    result = []
    for one in listed:
        if str(one.get("id")) in kept:
            result.append(kept[str(one["id"])])
            continue
        name, data = files.get(f"files[{one.get('id')}]", (None, b""))
        if name is None:
            raise invalid("attachments", "ATTACHMENT_NOT_FOUND", "an attachment has no file")
        result.append(_attachment(world, message, one.get("filename") or name, data, one))
    if not listed:
        result = [_attachment(world, message, name, data, {}) for name, data in files.values()]
    return result


def _attachment(
    world: World, message: Message, name: str, data: bytes, about: dict[str, Any]
) -> dict[str, Any]:
    number = world.new_id()
    world.files[number] = data
    url = f"{world.files_url}/attachments/{message.channel.id}/{number}/{name}"
    shape = {
        "id": str(number),
        "filename": name,
        "size": len(data),
        "url": url,
        "proxy_url": url,
        "content_type": "application/octet-stream",
    }
    if about.get("description"):
        shape["description"] = about["description"]
    return shape
