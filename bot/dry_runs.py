"""Alerts tried on what is stored, before anyone relies on them. Needs no model."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from matching import alerts
from matching.alerts import BadQuery, DryRun, Query
from matching.mutes import Muting
from storage import mutes, papers, profiles
from storage.database import Database, Tx
from storage.mutes import Mute
from storage.records import Alert, Paper

HISTORY = 5_000
"""The newest papers, that an alert is tried on."""


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


async def tried(
    db: Database, query: Query, profile_id: int | None = None, *, but: int | None = None
) -> Tried:
    """A query replayed over the stored papers, beside the profile's alerts.

    but: an alert that it would stand in the place of, and is not compared with.
    """
    return await asyncio.to_thread(_tried, query, await db.read(_past, profile_id, but))


def _past(tx: Tx, profile_id: int | None, but: int | None) -> _Past:
    newest = papers.newest(tx)
    stored = papers.between(tx, newest - HISTORY, newest)
    if profile_id is None:
        return _Past(stored=stored, others=[], mutes=[])
    others = [one for one in profiles.alerts(tx, profile_id) if one.id != but]
    return _Past(stored=stored, others=others, mutes=mutes.of(tx, profile_id))


def _tried(query: Query, past: _Past) -> Tried:
    silenced = Muting(past.stored).by(past.mutes)
    heard = [paper for place, paper in enumerate(past.stored) if place not in silenced]
    readable = _readable(past.others)
    return Tried(
        run=alerts.dry_run(query, heard, [read for _, read in readable]),
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
