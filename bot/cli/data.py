"""`paperround db`: the database file itself."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.base import Bar, app, current, fail, now, out
from bot.messages import counted
from storage import upkeep
from storage.database import Database

db_app = typer.Typer(no_args_is_help=True, help="The database: migrate, check, back up, restore.")
app.add_typer(db_app, name="db")


@db_app.command("migrate")
def migrate() -> None:
    """Bring the schema up to date with this version."""
    applied = upkeep.migrate(current().db)
    out.print(f"Applied {', '.join(applied)}." if applied else "The schema is up to date.")


@db_app.command("check")
def check() -> None:
    """Look for damage. Exit code 1 if there is any."""
    found = upkeep.check(_existing())
    for line in found:
        out.print(line, style="red", highlight=False)
    if found:
        fail(f"{current().db} is damaged: restore a backup with `paperround db restore`")
    out.print(f"{current().db} is sound.", highlight=False)


@db_app.command("backup")
def backup(to: Annotated[Path, typer.Argument(help="A file that does not exist yet.")]) -> None:
    """Copy the database, also while the service runs."""
    upkeep.backup(_existing(), to)
    out.print(f"Copied to {to}.", highlight=False)


@db_app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A file that `backup` made.")],
) -> None:
    """Put a backup in place of the database; what was there is kept beside it. Stop the service
    first.
    """
    kept = upkeep.restore(source, current().db)
    out.print(f"Restored {source}.", highlight=False)
    if kept is not None:
        out.print(f"What was there is now {kept}.", highlight=False)


@db_app.command("reembed")
def reembed() -> None:
    """Embed every paper that the current model has no vector of."""
    import asyncio

    from matching import ingest
    from matching.encoder import ModelUnavailable, load_encoder

    async def work() -> tuple[int, str]:
        bar = Bar("Embedding")
        async with await Database.open(_existing()) as db:
            encoder = await load_encoder(current().model)
            try:
                return await ingest.reembed(db, encoder, now(), bar), encoder.identity
            finally:
                bar.stop()
                await encoder.aclose()

    try:
        done, model = asyncio.run(work())
    except ModelUnavailable as error:
        fail(str(error))
    out.print(f"{counted(done, 'paper')} embedded with {model}.", highlight=False)


def _existing() -> Path:
    path = current().db
    if not path.exists():
        fail(f"there is no database {path}: name one with --db or PAPERROUND_DB")
    return path
