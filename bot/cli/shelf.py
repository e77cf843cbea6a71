"""Which commands there are, and the room of each: it is imported when its command is given.

So `paperround --help`, and the shell that completes a command, do not wait for numpy, SQLite and
the settings. A test holds this list to what the rooms say.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

# The panels of `paperround --help`.
PEOPLE, PAPERS, SERVICE = "People and channels", "Papers", "The service"


class Listed(NamedTuple):
    """A command, or a group of them, as `paperround --help` shows it."""

    panel: str
    help: str
    rooms: tuple[str, ...]
    """Modules beside this one; the first has the command, the others add to its group."""


SHELF: dict[str, Listed] = {
    "subscribe": Listed(
        PEOPLE,
        "Send a profile its digest at these times; called again, it changes them.",
        ("digesting",),
    ),
    "unsubscribe": Listed(
        PEOPLE,
        "Send a profile no more digests; its interests, votes and alerts stay.",
        ("digesting",),
    ),
    "vote": Listed(
        PEOPLE,
        "Say what a profile thinks of a paper; its next digests take that into account.",
        ("reading",),
    ),
    "why": Listed(
        PEOPLE,
        "Tell why a paper was, or was not, sent to a profile, and what would change that.",
        ("reading",),
    ),
    "receipts": Listed(
        PEOPLE,
        "Tell what a profile was sent, when and why, and what was left out and why; newest first.",
        ("receipts",),
    ),
    "start": Listed(
        PEOPLE,
        "Follow a few words, and list the eight stored papers whose votes tell most about them.",
        ("starting",),
    ),
    "import": Listed(
        PEOPLE,
        "Train a profile on a library: what is stored is liked, and the rest says what is liked.",
        ("importing",),
    ),
    "missed": Listed(PEOPLE, "Papers that a profile must catch.", ("missing",)),
    "try": Listed(
        PEOPLE,
        "Show what a change would do to a profile's last 30 days; nothing is changed.",
        ("supposing",),
    ),
    "undo": Listed(
        PEOPLE, "Take back the last change of a profile, or one by its number.", ("changing",)
    ),
    "history": Listed(
        PEOPLE,
        "Every change of what a profile follows, mutes or imported, newest first.",
        ("changing",),
    ),
    "alert": Listed(
        PEOPLE, "Keyword queries whose hits are sent at once.", ("alerting", "alert_limits")
    ),
    "mute": Listed(PEOPLE, "What a profile wants to hear nothing of.", ("muting",)),
    "digest": Listed(PEOPLE, "Digests: look ahead, or send one now.", ("digesting", "receipts")),
    "interest": Listed(
        PEOPLE, "What a profile reads about, in lines of plain words.", ("interests",)
    ),
    "profile": Listed(PEOPLE, "People and channels, and what they want.", ("people",)),
    "doctor": Listed(
        SERVICE,
        "Check what the service needs: database, disk, clock, model, tokens, channels, next "
        "digests.",
        ("doctor",),
    ),
    "run": Listed(
        SERVICE,
        "Run the service: read what is dropped into the inbox, send what is due.",
        ("operating",),
    ),
    "demo": Listed(
        SERVICE,
        "See what two people and a channel would be sent, from a sample dump or one of yours.",
        ("operating",),
    ),
    "discord": Listed(SERVICE, "Set the Discord bot up.", ("chat",)),
    "db": Listed(SERVICE, "The database: migrate, check, back up, restore.", ("data",)),
    "outbox": Listed(SERVICE, "Messages on their way: list, try again, give up.", ("outbox",)),
    "ingest": Listed(
        PAPERS,
        "Read dumps and store their papers; a paper that is stored already is not stored twice.",
        ("ingesting",),
    ),
    "backfill": Listed(
        PAPERS,
        "Fetch papers of the past, the latest day first, and keep them for searches and trials.",
        ("backfilling",),
    ),
    "papers": Listed(PAPERS, "Every stored paper, in the order of arrival.", ("ingesting",)),
    "search": Listed(PAPERS, "Find stored papers by their words and their meaning.", ("reading",)),
    "similar": Listed(
        PAPERS, "Find the stored papers that are most like one of them.", ("reading",)
    ),
}
"""Every command by its name, in the order of the help."""


class Shelf(TyperGroup):
    """The commands of `SHELF`: shown from the list, and fetched from their rooms to be run."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as Typer calls it
        """The names in the order of the help."""
        return list(SHELF)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """The command itself where its room was imported, otherwise what the help shows of it."""
        there = super().get_command(ctx, cmd_name)
        if there is not None or cmd_name not in SHELF:
            return there  # type: ignore[return-value]  # Typer makes no others
        listed = SHELF[cmd_name]
        return TyperCommand(cmd_name, help=listed.help, rich_help_panel=listed.panel)

    def resolve_command(
        self, ctx: Any, args: list[str]
    ) -> "tuple[str | None, TyperCommand | TyperGroup | None, list[str]]":
        """The command that is given, its room imported; all of them for a name that is unknown."""
        fetch([args[0]] if args[0] in SHELF else SHELF)
        self.commands = everything_fetched().commands
        return super().resolve_command(ctx, args)  # type: ignore[return-value]


def fetch(names: "Iterable[str]") -> None:
    """Import the rooms of these commands; each adds them to the app."""
    for name in names:
        for room in SHELF[name].rooms:
            import_module(f"bot.cli.{room}")


def everything_fetched() -> TyperGroup:
    """The app with the commands whose rooms were imported so far."""
    from bot.cli.base import app

    found = typer.main.get_command(app)
    assert isinstance(found, TyperGroup)  # noqa: S101 - with a callback it is one
    return found


def everything() -> TyperGroup:
    """The app with every command."""
    fetch(SHELF)
    return everything_fetched()
