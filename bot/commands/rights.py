"""Who may do what about a channel."""

from bot.commands.ask import Ask, BadInput
from bot.commands.request import Room, Standing
from storage import exports, keepers, workspaces
from storage.workspaces import ChannelChanges


async def may_change(ask: Ask, room: Room) -> bool:
    """Whether the asker may change what the channel gets."""
    if room.standing in (Standing.MANAGER, Standing.ADMIN):
        return True
    if room.standing is Standing.OUTSIDER:
        return False
    said = await ask.db.read(workspaces.channel_changes, room.platform, room.workspace)
    return said is ChannelChanges.MEMBERS


def must_read(room: Room) -> None:
    """Raises BadInput for somebody who is not in the channel."""
    if room.standing is Standing.OUTSIDER:
        raise BadInput("That is for members of the channel: join it, and ask again.")


async def must_change(ask: Ask, room: Room) -> None:
    """Raises BadInput for somebody who may not change what the channel gets."""
    must_read(room)
    if not await may_change(ask, room):
        raise BadInput(
            "Only an admin, or whoever made the channel, changes what it gets. An admin can open "
            f"it to every member with `{ask.request.prefix}channel allow members`. For yourself "
            "it works at once: leave out `channel`."
        )


async def look_after(ask: Ask, subscription_id: int) -> None:
    """Whoever changes a channel's digest hears from now on when it can't go on."""
    if ask.for_channel:
        asker = ask.request.asker
        who = exports.member(asker.workspace, asker.id)
        await ask.db.write(keepers.put, subscription_id, asker.platform, who, ask.now)
