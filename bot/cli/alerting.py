"""`paperround alert`: keyword queries, tried on what is stored before anyone relies on them."""

from typing import Annotated

import typer

from bot import desk, dry_runs
from bot.cli.base import (
    GREATEST_ID,
    PEOPLE,
    Json,
    Who,
    app,
    command,
    complain,
    fail,
    now,
    say,
    say_json,
    suggest,
    the_profile,
    unicode_text,
    with_db,
)
from bot.messages import counted
from matching.alerts import BadQuery, DryRun, Query, parse
from storage import profiles
from storage.database import Database
from storage.records import Alert

alert_app = typer.Typer(no_args_is_help=True, help="Keyword queries whose hits are sent at once.")
app.add_typer(alert_app, name="alert", rich_help_panel=PEOPLE)

QueryText = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        callback=unicode_text,
        help='Words, "a phrase", AND, OR, NOT, (groups), begin*; in single quotes for the shell.',
    ),
]


@alert_app.command("add")
def add_alert(name: Who, query: QueryText) -> None:
    """Send a profile every new paper that a query hits, and show what it would have found."""
    parsed = _parsed(query)

    async def work(db: Database) -> str:
        profile = await the_profile(db, name)
        try:
            await desk.add_alert(db, profile, parsed, now())
        except desk.TooMany as error:
            fail(f"{error}, with {command('alert', 'remove', name, 'ID')}")
        return profile.name

    owner = with_db(work)
    say(f"{owner} is told of ", (parsed.explain(), "bold"))
    _tell(_tried(parsed))
    suggest("run", why="sends its hits as papers come in.")


@alert_app.command("test")
def try_alert(query: QueryText, as_json: Json = False) -> None:
    """What a query would have found in the stored papers; nothing is saved."""
    parsed = _parsed(query)
    run = _tried(parsed)
    if as_json:
        say_json(
            query=parsed.text,
            explained=parsed.explain(),
            papers=run.papers,
            hits=run.hits,
            share=round(run.share, 6),
            per_week=round(run.per_week, 6),
            samples=[
                {
                    "seq": sample.paper.seq,
                    "title": sample.paper.title,
                    "reason": sample.shown.reason,
                    "sentence": sample.shown.sentence,
                }
                for sample in run.samples
            ],
            notes=list(run.notes),
            is_too_broad=run.is_too_broad,
            tightenings=[{"query": one.query, "hits": one.hits} for one in run.tightenings],
        )
        return
    say((parsed.explain(), "bold"))
    _tell(run)


def _tried(parsed: Query) -> DryRun:
    async def work(db: Database) -> DryRun:
        return (await dry_runs.tried(db, parsed)).run

    return with_db(work)


def _tell(run: DryRun) -> None:
    if not run.papers:
        say("There are no papers yet to try it on: `paperround ingest FILE` reads a dump.")
        return
    say(
        f"{counted(run.hits, 'hit')} in {counted(run.papers, 'stored paper')} "
        f"({run.share:.1%}), {run.per_week:.1f} a week"
    )
    for sample in run.samples:
        say(("  · ", "yellow"), sample.paper.title)
        say(f"    {sample.shown.reason}: “{sample.shown.sentence}”", style="dim", wrap=True)
    for note in run.notes:
        say(note, style="yellow", wrap=True)
    for tighter in run.tightenings if run.is_too_broad else ():
        say(f"  try {tighter.query}: {counted(tighter.hits, 'hit')}", style="yellow")


@alert_app.command("list")
def list_alerts(name: Who, as_json: Json = False) -> None:
    """A profile's alerts, with the numbers that `alert remove` takes."""

    async def work(db: Database) -> tuple[str, list[Alert]]:
        profile = await the_profile(db, name)
        return profile.name, await db.read(profiles.alerts, profile.id)

    owner, found = with_db(work)
    for one in found:
        if as_json:
            say_json(id=one.id, query=one.query)
        else:
            say((f"{one.id:>4}  ", "dim"), one.query)
    if not found and not as_json:
        say(f"{owner} has no alerts: {command('alert', 'add', name, 'QUERY')} makes one.")


@alert_app.command("remove")
def remove_alert(
    name: Who,
    alert: Annotated[
        int,
        typer.Argument(metavar="ID", min=1, max=GREATEST_ID, help="Its number, from `alert list`."),
    ],
) -> None:
    """Remove an alert by its number."""

    async def work(db: Database) -> str | None:
        profile = await the_profile(db, name)
        return profile.name if await db.write(profiles.remove_alert, profile.id, alert) else None

    owner = with_db(work)
    if owner is None:
        fail(f"{name} has no alert {alert}: see {command('alert', 'list', name)}")
    say(f"{owner} is no longer told of alert {alert}.")


def _parsed(query: str) -> Query:
    try:
        return parse(query)
    except BadQuery as error:
        complain(str(error), before="")
        raise typer.Exit(1) from error
