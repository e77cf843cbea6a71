"""`paperround alert pause`, `expire`, `limit` …: what keeps a profile's alerts in bounds."""

from typing import Annotated

import typer

from bot import desk, hits, timetable
from bot.cli.alerting import AS_TYPED, AlertId, QueryText, alert_app, parsed, tell, tried
from bot.cli.base import (
    Json,
    Who,
    command,
    fail,
    now,
    say,
    say_json,
    the_profile,
    unicode_text,
    with_db,
)
from bot.hits import BEYOND, LONGEST, MOST
from bot.messages import counted
from bot.timetable import BadTime
from storage import alert_hits, papers, profiles, second_chances, standing
from storage.database import Database
from storage.destinations import PAUSED_BY_OWNER
from storage.records import Alert, Paper, Profile


async def _alert(db: Database, name: str, alert: int) -> tuple[Profile, Alert]:
    """The profile and its alert of this number, or the end of the command."""
    profile = await the_profile(db, name)
    mine = await db.read(profiles.alerts, profile.id)
    found = next((one for one in mine if one.id == alert), None)
    if found is None:
        fail(f"{name} has no alert {alert}: see {command('alert', 'list', name)}")
    return profile, found


@alert_app.command("pause")
def pause(name: Who, alert: AlertId) -> None:
    """Let an alert tell nothing until `alert resume`; what comes meanwhile is not told later."""

    async def work(db: Database) -> Alert:
        profile, found = await _alert(db, name, alert)
        await db.write(profiles.pause_alert, profile.id, alert, PAUSED_BY_OWNER)
        return found

    say(f"Alert {alert} is paused: {with_db(work).query}")


@alert_app.command("resume")
def resume(name: Who, alert: AlertId) -> None:
    """Let an alert go on with the papers that come from now on."""

    async def work(db: Database) -> Alert:
        profile, found = await _alert(db, name, alert)
        await desk.resume_alert(db, profile, alert)
        return found

    say(f"Alert {alert} is on: {with_db(work).query}")


@alert_app.command("edit", context_settings=AS_TYPED)
def edit(name: Who, alert: AlertId, query: QueryText) -> None:
    """Put another query in the place of an alert's, and show what it would have found."""
    read = parsed(query)
    trial = tried(read, name, but=alert)

    async def work(db: Database) -> Alert:
        profile, found = await _alert(db, name, alert)
        made = await desk.change_alert(db, profile, found.id, read, now())
        if made is None:
            fail(f"alert {alert} was removed meanwhile: see {command('alert', 'list', name)}")
        return made

    made = with_db(work)
    say(f"Alert {made.id} tells of ", (read.explain(), "bold"))
    tell(trial)


@alert_app.command("expire")
def expire(
    name: Who,
    alert: AlertId,
    when: Annotated[
        list[str],
        typer.Argument(
            metavar="WHEN",
            callback=unicode_text,
            help="`2w`, `until friday`, `until 2027-01-05`, or `never`.",
        ),
    ],
) -> None:
    """Let an alert end by itself, which its owner is told, or stay."""
    typed = " ".join(when)

    async def work(db: Database) -> str:
        profile, _ = await _alert(db, name, alert)
        at = None
        if typed.casefold() not in {"never", "off"}:
            try:
                at = timetable.read_end(typed, profile.zone, now(), longest=LONGEST)
            except BadTime as error:
                fail(f"{error}, or `never`")
        await db.write(standing.expire, profile.id, alert, at)
        return f"ends on {timetable.local(at, profile.zone)}" if at else "stays until it is removed"

    say(f"Alert {alert} {with_db(work)}.")


@alert_app.command("limit")
def limit(
    name: Who,
    number: Annotated[
        str | None,
        typer.Argument(
            metavar="PAPERS",
            callback=unicode_text,
            help=f"1 to {MOST}, or `off` for all of them; without it the limit is told.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """How many papers a day a profile's alerts show; further ones are counted (`alert more`)."""
    is_off = (number or "").casefold() in {"off", "none"}
    is_number = number is not None and number.isascii() and number.isdecimal()
    if number is not None and not is_off and not (is_number and 1 <= int(number[:9]) <= MOST):
        fail(f"{number!r} is no limit: give 1 to {MOST} papers a day, or `off`")

    async def work(db: Database) -> Profile:
        profile = await the_profile(db, name)
        if number is not None:
            await db.write(standing.limit, profile.id, 0 if is_off else int(number))
        return await the_profile(db, name)

    profile = with_db(work)
    most = hits.limit(profile)
    if most is None:
        say(f"The alerts of {profile.name} tell of every paper that they find.")
    else:
        say(f"The alerts of {profile.name} show at most {counted(most, 'paper')} a day.")


@alert_app.command("more")
def more(name: Who, as_json: Json = False) -> None:
    """The papers of the last days that were beyond the limit, and only counted."""

    async def work(db: Database) -> tuple[Profile, dict[int, list[str]], list[Paper]]:
        profile = await the_profile(db, name)
        found: dict[int, list[str]] = {}
        for seq, query in await db.read(alert_hits.counted_since, profile.id, now() - BEYOND):
            found.setdefault(seq, []).append(query)
        return profile, found, await db.read(papers.by_seq, list(found))

    profile, found, beyond = with_db(work)
    for paper in beyond:
        if as_json:
            say_json(seq=paper.seq, title=paper.title, alerts=found[paper.seq])
        else:
            say((f"{paper.seq:>6}  ", "dim"), paper.title)
            say(f"        {', '.join(found[paper.seq])}", style="dim", wrap=True)
    if not beyond and not as_json:
        say(
            f"In the last {BEYOND.days} days the alerts of {profile.name} found nothing beyond "
            "what was shown."
        )


@alert_app.command("second-chances")
def again(
    name: Who,
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="ON|OFF",
            callback=unicode_text,
            help="Without it, how it is now.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Whether a paper that many have commented on since it came is told once more."""
    if wanted is not None and wanted.casefold() not in {"on", "off"}:
        fail(f"{wanted!r} is neither `on` nor `off`")

    async def work(db: Database) -> tuple[Profile, bool]:
        profile = await the_profile(db, name)
        if wanted is not None:
            await db.write(second_chances.want, profile.id, wanted.casefold() == "on")
        return profile, await db.read(second_chances.wanted, profile.id)

    profile, is_on = with_db(work)
    say(f"Second chances are {'on' if is_on else 'off'} for {profile.name}.")
