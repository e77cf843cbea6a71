"""The scheduler: a handful of ticks, no job per person. A tick asks the database what is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.metrics import Metrics, timed
from bot.troubles import Troubles
from matching.encoder import patiently
from storage import traces
from storage.schema import DatabaseUnusable

PATIENCE = timedelta(seconds=30)
"""How long a stop waits for ticks that are at work ..."""

GRACE = timedelta(seconds=5)
"""... and then for those that it interrupted."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Tick:
    """Something to look after again and again."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[object]]


class Scheduler:
    """Runs each tick at its interval, never twice at a time; a tick that fails comes again."""

    def __init__(
        self,
        ticks: Sequence[Tick],
        metrics: Metrics | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._troubles = troubles or Troubles()
        self._metrics.expect(ticks=[tick.name for tick in ticks])
        self._scheduler = AsyncIOScheduler()
        self._working: set[asyncio.Future[object]] = set()
        self._is_stopping = False
        self._waiting: dict[str, str] = {}
        """Why a tick waits for the database, by its name: told once, not every second."""
        self._ticks = {tick.name: tick for tick in ticks}
        for tick in ticks:
            self._scheduler.add_job(
                self._run,
                IntervalTrigger(seconds=tick.every.total_seconds()),
                args=[tick],
                id=tick.name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,  # late is fine: what is due is in the database
            )

    def start(self) -> None:
        """Begin; the first ticks come after one interval."""
        self._scheduler.start()

    async def run_now(self, name: str, work: Callable[[], Awaitable[object]] | None = None) -> None:
        """Run a tick at once, beside its interval, or other work under its name; what goes wrong
        stays with the tick.
        """
        tick = self._ticks[name]
        await self._traced(replace(tick, run=work) if work else tick)

    async def stop(self) -> None:
        """No further ticks; wait for those at work, and interrupt what takes too long: every step
        is safe to repeat.
        """
        self._is_stopping = True
        self._scheduler.pause()
        if self._working:
            _, late = await asyncio.wait(self._working, timeout=PATIENCE.total_seconds())
            if late:
                log.warning("ticks interrupted", count=len(late))
                # Or they would go on with a closed model and a closed database.
                for one in late:
                    one.cancel()
                await asyncio.wait(late, timeout=GRACE.total_seconds())
        self._scheduler.shutdown(wait=False)

    async def _run(self, tick: Tick) -> None:
        with traces.bound(traces.new(tick.name)):
            await self._traced(tick)

    async def _traced(self, tick: Tick) -> None:
        with patiently():  # people who ask the model something go first
            working = asyncio.ensure_future(tick.run())
        self._working.add(working)
        try:
            with timed(self._metrics.tick.labels(tick.name)):
                await working
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        except Exception as error:  # one of three doors: logged, and the next tick tries again
            self._troubles.tick_failed(tick.name, error)
            self._metrics.ticks.labels(tick.name, "failed").inc()
            self._tell(tick, error)
        else:
            self._troubles.tick_done(tick.name)
            self._metrics.ticks.labels(tick.name, "done").inc()
            if self._waiting.pop(tick.name, None):
                log.info("tick works again", tick=tick.name)
        finally:
            self._working.discard(working)

    def _tell(self, tick: Tick, error: Exception) -> None:
        if not isinstance(error, DatabaseUnusable):
            log.error("tick failed", tick=tick.name, exc_info=error)
        elif self._waiting.get(tick.name) != str(error):
            self._waiting[tick.name] = str(error)
            log.error("tick waits for the database", tick=tick.name, error=str(error))
