"""Workspaces: who installed the bot, and what a workspace decided for its channels.

What an install holds is sealed by whoever stores it: no token stands here in the clear.
"""

from datetime import datetime
from enum import StrEnum

from storage.database import Tx
from storage.instants import to_text


class ChannelChanges(StrEnum):
    """Who may change what a channel gets."""

    MANAGERS = "managers"
    """Admins of the workspace, and whoever made the channel."""
    MEMBERS = "members"


def channel_changes(tx: Tx, platform: str, workspace: str) -> ChannelChanges:
    """Who may change a channel's profile there; managers unless the workspace said otherwise."""
    said = tx.value(
        """
        SELECT channel_changes FROM workspaces
        WHERE platform = :platform AND workspace = :workspace
        """,
        platform=platform,
        workspace=workspace,
    )
    return ChannelChanges(said) if said else ChannelChanges.MANAGERS


def set_channel_changes(tx: Tx, platform: str, workspace: str, who: ChannelChanges) -> None:
    """Decide who may change a channel's profile there."""
    tx.execute(
        """
        INSERT INTO workspaces (platform, workspace, channel_changes)
        VALUES (:platform, :workspace, :who)
        ON CONFLICT (platform, workspace) DO UPDATE SET channel_changes = excluded.channel_changes
        """,
        platform=platform,
        workspace=workspace,
        who=who,
    )


# --- installs ------------------------------------------------------------------------------


def install(tx: Tx, platform: str, workspace: str, sealed: bytes, now: datetime) -> None:
    """Keep what an install gave, in place of an older one."""
    tx.execute(
        """
        INSERT INTO installs (platform, workspace, sealed, installed_at)
        VALUES (:platform, :workspace, :sealed, :now)
        ON CONFLICT (platform, workspace) DO UPDATE SET
            sealed = excluded.sealed, installed_at = excluded.installed_at
        """,
        platform=platform,
        workspace=workspace,
        sealed=sealed,
        now=to_text(now),
    )


def installed(tx: Tx, platform: str, workspace: str) -> bytes | None:
    """What the workspace's install gave, sealed; None where there is none."""
    sealed: bytes | None = tx.value(
        "SELECT sealed FROM installs WHERE platform = :platform AND workspace = :workspace",
        platform=platform,
        workspace=workspace,
    )
    return sealed


def every_install(tx: Tx, platform: str) -> list[str]:
    """The workspaces that installed the bot, oldest first."""
    rows = tx.rows(
        "SELECT workspace FROM installs WHERE platform = :platform ORDER BY installed_at",
        platform=platform,
    )
    return [row["workspace"] for row in rows]


def uninstall(tx: Tx, platform: str, workspace: str) -> bool:
    """Forget an install; False if there was none."""
    return bool(
        tx.execute(
            "DELETE FROM installs WHERE platform = :platform AND workspace = :workspace",
            platform=platform,
            workspace=workspace,
        )
    )


def add_state(tx: Tx, state: str, expires_at: datetime, now: datetime) -> None:
    """Remember that an install was begun; those that ran out go."""
    tx.execute("DELETE FROM install_states WHERE expires_at <= :now", now=to_text(now))
    tx.execute(
        "INSERT INTO install_states (state, expires_at) VALUES (:state, :at)",
        state=state,
        at=to_text(expires_at),
    )


def take_state(tx: Tx, state: str, now: datetime) -> bool:
    """Whether an install was begun with this state and is still on time; it counts once."""
    return bool(
        tx.execute(
            "DELETE FROM install_states WHERE state = :state AND expires_at > :now",
            state=state,
            now=to_text(now),
        )
    )
