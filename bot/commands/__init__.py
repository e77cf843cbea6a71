"""Commands: one table of verbs for every platform.

An adapter turns a slash command, a button or a form into a `Request` and renders the `Reply` that
comes back. Each answer ends here: with what was asked for, or with a sentence that says why not and
what to do. Nothing of a command is logged but its verb.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog

from bot import closing
from bot.commands import channels, owning, table, telling, votes
from bot.commands.ask import Ask, BadField, BadInput
from bot.commands.completing import complete
from bot.commands.request import (
    Asker,
    Attachment,
    Reply,
    Request,
    Room,
    Standing,
    Upload,
)
from bot.commands.throttle import Throttle
from bot.commands.verbs import Verb
from bot.forms import Choice
from bot.messages import Button, Message, to_json
from bot.metrics import CommandOutcome, Metrics, timed
from matching.library import Library
from storage import answers, destinations, exports, handled, notices, profiles, readers, traces
from storage.database import Tx
from storage.schema import DatabaseUnusable

__all__ = [
    "Asker",
    "Attachment",
    "Commands",
    "Reply",
    "Request",
    "Room",
    "Standing",
    "Throttle",
    "Upload",
    "Verb",
]

NOTHING_SAVED = Message(
    heading="I can't save anything at the moment",
    intro="What you just asked for may not be done; nothing from before is lost. Whoever runs me "
    "finds the reason in my log. Please try again later.",
)
"""What is said while the database takes nothing: its disk is full, or somebody else holds it."""

log = structlog.get_logger()


class Commands:
    """Answers what people ask. One for the whole service."""

    def __init__(
        self,
        library: Library,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
        metrics: Metrics | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        """wake: called after something was queued that should go out at once."""
        self._library = library
        self._clock = clock
        self._wake = wake
        self._metrics = metrics or Metrics()
        self._throttle = throttle

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """Every verb, hidden ones included."""
        return table.VERBS

    def about_channel(self, text: str) -> bool:
        """Whether a command is about the channel, so that the asker's standing there matters."""
        return table.split(text)[0] == "channel"

    async def first_time(self, platform: str, event: str) -> bool:
        """Whether an event is new; platforms deliver some twice.

        While that can't be written down every event is: whoever asks is answered, or told why not.
        """
        try:
            return await self._library.db.write(handled.first_time, platform, event, self._clock())
        except DatabaseUnusable as error:
            log.error("event not written down", at=platform, error=str(error))
            return True

    async def answer(self, request: Request) -> Reply:
        """What comes back. Raises nothing: what goes wrong is told to the asker, and logged."""
        labels = self._metrics.command.labels(request.asker.platform)
        with timed(labels), traces.bound(traces.new("command")):
            reply, outcome = await self._answer(request)
        self._metrics.commands.labels(request.asker.platform, outcome).inc()
        return reply

    async def _answer(self, request: Request) -> tuple[Reply, CommandOutcome]:
        verb, rest = table.split(request.text)
        known = table.BY_NAME.get(verb)
        outcome = CommandOutcome.DONE if known else CommandOutcome.REFUSED
        name = known.name if known else ""
        if self._throttle and (wait := self._throttle.wait_s(request.asker, name)):
            log.warning("command throttled", verb=name, at=request.asker.platform)
            return Reply(message=_slow_down(wait)), CommandOutcome.REFUSED
        try:
            handler = known.handler if known else telling.unknown
            reply = await handler(self._ask(request, rest if known else request.text.strip()))
            reply = await self._finished(request, reply)
        except BadField as error:
            reply, outcome = Reply(errors={error.name: str(error)}), CommandOutcome.REFUSED
        except BadInput as error:
            outcome = CommandOutcome.REFUSED
            reply = Reply(
                message=Message(
                    heading="That did not work", intro=str(error), buttons=error.buttons
                )
            )
        except DatabaseUnusable as error:
            log.error("command not saved", verb=known.name if known else "", error=str(error))
            return Reply(message=NOTHING_SAVED), CommandOutcome.FAILED
        except Exception:  # one of three doors: the person is told, the operator reads the log
            log.exception(
                "command failed", verb=known.name if known else "", at=request.asker.platform
            )
            reply = Reply(
                message=Message(
                    heading="Something broke on my side",
                    intro="I have noted it, and nothing of yours was lost. Please try again.",
                )
            )
            return reply, CommandOutcome.FAILED
        log.info("command answered", verb=known.name if known else "", at=request.asker.platform)
        return reply, outcome

    async def home(self, asker: Asker, prefix: str = "/papers ") -> Message:
        """The person's profile as a page."""
        request = Request(asker=asker, text="profile", prefix=prefix)
        return await owning.page(self._ask(request, ""))

    async def welcome(self, asker: Asker, prefix: str = "/papers ") -> Message:
        """The first words to somebody new, with ways to begin."""
        return telling.welcome(self._ask(Request(asker=asker, text="", prefix=prefix), ""))

    async def welcome_channel(self, room: Room, asker: Asker, prefix: str = "/papers ") -> Message:
        """The first words in a channel that the bot was added to."""
        request = Request(asker=asker, room=room, text="", prefix=prefix)
        return channels.welcome(self._ask(request, ""))

    async def complete(self, request: Request, verb: str, option: str) -> list[Choice]:
        """At most 25 answers that complete what is being typed (`request.text`) for an option."""
        return await complete(self._ask(request, request.text.strip()), verb, option)

    def _ask(self, request: Request, rest: str) -> Ask:
        return Ask(
            library=self._library, request=request, rest=rest, now=self._clock(), wake=self._wake
        )

    async def _finished(self, request: Request, reply: Reply) -> Reply:
        """What a reply gains from being written down; what was done is answered without it too."""
        try:
            reply = await self._kept(request, await votes.marked(self._library.db, request, reply))
            await self._remember(request)
            await self._reopened(request)
            return await self._with_notices(request, reply)
        except DatabaseUnusable as error:
            log.error("answer not kept", at=request.asker.platform, error=str(error))
            return reply

    async def _kept(self, request: Request, reply: Reply) -> Reply:
        """A reply with cards is kept, so that a press can change it, also after a restart."""
        if reply.message is None or not reply.message.cards or reply.is_public:
            return reply
        asker = request.asker
        kept = await self._library.db.write(
            answers.add,
            platform=asker.platform,
            workspace=asker.workspace,
            person=asker.id,
            body=to_json(reply.message),
            now=self._clock(),
        )
        return replace(reply, ref=f"a{kept}")

    async def _remember(self, request: Request) -> None:
        """Whoever does something in a channel reads it (`storage.readers`)."""
        room, asker = request.room, request.asker
        if room is not None and room.standing is not Standing.OUTSIDER:
            who = exports.member(asker.workspace, asker.id)
            now = self._clock()
            if not await self._library.db.read(readers.is_fresh, room.destination, who, now):
                await self._library.db.write(readers.acted, room.destination, who, now)

    async def _reopened(self, request: Request) -> None:
        """Who writes to me directly can be written to: what was closed to me goes on."""
        to, is_direct = request.asker.destination, request.room is None and not request.prefix
        if is_direct and await self._library.db.read(destinations.gone, to) is not None:
            await self._library.db.write(closing.reopen, to, self._clock())
            log.info("direct messages reopened", at=to.platform)

    async def _with_notices(self, request: Request, reply: Reply) -> Reply:
        """What could not be told before is told now, above the answer, to nobody else."""
        if reply.message is None or reply.is_public:
            return reply
        waiting = await self._library.db.read(_waiting, request.asker)
        if not waiting:
            return reply
        told = [number for number, _ in waiting]
        await self._library.db.write(notices.told, told, self._clock())
        message = replace(
            reply.message,
            intro="\n".join([*(text for _, text in waiting), reply.message.intro]).strip(),
            buttons=_with_resume(reply.message),
        )
        return replace(reply, message=message)


def _with_resume(message: Message) -> tuple[Button, ...]:
    """The message's buttons, and one to go on with what was paused unless there is one."""
    offered = [*message.buttons, *(button for row in message.rows for button in row.buttons)]
    if any(button.action == "resume" for button in offered):
        return message.buttons
    return (*message.buttons[:4], Button(label="Try again", action="resume"))


def _waiting(tx: Tx, asker: Asker) -> list[tuple[int, str]]:
    profile = profiles.of(tx, asker.platform, asker.workspace, asker.id)
    return [] if profile is None else notices.waiting(tx, profile.id)


def _slow_down(wait_s: float) -> Message:
    return Message(
        heading="One moment, please",
        intro=f"That was a lot at once. Ask me again in {max(1, round(wait_s))} s; nothing was "
        "changed.",
    )
