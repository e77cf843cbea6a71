"""What every command shares: the app, the two consoles, and how a command reaches the database.

The model is only loaded by `with_library`; whatever can do without it uses `with_db`.
"""

import asyncio
import difflib
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bot import logs, settings
from bot.settings import Settings
from storage import papers, profiles
from storage.database import Database
from storage.records import Paper, Profile

if TYPE_CHECKING:
    from matching.library import Library

T = TypeVar("T")

_current: ContextVar[Settings] = ContextVar("settings")

app = typer.Typer(
    help="Delivers research papers: what each person or channel asked for, at their hour, once.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object a line.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")]
Who = Annotated[str, typer.Argument(metavar="PROFILE", help="A profile's name, as `ada`.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"paperround {version('paperround')}")
        raise typer.Exit


@app.callback()
def _start(
    db: Annotated[
        Path | None,
        typer.Option("--db", help="The database file; otherwise PAPERROUND_DB, paperround.db."),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    loaded = settings.load(db)
    # A command speaks for itself; only the service narrates (`run` sets its own level).
    logs.configure("error" if loaded.log_level == "error" else "warning", loaded.log_format)
    _current.set(loaded)


def current() -> Settings:
    """The settings of the running command."""
    return _current.get()


def now() -> datetime:
    """The clock of the command line."""
    return datetime.now(UTC)


def fail(sentence: str, code: int = 1) -> NoReturn:
    """End with a sentence on standard error."""
    err.print(f"[red]paperround:[/] {_plain(sentence)}", highlight=False, soft_wrap=True)
    raise typer.Exit(code)


def say_json(**facts: Any) -> None:
    """One JSON object on one line."""
    typer.echo(json.dumps(facts, ensure_ascii=False))


def with_db(work: Callable[[Database], Awaitable[T]]) -> T:
    """Run `work(db)` on the database of the settings."""

    async def go() -> T:
        async with await Database.open(current().db) as db:
            return await work(db)

    return asyncio.run(go())


def with_library(work: "Callable[[Library], Awaitable[T]]") -> T:
    """Run `work(library)` with the model loaded, and every paper embedded by it."""
    from bot.service import opened
    from matching.encoder import ModelUnavailable

    async def go() -> T:
        async with AsyncExitStack() as stack:
            bar = Bar("Embedding again")
            with err.status("Loading the model …"):
                library = await stack.enter_async_context(opened(current(), bar))
            bar.stop()
            return await work(library)

    try:
        return asyncio.run(go())
    except ModelUnavailable as error:
        fail(str(error))


class Bar:
    """A progress bar on standard error that appears with its first step; call it `(done, of)`."""

    def __init__(self, what: str) -> None:
        self._progress = Progress(
            TextColumn(what),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("papers"),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._task = self._progress.add_task(what, total=None)

    def __call__(self, done: int, of: int) -> None:
        """Show how far it is."""
        self._progress.start()
        self._progress.update(self._task, completed=done, total=of)

    def stop(self) -> None:
        """Take the bar away."""
        self._progress.stop()


async def the_profile(db: Database, name: str) -> Profile:
    """The profile that a person means, or the end of the command with a remedy."""
    if found := await db.read(profiles.named, name):
        return found[0]
    every = [profile.name for profile in await db.read(profiles.every)]
    near = difflib.get_close_matches(name, every, n=3)
    hint = (
        f"did you mean {', '.join(near)}?" if near else f"`paperround profile add {name}` makes it"
    )
    fail(f"there is no profile {name!r}: {hint}")


async def the_paper(db: Database, name: str) -> Paper:
    """The paper that a person means, or the end of the command with a remedy."""
    found = await db.read(papers.find, name)
    if len(found) == 1:
        return found[0]
    if not found:
        fail(f"no stored paper is {name!r}: give its number, arXiv id or title, or `search` for it")
    err.print("Several papers fit; give the number of one:", style="yellow")
    for paper in found:
        err.print(f"  #{paper.seq}  {_plain(paper.title)}", highlight=False)
    raise typer.Exit(1)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
