"""`paperround subscribe`, `unsubscribe` and `digest`: when a profile is written to, and with what.

`digest send` always ends in a sentence or in the digest: sent, queued and until when, or why not.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot import desk, timetable
from bot.cli.base import (
    PEOPLE,
    Json,
    Who,
    app,
    command,
    complain,
    current,
    fail,
    now,
    out,
    say,
    say_json,
    suggest,
    the_profile,
    unicode_text,
    with_db,
    with_library,
)
from bot.cli.changing import Replayed, tell_change
from bot.messages import counted
from storage import deliveries, subscriptions
from storage import dials as stored
from storage.changes import Change
from storage.database import Database
from storage.records import Delivery, DeliveryKind, DeliveryStatus, Profile, Subscription

if TYPE_CHECKING:
    from bot.digests import Composed
    from matching.library import Library

LOOKED_THROUGH = 1_000
"""Newest deliveries among which a digest that was just queued is looked for."""

digest_app = typer.Typer(no_args_is_help=True, help="Digests: look ahead, or send one now.")
app.add_typer(digest_app, name="digest", rich_help_panel=PEOPLE)


@app.command("subscribe", rich_help_panel=PEOPLE)
def subscribe(
    name: Who,
    schedule: Annotated[
        list[str],
        typer.Argument(metavar="SCHEDULE", callback=unicode_text, help=f"As {timetable.EXAMPLES}."),
    ],
    zone: Annotated[
        str | None,
        typer.Option(help="IANA time zone; otherwise the profile's.", show_default=False),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=1, max=desk.MOST_PAPERS, help="Papers at most.", show_default=str(desk.SIZE)
        ),
    ] = None,
    about: Annotated[
        float | None,
        typer.Option(help="About so many papers a day, in place of a size.", show_default=False),
    ] = None,
    sure: Annotated[
        float | None,
        typer.Option(
            help="Only papers that are liked with this likelihood, in percent.",
            show_default=False,
        ),
    ] = None,
    no_dial: Annotated[bool, typer.Option("--no-dial", help="Everything that fits again.")] = False,
    surprise: Annotated[
        bool | None,
        typer.Option(
            help="Whether one labelled paper from outside the usual comes along.",
            show_default="as it is; at first it does",
        ),
    ] = None,
    preview: Replayed = True,
) -> None:
    """Send a profile its digest at these times; called again, it changes them.

    It also starts again what was paused. A dial that was turned stays until it is turned again.
    """
    from bot import dials

    if sum((about is not None, sure is not None, no_dial)) > 1:
        fail("--about, --sure and --no-dial exclude each other: give one of them")
    wish = None
    if about is not None or sure is not None or no_dial:
        try:
            wish = dials.Wish(about=about, sure=None if sure is None else sure / 100)
        except dials.BadDial as error:
            fail(str(error))

    async def work(db: Database) -> tuple[Subscription, Profile, str, Change | None]:
        profile = await the_profile(db, name)
        wanted = timetable.read_schedule(" ".join(schedule), zone or profile.zone)
        made = await desk.subscribe(db, profile, wanted, size or desk.SIZE, now())
        change = None
        if wish is not None:
            _, change = await dials.turn(db, made, wish, now(), resize=size is None)
        if surprise is not None:
            await db.write(stored.set_surprise, made.id, surprise, now())
        made = next(it for it in await db.read(subscriptions.of, profile.id) if it.id == made.id)
        return made, profile, await dials.told(db, made, now()), change

    made, profile, dial, change = with_db(work)
    following = timetable.local(made.due_at, made.schedule.zone)
    say(
        f"{profile.name}: {timetable.describe(made.schedule)}, "
        f"up to {counted(made.size, 'paper')}; next {following}"
    )
    if dial:
        say(f"  {dial}")
    if preview:
        tell_change(name, change)
    suggest("digest", "preview", name, why="shows it ahead; `paperround run` sends it.")


@app.command("unsubscribe", rich_help_panel=PEOPLE)
def unsubscribe(name: Who) -> None:
    """Send a profile no more digests; its interests, votes and alerts stay."""

    async def work(db: Database) -> tuple[str, int]:
        profile = await the_profile(db, name)
        return profile.name, await desk.unsubscribe(db, profile)

    owner, gone = with_db(work)
    if not gone:
        fail(f"{name} has no subscription")
    say(f"{owner} gets no more digests.")


@digest_app.command("preview")
def preview(
    name: Who,
    size: Annotated[
        int | None,
        typer.Option(
            min=1, max=desk.MOST_PAPERS, help="Papers at most.", show_default="as subscribed"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what the profile's next digest would hold now; nothing is sent or marked as read."""
    from dataclasses import replace

    from bot import dials
    from bot.digests import compose
    from bot.platforms.console import drawn

    async def work(library: "Library") -> tuple[list[str], "list[Composed]"]:
        profile = await the_profile(library.db, name)
        mine = await library.db.read(subscriptions.of, profile.id)
        wanted = [replace(one, size=size or one.size) for one in mine]
        if not mine:
            wanted = [await desk.imagined(library.db, profile, size or desk.SIZE, now())]
        lines = [await dials.told(library.db, one, now()) for one in mine]
        return lines, await compose(library, wanted, now())

    lines, found = with_library(work)
    for line in filter(None, [] if as_json else lines):
        say(line)
    for composed in found:
        if as_json:
            say_json(**_facts(composed))
        else:
            out.print(drawn(composed.message, DeliveryKind.DIGEST))
    if not lines and not as_json:
        suggest("subscribe", name, "daily", "08:30", why="sends one every morning.")


def _facts(composed: "Composed") -> dict[str, object]:
    return {
        "profile": composed.profile.name,
        "outcome": composed.outcome,
        "considered": composed.considered,
        "left_out": composed.left_out,
        "cards": [
            {
                "seq": card.seq,
                "title": card.title,
                "url": card.url,
                "facts": card.facts,
                "reason": card.reason,
                "sentence": card.sentence,
                "score": card.score,
            }
            for card in composed.cards
        ],
    }


@digest_app.command("send")
def send(name: Who) -> None:
    """Send the profile's digest now, ahead of its time; its schedule stays as it is.

    Whatever else is due on the console by now is sent too, to the console's transcript. Exit code
    1: nothing could be sent, as where the digest is paused; 3: of several, some could not.
    """

    async def work(library: "Library") -> list[bool]:
        profile = await the_profile(library.db, name)
        mine = await library.db.read(subscriptions.of, profile.id)
        if not mine:
            makes = command("subscribe", name, "daily", "08:30")
            fail(f"{profile.name} has no subscription: {makes} makes one")
        return [await _send(library, profile, one) for one in mine]

    done = with_library(work)
    if not all(done):
        raise typer.Exit(3 if any(done) else 1)


async def _send(library: "Library", profile: Profile, one: Subscription) -> bool:
    """Queue and send one digest, and say what became of it; False where it can't be sent."""
    from bot.digests import send_now
    from bot.dispatcher import Dispatcher
    from bot.platforms.console import ConsolePlatform, drawn
    from bot.service import process_name, utc_now

    composed, moved = await send_now(library, one, now())
    if not moved:
        return await _tell_unmoved(library.db, profile, one)
    if not composed.cards:
        say(f"Nothing sent: {composed.outcome}.", style="yellow")
        return True
    # What others are sent by this way is theirs to read: it goes to the transcript only.
    quiet = ConsolePlatform(Console(quiet=True), current().console_transcript)
    tried = await Dispatcher(library.db, [quiet], utc_now, owner=process_name()).drain()
    newest = await library.db.read(deliveries.newest, None, LOOKED_THROUGH)
    mine = next((it for it in newest if it.key.startswith(f"digest/{one.id}/")), None)
    if mine is None:
        say("Queued: `paperround outbox list` shows how it fares.")
        return True
    if mine.status is DeliveryStatus.SENT:
        out.print(drawn(composed.message, DeliveryKind.DIGEST))
        if tried > 1:
            others = counted(tried - 1, "other message")
            say(f"{others} that waited went out too: see {current().console_transcript}.")
        return True
    if mine.status is DeliveryStatus.DEAD:
        again = command("outbox", "retry", str(mine.id))
        complain(f"not sent: {mine.reason}; once that is mended, {again} tries again")
        return False
    say(_waiting(profile, mine, newest))
    return True


async def _tell_unmoved(db: Database, profile: Profile, was: Subscription) -> bool:
    """Say why a digest was not decided now; whether it goes out all the same."""
    current_ones = await db.read(subscriptions.of, profile.id)
    found = next((one for one in current_ones if one.id == was.id), None)
    if found is not None and found.paused:
        again = command("subscribe", profile.name, "daily", "08:30")
        complain(f"paused: {found.paused}; {again} starts it again")
        return False
    say("Another pass came first: see `paperround outbox list`.", style="yellow")
    return True


def _waiting(profile: Profile, mine: Delivery, newest: Sequence[Delivery]) -> str:
    """Why a delivery was not sent yet, and when it will be."""
    at = timetable.local(mine.due_at, profile.zone)
    if mine.status is DeliveryStatus.LEASED:
        return "Queued: another process is sending it just now."
    if mine.reason:
        return f"Not sent yet: {mine.reason}; `paperround run` tries again from {at}."
    if mine.due_at > now():
        return f"Queued: quiet hours until {at}; `paperround run` sends it then."
    for other in newest:
        # Whoever put a destination on hold waits there itself, with the reason.
        is_before = other.destination == mine.destination and other.due_at > now()
        if is_before and other.status is DeliveryStatus.PENDING and other.reason:
            until = timetable.local(other.due_at, profile.zone)
            return (
                f"Queued: {mine.destination.address} is on hold until {until} "
                f"({other.reason}); `paperround run` sends it then."
            )
    if mine.destination.platform != "console":
        return f"Queued: `paperround run` sends it on {mine.destination.platform}."
    return "Queued behind others: `paperround outbox list --status pending` shows them."
