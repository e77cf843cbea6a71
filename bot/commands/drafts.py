"""Drafts: texts that are too long for a button's action, kept beside the replies that show them.

A button names one by its number; only the person who was shown it can use it, for as long as
replies are kept.
"""

import json
from collections.abc import Sequence

from bot.commands.ask import Ask, BadInput
from bot.commands.phrases import number
from storage import answers

LONGEST_ACTION = 90
"""Bytes, see `messages.Button`."""


async def keep(ask: Ask, texts: Sequence[str]) -> int:
    """Keep some texts; the number that buttons name them by."""
    asker = ask.request.asker
    return await ask.db.write(
        answers.add,
        platform=asker.platform,
        workspace=asker.workspace,
        person=asker.id,
        body=json.dumps({"draft": list(texts)}),
        now=ask.now,
    )


async def kept(ask: Ask, named: str) -> str:
    """The text that `17` (the first of draft 17) or `17 2` (the third) names.

    Raises BadInput where it is too old, or was shown to somebody else.
    """
    first, _, second = named.partition(" ")
    draft, place = number(first), number(second) if second else 0
    asker = ask.request.asker
    body = None
    if draft is not None:
        body = await ask.db.read(
            answers.of, draft, platform=asker.platform, workspace=asker.workspace, person=asker.id
        )
    texts = json.loads(body).get("draft") if body else None
    if not texts or place is None or place >= len(texts):
        raise BadInput(
            "That button is too old: I no longer know what it was about. "
            f"{ask.written('help')} shows how to begin again."
        )
    return str(texts[place])


async def action(ask: Ask, command: str, text: str, otherwise: str) -> str:
    """`COMMAND TEXT` as a button's action where it is short enough; else `OTHERWISE 17`."""
    short = ask.action(f"{command} {text}")
    if len(short.encode()) <= LONGEST_ACTION:
        return short
    return ask.action(f"{otherwise} {await keep(ask, [text])}")
