"""Status: what came in, what comes next, and what is broken."""

from datetime import datetime, timedelta

from bot import dials, timetable
from bot.commands.ask import Ask
from bot.commands.phrases import plain, whose
from bot.commands.request import Reply
from bot.messages import Button, Message, Row, counted
from storage import destinations, overview, papers, profiles, subscriptions
from storage.destinations import ENDED, PAUSED_BY_OWNER
from storage.records import Alert, Profile

LOOKED_BACK = timedelta(days=7)
"""How long a message that could not be delivered is told of."""


async def status(ask: Ask) -> Reply:
    """`status`: about everything, and about the profile that the ask is about."""
    profile = await ask.known()
    zone = profile.zone if profile else ask.request.asker.zone or "UTC"
    coming = [*await _papers(ask, zone), *await _next(ask, profile)]
    broken = [*await _stalled(ask, zone), *(await _broken(ask, profile) if profile else [])]
    return Reply(
        message=Message(
            heading="Something needs a look" if broken else "All is well",
            rows=(*broken, *coming),
        )
    )


async def _papers(ask: Ask, zone: str) -> list[Row]:
    stored = await ask.db.read(papers.count)
    last = await ask.db.read(overview.last_dump)
    if last is None:
        return [Row(text="No papers have come in yet", detail="The first ones are waited for.")]
    lines = f"; {counted(last.rejects, 'line')} could not be read" if last.rejects else ""
    return [
        Row(
            text=f"Papers came last on {timetable.local(last.arrived_at, zone)}",
            detail=f"{counted(last.papers, 'paper')}, {last.new:,} of them new{lines}",
        ),
        Row(text=f"{counted(stored, 'paper')} stored"),
    ]


async def _next(ask: Ask, profile: Profile | None) -> list[Row]:
    """What is to come to the profile."""
    mine = await ask.db.read(subscriptions.of, profile.id) if profile else []
    rows = []
    if profile is None or not mine:
        daily = Button(label="Daily at 08:30", action=ask.action("digest daily 08:30"))
        rows.append(Row(text="No digest is set up", buttons=(daily,)))
    if profile is None:
        return rows
    for one in mine:
        if one.paused is None:
            at = timetable.free(max(one.due_at, ask.now), profile)
            text = f"{whose(ask, 'next digest')} comes {timetable.local(at, profile.zone)}"
            dial = await ask.db.read(dials.told_in, one.id, ask.now)
            held = _because(ask.now, profile)
            rows.append(Row(text=text, detail=" · ".join(filter(None, (held, dial)))))
    waiting = await ask.db.read(overview.waiting, profile.id)
    if waiting.next_at is not None:
        first = timetable.local(max(waiting.next_at, ask.now), profile.zone)
        why = f"; last try: {plain(waiting.reason)}" if waiting.reason else ""
        text = f"{counted(waiting.count, 'message')} on the way"
        rows.append(Row(text=text, detail=f"the first goes {first}{why}"))
    return rows


def _because(now: datetime, profile: Profile) -> str:
    if profile.snoozed_until is not None and profile.snoozed_until > now:
        return f"snoozed until {timetable.local(profile.snoozed_until, profile.zone)}"
    return ""


# --- what is broken ------------------------------------------------------------------------


async def _stalled(ask: Ask, zone: str) -> list[Row]:
    since = await ask.db.read(overview.stalled, ask.now)
    if since is None:
        return []
    return [
        Row(
            text=f"Papers stopped coming in half-way, on {timetable.local(since, zone)}",
            detail="Those that came are used; the rest comes when the page is read again.",
        )
    ]


async def _broken(ask: Ask, profile: Profile) -> list[Row]:
    resume = Button(label="Try again", action=ask.action("resume"))
    rows = []
    gone = await ask.db.read(destinations.gone, profile.destination)
    if gone is not None:
        rows.append(Row(text="Messages do not get through", detail=plain(gone), buttons=(resume,)))
    for one in await ask.db.read(subscriptions.of, profile.id):
        if one.paused is not None:
            text = f"{whose(ask, 'digest')} is paused"
            rows.append(Row(text=text, detail=plain(one.paused), buttons=(resume,)))
    rows += _paused(ask, await ask.db.read(profiles.alerts, profile.id))
    lost, why = await ask.db.read(overview.buried, profile.id, ask.now - LOOKED_BACK)
    if lost:
        rows.append(
            Row(
                text=f"{counted(lost, 'message')} could not be delivered this week",
                detail=plain(why or "no reason is on record"),
            )
        )
    return rows


def _paused(ask: Ask, alerts: list[Alert]) -> list[Row]:
    """Alerts that rest for a reason that is not their owner's."""
    resting = [one for one in alerts if one.paused not in (None, PAUSED_BY_OWNER, ENDED)]
    if not resting:
        return []
    return [
        Row(
            text=f"{counted(len(resting), 'alert')} paused",
            detail=plain(resting[0].paused or ""),
            buttons=(Button(label="Look at them", action=ask.action("alerts")),),
        )
    ]
