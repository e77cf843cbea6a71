"""`paperround db`: the database file itself."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.alone import AlreadyRunning, alone
from bot.cli.base import (
    SERVICE,
    Bar,
    Json,
    app,
    current,
    fail,
    now,
    say,
    say_json,
)
from bot.messages import counted
from storage import upkeep
from storage.database import Database
from storage.schema import DatabaseUnusable

db_app = typer.Typer(no_args_is_help=True, help="The database: migrate, check, back up, restore.")
app.add_typer(db_app, name="db", rich_help_panel=SERVICE)


@db_app.command("migrate")
def migrate() -> None:
    """Bring the schema up to date with this version."""
    applied = upkeep.migrate(current().db)
    say(f"Applied {', '.join(applied)}." if applied else "The schema is up to date.")


@db_app.command("check")
def check(as_json: Json = False) -> None:
    """Look for damage; nothing is changed. Exit code 1 if there is any."""
    db = _existing()
    try:
        found = upkeep.check(db)
    except DatabaseUnusable as error:
        if not as_json:
            raise
        found = [str(error)]
    if as_json:
        say_json(db=str(db), sound=not found, problems=found)
        raise typer.Exit(1 if found else 0)
    for line in found:
        say(line, style="red")
    if found:
        fail(f"{db} is damaged: put a backup in its place with `paperround db restore FILE`")
    say(f"{db} is sound.")


@db_app.command("backup")
def backup(
    to: Annotated[Path, typer.Argument(help="A file that does not exist yet.")],
    verify: Annotated[
        bool, typer.Option(help="Read the whole copy, and say what it holds.")
    ] = False,
) -> None:
    """Copy the database, also while the service runs."""
    upkeep.backup(_existing(), to)
    if verify:
        upkeep.sound(to)
        say(f"{to} is sound and holds {_held(to)}.")
    say(f"Copied to {to}; `paperround db restore` puts it back.")


@db_app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A file that `backup` made.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the backup and say what would change.")
    ] = False,
) -> None:
    """Put a backup in place of the database. Stop the service first.

    What was there is kept beside it.
    """
    if dry_run:
        _compare(source, current().db)
        return
    db = current().db

    async def work() -> Path | None:
        # A damaged file says nothing of who has it open: the service's own lock does.
        async with alone(db):
            return upkeep.restore(source, db)

    try:
        kept = asyncio.run(work())
    except AlreadyRunning:
        fail(f"{db} is in use: stop the service first")
    say(f"Restored {source}.")
    if kept is not None:
        say(f"What was there is now {kept}.")


@db_app.command("reembed")
def reembed() -> None:
    """Read every paper with the current model that it has not read yet, the archive's too.

    Commands that need it do so by themselves, the service in its spare time; this does it ahead of
    them.
    """
    from bot import missing
    from matching import ingest, shelf
    from matching.encoder import ModelUnavailable, load_encoder
    from matching.library import Library

    async def work() -> tuple[int, str, dict[str, missing.Tested]]:
        bar = Bar("Embedding")
        async with await Database.open(_existing()) as db:
            encoder = await load_encoder(current().model, current().encoder)
            try:
                done = await ingest.reembed(db, encoder, now(), bar, with_archive=True)
                done += await shelf.embed(db, encoder, now(), bar)
                bar.stop()
                tried = await missing.retest(Library(db, encoder), now())
                return done, encoder.identity, tried
            finally:
                bar.stop()
                await encoder.aclose()

    try:
        done, model, tried = asyncio.run(work())
    except ModelUnavailable as error:
        fail(str(error))
    say(f"{counted(done, 'paper')} embedded with {model}.")
    for name, one in tried.items():
        say(f"{name}: {one.caught} of {counted(one.total, 'must-catch paper')} caught.")
        for title in one.lost:
            say(f"  no longer: {title}", style="yellow")


def _compare(source: Path, there: Path) -> None:
    upkeep.sound(source)
    say(f"{source} is sound and holds {_held(source)}.")
    if not there.exists():
        say(f"There is no {there}: it would be made.")
        return
    try:
        say(f"{there} holds {_held(there)}; it would be kept beside it.")
    except DatabaseUnusable as error:
        say(f"{there} would be kept beside it as it is: {error}.")
    say("Nothing was changed.")


def _held(path: Path) -> str:
    found = upkeep.holding(path)
    newest = f", the newest of {found.newest:%Y-%m-%d %H:%M} UTC" if found.newest else ""
    return (
        f"{counted(found.papers, 'paper')}{newest}, {counted(found.profiles, 'profile')} and "
        f"{counted(found.waiting, 'delivery', 'deliveries')} to be sent"
    )


def _existing() -> Path:
    path = current().db
    if not path.exists():
        fail(f"there is no database {path}: name one with --db or PAPERROUND_DB")
    return path
