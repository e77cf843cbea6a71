"""Digests, votes and search on the command line: what a reader does with papers."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from bot import desk, timetable
from bot.cli.base import (
    Json,
    Limit,
    Who,
    app,
    current,
    fail,
    now,
    out,
    say_json,
    the_paper,
    the_profile,
    with_db,
    with_library,
)
from bot.cli.ingesting import paper_facts
from bot.messages import counted, facts
from storage import profiles, subscriptions
from storage.database import Database
from storage.records import Profile, Subscription, VoteKind

if TYPE_CHECKING:
    from matching.search import Hit

digest_app = typer.Typer(no_args_is_help=True, help="Digests: look ahead, or send one now.")
app.add_typer(digest_app, name="digest")

PaperName = Annotated[str, typer.Argument(metavar="PAPER", help="Its number, arXiv id, or title.")]


@app.command("subscribe")
def subscribe(
    name: Who,
    schedule: Annotated[
        list[str], typer.Argument(metavar="SCHEDULE", help=f"As {timetable.EXAMPLES}.")
    ],
    zone: Annotated[str | None, typer.Option(help="IANA zone; otherwise the profile's.")] = None,
    size: Annotated[int, typer.Option(min=1, max=50, help="Papers at most.")] = desk.SIZE,
) -> None:
    """Send a profile its digest at these times; a second call changes them."""

    async def work(db: Database) -> tuple[Subscription, Profile]:
        profile = await the_profile(db, name)
        wanted = timetable.read_schedule(" ".join(schedule), zone or profile.zone)
        return await desk.subscribe(db, profile, wanted, size, now()), profile

    made, profile = with_db(work)
    out.print(
        Text(
            f"{profile.name}: {timetable.describe(made.schedule)}, "
            f"up to {counted(made.size, 'paper')}; next {_local(made)}"
        )
    )


@app.command("unsubscribe")
def unsubscribe(name: Who) -> None:
    """Send a profile no more digests."""

    async def work(db: Database) -> int:
        profile = await the_profile(db, name)
        mine = await db.read(subscriptions.of, profile.id)
        return sum([await db.write(subscriptions.remove, profile.id, one.id) for one in mine])

    if not with_db(work):
        fail(f"{name} has no subscription")
    out.print(Text(f"{name} gets no more digests."))


@app.command("vote")
def vote(
    name: Who,
    paper: PaperName,
    kind: Annotated[VoteKind, typer.Argument(metavar="like|dislike|save")],
    undo: Annotated[bool, typer.Option("--undo", help="Take the vote back.")] = False,
) -> None:
    """Say what a profile thinks of a paper; its next digests follow."""

    async def work(db: Database) -> str:
        profile, found = await the_profile(db, name), await the_paper(db, paper)
        if undo:
            await db.write(profiles.unvote, profile.id, found.seq, kind)
        else:
            await db.write(profiles.vote, profile.id, found.seq, kind, now())
        return found.title

    title = with_db(work)
    out.print(Text(f"{name}: {kind}{' taken back' if undo else ''}: {title}"))


@digest_app.command("preview")
def preview(name: Who, size: Annotated[int, typer.Option(min=1, max=50)] = desk.SIZE) -> None:
    """What the profile's next digest would hold now; nothing is sent or moved."""
    from bot.digests import Composed, compose
    from bot.platforms.console import drawn
    from matching.library import Library
    from storage.records import DeliveryKind

    async def work(library: Library) -> list[Composed]:
        profile = await the_profile(library.db, name)
        mine = await library.db.read(subscriptions.of, profile.id)
        if not mine:
            mine = [await desk.imagined(library.db, profile, size, now())]
        return await compose(library, mine, now())

    for composed in with_library(work):
        out.print(drawn(composed.message, DeliveryKind.DIGEST))


@digest_app.command("send")
def send(name: Who) -> None:
    """Send the profile's digest now, ahead of its schedule."""
    from bot.digests import Composed, send_now
    from bot.dispatcher import Dispatcher
    from bot.platforms.console import ConsolePlatform
    from bot.service import process_name, utc_now
    from matching.library import Library

    async def work(library: Library) -> list[Composed]:
        profile = await the_profile(library.db, name)
        mine = await library.db.read(subscriptions.of, profile.id)
        if not mine:
            fail(f"{name} has no subscription: `paperround subscribe {name} daily 08:30` makes one")
        sent = [await send_now(library, one, now()) for one in mine]
        console = ConsolePlatform(out, current().console_transcript)
        await Dispatcher(library.db, [console], utc_now, owner=process_name()).drain()
        return sent

    for composed in with_library(work):
        if not composed.cards:
            out.print(Text(f"Nothing sent: {composed.outcome}.", "yellow"))


@app.command("search")
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS")],
    limit: Limit = 10,
    only_words: Annotated[
        bool, typer.Option("--words", help="By words alone, without loading the model.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find stored papers by their words and their meaning."""
    from matching.library import Library
    from matching.search import by_words, by_words_and_meaning

    text = " ".join(words)

    async def on_db(db: Database) -> "list[Hit]":
        return await by_words(db, text, limit)

    async def on_library(library: Library) -> "list[Hit]":
        return await by_words_and_meaning(library, text, limit, now())

    found = with_db(on_db) if only_words else with_library(on_library)
    _tell(found, as_json)


@app.command("similar")
def similar(paper: PaperName, limit: Limit = 10, as_json: Json = False) -> None:
    """Papers like a paper."""
    from matching.library import Library
    from matching.search import similar as similar_to

    async def work(library: Library) -> "list[Hit]":
        return await similar_to(library, await the_paper(library.db, paper), limit, now())

    _tell(with_library(work), as_json)


@app.command("why")
def why(name: Who, paper: PaperName) -> None:
    """Why a paper was, or was not, sent to a profile, and what would change that."""
    from bot.why import Why
    from bot.why import why as follow
    from matching.library import Library

    async def work(library: Library) -> tuple[Profile, Why]:
        profile = await the_profile(library.db, name)
        found = await the_paper(library.db, paper)
        return profile, await follow(library, profile, found, now())

    profile, told = with_library(work)
    out.print(Text.assemble((told.paper.title, "bold"), (f"  #{told.paper.seq}", "dim")))
    for at, kind in told.sent:
        out.print(Text(f"Sent to {profile.name} as {_article(kind)} on {at:%d %b %Y, %H:%M} UTC."))
    if not told.sent:
        out.print(Text(f"Not sent to {profile.name} so far."))
    for hit in told.alerts:
        out.print(Text(f"Hit by the alert {hit}."))
    out.print(Text(told.trace.text))


def _tell(found: "list[Hit]", as_json: bool) -> None:
    if not found and not as_json:
        out.print("Nothing found.")
    for hit in found:
        if as_json:
            say_json(score=round(hit.score, 6), **paper_facts(hit.paper))
        else:
            out.print(
                Text.assemble(
                    (f"#{hit.paper.seq:<6}", "dim"),
                    hit.paper.title,
                    (f"  {facts(hit.paper)}", "dim"),
                ),
                soft_wrap=True,
            )


def _article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("a") else f"a {kind}"


def _local(subscription: Subscription) -> str:
    from zoneinfo import ZoneInfo

    return f"{subscription.due_at.astimezone(ZoneInfo(subscription.schedule.zone)):%a %d %b %H:%M}"
