"""`paperround try`: what a change would do to a profile's last month, before it is made."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.base import (
    PEOPLE,
    Json,
    Who,
    app,
    fail,
    now,
    say,
    say_json,
    the_profile,
    unicode_text,
    with_library,
)

if TYPE_CHECKING:
    from matching.library import Library
    from matching.replay import Replay
    from storage.changes import Delta


@app.command("try", rich_help_panel=PEOPLE)
def suppose(
    name: Who,
    change: Annotated[
        list[str],
        typer.Argument(
            metavar="CHANGE",
            callback=unicode_text,
            help="As in chat: follow WORDS, unfollow ID, mute WORDS, unmute ID, digest about 6, "
            "digest sure 80, digest dial off, digest size 8.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Show what a change would do to a profile's last 30 days; nothing is changed."""
    from bot import deltas, intended, shadows
    from bot.cli.changing import tell

    async def work(library: "Library") -> "tuple[Delta, Replay | None]":
        profile, at = await the_profile(library.db, name), now()
        try:
            delta = await library.db.read(intended.read, profile, " ".join(change))
        except (intended.BadIntent, intended.BadWant, intended.BadDial) as error:
            fail(str(error))
        if not delta:
            return delta, None
        was = await shadows.wish(library, profile, at)
        return delta, await shadows.ahead(library, profile, was, delta, at)

    delta, shadow = with_library(work)
    if as_json:
        say_json(**_facts(shadow))
        return
    if shadow is None:
        say("That is so already: nothing would change.")
        return
    say(f"To {deltas.proposed(delta)}:")
    tell(shadow)
    if not shadow.papers:
        say("There are no papers yet to try it on.")


def _facts(shadow: "Replay | None") -> dict[str, object]:
    if shadow is None:
        return {"changes": False}
    found: dict[str, object] = {
        "changes": True,
        "days": shadow.days,
        "before": shadow.before,
        "after": shadow.after,
        "more": shadow.more,
        "fewer": shadow.fewer,
        "come": [one.paper.title for one in shadow.come],
        "go": [one.paper.title for one in shadow.go],
    }
    if shadow.catches is not None:
        found |= {
            "must_catch": shadow.catches.total,
            "caught": shadow.catches.caught,
            "lost": list(shadow.catches.lost),
        }
    return found
