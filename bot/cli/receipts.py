"""`paperround receipts` and `digest rebuild`: what was sent and why, and whether it comes again."""

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot import receipts as told
from bot import timetable
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
    with_db,
    with_library,
)
from bot.cli.digesting import digest_app
from bot.messages import counted
from bot.receipts import Receipt
from storage.database import Database
from storage.records import Profile

if TYPE_CHECKING:
    from bot.rebuild import Rebuilt
    from matching.library import Library

DAYS = 30


@app.command("receipts", rich_help_panel=PEOPLE)
def receipts(
    name: Who,
    since: Annotated[
        int, typer.Option("--since", metavar="DAYS", min=1, max=3650, help="So many days back.")
    ] = DAYS,
    as_json: Json = False,
) -> None:
    """Tell what a profile was sent, when and why, and what was left out and why; newest first.

    Empty digests are told too. Times are in the profile's zone; in JSON they are UTC.
    """

    async def work(db: Database) -> tuple[Profile, list[Receipt]]:
        profile, at = await the_profile(db, name), now()
        return profile, await told.of(db, profile, at - timedelta(days=since), at)

    profile, found = with_db(work)
    if not found and not as_json:
        say(f"Nothing was decided for {profile.name} in the last {counted(since, 'day')}.")
    for one in found:
        if as_json:
            say_json(**asdict(one) | {"at": one.at.isoformat()})
        else:
            _tell(one, profile)


def _tell(one: Receipt, profile: Profile) -> None:
    number = f" {one.digest_id}" if one.digest_id is not None else ""
    at = timetable.local(one.at, profile.zone)
    say((f"{at}  ", "dim"), (f"{one.kind}{number}", "bold"), f"  {one.outcome}; {one.state}")
    for paper in one.papers:
        score = "     " if paper.score is None else f"{paper.score:.2f} "
        say((f"    #{paper.seq:<6} {score}", "dim"), paper.title, (f"  {paper.reason}", "dim"))
    for sentence in one.left_out:
        say(f"    {sentence}", style="dim")


@digest_app.command("rebuild")
def rebuild(
    number: Annotated[
        int, typer.Argument(metavar="ID", min=1, help="Its number, as `receipts` shows it.")
    ],
    as_json: Json = False,
) -> None:
    """Make a digest again from what is on record with it, and compare; nothing is sent.

    Exit code 1: something else came out, or it can't be made again.
    """
    from bot.rebuild import NotRebuildable
    from bot.rebuild import rebuild as made_again

    async def work(library: "Library") -> "Rebuilt":
        try:
            return await made_again(library, number, now())
        except NotRebuildable as error:
            fail(str(error))

    found = with_library(work)
    if as_json:
        say_json(**_facts(found))
    else:
        _compare(found)
    if not found.is_identical:
        raise typer.Exit(1)


def _facts(found: "Rebuilt") -> dict[str, object]:
    return {
        "digest": found.digest_id,
        "identical": found.is_identical,
        "profile_version": found.profile_version,
        "was": [{"seq": line.seq, "score": line.score} for line in found.was],
        "now": [{"seq": line.seq, "score": line.score} for line in found.now],
        "differences": list(found.differences),
        "changes": list(found.changes),
    }


def _compare(found: "Rebuilt") -> None:
    if found.is_identical:
        held = counted(len(found.was), "paper") if found.was else "no paper, as then"
        say(f"Digest {found.digest_id}: identical, {held}.")
        return
    say(f"Digest {found.digest_id} comes out differently:")
    for one in found.differences:
        say(f"  {one}")
    causes = found.changes or ("nothing that is on record has changed",)
    say("Since then: " + "; ".join(causes) + ".", wrap=True)
