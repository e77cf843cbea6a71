"""Alerts tried on what is stored, before anyone relies on them. Needs no model."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
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
) -> Tried:
    """A query replayed over the stored papers, beside the profile's alerts.

    but: an alert that it would stand in the place of, and is not compared with.
    kept: what spares reading the papers again.
    """
    past = await db.read(_past, profile_id, but)
    return await asyncio.to_thread(_tried, query, past, kept or Kept())


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


def _tried(query: Query, past: _Past, kept: Kept) -> Tried:
    silenced = Muting(past.stored).by(past.mutes)
    heard = [paper for place, paper in enumerate(past.stored) if place not in silenced]
    readable = _readable(past.others)
    with kept.lock:
        kept.history.follow(past.stored)
        run = alerts.dry_run(query, heard, [read for _, read in readable], kept.history)
    return Tried(
        run=run,
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
