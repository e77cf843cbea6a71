"""Messages and interactions as JSON, as Discord gives them over REST and the gateway."""

from fakes.discord import permissions, shapes
from fakes.discord.nouns import DM, Application, Channel, Interaction, Message, User
from fakes.discord.shapes import Json


def interaction_metadata(one: Interaction) -> Json:
    shape: Json = {
        "id": str(one.id),
        "type": one.type,
        "user": shapes.user(one.user),
        "authorizing_integration_owners": one.owners,
    }
    if one.type == 2:
        shape |= {"name": one.data["name"], "command_type": one.data["type"]}
    if one.message is not None and one.type == 3:
        shape["interacted_message_id"] = str(one.message.id)
    if one.parent is not None:
        shape["triggering_interaction_metadata"] = interaction_metadata(one.parent)
    return shape


def message(one: Message) -> Json:
    shape: Json = {
        "id": str(one.id),
        "channel_id": str(one.channel.id),
        "type": one.type,
        "author": shapes.user(one.author),
        "content": one.content,
        "timestamp": shapes.instant(one.posted),
        "edited_timestamp": None if one.edited is None else shapes.instant(one.edited),
        "tts": one.tts,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": one.attachments,
        "embeds": one.embeds,
        "components": one.components,
        "pinned": False,
        "flags": one.flags,
    }
    if one.nonce is not None:
        shape["nonce"] = one.nonce
    if one.application is not None:
        shape["application_id"] = str(one.application.id)
    if one.reactions:
        shape["reactions"] = [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "me": any(other.bot for other in users),
                "me_burst": False,
                "burst_colors": [],
            }
            for emoji, users in one.reactions.items()
        ]
    if one.interaction is not None:
        shape["webhook_id"] = str(one.interaction.application.id)
        shape["interaction_metadata"] = interaction_metadata(one.interaction)
    if one.reference is not None:
        shape["message_reference"] = {
            "type": 0,
            "message_id": str(one.reference.id),
            "channel_id": str(one.reference.channel.id),
        }
        shape["referenced_message"] = None if one.reference.deleted else message(one.reference)
    if one.thread is not None and not one.thread.deleted:
        shape["thread"] = shapes.channel(one.thread)
    return shape


def in_event(one: Message) -> Json:
    """A message as MESSAGE_CREATE and MESSAGE_UPDATE carry it."""
    shape = message(one)
    guild_ = one.channel.guild
    if guild_ is not None:
        shape["guild_id"] = str(guild_.id)
        if one.author in guild_.members:
            shape["member"] = shapes.member(guild_, one.author, with_user=False)
    return shape


def in_interaction(one: Channel, who: User) -> Json:
    """A channel as an interaction carries it, with what `who` may do there."""
    return shapes.channel(one) | {"permissions": str(permissions.in_channel(one, who))}


def interaction(one: Interaction) -> Json:
    """INTERACTION_CREATE for what a person did."""
    app, place, who = one.application, one.channel, one.user
    shape: Json = {
        "id": str(one.id),
        "application_id": str(app.id),
        "type": one.type,
        "token": one.token,
        "version": 1,
        "data": one.data,
        "channel_id": str(place.id),
        "channel": in_interaction(place, who),
        "app_permissions": str(permissions.in_channel(place, app.bot) or permissions.IN_DMS),
        "locale": who.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": one.owners,
        "context": context_of(app, place),
        "attachment_size_limit": shapes.ATTACHMENT_SIZE_LIMIT,
    }
    if one.message is not None:
        shape["message"] = message(one.message)
    if place.guild is None:
        return shape | {"user": shapes.user(who)}
    held = {"permissions": str(permissions.in_channel(place, who))}
    return shape | {
        "guild_id": str(place.guild.id),
        "guild": {"id": str(place.guild.id), "locale": place.guild.locale, "features": []},
        "guild_locale": place.guild.locale,
        "member": shapes.member(place.guild, who) | held,
    }


def context_of(app: Application, place: Channel) -> int:
    """0 in a guild, 1 in the bot's direct messages, 2 among people."""
    if place.guild is not None:
        return 0
    return 1 if place.type == DM and app.bot in place.recipients else 2
