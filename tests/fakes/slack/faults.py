"""Trouble on demand: faults waiting for calls, and the limit on messages per channel."""

import math
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("ratelimited", "status", "drop_before", "drop_after", "delay", "garbage", "error")


@dataclass(kw_only=True)
class Fault:
    """What happens to the next `times` calls of a method (None: to all, until it is called off).

    ratelimited: 429 with `retry_after` (s; None: without). status: an HTTP error `status` with a
    page instead of JSON. drop_before, drop_after: the connection closes before or after the call
    took effect. delay: answered `seconds` late. garbage: 200, but no JSON. error: Slack's `error`.
    """

    method: str
    kind: str
    times: int | None = 1
    channel: str | None = None
    retry_after: int | None = 1
    status: int = 503
    seconds: float = 0.0
    error: str = "internal_error"
    after_effect: bool = False
    """For `status`, `garbage` and `delay`: the call took effect all the same."""
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}: take one of {', '.join(KINDS)}")

    @property
    def label(self) -> str:
        """`status 503 after effect`: what it does, for whoever counts."""
        about = {"status": str(self.status), "error": self.error}.get(self.kind, "")
        said = [self.kind, about, "after effect" if self.after_effect else ""]
        return " ".join(word for word in said if word)

    def concerns(self, method: str, channel: str | None) -> bool:
        """Whether it is meant for this call; `*` means every method, `chat.*` a family."""
        family = self.method.endswith("*") and method.startswith(self.method[:-1])
        return (family or method == self.method) and self.channel in (None, channel)


class Faults:
    """The faults in waiting, first come first served; `hits` lists what has struck."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.hits: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        self.waiting.append(fault)
        return fault

    def calm(self) -> None:
        """Call everything off."""
        self.waiting.clear()

    def strike(self, method: str, channel: str | None) -> Fault | None:
        """The fault for this call, used up by one."""
        for fault in self.waiting:
            if fault.concerns(method, channel):
                fault.hits += 1
                self.hits.append(fault)
                if fault.times is not None:
                    fault.times -= 1
                    if not fault.times:
                        self.waiting.remove(fault)
                return fault
        return None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A message that came too early."""

    channel: str
    retry_after: int
    at: float


class MessageLimit:
    """A bucket per channel: `burst` messages at once, then `per_second`.

    Off until `per_second` is set. Slack allows about one a second and short bursts:
    https://docs.slack.dev/apis/web-api/rate-limits
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.per_second: float | None = None
        self.burst = 1
        self.refused: list[Refused] = []
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def set(self, per_second: float | None, burst: int = 1) -> None:
        self.per_second, self.burst = per_second, burst
        self._buckets.clear()

    def wait(self, channel: str) -> int | None:
        """Whole seconds to wait, at least 1, or None: the message may be posted now."""
        if self.per_second is None:
            return None
        now = self._clock()
        level, then = self._buckets.get(channel, (float(self.burst), now))
        level = min(float(self.burst), level + (now - then) * self.per_second)
        if level >= 1 - 1e-9:
            self._buckets[channel] = (level - 1, now)
            return None
        self._buckets[channel] = (level, now)
        wait = max(1, math.ceil((1 - level) / self.per_second - 1e-9))
        self.refused.append(Refused(channel=channel, retry_after=wait, at=now))
        return wait
