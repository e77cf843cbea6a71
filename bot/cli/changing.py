"""`paperround undo` and `history`: what was changed of a profile, and taking it back."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot import timetable
from bot.cli.base import (
    GREATEST_ID,
    PEOPLE,
    Json,
    Who,
    app,
    command,
    fail,
    now,
    say,
    say_json,
    the_profile,
    with_db,
    with_library,
)
from bot.deltas import described
from storage import changes, papers
from storage.changes import Change, Delta
from storage.database import Database
from storage.records import Profile

if TYPE_CHECKING:
    from matching.library import Library
    from matching.replay import Replay

Replayed = Annotated[
    bool, typer.Option("--preview/--no-preview", help="Show what it does to the last 30 days.")
]


@app.command("undo", rich_help_panel=PEOPLE)
def undo(
    name: Who,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="ID",
            min=1,
            max=GREATEST_ID,
            help="A change's number, from `history`; otherwise the last one.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take back the last change of a profile, or one by its number."""
    from bot import shadows

    async def work(library: "Library") -> "tuple[Profile, Change | None, Replay]":
        profile = await the_profile(library.db, name)
        was = await shadows.wish(library, profile, now())
        change = await library.db.write(changes.undo, profile.id, number, now())
        return profile, change, await shadows.cast(library, profile, was, now())

    profile, change, shadow = with_library(work)
    if change is None:
        what = f"change {number} does not stand" if number else "there is nothing to undo"
        fail(f"{what}: see {command('history', name)}")
    say(f"Undone for {profile.name}: {described(change.delta)}.")
    tell(shadow)


@app.command("history", rich_help_panel=PEOPLE)
def history(name: Who, as_json: Json = False) -> None:
    """Every change of what a profile follows, mutes or imported, newest first."""

    async def work(db: Database) -> tuple[Profile, list[Change]]:
        profile = await the_profile(db, name)
        return profile, await db.read(changes.of, profile.id)

    profile, found = with_db(work)
    for one in found:
        if as_json:
            say_json(
                id=one.id,
                at=one.changed_at.isoformat(),
                undone_at=one.undone_at and one.undone_at.isoformat(),
                change=described(one.delta),
            )
            continue
        undone = (" (undone)", "yellow") if one.undone_at else ("", "")
        at = timetable.local(one.changed_at, profile.zone)
        say((f"{one.id:>4}  {at}  ", "dim"), described(one.delta), undone)
    if not found and not as_json:
        say(f"Nothing of {profile.name} was changed so far.")


def tell_change(name: str, change: Change | None) -> None:
    """What a change that was just made does to the last month; nothing where there are no papers.

    It loads the model.
    """
    from bot import shadows

    async def work(library: "Library") -> "Replay":
        profile, at = await the_profile(library.db, name), now()
        will = await shadows.wish(library, profile, at)
        undone = change.delta.inverse if change else Delta()
        was = await shadows.changed(library, profile, will, undone, at)
        return await shadows.cast(library, profile, was, at)

    async def has_papers(db: Database) -> bool:
        return await db.read(papers.newest) > 0

    if change is not None and with_db(has_papers):
        tell(with_library(work))


def tell(shadow: "Replay") -> None:
    """A shadow with its examples; nothing where there are no papers."""
    from bot import shadows

    if said := shadows.told(shadow):
        say(said)
    for row in shadows.rows(shadow):
        say(f"  {row.text}", (f"  {row.detail}", "dim"))
