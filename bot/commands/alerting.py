"""Keyword alerts: tried on what is stored before they are saved, listed, paused, removed."""

from dataclasses import replace

from bot import desk, hits, timetable
from bot.commands import alert_limits, drafts, trying
from bot.commands.ask import Ask, BadInput
from bot.commands.paging import page
from bot.commands.phrases import code, cut, number, plain, sentence, where, whose
from bot.commands.request import Reply
from bot.commands.verbs import Handler, Verb
from bot.messages import Button, Message, Row, Style, counted
from matching.alerts import BadQuery, parse
from storage import alert_hits, destinations, profiles
from storage.destinations import ENDED, PAUSED_BY_OWNER
from storage.records import Alert, Profile

EXPLAINED = 300
"""Characters of a query's explanation in the list."""


async def _save(ask: Ask) -> Reply:
    """`alert-save 17`: the query of a draft becomes an alert."""
    query = await trying.read(ask, await drafts.kept(ask, ask.rest))
    profile = await ask.profile()
    try:
        made = await desk.add_alert(ask.db, profile, query, ask.now)
    except desk.TooMany as error:
        raise BadInput(sentence(str(error)), _list_button(ask)) from error
    undo = Button(label="Undo", action=ask.action(f"alerts remove {made.id}"))
    soon = Button(label="Only for 2 weeks", action=ask.action(f"alerts expire {made.id} 2w"))
    message = Message(
        heading=f"Alert #{made.id} is saved",
        intro=f"{trying.understood(query)}\n{_when(ask, profile)}",
        buttons=(_list_button(ask), soon, undo),
    )
    return Reply(message=message, is_profile_changed=True)


def _when(ask: Ask, profile: Profile) -> str:
    """Where its hits go, and how soon."""
    said = f"New hits come {where(ask)}, seconds after the papers arrive"
    free = timetable.free(ask.now, profile)
    if profile.snoozed_until is not None and profile.snoozed_until > ask.now:
        return f"{said}; first on {timetable.local(free, profile.zone)}, when your snooze ends."
    if profile.quiet is not None:
        start, end = profile.quiet.start, profile.quiet.end
        return f"{said}; those of the quiet hours ({start:%H:%M}-{end:%H:%M}) when they end."
    return f"{said}."


async def _alerts(ask: Ask) -> Reply:
    """`alerts`, and `alerts pause 3`, `resume 3`, `edit 3`, `expire 3 2w`, `remove 3`, `more`."""
    change, _, named = ask.rest.partition(" ")
    change = change.casefold()
    if not change or change == "page":
        return await _listed(ask)
    if change in OF_ALL:
        return await OF_ALL[change](replace(ask, rest=named.strip()))
    do = OF_ONE.get(change)
    if do is None:
        raise BadInput(
            f"I can pause, resume, edit, expire and remove alerts: "
            f"{ask.written('alerts pause 3')}. "
            f"A new one begins with {ask.written(trying.EXAMPLE)}.",
            _list_button(ask),
        )
    first, _, typed = named.strip().partition(" ")
    profile = await ask.known()
    mine = await ask.db.read(profiles.alerts, profile.id) if profile else []
    meant = next((one for one in mine if one.id == number(first)), None)
    if profile is None or meant is None:
        example = ask.written(f"alerts {change} {mine[0].id}") if mine else ask.written("alerts")
        which = f"no alert {code(first, 30)}" if first else "not which alert"
        raise BadInput(
            f"I know {which}: give the number of one from the list, as {example}.",
            _list_button(ask),
        )
    return await do(replace(ask, rest=typed.strip()), profile, meant)


async def _pause(ask: Ask, profile: Profile, alert: Alert) -> Reply:
    await ask.db.write(profiles.pause_alert, profile.id, alert.id, PAUSED_BY_OWNER)
    resume = Button(label="Resume", action=ask.action(f"alerts resume {alert.id}"))
    return _done(
        ask,
        f"Alert #{alert.id} is paused",
        f"{code(alert.query)} tells nothing until you resume it; what comes meanwhile is not told "
        "afterwards.",
        resume,
    )


async def _resume(ask: Ask, profile: Profile, alert: Alert) -> Reply:
    await desk.resume_alert(ask.db, profile, alert.id)
    pause = Button(label="Pause", action=ask.action(f"alerts pause {alert.id}"))
    said = f"{code(alert.query)} tells of the papers that come from now on, {where(ask)}."
    return _done(ask, f"Alert #{alert.id} is on", said, pause)


async def _remove(ask: Ask, profile: Profile, alert: Alert) -> Reply:
    await ask.db.write(profiles.remove_alert, profile.id, alert.id)
    kept = await drafts.keep(ask, [alert.query])
    undo = Button(label="Undo", action=ask.action(f"alert-save {kept}"))
    return _done(ask, f"Alert #{alert.id} is removed", f"{code(alert.query)} tells no more.", undo)


async def _edit(ask: Ask, profile: Profile, alert: Alert) -> Reply:
    """A form; a query, typed or sent by it, takes the alert's place."""
    fields = ask.request.fields
    if fields is None and not ask.rest:
        return Reply(form=trying.form(ask.action(f"alerts edit {alert.id}"), alert.query, "Save"))
    query = await trying.read(ask, ask.rest if fields is None else fields.get("query", ""))
    found = await trying.tried(ask, query, profile.id, but=alert.id)
    made = await desk.change_alert(ask.db, profile, alert.id, query, ask.now)
    if made is None:
        raise BadInput("That alert was removed meanwhile.", _list_button(ask))
    edit = Button(label="Edit again", action=ask.action(f"alerts edit {made.id}"))
    message = Message(
        heading=f"Alert #{made.id} is changed",
        intro="\n".join([trying.understood(query), *trying.findings(ask, found)]),
        cards=trying.cards(found.run),
        buttons=(_list_button(ask), edit),
    )
    return Reply(message=message, is_profile_changed=True)


OF_ALL: dict[str, Handler] = {
    "more": alert_limits.more,
    "limit": alert_limits.limit,
    "second-chances": alert_limits.again,
}
"""What is asked of all alerts together."""

OF_ONE = {
    "pause": _pause,
    "resume": _resume,
    "edit": _edit,
    "remove": _remove,
    "expire": alert_limits.expire,
    "expires": alert_limits.expire,
    "until": alert_limits.expire,
}
"""What is done with one alert, by its number."""


def _done(ask: Ask, heading: str, said: str, button: Button) -> Reply:
    message = Message(heading=heading, intro=said, buttons=(button, _list_button(ask)))
    return Reply(message=message, is_profile_changed=True)


async def _listed(ask: Ask) -> Reply:
    profile = await ask.known()
    mine = await ask.db.read(profiles.alerts, profile.id) if profile else []
    add = Button(label="New alert", action=ask.action("alert"), style=Style.PRIMARY)
    if profile is None or not mine:
        message = Message(
            heading="No alerts yet",
            intro="An alert tells of papers with certain words, seconds after they arrive: "
            f"{ask.written(trying.EXAMPLE)}.",
            buttons=(add,),
        )
        return Reply(message=message)
    shown = page(ask, "alerts", mine)
    found = await ask.db.read(alert_hits.counts, profile.id)
    gone = {one.id: await ask.db.read(destinations.gone, one.destination) for one in shown.items}
    message = Message(
        heading=whose(ask, counted(len(mine), "alert")),
        rows=tuple(
            _row(ask, one, found.get(one.id, 0), gone[one.id], profile.zone) for one in shown.items
        ),
        footer=f"{shown.footer} {_most(ask, profile)}".strip(),
        buttons=(add, *shown.buttons),
    )
    return Reply(message=message)


def _row(ask: Ask, alert: Alert, found: int, gone: str | None, zone: str) -> Row:
    why = alert.paused or gone
    if why is None:
        until = alert.expires_at
        state = f"on until {timetable.local(until, zone)}" if until else "on"
        turn = Button(label="Pause", action=ask.action(f"alerts pause {alert.id}"))
    else:
        own = {PAUSED_BY_OWNER: why, ENDED: "ended"}
        state = own.get(why, f"paused: {plain(why)}")
        turn = Button(label="Resume", action=ask.action(f"alerts resume {alert.id}"))
    remove = Button(
        label="Remove",
        action=ask.action(f"alerts remove {alert.id}"),
        style=Style.DANGER,
        confirm=f"Remove the alert {code(alert.query, 80)}?",
    )
    edit = Button(label="Edit", action=ask.action(f"alerts edit {alert.id}"))
    return Row(
        text=code(alert.query),
        detail=f"#{alert.id} · {state} · {counted(found, 'hit')} so far · {_explained(alert)}",
        buttons=(turn, edit, remove),
    )


def _most(ask: Ask, profile: Profile) -> str:
    most = hits.limit(profile)
    if most is None:
        return ""
    return f"At most {counted(most, 'paper')} a day: {ask.written('alerts limit')} changes that."


def _explained(alert: Alert) -> str:
    try:
        return cut(parse(alert.query).explain(), EXPLAINED)
    except BadQuery:  # the language has changed under it
        return "no longer readable: edit it"


def _list_button(ask: Ask) -> Button:
    return Button(label=whose(ask, "alerts"), action=ask.action("alerts"))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="alert",
        takes="<query>",
        does="Be told at once of papers with certain words",
        examples=(trying.EXAMPLE, "alert title:agents comments>10"),
        more='Words, "a phrase", AND, OR, -without, (groups), begin*, NEAR(one two, 5), title: '
        "abstract: org:, comments>10, date>2025-06. You see what it would have found before "
        "it is saved. Without a query it opens a form.",
        handler=trying.alert,
        in_channel=True,
    ),
    Verb(
        name="alerts",
        takes="[pause | resume | edit | expire | remove <number>] | more | limit | second-chances",
        does="List your alerts; pause, edit, end or remove one",
        examples=("alerts", "alerts pause 3", "alerts expire 3 2w", "alerts limit 50"),
        more="A day shows at most so many papers (`limit`); `more` shows those beyond. "
        "`second-chances off` keeps papers from being told once more.",
        handler=_alerts,
        in_channel=True,
    ),
    Verb(
        name="alert-try",
        takes="<draft>",
        does="Try another query",
        handler=trying.again,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="alert-edit",
        takes="<draft>",
        does="Edit a query before it is saved",
        handler=trying.edit,
        in_channel=True,
        is_hidden=True,
    ),
    Verb(
        name="alert-save",
        takes="<draft>",
        does="Save an alert",
        handler=_save,
        in_channel=True,
        is_hidden=True,
    ),
)
