"""The whole service in a process of its own, in which days pass in minutes.

It is `bot.service.run` with all its rooms, the real model, and a faster clock: what is due, what is
kept for how long and how often each round comes follow that clock. What the machine and the network
take stays as long as it is: a lease and the wait for alerts are as many real seconds as in
production, and no round comes more often than LEAST. The model has read slices of many sizes
before the day begins, as it has in a service that runs for a while: it keeps what it made for each.
The process watches itself.

    PAPERROUND_DB=... PYTHONPATH=tests python -m fakes.soak_service
    < {"speed": 200, "hours": 24, "every": 6}     # and "closely": "FILE", see `fakes.soak_memory`
    > {"pid": 4711, "started": "2025-10-28T06:00:00+00:00"}
    > {"hour": 0.1, "rss_mb": 561.2, "tasks": 31, "files": 44, ...}     # every 6 simulated minutes
    > {"ended": true, "lag": {...}}                                      # after SIGTERM
"""

import asyncio
import contextlib
import ctypes
import io
import json
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from fakes.chaos_service import die_with_parent
from fakes.soak_memory import Closely, sqlite_mb
from rich.console import Console

from bot import alerts, dispatcher, logs, rounds, service
from bot.settings import Settings
from matching import ingest
from matching.encoder import SLICE, Encoder
from storage.records import Vectors

LEAST = timedelta(seconds=0.1)
LOOK_S = 0.005
"""Between two looks at the event loop."""

STEP_S = 0.0005
STEPS = 4_000
"""Lateness is counted in steps up to two seconds, so that watching takes no memory."""

MARKS = (0.3, 0.97)
"""Parts of the run after which a closer look is taken."""

LONGEST, WARMING = 300, 48
"""Words of a text, and slices that are read before the day begins."""

REAL = (
    (dispatcher, "LEASE"),
    (alerts, "HEAD_START"),
)
"""Waits for the machine or the network that are told by the service's clock."""


class Clock:
    """`now` runs `speed` times as fast as the world, and comes to the world's time at the end."""

    def __init__(self, speed: float, hours: float) -> None:
        self.speed = speed
        self.began = datetime.now(UTC) - timedelta(hours=hours)
        self._since: float | None = None

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return 0.0 if self._since is None else (time.monotonic() - self._since) * self.speed

    def start(self) -> None:
        """Until now it stood still."""
        self._since = time.monotonic()


class Busy:
    """The encoder, and whether it is at work."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.working = self.texts = 0
        self.identity, self.dim = encoder.identity, encoder.dim
        self.backend = getattr(encoder, "backend", None)

    async def encode(self, texts: Sequence[str]) -> Vectors:
        self.working += 1
        self.texts += len(texts)
        try:
            return await self._encoder.encode(texts)
        finally:
            self.working -= 1

    async def aclose(self) -> None:
        await self._encoder.aclose()


class Lag:
    """How late the loop wakes a sleeper, while the encoder is at work and otherwise."""

    def __init__(self, is_busy) -> None:
        self._is_busy = is_busy
        self._late = {True: np.zeros(STEPS, dtype=int), False: np.zeros(STEPS, dtype=int)}

    async def watch(self) -> None:
        while True:
            before, began = bool(self._is_busy()), time.perf_counter()
            await asyncio.sleep(LOOK_S)
            late = time.perf_counter() - began - LOOK_S
            step = min(max(int(late / STEP_S), 0), STEPS - 1)
            self._late[before or bool(self._is_busy())][step] += 1

    def told(self) -> dict[str, Any]:
        """Milliseconds."""
        return {
            name: {
                "looks": int(late.sum()),
                "p50_ms": quantile(late, 0.5),
                "p99_ms": quantile(late, 0.99),
                "most_ms": quantile(late, 1.0),
            }
            for name, late in (("embedding", self._late[True]), ("otherwise", self._late[False]))
        }


def quantile(counted: "np.ndarray", share: float) -> float:
    """The end of the step that this share of all looks stays under, in milliseconds."""
    if not counted.sum():
        return 0.0
    step = int(np.searchsorted(np.cumsum(counted), share * counted.sum()))
    return round((min(step, STEPS - 1) + 1) * STEP_S * 1e3, 1)


class Heap(ctypes.Structure):
    """glibc's mallinfo2."""

    _fields_ = tuple(
        (f"{name}blks" if name != "hblkhd" else name, ctypes.c_size_t)
        for name in "arena ord sm h hblkhd usm fsm uord ford keep".split()
    )


def mallinfo() -> Heap:
    """What C code holds and what it gave back without the system getting it; zeros elsewhere."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return Heap()
    ask.restype = Heap
    return ask()


def measured() -> dict[str, Any]:
    """This process as the system sees it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    heap = mallinfo()
    return {
        "heap_mb": round((heap.uordblks + heap.hblkhd) / 2**20, 1),
        "spare_mb": round(heap.fordblks / 2**20, 1),
        "sqlite_mb": sqlite_mb(),
        "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
        **resident(),
        "files": len(os.listdir("/proc/self/fd")),
        "opened": opened(),
        "threads": threading.active_count(),
    }


def resident() -> dict[str, float]:
    """Of the memory in use, what is the process's own and what is pages of files."""
    status = Path("/proc/self/status").read_text()
    kinds = {"anon_mb": "RssAnon", "mapped_mb": "RssFile"}
    found = {name: re.search(rf"{kind}:\s+(\d+) kB", status) for name, kind in kinds.items()}
    return {name: round(int(one[1]) / 1024, 1) if one else 0.0 for name, one in found.items()}


def opened() -> dict[str, int]:
    """How many files and sockets are open, by what they are; a socket by whom it leads to."""
    led = peers()
    found: Counter[str] = Counter()
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # the folder itself, as it is read
            kind, _, number = Path(os.readlink(one)).name.partition(":")
            found[led.get(number.strip("[]"), kind)] += 1
    return dict(found)


def peers() -> dict[str, str]:
    """By the number of a socket, the port that it is connected to."""
    lines = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return {row[9]: f"port {int(row[2].partition(':')[2], 16)}" for row in rows}


async def warmed(encoder: Encoder) -> None:
    """Let the model read texts of many lengths, few and many at a time, the longest first."""
    drawn = random.Random(1)
    await encoder.encode(["words " * LONGEST] * SLICE)
    for _ in range(WARMING):
        length, count = drawn.randint(1, LONGEST), drawn.randint(1, SLICE)
        await encoder.encode(["words " * length] * count)


class Soak:
    """One run: the clock in its rooms, and an eye on it."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.clock = Clock(order["speed"], order["hours"])
        self._every = order["every"] * 60 / order["speed"]
        self._closely = Path(order["closely"]) if order.get("closely") else None
        self._hours = float(order["hours"])
        self._encoder: Busy | None = None
        self._platforms: list[Any] = []
        self.lag = Lag(lambda: self._encoder is not None and self._encoder.working)

    def set_up(self) -> None:
        clock = self.clock
        faster = SimpleNamespace(monotonic=clock.monotonic)
        service.utc_now, service.time, ingest.time = clock.now, faster, faster
        for module, name in REAL:
            setattr(module, name, getattr(module, name) * clock.speed)
        dispatcher.POLL = max(dispatcher.POLL / clock.speed, LEAST)
        for name in [one for one in vars(rounds) if one.endswith("_EVERY")]:
            setattr(rounds, name, max(getattr(rounds, name) / clock.speed, LEAST))
        load, choose = service.load_encoder, service.chosen

        async def loaded(*args: Any) -> Busy:
            made = await load(*args)
            await warmed(made)
            self._encoder = Busy(made)
            return self._encoder

        def chosen(*args: Any) -> Any:
            made = choose(*args)
            self._platforms = list(made.platforms)
            return made

        service.load_encoder, service.chosen = loaded, chosen

    async def live(self) -> None:
        """Serve until SIGTERM, and tell of oneself meanwhile."""
        settings = Settings()
        logs.configure(settings.log_level, settings.log_format)
        watching = asyncio.create_task(self._watch())
        try:
            await service.run(settings, Console(file=io.StringIO()))
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        tell(ended=True, lag=self.lag.told(), texts=self._encoder.texts if self._encoder else 0)

    async def _watch(self) -> None:
        while not self._platforms or not all(one.is_connected for one in self._platforms):
            await asyncio.sleep(0.05)
        self.clock.start()
        tell(pid=os.getpid(), started=self.clock.began.isoformat())
        looking = asyncio.create_task(self.lag.watch())
        closely = Closely() if self._closely else None
        marks = [self._hours * part for part in MARKS]
        try:
            while True:
                await asyncio.sleep(self._every)
                hour = self.clock.monotonic() / 3600
                if closely is not None and marks and hour >= marks[0]:
                    closely.mark(f"hour {marks.pop(0):.1f}")
                    if not marks:
                        closely.written(self._closely)
                tell(hour=round(hour, 2), tasks=len(asyncio.all_tasks()), **measured())
        finally:
            looking.cancel()


def tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def main() -> None:
    die_with_parent()
    order = json.loads(sys.stdin.readline())
    soak = Soak(order)
    soak.set_up()
    asyncio.run(soak.live())


if __name__ == "__main__":
    main()
