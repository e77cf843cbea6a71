"""Who may do what where: Discord's permission bits and how they add up.

https://discord.com/developers/docs/topics/permissions
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakes.discord.nouns import Channel, Guild, User

BITS = {
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_external_emojis": 1 << 18,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
    "use_external_apps": 1 << 50,
}
ALL = (1 << 51) - 1
EVERYONE = sum(
    BITS[name]
    for name in BITS
    if not name.startswith("manage") and name not in ("administrator", "mention_everyone")
)
"""What the role @everyone holds in a new guild."""
IN_DMS = EVERYONE & ~(BITS["create_public_threads"] | BITS["create_private_threads"])


def bits(*names: str) -> int:
    """The bits of permissions given by name."""
    return sum(BITS[name] for name in names)


def in_guild(guild: "Guild", user: "User") -> int:
    """What the user holds in the guild before any channel's overwrites."""
    if user is guild.owner:
        return ALL
    held = guild.everyone.permissions
    for role in guild.roles_of(user):
        held |= role.permissions
    return ALL if held & BITS["administrator"] else held


def in_channel(channel: "Channel", user: "User") -> int:
    """What the user holds in the channel; a thread's are those of its parent."""
    if channel.guild is None:
        return IN_DMS if user in channel.recipients or user.bot else 0
    if user not in channel.guild.members:
        return 0
    if channel.is_thread and channel.parent:
        return in_channel(channel.parent, user)
    held = in_guild(channel.guild, user)
    if held & BITS["administrator"]:
        return ALL
    layers = (
        [channel.guild.everyone.id],
        [role.id for role in channel.guild.roles_of(user)],
        [user.id],
    )
    for layer in layers:
        denied = allowed = 0
        for target in layer:
            allow, deny = channel.overwrites.get(target, (0, 0))
            allowed |= allow
            denied |= deny
        held = (held & ~denied) | allowed
    return held if held & BITS["view_channel"] else 0
