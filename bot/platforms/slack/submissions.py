"""Submissions: forms that were filled in. What is wrong with one is told at its fields.

Slack takes errors, or another page, in the acknowledgement only, so that one waits for the answer.
It does not wait long: what comes later is told where the form was opened.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from bot.commands import Commands, Reply
from bot.platforms.slack import render
from bot.platforms.slack.asked import Asked
from bot.platforms.slack.errands import Errands
from bot.platforms.slack.installs import PLATFORM
from bot.platforms.slack.places import Json, packed
from bot.platforms.slack.replying import FAILED, Replying, page

PATIENCE_S = 2.0
"""Of the three seconds that Slack waits."""

KEPT_S = 60.0
"""A form that is delivered again gets the same acknowledgement for so long."""

log = structlog.get_logger()

Answer = Callable[[Asked], Awaitable[Reply]]


class Submissions:
    """Answers forms, each once."""

    def __init__(
        self, commands: Commands, answer: Answer, replying: Replying, errands: Errands
    ) -> None:
        self._commands = commands
        self._answer = answer
        self._replying = replying
        self._errands = errands
        self._answers: dict[str, asyncio.Task[Reply]] = {}

    async def acknowledgement(self, event: str, asked: Asked, view: Json) -> Json | str:
        """What to tell Slack: errors by field, the next page, or nothing, which closes the form."""
        answering = self._answers.get(event)
        is_first = answering is None
        if answering is None:
            answering = asyncio.create_task(self._answered(event, asked))
            self._answers[event] = answering
        await asyncio.wait({answering}, timeout=PATIENCE_S)
        said: Json | str = ""
        if answering.done():
            said = _acknowledgement(answering.result(), asked, view)
        if is_first:
            self._errands.start("form", self._rest(event, asked, answering, is_said=bool(said)))
        return said

    async def _answered(self, event: str, asked: Asked) -> Reply:
        try:
            if not await self._commands.first_time(PLATFORM, event):
                return Reply()
            return await self._answer(asked)
        except Exception:  # one of three doors: the person is told, the operator reads the log
            log.exception("slack form failed")
            return Reply(message=FAILED)

    async def _rest(
        self, event: str, asked: Asked, answering: "asyncio.Task[Reply]", *, is_said: bool
    ) -> None:
        """Show what the acknowledgement did not hold."""
        reply = await answering
        asyncio.get_running_loop().call_later(KEPT_S, self._answers.pop, event, None)
        if is_said and reply.errors:
            return
        if is_said:
            is_page = asked.place.is_page and reply.form is None
            reply = replace(reply, form=None, message=None if is_page else reply.message)
        await self._replying.show(asked.place, asked.text, asked.prefix, reply)


def _acknowledgement(reply: Reply, asked: Asked, view: Json) -> Json | str:
    if reply.errors:
        return render.errors(_at_fields(reply, view))
    if reply.form is not None:
        next_page = render.modal(reply.form, metadata=packed(asked.place, asked.prefix))
        return {"response_action": "update", "view": next_page}
    if reply.message is not None and asked.place.is_page:
        shown = render.message(reply.message, reply.ref)
        return {"response_action": "update", "view": page(shown)}
    return ""


def _at_fields(reply: Reply, view: Json) -> dict[str, str]:
    """The errors by field; Slack takes none for a field that the form has not."""
    there = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    known = {name: said for name, said in reply.errors.items() if name in there}
    return known or {there[0]: "\n".join(reply.errors.values())}
