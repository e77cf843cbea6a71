"""`paperround run`, `demo` and `doctor`: the service, a first look at it, and what it lacks."""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import logs
from bot.cli.base import (
    SERVICE,
    Bar,
    Json,
    app,
    current,
    fail,
    out,
    say,
    say_json,
)
from storage import database, upkeep, vectors
from storage.database import Database
from storage.schema import DatabaseUnusable

if TYPE_CHECKING:
    from collections.abc import Callable


@app.command("run", rich_help_panel=SERVICE)
def run() -> None:
    """Run the service: read what is dropped into the inbox, send what is due.

    It runs until Ctrl-C or SIGTERM, and after a crash goes on where it was.
    """
    from bot import service
    from bot.platforms import Misconfigured
    from matching.encoder import ModelUnavailable

    settings = current()
    logs.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(service.run(settings, out))
    except (ModelUnavailable, Misconfigured) as error:
        fail(str(error))


@app.command("demo", rich_help_panel=SERVICE)
def demo(
    dump: Annotated[
        Path | None,
        typer.Argument(help="A dump of yours; otherwise a sample of invented papers."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Also save what is printed as a picture.", hidden=True)
    ] = None,
) -> None:
    """See what two people and a channel would be sent, from a sample dump or one of yours.

    It uses a database of its own that is thrown away.
    """
    from bot.demo import show
    from matching.encoder import ModelUnavailable
    from storage.dumps import NotADump

    try:
        asyncio.run(show(out, dump, Bar, current().model, svg))
    except (NotADump, ModelUnavailable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{dump} can't be read: {error.strerror}")


@app.command("doctor", rich_help_panel=SERVICE)
def doctor(as_json: Json = False) -> None:
    """Check what the service needs: SQLite, the database, the inbox, the model.

    Exit code 1 if something is missing.
    """
    settings = current()
    broken: set[str] = set()

    def check(name: str, look: "Callable[[], str]") -> None:
        try:
            found = look()
        except Exception as error:  # a doctor reports whatever it finds
            broken.add(name)
            found = str(error)
        if as_json:
            say_json(check=name, ok=name not in broken, found=found)
        else:
            mark = ("✗ ", "red") if name in broken else ("✓ ", "green")
            say(mark, (f"{name}: ", "bold"), found)

    check("Python", _python)
    check("SQLite", _sqlite)
    check("database", lambda: _database(settings.db))
    check("inbox", lambda: _inbox(settings.inbox))
    # A database that can't be read was told of above; the model can be looked at without it.
    readable = settings.db if "database" not in broken and settings.db.exists() else None
    check("model", lambda: asyncio.run(_model(settings.model, readable)))
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


async def _model(name: str | None, path: Path | None) -> str:
    from matching.encoder import load_encoder

    encoder = await load_encoder(name)
    try:
        if path is None:
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
