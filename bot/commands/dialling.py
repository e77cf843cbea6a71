"""The dial of a digest: about so many a day, only what is likely liked, and one from elsewhere."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot import desk, dials
from bot.commands import digesting
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.phrases import sentence
from bot.commands.request import Reply
from bot.dials import BadDial, Wish
from bot.messages import Button, Message
from storage import dials as stored
from storage.records import Subscription

EXAMPLES = ("digest about 6", "digest sure 80", "digest dial off", "digest surprise off")

_ABOUT = re.compile(r"\babout +(\S+)( *(?:papers?)? *(?:a|per) day)?", re.IGNORECASE)
_SURE = re.compile(r"\bsure +(\S+)", re.IGNORECASE)
_OFF = re.compile(r"\bdial +off\b", re.IGNORECASE)
_SURPRISE = re.compile(r"\bsurprise\b *(\S*)", re.IGNORECASE)
_SIZE = re.compile(r"\b(?:size|up to)\b", re.IGNORECASE)

_ALONE = ("now", "preview", "off", "edit", "form")


async def digest(ask: Ask) -> Reply:
    """`digest …` with `about 6`, `sure 80`, `dial off` or `surprise off` anywhere in it."""
    if (found := _SURPRISE.search(ask.rest)) is not None:
        return await _surprise(ask, found[1], _without(ask.rest, found))
    rest, wish = _read(ask)
    if wish is None:
        return await digesting.digest(ask)
    if rest.casefold() in _ALONE:
        raise BadInput(f"Turn the dial by itself: {ask.written(EXAMPLES[0])}.")
    if rest:
        await digesting.digest(replace(ask, rest=rest))
    mine = await _subscribed(ask)
    return await turned(ask, mine, wish, resize=not _SIZE.search(rest))


async def form(ask: Ask) -> Reply:
    """`digest-form`: opens the form, or takes what it was filled with, the dial included."""
    fields = ask.request.fields
    if fields is None:
        return await digesting.form(ask)
    wish = form_wish(fields)
    if wish.about is None and wish.sure is None:
        reply = await digesting.form(ask)
        if (mine := await _known(ask)) is not None:
            await dials.turn(ask.db, mine, wish, ask.now)
        return reply
    was = await _known(ask)
    filled = {**fields, "size": str(was.size if was else desk.SIZE)}
    await digesting.form(replace(ask, request=replace(ask.request, fields=filled)))
    return await turned(ask, await _subscribed(ask), wish, resize=True)


async def turned(ask: Ask, mine: Subscription, wish: Wish, *, resize: bool) -> Reply:
    """Turn the dial, and say where that leaves the digest."""
    await dials.turn(ask.db, mine, wish, ask.now, resize=resize)
    profile = await ask.profile()
    if wish.about is not None or wish.sure is not None:
        found = await dials.ready(ask.library, [mine], ask.now)
        await ask.db.write(stored.prepared, list(found.values()), ask.now)
    reply = await digesting.told(ask, profile, await _subscribed(ask))
    if reply.message is None:
        return reply
    said = sentence(await dials.told(ask.db, mine, ask.now) or "Everything that fits comes")
    if wish.sure is not None:
        said += " Every vote makes it surer; a day on which nothing is sure enough stays empty."
    message = replace(reply.message, intro=f"{said}\n{reply.message.intro}")
    return replace(reply, message=message)


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
