"""`paperround profile` and `paperround interest`: who there is, and what they read about.

Profiles made here live on the console; those of Slack and Discord can be looked at and changed too.
"""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot import timetable
from bot.cli.base import (
    PEOPLE,
    Json,
    Who,
    app,
    command,
    fail,
    now,
    out,
    say,
    say_json,
    suggest,
    the_profile,
    unicode_text,
    with_db,
)
from bot.messages import counted
from storage import profiles, subscriptions, votes
from storage.database import Database, Tx
from storage.records import OwnerKind, Profile, QuietHours, Subscription, VoteKind

profile_app = typer.Typer(no_args_is_help=True, help="People and channels, and what they want.")
app.add_typer(profile_app, name="profile", rich_help_panel=PEOPLE)

Zone = Annotated[
    str | None, typer.Option(help="IANA time zone, as Europe/Berlin.", show_default=False)
]
Quiet = Annotated[
    str | None,
    typer.Option(help="Hours in which nothing is sent: 22:00-07:00, or `off`.", show_default=False),
]


@profile_app.command("add")
def add_profile(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            callback=unicode_text,
            help="As `ada`; one that begins with # is a channel's, as '#reading-group'.",
        ),
    ],
    zone: Zone = None,
    quiet: Quiet = None,
) -> None:
    """Make a profile whose messages are shown on the console. Its zone is UTC if none is given."""
    wanted_zone = timetable.read_zone(zone or "UTC")
    hours = timetable.read_quiet(quiet) if quiet else None
    if not name.strip("# ") or name != name.strip() or ":" in name:
        fail(f"{name!r} is no name: use letters, no colon, with # in front for a channel")

    async def work(db: Database) -> Profile | None:
        return await db.write(_add_profile, name, wanted_zone, hours)

    made = with_db(work)
    if made is None:
        fail(f"{name} exists: {command('profile', 'set', name)} with --zone or --quiet changes it")
    say(f"{made.name}: a {made.kind} on the console, {made.zone}")
    suggest("interest", "add", name, "what it reads about", why="says what it is sent.")


def _add_profile(tx: Tx, name: str, zone: str, quiet: QuietHours | None) -> Profile | None:
    """The new profile; None where the console has one of that name."""
    if any(one.platform == "console" for one in profiles.named(tx, name)):
        return None
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
    """Change a profile's time zone or quiet hours; the digests it has keep their own zone."""
    if not zone and not quiet:
        fail("nothing to change: give --zone, --quiet or both")
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
    """Every profile, of all platforms."""

    async def work(db: Database) -> list[Profile]:
        return await db.read(profiles.every)

    found = with_db(work)
    if as_json:
        for one in found:
            say_json(
                id=one.id, name=one.name, kind=one.kind.value, platform=one.platform, zone=one.zone
            )
        return
    if not found:
        say("No profiles yet: `paperround profile add NAME` makes one.")
        return
    table = Table("name", "kind", "platform", "zone", box=None, padding=(0, 2))
    for one in found:
        table.add_row(*(Text(cell) for cell in (one.name, one.kind, one.platform, one.zone)))
    out.print(table)


@profile_app.command("show")
def show_profile(name: Who, as_json: Json = False) -> None:
    """What a profile wants: interests, alerts, digests, votes."""

    from bot import dials

    async def work(db: Database) -> None:
        profile = await the_profile(db, name)
        mine = await db.read(subscriptions.of, profile.id)
        cast = await db.read(votes.of, profile.id)
        cast_of = {kind: sum(vote.kind is kind for vote in cast) for kind in VoteKind}
        interests = await db.read(profiles.interests, profile.id)
        alerts = await db.read(profiles.alerts, profile.id)
        if as_json:
            say_json(
                **_profile_facts(profile),
                interests=[{"id": one.id, "text": one.text} for one in interests],
                alerts=[{"id": one.id, "query": one.query} for one in alerts],
                digests=[
                    _digest_facts(one) | {"dial": await dials.told(db, one, now()) or None}
                    for one in mine
                ],
                votes={kind.value: n for kind, n in cast_of.items()},
            )
            return
        say(f"{profile.name}: a {profile.kind} on {profile.platform}, {profile.zone}")
        if profile.quiet:
            say(f"  quiet {profile.quiet.start:%H:%M}-{profile.quiet.end:%H:%M}")
        for interest in interests:
            say(f"  interest {interest.id}: {interest.text}")
        for alert in alerts:
            say(f"  alert {alert.id}: {alert.query}")
        for one in mine:
            state = f"paused: {one.paused}" if one.paused else f"next {one.due_at:%d %b %H:%M} UTC"
            words = f"{timetable.describe(one.schedule)}, up to {counted(one.size, 'paper')}"
            say(f"  digest {one.id}: {words} ({state})")
            if dial := await dials.told(db, one, now()):
                say(f"    {dial}")
        for kind, n in cast_of.items():
            if n:
                say(f"  {counted(n, kind.value)}")

    with_db(work)


def _profile_facts(profile: Profile) -> dict[str, object]:
    quiet = profile.quiet
    return {
        "id": profile.id,
        "name": profile.name,
        "kind": profile.kind.value,
        "platform": profile.platform,
        "zone": profile.zone,
        "quiet": quiet and f"{quiet.start:%H:%M}-{quiet.end:%H:%M}",
    }


def _digest_facts(one: Subscription) -> dict[str, object]:
    return {
        "id": one.id,
        "address": one.destination.address,
        "times": [wall.isoformat("minutes") for wall in one.schedule.times],
        "weekdays": [timetable.WEEKDAYS[day] for day in sorted(one.schedule.weekdays)],
        "zone": one.schedule.zone,
        "size": one.size,
        "due_at": one.due_at.isoformat(),
        "paused": one.paused,
    }


@profile_app.command("remove")
def remove_profile(
    name: Who, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Delete a profile with its interests, votes, alerts and digests."""

    async def find(db: Database) -> Profile:
        return await the_profile(db, name)

    profile = with_db(find)
    if not yes:
        typer.confirm(
            f"Delete {profile.name} with its interests, votes, alerts and digests?", abort=True
        )

    async def remove(db: Database) -> None:
        await db.write(profiles.remove, profile.id)

    with_db(remove)
    say(f"{profile.name} is gone.")
