"""`paperround interest`: the lines of plain words that a profile's papers are ranked by."""

from dataclasses import replace
from typing import Annotated

import typer

from bot import wants
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
    suggest,
    the_profile,
    unicode_text,
    with_db,
    with_library,
)
from bot.cli.changing import Replayed, tell_change
from storage import papers, profiles, subscriptions
from storage.changes import Change, Delta
from storage.database import Database
from storage.records import Interest, Profile

interest_app = typer.Typer(
    no_args_is_help=True, help="What a profile reads about, in lines of plain words."
)
app.add_typer(interest_app, name="interest", rich_help_panel=PEOPLE)


@interest_app.command("add")
def add_interest(
    name: Who,
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            callback=unicode_text,
            help="What it reads about, in plain words and in quotes for the shell.",
        ),
    ],
    preview: Annotated[bool, typer.Option(help="Show what it would have brought.")] = True,
) -> None:
    """Add an interest and show three stored papers that it would have brought."""
    try:
        wanted = wants.interest_text(text)
    except wants.BadWant as error:
        fail(f"{error}, as `graph neural networks for molecules`")

    async def add(db: Database) -> tuple[Profile, Interest, Change | None, bool, bool]:
        profile = await the_profile(db, name)
        try:
            made, change = await wants.follow(db, profile.id, wanted, now())
        except wants.BadWant as error:
            fail(f"{error}, with {command('interest', 'remove', name, 'ID')}")
        is_subscribed = bool(await db.read(subscriptions.of, profile.id))
        return profile, made, change, is_subscribed, await db.read(papers.newest) > 0

    profile, made, change, is_subscribed, has_papers = with_db(add)
    say(f"{profile.name} follows ", (made.text, "bold"))
    if preview and has_papers:
        _preview(name, made, change)
    if not is_subscribed:
        suggest("subscribe", name, "daily", "08:30", why="sends what fits every morning.")


def _preview(name: str, interest: Interest, change: Change | None) -> None:
    from bot import shadows
    from bot.cli.changing import tell
    from matching.library import Library
    from matching.ranking import Match
    from matching.replay import Replay
    from matching.trial import trial

    async def work(library: Library) -> tuple[list[Match], Replay]:
        profile, at = await the_profile(library.db, name), now()
        will = await shadows.wish(library, profile, at)
        delta = change.delta.inverse if change else Delta()
        was = await shadows.changed(library, profile, will, delta, at)
        found = await trial(library, interest, 3, at)
        return found, await shadows.cast(library, profile, was, at)

    found, shadow = with_library(work)
    if change is not None:
        tell(replace(shadow, come=()))
    if not found:
        say("Nothing of the latest papers fits it well enough; it waits for new ones.")
        return
    say("It would have brought:", style="dim")
    for match in found:
        say((f"  {match.score:.2f} ", "green"), match.paper.title)


@interest_app.command("list")
def list_interests(name: Who, as_json: Json = False) -> None:
    """A profile's interests, with the numbers that `interest remove` takes."""

    async def work(db: Database) -> tuple[str, list[Interest]]:
        profile = await the_profile(db, name)
        return profile.name, await db.read(profiles.interests, profile.id)

    owner, found = with_db(work)
    for one in found:
        if as_json:
            say_json(id=one.id, text=one.text)
        else:
            say((f"{one.id:>4}  ", "dim"), one.text)
    if not found and not as_json:
        say(f"{owner} has no interests: {command('interest', 'add', name, 'TEXT')} makes one.")


@interest_app.command("remove")
def remove_interest(
    name: Who,
    interest: Annotated[
        int,
        typer.Argument(
            metavar="ID", min=1, max=GREATEST_ID, help="Its number, from `interest list`."
        ),
    ],
    preview: Replayed = True,
) -> None:
    """Remove an interest by its number."""

    async def work(db: Database) -> tuple[str, Change | None]:
        profile = await the_profile(db, name)
        return profile.name, await wants.unfollow(db, profile.id, interest, now())

    owner, change = with_db(work)
    if change is None:
        fail(f"{name} has no interest {interest}: see {command('interest', 'list', name)}")
    say(f"{owner} no longer follows interest {interest}; {command('undo', name)} takes that back.")
    if preview:
        tell_change(name, change)
