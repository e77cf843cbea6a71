"""The whole service in a process that can be killed at a named point, again and again.

It is `bot.service.run` with all its rooms and one difference: the encoder has no model. A run of
this module imports everything once and then makes a service out of each order that it reads, by a
fork, so that a start takes some 50 ms:

    PAPERROUND_DB=... PYTHONPATH=tests python -m fakes.chaos_service
    < {"hurry": true, "point": "settle before commit", "occurrence": 3}
    > {"pid": 4711}
    > {"ended": -9}                     # at that point, by SIGKILL; the next order may come

`point` (one of POINTS; none: it lives until somebody ends it) and `occurrence` say where the
service kills itself. "before commit": the transaction has done its work, and is not committed.
"after commit": it is, and nobody was told. "before send" and "after send" stand around a platform's
call; for a part of a message they have names of their own, and so has the thread below a head.

`hurry` shortens the waits of SHORTENED, all of them by about as much, so that hundreds of crashes
take minutes. No order between two of them is turned round: a send still ends before its lease does,
a destination rests as long as the stand-in's limit, scaled alike, wants. What is decided, written
and looked up is the same code.
"""

import asyncio
import contextlib
import ctypes
import gc
import io
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

from fakes.words_encoder import WordsEncoder
from rich.console import Console

from bot import (
    alerts,
    digests,
    dispatcher,
    late,
    logs,
    rounds,
    second_chances,
    service,
    supervisor,
)
from bot.dispatcher import Dispatcher
from bot.platforms.discord import client
from bot.platforms.discord import posting as discord_posting
from bot.platforms.slack import limits as slack_limits
from bot.platforms.slack import refusals
from bot.settings import Settings
from matching import ingest
from storage import arrivals
from storage.database import Database


def full_name(fn: Callable[..., Any]) -> str:
    """Module and function; what is made inside of a function is called as that is."""
    return f"{fn.__module__}.{getattr(fn, '__qualname__', '')}".partition(".<locals>")[0]


WRITES: dict[str, str] = {
    full_name(fn): name
    for fn, name in (
        (arrivals.open_dump, "open_dump"),
        (arrivals.store, "store"),
        (arrivals.close_papers, "close_papers"),
        (arrivals.embed, "embed"),
        (arrivals.close_dump, "close_dump"),
        (alerts._queue, "alerts"),
        (digests._queue, "digests"),
        (late._queue, "late"),
        (second_chances._queue, "second chance"),
        (dispatcher._claim, "claim"),
        (Dispatcher._settle, "settle"),
        (Dispatcher._postpone, "postpone"),
        (Dispatcher._bury, "bury"),
        (Dispatcher._close, "close"),
    )
}
"""The transactions between a dump and its messages, by their functions or by what makes these."""

ONLY_WITH_WORK = {"alerts", "digests", "late", "second chance", "claim"}
"""Come again and again; what is counted is those that wrote something."""

AROUND = ("send", "part", "thread")
POINTS: tuple[str, ...] = (
    *(f"{name} {when} commit" for name in WRITES.values() for when in ("before", "after")),
    *(f"{when} {name}" for name in AROUND for when in ("before", "after")),
)

SHORTENED: tuple[tuple[ModuleType, str, Any], ...] = (
    (dispatcher, "LEASE", timedelta(seconds=6)),
    (dispatcher, "SEND_DEADLINE", timedelta(seconds=4.5)),
    (dispatcher, "SETTLE_WAITS_S", (0.1, 0.3, 0.5)),
    (dispatcher, "FIRST_WAIT", timedelta(seconds=0.2)),
    (dispatcher, "LONGEST_WAIT", timedelta(seconds=5)),
    (dispatcher, "MAX_ATTEMPTS", 500),
    (dispatcher, "POLL", timedelta(seconds=0.2)),
    (discord_posting, "DEADLINE_S", 4.0),
    (client, "GUILDS_WAIT_S", 0.05),
    (slack_limits, "CALL", timedelta(seconds=2)),
    (slack_limits, "PER_MESSAGE", timedelta(seconds=0.1)),
    (slack_limits, "PER_LOOKUP", timedelta(seconds=0.06)),
    (refusals, "UNSAID_WAIT", timedelta(seconds=1)),
    (service, "INHERITED", timedelta(seconds=1.5)),
    (supervisor, "FIRST_WAIT_S", 0.1),
    (supervisor, "LONGEST_WAIT_S", 2.0),
    (rounds, "INBOX_EVERY", timedelta(seconds=0.2)),
    (rounds, "ALERTS_EVERY", timedelta(seconds=0.5)),
    (rounds, "DIGESTS_EVERY", timedelta(seconds=0.5)),
    (rounds, "LATE_EVERY", timedelta(seconds=0.5)),
    (rounds, "SECOND_CHANCES_EVERY", timedelta(seconds=1.5)),
    (alerts, "HEAD_START", timedelta(seconds=0.2)),
    (ingest, "BATCH", 5),
    (ingest, "STORED", 5),
)
"""Constants and what they are in a hurry. More attempts make up for shorter waits between them: in
production it is nine hours until one is given up. A smaller batch gives a dump more transactions.
"""

DIM = 384
PR_SET_PDEATHSIG = 1


class Crash:
    """Counts how often a point was reached, and kills the process there."""

    def __init__(self, point: str | None, occurrence: int) -> None:
        if point is not None and point not in POINTS:
            raise ValueError(f"no point is called {point!r}")
        self._point, self._left = point, occurrence

    def reached(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Stand at every point of this process."""
        self._watch_writes()
        self._watch_threads()
        choose = service.chosen

        def chosen(*args: Any) -> Any:
            made = choose(*args)
            for platform in made.platforms:
                platform.send = self._around(
                    platform.send, lambda one: "part" if "#" in one.key else "send"
                )
            return made

        service.chosen = chosen

    def _watch_writes(self) -> None:
        write = Database.write

        async def watched(
            db: Database, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
        ) -> Any:
            name = WRITES.get(full_name(fn))
            if name is None:
                return await write(db, fn, *args, **kwargs)

            def counts(result: Any) -> bool:
                return bool(result) or name not in ONLY_WITH_WORK

            def work(tx: Any) -> Any:
                result = fn(tx, *args, **kwargs)
                if counts(result):
                    self.reached(f"{name} before commit")
                return result

            result = await write(db, work)
            if counts(result):
                self.reached(f"{name} after commit")
            return result

        Database.write = watched

    def _watch_threads(self) -> None:
        discord_posting._thread = self._around(discord_posting._thread, lambda _: "thread")

    def _around(self, call: Callable[..., Any], named: Callable[[Any], str]) -> Callable[..., Any]:
        async def watched(first: Any, *rest: Any) -> Any:
            self.reached(f"before {named(first)}")
            result = await call(first, *rest)
            self.reached(f"after {named(first)}")
            return result

        return watched


def serve(order: dict[str, Any]) -> None:
    """Be the service until it is ended."""
    random.seed()  # the fork has its parent's
    if order.get("hurry"):
        for module, name, value in SHORTENED:
            if not hasattr(module, name):
                raise AttributeError(f"{module.__name__} has no {name} that could be shortened")
            setattr(module, name, value)
    Crash(order.get("point"), order.get("occurrence", 1)).watch()
    service.load_encoder = _no_model
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    asyncio.run(service.run(settings, Console(file=io.StringIO())))


async def _no_model(_: str | None, __: str) -> WordsEncoder:
    return WordsEncoder(dim=DIM)


def die_with_parent() -> None:
    """So that nothing is left of a run whatever becomes of who started it; on Linux."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fork(order: dict[str, Any]) -> int:
    """A process that serves; its id."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        die_with_parent()
        serve(order)
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Fork for each order; one service at a time."""
    die_with_parent()
    gc.freeze()
    for line in sys.stdin:
        pid = fork(json.loads(line))
        print(json.dumps({"pid": pid}), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    main()
