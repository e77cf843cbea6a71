"""The protocol of a source, and what one gives."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from bot.sources.fetching import Web
from storage.records import RawDump
from storage.sources import SourceState

JSON = "application/json"
XML = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8"


class NoPast(Exception):
    """A source gives only what is new today; the message names one that gives more."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An answer of a source."""

    day: date
    """The day that it is about."""
    raw: RawDump | None
    """None: there is nothing in it."""
    cursor: str | None = None
    """How far the source was read, once this is stored; None: no farther."""
    etag: str | None = None
    last_modified: str | None = None


class Source(Protocol):
    """Where papers come from."""

    @property
    def name(self) -> str:
        """As `Wanted.name`."""

    @property
    def shown(self) -> str:
        """What people call it: `arXiv cs.CL`."""

    @property
    def is_daily(self) -> bool:
        """Whether each day has papers of its own; otherwise it shows its latest papers."""

    @property
    def pause(self) -> timedelta:
        """The least time between two rounds."""

    def due_by(self, day: date) -> datetime | None:
        """When the papers of a day should be there; None: that day need not have any."""

    def fetch(self, web: Web, state: SourceState, now: datetime) -> AsyncIterator[Fetched]:
        """What is new, oldest day first; nothing where nothing changed. Raises SourceTrouble."""

    def past(self, web: Web, day: date) -> AsyncIterator[Fetched]:
        """All of a day of the past. Raises SourceTrouble, NoPast."""


def raw(source: str, day: date, body: bytes, part: int = 1, *, is_past: bool = False) -> RawDump:
    """An answer as a dump."""
    more = f" part {part}" if part > 1 else ""
    return RawDump(name=f"{source} {day}{more}", data=body, source=source, day=day, is_past=is_past)


def at(day: date, hour: int) -> datetime:
    """An hour of a day, or of the day after (24 and more), in UTC."""
    return datetime.combine(day, time(0), UTC) + timedelta(hours=hour)


def is_working_day(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < 5
