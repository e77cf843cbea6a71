"""Metrics: what the service counts for whoever watches it, in Prometheus' format.

One `Metrics` belongs to one service; nothing is global. Every value that a label can have is there
from the start, so that an alert rule never waits for a first failure to have something to look at.
No label names a person, a channel or a paper.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from matching.encoder import Encoder
    from storage.records import Vectors

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 24 * 3600)
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Outcome(StrEnum):
    """How one attempt to send ended."""

    SENT = "sent"
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"
    DESTINATION_GONE = "destination-gone"
    MESSAGE_REFUSED = "message-refused"
    GAVE_UP = "gave-up"
    NOT_SETTLED = "not-settled"


class DumpOutcome(StrEnum):
    """What became of a dump."""

    INGESTED = "ingested"
    KNOWN = "known"
    REFUSED = "refused"
    FAILED = "failed"


class PollOutcome(StrEnum):
    """What a source answered."""

    NEWS = "news"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    FAILED = "failed"


class CommandOutcome(StrEnum):
    """How a command was answered."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


TICK_OUTCOMES = ("done", "failed")


class Metrics:
    """Everything that is counted. `text` is what `/metrics` answers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        known: dict[str, Any] = {"registry": self.registry, "namespace": "paperround"}
        self.deliveries = Counter(
            "deliveries", "Attempts to send, by how they ended.", ["platform", "outcome"], **known
        )
        self.send = Histogram(
            "send_seconds", "One attempt to send.", ["platform"], buckets=SECONDS, **known
        )
        self.dump_to_message = Histogram(
            "dump_to_message_seconds",
            "From the arrival of an alert's paper to its message.",
            ["platform"],
            buckets=LONG_SECONDS,
            **known,
        )
        self.outbox = Gauge(
            "outbox_deliveries", "Deliveries that stand in the outbox.", ["status"], **known
        )
        self.outbox_overdue = Gauge(
            "outbox_overdue_seconds", "How long the oldest delivery has been due.", **known
        )
        self.dumps = Counter("dumps", "Dumps, by what became of them.", ["outcome"], **known)
        self.papers = Counter("papers", "New papers stored.", ["source"], **known)
        self.polls = Counter(
            "source_polls", "Sources asked, by what they answered.", ["source", "outcome"], **known
        )
        self.source_reached = Gauge(
            "source_reached_timestamp_seconds", "When a source answered last.", ["source"], **known
        )
        self.doubtful = Gauge(
            "source_doubtful",
            "1 while a source's latest day may be incomplete.",
            ["source"],
            **known,
        )
        self.rejects = Counter("rejects", "Lines that could not be read.", ["source"], **known)
        self.last_dump = Gauge(
            "last_dump_timestamp_seconds", "When a dump was ingested last.", **known
        )
        self.encode = Histogram(
            "encode_seconds", "One call of the encoder.", buckets=SECONDS, **known
        )
        self.encoded = Counter("encoded_texts", "Texts embedded.", **known)
        self.loop_lag = Histogram(
            "loop_lag_seconds",
            "How late the event loop wakes a sleeper.",
            buckets=LAG_SECONDS,
            **known,
        )
        self.commands = Counter(
            "commands", "Commands, by how they were answered.", ["platform", "outcome"], **known
        )
        self.command = Histogram(
            "command_seconds", "Answering one command.", ["platform"], buckets=SECONDS, **known
        )
        self.ticks = Counter("ticks", "Rounds of the scheduler.", ["tick", "outcome"], **known)
        self.tick = Histogram(
            "tick_seconds", "One round of a tick.", ["tick"], buckets=SECONDS, **known
        )
        self.connected = Gauge(
            "platform_connected", "1 while commands reach the platform.", ["platform"], **known
        )
        self.disk_free = Gauge("disk_free_bytes", "Free space beside the database.", **known)
        self.database_usable = Gauge(
            "database_usable", "0 while the database can't be read.", **known
        )
        self.model_usable = Gauge(
            "model_usable", "0 while the last text that was to be embedded was not.", **known
        )
        self.model_usable.set(1)
        self.invariants = Gauge(
            "invariant_violations", "Places where an invariant fails.", ["name"], **known
        )
        self.invariants_checked = Gauge(
            "invariants_checked_timestamp_seconds", "When they were looked at last.", **known
        )
        self.build = Gauge("build_info", "The version that runs.", ["version"], **known)
        self.build.labels(version("paperround")).set(1)
        for outcome in DumpOutcome:
            self.dumps.labels(outcome)

    def expect(
        self,
        *,
        platforms: Iterable[str] = (),
        ticks: Iterable[str] = (),
        sources: Iterable[str] = (),
        polled: Iterable[str] = (),
        invariants: Iterable[str] = (),
        statuses: Iterable[str] = (),
    ) -> None:
        """Make the series of everything that can be counted, at zero."""
        for platform in platforms:
            for outcome in Outcome:
                self.deliveries.labels(platform, outcome)
            for answered in CommandOutcome:
                self.commands.labels(platform, answered)
            self.connected.labels(platform)
            for by_platform in (self.send, self.command, self.dump_to_message):
                by_platform.labels(platform)
        for tick in ticks:
            self.tick.labels(tick)
            for ended in TICK_OUTCOMES:
                self.ticks.labels(tick, ended)
        for source in sources:
            self.papers.labels(source)
            self.rejects.labels(source)
        for source in polled:
            for answered_as in PollOutcome:
                self.polls.labels(source, answered_as)
            for of_source in (self.papers, self.rejects, self.source_reached, self.doubtful):
                of_source.labels(source)
        for name in invariants:
            self.invariants.labels(name)
        for status in statuses:
            self.outbox.labels(status)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Observe how long the block took, also where it fails."""
    began = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - began)


class WatchedEncoder:
    """An encoder that counts what it encodes, and knows whether it does."""

    def __init__(self, encoder: "Encoder", metrics: Metrics) -> None:
        self._encoder = encoder
        self._metrics = metrics
        self.identity = encoder.identity
        self.dim = encoder.dim
        self.works = True
        """Whether it encoded what it was asked last."""

    async def encode(self, texts: Sequence[str]) -> "Vectors":
        """As the encoder's own."""
        try:
            with timed(self._metrics.encode):
                vectors = await self._encoder.encode(texts)
        except Exception:
            self._found(works=False)
            raise
        self._found(works=True)
        self._metrics.encoded.inc(len(texts))
        return vectors

    def _found(self, *, works: bool) -> None:
        self.works = works
        self._metrics.model_usable.set(works)

    async def aclose(self) -> None:
        """As the encoder's own."""
        await self._encoder.aclose()
