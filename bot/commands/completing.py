"""What completes a half-typed option: interests, mutes, alerts, papers, zones, verbs."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from bot import zones
from bot.commands import table
from bot.commands.ask import Ask
from bot.commands.phrases import LABEL, cut
from bot.commands.request import Standing
from bot.forms import Choice
from matching.worded import Worded
from storage import mutes, papers, profiles

MOST = 25
"""Discord shows no more: https://discord.com/developers/docs/interactions/application-commands"""

LONGEST_TYPED = 200
"""Characters that are looked at: a completion is asked for at every key."""


async def complete(ask: Ask, verb: str, option: str) -> list[Choice]:
    """At most 25 answers for an option of a verb, best first; `ask.rest` is what is typed.

    A choice's value is what stands for it in the command: an id, a `seq`, a zone, a verb.
    """
    bare = verb.removeprefix("channel ").strip()
    room = ask.request.room
    if bare != verb:
        if room is None or room.standing is Standing.OUTSIDER:
            return []
        ask = replace(ask, for_channel=True)
    find = _OPTIONS.get(option) or _VERBS.get(bare)
    if find is None:
        return []
    return _apart((await find(replace(ask, rest=ask.rest[:LONGEST_TYPED])))[:MOST])


def _apart(choices: list[Choice]) -> list[Choice]:
    """Two that look the same are told apart by their values."""
    looks: dict[str, Choice] = {}
    for one in choices:
        label = one.label
        if label in looks:
            label = f"{cut(label, LABEL - len(one.value) - 2)} #{one.value}"
        looks[label] = replace(one, label=label)
    return list(looks.values())


async def _interests(ask: Ask) -> list[Choice]:
    profile = await ask.known()
    mine = await ask.db.read(profiles.interests, profile.id) if profile else []
    return _fitting(ask, ((str(one.id), one.text) for one in mine))


async def _alerts(ask: Ask) -> list[Choice]:
    profile = await ask.known()
    mine = await ask.db.read(profiles.alerts, profile.id) if profile else []
    return _fitting(ask, ((str(one.id), one.query) for one in mine))


async def _mutes(ask: Ask) -> list[Choice]:
    profile = await ask.known()
    mine = await ask.db.read(mutes.of, profile.id) if profile else []
    return _fitting(ask, ((str(one.id), one.value) for one in mine))


async def _papers(ask: Ask) -> list[Choice]:
    typed = ask.rest.lstrip("#")
    found = await ask.db.read(papers.find, typed, MOST) if typed[:1].isdecimal() else []
    found = found or await Worded.of(ask.library).titled(ask.rest, MOST)
    return [_choice(str(one.seq), one.title) for one in found]


async def _zones(ask: Ask) -> list[Choice]:
    meant = zones.meant(ask.rest) if ask.rest else ()
    places = dict.fromkeys([*meant, *zones.beginning(ask.rest, MOST), *zones.near(ask.rest, 5)])
    return [_choice(one.zone, f"{one.name} ({one.zone})") for one in places]


async def _verbs(ask: Ask) -> list[Choice]:
    known = [one for one in table.VERBS if not one.is_hidden]
    return _fitting(ask, ((one.name, f"{one.name}: {one.does}") for one in known))


def _fitting(ask: Ask, listed: Iterable[tuple[str, str]]) -> list[Choice]:
    """Of `(value, text)` those that begin with what is typed, then those that hold it."""
    wanted = ask.rest.casefold()
    holding = [
        (not (value == wanted or text.casefold().startswith(wanted)), value, text)
        for value, text in listed
        if wanted in text.casefold() or value == wanted
    ]
    return [_choice(value, text) for _, value, text in sorted(holding, key=lambda one: one[0])]


def _choice(value: str, label: str) -> Choice:
    return Choice(value=value, label=cut(" ".join(label.split()), LABEL))


_Find = Callable[[Ask], Awaitable[list[Choice]]]

_OPTIONS: dict[str, _Find] = {
    "interest": _interests,
    "alert": _alerts,
    "mute": _mutes,
    "paper": _papers,
    "zone": _zones,
    "timezone": _zones,
    "verb": _verbs,
    "command": _verbs,
}
"""By the name of the option, whatever the verb."""

_VERBS: dict[str, _Find] = {
    "unfollow": _interests,
    "interest-edit": _interests,
    "unmute": _mutes,
    "alerts": _alerts,
    "timezone": _zones,
    "help": _verbs,
    "why": _papers,
    "missed": _papers,
    "similar": _papers,
    "like": _papers,
    "dislike": _papers,
    "save": _papers,
}
"""By the verb, where an option has a name of its own."""
