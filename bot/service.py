"""The service: opens everything in order, runs it on one event loop, stops it in reverse.

Database, encoder, platforms, dispatcher, ticks. Killed at any instant, it goes on at the next start
from what the database holds.
"""

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog

from bot import alerts, digests
from bot.dispatcher import Dispatcher
from bot.inbox import Inbox
from bot.platforms import Platform
from bot.scheduler import Scheduler, Tick
from bot.settings import Settings
from matching.encoder import load_encoder
from matching.ingest import IngestReport, Progress, ingest, reembed
from matching.library import Library
from storage.database import Database
from storage.records import RawDump

INBOX_EVERY = timedelta(seconds=1)
ALERTS_EVERY = timedelta(seconds=5)
DIGESTS_EVERY = timedelta(seconds=10)

log = structlog.get_logger()


def utc_now() -> datetime:
    """The clock that the loops own."""
    return datetime.now(UTC)


def process_name() -> str:
    """Names this process in its leases; unique also across restarts and machines."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


@asynccontextmanager
async def opened(settings: Settings, progress: Progress | None = None) -> AsyncIterator[Library]:
    """The database and the model, in step with each other: what another model embedded is
    embedded again before anything is ranked.
    """
    async with await Database.open(settings.db) as db:
        encoder = await load_encoder(settings.model)
        try:
            if done := await reembed(db, encoder, utc_now(), progress):
                log.info("papers embedded again", papers=done, model=encoder.identity)
            yield Library(db, encoder)
        finally:
            await encoder.aclose()


class Service:
    """Ties the rooms together. `run` returns after `stop`, with nothing left in flight."""

    def __init__(self, library: Library, platforms: Sequence[Platform], settings: Settings) -> None:
        self._library = library
        self._platforms = platforms
        self._dispatcher = Dispatcher(library.db, platforms, utc_now, owner=process_name())
        self._inbox = Inbox(settings.inbox, self._take)
        self._scheduler = Scheduler(
            [
                Tick(name="inbox", every=INBOX_EVERY, run=self._inbox.look),
                Tick(name="alerts", every=ALERTS_EVERY, run=self._queue_alerts),
                Tick(name="digests", every=DIGESTS_EVERY, run=self._queue_digests),
            ]
        )
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for an orderly stop."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop`."""
        self._inbox.prepare()
        sending = asyncio.create_task(self._dispatcher.run())
        stopping = asyncio.create_task(self._stop.wait())
        self._scheduler.start()
        log.info("service started", platforms=[one.name for one in self._platforms])
        try:
            # Whichever comes first: an orderly stop, or a dispatcher that can't go on.
            await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await self._scheduler.stop()
            self._dispatcher.stop()
            try:
                await sending
            finally:
                for platform in self._platforms:
                    await platform.close()
                log.info("service stopped")

    async def _take(self, raw: RawDump) -> IngestReport:
        report = await ingest(self._library.db, self._library.encoder, raw, utc_now())
        await self._queue_alerts()
        return report

    async def _queue_alerts(self) -> None:
        if await alerts.queue_new(self._library.db, utc_now()):
            self._dispatcher.wake()

    async def _queue_digests(self) -> None:
        if await digests.queue_due(self._library, utc_now()):
            self._dispatcher.wake()


async def run(settings: Settings, platforms: Sequence[Platform]) -> None:
    """`paperround run`: the whole service until SIGTERM or SIGINT."""
    async with opened(settings) as library:
        service = Service(library, platforms, settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, service.stop)
        await service.run()
