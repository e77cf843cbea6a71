"""Rate limits as Discord keeps them: a bucket a route and major parameter, and one for the bot.

Buckets are wide open until a test narrows them (`limit`) or asks for what Discord is known to
allow (`as_discord`). The headers are always there.
https://discord.com/developers/docs/topics/rate-limits
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

OPEN = (10_000, 1.0)
GLOBAL_PER_SECOND = 50
POSTS = (5, 5.0)
"""Messages a channel, as bots observe it; not documented."""


@dataclass(kw_only=True)
class Bucket:
    """What is left of one allowance."""

    limit: int
    window: float
    left: int
    resets: float


class Limits:
    """Counts requests against buckets by the server's clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rules: dict[tuple[str, str], tuple[int, float]] = {}
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._last_second: deque[float] = deque()
        self.global_per_second: int | None = None
        """None: the global limit is only recorded."""
        self.busiest_second = 0
        """The most authorised requests within any one second so far."""
        self.exceeded: list[str] = []
        """Each request that met an empty bucket, as `POST /channels/{channel_id}/messages`."""

    def limit(self, method: str, template: str, count: int, seconds: float) -> None:
        """From now on `count` requests in `seconds`, for each channel, guild or webhook."""
        self._rules[method, template] = (count, seconds)
        self._buckets = {k: b for k, b in self._buckets.items() if k[:2] != (method, template)}

    def as_discord(self) -> None:
        """The limits that bots live with."""
        self.global_per_second = GLOBAL_PER_SECOND
        self.limit("POST", "/channels/{channel_id}/messages", *POSTS)
        self.limit("PATCH", "/channels/{channel_id}/messages/{message_id}", *POSTS)
        self.limit("POST", "/webhooks/{webhook_id}/{webhook_token}", *POSTS)

    def spend(
        self, method: str, template: str, major: str, *, counts_globally: bool
    ) -> tuple[dict[str, str], float | None, bool]:
        """Headers, seconds to wait where it is over a limit, and whether that is the global one."""
        now = self._clock()
        if counts_globally:
            while self._last_second and self._last_second[0] <= now - 1:
                self._last_second.popleft()
            self._last_second.append(now)
            busy = len(self._last_second)
            self.busiest_second = max(self.busiest_second, busy)
            if self.global_per_second is not None and busy > self.global_per_second:
                self.exceeded.append("global")
                return {}, max(0.0, self._last_second[0] + 1 - now), True
        bucket = self._bucket(method, template, major, now)
        over = bucket.left <= 0
        if over:
            self.exceeded.append(f"{method} {template}")
        else:
            bucket.left -= 1
        after = max(0.0, bucket.resets - now)
        headers = {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.left),
            "X-RateLimit-Reset": f"{bucket.resets:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(f"{method} {template}".encode()).hexdigest()[:32],
        }
        return headers, after if over else None, False

    def _bucket(self, method: str, template: str, major: str, now: float) -> Bucket:
        key = (method, template, major)
        count, window = self._rules.get((method, template), OPEN)
        found = self._buckets.get(key)
        if found is None or found.resets <= now:
            found = Bucket(limit=count, window=window, left=count, resets=now + window)
            self._buckets[key] = found
        return found
