"""`paperround import`: a library from a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import (
    PEOPLE,
    Bar,
    Json,
    Who,
    app,
    command,
    complain,
    fail,
    now,
    say,
    say_json,
    the_profile,
    with_library,
)
from bot.importing import Imported
from storage.library_files import MAX_BYTES, LibraryFile, NotALibrary, read_library

if TYPE_CHECKING:
    from matching.library import Library
    from matching.replay import Replay


@app.command("import", rich_help_panel=PEOPLE)
def import_library(
    name: Who,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="BibTeX, RIS, CSL JSON as Zotero exports it, or a list."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Train a profile on a library: what is stored is liked, and the rest says what is liked.

    A list holds an arXiv id, an address or a title on each line. Exit code 3: some of it could not
    be read or matched.
    """
    found = _read(file)
    from bot import importing, shadows
    from bot.cli.changing import tell
    from bot.commands.importing import told
    from matching import shelf

    async def work(library: "Library") -> "tuple[Imported, Replay]":
        profile, at = await the_profile(library.db, name), now()
        was = await shadows.wish(library, profile, at)
        made = await importing.take(library.db, profile.id, found, at)
        bar = Bar("Embedding")
        await shelf.embed(library.db, library.encoder, at, bar)
        bar.stop()
        return made, await shadows.cast(library, profile, was, at)

    made, shadow = with_library(work)
    if as_json:
        say_json(**_facts(made))
    else:
        for sentence in told(made):
            say(sentence)
        if made.change is not None:
            tell(shadow)
            say(f"{command('undo', name, str(made.change.id))} takes it back.", style="dim")
    for item in made.unknown:
        complain(f"line {item.line}: no stored paper has the id {item.label}", before="  ")
    for one in made.unread:
        complain(
            f"line {one.line}: {one.reason}" + (f": {one.text}" if one.text else ""), before="  "
        )
    if made.unknown or made.unread or made.no_room:
        raise typer.Exit(3)


def _read(file: Path) -> LibraryFile:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        fail(f"{file} can't be read: {error.strerror}")
    try:
        return read_library(data)
    except NotALibrary as error:
        fail(f"{file}: {error}")


def _facts(made: Imported) -> dict[str, object]:
    return {
        "kind": made.file.kind.value,
        "papers": len(made.file.items),
        "liked": made.liked,
        "said_before": made.said,
        "shelved": made.shelved,
        "known": made.known,
        "no_room": made.no_room,
        "unknown": [{"line": one.line, "id": one.shelved.arxiv_id} for one in made.unknown],
        "unread": [{"line": one.line, "reason": one.reason} for one in made.unread],
        "change": made.change and made.change.id,
    }
