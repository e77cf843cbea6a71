"""Accounts and places as JSON, as Discord gives them over REST and the gateway."""

from datetime import UTC, datetime
from typing import Any

from fakes.discord.nouns import (
    DM,
    FORUM,
    GROUP_DM,
    Application,
    Channel,
    Guild,
    Role,
    User,
)

Json = dict[str, Any]

ATTACHMENT_SIZE_LIMIT = 10 * 1024 * 1024


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def user(one: User) -> Json:
    return {
        "id": str(one.id),
        "username": one.name,
        "discriminator": "0000" if one.bot else "0",
        "global_name": None if one.bot else one.name.title(),
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "bot": one.bot,
        "public_flags": 0,
        "flags": 0,
    }


def me(app: Application) -> Json:
    return user(app.bot) | {
        "mfa_enabled": True,
        "verified": True,
        "locale": "en-US",
        "email": None,
    }


def application(app: Application) -> Json:
    return {
        "id": str(app.id),
        "name": app.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": user(app.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "owner": user(app.owner),
        "team": None,
        "verify_key": "0" * 64,
        "flags": 0,
        "hook": True,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "integration_types_config": {"0": {}, "1": {}},
        "rpc_origins": [],
    }


def role(one: Role) -> Json:
    return {
        "id": str(one.id),
        "name": one.name,
        "description": None,
        "permissions": str(one.permissions),
        "position": one.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }


def member(guild: Guild, one: User, *, with_user: bool = True) -> Json:
    shape: Json = {
        "roles": [str(number) for number in guild.members.get(one, ())],
        "nick": guild.nicks.get(one),
        "avatar": None,
        "banner": None,
        "joined_at": instant(0),
        "premium_since": None,
        "communication_disabled_until": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
    }
    return shape | {"user": user(one)} if with_user else shape


def channel(one: Channel, viewer: User | None = None) -> Json:
    """A channel, thread or direct message; `viewer` is left out of a DM's recipients."""
    last = max((message.id for message in one.history), default=None)
    shape: Json = {
        "id": str(one.id),
        "type": one.type,
        "last_message_id": str(last) if last else None,
        "flags": 0,
    }
    if one.type in (DM, GROUP_DM):
        shape["recipients"] = [user(other) for other in one.recipients if other is not viewer]
        if one.type == GROUP_DM:
            shape |= {"name": one.name, "icon": None, "owner_id": str(one.recipients[0].id)}
        return shape
    assert one.guild
    shape |= {
        "guild_id": str(one.guild.id),
        "name": one.name,
        "parent_id": str(one.parent.id) if one.parent else None,
        "rate_limit_per_user": 0,
    }
    if one.is_thread:
        return shape | _thread(one, viewer)
    shape |= {
        "topic": one.topic,
        "nsfw": False,
        "position": list(one.guild.channels).index(one.id) if one.id in one.guild.channels else 0,
        "permission_overwrites": [
            {
                "id": str(target),
                "type": 0 if target in one.guild.roles or target == one.guild.id else 1,
                "allow": str(allow),
                "deny": str(deny),
            }
            for target, (allow, deny) in one.overwrites.items()
        ],
    }
    if one.type == FORUM:
        shape["flags"] = 1 << 4 if one.tag_required else 0
        shape |= {
            "available_tags": [
                {
                    "id": str(number),
                    "name": name,
                    "moderated": False,
                    "emoji_id": None,
                    "emoji_name": None,
                }
                for number, name in one.tags.items()
            ],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "default_forum_layout": 0,
            "default_thread_rate_limit_per_user": 0,
            "template": "",
        }
    return shape


def _thread(one: Channel, viewer: User | None) -> Json:
    posted = len(one.history)
    shape: Json = {
        "owner_id": str(one.owner.id) if one.owner else None,
        "message_count": posted,
        "total_message_sent": posted,
        "member_count": len(one.thread_members),
        "applied_tags": [str(tag) for tag in one.applied_tags],
        "thread_metadata": {
            "archived": one.archived,
            "locked": one.locked,
            "auto_archive_duration": one.auto_archive,
            "archive_timestamp": one.created,
            "create_timestamp": one.created,
        },
    }
    if viewer in one.thread_members:
        shape["member"] = thread_member(one, viewer)
    return shape


def thread_member(thread: Channel, one: User) -> Json:
    return {
        "id": str(thread.id),
        "user_id": str(one.id),
        "join_timestamp": thread.thread_members[one],
        "flags": 1,
    }


def guild(one: Guild, viewer: User, *, created: bool = False) -> Json:
    """A guild; `created` adds what only GUILD_CREATE carries."""
    shape: Json = {
        "id": str(one.id),
        "name": one.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(one.owner.id),
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role(one.everyone), *(role(other) for other in one.roles.values())],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "nsfw_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": one.locale,
        "incidents_data": None,
        "max_members": 500_000,
    }
    if created:
        shape |= {
            "joined_at": instant(0),
            "large": False,
            "unavailable": False,
            "member_count": len(one.members),
            "members": [member(one, viewer), member(one, one.owner)],
            "channels": [channel(c, viewer) for c in one.channels.values() if not c.is_thread],
            "threads": [channel(c, viewer) for c in one.threads if not c.archived],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
    return shape
