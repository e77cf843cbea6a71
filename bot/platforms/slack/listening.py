"""Listening: what people type, press and fill in becomes a `Request`, and gets its `Reply`.

Slack waits three seconds for an acknowledgement and delivers again what got none. So everything is
acknowledged first, and done once; forms are the exception (`submissions`).
"""

import asyncio
import re
import weakref
from collections.abc import Awaitable, Callable

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext

from bot.commands import Commands, Reply, Request, Room
from bot.commands.channels import READ_WITHOUT_WORDS
from bot.messages import Message
from bot.platforms.slack import asked as reading
from bot.platforms.slack.asked import Asked
from bot.platforms.slack.blocks import PRESS
from bot.platforms.slack.errands import Errands
from bot.platforms.slack.installs import PLATFORM
from bot.platforms.slack.modals import CALLBACK
from bot.platforms.slack.people import People, Unclear
from bot.platforms.slack.places import Json, Place
from bot.platforms.slack.replying import FAILED, Replying
from bot.platforms.slack.scopes import SHORTCUT
from bot.platforms.slack.submissions import Submissions

ANSWER_S = 45.0
"""Who waits longer for an answer is told that none comes."""


class Listening:
    """The commands' side of the app; `register` hangs it into Bolt."""

    def __init__(
        self,
        *,
        commands: Commands,
        people: People,
        replying: Replying,
        errands: Errands,
        command_name: str,
    ) -> None:
        self._commands = commands
        self._people = people
        self._replying = replying
        self._errands = errands
        self._command_name = command_name
        self._submissions = Submissions(commands, self._answer, replying, errands)
        # Presses on one message take turns, so that the last one is what it shows.
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def register(self, app: AsyncApp) -> None:
        """Answer commands, presses, forms and messages of this app."""
        # Whatever the app's slash command is called at Slack, it is meant for us.
        app.command(re.compile("^/"))(self._on_command)
        app.action(re.compile(f"^{PRESS}"))(self._on_press)
        app.view(CALLBACK)(self._on_form)
        app.shortcut({"type": "message_action", "callback_id": SHORTCUT})(self._on_shortcut)
        app.event("message")(self._on_message)
        app.event("app_mention")(self._on_mention)

    # --- what Slack calls ------------------------------------------------------------------

    async def _on_command(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        self._begin("command", body, reading.command(body, _team(context)))

    async def _on_press(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        self._begin("press", body, reading.press(body, _team(context), self._command_name))

    async def _on_shortcut(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        await ack()
        self._begin("shortcut", body, reading.shortcut(body, _team(context), self._command_name))

    async def _on_message(self, body: Json, context: AsyncBoltContext) -> None:
        said = reading.direct(body["event"], _team(context), context.bot_user_id or "")
        if said is not None:
            self._begin("message", body, said)

    async def _on_mention(self, body: Json, context: AsyncBoltContext) -> None:
        said = reading.mention(
            body["event"], _team(context), context.bot_user_id or "", self._command_name
        )
        if said is not None:
            self._begin("mention", body, said)

    async def _on_form(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        asked = reading.form(body, _team(context))
        await ack(await self._submissions.acknowledgement(once(body), asked, body["view"]))

    # --- answering -------------------------------------------------------------------------

    def _begin(self, kind: str, body: Json, asked: Asked) -> None:
        self._errands.start(kind, self._once(once(body), asked.place, lambda: self._reply(asked)))

    async def _once(self, event: str, place: Place, work: Callable[[], Awaitable[None]]) -> None:
        """Do it if it was not done before; what goes wrong is told to the person."""
        try:
            async with asyncio.timeout(ANSWER_S):
                if await self._commands.first_time(PLATFORM, event):
                    await work()
        except Exception:
            await self._replying.tell(place, FAILED)
            raise

    async def _reply(self, asked: Asked) -> None:
        turn = f"{asked.place.workspace}/{asked.receipt}" if asked.place.message else ""
        if not turn:
            await self._answer_and_show(asked)
            return
        lock = self._turns.setdefault(turn, asyncio.Lock())
        async with lock:
            await self._answer_and_show(asked)

    async def _answer_and_show(self, asked: Asked) -> None:
        reply = await self._answer(asked)
        await self._replying.show(asked.place, asked.text, asked.prefix, reply)

    async def _answer(self, asked: Asked) -> Reply:
        try:
            room = await self._room(asked)
        except Unclear as unclear:
            return Reply(message=Message(heading="That did not work", intro=str(unclear)))
        request = Request(
            asker=await self._people.asker(asked.place, asked.called),
            room=room,
            text=asked.text,
            fields=asked.fields,
            quoted=asked.quoted,
            receipt=asked.receipt,
            file=await self._replying.fetched(asked.place, asked.files) if asked.files else None,
            prefix=asked.prefix,
        )
        return await self._commands.answer(request)

    async def _room(self, asked: Asked) -> Room | None:
        if not self._commands.about_channel(asked.text):
            return self._people.room(asked.place)
        return await self._people.room_with_standing(
            asked.place, only_reads=self._only_reads(asked.text)
        )

    def _only_reads(self, text: str) -> bool:
        """Whether a command about the channel changes nothing."""
        _, name, *rest = [*text.casefold().split(), ""]
        verb = next((one for one in self._commands.verbs if name in (one.name, *one.aliases)), None)
        if verb is None:
            return not name
        return verb.only_reads or (name in READ_WITHOUT_WORDS and not any(rest))


def once(body: Json) -> str:
    """What names an event or an interaction, the same when it is delivered again."""
    return str(body.get("event_id") or body.get("trigger_id") or body["view"]["hash"])


def _team(context: AsyncBoltContext) -> str:
    return context.team_id or ""
