"""Traces: the ids by which all log lines of one matter are found, from a dump to its deliveries.

A trace is born where a matter begins: with a dump (made of its hash, so that a dump that is taken
up again after a crash keeps it), a round of the scheduler, or a command. While it is bound each log
line carries it, and so does each delivery that is queued (`outbox.trace`); whatever sends and
settles a delivery does that under the delivery's. It names nobody.
"""

import contextvars
import json
import uuid
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass

from structlog import contextvars as facts

from storage.database import Tx

SHORT = 12
"""Hex digits: enough to tell a service's matters apart."""


def of_dump(sha256: str) -> str:
    """The trace of a dump."""
    return f"dump-{sha256[:SHORT]}"


def new(kind: str) -> str:
    """A trace that nothing had before; kind: what begins."""
    return f"{kind.replace(' ', '-')}-{uuid.uuid4().hex[:SHORT]}"


def current() -> str | None:
    """The trace of what is being done, where it has one."""
    return facts.get_contextvars().get("trace")


def bound(trace: str | None) -> AbstractContextManager[None]:
    """A block that is done under this trace; None: under the one that is bound already."""
    return facts.bound_contextvars(trace=trace) if trace else facts.bound_contextvars()


def context(trace: str | None) -> contextvars.Context:
    """A context for a task that is done under this trace; None: under none."""
    made = contextvars.copy_context()
    if trace is None:
        made.run(facts.unbind_contextvars, "trace")
    else:
        made.run(facts.bind_contextvars, trace=trace)
    return made


@dataclass(frozen=True, kw_only=True)
class Brought:
    """Which dumps brought some papers."""

    first: dict[int, int]
    """By paper: its dump."""
    trace: dict[int, str]
    """By dump."""

    def of(self, seqs: Collection[int]) -> list[str]:
        """The traces of the dumps that brought these of the papers, the oldest first."""
        return [self.trace[one] for one in sorted({self.first[seq] for seq in seqs})]


def by_paper(tx: Tx, seqs: Collection[int]) -> Brought:
    """Which dumps brought these papers."""
    rows = tx.rows(
        """
        SELECT papers.seq, dumps.id, dumps.sha256
        FROM papers JOIN dumps ON dumps.id = papers.first_dump
        WHERE papers.seq IN (SELECT value FROM json_each(:seqs))
        """,
        seqs=json.dumps(list(seqs)),
    )
    return Brought(
        first={row["seq"]: row["id"] for row in rows},
        trace={row["id"]: of_dump(row["sha256"]) for row in rows},
    )


def of_papers(tx: Tx, seqs: Collection[int]) -> list[str]:
    """The traces of the dumps that brought these papers, the oldest first."""
    return by_paper(tx, seqs).of(seqs)
