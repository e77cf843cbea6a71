"""`paperround run`, `demo` and `doctor`: the service, a first look at it, and what it lacks."""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot import logs
from bot.cli.base import Bar, app, current, fail, out
from storage import database, upkeep, vectors
from storage.database import Database
from storage.schema import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable


@app.command("run")
def run() -> None:
    """Run the service: watch the inbox, send what is due, until SIGTERM."""
    from bot import service
    from bot.platforms.console import ConsolePlatform
    from matching.encoder import ModelUnavailable

    settings = current()
    logs.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(service.run(settings, [ConsolePlatform(out, settings.console_transcript)]))
    except ModelUnavailable as error:
        fail(str(error))


@app.command("demo")
def demo(
    dump: Annotated[
        Path | None,
        typer.Argument(help="A dump of yours; otherwise the invented sample."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Also save what is printed as a picture.", hidden=True)
    ] = None,
) -> None:
    """What two people and a channel would be sent, from a sample dump or one of yours."""
    from bot.demo import show
    from matching.encoder import ModelUnavailable
    from storage.dumps import NotADump

    try:
        asyncio.run(show(out, dump, Bar, current().model, svg))
    except (NotADump, ModelUnavailable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{dump} can't be read: {error.strerror}")


@app.command("doctor")
def doctor() -> None:
    """Check what the service needs. Exit code 1 if something is missing."""
    settings = current()
    checks: list[tuple[str, Callable[[], str]]] = [
        ("Python", _python),
        ("SQLite", _sqlite),
        ("database", lambda: _database(settings.db)),
        ("inbox", lambda: _inbox(settings.inbox)),
        ("model", lambda: asyncio.run(_model(settings.model, settings.db))),
    ]
    broken = 0
    for name, check in checks:
        try:
            found = check()
        except Exception as error:  # a doctor reports whatever it finds
            broken += 1
            out.print(Text.assemble(("✗ ", "red"), (f"{name}: ", "bold"), str(error)))
        else:
            out.print(Text.assemble(("✓ ", "green"), (f"{name}: ", "bold"), found))
    if broken:
        raise typer.Exit(1)


def _python() -> str:
    return sys.version.split()[0]


def _sqlite() -> str:
    connection = database.scratch()
    try:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
    finally:
        connection.close()
    return f"{sqlite3.sqlite_version} with FTS5"


def _database(path: Path) -> str:
    if not path.exists():
        if not path.absolute().parent.is_dir():
            raise DatabaseUnusable(f"{path.parent} is no folder: create it, or set PAPERROUND_DB")
        return f"{path} will be made at first use"
    if problems := upkeep.check(path):
        raise DatabaseUnusable(f"{path}: {problems[0]}; restore a backup")
    return f"{path} is sound"


def _inbox(folder: Path) -> str:
    if not folder.exists():
        return f"{folder} will be made by `paperround run`"
    probe = folder / ".paperround-doctor"
    probe.touch()
    probe.unlink()
    return f"{folder} can be written"


async def _model(name: str | None, path: Path) -> str:
    from matching.encoder import load_encoder

    encoder = await load_encoder(name)
    try:
        if not await asyncio.to_thread(path.exists):
            return encoder.identity
        async with await Database.open(path) as db:
            others = [
                f"{counted_papers} by {identity}"
                for identity, counted_papers in await db.read(vectors.models)
                if identity != encoder.identity
            ]
    finally:
        await encoder.aclose()
    note = f"; the database also holds vectors of other models ({', '.join(others)})"
    return encoder.identity + (note if others else "")
