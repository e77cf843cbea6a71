"""Things that go wrong on purpose, by method and route.

    fault = server.faults.add("POST", "/channels/*/messages", status=503)  # once
    server.faults.add("*", "*", status=429, retry_after=40.0, via=False, times=3)
    server.faults.add("POST", "/interactions/*", status=500, after=True)  # processed first
    server.faults.add("POST", "/channels/*/messages", drop=True, times=None)  # until lifted
    fault.lift()

A path matches its pattern with `*` for anything, or as a template (`/channels/{channel_id}`).
"""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes.discord.errors import known


@dataclass(kw_only=True, eq=False)
class Fault:
    """One thing that goes wrong, and how often still."""

    method: str
    pattern: str
    status: int | None = None
    """Answered instead of the real answer."""
    code: int | None = None
    """Answered with Discord's own message and status for this error code."""
    drop: bool = False
    """The connection is cut without an answer."""
    after: bool = False
    """The request is processed first and its effects stay."""
    delay: float = 0.0
    """Seconds before the request is looked at; alone, it is answered as usual then."""
    times: int | None = 1
    """How many requests it still hits; None: until lifted."""
    retry_after: float = 1.0
    via: bool = True
    is_global: bool = False
    skip: int = 0
    """How many matching requests pass unharmed first."""
    hits: int = field(default=0, init=False)

    def lift(self) -> None:
        """Let later requests pass."""
        self.times = 0

    @property
    def is_spent(self) -> bool:
        return self.times is not None and self.hits >= self.times

    @property
    def label(self) -> str:
        """`status 503 after effect`: what it does, for whoever counts."""
        said = [
            f"status {self.status}" if self.status else "",
            f"code {self.code}" if self.code else "",
            "drop" if self.drop else "",
            "delay" if self.delay else "",
            "after effect" if self.after else "",
        ]
        return " ".join(word for word in said if word)

    def fits(self, method: str, path: str) -> bool:
        glob = re.sub(r"\{[^}]*\}", "*", self.pattern)
        return self.method in ("*", method) and fnmatch.fnmatchcase(path, glob)

    def answer(self) -> tuple[int, dict[str, Any] | str, dict[str, str]]:
        """Status, body and headers."""
        if self.code is not None:
            error = known(self.code)
            return error.status, error.body, {}
        status = self.status or 500
        if status == 429:
            return limited(self.retry_after, via=self.via, is_global=self.is_global)
        return status, f"{status}: something went wrong upstream", {}


class Faults:
    """The faults that are set, oldest first; the first that fits a request hits it."""

    def __init__(self) -> None:
        self.all: list[Fault] = []

    def add(self, method: str, pattern: str, **what: Any) -> Fault:
        """Set a fault; `what` are the fields of Fault. It hits once unless told otherwise."""
        fault = Fault(method=method, pattern=pattern, **what)
        self.all.append(fault)
        return fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for fault in self.all:
            fault.lift()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, counted."""
        for fault in self.all:
            if fault.is_spent or not fault.fits(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.hits += 1
            return fault
        return None

    @property
    def pending(self) -> Sequence[Fault]:
        return [fault for fault in self.all if not fault.is_spent]


def limited(
    retry_after: float, *, via: bool, is_global: bool = False, scope: str = "user"
) -> tuple[int, dict[str, Any] | str, dict[str, str]]:
    """A 429. Without `via` it is the proxy's own page, as for a banned address."""
    headers = {"Retry-After": str(max(1, round(retry_after)))}
    if not via:
        return 429, "error code: 1015", headers
    headers |= {"Via": "1.1 google", "X-RateLimit-Scope": "global" if is_global else scope}
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": is_global,
    }
    return 429, body, headers
