"""Watching: what can only be seen by looking, put where `/metrics` shows it.

The outbox and the connections are looked at when somebody asks; the event loop is watched all the
time, because a stall is over by the time that anybody would ask.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.metrics import Metrics
from bot.platforms import Platform
from matching.ingest import IngestReport
from storage import deliveries, invariants, overview
from storage.database import Database, Tx
from storage.invariants import Broken
from storage.records import DeliveryStatus
from storage.schema import DatabaseUnusable

LOOK_S = 0.1
"""Between two looks at the event loop: a stall longer than this is certainly seen."""

FOLDER = "folder"
"""The source of what lies in the inbox."""

STANDING: tuple[DeliveryStatus, ...] = (
    DeliveryStatus.PENDING,
    DeliveryStatus.LEASED,
    DeliveryStatus.DEAD,
)
"""What is counted anew at each look; those sent are counted as they are sent."""

log = structlog.get_logger()


class Watcher:
    """Looks after the metrics of one service."""

    def __init__(
        self,
        db: Database,
        platforms: Sequence[Platform],
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._platforms = platforms
        self._metrics = metrics
        self._clock = clock
        metrics.expect(
            platforms=[one.name for one in platforms],
            sources=[FOLDER],
            invariants=invariants.NAMES,
            statuses=STANDING,
        )

    async def run(self) -> None:
        """Watch the event loop until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._metrics.loop_lag.observe(max(loop.time() - due, 0.0))

    async def scrape(self) -> bytes:
        """Everything as it stands now, as Prometheus reads it; where the database can't be asked,
        what came of it stays as it was last.
        """
        for platform in self._platforms:
            self._metrics.connected.labels(platform.name).set(platform.is_connected)
        try:
            await self._look_at_database()
        except DatabaseUnusable as error:
            log.error("database not seen", error=str(error))
            self._metrics.database_usable.set(0)
        else:
            self._metrics.database_usable.set(1)
        return await asyncio.to_thread(self._metrics.text)

    async def _look_at_database(self) -> None:
        standing, overdue, last = await self._db.read(_look, self._clock())
        for status, count in standing.items():
            self._metrics.outbox.labels(status).set(count)
        self._metrics.outbox_overdue.set(overdue.total_seconds())
        if last is not None:
            self._metrics.last_dump.set(last.timestamp())

    def took(self, report: IngestReport, source: str = FOLDER) -> None:
        """A dump of this source was ingested."""
        if not report.was_known:
            self._metrics.papers.labels(source).inc(report.new)
            self._metrics.rejects.labels(source).inc(len(report.rejects))

    def checked(self, broken: Sequence[Broken]) -> None:
        """The invariants were looked at; these do not hold."""
        found = {one.name: one.count for one in broken}
        for name in invariants.NAMES:
            self._metrics.invariants.labels(name).set(found.get(name, 0))
        self._metrics.invariants_checked.set(self._clock().timestamp())


def _look(tx: Tx, now: datetime) -> tuple[dict[DeliveryStatus, int], timedelta, datetime | None]:
    last = overview.last_dump(tx)
    standing: dict[DeliveryStatus, int] = {
        status: deliveries.count(tx, status) for status in STANDING
    }
    return standing, deliveries.longest_due(tx, now), last.arrived_at if last else None
