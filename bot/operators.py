"""The operators' channel: one message for what needs a person, at most hourly.

What is sent there goes through the outbox like everything else, under a key for the hour; so a
service that is restarted again and again says it once. Where the channel's own platform is what is
broken, the message waits, and the log and `/metrics` have it meanwhile.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from bot.messages import Message, counted, to_json
from bot.metrics import Metrics
from bot.platforms import Platform
from bot.troubles import Trouble, Troubles
from storage import deliveries, invariants, outbox, overview, refused
from storage.database import Database, Tx
from storage.invariants import Broken
from storage.overview import LostWorkspace
from storage.records import DeliveryKind, Destination

AWAY = timedelta(minutes=15)
"""Platforms reconnect by themselves; a person is asked after this."""

STUCK = timedelta(minutes=15)

LITTLE_SPACE = 512 * 1024 * 1024
"""Bytes that should be free beside the database."""

SHOWN = 15

log = structlog.get_logger()


class Operators:
    """Looks for troubles, and tells them where the settings say."""

    def __init__(
        self,
        db: Database,
        platforms: Sequence[Platform],
        channel: Destination | None,
        metrics: Metrics,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.troubles = Troubles()
        self._db = db
        self._platforms = platforms
        self._channel = channel
        self._metrics = metrics
        self._clock = clock
        self._wake = wake
        self._connected: dict[str, datetime] = {}
        self._buried_to = clock()
        self._lost: set[str] = set()

    async def look(self) -> int:
        """Look at what can be seen from here, and tell what is new: in the channel, without one in
        the log; how many troubles were told.
        """
        now = self._clock()
        self._look_at_platforms(now)
        await asyncio.to_thread(self._look_at_disk)
        await self._look_at_outbox(now)
        await self._look_at_refused()
        await self._look_at_workspaces()
        found = self.troubles.untold(now)
        if not found:
            return 0
        if self._channel is None:
            for one in found:
                log.warning("somebody is needed", trouble=one.name, said=one.said)
            self.troubles.told(found, now)
            return len(found)
        if not await self._db.write(_tell, self._channel, found, now):
            return 0  # this hour has had its message; the next one tells
        self.troubles.told(found, now)
        log.warning("operators told", troubles=len(found))
        self._wake()
        return len(found)

    def checked(self, broken: Sequence[Broken]) -> None:
        """The invariants were looked at; these do not hold."""
        found = {one.name: one.sentence for one in broken}
        for name in invariants.NAMES:
            said = f"{name}: {found.get(name, '')}"
            self.troubles.is_so(f"invariant {name}", said, holds=name in found)

    def _look_at_platforms(self, now: datetime) -> None:
        for one in self._platforms:
            if one.is_connected:
                self._connected[one.name] = now
            since = self._connected.setdefault(one.name, now)
            self.troubles.is_so(
                f"away {one.name}",
                f"{one.name} has not been connected since {since:%H:%M} UTC: look at its status "
                "page, its token, and the log",
                holds=now - since >= AWAY,
            )

    def _look_at_disk(self) -> None:
        free = shutil.disk_usage(Path(self._db.path).absolute().parent).free
        self._metrics.disk_free.set(free)
        self.troubles.is_so(
            "disk",
            f"only {free // 2**20:,} MB are free beside the database: make room; when it is full "
            "nothing is taken in and nothing is sent",
            holds=free < LITTLE_SPACE,
        )

    async def _look_at_outbox(self, now: datetime) -> None:
        overdue, buried = await self._db.read(_outbox, self._buried_to, now)
        self._buried_to = now
        self.troubles.is_so(
            "stuck",
            f"a message that may go has waited since {now - overdue:%H:%M} UTC: "
            "`paperround outbox list --status pending`",
            holds=overdue >= STUCK,
        )
        if buried:
            self.troubles.happened(
                f"buried {now:%Y-%m-%dT%H}",
                f"{counted(buried, 'delivery was', 'deliveries were')} given up: "
                "`paperround outbox list --status dead`",
            )

    async def _look_at_refused(self) -> None:
        found = await self._db.read(refused.every)
        shown = ", ".join(f"#{one.seq}" for one in found[:SHOWN])
        self.troubles.is_so(
            "refused papers",
            f"the model can't encode {counted(len(found), 'paper')} ({shown}): digests leave them "
            "out, alerts do not; the log has the reason, and the next start tries them again",
            holds=bool(found),
        )

    async def _look_at_workspaces(self) -> None:
        """Who looks after a lost workspace's channels is out of reach with them."""
        found = {
            f"workspace {one.platform} {one.workspace}": lost_workspace(one)
            for one in await self._db.read(overview.lost_workspaces)
        }
        for name in self._lost - set(found):
            self.troubles.end(name)
        for name, said in found.items():
            self.troubles.begin(name, said)
        self._lost = set(found)


def lost_workspace(one: LostWorkspace) -> str:
    """What operators are told of it."""
    return (
        f"nobody in {one.platform} workspace {one.workspace} can be reached ({one.reason}): "
        f"{counted(one.places, 'place')} with digests or alerts, paused; install the bot there "
        "again, and they go on"
    )


def _outbox(tx: Tx, since: datetime, now: datetime) -> tuple[timedelta, int]:
    return deliveries.longest_due(tx, now), deliveries.given_up(tx, since, now)


def _tell(tx: Tx, channel: Destination, found: Sequence[Trouble], now: datetime) -> bool:
    said = [f"• {one.said}" for one in found[:SHOWN]]
    if len(found) > SHOWN:
        said.append(f"• and {len(found) - SHOWN} more: see the log")
    message = Message(
        heading=f"Paperround needs somebody: {counted(len(found), 'thing')}",
        intro="\n".join(said),
        footer="Told once, and again tomorrow if it is still so. The runbook has the remedies.",
    )
    return outbox.queue(
        tx,
        key=f"operators/{now:%Y-%m-%dT%H}",
        kind=DeliveryKind.NOTICE,
        destination=channel,
        profile_id=None,
        body=to_json(message),
        due_at=now,
        now=now,
    )
