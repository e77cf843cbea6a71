"""What keeps alerts in bounds: how many papers a day, what was beyond that, and when one ends."""

from bot import hits, messages, timetable
from bot.commands.ask import Ask, BadInput
from bot.commands.paging import page
from bot.commands.phrases import code, number, plain, sentence, whose
from bot.commands.request import Reply
from bot.hits import BEYOND, LONGEST, MOST
from bot.messages import Button, Message, counted
from bot.timetable import BadTime
from storage import alert_hits, papers, second_chances, standing
from storage.records import Alert, Profile

OFFERED = (10, 20, 50)
"""Papers a day, as buttons."""

ENDS = "`2w`, `until friday`, `until 2026-01-05` or `never`"


async def more(ask: Ask) -> Reply:
    """`alerts more`: the papers of the last days that were counted, and had no card."""
    profile = await ask.known()
    found: dict[int, list[str]] = {}
    if profile is not None:
        beyond = await ask.db.read(alert_hits.counted_since, profile.id, ask.now - BEYOND)
        for seq, query in beyond:
            found.setdefault(seq, []).append(query)
    if not found:
        message = Message(
            heading="Nothing more",
            intro=f"In the last {BEYOND.days} days your alerts found nothing beyond what you were "
            "shown.",
            buttons=(_list_button(ask),),
        )
        return Reply(message=message)
    shown = page(ask, "alerts more", list(found))
    cards = tuple(
        messages.card(paper, reason=f"your alert {', '.join(found[paper.seq])}", sentence="")
        for paper in await ask.db.read(papers.by_seq, shown.items)
    )
    message = Message(
        heading=f"{counted(len(found), 'paper')} beyond the limit of a day",
        cards=cards,
        footer=shown.footer,
        buttons=(*shown.buttons, _list_button(ask)),
    )
    return Reply(message=message)


async def limit(ask: Ask) -> Reply:
    """`alerts limit`, `alerts limit 50`, `alerts limit off`."""
    typed = ask.rest.casefold()
    if not typed:
        return _limit_now(ask, await ask.known())
    chosen = 0 if typed in {"off", "none"} else number(typed)
    if chosen is None or chosen > MOST or (chosen == 0 and typed not in {"off", "none"}):
        raise BadInput(
            f"Say how many papers a day, 1 to {MOST}: {ask.written('alerts limit 50')}, or "
            f"{ask.written('alerts limit off')} for all of them."
        )
    profile = await ask.profile()
    await ask.db.write(standing.limit, profile.id, chosen)
    return _limit_now(ask, await ask.known(), is_changed=True)


def _limit_now(ask: Ask, profile: Profile | None, *, is_changed: bool = False) -> Reply:
    most = hits.limit(profile) if profile else hits.A_DAY
    if most is None:
        heading, said = "No limit", "Alerts tell of every paper that they find."
    else:
        heading = f"{counted(most, 'paper')} a day"
        said = (
            "So many are the most that alerts show in a day, each with a card. Further ones are "
            f"counted; {ask.written('alerts more')} shows them."
        )
    offers = [
        Button(label=f"{one} a day", action=ask.action(f"alerts limit {one}"))
        for one in OFFERED
        if one != most
    ]
    if most is not None:
        offers.append(Button(label="No limit", action=ask.action("alerts limit off")))
    message = Message(heading=heading, intro=said, buttons=(*offers, _list_button(ask)))
    return Reply(message=message, is_profile_changed=is_changed)


async def again(ask: Ask) -> Reply:
    """`alerts second-chances`, `on` or `off`: papers told once more when much is said of them."""
    typed = ask.rest.casefold()
    if typed not in {"", "on", "off"}:
        raise BadInput(f"Say on or off: {ask.written('alerts second-chances off')}.")
    profile = await ask.profile() if typed else await ask.known()
    if profile is not None and typed:
        await ask.db.write(second_chances.want, profile.id, typed == "on")
    is_on = profile is None or await ask.db.read(second_chances.wanted, profile.id)
    other = "off" if is_on else "on"
    message = Message(
        heading=f"Second chances are {'on' if is_on else 'off'}",
        intro="A paper that fits you and that many have commented on since it came is told once "
        "more, one a week at the most."
        if is_on
        else "No paper is told to you a second time.",
        buttons=(
            Button(label=f"Turn {other}", action=ask.action(f"alerts second-chances {other}")),
            _list_button(ask),
        ),
    )
    return Reply(message=message, is_profile_changed=bool(typed))


async def expire(ask: Ask, profile: Profile, alert: Alert) -> Reply:
    """`alerts expire 3 2w`, `alerts expire 3 until friday`, `alerts expire 3 never`."""
    if not ask.rest:
        raise BadInput(
            f"Say when alert #{alert.id} shall end: {ENDS}, as "
            f"{ask.written(f'alerts expire {alert.id} 2w')}."
        )
    if ask.rest.casefold() in {"never", "off"}:
        at = None
        said = f"{code(alert.query)} stays until you remove it."
    else:
        try:
            at = timetable.read_end(ask.rest, profile.zone, ask.now, longest=LONGEST)
        except BadTime as error:
            raise BadInput(f"{sentence(plain(error.said))} Write {ENDS}.") from error
        when = timetable.local(at, profile.zone)
        said = f"{code(alert.query)} ends on {when}; you are told when it does."
    await ask.db.write(standing.expire, profile.id, alert.id, at)
    other = "never" if at else "2w"
    label = "Let it stay" if at else "End it in 2 weeks"
    turn = Button(label=label, action=ask.action(f"alerts expire {alert.id} {other}"))
    heading = f"Alert #{alert.id} {'ends' if at else 'stays'}"
    message = Message(heading=heading, intro=said, buttons=(turn, _list_button(ask)))
    return Reply(message=message, is_profile_changed=True)


def _list_button(ask: Ask) -> Button:
    return Button(label=whose(ask, "alerts"), action=ask.action("alerts"))
