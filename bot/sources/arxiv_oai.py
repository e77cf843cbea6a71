"""arXiv's metadata harvest (OAI-PMH), a set each: all that was touched since a day.

https://info.arxiv.org/help/oa/: `verb=ListRecords`, `metadataPrefix=arXivRaw`, `set`, `from`,
`until`, and then `resumptionToken` alone, at most one request in three seconds. Datestamps are
days, so the last day is asked for again the next time.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

from bot.sources.fetching import Fault, SourceTrouble, Web
from bot.sources.source import XML, Fetched, at, is_working_day, raw
from storage.dumps import oai
from storage.records import RawDump
from storage.sources import SourceState

PAUSE_S = 3.0
"""https://info.arxiv.org/help/api/tou.html"""

CATCH_UP = 7
PAGES = 500
"""A token that leads in a circle ends somewhere."""


class ArxivOai:
    """The sources `oai:…`."""

    is_daily = True
    pause = timedelta(hours=6)
    """The harvest changes once a night."""

    def __init__(self, name: str, of: str, address: str, pause_s: float = PAUSE_S) -> None:
        self.name = name
        self.shown = f"arXiv {of}"
        self._set, self._address, self._pause_s = of, address, pause_s

    def due_by(self, day: date) -> datetime | None:
        """Records bear the day on which they were announced; a day later they are there."""
        return at(day, 36) if is_working_day(day) else None

    async def fetch(self, web: Web, state: SourceState, now: datetime) -> AsyncIterator[Fetched]:
        """Every day since the last one, that one included."""
        today = now.astimezone(UTC).date()
        last = date.fromisoformat(state.cursor) if state.cursor else today - timedelta(days=1)
        day = max(last, today - timedelta(days=CATCH_UP))
        while day <= today:
            found = [one async for one in self._of(web, day, is_past=False)]
            for number, one in enumerate(found, 1):
                is_last = number == len(found)
                yield Fetched(day=day, raw=one, cursor=day.isoformat() if is_last else None)
            if not found:
                yield Fetched(day=day, raw=None)
            day += timedelta(days=1)

    async def past(self, web: Web, day: date) -> AsyncIterator[Fetched]:
        """All records that bear a day."""
        async for one in self._of(web, day, is_past=True):
            yield Fetched(day=day, raw=one)

    async def _of(self, web: Web, day: date, *, is_past: bool) -> AsyncIterator[RawDump]:
        query = {
            "verb": "ListRecords",
            "metadataPrefix": "arXivRaw",
            "set": self._set,
            "from": day.isoformat(),
            "until": day.isoformat(),
        }
        seen = 0
        for page in range(1, PAGES + 1):
            answer = await web.get(self._address, accept=XML, query=query)
            head = await asyncio.to_thread(_read, answer.body)
            if head.error == "noRecordsMatch":
                return
            if head.error is not None:
                raise SourceTrouble(Fault.REFUSED, f"the harvest was refused: {head.error}")
            seen += len(head.records) + head.deleted
            if head.records:
                yield raw(self.name, day, answer.body, page, is_past=is_past)
            if head.token is None:
                if head.of is not None and seen < head.of:
                    raise SourceTrouble(
                        Fault.BROKEN_OFF, f"the harvest ended after {seen} of {head.of} records"
                    )
                return
            query = {"verb": "ListRecords", "resumptionToken": head.token}
            await asyncio.sleep(self._pause_s)
        raise SourceTrouble(Fault.TOO_LARGE, f"the harvest of one day has more than {PAGES} pages")


def _read(body: bytes) -> oai.Answer:
    try:
        return oai.read(body.decode("utf-8", "replace"))
    except oai.Broken as error:
        raise SourceTrouble(
            Fault.UNREADABLE, "the answer is no whole answer of a harvest"
        ) from error
