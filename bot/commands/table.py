"""One table: every verb, in the order in which help lists them."""

from bot.commands import (
    alerting,
    channels,
    finding,
    history,
    importing,
    interests,
    missing,
    owning,
    receipts,
    schedules,
    starting,
    supposing,
    telling,
    votes,
)
from bot.commands.verbs import Verb

VERBS: tuple[Verb, ...] = (
    *telling.VERBS,
    *starting.VERBS,
    *interests.VERBS,
    *alerting.VERBS,
    *schedules.VERBS,
    *finding.VERBS,
    *votes.VERBS,
    *receipts.VERBS,
    *missing.VERBS,
    *importing.VERBS,
    *supposing.VERBS,
    *history.VERBS,
    *owning.VERBS,
    *channels.VERBS,
)

BY_NAME: dict[str, Verb] = {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}


def split(text: str) -> tuple[str, str]:
    """`(verb, rest)` of a command as typed; the verb in lower case, empty for an empty command."""
    first, *rest = text.split(maxsplit=1) or [""]
    return first.casefold(), rest[0].strip() if rest else ""
