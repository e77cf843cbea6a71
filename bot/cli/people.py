"""`paperround profile` and `paperround interest`: who there is, and what they read about.

Profiles made here live on the console; those of Slack and Discord can be looked at and changed too.
"""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot import timetable
from bot.cli.base import (
    Json,
    Who,
    app,
    fail,
    now,
    out,
    say_json,
    the_profile,
    with_db,
    with_library,
)
from bot.messages import counted
from storage import papers, profiles, subscriptions
from storage.database import Database, Tx
from storage.records import OwnerKind, Profile, QuietHours, VoteKind

profile_app = typer.Typer(no_args_is_help=True, help="People and channels and what they want.")
interest_app = typer.Typer(no_args_is_help=True, help="Free-text lines that papers are ranked by.")
app.add_typer(profile_app, name="profile")
app.add_typer(interest_app, name="interest")

Zone = Annotated[str | None, typer.Option(help="IANA zone, as Europe/Berlin.")]
Quiet = Annotated[str | None, typer.Option(help="Hours to send nothing: 22:00-07:00, or `off`.")]


# --- profiles ------------------------------------------------------------------------------


@profile_app.command("add")
def add_profile(name: Who, zone: Zone = None, quiet: Quiet = None) -> None:
    """Make a profile on the console; a name that begins with # is a channel's."""
    wanted_zone = timetable.read_zone(zone or "UTC")
    hours = timetable.read_quiet(quiet) if quiet else None
    if not name.strip("# ") or name != name.strip():
        fail(f"{name!r} is no name: use letters, with # in front for a channel")

    async def work(db: Database) -> Profile:
        return await db.write(_add_profile, name, wanted_zone, hours)

    made = with_db(work)
    out.print(Text(f"{made.name}: a {made.kind} on the console, {made.zone}"))
    out.print(Text(f'Next: paperround interest add {made.name} "what it reads about"', "dim"))


def _add_profile(tx: Tx, name: str, zone: str, quiet: QuietHours | None) -> Profile:
    made = profiles.add(
        tx,
        kind=OwnerKind.CHANNEL if name.startswith("#") else OwnerKind.PERSON,
        platform="console",
        workspace="local",
        owner=name,
        name=name,
        zone=zone,
        now=now(),
    )
    if quiet is not None:
        profiles.set_quiet(tx, made.id, quiet)
    return made


@profile_app.command("set")
def set_profile(name: Who, zone: Zone = None, quiet: Quiet = None) -> None:
    """Change a profile's zone or quiet hours."""
    wanted_zone = timetable.read_zone(zone) if zone else None
    hours = timetable.read_quiet(quiet) if quiet else None

    async def work(db: Database) -> None:
        profile = await the_profile(db, name)
        if wanted_zone:
            await db.write(profiles.set_zone, profile.id, wanted_zone)
        if quiet:
            await db.write(profiles.set_quiet, profile.id, hours)

    with_db(work)
    show_profile(name)


@profile_app.command("list")
def list_profiles(as_json: Json = False) -> None:
    """Every profile."""

    async def work(db: Database) -> list[Profile]:
        return await db.read(profiles.every)

    found = with_db(work)
    if as_json:
        for one in found:
            say_json(
                id=one.id, name=one.name, kind=one.kind.value, platform=one.platform, zone=one.zone
            )
        return
    table = Table("name", "kind", "platform", "zone", box=None, padding=(0, 2))
    for one in found:
        table.add_row(Text(one.name), one.kind, one.platform, one.zone)
    out.print(table if found else "No profiles yet: `paperround profile add NAME` makes one.")


@profile_app.command("show")
def show_profile(name: Who) -> None:
    """What a profile wants: interests, alerts, subscriptions, votes."""

    async def work(db: Database) -> None:
        profile = await the_profile(db, name)
        out.print(Text(f"{profile.name}: a {profile.kind} on {profile.platform}, {profile.zone}"))
        if profile.quiet:
            out.print(
                f"  quiet {profile.quiet.start:%H:%M}-{profile.quiet.end:%H:%M}", highlight=False
            )
        for interest in await db.read(profiles.interests, profile.id):
            out.print(Text(f"  interest {interest.id}: {interest.text}"))
        for alert in await db.read(profiles.alerts, profile.id):
            out.print(Text(f"  alert {alert.id}: {alert.query}"))
        for one in await db.read(subscriptions.of, profile.id):
            state = f"paused: {one.paused}" if one.paused else f"next {one.due_at:%d %b %H:%M} UTC"
            words = f"{timetable.describe(one.schedule)}, up to {counted(one.size, 'paper')}"
            out.print(Text(f"  digest {one.id}: {words} ({state})"))
        votes = await db.read(profiles.votes, profile.id)
        for kind in VoteKind:
            if n := sum(vote.kind is kind for vote in votes):
                out.print(Text(f"  {counted(n, kind.value)}"))

    with_db(work)


@profile_app.command("remove")
def remove_profile(
    name: Who, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a profile with everything that hangs on it."""
    if not yes:
        typer.confirm(f"Delete {name} with its interests, votes, alerts and digests?", abort=True)

    async def work(db: Database) -> None:
        await db.write(profiles.remove, (await the_profile(db, name)).id)

    with_db(work)
    out.print(Text(f"{name} is gone."))


# --- interests -----------------------------------------------------------------------------


@interest_app.command("add")
def add_interest(
    name: Who,
    text: Annotated[str, typer.Argument(help="What it reads about, in plain words.")],
    preview: Annotated[bool, typer.Option(help="Show what it would have brought.")] = True,
) -> None:
    """Add an interest and show three papers that it would have brought."""
    wanted = " ".join(text.split())
    if not any(character.isalnum() for character in wanted) or len(wanted) > 500:
        fail(
            "an interest is a line of plain words, at most 500 characters: "
            "`graph neural networks for molecules`"
        )

    async def add(db: Database) -> bool:
        profile = await the_profile(db, name)
        await db.write(profiles.add_interest, profile.id, wanted, now())
        return await db.read(papers.newest) > 0

    has_papers = with_db(add)
    out.print(Text.assemble(f"{name} follows ", (wanted, "bold")))
    if preview and has_papers:
        _preview_interest(name, wanted)


def _preview_interest(name: str, wanted: str) -> None:
    from matching.library import Library
    from matching.ranking import Match
    from matching.trial import trial

    async def work(library: Library) -> list[Match]:
        profile = await the_profile(library.db, name)
        mine = await library.db.read(profiles.interests, profile.id)
        interest = next(one for one in mine if one.text == wanted)
        return await trial(library, interest, 3, now())

    found = with_library(work)
    if not found:
        out.print("Nothing of the latest papers fits it well enough; it waits for new ones.")
        return
    out.print("It would have brought:", style="dim")
    for match in found:
        out.print(Text.assemble((f"  {match.score:.2f} ", "green"), match.paper.title))


@interest_app.command("list")
def list_interests(name: Who, as_json: Json = False) -> None:
    """A profile's interests."""

    async def work(db: Database) -> None:
        profile = await the_profile(db, name)
        for one in await db.read(profiles.interests, profile.id):
            if as_json:
                say_json(id=one.id, text=one.text)
            else:
                out.print(Text.assemble((f"{one.id:>4}  ", "dim"), one.text))

    with_db(work)


@interest_app.command("remove")
def remove_interest(name: Who, interest: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Remove an interest by its number."""

    async def work(db: Database) -> bool:
        return await db.write(profiles.remove_interest, (await the_profile(db, name)).id, interest)

    if not with_db(work):
        fail(f"{name} has no interest {interest}: see `paperround interest list {name}`")
    out.print(Text(f"{name} no longer follows interest {interest}."))
