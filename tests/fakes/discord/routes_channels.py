"""Routes of channels, direct messages, threads and forum posts."""

from typing import Any

from fakes.discord import message_shapes, posting, shapes
from fakes.discord.errors import invalid, known
from fakes.discord.nouns import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_THREAD,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    User,
)
from fakes.discord.rest import Call, route

CHANNEL = "/channels/{channel_id}"


@route("POST", "/users/@me/channels")
def open_dm(call: Call) -> Any:
    person = call.world.users.get(int(call.body.get("recipient_id") or 0))
    if person is None:
        raise known(10013)
    if person.bot:
        raise known(50007)
    return shapes.channel(call.world.dm(call.bot, person), call.bot.bot)


@route("GET", CHANNEL)
def get_channel(call: Call) -> Any:
    return shapes.channel(call.channel(), call.bot.bot)


@route("PATCH", CHANNEL)
def edit_channel(call: Call) -> Any:
    channel = call.channel()
    if channel.guild is None:
        raise known(50003)
    if channel.is_thread:
        if channel.owner is not call.bot.bot:
            call.allowed(channel, "manage_threads")
        channel.archived = call.body.get("archived", channel.archived)
        channel.locked = call.body.get("locked", channel.locked)
        if call.body.get("applied_tags") is not None:
            channel.applied_tags = [int(tag) for tag in call.body["applied_tags"]]
    else:
        call.allowed(channel, "manage_channels")
        channel.topic = call.body.get("topic", channel.topic)
    channel.name = call.body.get("name") or channel.name
    posting.tell_channel(call.world, "UPDATE", channel)
    return shapes.channel(channel, call.bot.bot)


@route("DELETE", CHANNEL)
def delete_channel(call: Call) -> Any:
    channel = call.channel()
    if channel.guild is not None:
        call.allowed(channel, "manage_threads" if channel.is_thread else "manage_channels")
        remove(call.world, channel)
    return shapes.channel(channel, call.bot.bot)


def remove(world: Any, channel: Channel) -> None:
    """The channel and its threads are gone for everyone."""
    for thread in channel.threads:
        remove(world, thread)
    posting.tell_channel(world, "DELETE", channel)
    channel.deleted = True
    if channel.guild is not None:
        channel.guild.channels.pop(channel.id, None)


@route("POST", CHANNEL + "/messages/{message_id}/threads")
def thread_from_message(call: Call) -> Any:
    channel = call.channel("create_public_threads")
    message = call.message(channel)
    if channel.type not in (TEXT, ANNOUNCEMENT):
        raise known(50024)
    if message.thread is not None:
        raise known(160004)
    kind = ANNOUNCEMENT_THREAD if channel.type == ANNOUNCEMENT else PUBLIC_THREAD
    message.thread = start_thread(call, channel, kind, number=message.id)
    message.flags |= 1 << 5
    return shapes.channel(message.thread, call.bot.bot)


@route("POST", CHANNEL + "/threads")
def thread_without_message(call: Call) -> Any:
    channel = call.channel()
    if channel.type == FORUM:
        return _forum_post(call, channel)
    kind = call.body.get("type", PRIVATE_THREAD)
    if channel.type not in (TEXT, ANNOUNCEMENT) or "message" in call.body:
        raise known(50024)
    call.allowed(
        channel,
        "create_private_threads" if kind == PRIVATE_THREAD else "create_public_threads",
    )
    return 201, shapes.channel(start_thread(call, channel, kind), call.bot.bot)


def _forum_post(call: Call, forum: Channel) -> Any:
    """The post's first message has the thread's own id."""
    if not call.body.get("message"):
        raise invalid("message", "BASE_TYPE_REQUIRED", "This field is required")
    call.allowed(forum, "send_messages")
    tags = [int(tag) for tag in call.body.get("applied_tags") or []]
    if forum.tag_required and not tags:
        raise known(40067)
    if not set(tags) <= set(forum.tags):
        raise known(10087)
    thread = start_thread(call, forum, PUBLIC_THREAD)
    thread.applied_tags = tags
    message = posting.publish(
        call.world,
        thread,
        call.bot.bot,
        call.body["message"],
        files=call.files,
        app=call.bot,
        number=thread.id,
    )
    shape = shapes.channel(thread, call.bot.bot)
    return 201, shape | {"message": message_shapes.message(message)}


def start_thread(call: Call, parent: Channel, kind: int, *, number: int | None = None) -> Channel:
    """A thread of the bot's, with an event that tells of it."""
    world = call.world
    assert parent.guild
    now = shapes.instant(world.clock())
    thread = Channel(
        id=number or world.new_id(),
        type=kind,
        name=call.body["name"],
        guild=parent.guild,
        parent=parent,
        owner=call.bot.bot,
        created=now,
        auto_archive=call.body.get("auto_archive_duration") or 1440,
        thread_members={call.bot.bot: now},
    )
    parent.guild.channels[thread.id] = thread
    world.channels[thread.id] = thread
    posting.tell_channel(world, "CREATE", thread, newly_created=True)
    return thread


MEMBERS = CHANNEL + "/thread-members"


@route("GET", MEMBERS)
def list_thread_members(call: Call) -> Any:
    thread = _thread(call)
    return [shapes.thread_member(thread, user) for user in thread.thread_members]


@route("PUT", MEMBERS + "/@me")
def join_thread(call: Call) -> Any:
    _add(call, call.bot.bot)


@route("DELETE", MEMBERS + "/@me")
def leave_thread(call: Call) -> Any:
    _thread(call).thread_members.pop(call.bot.bot, None)


@route("PUT", MEMBERS + "/{user_id}")
def add_thread_member(call: Call) -> Any:
    user = call.world.users.get(call.number("user_id"))
    thread = _thread(call)
    if user is None or thread.guild is None or user not in thread.guild.members:
        raise known(10013)
    _add(call, user)


@route("DELETE", MEMBERS + "/{user_id}")
def remove_thread_member(call: Call) -> Any:
    thread = _thread(call)
    call.allowed(thread, "manage_threads")
    user = call.world.users.get(call.number("user_id"))
    if user is not None:
        thread.thread_members.pop(user, None)


def _add(call: Call, user: User) -> None:
    thread = _thread(call)
    if thread.archived:
        raise known(50083)
    thread.thread_members.setdefault(user, shapes.instant(call.world.clock()))


def _thread(call: Call) -> Channel:
    channel = call.channel()
    if not channel.is_thread:
        raise known(50024)
    return channel


@route("GET", "/guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Any:
    guild = call.world.guilds.get(call.number("guild_id"))
    if guild is None or call.bot.bot not in guild.members:
        raise known(10004)
    found = [thread for thread in guild.threads if not thread.archived]
    return {
        "threads": [shapes.channel(thread, call.bot.bot) for thread in found],
        "members": [
            shapes.thread_member(thread, call.bot.bot)
            for thread in found
            if call.bot.bot in thread.thread_members
        ],
    }


@route("GET", CHANNEL + "/threads/archived/public")
def archived_threads(call: Call) -> Any:
    found = [thread for thread in call.channel().threads if thread.archived]
    threads = [shapes.channel(thread, call.bot.bot) for thread in reversed(found)]
    return {"threads": threads, "members": [], "has_more": False}
