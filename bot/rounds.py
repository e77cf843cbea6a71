"""Rounds: what the service looks after again and again, each a tick of the scheduler.

A round asks the database what is due and moves it on; killed anywhere, the next one does the rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from bot import (
    alerts,
    dials,
    digests,
    dry_runs,
    late,
    memory,
    missing,
    second_chances,
    shadows,
)
from bot.drafts import Drafts
from bot.hearing import Ears
from bot.inbox import Inbox
from bot.intake import Intake
from bot.metrics import Metrics
from bot.operators import Operators
from bot.scheduler import Scheduler, Tick
from bot.settings import Settings
from bot.sources import chosen as sources
from bot.sources.fetching import Web
from bot.sources.polling import Poller
from bot.spare_time import SpareTime
from bot.watching import FOLDER, Watcher
from matching import shelf, trending
from matching.ingest import IngestReport, reembed
from matching.library import Library
from matching.nearest import Nearest
from matching.worded import Worded
from storage import invariants, papers, profiles, pruning, traces, upkeep, vectors
from storage.records import Entry, RawDump
from storage.trouble import DatabaseDamaged

INBOX_EVERY = timedelta(seconds=0.5)
SOURCES_EVERY = timedelta(seconds=10)
ARCHIVE_EVERY = timedelta(seconds=5)
ALERTS_EVERY = timedelta(seconds=5)
DIGESTS_EVERY = timedelta(seconds=10)
DRAFTS_EVERY = timedelta(seconds=10)
DIALS_EVERY = timedelta(minutes=10)
TRENDING_AHEAD = timedelta(days=30)
LIBRARIES_EVERY = timedelta(seconds=5)
DRY_RUNS_EVERY = timedelta(seconds=30)
SEARCH_EVERY = timedelta(seconds=15)
SECOND_CHANCES_EVERY = timedelta(hours=1)
LATE_EVERY = timedelta(seconds=30)
PRUNING_EVERY = timedelta(hours=1)
INVARIANTS_EVERY = timedelta(hours=12)
OPERATORS_EVERY = timedelta(minutes=1)

SHELVED_AT_ONCE = 64
"""Papers of libraries that one tick encodes: seconds, and a new dump waits no longer."""

log = structlog.get_logger()


class Rounds:
    """All of them for one service. `prepare`, then `start`, then `stop`."""

    def __init__(
        self,
        library: Library,
        settings: Settings,
        watcher: Watcher,
        operators: Operators,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        metrics: Metrics,
    ) -> None:
        """wake: called after something was queued that should go out at once."""
        self._library = library
        self._watcher = watcher
        self._operators = operators
        self._clock = clock
        self._wake = wake
        self._retention = settings.retention
        self._keep_dumps = (
            None if settings.keep_dumps is None else timedelta(days=settings.keep_dumps)
        )
        self._spare = SpareTime(library, clock)
        self._drafts = Drafts(library, clock)
        self._intake = Intake(
            library,
            self._spare,
            clock,
            tell=lambda: self._scheduler.run_now("alerts"),
            told=lambda: alerts.until_sent(library.db, clock),
            met=self._foresee,
        )
        take = partial(self._take, stored=self._read_on)
        self._inbox = Inbox(settings.inbox, take, metrics, operators.troubles)
        self._ears = Ears(self._inbox.folder, self._landed)
        self._beside: set[asyncio.Task[None]] = set()
        self._poller = Poller(
            library.db,
            sources.chosen(settings),
            Web(settings.contact),
            self._take,
            clock,
            timedelta(minutes=settings.sources_every),
            metrics,
            operators.troubles,
        )
        self._alerts = alerts.Alerts(library.db)
        self._embedded_to = 0
        self._counted = (0, 0)
        """Up to which paper, and in which hour, it is counted what trends."""
        last = self._after_alerts
        self._scheduler = Scheduler(
            [
                Tick(name="inbox", every=INBOX_EVERY, run=self._inbox.look),
                Tick(name="sources", every=SOURCES_EVERY, run=self._poller.look),
                Tick(name="alerts", every=ALERTS_EVERY, run=self._queue_alerts),
                Tick(name="digests", every=DIGESTS_EVERY, run=last(self._queue_digests)),
                Tick(name="drafts", every=DRAFTS_EVERY, run=last(self._drafts.look)),
                Tick(name="dials", every=DIALS_EVERY, run=last(self._prepare_dials)),
                Tick(name="late", every=LATE_EVERY, run=last(self._queue_late)),
                Tick(
                    name="second chances", every=SECOND_CHANCES_EVERY, run=last(self._queue_seconds)
                ),
                Tick(name="libraries", every=LIBRARIES_EVERY, run=last(self._embed_libraries)),
                Tick(name="archive", every=ARCHIVE_EVERY, run=self._spare.look),
                Tick(name="dry runs", every=DRY_RUNS_EVERY, run=last(self._read_for_dry_runs)),
                Tick(name="search", every=SEARCH_EVERY, run=last(self._prepare_search)),
                Tick(name="pruning", every=PRUNING_EVERY, run=self._prune),
                Tick(name="invariants", every=INVARIANTS_EVERY, run=self._check_invariants),
                Tick(name="operators", every=OPERATORS_EVERY, run=operators.look),
            ],
            metrics,
            operators.troubles,
        )

    def _after_alerts(self, work: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
        """Work that stands back while a dump's alerts are on their way."""

        async def wait_and_work() -> None:
            await self._intake.stand_back()
            await work()

        return wait_and_work

    def prepare(self) -> None:
        """Make what is needed on disk. Raises BadSetting."""
        self._inbox.prepare()

    def start(self) -> None:
        """Begin; each comes for the first time after its interval, alerts at once: those that
        there are stand ready before the first dump.
        """
        self._scheduler.start()
        self._run_beside("alerts", self._queue_alerts)
        self._ears.start()

    async def stop(self) -> None:
        """No further rounds; wait for those at work."""
        await self._ears.stop()
        await self._scheduler.stop()
        await self._poller.aclose()

    async def _take(
        self, raw: RawDump, stored: Callable[[], object] = lambda: None
    ) -> IngestReport:
        with traces.bound(traces.of_dump(raw.sha256)):
            report = await self._intake.take(raw, stored)
        self._watcher.took(report, raw.source or FOLDER)
        return report

    def _read_on(self) -> None:
        """The next file is read while one is embedded."""
        self._run_beside("inbox", self._inbox.go_on)

    def _foresee(self, entries: Sequence[Entry]) -> None:
        """Alerts read the papers of a dump while the database stores them."""
        self._run_beside("alerts", partial(self._alerts.foresee, entries))

    def _run_beside(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        running = asyncio.create_task(self._scheduler.run_now(name, work))
        self._beside.add(running)
        running.add_done_callback(self._beside.discard)

    async def _landed(self, path: Path, still_s: float) -> None:
        await self._scheduler.run_now("inbox", partial(self._inbox.landed, path, still_s))

    async def _embed_what_others_stored(self) -> None:
        """Papers that another process stored, and not with a vector of our model, are embedded
        before ranking; those of a dump that is coming in are left to it.
        """
        db, model = self._library.db, await self._library.model(self._clock())
        newest = await db.read(papers.horizon, self._clock())
        if newest <= self._embedded_to:
            return
        if self._embedded_to or await db.read(vectors.count_without, model, 0):
            without = await db.read(vectors.first_without, model, self._embedded_to)
            if without is not None and without <= newest:
                await reembed(db, self._library.encoder, self._clock())
        self._embedded_to = newest

    async def _embed_libraries(self) -> None:
        """Papers of imported libraries, some at a time: new dumps take their turn between."""
        db, encoder = self._library.db, self._library.encoder
        await shelf.embed(db, encoder, self._clock(), most=SHELVED_AT_ONCE)

    async def _prune(self) -> None:
        """Delete what nobody needs any more, in bites that keep nobody from the writer."""
        prune, kept = pruning.prune, self._retention
        while gone := await self._library.db.write(prune, self._clock(), kept):
            log.info("old rows pruned", **asdict(gone))
        if self._keep_dumps is not None:
            files = await self._inbox.prune(self._clock() - self._keep_dumps)
            if files:
                log.info("old dumps deleted", files=files)
        await asyncio.to_thread(memory.give_back)

    async def _check_invariants(self) -> None:
        """The file, and what should always hold of what is in it, looked at while all runs."""
        damage = await asyncio.to_thread(upkeep.check, self._library.db.path)
        broken = [invariants.damaged(damage)] if damage else []
        try:
            broken += await self._library.db.read(invariants.check, self._clock())
        except DatabaseDamaged:
            if not damage:
                raise
        for one in broken:
            log.error("invariant broken", name=one.name, count=one.count, said=one.sentence)
        self._operators.checked(broken)
        self._watcher.checked(broken)
        log.info("invariants checked", broken=len(broken))

    async def _queue_alerts(self) -> None:
        if await self._alerts.queue_new(self._clock()):
            self._wake()

    async def _read_for_dry_runs(self) -> None:
        await dry_runs.warm(self._library)

    async def _prepare_search(self) -> None:
        """What came in is made ready before anybody looks for it."""
        await Nearest.of(self._library).refresh(self._clock())
        await Worded.of(self._library).refresh()
        db, now = self._library.db, self._clock()
        newest = await db.read(papers.newest)
        if (newest, now.hour) != self._counted and await db.read(papers.horizon, now) == newest:
            if await db.read(profiles.wishing):
                await self._library.background(now)
                await trending.prepare(self._library, now - TRENDING_AHEAD, now)
            self._counted = (newest, now.hour)

    async def _queue_seconds(self) -> None:
        if await second_chances.queue(self._library, self._clock()):
            self._wake()

    async def _prepare_dials(self) -> None:
        """Floors, and the replayed month, are ready before somebody asks for them."""
        await self._embed_what_others_stored()
        if done := await dials.prepare(self._library, self._clock()):
            log.info("dials prepared", count=done)
        await shadows.prepare(self._library, self._clock())
        await missing.retest(self._library, self._clock())

    async def _queue_digests(self) -> None:
        await self._embed_what_others_stored()
        if await digests.queue_due(self._library, self._clock()):
            self._wake()

    async def _queue_late(self) -> None:
        await self._queue_alerts()  # what an alert tells is no late addition
        if await late.queue_late(self._library, self._clock()):
            self._wake()
