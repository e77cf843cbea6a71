"""Polling: asks the sources that are due, ingests what they give, writes down how far it came.

A source's cursor and validators move only after its papers are stored, so a round that is killed is
simply made again. An answer without papers is no success: nothing moves, and it is asked for again.
A source that fails is left alone for longer each time, or as long as it asks.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import structlog

from bot.metrics import Metrics, PollOutcome
from bot.sources.doubts import judge, latest_due
from bot.sources.fetching import Fault, SourceTrouble, Web
from bot.sources.source import Fetched, Source
from bot.troubles import Troubles
from matching.ingest import IngestReport
from storage import sources, traces
from storage.database import Database, Tx
from storage.dumps import NotADump
from storage.records import RawDump
from storage.sources import Doubt, SourceDay, SourceState

LONGEST = timedelta(hours=6)
"""Between two rounds of a source that fails."""

AWAY = timedelta(hours=3)
"""A source that has not answered for so long needs a person."""

SPOILT = (Fault.BROKEN_OFF, Fault.WRONG_TYPE, Fault.UNREADABLE, Fault.TOO_LARGE)
"""A source answers, and what it answers is not whole, or of a layout that nobody knows."""

log = structlog.get_logger()

Ingest = Callable[[RawDump], Awaitable[IngestReport]]


class Poller:
    """Asks sources. `look` is one tick; `aclose` lets the connections go."""

    def __init__(
        self,
        db: Database,
        wanted: Sequence[Source],
        web: Web,
        ingest: Ingest,
        clock: Callable[[], datetime],
        every: timedelta,
        metrics: Metrics | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        self._db = db
        self._sources = {one.name: one for one in wanted}
        self._web = web
        self._ingest = ingest
        self._clock = clock
        self._every = every
        self._metrics = metrics or Metrics()
        self._troubles = troubles or Troubles()
        self._metrics.expect(polled=self._sources)
        self._judged: dict[str, date] = {}

    async def look(self) -> int:
        """Ask every source that is due; how many were asked."""
        asked = 0
        now = self._clock()
        states = await self._db.read(sources.states, self._sources)
        if len(states) < len(self._sources):
            states = await self._db.write(sources.expect, self._sources, now)
        for state in states:
            source = self._sources[state.name]
            is_due = state.next_at <= self._clock()
            if is_due:
                await self._poll(source, state)
                asked += 1
            day = latest_due(source, self._clock())
            if day is not None and (is_due or self._judged.get(source.name) != day):
                await self._judge(source, day)
                self._judged[source.name] = day
        return asked

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._web.aclose()

    async def _poll(self, source: Source, was: SourceState) -> None:
        now = self._clock()
        state, outcome = was, PollOutcome.UNCHANGED
        try:
            async for fetched in source.fetch(self._web, was, now):
                state, outcome = await self._take(source, state, fetched, outcome)
        except SourceTrouble as trouble:
            if trouble.fault in SPOILT:
                today = now.astimezone(UTC).date()
                await self._judge(source, today, unreadable=str(trouble))
            await self._failed(source, state, trouble)
            return
        for day in await self._db.read(sources.unreadable, source.name):
            await self._judge(source, day, is_read=True)
        pause = max(self._every, source.pause)
        state = replace(
            state, failures=0, problem=None, reached_at=self._clock(), next_at=now + pause
        )
        await self._db.write(sources.save, state)
        self._troubles.end(_named(source))
        self._metrics.polls.labels(source.name, outcome).inc()
        self._metrics.source_reached.labels(source.name).set(self._clock().timestamp())
        log.info("source asked", source=source.name, outcome=str(outcome))

    async def _take(
        self, source: Source, state: SourceState, fetched: Fetched, outcome: PollOutcome
    ) -> tuple[SourceState, PollOutcome]:
        """Store what was fetched; the state after it."""
        if fetched.raw is None:
            moved = replace(state, etag=fetched.etag, cursor=fetched.cursor or state.cursor)
            await self._db.write(sources.save, moved)
            is_news = outcome is PollOutcome.NEWS
            return moved, outcome if is_news else PollOutcome.EMPTY
        try:
            report = await self._ingest(fetched.raw)
        except NotADump as error:
            await self._judge(source, fetched.day, unreadable=str(error))
            raise SourceTrouble(Fault.UNREADABLE, "its answer could not be read") from error
        found = await self._judge(source, fetched.day, is_read=True)
        if found is not None and found.doubt not in (None, Doubt.MANY):
            # What may be incomplete is asked for again, and in full.
            moved = replace(state, etag=None, last_modified=None)
        else:
            moved = replace(
                state,
                cursor=fetched.cursor or state.cursor,
                etag=fetched.etag,
                last_modified=fetched.last_modified,
            )
        await self._db.write(sources.save, moved)
        log.info(
            "source ingested",
            source=source.name,
            dump=traces.of_dump(fetched.raw.sha256),
            day=str(fetched.day),
            new=report.new,
            seen_again=report.seen_again,
            rejects=len(report.rejects),
        )
        return moved, PollOutcome.NEWS

    async def _failed(self, source: Source, state: SourceState, trouble: SourceTrouble) -> None:
        now = self._clock()
        pause = max(self._every, source.pause)
        wait = min(pause * 2 ** min(state.failures, 10), max(LONGEST, pause))
        failed = replace(
            state,
            failures=state.failures + 1,
            problem=str(trouble),
            next_at=now + max(wait, trouble.wait or timedelta(0)),
        )
        await self._db.write(sources.save, failed)
        self._metrics.polls.labels(source.name, PollOutcome.FAILED).inc()
        log.warning(
            "source failed",
            source=source.name,
            fault=str(trouble.fault),
            said=str(trouble),
            failures=failed.failures,
            next_at=failed.next_at.isoformat(timespec="minutes"),
        )
        since = state.reached_at or state.added_at
        is_lasting = now - since >= AWAY or trouble.fault in (Fault.REFUSED, Fault.MOVED)
        self._troubles.is_so(
            _named(source),
            f"no papers from {source.shown} since {since:%a %H:%M} UTC: {trouble}",
            holds=is_lasting,
        )

    async def _judge(
        self, source: Source, day: date, unreadable: str = "", *, is_read: bool = False
    ) -> SourceDay | None:
        before, found, standing = await self._db.write(
            _judged, source, day, self._clock(), unreadable, is_read
        )
        self._metrics.doubtful.labels(source.name).set(standing is not None)
        said = standing.said if standing is not None and standing.said else ""
        self._troubles.is_so(f"doubt {source.name}", said, holds=standing is not None)
        if found is not None and found.doubt != (before.doubt if before else None):
            log.warning("source judged", source=source.name, day=str(day), doubt=found.doubt)
        return found


def _judged(
    tx: Tx, source: Source, day: date, now: datetime, unreadable: str, is_read: bool
) -> tuple[SourceDay | None, SourceDay | None, SourceDay | None]:
    """What was thought of the day, what is, and the latest day of the source that is in doubt."""
    (state,) = sources.expect(tx, [source.name], now)
    before = sources.of_day(tx, source.name, day)
    found = judge(tx, source, state, day, now, unreadable, is_read=is_read)
    standing = [one for one in sources.doubtful(tx, now) if one.source == source.name]
    return before, found, standing[0] if standing else None


def _named(source: Source) -> str:
    return f"source {source.name}"
