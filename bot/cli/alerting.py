"""`paperround alert`: keyword queries, tried on what is stored before anyone relies on them."""

from typing import Annotated

import typer
from rich.text import Text

from bot import desk
from bot.cli.base import Json, Who, app, err, fail, now, out, say_json, the_profile, with_db
from bot.messages import counted
from matching.alerts import BadQuery, Query, dry_run, parse
from storage import papers, profiles
from storage.database import Database

HISTORY = 5_000
"""Stored papers that an alert is tried on."""

alert_app = typer.Typer(no_args_is_help=True, help="Keyword queries that are told at once.")
app.add_typer(alert_app, name="alert")


@alert_app.command("add")
def add_alert(name: Who, query: str) -> None:
    """Add a keyword alert and show what it would have found."""
    parsed = _parsed(query)

    async def work(db: Database) -> None:
        await desk.add_alert(db, await the_profile(db, name), parsed, now())

    with_db(work)
    out.print(Text.assemble(f"{name} is told of ", (parsed.explain(), "bold")))
    _try_out(parsed)


@alert_app.command("test")
def test_alert(query: str) -> None:
    """What a query would have found in the stored papers; nothing is saved."""
    parsed = _parsed(query)
    out.print(Text(parsed.explain(), "bold"))
    _try_out(parsed)


def _try_out(parsed: Query) -> None:
    async def work(db: Database) -> None:
        newest = await db.read(papers.newest)
        run = dry_run(parsed, await db.read(papers.between, newest - HISTORY, newest))
        if not run.papers:
            out.print("There are no papers yet to try it on.", style="dim")
            return
        out.print(
            f"{counted(run.hits, 'hit')} in {counted(run.papers, 'stored paper')} "
            f"({run.share:.1%}), {run.per_week:.1f} a week",
            highlight=False,
        )
        for sample in run.samples:
            out.print(Text.assemble(("  · ", "yellow"), sample.paper.title))
            out.print(Text(f"    {sample.shown.reason}: “{sample.shown.sentence}”", "dim"))
        for note in run.notes:
            out.print(Text(note, "yellow"))
        for tighter in run.tightenings if run.is_too_broad else ():
            out.print(Text(f"  try {tighter.query}: {counted(tighter.hits, 'hit')}", "yellow"))

    with_db(work)


@alert_app.command("list")
def list_alerts(name: Who, as_json: Json = False) -> None:
    """A profile's alerts."""

    async def work(db: Database) -> None:
        profile = await the_profile(db, name)
        for one in await db.read(profiles.alerts, profile.id):
            if as_json:
                say_json(id=one.id, query=one.query)
            else:
                out.print(Text.assemble((f"{one.id:>4}  ", "dim"), one.query))

    with_db(work)


@alert_app.command("remove")
def remove_alert(name: Who, alert: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Remove an alert by its number."""

    async def work(db: Database) -> bool:
        return await db.write(profiles.remove_alert, (await the_profile(db, name)).id, alert)

    if not with_db(work):
        fail(f"{name} has no alert {alert}: see `paperround alert list {name}`")
    out.print(Text(f"{name} is no longer told of alert {alert}."))


def _parsed(query: str) -> Query:
    try:
        return parse(query)
    except BadQuery as error:
        err.print(Text(str(error)))
        raise typer.Exit(1) from error
