"""The dispatcher: empties the outbox. Claim, send, settle; nothing else ever sends.

No transaction is open while the network is used. A send that ends without an answer is tried again
as "maybe posted", and it is the platform's part to look before it posts a second time.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.platforms import Platform, Reason, RetryLater, Undeliverable
from storage import destinations, outbox, subscriptions
from storage.database import Database, Tx
from storage.records import Delivery, Destination
from storage.schema import DatabaseUnusable

SEND_DEADLINE = timedelta(seconds=45)
LEASE = timedelta(minutes=2)
"""Longer than a send may take and its settlement may wait, so a living owner keeps its lease."""

MAX_ATTEMPTS = 12
"""With the back-off below: about nine hours of trying."""

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(hours=2)

IN_FLIGHT = 32
POLL = timedelta(seconds=1)

log = structlog.get_logger()


class Dispatcher:
    """Sends what the outbox holds for the given platforms."""

    def __init__(
        self,
        db: Database,
        platforms: Sequence[Platform],
        clock: Callable[[], datetime],
        *,
        owner: str,
    ) -> None:
        """owner: names this process in its leases; no two running processes share one."""
        self._db = db
        self._platforms: Mapping[str, Platform] = {one.name: one for one in platforms}
        self._clock = clock
        self._owner = owner
        self._wake = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Send what comes due until `stop`; finish what is in flight; hand the rest back."""
        try:
            while not self._stopping:
                try:
                    await self.drain()
                except* DatabaseUnusable as errors:
                    log.error("outbox unreachable", error=str(errors.exceptions[0]))
                self._wake.clear()
                try:
                    async with asyncio.timeout(POLL.total_seconds()):
                        await self._wake.wait()
                except TimeoutError:
                    pass  # nobody called: look at the clock instead
        finally:
            await self._db.write(outbox.hand_back, self._owner)

    def wake(self) -> None:
        """Look at the outbox now, rather than at the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping = True
        self._wake.set()

    async def drain(self) -> int:
        """Send everything that is due now; how many sends were tried."""
        tried = 0
        flying: set[asyncio.Task[None]] = set()
        await self._db.write(outbox.release_expired, self._clock())
        async with asyncio.TaskGroup() as group:
            while True:
                claimed = await self._claim(IN_FLIGHT - len(flying))
                tried += len(claimed)
                for delivery in claimed:
                    flying.add(group.create_task(self._deliver(delivery)))
                if not flying:
                    return tried
                # A slow destination must not keep the others waiting: look again every POLL.
                _, flying = await asyncio.wait(
                    flying,
                    timeout=POLL.total_seconds(),
                    return_when=asyncio.FIRST_COMPLETED,
                )

    async def _claim(self, limit: int) -> list[Delivery]:
        if self._stopping or limit <= 0:
            return []
        return await self._db.write(
            outbox.claim,
            owner=self._owner,
            platforms=list(self._platforms),
            limit=limit,
            lease=LEASE,
            now=self._clock(),
        )

    async def _deliver(self, delivery: Delivery) -> None:
        facts = {"key": delivery.key, "attempts": delivery.attempts}
        if delivery.attempts > MAX_ATTEMPTS:
            await self._bury(delivery, f"gave up after {MAX_ATTEMPTS} attempts: {delivery.reason}")
            return
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                receipt = await self._platforms[delivery.destination.platform].send(delivery)
        except RetryLater as later:
            wait = max(later.after, back_off(delivery.attempts))
            await self._postpone(delivery, wait, str(later), maybe_posted=False)
        except Undeliverable as never:
            if never.reason is Reason.DESTINATION_GONE:
                await self._db.write(
                    _close, delivery.destination, reason=str(never), now=self._clock()
                )
                log.warning("destination closed", reason=never.reason, **facts)
            await self._bury(delivery, str(never))
        except Exception as error:  # one of three doors: whatever it is, the outcome is unknown
            log.warning("outcome unknown", error=type(error).__name__, **facts)
            reason = f"no answer: {type(error).__name__}"
            await self._postpone(delivery, back_off(delivery.attempts), reason, maybe_posted=True)
        else:
            mine = await self._db.write(
                outbox.settle, delivery, self._owner, receipt.id, self._clock()
            )
            log.info("delivery sent" if mine else "delivery sent after its lease", **facts)

    async def _postpone(
        self, delivery: Delivery, wait: timedelta, reason: str, *, maybe_posted: bool
    ) -> None:
        await self._db.write(
            outbox.postpone,
            delivery,
            self._owner,
            until=self._clock() + wait,
            reason=reason,
            maybe_posted=maybe_posted,
        )
        log.info(
            "delivery postponed",
            key=delivery.key,
            attempts=delivery.attempts,
            wait_s=round(wait.total_seconds(), 1),
        )

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        await self._db.write(outbox.bury, delivery, self._owner, reason=reason, now=self._clock())
        log.warning("delivery buried", key=delivery.key, attempts=delivery.attempts)


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling, capped, with a fifth of jitter."""
    wait = min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing


def _close(tx: Tx, destination: Destination, *, reason: str, now: datetime) -> None:
    destinations.close(tx, destination, reason, now)
    subscriptions.pause(tx, destination, reason)
