"""Why a paper was, or was not, sent: to the person who asks, or to the channel it stood in."""

from dataclasses import replace

from bot import timetable
from bot.commands import drafts
from bot.commands.ask import Ask, BadInput
from bot.commands.phrases import LABEL, cut, plain, quoted, whose
from bot.commands.pressed import is_ref, pressed
from bot.commands.request import Reply
from bot.composing import REACH
from bot.desk import MOST_PAPERS
from bot.messages import Button, Message, Row, Style, card, counted
from bot.why import StillComing, Why
from bot.why import why as follow
from matching.ranking import Because
from matching.reasons import explain
from storage import papers, subscriptions, votes
from storage.mutes import MuteKind
from storage.overview import Telling
from storage.records import DeliveryKind, DeliveryStatus, Paper, Profile, Subscription

LIKES_TOLD = 2


async def why(ask: Ask) -> Reply:
    """`why PAPER [REF]`; under what a channel was sent it is about the channel's profile."""
    named, ref = _read(ask)
    place = await ask.db.read(pressed, ask.request, ref) if ref else None
    if place is not None and place.channel is not None:
        ask = replace(ask, for_channel=True)
    paper = await ask.paper(named)
    profile = await ask.known()
    if profile is None:
        return Reply(message=_stranger(ask, paper))
    try:
        told = await follow(ask.library, profile, paper, ask.now)
    except StillComing as error:
        raise BadInput("That paper is still being read in: ask again in a minute.") from error
    mine = await ask.db.read(subscriptions.of, profile.id)
    rows = [
        *_sent(ask, profile, told),
        *_fit(ask, told),
        *[Row(text=f"{whose(ask, 'alert')} hits it", detail=plain(hit)) for hit in told.alerts],
        *_held(ask, profile, mine),
        *await _change(ask, profile, told, mine),
    ]
    return Reply(
        message=Message(
            heading="Why this paper",
            cards=(card(paper, reason=_reason(ask, told), sentence=told.sentence),),
            rows=tuple(rows),
        )
    )


def _read(ask: Ask) -> tuple[str, str]:
    """The paper's name, and the message that a button was on."""
    name, _, last = ask.rest.rpartition(" ")
    if name and is_ref(last):
        return name.strip(), last
    named = ask.rest
    first, _, rest = named.partition(" ")
    if first.casefold() == "not" and papers.number(rest.strip()) is not None:
        named = rest.strip()  # "why not 12": the answer says either
    if named.casefold() in ("", "not"):
        raise BadInput(
            f"Say which paper, by its number, arXiv id or title: {ask.written('why 12')}."
        )
    return named, ""


def _stranger(ask: Ask, paper: Paper) -> Message:
    nobody = whose(ask, "profile").lower()
    return Message(
        heading="Why this paper",
        cards=(card(paper, reason="not sent", sentence=""),),
        rows=(
            Row(
                text="Not sent: there is nothing to choose papers by yet",
                detail=f"{nobody.capitalize()} has no interest, no alert and no vote.",
                buttons=(Button(label="Add an interest", action=ask.action("follow")),),
            ),
        ),
    )


def _reason(ask: Ask, told: Why) -> str:
    """How it fits, in one line."""
    if told.trace.stopped_by == "voted":
        return "voted on"
    if told.match is None or told.trace.score <= 0:
        return "near to nothing that is followed"
    text = _said(ask, explain(told.match).text or "near in meaning")
    return text if told.trace.score >= told.trace.floor else f"not close enough; at best {text}"


def _said(ask: Ask, reason: str) -> str:
    """A reason of the ranking; in a channel nobody's in particular."""
    if not ask.for_channel:
        return reason
    return reason.replace("your interest", "the interest").replace("which you liked", "liked here")


# --- was it sent ---------------------------------------------------------------------------


def _sent(ask: Ask, profile: Profile, told: Why) -> list[Row]:
    rows = [_telling(ask, profile, one) for one in told.tellings]
    if rows:
        return rows
    looked = (
        f"{whose(ask, 'digest')} has looked at it."
        if told.was_considered
        else "No digest has looked at it yet."
    )
    return [Row(text="Not sent so far", detail=looked)]


def _telling(ask: Ask, profile: Profile, one: Telling) -> Row:
    what = whose(ask, "digest" if one.kind is DeliveryKind.DIGEST else "alert").lower()
    rank = f", as number {one.rank}" if one.rank else ""
    at = timetable.local(one.at, profile.zone)
    match one.status:
        case DeliveryStatus.SENT:
            because = f": {_said(ask, one.because)}" if one.because else ""
            if one.kind is DeliveryKind.ALERT:
                because = "; so no digest brings it again"
            return Row(text=f"Sent with {what}{rank}", detail=at + because)
        case DeliveryStatus.DEAD:
            return Row(
                text=f"Chosen for {what}{rank}, but it could not be delivered",
                detail=f"{at}: {plain(one.reason or 'no reason is on record')}",
            )
        case _:
            late = f"; last try: {plain(one.reason)}" if one.reason else ""
            return Row(text=f"Waits to be sent with {what}{rank}", detail=f"due {at}{late}")


# --- how it fits ---------------------------------------------------------------------------


def _fit(ask: Ask, told: Why) -> list[Row]:
    trace = told.trace
    if told.match is None or trace.score <= 0 or trace.stopped_by == "voted":
        return []
    beats = "reaches" if trace.score >= trace.floor else "stays below"
    return [
        _carried(ask, told.match.because),
        Row(
            text=f"It scores {trace.score:.2f} and {beats} the cut-off, {trace.floor:.2f}",
            detail=_budget(told),
        ),
    ]


def _carried(ask: Ask, because: Because) -> Row:
    likes = ", ".join(quoted(one.paper.title, 80) for one in because.likes[:LIKES_TOLD])
    if because.interest is None:
        return Row(text="Nearest to what was liked", detail=likes)
    shares = f"The interest carries {1 - because.votes_share:.0%} of it"
    if because.votes_share:
        shares += f", liked papers {because.votes_share:.0%}: {likes}"
    words = f"; in common: {', '.join(because.words)}" if because.words else ""
    return Row(
        text=f"Nearest to {whose(ask, 'interest').lower()} {quoted(because.interest.text)}",
        detail=f"{shares}{words}.",
    )


def _budget(told: Why) -> str:
    if told.trace.rank is None:
        return f"{counted(told.fitting, 'paper')} of those that came with it fit."
    return (
        f"Number {told.trace.rank} of {told.fitting} that fit. A digest holds {told.size}, and of "
        "two that are much alike only one."
    )


# --- what holds it back --------------------------------------------------------------------


def _held(ask: Ask, profile: Profile, mine: list[Subscription]) -> list[Row]:
    rows = []
    if profile.snoozed_until is not None and profile.snoozed_until > ask.now:
        until = timetable.local(profile.snoozed_until, profile.zone)
        wake = Button(label="Wake up", action=ask.action("snooze off"))
        rows.append(Row(text=f"Snoozed until {until}", buttons=(wake,)))
    for one in mine:
        if one.paused:
            again = Button(label="Resume", action=ask.action("resume"))
            text = f"{whose(ask, 'digest')} is paused"
            rows.append(Row(text=text, detail=plain(one.paused), buttons=(again,)))
    if not mine:
        daily = Button(label="Daily at 08:30", action=ask.action("digest daily 08:30"))
        rows.append(Row(text="No digest is set up", buttons=(daily,)))
    return rows


async def _change(ask: Ask, profile: Profile, told: Why, mine: list[Subscription]) -> list[Row]:
    """The smallest change that would have it sent; nothing where it was, or will be."""
    if told.tellings:
        return []
    if told.trace.stopped_by is None:
        return [_next(ask, profile, told, mine)]
    detail, buttons = "", []
    match told.trace.stopped_by:
        case "muted":
            text = f"It is kept away by {whose(ask, 'mutes').lower()}"
            detail = f"To change it: {told.trace.smallest_change}."
            buttons = [
                Button(
                    label=cut(f"Unmute {_short(one.kind, one.value)}", LABEL),
                    action=ask.action(f"unmute {one.id}"),
                )
                for one in told.mutes[:4]
            ]
        case "voted":
            text = "It was voted on, and what was voted on is not sent again"
            detail = "To change it: take the vote back."
            buttons = [] if ask.for_channel else await _votes(ask, profile, told.paper)
        case "nothing":
            text = "There is no interest and no liked paper to choose by"
            buttons = [Button(label="Add an interest", action=ask.action("follow"))]
        case "floor":
            text = (
                f"It would need {max(told.trace.floor - told.trace.score, 0):.2f} more to be sent"
            )
            detail = "An interest that is nearer to it, or likes of papers like it, would do that."
            subject = await drafts.action(ask, "follow", plain(told.paper.title), "follow-again")
            buttons = [
                Button(label="What would catch it", action=ask.action(f"missed {told.paper.seq}")),
                Button(label="Follow its subject", action=subject),
                Button(label="Papers like it", action=f"similar {told.paper.seq}"),
            ]
        case _:
            text = f"There was no room for it among {told.size}"
            detail = f"To change it: {told.trace.smallest_change}."
            if mine and told.needed and told.needed <= MOST_PAPERS:
                buttons = [
                    Button(
                        label=f"Digests of {told.needed} papers",
                        action=ask.action(f"digest size {told.needed}"),
                        style=Style.PRIMARY,
                    )
                ]
    return [Row(text=text, detail=detail, buttons=tuple(buttons))]


def _next(ask: Ask, profile: Profile, told: Why, mine: list[Subscription]) -> Row:
    """It fits: whether, and when, it comes."""
    if told.is_old:
        reach = mine[0].reach if mine else REACH
        return Row(
            text="It would fit, but it came too long ago to be sent as new",
            detail=f"A digest brings what came in the last {reach.days} days.",
        )
    running = [one for one in mine if not one.paused and told.paper.seq > one.cursor]
    if running:
        at = timetable.local(running[0].due_at, profile.zone)
        return Row(
            text=f"It comes with {whose(ask, 'next digest').lower()}, as things stand",
            detail=at,
            buttons=(Button(label="Send it now", action=ask.action("digest now")),),
        )
    if mine:
        return Row(
            text="By what is known now it would fit",
            detail="The digest that looked at it came before that: it is not looked at again.",
        )
    return Row(text="A digest would bring it", detail="To change it: set one up.")


async def _votes(ask: Ask, profile: Profile, paper: Paper) -> list[Button]:
    cast = await ask.db.read(votes.on, profile.id, paper.seq)
    return [
        Button(label=f"Take back: {kind}", action=f"vote {kind} {paper.seq}")
        for kind in sorted(cast)
    ]


def _short(kind: MuteKind, value: str) -> str:
    return "this paper" if kind is MuteKind.PAPER else quoted(value, 40)
