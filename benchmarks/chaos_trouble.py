"""Trouble at the stand-ins: what goes wrong there during a chaos run, drawn from its seed.

A drop or a 5xx strikes before the request was processed or after it; 429s come in storms; answers
are slow; a platform is away for a while, or cuts its socket.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from chaos_stage import Stage

Fault = Mapping[str, Any]

SLACK: tuple[Fault, ...] = (  # a slow answer comes after we gave it up, its effect does not
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 500, "after_effect": True},
    {"kind": "garbage"},
    {"kind": "garbage", "after_effect": True},
    {"kind": "delay", "seconds": 0.3},
    {"kind": "delay", "seconds": 2.5, "after_effect": True},
    {"kind": "error", "error": "internal_error"},
)
SLACK_STORMS: tuple[Fault, ...] = (
    {"kind": "ratelimited", "retry_after": 1},
    {"kind": "ratelimited", "retry_after": 2},
    {"kind": "ratelimited", "retry_after": None},
)
SLACK_CALLS = ("chat.postMessage",) * 6 + ("conversations.*", "auth.test", "*")

DISCORD: tuple[Fault, ...] = (
    {"drop": True},
    {"drop": True, "after": True},
    {"status": 503},
    {"status": 503, "after": True},
    {"status": 500},
    {"status": 502, "after": True},
    {"delay": 0.3},
    {"delay": 1.5},
    {"delay": 4.6},
)
DISCORD_STORMS: tuple[Fault, ...] = (
    {"status": 429, "retry_after": 1.0},
    {"status": 429, "retry_after": 1.0, "via": False},
    {"status": 429, "retry_after": 0.5, "is_global": True},
)
DISCORD_CALLS = (("POST", "/channels/*/messages"),) * 6 + (
    ("POST", "/channels/*/messages/*/threads"),
    ("POST", "/channels/*/threads"),
    ("POST", "/users/@me/channels"),
    ("GET", "/channels/*"),
)
GATEWAY = ("abort", "reconnect", "invalidate")

LONG_STORM: Fault = {"status": 429, "retry_after": 35.0}
"""Longer than the library waits by itself: it becomes a date in the outbox."""

NONCE_WINDOWS_S = (12.0, 30.0)
"""Discord knows a nonce for minutes, here for a tenth of that, as waits are shorter: longer than an
answer may be late, and short enough that what it has forgotten must be found in the history.
"""

CHANCE, CHANCE_OF_CALM, CHANCE_AWAY, CHANCE_GATEWAY = 0.6, 0.3, 0.06, 0.1


class Trouble:
    """Makes trouble, and ends it."""

    def __init__(self, stage: Stage, rng: random.Random, *, is_long: bool) -> None:
        """is_long: with waits that only a long run has time for."""
        self._stage = stage
        self._rng = rng
        self._is_long = is_long
        self._away: set[asyncio.Task[None]] = set()
        self.made: Counter[str] = Counter()
        """What does not strike single requests."""

    async def some(self) -> None:
        """Whatever is drawn; mostly a few faults more."""
        rng = self._rng
        if rng.random() < CHANCE_OF_CALM:
            await self._lift()
        if rng.random() < CHANCE:
            for _ in range(rng.randint(1, 3)):
                await rng.choice((self._on_slack, self._on_discord))()
        if rng.random() < CHANCE_GATEWAY:
            await self._at_the_gateway()
        if rng.random() < CHANCE_AWAY:
            await rng.choice((self.slack_away, self.discord_away))(rng.uniform(1.0, 4.0))

    async def so_that(self, point: str) -> None:
        """Something that a service needs in order to reach this point."""
        if point.startswith("postpone"):
            await self._fault_slack("chat.postMessage", {"kind": "ratelimited"}, 8)
            await self._fault_discord("POST", "/channels/*/messages", {"status": 503}, 4)
        elif point.startswith("bury"):
            await self._fault_slack("chat.postMessage", {"kind": "error", "error": "no_text"}, 1)
            await self._fault_discord("POST", "/channels/*/messages", {"code": 50109}, 1)

    async def calm(self) -> None:
        """Everything works again."""
        await asyncio.gather(*self._away)
        await self._lift()

    # --- one platform ----------------------------------------------------------------------

    async def _on_slack(self) -> None:
        rng = self._rng
        if rng.random() < 0.25:
            await self._fault_slack(
                "chat.postMessage", rng.choice(SLACK_STORMS), rng.randint(5, 25)
            )
        else:
            await self._fault_slack(rng.choice(SLACK_CALLS), rng.choice(SLACK), rng.randint(1, 4))

    async def _on_discord(self) -> None:
        rng = self._rng
        method, pattern = rng.choice(DISCORD_CALLS)
        if rng.random() < 0.25:
            storm, times = rng.choice(DISCORD_STORMS), rng.randint(5, 15)
            if self._is_long and rng.random() < 0.1:
                storm, times = LONG_STORM, 2
            await self._fault_discord("POST", "/channels/*/messages", storm, times)
        else:
            await self._fault_discord(method, pattern, rng.choice(DISCORD), rng.randint(1, 4))
        window = rng.choice(NONCE_WINDOWS_S)
        await self._stage.ask("discord", "__act", {"do": "set", "nonce_window_s": window})

    async def _fault_slack(self, method: str, fault: Fault, times: int) -> None:
        await self._stage.ask("slack", "__fault", {"method": method, "times": times, **fault})

    async def _fault_discord(self, method: str, pattern: str, fault: Fault, times: int) -> None:
        what = {"method": method, "pattern": pattern, "times": times, **fault}
        await self._stage.ask("discord", "__fault", what)

    async def _at_the_gateway(self) -> None:
        if self._rng.random() < 0.5:
            self.made["slack socket closed"] += 1
            await self._stage.ask("slack", "__fault", {"disconnect": "warning"})
            return
        how = self._rng.choice(GATEWAY)
        self.made[f"discord gateway {how}"] += 1
        await self._stage.ask("discord", "__act", {"do": how})

    async def slack_away(self, seconds: float) -> None:
        """Nothing answers there for so long."""
        self.made[_away("slack", seconds)] += 1
        await self._stage.ask("slack", "__fault", {"away": seconds})

    async def discord_away(self, seconds: float) -> None:
        """Nothing answers there for so long, nor at its gateway."""
        self.made[_away("discord", seconds)] += 1
        await self._stage.ask("discord", "__act", {"do": "go_away"})
        await self._fault_discord("*", "/*", {"drop": True}, 10**6)

        async def return_later() -> None:
            await asyncio.sleep(seconds)
            await self._stage.ask("discord", "__fault", {"clear": True})
            await self._stage.ask("discord", "__act", {"do": "come_back"})

        task = asyncio.create_task(return_later())
        self._away.add(task)
        task.add_done_callback(self._away.discard)

    async def _lift(self) -> None:
        """Single requests go through again; who is away stays away."""
        await self._stage.ask("slack", "__fault", {"calm": True})
        if not self._away:
            await self._stage.ask("discord", "__fault", {"clear": True})


def _away(platform: str, seconds: float) -> str:
    return f"{platform} away for " + (f"{seconds / 60:g} min" if seconds >= 60 else "seconds")


def struck(slack: Any, discord: Any) -> Counter[str]:
    """Requests that went wrong on purpose, by what went wrong, from the stand-ins' states."""
    found: Counter[str] = Counter()
    for kind, hits in (*slack["faults"].items(), *discord["faults"].items()):
        found[kind] += hits
    return found
