"""What happens to workspaces and channels, told to the app as events."""

from typing import TYPE_CHECKING

from fakes.slack import interactions
from fakes.slack.delivery import Delivery, Handed
from fakes.slack.state import Channel, Json
from fakes.slack.workspace import Workspace

if TYPE_CHECKING:
    from fakes.slack.people import Person


class Happenings:
    """The part of the server through which a test makes things happen."""

    delivery: Delivery
    workspaces: dict[str, Workspace]
    workspace: Workspace

    async def emit(self, inner: Json, team: Workspace | None = None) -> Handed:
        """Deliver any event."""
        payload = interactions.event(self, team or self.workspace, inner)  # type: ignore[arg-type]
        return await self.delivery.hand("events_api", payload)

    async def joins(self, channel: Channel, who: "Person | None" = None) -> Handed:
        """A person, or without one the bot itself, becomes a member of a channel."""
        team = self.workspaces[channel.team]
        user = who.id if who else team.bot_user_id
        if user not in channel.members:
            channel.members.append(user)
        inner: Json = {
            "type": "member_joined_channel",
            "user": user,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "public" else "G",
            "team": team.id,
        }
        return await self.emit(inner | ({} if who else {"inviter": channel.creator}), team)

    async def leaves(self, channel: Channel, who: "Person | None" = None) -> Handed:
        """A person leaves a channel; without one, the bot is removed from it."""
        team = self.workspaces[channel.team]
        user = who.id if who else team.bot_user_id
        channel.members = [member for member in channel.members if member != user]
        kind = "channel_left" if channel.kind == "public" else "group_left"
        inner: Json = {"type": kind, "channel": channel.id, "actor_id": channel.creator}
        if who:
            inner = {
                "type": "member_left_channel",
                "user": user,
                "channel": channel.id,
                "channel_type": "C" if channel.kind == "public" else "G",
                "team": team.id,
            }
        return await self.emit(inner, team)

    async def archives(self, channel: Channel) -> Handed:
        channel.archived = True
        kind = "channel_archive" if channel.kind == "public" else "group_archive"
        inner = {"type": kind, "channel": channel.id, "user": channel.creator, "is_moved": 0}
        return await self.emit(inner, self.workspaces[channel.team])

    async def unarchives(self, channel: Channel) -> Handed:
        channel.archived = False
        kind = "channel_unarchive" if channel.kind == "public" else "group_unarchive"
        inner = {"type": kind, "channel": channel.id, "user": channel.creator}
        return await self.emit(inner, self.workspaces[channel.team])

    async def deletes(self, channel: Channel) -> Handed:
        channel.deleted = True
        kind = "channel_deleted" if channel.kind == "public" else "group_deleted"
        return await self.emit({"type": kind, "channel": channel.id}, self.workspaces[channel.team])

    async def renames(self, channel: Channel, name: str) -> Handed:
        channel.name = name
        told = {"id": channel.id, "name": name, "created": channel.created}
        kind = "channel_rename" if channel.kind == "public" else "group_rename"
        return await self.emit({"type": kind, "channel": told}, self.workspaces[channel.team])

    async def uninstalls(self, team: Workspace | None = None) -> list[Handed]:
        """The app is removed from a workspace: its tokens die, and two events tell of it."""
        team = team or self.workspace
        team.revoke()
        revoked = await self.revokes(team)
        return [revoked, await self.emit({"type": "app_uninstalled"}, team)]

    async def revokes(self, team: Workspace | None = None) -> Handed:
        """The tokens of a workspace are taken back."""
        team = team or self.workspace
        team.revoke()
        tokens = {"oauth": [], "bot": [team.bot_user_id]}
        return await self.emit({"type": "tokens_revoked", "tokens": tokens}, team)
