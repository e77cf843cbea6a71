"""The service: opens everything in order, runs it on one event loop, stops it in reverse.

Database, web server, encoder, platforms, dispatcher, ticks. Killed at any instant, it goes on at
the next start from what the database holds.
"""

import asyncio
import os
import signal
import socket
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from rich.console import Console

from bot import desk, memory, missing, supervisor
from bot.alone import alone
from bot.commands import Commands, Throttle
from bot.dispatcher import Dispatcher
from bot.front import Front
from bot.metrics import Metrics, WatchedEncoder
from bot.operators import Operators
from bot.platforms.chosen import Chosen, chosen
from bot.rounds import Rounds
from bot.settings import Settings
from matching import shelf
from matching.encoder import load_encoder
from matching.ingest import Progress, reembed
from matching.library import Library
from storage import leases, refused
from storage.database import Database
from storage.schema import DatabaseUnusable

INHERITED = timedelta(seconds=30)
"""For so long a service leaves alone what a dead one was sending: it may still arrive."""

SWITCH_S = 0.0005
"""After so long a thread that computes lets others have the interpreter. Python's own 5 ms is what
the loop, or a transaction at each of its statements, would wait for beside it.
"""

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
    async with await Database.open(settings.db) as db, _library(db, settings, progress) as library:
        yield library


@asynccontextmanager
async def _library(
    db: Database,
    settings: Settings,
    progress: Progress | None = None,
    metrics: Metrics | None = None,
) -> AsyncIterator[Library]:
    """What ranking needs of the database, with the model."""
    encoder = await load_encoder(settings.model, settings.encoder)
    log.info("model loaded", model=encoder.identity, backend=str(encoder.backend))
    try:
        await db.write(refused.forgive)  # another model, or another version, may do better
        if done := await reembed(db, encoder, utc_now(), progress):
            log.info("papers embedded again", papers=done, model=encoder.identity)
        if shelved := await shelf.embed(db, encoder, utc_now(), progress):
            log.info("papers of libraries embedded", papers=shelved, model=encoder.identity)
        yield Library(db, WatchedEncoder(encoder, metrics) if metrics else encoder)
    finally:
        await encoder.aclose()


class Service:
    """Ties the rooms together. `run` returns after `stop`, with nothing left in flight."""

    def __init__(
        self,
        library: Library,
        chosen: Chosen,
        settings: Settings,
        metrics: Metrics | None = None,
        front: Front | None = None,
    ) -> None:
        """front: one that answers already."""
        self._library = library
        self._platforms = chosen.platforms
        self._metrics = metrics or Metrics()
        self._owner = process_name()
        self._dispatcher = Dispatcher(
            library.db, self._platforms, utc_now, owner=self._owner, metrics=self._metrics
        )
        self._commands = Commands(
            library, utc_now, self._dispatcher.wake, self._metrics, Throttle(time.monotonic)
        )
        self._front = front or Front(library.db, chosen, settings, self._metrics, utc_now)
        self._front.loaded(library.encoder)
        self._watcher, self.web = self._front.watcher, self._front.web
        self._operators = Operators(
            library.db,
            self._platforms,
            settings.operators_channel,
            self._metrics,
            utc_now,
            self._dispatcher.wake,
        )
        self._rounds = Rounds(
            library,
            settings,
            self._watcher,
            self._operators,
            utc_now,
            self._dispatcher.wake,
            self._metrics,
        )
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ask for an orderly stop."""
        self._stop.set()

    async def run(self) -> None:
        """Run until `stop`. Raises Misconfigured where no platform can work as it is set up."""
        self._rounds.prepare()
        await self._front.start()
        if moved := await desk.correct_clock_jumps(self._library.db, utc_now()):
            log.warning("digests rescheduled", count=moved)
        await self._inherit()
        await missing.retest(self._library, utc_now())
        listening = asyncio.create_task(
            supervisor.listen(self._platforms, self._commands, self._operators.troubles),
            name="listening",
        )
        sending = asyncio.create_task(self._dispatcher.run())
        watching = asyncio.create_task(self._watcher.run())
        stopping = asyncio.create_task(self._stop.wait())
        self._rounds.start()
        log.info("service started", platforms=[one.name for one in self._platforms])
        try:
            await self._until_the_end({sending, stopping, listening})
        finally:
            stopping.cancel()
            watching.cancel()
            await self._rounds.stop()
            self._dispatcher.stop()
            try:
                await sending
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                for platform in self._platforms:
                    await platform.close()
                await self._front.stop()
                log.info("service stopped")

    async def _inherit(self) -> None:
        until = utc_now() + INHERITED
        try:
            inherited = await self._library.db.write(leases.inherit, self._owner, until)
        except DatabaseUnusable as error:  # they run out by themselves
            log.error("leases not inherited", error=str(error))
            return
        if inherited:
            log.info("deliveries inherited", deliveries=inherited, until=str(until))

    async def _until_the_end(self, tasks: set[asyncio.Task[Any]]) -> None:
        """Until an orderly stop, or until the dispatcher or the platforms can't go on.

        Platforms that have nobody to listen to, as the console, are no reason to end.
        """
        while True:
            done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                if task.get_name() != "listening":
                    return


async def run(settings: Settings, console: Console) -> None:
    """`paperround run`: the whole service until SIGTERM or SIGINT, also one that comes early."""
    memory.be_frugal()
    sys.setswitchinterval(SWITCH_S)
    ending = Ending()
    serving = asyncio.create_task(_serve(settings, console, ending))
    ending.of(serving)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.ask)
    try:
        await serving
    except asyncio.CancelledError:
        if not ending.came_early:
            raise
        log.info("service stopped before it was ready")


class Ending:
    """What a signal asks for: an orderly stop of the service, or no further preparing for it.

    The first process of a container has no handlers but its own: without one it would not end.
    """

    def __init__(self) -> None:
        self._stop: Callable[[], object] | None = None
        self._is_ready = False
        self.came_early = False

    def of(self, preparing: asyncio.Task[None]) -> None:
        """Until there is a service, this is what ends."""
        self._stop = preparing.cancel

    def by(self, stop: Callable[[], object]) -> None:
        """From now on the service ends in its own order."""
        self._stop, self._is_ready = stop, True

    def ask(self) -> None:
        """End; to be asked again changes nothing."""
        if self._stop is not None:
            self.came_early = not self._is_ready
            self._stop()
        self._stop = None


async def _serve(settings: Settings, console: Console, ending: Ending) -> None:
    metrics = Metrics()
    async with alone(settings.db), await Database.open(settings.db) as db:
        await db.open_readers()
        platforms = chosen(settings, db, utc_now, console)
        front = Front(db, platforms, settings, metrics, utc_now)
        await front.start()
        try:
            async with _library(db, settings, front.embedding_again, metrics) as library:
                service = Service(library, platforms, settings, metrics, front)
                memory.settle()
                ending.by(service.stop)
                await service.run()
        finally:
            await front.stop()
