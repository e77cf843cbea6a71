"""Any RSS or Atom feed of papers, and arXiv's.

arXiv's feeds, https://info.arxiv.org/help/rss.html, are made at midnight in New York for the papers
announced on that day, and are empty on Saturdays, Sundays and holidays. Any other feed shows
its latest papers.
"""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.sources.fetching import Answer, Web
from bot.sources.source import XML, Fetched, NoPast, at, is_working_day, raw
from storage.sources import SourceState

_PAPER = re.compile(rb"<(?:item|entry)[\s>]")
_STAMPED = re.compile(rb"<(?:pubDate|updated|lastBuildDate)>\s*([^<]{6,60}?)\s*</", re.I)


class Feed:
    """The sources `feed:…`."""

    is_daily = False
    pause = timedelta(minutes=5)

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self.shown = name.removeprefix("feed:")
        self._address = address

    def due_by(self, day: date) -> datetime | None:  # noqa: ARG002 - journals keep no calendar
        """A feed may be quiet on any day."""
        return None

    async def fetch(self, web: Web, state: SourceState, now: datetime) -> AsyncIterator[Fetched]:
        """The feed, where it changed."""
        answer = await web.get(
            self._address, accept=XML, etag=state.etag, last_modified=state.last_modified
        )
        if not answer.is_unchanged:
            yield self._fetched(answer, now)

    def past(self, web: Web, day: date) -> AsyncIterator[Fetched]:  # noqa: ARG002
        """Feeds hold what is new."""
        raise NoPast(
            f"{self.name} gives only what is new: take the past from hf, or from oai: and a set"
        )

    def _fetched(self, answer: Answer, now: datetime) -> Fetched:
        day = self._day(answer.body, now)
        if not _PAPER.search(answer.body):
            return Fetched(day=day, raw=None)
        return Fetched(
            day=day,
            raw=raw(self.name, day, answer.body),
            etag=answer.etag,
            last_modified=answer.last_modified,
        )

    def _day(self, body: bytes, now: datetime) -> date:  # noqa: ARG002 - what arXiv's stamps say
        return now.astimezone(UTC).date()


class ArxivFeed(Feed):
    """The sources `arxiv:…`, a category each."""

    is_daily = True

    def __init__(self, name: str, category: str, base: str) -> None:
        super().__init__(name, f"{base.rstrip('/')}/rss/{category}")
        self.shown = f"arXiv {category}"

    def due_by(self, day: date) -> datetime | None:
        """Midnight in New York is 4 or 5 o'clock UTC; at noon it is late."""
        return at(day, 12) if is_working_day(day) else None

    def _day(self, body: bytes, now: datetime) -> date:
        """The day that the feed bears, as New York counts days."""
        stamp = _STAMPED.search(body)
        said = stamp[1].decode("ascii", "replace") if stamp else ""
        try:
            found = parsedate_to_datetime(said)
        except ValueError:
            try:
                found = datetime.fromisoformat(said)
            except ValueError:
                found = now.astimezone(UTC)
        return found.date()
