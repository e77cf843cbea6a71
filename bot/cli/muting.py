"""`paperround mute`: what a profile wants to hear nothing of, in digests and alerts alike."""

from typing import Annotated

import typer

from bot import wants
from bot.cli.base import (
    GREATEST_ID,
    PEOPLE,
    Json,
    Who,
    app,
    command,
    fail,
    now,
    say,
    say_json,
    the_paper,
    the_profile,
    unicode_text,
    with_db,
)
from bot.cli.changing import Replayed, tell_change
from bot.wants import BadWant
from storage import mutes
from storage.changes import Change
from storage.database import Database
from storage.mutes import Mute, MuteKind

mute_app = typer.Typer(no_args_is_help=True, help="What a profile wants to hear nothing of.")
app.add_typer(mute_app, name="mute", rich_help_panel=PEOPLE)

_SAID = {
    MuteKind.WORD: "with",
    MuteKind.ORGANISATION: "from",
    MuteKind.AUTHOR: "by",
    MuteKind.PAPER: "such as number",
}


@mute_app.command("add")
def add(
    name: Who,
    kind: Annotated[
        MuteKind, typer.Argument(metavar="KIND", help="word, organisation, author or paper.")
    ],
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS",
            callback=unicode_text,
            help="The word or phrase, the name, or which paper: its number, arXiv id or title.",
        ),
    ],
    preview: Replayed = True,
) -> None:
    """Keep papers away: with a word, of an organisation, by an author, or one paper."""
    typed = " ".join(words)

    async def work(db: Database) -> tuple[str, Mute, Change | None]:
        profile = await the_profile(db, name)
        meant = str((await the_paper(db, typed)).seq) if kind is MuteKind.PAPER else typed
        try:
            text = wants.mute_text(kind, meant)
            made, change = await wants.mute(db, profile.id, kind, text, now())
        except BadWant as error:
            fail(str(error))
        return profile.name, made, change

    owner, made, change = with_db(work)
    already = "" if change else " already"
    say(f"Papers {_SAID[made.kind]} {made.value} come no more to {owner}{already}.")
    if preview:
        tell_change(name, change)


@mute_app.command("list")
def list_mutes(name: Who, as_json: Json = False) -> None:
    """A profile's mutes, with the numbers that `mute remove` takes."""

    async def work(db: Database) -> tuple[str, list[Mute]]:
        profile = await the_profile(db, name)
        return profile.name, await db.read(mutes.of, profile.id)

    owner, found = with_db(work)
    for one in found:
        if as_json:
            say_json(id=one.id, kind=one.kind, value=one.value)
        else:
            say((f"{one.id:>4}  ", "dim"), f"{one.kind}: {one.value}")
    if not found and not as_json:
        say(f"{owner} mutes nothing: {command('mute', 'add', name, 'author', 'NAME')} does.")


@mute_app.command("remove")
def remove(
    name: Who,
    mute: Annotated[
        int,
        typer.Argument(metavar="ID", min=1, max=GREATEST_ID, help="Its number, from `mute list`."),
    ],
    preview: Replayed = True,
) -> None:
    """Let papers come again that a mute kept away."""

    async def work(db: Database) -> tuple[str, Change | None]:
        profile = await the_profile(db, name)
        return profile.name, await wants.unmute(db, profile.id, mute, now())

    owner, change = with_db(work)
    if change is None:
        fail(f"{name} has no mute {mute}: see {command('mute', 'list', name)}")
    say(f"What mute {mute} kept away may come to {owner} again.")
    if preview:
        tell_change(name, change)
