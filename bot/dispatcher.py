"""The dispatcher: empties the outbox. Claim, send, settle; nothing else ever sends.

No transaction is open while the network is used. A send that ends without an answer is tried again
as "maybe posted", and it is the platform's part to look before it posts a second time.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot import closing
from bot.flights import Flights
from bot.messages import to_json
from bot.metrics import Metrics, Outcome, timed
from bot.platforms import OURS, Platform, Reason, Receipt, RetryLater, Undeliverable
from storage import alert_hits, destinations, leases, outbox, traces
from storage.database import Database, Tx
from storage.records import Delivery, DeliveryKind
from storage.schema import DatabaseUnusable

SEND_DEADLINE = timedelta(seconds=45)
LEASE = timedelta(minutes=2)
"""Longer than a send may take and its settlement may wait, so a living owner keeps its lease."""

MAX_ATTEMPTS = 12
"""With the back-off below: about nine hours of trying."""

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=2)

SETTLE_WAITS_S = (0.5, 2.0, 5.0)
"""A receipt in hand is worth waiting for a busy database."""

PACED = "as fast as the platform allows"  # why a destination is on hold between two messages

IN_FLIGHT = 32  # for each platform
POLL = timedelta(seconds=1)
A_HAIR = timedelta(milliseconds=2)  # after an instant by the clock, so that a look comes after it

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """How an attempt ended, and the transaction that puts it on record."""

    event: str
    outcome: Outcome
    settle: Callable[[Tx], object]
    until: datetime | None = None
    """When the destination may be sent something again; None: now."""


class Dispatcher:
    """Sends what the outbox holds for the given platforms."""

    def __init__(
        self,
        db: Database,
        platforms: Sequence[Platform],
        clock: Callable[[], datetime],
        *,
        owner: str,
        metrics: Metrics | None = None,
    ) -> None:
        """owner: names this process in its leases; no two running processes share one."""
        self._db = db
        self._platforms: Mapping[str, Platform] = {one.name: one for one in platforms}
        self._clock = clock
        self._owner = owner
        self._metrics = metrics or Metrics()
        self._wake = asyncio.Event()
        self._stopping = False
        self._unreachable = ""
        """Why nothing is claimed: told once, not every second."""

    async def run(self) -> None:
        """Send what comes due until `stop`; finish what is in flight; hand the rest back."""
        try:
            while True:
                try:
                    await self.drain()
                    if self._unreachable:
                        self._unreachable = ""
                        log.info("outbox reachable again")
                except DatabaseUnusable as error:
                    if self._unreachable != str(error):
                        self._unreachable = str(error)
                        log.error("outbox unreachable", error=str(error))
                if self._stopping:
                    return
                try:
                    async with asyncio.timeout(POLL.total_seconds()):
                        await self._wake.wait()
                except TimeoutError:
                    pass  # nobody called: look at the clock instead
        finally:
            try:
                await self._db.write(leases.hand_back, self._owner)
            except DatabaseUnusable as error:  # they run out by themselves
                log.error("leases not handed back", error=str(error))

    def wake(self) -> None:
        """Look at the outbox now, rather than at the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> int:
        """Send everything that is due now; how many sends were tried.

        Raises DatabaseUnusable where the outbox can't be read, when nothing is in flight any more.
        """
        tried = 0
        unreachable: DatabaseUnusable | None = None
        flights = Flights(IN_FLIGHT)
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()  # before looking: who calls from now on is heard
                try:
                    claimed = await self._claim(flights.free(self._platforms))
                    unreachable = None
                except DatabaseUnusable as error:
                    claimed, unreachable = [], error  # those in flight go on; the next look tells
                tried += len(claimed)
                for delivery in claimed:
                    context = traces.context(delivery.trace)
                    sending = group.create_task(self._deliver(delivery), context=context)
                    flights.add(sending, delivery.destination.platform)
                if not flights:
                    break
                await flights.until_something(self._wake, POLL)
        if unreachable is not None:  # raised out here: a task group would wrap it
            raise unreachable
        return tried

    async def _claim(self, free: Mapping[str, int]) -> list[Delivery]:
        if self._stopping or not any(free.values()):
            return []
        return await self._db.write(
            _claim, owner=self._owner, free=free, lease=LEASE, now=self._clock()
        )

    async def _deliver(self, delivery: Delivery) -> None:
        """Send and settle. Nothing escapes: a settlement that fails is left to the lease."""
        facts = {"key": delivery.key, "attempts": delivery.attempts}
        platform = delivery.destination.platform
        try:
            with timed(self._metrics.send.labels(platform)):
                ended = await self._send(delivery)
            since = await self._write(ended.settle)
        except DatabaseUnusable as error:
            self._metrics.deliveries.labels(platform, Outcome.NOT_SETTLED).inc()
            log.error("settlement failed", error=str(error), **facts)
            return
        self._metrics.deliveries.labels(platform, ended.outcome).inc()
        log.info(ended.event, **facts)
        if ended.until is not None:  # what comes next there is claimed as soon as it may be
            wait = ended.until - self._clock() + A_HAIR
            asyncio.get_running_loop().call_later(wait.total_seconds(), self.wake)
        if isinstance(since, datetime):
            took = max((self._clock() - since).total_seconds(), 0.0)
            self._metrics.dump_to_message.labels(platform).observe(took)

    async def _send(self, delivery: Delivery) -> _Ended:
        if delivery.attempts > MAX_ATTEMPTS:
            reason = f"gave up after {MAX_ATTEMPTS} attempts: {delivery.reason}"
            return _buried(Outcome.GAVE_UP, self._bury(delivery, reason))
        platform = self._platforms[delivery.destination.platform]
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                receipt = await platform.send(delivery)
        except RetryLater as later:
            until = self._clock() + max(later.after, back_off(delivery.attempts))
            return _Ended(
                event="delivery postponed",
                outcome=Outcome(later.reason),
                settle=self._postpone(delivery, until, str(later)),
                until=until,
            )
        except Undeliverable as never:
            if never.reason is not Reason.DESTINATION_GONE:
                return _buried(Outcome(never.reason), self._bury(delivery, str(never)))
            return _Ended(
                event="destination closed",
                outcome=Outcome.DESTINATION_GONE,
                settle=self._close(delivery, str(never)),
            )
        except Exception as error:  # one of three doors: whatever it is, the outcome is unknown
            if isinstance(error, OURS):
                log.error("send broke", key=delivery.key, exc_info=error)
            until = self._clock() + back_off(delivery.attempts)
            reason = f"no answer: {type(error).__name__}"
            return _Ended(
                event="outcome unknown",
                outcome=Outcome.UNKNOWN,
                settle=self._postpone(delivery, until, reason, maybe_posted=True),
                until=until,
            )
        until = self._clock() + receipt.rest
        return _Ended(
            event="delivery sent",
            outcome=Outcome.SENT,
            settle=self._settle(delivery, receipt, until),
            until=until if receipt.rest else None,
        )

    async def _write(self, settle: Callable[[Tx], object]) -> object:
        """Settle, trying again for as long as the lease surely holds; what it gives."""
        for wait in SETTLE_WAITS_S:
            try:
                return await self._db.write(settle)
            except DatabaseUnusable:
                await asyncio.sleep(wait)
        return await self._db.write(settle)

    def _settle(
        self, delivery: Delivery, receipt: Receipt, until: datetime
    ) -> Callable[[Tx], object]:
        """The receipt, what is still to follow, and the pause that the destination wants; it counts
        from the platform's answer, and not from when the database had time to write it down.

        Of an alert it gives when the first of its papers came.
        """
        parts = [(to_json(part.message), part.thread) for part in receipt.parts]

        def settle(tx: Tx) -> datetime | None:
            now = self._clock()
            if outbox.settle(tx, delivery, self._owner, receipt.id, now):
                outbox.follow_up(tx, delivery, parts, now)
                if receipt.rest:
                    destinations.hold(tx, delivery.destination, until, PACED)
            is_alert = delivery.kind is DeliveryKind.ALERT
            return alert_hits.first_seen(tx, delivery.key) if is_alert else None

        return settle

    def _postpone(
        self, delivery: Delivery, until: datetime, reason: str, *, maybe_posted: bool = False
    ) -> Callable[[Tx], object]:
        return lambda tx: outbox.postpone(
            tx,
            delivery,
            self._owner,
            until=until,
            reason=reason,
            maybe_posted=maybe_posted,
        )

    def _bury(self, delivery: Delivery, reason: str) -> Callable[[Tx], object]:
        return lambda tx: outbox.bury(tx, delivery, self._owner, reason=reason, now=self._clock())

    def _close(self, delivery: Delivery, reason: str) -> Callable[[Tx], object]:
        """The delivery, what waits behind it and its subscription end together."""

        def close(tx: Tx) -> None:
            outbox.bury(tx, delivery, self._owner, reason=reason, now=self._clock())
            closing.close(tx, delivery.destination, reason, self._clock())

        return close


def _claim(
    tx: Tx, *, owner: str, free: Mapping[str, int], lease: timedelta, now: datetime
) -> list[Delivery]:
    """Lease what is due, by platform as many as have a place."""
    leases.release_expired(tx, now)
    claimed: list[Delivery] = []
    for platform, limit in free.items():
        claimed += outbox.claim(
            tx, owner=owner, platforms=[platform], limit=limit, lease=lease, now=now
        )
    return claimed


def _buried(outcome: Outcome, settle: Callable[[Tx], object]) -> _Ended:
    return _Ended(event="delivery buried", outcome=outcome, settle=settle)


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, capped, with a fifth of jitter."""
    wait = min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
