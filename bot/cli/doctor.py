"""`paperround doctor`: each need of the service passed, warned, or failed with its remedy."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from bot import checkups
from bot.checkups import Finding, Level, failed, passed, warned
from bot.cli.base import SERVICE, Json, app, current, now, say, say_json
from bot.messages import counted
from bot.operators import lost_workspace
from bot.settings import Settings
from storage import connections, overview, upkeep, vectors
from storage.database import Database
from storage.schema import DatabaseUnusable
from storage.trouble import RESTORE

MARKS = {
    Level.PASSED: ("✓ ", "green"),
    Level.WARNED: ("! ", "yellow"),
    Level.FAILED: ("✗ ", "red"),
}


@app.command("doctor", rich_help_panel=SERVICE)
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no platform.")] = False,
    as_json: Json = False,
) -> None:
    """Check what the service needs: database, disk, clock, model, tokens, channels, next digests.

    Nothing is posted or changed. Exit code 1 if something failed.
    """
    levels = set()

    async def look() -> None:
        async for found in _everything(current(), offline):
            levels.add(found.level)
            if as_json:
                is_ok = found.level is not Level.FAILED
                say_json(check=found.check, level=found.level, ok=is_ok, found=found.said)
            else:
                say(MARKS[found.level], (f"{found.check}: ", "bold"), found.said)

    asyncio.run(look())
    if Level.FAILED in levels:
        raise typer.Exit(1)


async def _everything(settings: Settings, offline: bool) -> AsyncIterator[Finding]:
    for found in _machine(settings):
        yield found
    # A database that can't be read was told of above; the rest can be looked at without it.
    if not _can_be_read(settings.db):
        yield passed("clock", f"{now():%Y-%m-%d %H:%M:%S} UTC")
        yield await _model(settings, None)
        async for found in _platforms(settings, None, offline):
            yield found
        return
    async with await Database.open(settings.db) as db:
        yield await db.read(checkups.clock, now())
        yield await _model(settings, db)
        async for found in _platforms(settings, db, offline):
            yield found
        for one in await db.read(overview.lost_workspaces):
            yield checkups.warned("workspace", lost_workspace(one))
        for found in checkups.runs(await db.read(overview.next_digests), now()):
            yield found


def _machine(settings: Settings) -> Iterator[Finding]:
    yield passed("Python", sys.version.split()[0])
    yield _look("SQLite", _sqlite)
    yield _settings()
    yield _look("database", lambda: _database(settings.db))
    if os.path.isdir(settings.db.absolute().parent):
        yield checkups.disk(settings.db)
    yield _look("inbox", lambda: _inbox(settings.inbox))


async def _platforms(
    settings: Settings, db: Database | None, offline: bool
) -> AsyncIterator[Finding]:
    """A platform's library is loaded only where it is set up."""
    if not settings.has_slack and settings.discord_token is None:
        yield warned(
            "platforms",
            "none is set up, so all is printed here: set PAPERROUND_SLACK_BOT_TOKEN and "
            "PAPERROUND_SLACK_APP_TOKEN, or PAPERROUND_DISCORD_TOKEN",
        )
    if offline:
        return
    used = await db.read(overview.channels_in_use) if db is not None else []
    if settings.operators_channel is not None and settings.operators_channel not in used:
        used = [*used, settings.operators_channel]
    if settings.has_slack:
        from bot.platforms.slack.checkup import checkup as slack

        there = [one.address for one in used if one.platform == "slack"]
        async for found in slack(settings, db, there, now()):
            yield found
    if settings.discord_token is not None:
        from bot.platforms.discord.checkup import checkup as discord

        there = [one.address for one in used if one.platform == "discord"]
        async for found in discord(settings, there, now()):
            yield found


def _look(check: str, look: Callable[[], str]) -> Finding:
    try:
        return passed(check, look())
    except Exception as error:  # a doctor reports whatever it finds
        return failed(check, str(error))


def _can_be_read(path: Path) -> bool:
    try:
        return os.path.exists(path) and not upkeep.check(path)  # Path.exists may raise
    except DatabaseUnusable:
        return False


def _settings() -> Finding:
    """Names in the environment that look like settings and are none: nobody would read them."""
    known = [f"PAPERROUND_{name.upper()}" for name in Settings.model_fields]
    there = sorted(name.upper() for name in os.environ if name.upper().startswith("PAPERROUND_"))
    unknown = []
    for name in (one for one in there if one not in known):
        close = get_close_matches(name, known, n=1)
        unknown.append(f"{name} is none" + (f", but {close[0]} is" if close else ""))
    if unknown:
        return warned("settings", f"{'; '.join(unknown)}: mend the name, or unset it")
    return passed("settings", f"{counted(len(there), 'variable')} set, each of them known")


def _sqlite() -> str:
    connection = connections.scratch()
    try:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
    finally:
        connection.close()
    return f"{sqlite3.sqlite_version} with FTS5"


def _database(path: Path) -> str:
    folder = path.absolute().parent
    if not os.path.exists(path):
        if not os.path.isdir(folder):
            raise DatabaseUnusable(f"{folder} is no folder: create it, or set PAPERROUND_DB")
        _must_be_writable(folder, "PAPERROUND_DB")
        return f"{path} will be made at first use"
    if problems := upkeep.check(path):
        raise DatabaseUnusable(f"{path}: {problems[0]}; {RESTORE}")
    for place in (path, folder):  # SQLite makes its log beside the file
        _must_be_writable(place, "PAPERROUND_DB")
    return f"{path} is sound"


def _inbox(folder: Path) -> str:
    there = next(one for one in (folder, *folder.absolute().parents) if os.path.exists(one))
    _must_be_writable(there, "PAPERROUND_INBOX")
    if there != folder:
        return f"{folder} will be made by `paperround run`"
    return f"{folder} can be written"


def _must_be_writable(place: Path, setting: str) -> None:
    """Raise unless this process may write there, and the disk lets anybody."""
    if not os.access(place, os.W_OK | (os.X_OK if os.path.isdir(place) else 0)):
        raise DatabaseUnusable(
            f"{place} can't be written by this user: check who owns it and whether its disk is "
            f"mounted to be written, or set {setting}"
        )


async def _model(settings: Settings, db: Database | None) -> Finding:
    from matching.encoder import ModelUnavailable, load_encoder

    try:
        encoder = await load_encoder(settings.model, settings.encoder)
    except ModelUnavailable as error:
        return failed("model", str(error))
    await encoder.aclose()
    found = f"{encoder.identity} by {encoder.backend}"
    if db is None:
        return passed("model", found)
    others = [
        f"{count} by {identity}"
        for identity, count in await db.read(vectors.models)
        if identity != encoder.identity
    ]
    note = f"; the database also holds vectors of other models ({', '.join(others)})"
    return passed("model", found + (note if others else ""))
