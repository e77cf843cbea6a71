"""Changes that somebody thinks of: read as they are typed, tried on the last month, not made."""

import re
from collections.abc import Sequence

from bot import desk, dials, wants
from bot.dials import BadDial, Wish
from bot.wants import BadWant
from storage import mutes, profiles, subscriptions
from storage.changes import Delta
from storage.database import Tx
from storage.mutes import Mute, MuteKind
from storage.records import Interest, Profile

EXAMPLES = ("follow graph networks", "unfollow 3", "mute survey", "digest about 6")

KINDS = {
    "org": MuteKind.ORGANISATION,
    "organisation": MuteKind.ORGANISATION,
    "organization": MuteKind.ORGANISATION,
    "author": MuteKind.AUTHOR,
}

_DIAL = re.compile(r"(?:(about|sure) +([0-9.,]+) *%?(?: *(?:a|per) day)?|dial +off)", re.IGNORECASE)
_SIZE = re.compile(r"(?:size|up to) +([0-9]+)", re.IGNORECASE)


class BadIntent(ValueError):
    """What can't be tried; the message says what can."""


def read(tx: Tx, profile: Profile, typed: str) -> Delta:
    """What a command as typed would change. Raises BadIntent, BadWant or BadDial."""
    verb, _, rest = wants.line(typed).partition(" ")
    match verb.casefold():
        case "follow" if rest:
            text = wants.interest_text(rest)
            there = {one.text.casefold() for one in profiles.interests(tx, profile.id)}
            if text.casefold() in there:
                return Delta()
            if len(there) >= wants.MOST_INTERESTS:
                raise BadWant(f"{wants.MOST_INTERESTS} interests are the most: remove one first")
            return Delta(followed=(text,))
        case "unfollow" if rest:
            one = _interest(profiles.interests(tx, profile.id), rest)
            return Delta(unfollowed=(one.text,))
        case "mute" if rest:
            kind, words = _kind(rest)
            muted = (str(kind), wants.mute_text(kind, words))
            there_ = {(str(one.kind), one.value) for one in mutes.of(tx, profile.id)}
            return Delta() if muted in there_ else Delta(muted=(muted,))
        case "unmute" if rest:
            mute = _mute(mutes.of(tx, profile.id), rest)
            return Delta(unmuted=((str(mute.kind), mute.value),))
        case "digest" if rest:
            return _digest(tx, profile, rest)
    ways = ", ".join(f"`{one}`" for one in EXAMPLES)
    raise BadIntent(f"try what changes what comes: {ways}")


def _digest(tx: Tx, profile: Profile, rest: str) -> Delta:
    mine = subscriptions.of(tx, profile.id)
    if not mine:
        raise BadIntent("there is no digest yet whose size or dial could be tried")
    if size := _SIZE.fullmatch(rest):
        wanted = int(size[1][:4])
        if not 1 <= wanted <= desk.MOST_PAPERS:
            raise BadIntent(f"a digest holds 1 to {desk.MOST_PAPERS} papers: `digest size 8`")
        return Delta(size=None if wanted == mine[0].size else (mine[0].size, wanted))
    if found := _DIAL.fullmatch(rest):
        return dials.delta_in(tx, mine[0], _wish(found))
    raise BadIntent("of a digest its size and dial can be tried: `digest size 8`, `digest about 6`")


def _wish(found: re.Match[str]) -> Wish:
    if found[1] is None:
        return Wish()
    try:
        amount = float(found[2].rstrip(".,").replace(",", "."))
    except ValueError as error:
        raise BadDial("give the dial a number: `digest about 6` or `digest sure 80`") from error
    if found[1].casefold() == "about":
        return Wish(about=amount)
    return Wish(sure=amount if amount <= 1 else amount / 100)


def _kind(rest: str) -> tuple[MuteKind, str]:
    first, _, words = rest.partition(" ")
    kind = KINDS.get(first.casefold()) if words else None
    return (MuteKind.WORD, rest) if kind is None else (kind, words)


def _interest(there: Sequence[Interest], typed: str) -> Interest:
    wanted = typed.lstrip("#").casefold()
    for fits in (
        [one for one in there if str(one.id) == wanted],
        [one for one in there if one.text.casefold() == wanted],
        [one for one in there if wanted in one.text.casefold()],
    ):
        if len(fits) == 1:
            return fits[0]
    raise BadIntent("no one interest goes by that: name it by its number, from `interests`")


def _mute(there: Sequence[Mute], typed: str) -> Mute:
    wanted = typed.lstrip("#").casefold()
    kind, words = _kind(typed)
    for one in there:
        if str(one.id) == wanted or one.value.casefold() == wanted:
            return one
        if (one.kind, one.value.casefold()) == (kind, words.casefold()):
            return one
    raise BadIntent("nothing muted goes by that: name it by its number, from `mutes`")


__all__ = ["EXAMPLES", "BadDial", "BadIntent", "BadWant", "read"]
