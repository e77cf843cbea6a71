"""`paperround alert`: keyword queries, tried on what is stored before anyone relies on them."""

from typing import Annotated

import typer

from bot import desk, dry_runs, timetable
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
from bot.dry_runs import Tried
from bot.messages import counted
from matching.alerts import BadQuery, Query, parse
from storage import profiles
from storage.database import Database
from storage.destinations import ENDED, PAUSED_BY_OWNER
from storage.records import Alert, Profile

alert_app = typer.Typer(no_args_is_help=True, help="Keyword queries whose hits are sent at once.")
app.add_typer(alert_app, name="alert", rich_help_panel=PEOPLE)

AlertId = Annotated[
    int,
    typer.Argument(metavar="ID", min=1, max=GREATEST_ID, help="Its number, from `alert list`."),
]

AS_TYPED = {"ignore_unknown_options": True}
"""Of a command that takes a query: `-survey diffusion` is one, and no option."""


def query_text(value: str) -> str:
    """A query as it is; what begins as a long option is a slip."""
    if value.startswith("--"):
        raise typer.BadParameter(f"{value.split()[0]} is no option here, and begins no query.")
    return unicode_text(value)


QueryText = Annotated[
    str,
    typer.Argument(
        metavar="QUERY",
        callback=query_text,
        help='Words, "a phrase", AND, OR, NOT, (groups), begin*; in single quotes for the shell.',
    ),
]


@alert_app.command("add", context_settings=AS_TYPED)
def add_alert(name: Who, query: QueryText) -> None:
    """Send a profile every new paper that a query hits, and show what it would have found."""
    read = parsed(query)
    found = tried(read, name)

    async def work(db: Database) -> tuple[str, Alert]:
        profile = await the_profile(db, name)
        try:
            return profile.name, await desk.add_alert(db, profile, read, now())
        except desk.TooMany as error:
            fail(f"{error}, with {command('alert', 'remove', name, 'ID')}")

    owner, made = with_db(work)
    say(f"{owner} is told of ", (read.explain(), "bold"), f" (alert {made.id})")
    tell(found)
    suggest("run", why="sends its hits as papers come in.")


@alert_app.command("test", context_settings=AS_TYPED)
def try_alert(
    query: QueryText,
    owner: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PROFILE",
            callback=unicode_text,
            help="Whose alerts it is compared with, and whose mutes stay out of it.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """What a query would have found in the stored papers; nothing is saved."""
    read = parsed(query)
    found = tried(read, owner)
    run = found.run
    if as_json:
        say_json(
            query=read.text,
            explained=read.explain(),
            papers=run.papers,
            hits=run.hits,
            share=round(run.share, 6),
            per_week=round(run.per_week, 6),
            weeks=[
                {"monday": one.monday.isoformat(), "hits": one.hits, "papers": one.papers}
                for one in run.weeks
            ],
            muted=found.muted,
            overlaps=[
                {"alert": found.others[one.position].id, "shared": one.shared, "same": one.same}
                for one in run.overlaps
            ],
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
            tightenings=[
                {"query": one.query, "hits": one.hits, "why": one.why} for one in run.tightenings
            ],
        )
        return
    say((read.explain(), "bold"))
    tell(found)


def tried(query: Query, owner: str | None = None, *, but: int | None = None) -> Tried:
    """The query over what is stored, beside the owner's alerts, one of them left out."""

    async def work(db: Database) -> Tried:
        profile = await the_profile(db, owner) if owner is not None else None
        return await dry_runs.tried(db, query, profile.id if profile else None, but=but)

    try:
        return with_db(work)
    except dry_runs.TookTooLong as error:
        fail(str(error))


def tell(found: Tried) -> None:
    """What a dry run found, in lines."""
    run = found.run
    if not run.papers:
        say("There are no papers yet to try it on: `paperround ingest FILE` reads a dump.")
        return
    say(
        f"{counted(run.hits, 'hit')} in {counted(run.papers, 'stored paper')} "
        f"({run.share:.1%}), {run.per_week:.1f} a week"
    )
    if run.hits and len(run.weeks) > 1:
        weeks = [f"{one.monday:%d %b} {one.hits}" for one in run.weeks[-dry_runs.WEEKS_SHOWN :]]
        say(f"By week: {' · '.join(weeks)}", style="dim", wrap=True)
    for sample in run.samples:
        say(("  · ", "yellow"), sample.paper.title)
        say(f"    {sample.shown.reason}: “{sample.shown.sentence}”", style="dim", wrap=True)
    if found.muted:
        say(f"{counted(found.muted, 'muted paper')} stayed out of it.")
    for one in run.overlaps:
        other = found.others[one.position]
        if one.same:
            say(f"It means the same as alert {other.id} ({other.query}).", style="yellow")
        else:
            say(f"{one.shared} of them come with alert {other.id} ({other.query}) too.")
    for note in run.notes:
        say(note, style="yellow", wrap=True)
    if run.is_too_broad:
        say("That is a lot to be told of." + " Narrower:" * bool(run.tightenings), style="yellow")
    for tighter in run.tightenings if run.is_too_broad else ():
        say(f"  try {tighter.query}: {tighter.why}", style="yellow", wrap=True)


@alert_app.command("list")
def list_alerts(name: Who, as_json: Json = False) -> None:
    """A profile's alerts, with the numbers that `alert remove` takes."""

    async def work(db: Database) -> tuple[Profile, list[Alert]]:
        profile = await the_profile(db, name)
        return profile, await db.read(profiles.alerts, profile.id)

    owner, found = with_db(work)
    for one in found:
        if as_json:
            until = one.expires_at.isoformat() if one.expires_at else None
            say_json(id=one.id, query=one.query, paused=one.paused, expires_at=until)
        else:
            state = _state(one, owner.zone)
            say((f"{one.id:>4}  ", "dim"), one.query, (f"  {state}" if state else "", "yellow"))
    if not found and not as_json:
        say(f"{owner.name} has no alerts: {command('alert', 'add', name, 'QUERY')} makes one.")


def _state(alert: Alert, zone: str) -> str:
    """As chat says it; nothing of one that goes on without an end."""
    if alert.paused:
        own = {PAUSED_BY_OWNER: alert.paused, ENDED: "ended"}
        return own.get(alert.paused, f"paused: {alert.paused}")
    return f"until {timetable.local(alert.expires_at, zone)}" if alert.expires_at else ""


@alert_app.command("remove")
def remove_alert(
    name: Who,
    alert: AlertId,
) -> None:
    """Remove an alert by its number."""

    async def work(db: Database) -> str | None:
        profile = await the_profile(db, name)
        return profile.name if await db.write(profiles.remove_alert, profile.id, alert) else None

    owner = with_db(work)
    if owner is None:
        fail(f"{name} has no alert {alert}: see {command('alert', 'list', name)}")
    say(f"{owner} is no longer told of alert {alert}.")


def parsed(query: str) -> Query:
    """The query, or the end of the command with a caret below the trouble."""
    try:
        return parse(query)
    except BadQuery as error:
        complain(str(error), before="")
        raise typer.Exit(1) from error
