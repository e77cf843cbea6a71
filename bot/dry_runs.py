"""Alerts tried on what is stored, before anyone relies on them. Needs no model."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from matching import alerts
from matching.alerts import BadQuery, DryRun, History, Query
from matching.mutes import Muting
from storage import mutes, papers, profiles
from storage.database import Database, Tx
from storage.mutes import Mute
from storage.records import Alert, Paper

if TYPE_CHECKING:
    from matching.library import Library

HISTORY = 5_000
"""The newest papers, that an alert is tried on."""

WEEKS_SHOWN = 8

LONGEST_S = 5.0
"""Nobody waits longer for a query to be tried; most take a tenth of a second."""

NOT_COMPARED = "Your other alerts were not compared with it: together they take too long."


class TookTooLong(Exception):
    """Trying this query takes too long: it needs fewer words with *, NEAR( ) and long phrases.
    Several alerts can share the work.
    """

    def __init__(self) -> None:
        super().__init__(" ".join((TookTooLong.__doc__ or "").split()))


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What a query would have found for one profile."""

    run: DryRun
    others: tuple[Alert, ...]
    """The profile's alerts, as `run.overlaps` counts them."""
    muted: int
    """Papers that were left out, since the profile muted them."""


@dataclass(frozen=True, kw_only=True)
class _Past:
    stored: list[Paper]
    others: list[Alert]
    mutes: list[Mute]


class Kept:
    """The newest papers as they were read for the last dry run, for the next: one for a service."""

    def __init__(self) -> None:
        self.history = History()
        self.lock = threading.Lock()
        self.newest = 0
        """The highest `seq` that `warm` has seen."""

    @staticmethod
    def of(library: "Library") -> "Kept":
        """The one of this library."""
        kept = library.memory.setdefault("dry runs", Kept())
        assert isinstance(kept, Kept)  # noqa: S101 - for the types alone: nobody else has that name
        return kept


async def tried(
    db: Database,
    query: Query,
    profile_id: int | None = None,
    *,
    but: int | None = None,
    kept: Kept | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Tried:
    """A query replayed over the stored papers, beside the profile's alerts. Raises TookTooLong.

    but: an alert that it would stand in the place of, and is not compared with.
    kept: what spares reading the papers again.
    """
    past = await db.read(_past, profile_id, but)
    return await asyncio.to_thread(_tried, query, past, kept or Kept(), clock)


async def warm(library: "Library") -> None:
    """Read the newest papers where there are newer ones, so that no query waits for that."""
    kept = Kept.of(library)
    newest = await library.db.read(papers.newest)
    if kept.newest == newest:
        return
    past = await library.db.read(_past, None, None)
    kept.newest = newest

    def follow() -> None:
        with kept.lock:
            kept.history.follow(past.stored)

    await asyncio.to_thread(follow)


def _past(tx: Tx, profile_id: int | None, but: int | None) -> _Past:
    newest = papers.newest(tx)
    stored = papers.between(tx, newest - HISTORY, newest)
    if profile_id is None:
        return _Past(stored=stored, others=[], mutes=[])
    others = [one for one in profiles.alerts(tx, profile_id) if one.id != but]
    return _Past(stored=stored, others=others, mutes=mutes.of(tx, profile_id))


def _tried(query: Query, past: _Past, kept: Kept, clock: Callable[[], float]) -> Tried:
    silenced = Muting(past.stored).by(past.mutes)
    heard = [paper for place, paper in enumerate(past.stored) if place not in silenced]
    readable = _readable(past.others)
    with kept.lock:
        kept.history.follow(past.stored)

        def run(others: Sequence[Query]) -> DryRun:
            until = clock() + LONGEST_S

            def check() -> None:
                if clock() > until:
                    raise TookTooLong

            return alerts.dry_run(query, heard, others, kept.history, check)

        try:
            made = run([read for _, read in readable])
        except TookTooLong:
            if not readable:
                raise
            made = run(())  # perhaps it is the others that are slow
            made = replace(made, notes=(*made.notes, NOT_COMPARED))
    return Tried(
        run=made,
        others=tuple(alert for alert, _ in readable),
        muted=len(silenced),
    )


def _readable(others: Sequence[Alert]) -> list[tuple[Alert, Query]]:
    found = []
    for alert in others:
        try:
            found.append((alert, alerts.parse(alert.query)))
        except BadQuery:  # the language has changed under it: the alerts' tick logs that
            continue
    return found
