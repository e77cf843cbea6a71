"""Home: a person's profile as the app's home page, drawn anew whenever it changed."""

import asyncio
import weakref

from bot.commands import Commands
from bot.platforms.slack import render
from bot.platforms.slack.clients import Clients, patiently
from bot.platforms.slack.people import People
from bot.platforms.slack.places import Place


class Home:
    """Draws home pages."""

    def __init__(
        self, commands: Commands, people: People, clients: Clients, command_name: str
    ) -> None:
        self._commands = commands
        self._people = people
        self._clients = clients
        self._prefix = f"{command_name} "
        # Drawings of one page take turns, so that the newest is what stays.
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def draw(self, place: Place) -> None:
        """Publish the person's page as it is now."""
        asker = await self._people.asker(place, "")
        client = await self._clients.of(place.workspace)
        turn = self._turns.setdefault(f"{place.workspace}/{place.person}", asyncio.Lock())
        async with turn:
            page = render.home(await self._commands.home(asker, self._prefix))
            await patiently(lambda: client.views_publish(user_id=place.person, view=page))
