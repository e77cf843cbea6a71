"""Routes of messages: post, edit, delete, read, reactions, typing."""

from typing import Any
from urllib.parse import unquote

from fakes.discord import message_shapes, posting, shapes
from fakes.discord.errors import invalid, known
from fakes.discord.nouns import COMPONENTS_V2, DM, FORUM, Channel, Message, User
from fakes.discord.rest import Call, route

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = MESSAGES + "/{message_id}"


@route("POST", MESSAGES)
def create_message(call: Call) -> Any:
    channel = call.channel()
    may_post(call, channel)
    nonce = call.body.get("nonce")
    key = (call.bot.id, str(nonce))
    if nonce is not None and call.body.get("enforce_nonce"):
        first = call.world.nonces.get(key)
        if first and call.world.clock() - first.posted <= call.rest.nonce_window_s:
            if first.deleted:  # https://github.com/discord/discord-api-docs/pull/6647
                raise known(10008)
            return message_shapes.message(first)
    reference = call.body.get("message_reference")
    if reference and int(reference["message_id"]) not in channel.messages:
        if reference.get("fail_if_not_exists", True):
            raise invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        del call.body["message_reference"]
    message = posting.publish(
        call.world, channel, call.bot.bot, call.body, files=call.files, app=call.bot
    )
    if nonce is not None and call.body.get("enforce_nonce"):
        call.world.nonces[key] = message
    return message_shapes.message(message)


def may_post(call: Call, channel: Channel) -> None:
    """Refuse as Discord does where the bot cannot post this there."""
    if channel.type == DM:
        person = next(user for user in channel.recipients if not user.bot)
        refuse_closed_door(call, person)
        return
    if channel.type == FORUM:
        raise known(40058)
    if channel.is_thread:
        if channel.locked:
            raise known(50083)
        call.allowed(channel, "send_messages_in_threads")
    else:
        call.allowed(channel, "send_messages")
    if call.body.get("embeds"):
        call.allowed(channel, "embed_links")
    if call.files:
        call.allowed(channel, "attach_files")
    if call.body.get("message_reference"):
        call.allowed(channel, "read_message_history")


def refuse_closed_door(call: Call, person: User) -> None:
    """50007 where the person's direct messages are closed, 50278 where nothing is shared."""
    if person.dms_closed:
        raise known(50007)
    shared = any(call.bot.bot in guild.members for guild in call.world.guilds_of(person))
    if not shared and call.bot.id not in person.installed:
        raise known(50278)


@route("GET", MESSAGES)
def list_messages(call: Call) -> Any:
    channel = call.channel()
    if not call.world.can(call.bot.bot, channel, "read_message_history"):
        return []
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    found = channel.history
    if "after" in call.query:
        found = [m for m in found if m.id > int(call.query["after"])][:limit]
    elif "around" in call.query:
        middle = int(call.query["around"])
        found = sorted(found, key=lambda m: abs(m.id - middle))[:limit]
        found.sort(key=lambda m: m.id)
    else:
        if "before" in call.query:
            found = [m for m in found if m.id < int(call.query["before"])]
        found = found[-limit:]
    return [message_shapes.message(message) for message in reversed(found)]


@route("GET", MESSAGE)
def get_message(call: Call) -> Any:
    return message_shapes.message(call.message(call.channel("read_message_history")))


@route("PATCH", MESSAGE)
def edit_message(call: Call) -> Any:
    message = call.message(call.channel())
    if message.author is not call.bot.bot:
        raise known(50005)
    if message.channel.is_thread and message.channel.archived:
        raise known(50083)
    change(call, message)
    return message_shapes.message(message)


def change(call: Call, message: Message) -> None:
    """Edit, once it is certain that something readable is left."""
    body = call.body
    flags = body.get("flags") if body.get("flags") is not None else message.flags
    is_v2 = bool((flags | message.flags) & COMPONENTS_V2)
    left = {
        key: body[key] if key in body else getattr(message, key)
        for key in ("content", "embeds", "components", "attachments")
    }
    if is_v2 and (left["content"] or left["embeds"]):
        raise invalid(
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "cannot be used beside components V2",
        )
    shown = [left["components"]] if is_v2 else [left["content"], left["embeds"]]
    if not (any(shown) or left["attachments"] or call.files):
        raise known(50006)
    posting.edit(call.world, message, body, call.files)


@route("DELETE", MESSAGE)
def delete_message(call: Call) -> Any:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.bot.bot:
        if channel.guild is None:
            raise known(50003)
        call.allowed(channel, "manage_messages")
    posting.delete(call.world, message)


@route("POST", MESSAGE + "/crosspost")
def crosspost(call: Call) -> Any:
    message = call.message(call.channel("send_messages"))
    if message.channel.type != 5:
        raise known(50024)
    message.flags |= 1
    posting.tell(call.world, "MESSAGE_UPDATE", message)
    return message_shapes.message(message)


@route("POST", "/channels/{channel_id}/typing")
def typing(call: Call) -> Any:
    call.channel().typing.append(call.bot.bot)


@route("PUT", MESSAGE + "/reactions/{emoji}/@me")
def add_reaction(call: Call) -> Any:
    channel = call.channel("read_message_history", "add_reactions")
    react(call, call.message(channel), unquote(call.params["emoji"]), call.bot.bot)


@route("DELETE", MESSAGE + "/reactions/{emoji}/@me")
def remove_reaction(call: Call) -> Any:
    message = call.message(call.channel())
    users = message.reactions.get(unquote(call.params["emoji"]), [])
    if call.bot.bot in users:
        users.remove(call.bot.bot)


@route("GET", MESSAGE + "/reactions/{emoji}")
def list_reactions(call: Call) -> Any:
    message = call.message(call.channel())
    users = message.reactions.get(unquote(call.params["emoji"]), [])
    return [shapes.user(user) for user in users]


def react(call: Call, message: Message, emoji: str, user: User) -> None:
    users = message.reactions.setdefault(emoji, [])
    if user not in users:
        users.append(user)
