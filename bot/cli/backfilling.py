"""`paperround backfill`: papers of the past, from a source that has them."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from bot.cli.base import (
    PAPERS,
    Bar,
    Json,
    app,
    complain,
    current,
    fail,
    now,
    say,
    say_json,
    with_db,
)
from bot.messages import counted
from bot.sources import chosen, wanted
from bot.sources.fetching import Fault, SourceTrouble, Web
from bot.sources.source import NoPast, Source
from matching.ingest import ingest_past
from storage import sources
from storage.database import Database
from storage.dumps import NotADump

PAUSE_S = 1.0
"""Between two days: nobody is in a hurry for the past."""

TRIES = 4
FIRST_WAIT_S = 5.0
PATIENCE = timedelta(minutes=15)
"""The longest that a source may make us wait before the rest is left to another run."""


@dataclass(kw_only=True, frozen=True)
class _Came:
    """What a run brought."""

    days: list[date] = field(default_factory=list)
    failed: list[date] = field(default_factory=list)
    papers: list[int] = field(default_factory=list)
    """New ones, an answer each."""


@app.command("backfill", rich_help_panel=PAPERS)
def backfill(
    source: Annotated[
        str, typer.Option("--source", help="`hf`, or `oai:` and a set, as `oai:cs`.")
    ],
    since: Annotated[
        datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="The first day.")
    ],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="The last day; otherwise yesterday."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch papers of the past, the latest day first, and keep them for searches and trials.

    Nobody gets a digest or an alert of them. Days that are there already are passed over, so the
    same command goes on where it was stopped. Exit code 3: some days could not be fetched.
    """
    try:
        named = wanted.parse(source)
        if len(named) != 1:
            raise wanted.BadSource("name one source: hf, or oai: and a set")
        adapter = chosen.made(named[0], current())
    except wanted.BadSource as error:
        fail(str(error), 2)
    last = until.date() if until else now().astimezone(UTC).date() - timedelta(days=1)
    first = since.date()
    if first > last:
        fail(f"--since {first} is later than {last}: name an earlier day", 2)
    try:
        came = with_db(lambda db: _fetch(db, adapter, first, last, as_json))
    except NoPast as error:
        fail(str(error))
    if as_json:
        say_json(source=adapter.name, papers=sum(came.papers), failed=[str(d) for d in came.failed])
    else:
        say(
            f"{counted(len(came.days), 'day')}: {counted(sum(came.papers), 'new paper')}. "
            "Searches find them by words now, and by meaning once the service has had the time, or "
            "after `paperround db reembed`."
        )
    if came.failed:
        complain(
            f"{counted(len(came.failed), 'day')} could not be fetched, the latest is "
            f"{came.failed[0]}: run the same command again"
        )
        raise typer.Exit(3)


async def _fetch(db: Database, source: Source, first: date, last: date, as_json: bool) -> _Came:
    done = await db.read(sources.past_days, source.name)
    span = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in span if day not in done]
    came = _Came()
    bar = Bar(f"Fetching {source.shown}", of="days")
    try:
        async with Web(current().contact) as web:
            for number, day in enumerate(days, 1):
                if number > 1:
                    await asyncio.sleep(PAUSE_S)
                try:
                    new, again = await _day(db, web, source, day)
                except (SourceTrouble, NotADump) as trouble:
                    came.failed.append(day)
                    complain(f"{day}: {trouble}")
                    if isinstance(trouble, SourceTrouble) and trouble.fault is Fault.RATE_LIMITED:
                        came.failed.extend(days[number:])
                        break
                    continue
                came.days.append(day)
                came.papers.append(new)
                if as_json:
                    say_json(day=str(day), new=new, seen_again=again)
                bar(number, len(days))
    finally:
        bar.stop()
    return came


async def _day(db: Database, web: Web, source: Source, day: date) -> tuple[int, int]:
    """How many papers of a day were new, and how many known. Raises SourceTrouble, NotADump."""
    wait_s = FIRST_WAIT_S
    for left in range(TRIES - 1, -1, -1):
        try:
            answers = [one.raw async for one in source.past(web, day) if one.raw is not None]
        except SourceTrouble as trouble:
            asked = trouble.wait or timedelta(0)
            if not left or trouble.fault in (Fault.REFUSED, Fault.MOVED) or asked > PATIENCE:
                raise
            await asyncio.sleep(max(wait_s, asked.total_seconds()))
            wait_s *= 2
            continue
        reports = [await ingest_past(db, raw, now()) for raw in answers]
        return sum(one.new for one in reports), sum(one.seen_again for one in reports)
    raise AssertionError("the last try returns or raises")
