"""The dial of a digest: about so many a day, only what is likely liked, and one from elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot import desk, dials, shadows
from bot.commands import digesting, history
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.phrases import sentence
from bot.commands.request import Reply
from bot.deltas import wished
from bot.dials import BadDial, Wish
from bot.messages import Button, Message, Style
from matching import replay
from storage import dials as stored
from storage.changes import Change
from storage.dials import Turned
from storage.records import Subscription

EXAMPLES = ("digest about 6", "digest sure 80", "digest dial off", "digest surprise off")

_ABOUT = re.compile(r"\babout +(\S+)( *(?:papers?)? *(?:a|per) day)?", re.IGNORECASE)
_SURE = re.compile(r"\bsure +(\S+)", re.IGNORECASE)
_OFF = re.compile(r"\bdial +off\b", re.IGNORECASE)
_SURPRISE = re.compile(r"\bsurprise\b *(\S*)", re.IGNORECASE)
_SIZE = re.compile(r"\b(?:size|up to)\b", re.IGNORECASE)

SURE = "yes"
"""Behind a dial that takes much: it was asked about."""

_ALONE = ("now", "preview", "off", "edit", "form")


async def digest(ask: Ask) -> Reply:
    """`digest …` with `about 6`, `sure 80`, `dial off` or `surprise off` anywhere in it."""
    if (found := _SURPRISE.search(ask.rest)) is not None:
        return await _surprise(ask, found[1], _without(ask.rest, found))
    rest, wish = _read(ask)
    if wish is None:
        return await digesting.digest(ask)
    is_sure = rest.casefold() == SURE
    rest = "" if is_sure else rest
    if rest.casefold() in _ALONE:
        raise BadInput(f"Turn the dial by itself: {ask.written(EXAMPLES[0])}.")
    if rest:
        await digesting.digest(replace(ask, rest=rest))
    mine = await _subscribed(ask)
    if not rest and not is_sure and (asked := await _asked(ask, mine, wish)) is not None:
        return asked
    return await turned(ask, mine, wish, resize=not _SIZE.search(rest))


async def form(ask: Ask) -> Reply:
    """`digest-form`: opens the form, or takes what it was filled with, the dial included."""
    fields = ask.request.fields
    if fields is None:
        return await digesting.form(ask)
    wish = form_wish(fields)
    if wish == Wish():
        reply = await digesting.form(ask)
        mine = await _subscribed(ask)
        was = await shadows.wish(ask.library, await ask.profile(), ask.now)
        _, change = await dials.turn(ask.db, mine, wish, ask.now)
        return await _shadowed(ask, reply, was, change)
    there = await _known(ask)
    filled = {**fields, "size": str(there.size if there else desk.SIZE)}
    await digesting.form(replace(ask, request=replace(ask.request, fields=filled)))
    return await turned(ask, await _subscribed(ask), wish, resize=True)


async def turned(ask: Ask, mine: Subscription, wish: Wish, *, resize: bool) -> Reply:
    """Turn the dial, and say where that leaves the digest and what it makes of the last month."""
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    _, change = await dials.turn(ask.db, mine, wish, ask.now, resize=resize)
    if wish != Wish():
        found = await dials.ready(ask.library, [mine], ask.now)
        await ask.db.write(stored.prepared, list(found.values()), ask.now)
    reply = await digesting.told(ask, profile, await _subscribed(ask))
    if reply.message is None:
        return reply
    said = sentence(await dials.told(ask.db, mine, ask.now) or "Everything that fits comes")
    if wish.sure is not None:
        said += " Every vote makes it surer; a day on which nothing is sure enough stays empty."
    message = replace(reply.message, intro=f"{said}\n{reply.message.intro}")
    return await _shadowed(ask, replace(reply, message=message), was, change)


async def _shadowed(ask: Ask, reply: Reply, was: replay.Wish, change: Change | None) -> Reply:
    if change is None:
        return reply
    shadow = await shadows.cast(ask.library, await ask.profile(), was, ask.now)
    return history.with_shadow(ask, reply, shadow, change)


async def _asked(ask: Ask, mine: Subscription, wish: Wish) -> Reply | None:
    """What takes much of what comes is asked about first; None: it does not."""
    profile = await ask.profile()
    was = await shadows.wish(ask.library, profile, ask.now)
    delta = await dials.delta(ask.db, mine, wish)
    shadow = await shadows.ahead(ask.library, profile, was, delta, ask.now)
    if not shadows.takes_much(shadow):
        return None
    sure = Button(
        label="Turn it", action=ask.action(f"digest {typed(wish)} {SURE}"), style=Style.DANGER
    )
    message = Message(
        heading=f"Turn the dial to {wished(wish)}?",
        intro=f"It would take much of what comes.\n{shadows.told(shadow)}",
        rows=shadows.rows(shadow),
        buttons=(sure, Button(label="Leave it", action=ask.action("digest"))),
    )
    return Reply(message=message)


def typed(wish: Turned) -> str:
    """What follows `digest` to turn it so."""
    if wish.about is not None:
        return f"about {wish.about:g}"
    return "dial off" if wish.sure is None else f"sure {wish.sure * 100:g}"


def form_wish(fields: Mapping[str, str]) -> Wish:
    """What the form's choice of how many asks of the dial. Raises BadField."""
    kind, _, amount = fields.get("size", "").partition(" ")
    try:
        match kind:
            case "about":
                return Wish(about=float(amount))
            case "sure":
                return Wish(sure=float(amount) / 100)
            case _:
                return Wish()
    except ValueError as error:
        raise BadField("size", "Choose how many papers.") from error


def _read(ask: Ask) -> tuple[str, Wish | None]:
    """`(the rest, what the dial is turned to)`. Raises BadInput for a dial that can't be."""
    about, sure, off = (one.search(ask.rest) for one in (_ABOUT, _SURE, _OFF))
    found = about or sure or off
    if found is None:
        return ask.rest, None
    if sum(one is not None for one in (about, sure, off)) > 1:
        raise BadInput(
            "A dial says either how many or how sure: "
            f"{ask.written(EXAMPLES[0])} or {ask.written(EXAMPLES[1])}."
        )
    rest = _without(ask.rest, found)
    if off:
        return rest, Wish()
    try:
        amount = float(found[1].rstrip("%.,").replace(",", "."))
        if about:
            return rest, Wish(about=amount)
        return re.sub(r"^ *%", "", rest).strip(), Wish(sure=amount if amount <= 1 else amount / 100)
    except BadDial as error:
        raise BadInput(sentence(f"{error}")) from error
    except ValueError as error:
        raise BadInput(
            f"Give it a number: {ask.written(EXAMPLES[0])} for about six papers a day, "
            f"{ask.written(EXAMPLES[1])} for those liked with 80% likelihood."
        ) from error


def _without(text: str, found: re.Match[str]) -> str:
    return " ".join((text[: found.start()] + " " + text[found.end() :]).split())


async def _surprise(ask: Ask, typed: str, rest: str) -> Reply:
    mine = await _subscribed(ask)
    word = typed.casefold().rstrip(".!")
    if rest or word not in {"on", "off"}:
        raise BadInput(
            f"Say {ask.written('digest surprise on')} or {ask.written('digest surprise off')}."
        )
    await ask.db.write(stored.set_surprise, mine.id, word == "on", ask.now)
    intro = (
        "A digest of three papers or more may hold one that is labelled “outside your usual”; "
        "what is said of it counts like any vote."
        if word == "on"
        else "Only what fits comes from now on."
    )
    back = "off" if word == "on" else "on"
    button = Button(label=f"Turn it {back}", action=ask.action(f"digest surprise {back}"))
    heading = f"Papers from outside the usual are {word}"
    return Reply(
        message=Message(heading=heading, intro=intro, buttons=(button,)), is_profile_changed=True
    )


async def _known(ask: Ask) -> Subscription | None:
    return await digesting.subscribed(ask, await ask.known())


async def _subscribed(ask: Ask) -> Subscription:
    mine = await _known(ask)
    if mine is None:
        raise BadInput(
            "There is no digest yet; say when it should come: "
            f"{ask.written('digest daily 08:30 about 6')}.",
            Button(label="Daily at 08:30", action=ask.action("digest daily 08:30")),
        )
    return mine
