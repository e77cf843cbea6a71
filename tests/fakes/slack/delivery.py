"""Handing payloads to the app, over its socket or its request URL, and what came of each."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakes.slack.state import Json, Message

if TYPE_CHECKING:
    from fakes.slack.server import SlackServer

PATIENCE_S = 3.0  # https://docs.slack.dev/interactivity/handling-user-interaction


@dataclass(kw_only=True, eq=False)
class Handed:
    """One payload as it was handed over, and what the app answered.

    `failed` is what the person is shown: `operation_timeout` (no answer in time), `dispatch_failed`
    (nobody there, or an HTTP error), `invalid_command_response` (an answer that Slack can't show);
    None where all went well. An answer that comes too late still sets `acked`, `answer` and
    `latency`; `late` tells.
    """

    kind: str
    """`slash_commands`, `interactive` or `events_api`."""
    payload: Json
    envelope_id: str = ""
    attempt: int = 0
    via: str = "nowhere"
    """`socket`, `http` or `nowhere`."""
    sent_at: float = 0.0
    acked: bool = False
    late: bool = False
    latency: float | None = None
    """Seconds from sending to the answer."""
    answer: Json | None = None
    status: int | None = None
    """HTTP status, over HTTP."""
    body: str | None = None
    failed: str | None = None
    reply: Message | None = None
    """The message that the answer itself carried."""
    earlier: "Handed | None" = None
    on_answer: Callable[["Handed"], None] | None = field(default=None, repr=False)
    """Run as soon as an answer comes in time, before anything else that the app sends."""
    done: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def answered(self, answer: Json | None, patience: float) -> None:
        self.latency = time.monotonic() - self.sent_at
        self.acked, self.answer, self.late = True, answer, self.latency > patience
        if self.on_answer is not None and not self.late:
            self.on_answer(self)
        self.done.set()

    def summary(self) -> Json:
        """What a control client is told."""
        return {
            "kind": self.kind,
            "via": self.via,
            "attempt": self.attempt,
            "acked": self.acked,
            "late": self.late,
            "latency": self.latency,
            "answer": self.answer,
            "status": self.status,
            "failed": self.failed,
        }


class Delivery:
    """Chooses the way: a request URL where one is set, else the open sockets.

    `patience` (s) is how long Slack waits. `repeats` hands every payload over that many more times
    at once, as a redelivery would. `retries` are the waits (s) before an event that nobody
    acknowledged is sent again; Slack's are 0, 60 and 300.
    """

    def __init__(self, server: "SlackServer") -> None:
        self._server = server
        self.patience = PATIENCE_S
        self.repeats = 0
        self.retries: tuple[float, ...] = ()
        self.handed: list[Handed] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def hand(
        self, kind: str, payload: Json, on_answer: Callable[[Handed], None] | None = None
    ) -> Handed:
        """Hand a payload over and wait for the answer, at most for `patience`."""
        handed = await self._once(Handed(kind=kind, payload=payload, on_answer=on_answer))
        for n in range(self.repeats):
            await self._once(
                Handed(kind=kind, payload=payload, attempt=n + 1, earlier=handed), "timeout"
            )
        if kind == "events_api" and not handed.acked and self.retries:
            task = asyncio.create_task(self._retry(handed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return handed

    async def again(self, handed: Handed, reason: str = "timeout") -> Handed:
        """Deliver the same payload once more, as Slack does when it saw no acknowledgement."""
        more = Handed(
            kind=handed.kind, payload=handed.payload, attempt=handed.attempt + 1, earlier=handed
        )
        return await self._once(more, reason)

    async def _retry(self, handed: Handed) -> None:
        for wait in self.retries:
            await asyncio.sleep(wait)
            if handed.acked:
                return
            handed = await self.again(handed)

    async def _once(self, handed: Handed, reason: str = "") -> Handed:
        self.handed.append(handed)
        handed.sent_at = time.monotonic()
        if self._server.http.url:
            handed.via = "http"
            await self._server.http.send(handed, reason, self.patience)
        elif self._server.sockets.open:
            handed.via = "socket"
            await self._server.sockets.send(handed, reason)
            try:
                await asyncio.wait_for(handed.done.wait(), self.patience)
            except TimeoutError:
                handed.failed = "operation_timeout"
        else:
            handed.failed = "dispatch_failed"
        self._server.changed()
        return handed

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
