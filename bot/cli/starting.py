"""`paperround start`: a profile begun with a few words."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot import wants
from bot.cli.base import (
    PEOPLE,
    Json,
    Who,
    app,
    command,
    fail,
    now,
    say,
    say_json,
    the_profile,
    unicode_text,
    with_library,
)
from storage import mutes, votes

if TYPE_CHECKING:
    from matching.library import Library
    from matching.ranking import Match


@app.command("start", rich_help_panel=PEOPLE)
def start(
    name: Who,
    words: Annotated[
        str,
        typer.Argument(
            metavar="WORDS", callback=unicode_text, help="What it reads about, in a few words."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Follow a few words, and list the eight stored papers whose votes tell most about them."""
    try:
        wanted = wants.interest_text(words)
    except wants.BadWant as error:
        fail(f"{error}, as `graph neural networks for molecules`")

    async def work(library: "Library") -> "list[Match]":
        from matching import start as choosing

        profile, at = await the_profile(library.db, name), now()
        try:
            await wants.follow(library.db, profile.id, wanted, at)
        except wants.BadWant as error:
            fail(f"{error}, with {command('interest', 'remove', name, 'ID')}")
        cast = await library.db.read(votes.of, profile.id)
        muted = await library.db.read(mutes.of, profile.id)
        asked = [vote.seq for vote in cast]
        return (await choosing.proposed(library, wanted, at, asked=asked, mutes=muted))[1]

    found = with_library(work)
    if as_json:
        for one in found:
            say_json(seq=one.paper.seq, title=one.paper.title, score=round(one.score, 4))
        return
    say(f"{name} follows ", (wanted, "bold"))
    if not found:
        say("There are no papers yet: `paperround ingest FILE` brings some.")
        return
    say("Like what it would read, and skip the rest:")
    for one in found:
        say((f"  #{one.paper.seq:<6} {one.score:.2f}  ", "dim"), one.paper.title)
    say(f"Next: {command('vote', name, str(found[0].paper.seq), 'like')}", style="dim")
    say(f"Then: {command('digest', 'preview', name)} shows what comes of it.", style="dim")
