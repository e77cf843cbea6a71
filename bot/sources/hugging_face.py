"""Hugging Face's daily papers, by date.

`GET /api/daily_papers?date=YYYY-MM-DD&limit=100&p=0`, as
https://huggingface.co/docs/hub/en/api#get-apidailypapers has it. A day's list grows while the day
lasts; a day that is not open yet is answered with 400.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import orjson

from bot.sources.fetching import Fault, SourceTrouble, Web
from bot.sources.source import JSON, Fetched, at, is_working_day, raw
from storage.sources import SourceState

PAGE = 100
"""The most that one answer holds."""

CATCH_UP = 7
"""Days that are made up for as news after a time without service; what is older is the past."""

GIVE_UP = timedelta(days=3)
"""After this, a day that stayed empty is not asked for any more."""


class HuggingFace:
    """The source `hf`."""

    name = "hf"
    shown = "Hugging Face"
    is_daily = True
    pause = timedelta(minutes=5)

    def __init__(self, base: str) -> None:
        self._address = f"{base.rstrip('/')}/api/daily_papers"

    def due_by(self, day: date) -> datetime | None:
        """The list of a working day is whole when the day is over."""
        return at(day, 24) if is_working_day(day) else None

    async def fetch(self, web: Web, state: SourceState, now: datetime) -> AsyncIterator[Fetched]:
        """Every day since the last that is over, up to today."""
        today = now.astimezone(UTC).date()
        done = date.fromisoformat(state.cursor) if state.cursor else today - timedelta(days=2)
        day = max(done + timedelta(days=1), today - timedelta(days=CATCH_UP))
        is_closed = True  # all days up to here are over and were read
        while day <= today:
            # The validator belongs to one day's list.
            of_day, _, etag = (state.etag or "").partition(" ")
            found = await _Pages(web, self._address, day).read(
                etag if of_day == day.isoformat() else None
            )
            is_over = now >= at(day, 24)
            may_stay_empty = not is_working_day(day) or now - at(day, 24) > GIVE_UP
            is_closed = is_closed and is_over and (found.is_some or may_stay_empty)
            cursor = day.isoformat() if is_closed else None
            if not found.bodies and found.is_some and cursor is None:
                pass  # as it was at the last round
            elif not found.bodies:
                yield Fetched(day=day, raw=None, cursor=cursor, etag=state.etag)
            for number, body in enumerate(found.bodies, 1):
                is_last = number == len(found.bodies)
                yield Fetched(
                    day=day,
                    raw=raw(self.name, day, body, number),
                    cursor=cursor if is_last else None,
                    etag=f"{day} {found.etag}" if found.etag and is_last else None,
                )
            day += timedelta(days=1)

    async def past(self, web: Web, day: date) -> AsyncIterator[Fetched]:
        """The list of a day."""
        found = await _Pages(web, self._address, day).read(None)
        for number, body in enumerate(found.bodies, 1):
            yield Fetched(day=day, raw=raw(self.name, day, body, number, is_past=True))


class _Pages:
    """The list of one day, page by page."""

    def __init__(self, web: Web, address: str, day: date) -> None:
        self._web, self._address, self._day = web, address, day
        self.bodies: list[bytes] = []
        self.etag: str | None = None
        self.is_some = False
        """Whether the day has papers, also where they did not change."""

    async def read(self, etag: str | None) -> "_Pages":
        while True:
            page = str(len(self.bodies))
            query = {"date": self._day.isoformat(), "limit": str(PAGE), "p": page}
            try:
                answer = await self._web.get(
                    self._address, accept=JSON, query=query, etag=etag if page == "0" else None
                )
            except SourceTrouble as trouble:
                if trouble.status == 400:  # a day that is not open yet
                    return self
                raise
            if answer.is_unchanged:
                self.is_some = True
                return self
            items = _items(answer.body)
            if not items:
                return self
            self.is_some = True
            self.bodies.append(answer.body)
            # With several pages, the first may stay while the last one grows.
            self.etag = answer.etag if page == "0" and len(items) < PAGE else None
            if len(items) < PAGE:
                return self


def _items(body: bytes) -> list[object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SourceTrouble(
            Fault.UNREADABLE, "the answer is no JSON, or was cut off on its way"
        ) from error
    if not isinstance(found, list):
        raise SourceTrouble(Fault.UNREADABLE, "the answer is no list of papers")
    return found
