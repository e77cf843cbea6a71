"""Live sources: how far each was read, when it is asked again, and what came from it day by day."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from storage.database import Tx
from storage.instants import from_text, to_text

SHOWN = timedelta(days=2)
"""So long a day that is in doubt is spoken of."""

SETTLED = 4
"""Weeks after which a new number is no longer strange."""


class Doubt(StrEnum):
    """Why a day of a source may not be all that there is."""

    QUIET = "quiet"
    """No paper on a day on which there should be some."""
    FEW = "few"
    """Far fewer papers than on other such days."""
    MANY = "many"
    """Far more papers than on other such days."""
    REPEATED = "repeated"
    """The papers of the day before under a fresh date."""
    UNREADABLE = "unreadable"
    """An answer of a layout that nobody can read, or one that broke off."""


@dataclass(frozen=True, kw_only=True)
class SourceState:
    """Where a source stands."""

    name: str
    added_at: datetime
    next_at: datetime
    cursor: str | None = None
    """How far it was read, in the source's own terms."""
    etag: str | None = None
    last_modified: str | None = None
    failures: int = 0
    """One after another."""
    reached_at: datetime | None = None
    """When it answered last."""
    problem: str | None = None
    """What went wrong the last time; None: nothing."""


@dataclass(frozen=True, kw_only=True)
class SourceDay:
    """What came from a source for one day."""

    source: str
    day: date
    papers: int
    doubt: Doubt | None = None
    said: str | None = None
    """The doubt as a sentence for readers."""


def shown(name: str) -> str:
    """What people call a source: `arXiv cs.CL`."""
    kind, _, of = name.partition(":")
    match kind:
        case "hf":
            return "Hugging Face"
        case "arxiv" | "oai":
            return f"arXiv {of}"
        case _:
            return of or name


def expect(tx: Tx, names: Iterable[str], now: datetime) -> list[SourceState]:
    """The states of these sources, made where they are new; in the order of the names."""
    found = []
    for name in names:
        tx.execute(
            """
            INSERT INTO sources (name, added_at, next_at) VALUES (:name, :now, :now)
            ON CONFLICT (name) DO NOTHING
            """,
            name=name,
            now=to_text(now),
        )
        found.append(_state(tx.one("SELECT * FROM sources WHERE name = :name", name=name)))
    return found


def states(tx: Tx, names: Iterable[str]) -> list[SourceState]:
    """The states of those of the sources that are known."""
    rows = [tx.row("SELECT * FROM sources WHERE name = :name", name=name) for name in names]
    return [_state(row) for row in rows if row is not None]


def save(tx: Tx, state: SourceState) -> None:
    """Write down where a source stands."""
    tx.execute(
        """
        UPDATE sources SET next_at = :next, cursor = :cursor, etag = :etag,
            last_modified = :modified, failures = :failures, reached_at = :reached,
            problem = :problem
        WHERE name = :name
        """,
        name=state.name,
        next=to_text(state.next_at),
        cursor=state.cursor,
        etag=state.etag,
        modified=state.last_modified,
        failures=state.failures,
        reached=to_text(state.reached_at) if state.reached_at else None,
        problem=state.problem,
    )


def counted(tx: Tx, source: str, day: date, *, is_daily: bool) -> int:
    """How many papers came for a day, without revisions.

    is_daily: all that the day's answers held; otherwise those that no answer had held before.
    """
    query = (
        """
        SELECT COUNT(DISTINCT sightings.seq)
        FROM dumps JOIN sightings ON sightings.dump_id = dumps.id
        WHERE dumps.source = :source AND dumps.day = :day
            AND COALESCE(sightings.announced, '') <> 'replace'
        """
        if is_daily
        else """
        SELECT COUNT(*) FROM dumps JOIN papers ON papers.first_dump = dumps.id
        WHERE dumps.source = :source AND dumps.day = :day AND papers.seq > 0
        """
    )
    found: int = tx.value(query, source=source, day=day.isoformat())
    return found


def repeated(tx: Tx, source: str, day: date) -> float:
    """The share of a day's papers that the day before had, by the days that this source has."""
    before = tx.value(
        "SELECT MAX(day) FROM dumps WHERE source = :source AND day < :day AND is_past = 0",
        source=source,
        day=day.isoformat(),
    )
    row = tx.one(
        """
        WITH seen AS (
            SELECT DISTINCT dumps.day, sightings.seq
            FROM dumps JOIN sightings ON sightings.dump_id = dumps.id
            WHERE dumps.source = :source AND dumps.day IN (:day, :before)
                AND COALESCE(sightings.announced, '') <> 'replace'
        )
        SELECT COUNT(*) AS papers, COUNT(old.seq) AS again
        FROM seen LEFT JOIN seen AS old ON old.seq = seen.seq AND old.day = :before
        WHERE seen.day = :day
        """,
        source=source,
        day=day.isoformat(),
        before=before,
    )
    return row["again"] / row["papers"] if row["papers"] else 0.0


def history(tx: Tx, source: str, day: date, weeks: int) -> list[int]:
    """How many papers came on the same weekday in the weeks before, days in doubt left out.

    Numbers that were strange in the same way for `SETTLED` weeks running are what is usual now.
    """
    rows = tx.rows(
        """
        SELECT papers, doubt FROM source_days
        WHERE source = :source AND day < :day AND day >= :since
            AND strftime('%w', day) = strftime('%w', :day)
        ORDER BY day
        """,
        source=source,
        day=day.isoformat(),
        since=(day - timedelta(weeks=weeks)).isoformat(),
    )
    late = [row["doubt"] for row in rows[-SETTLED:]]
    if len(late) == SETTLED and late[0] in (Doubt.FEW, Doubt.MANY) and len(set(late)) == 1:
        return [row["papers"] for row in rows[-SETTLED:]]
    return [row["papers"] for row in rows if row["doubt"] is None]


def put_day(tx: Tx, day: SourceDay, now: datetime) -> bool:
    """Write down what came for a day; whether its doubt is another than before.

    A day without papers is only ever written down with a doubt.
    """
    was = of_day(tx, day.source, day.day)
    if not day.papers and day.doubt is None:
        tx.execute(
            "DELETE FROM source_days WHERE source = :source AND day = :day",
            source=day.source,
            day=day.day.isoformat(),
        )
        return was is not None and was.doubt is not None
    tx.execute(
        """
        INSERT INTO source_days (source, day, papers, doubt, said, changed_at)
        VALUES (:source, :day, :papers, :doubt, :said, :now)
        ON CONFLICT (source, day) DO UPDATE SET papers = excluded.papers, doubt = excluded.doubt,
            said = excluded.said, changed_at = excluded.changed_at
        """,
        source=day.source,
        day=day.day.isoformat(),
        papers=day.papers,
        doubt=day.doubt,
        said=day.said,
        now=to_text(now),
    )
    return (was.doubt if was else None) != day.doubt


def of_day(tx: Tx, source: str, day: date) -> SourceDay | None:
    """What came for a day; None where nothing is known of it."""
    row = tx.row(
        "SELECT * FROM source_days WHERE source = :source AND day = :day",
        source=source,
        day=day.isoformat(),
    )
    return None if row is None else _day(row)


def doubtful(tx: Tx, now: datetime) -> list[SourceDay]:
    """The latest days that are in doubt, one a source, by name."""
    return [
        _day(row)
        for row in tx.rows(
            """
            SELECT *, MAX(day) FROM source_days WHERE doubt IS NOT NULL AND day >= :since
            GROUP BY source ORDER BY source
            """,
            since=(now - SHOWN).date().isoformat(),
        )
    ]


def unreadable(tx: Tx, source: str) -> list[date]:
    """The days of which an answer could not be read."""
    rows = tx.rows(
        "SELECT day FROM source_days WHERE source = :source AND doubt = 'unreadable' ORDER BY day",
        source=source,
    )
    return [date.fromisoformat(row["day"]) for row in rows]


def past_days(tx: Tx, source: str) -> set[date]:
    """The days of a source that were brought in as papers of the past, to their end."""
    rows = tx.rows(
        """
        SELECT day FROM dumps WHERE source = :source AND is_past = 1
        GROUP BY day HAVING MIN(status = 'done')
        """,
        source=source,
    )
    return {date.fromisoformat(row["day"]) for row in rows}


def _state(row: sqlite3.Row) -> SourceState:
    reached = row["reached_at"]
    return SourceState(
        name=row["name"],
        added_at=from_text(row["added_at"]),
        next_at=from_text(row["next_at"]),
        cursor=row["cursor"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        failures=row["failures"],
        reached_at=from_text(reached) if reached else None,
        problem=row["problem"],
    )


def _day(row: sqlite3.Row) -> SourceDay:
    return SourceDay(
        source=row["source"],
        day=date.fromisoformat(row["day"]),
        papers=row["papers"],
        doubt=Doubt(row["doubt"]) if row["doubt"] else None,
        said=row["said"],
    )
