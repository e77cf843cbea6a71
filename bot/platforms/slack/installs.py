"""Installs: whose tokens the bot has, for one workspace from the settings or for many by OAuth.

Tokens of many lie in the database, sealed with a key that is made of PAPERROUND_SECRET_KEY and
stands nowhere.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.platforms import Misconfigured
from bot.recent import Recent
from bot.settings import BadSetting
from storage import workspaces
from storage.database import Database

PLATFORM = "slack"

SHORTEST_KEY = 32
"""Characters."""

KEPT = 5_000
"""Workspaces whose tokens are at hand; those of others are read and opened again."""

_SALT = b"paperround: tokens of workspaces"
"""Fixed, since the key must be made anew at each start; its strength is in the secret."""


class NotInstalled(Exception):
    """The bot is not, or no longer, in this workspace."""


@dataclass(frozen=True, kw_only=True)
class Install:
    """What a workspace gave the bot."""

    workspace: str
    token: str = field(repr=False)
    bot_id: str = ""
    bot_user: str = ""
    app: str = ""
    installer: str = ""
    """Who installed it, where that is known."""


class Source(Protocol):
    """Where installs come from."""

    async def of(self, workspace: str) -> Install:
        """The workspace's install. Raises NotInstalled."""

    async def forget(self, workspace: str) -> None:
        """The workspace took its tokens back."""


class One:
    """The one workspace of PAPERROUND_SLACK_BOT_TOKEN."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.install: Install | None = None
        """Known once Slack has said whose token it is."""

    async def of(self, workspace: str) -> Install:
        """The install; before Slack has said whose it is, the token is taken at its word."""
        if self.install is None:
            return Install(workspace=workspace, token=self.token)
        if self.install.workspace != workspace:
            raise NotInstalled(f"PAPERROUND_SLACK_BOT_TOKEN is not of the workspace {workspace}")
        return self.install

    async def forget(self, workspace: str) -> None:
        """Nothing is kept: the next start asks Slack again."""


class Many:
    """Every workspace that installed the bot."""

    def __init__(self, db: Database, clock: Callable[[], datetime], secret: str) -> None:
        """Raises BadSetting where the secret is too short."""
        self._db = db
        self._clock = clock
        self._lock = Fernet(_key(secret))
        self._known: Recent[str, Install] = Recent(KEPT)

    async def of(self, workspace: str) -> Install:
        """The workspace's install. Raises NotInstalled, and Misconfigured for another key."""
        if known := self._known.get(workspace):
            return known
        sealed = await self._db.read(workspaces.installed, PLATFORM, workspace)
        if sealed is None:
            raise NotInstalled(f"the bot is not installed in the workspace {workspace}")
        install = Install(**self._opened(sealed))
        self._known[workspace] = install
        return install

    async def add(self, install: Install) -> None:
        """Keep an install, in place of an older one of its workspace."""
        sealed = self._lock.encrypt(json.dumps(asdict(install)).encode())
        await self._db.write(workspaces.install, PLATFORM, install.workspace, sealed, self._clock())
        self._known[install.workspace] = install

    async def forget(self, workspace: str) -> None:
        """Delete the workspace's tokens."""
        await self._db.write(workspaces.uninstall, PLATFORM, workspace)
        self._known.pop(workspace, None)

    async def check(self) -> int:
        """Open every install; how many there are. Raises Misconfigured where the key is another."""
        every = await self._db.read(workspaces.every_install, PLATFORM)
        for workspace in every:
            await self.of(workspace)
        return len(every)

    def _opened(self, sealed: bytes) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._lock.decrypt(sealed))
        except InvalidToken as error:
            raise Misconfigured(
                "PAPERROUND_SECRET_KEY is not the key that the workspaces' tokens were sealed "
                "with: set the former one, or empty the table installs and let them install again"
            ) from error
        return found


def _key(secret: str) -> bytes:
    """Fernet's key. Scrypt, since people choose secrets; some 50 ms once a start."""
    if len(secret) < SHORTEST_KEY:
        raise BadSetting(
            f"PAPERROUND_SECRET_KEY is too short: use any {SHORTEST_KEY} characters or more, such "
            "as the output of `openssl rand -hex 32`"
        )
    made = Scrypt(salt=_SALT, length=32, n=2**14, r=8, p=1).derive(secret.encode())
    return base64.urlsafe_b64encode(made)
