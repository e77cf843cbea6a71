"""`paperround missed`: papers that a profile must catch."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

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
    the_profile,
    unicode_text,
    with_db,
    with_library,
)
from bot.messages import counted
from storage import missed, papers
from storage.changes import Delta
from storage.database import Database
from storage.library_files.items import addressed, bare

if TYPE_CHECKING:
    from bot.edits import Proposal
    from bot.missing import Tested
    from matching.catching import Verdict
    from matching.library import Library

missed_app = typer.Typer(no_args_is_help=True, help="Papers that a profile must catch.")
app.add_typer(missed_app, name="missed", rich_help_panel=PEOPLE)


@missed_app.command("add")
def add(
    name: Who,
    paper: Annotated[
        str,
        typer.Argument(
            metavar="PAPER", callback=unicode_text, help="Its title, address, arXiv id or number."
        ),
    ],
) -> None:
    """Record a paper that a profile should have been sent, and say what would catch it."""
    from bot import deltas, edits, shadows
    from bot.cli.changing import tell
    from bot.why import why
    from matching import catching

    async def work(library: "Library") -> "tuple[Verdict | None, str, list[tuple[Proposal, str]]]":
        profile, at = await the_profile(library.db, name), now()
        arxiv_id = bare(paper) or addressed(paper)
        found = await library.db.read(papers.find, arxiv_id or paper)
        if len(found) > 1:
            fail("several papers fit; give the number of one, or its whole title")
        stored = found[0] if found else None
        title = stored.title if stored else "" if arxiv_id else " ".join(paper.split())
        if stored is None and arxiv_id is None and len(title.split()) < 2:
            fail(f"no paper goes by {paper!r}: give its title, or an arXiv id or address")
        one, _ = await library.db.write(
            missed.add,
            profile.id,
            seq=stored.seq if stored else None,
            title=title,
            arxiv_id=arxiv_id or (stored.arxiv_id if stored else None),
            now=at,
        )
        wish = await shadows.wish(library, profile, at)
        verdicts = await catching.tried(library, wish, [one], at)
        if not verdicts or verdicts[0].caught:
            if verdicts:
                await library.db.write(missed.tried, {one.id: True})
            return (verdicts[0] if verdicts else None), "", []
        await library.db.write(missed.tried, {one.id: False})
        told = await why(library, profile, stored, at) if stored else None
        said = []
        for each in await edits.proposed(library, profile, wish, one, told, title, at):
            liked = await library.db.read(papers.by_seq, each.delta.taught)
            said.append((each, deltas.proposed(each.delta, [paper.title for paper in liked])))
        return verdicts[0], told.trace.text if told else "No dump has brought it.", said

    verdict, because, found = with_library(work)
    if verdict is None:
        say("Recorded. No dump has brought it; once one does, it is tried.")
        return
    if verdict.caught:
        say(f"Recorded. As things stand it is caught, at {verdict.score:.2f}: {verdict.title}")
        return
    say(f"Recorded. It is missed, at {verdict.score:.2f}: {verdict.title}")
    say(because)
    if not found:
        say("No single change that was tried would catch it.")
        return
    for place, (proposal, said) in enumerate(found):
        say(f"{'Or' if place else 'The smallest change that catches it:'} {said}.")
        tell(replace(proposal.shadow, come=(), go=()) if place else proposal.shadow)
        for how in _commands(name, proposal.delta):
            say(f"  {how}", style="dim")


def _commands(name: str, delta: Delta) -> list[str]:
    """How the shell makes a change."""
    made = [command("interest", "add", name, text) for text in delta.followed]
    made += [command("vote", name, str(seq), "like") for seq in delta.taught]
    if delta.dial is not None and delta.dial[1].about is not None:
        made.append(f"`subscribe` with `--about {delta.dial[1].about:g}`")
    elif delta.dial is not None and delta.dial[1].sure is not None:
        made.append(f"`subscribe` with `--sure {delta.dial[1].sure * 100:g}`")
    elif delta.size is not None:
        made.append(f"`subscribe` with `--size {delta.size[1]}`")
    if delta.unfollowed:
        made.append(f"and {command('interest', 'remove', name, 'ID')} for the one it replaces")
    if delta.unmuted:
        made.append(f"{command('mute', 'remove', name, 'ID')}, by {command('mute', 'list', name)}")
    return made


@missed_app.command("check")
def check(name: Who, as_json: Json = False) -> None:
    """Try every paper that must be caught against the profile as it stands.

    Exit code 1: one of them is not caught.
    """
    from bot import missing

    async def work(library: "Library") -> "tuple[str, Tested, list[Verdict]]":
        profile = await the_profile(library.db, name)
        return profile.name, *await missing.tested(library, profile, now())

    owner, outcome, verdicts = with_library(work)
    for one in verdicts:
        if as_json:
            say_json(
                id=one.missed.id, title=one.title, caught=one.caught, score=round(one.score, 4)
            )
        elif not one.caught:
            say((f"{one.missed.id:>4}  ", "dim"), ("missed ", "yellow"), one.title)
    if not as_json:
        still = " still" if outcome.is_as_before and outcome.caught else ""
        papers_said = counted(outcome.total, "must-catch paper")
        say(f"{owner}: {outcome.caught} of {papers_said}{still} caught.")
        if outcome.unknown:
            say(f"Of {counted(outcome.unknown, 'more')} nothing but an id is known.")
    if outcome.caught < outcome.total:
        raise typer.Exit(1)


@missed_app.command("remove")
def remove(
    name: Who,
    number: Annotated[
        int, typer.Argument(metavar="ID", min=1, max=GREATEST_ID, help="As `missed check` says.")
    ],
) -> None:
    """Keep a missed paper no longer."""

    async def work(db: Database) -> bool:
        profile = await the_profile(db, name)
        return await db.write(missed.remove, profile.id, number)

    if not with_db(work):
        fail(f"{name} has no missed paper {number}: see {command('missed', 'check', name)}")
    say(f"Paper {number} is tried no longer.")
