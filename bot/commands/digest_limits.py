"""`digest reach 7d` and `digest channels on|off`: what a digest leaves out."""

import re

from bot.commands.ask import Ask, BadInput
from bot.commands.phrases import whose
from bot.commands.request import Reply
from bot.messages import Message, counted
from storage import subscriptions
from storage.records import Subscription

LONGEST_REACH = 90
"""Days."""

_REACH = re.compile(r"(\d{1,3})\s*(d|days?|w|weeks?)?", re.ASCII | re.IGNORECASE)
_SWITCH = {"on": True, "off": False}


async def reach(ask: Ask, mine: Subscription | None, typed: str) -> Reply:
    """`digest reach 7d`. Raises BadInput."""
    mine = _needed(ask, mine)
    found = _REACH.fullmatch(typed)
    days = 0
    if found is not None:
        days = int(found[1]) * (7 if (found[2] or "d")[0].casefold() == "w" else 1)
    if not 1 <= days <= LONGEST_REACH:
        raise BadInput(
            f"Say how many days back, 1 to {LONGEST_REACH}: {ask.written('digest reach 7d')}. "
            f"It is {counted(mine.reach.days, 'day')} now."
        )
    await ask.db.write(subscriptions.set_reach, mine.id, days)
    return _changed(ask, f"It brings nothing that came more than {counted(days, 'day')} before it.")


async def channels(ask: Ask, mine: Subscription | None, typed: str) -> Reply:
    """`digest channels on|off`. Raises BadInput."""
    if ask.for_channel:
        raise BadInput("That is about your own digest: leave out `channel`.")
    mine = _needed(ask, mine)
    leaves_out = _SWITCH.get(typed.casefold())
    if leaves_out is None:
        raise BadInput(
            f"Say {ask.written('digest channels off')} to have papers that were posted in your "
            f"channels in your digest too, or {ask.written('digest channels on')} to leave them "
            f"there. It is {'on' if mine.collapses else 'off'} now."
        )
    await ask.db.write(subscriptions.set_collapses, mine.id, leaves_out)
    said = "What was posted in a channel that you read is counted, and not repeated."
    if not leaves_out:
        said = "What was posted in a channel comes in your digest all the same."
    return _changed(ask, said)


def _needed(ask: Ask, mine: Subscription | None) -> Subscription:
    if mine is None:
        raise BadInput(
            "There is no digest yet; say when it should come first: "
            f"{ask.written('digest daily 08:30')}."
        )
    return mine


def _changed(ask: Ask, said: str) -> Reply:
    message = Message(heading=f"{whose(ask, 'digest')} is changed", intro=said)
    return Reply(message=message, is_profile_changed=True)
