"""Commands that say what a test told them to: for a platform's tests, which need no real verb."""

import asyncio
from collections.abc import Callable

from bot.commands import Asker, Reply, Request, Room, Verb, table
from bot.messages import Button, Message
from storage import handled
from storage.database import Database

Script = Reply | Callable[[Request], Reply]


class ScriptedCommands:
    """`replies` by command; anything else is answered with its own text. `delay` in seconds."""

    def __init__(self, db: Database, clock: Callable) -> None:
        self._db, self._clock = db, clock
        self.requests: list[Request] = []
        self.replies: dict[str, Script] = {}
        self.delay = 0.0
        self.fails = False
        self.homes = 0
        self.verbs: tuple[Verb, ...] = table.VERBS

    def about_channel(self, text: str) -> bool:
        return table.split(text)[0] == "channel"

    async def first_time(self, platform: str, event: str) -> bool:
        return await self._db.write(handled.first_time, platform, event, self._clock())

    async def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        await asyncio.sleep(self.delay)
        if self.fails:
            raise RuntimeError("scripted to fail")
        reply = self.replies.get(request.text, said(f"You said {request.text}"))
        return reply if isinstance(reply, Reply) else reply(request)

    async def home(self, asker: Asker, prefix: str = "/papers ") -> Message:
        self.homes += 1
        buttons = (Button(label="Follow", action="follow"), Button(label="Drop", action="drop"))
        return Message(heading=f"Home {self.homes} of {asker.name}", buttons=buttons)

    async def welcome(self, asker: Asker, prefix: str = "/papers ") -> Message:
        return Message(heading=f"Welcome {asker.name}", buttons=two())

    async def welcome_channel(self, room: Room, asker: Asker, prefix: str = "/papers ") -> Message:
        return Message(heading=f"Hello {room.name}, says {asker.name}", buttons=two())


def two() -> tuple[Button, ...]:
    return (Button(label="Begin", action="begin"), Button(label="Help", action="help"))


def said(text: str, **more: object) -> Reply:
    """A reply that is one heading."""
    return Reply(message=Message(heading=text), **more)
