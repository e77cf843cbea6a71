"""What every command shares: the app, the two consoles, and how a command reaches the database.

The model is only loaded by `with_library`; whatever can do without it uses `with_db`. Nothing is
imported here that `paperround --help` would wait for and not use.
"""

import difflib
import json
import shlex
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from bot.cli.shelf import PAPERS, PEOPLE, SERVICE, Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.settings import Settings
    from matching.library import Library
    from storage.database import Database
    from storage.records import Paper, Profile

__all__ = ["PAPERS", "PEOPLE", "SERVICE"]

T = TypeVar("T")

_current: "ContextVar[Settings]" = ContextVar("settings")

app = typer.Typer(
    cls=Shelf,
    help="Delivers research papers: what each person or channel asked for, at their hour, once.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)

GREATEST_ID = 2**63 - 1
"""What a column of SQLite can hold."""


def unicode_text(value: T) -> T:
    """The words of an argument as they are, refused where they are no text in any language."""
    for word in value if isinstance(value, list) else [value]:
        # What the shell handed over and UTF-8 can't decode reaches Python as lone surrogates.
        if isinstance(word, str) and any("\ud800" <= sign <= "\udfff" for sign in word):
            raise typer.BadParameter("these bytes are no UTF-8 text: write it in UTF-8.")
    return value


Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON object a line.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")]
Who = Annotated[
    str,
    typer.Argument(
        metavar="PROFILE",
        callback=unicode_text,
        help="A profile's name, as `ada` or `#reading-group`; `slack:ada` where several share it.",
    ),
]
PaperName = Annotated[
    str,
    typer.Argument(
        metavar="PAPER", callback=unicode_text, help="Its number, arXiv id, or words of its title."
    ),
]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"paperround {version('paperround')}")
        raise typer.Exit


@app.callback()
def _start(
    db: Annotated[
        Path | None,
        typer.Option(
            "--db",
            help="The database file; otherwise the one that PAPERROUND_DB names, or paperround.db "
            "in this folder.",
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    from bot import logs, settings

    loaded = settings.load(db)
    # A command speaks for itself; only the service narrates (`run` sets its own level).
    logs.configure("error" if loaded.log_level == "error" else "warning", loaded.log_format)
    _current.set(loaded)


def current() -> "Settings":
    """The settings of the running command."""
    return _current.get()


def now() -> datetime:
    """The clock of the command line."""
    return datetime.now(UTC)


def fail(sentence: str, code: int = 1) -> NoReturn:
    """End with a sentence on standard error."""
    complain(sentence)
    raise typer.Exit(code)


def complain(sentence: str, before: str = "paperround: ") -> None:
    """A sentence on standard error, whatever signs it holds."""
    err.print(Text.assemble((before, "red"), _shown(sentence)), soft_wrap=True)


def say(*parts: str | tuple[str, str], style: str = "", wrap: bool = False) -> None:
    """A line on standard output, as it is: nothing in it is markup.

    wrap: break it between words where it is wider than the terminal, as prose wants and a command
    to be pasted does not.
    """
    said = [_shown(one) if isinstance(one, str) else (_shown(one[0]), one[1]) for one in parts]
    out.print(Text.assemble(*said, style=style), soft_wrap=not (wrap and out.is_terminal))


def suggest(*words: str, why: str) -> None:
    """The command that comes next, ready to be pasted, and what it does."""
    say(f"Next: {command(*words)} {why}", style="dim")


def command(*words: str) -> str:
    """A command of ours as a shell takes it."""
    return f"`paperround {shlex.join(words)}`"


def say_json(**facts: Any) -> None:
    """One JSON object on one line."""
    typer.echo(_printable(json.dumps(facts, ensure_ascii=False)))


def with_db(work: "Callable[[Database], Awaitable[T]]") -> T:
    """Run `work(db)` on the database of the settings."""
    import asyncio

    from storage.database import Database

    async def go() -> T:
        async with await Database.open(current().db) as db:
            return await work(db)

    return asyncio.run(go())


def with_library(work: "Callable[[Library], Awaitable[T]]") -> T:
    """Run `work(library)` with the model loaded, and every paper embedded by it."""
    import asyncio
    from contextlib import AsyncExitStack

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

    def __init__(self, what: str, of: str = "papers") -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(of),
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


async def the_profile(db: "Database", name: str) -> "Profile":
    """The profile that a person means, or the end of the command with a remedy.

    Several may share a name; `platform:name`, or `platform:workspace/owner`, is one of them.
    """
    from storage import profiles

    every = await db.read(profiles.every)
    found = [one for one in every if one.name == name] or [
        one for one in every if name in (f"{one.platform}:{one.name}", _reference(one))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        short = [f"{one.platform}:{one.name}" for one in found]
        ways = short if len(set(short)) == len(short) else [_reference(one) for one in found]
        fail(f"several profiles are called {name!r}: name one as {' or '.join(ways)}")
    near = difflib.get_close_matches(name, [one.name for one in every], n=3)
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else f"{command('profile', 'add', name)} makes it"
    )
    fail(f"there is no profile {name!r}: {hint}")


async def the_paper(db: "Database", name: str) -> "Paper":
    """The paper that a person means, or the end of the command with a remedy."""
    from storage import papers

    number = name.lstrip("#")
    is_too_great = number.isdecimal() and (len(number) > 19 or int(number) > GREATEST_ID)
    found = [] if is_too_great else await db.read(papers.find, name)
    if len(found) == 1:
        return found[0]
    if not found:
        fail(
            f"no stored paper is {name!r}: give its number, arXiv id or title, "
            "or look for it with `paperround search WORDS`"
        )
    complain("several papers fit; give the number of one:")
    for paper in found:
        complain(f"#{paper.seq}  {paper.title}", before="  ")
    raise typer.Exit(1)


def _reference(profile: "Profile") -> str:
    return f"{profile.platform}:{profile.workspace}/{profile.owner}"


def _shown(text: str) -> str:
    """Text that a terminal shows and does not obey: no escape sequence gets through."""
    from bot.platforms.console import harmless

    return harmless(_printable(text))


def _printable(text: str) -> str:
    """Text that any output takes: signs that are half a character become `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")
