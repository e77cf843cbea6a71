"""discord.py beside the stand-in: pointed at it, started and stopped, relieved of its pauses.

It is pointed by its two class attributes, or unpatched by name resolution (`connector`).
"""

import asyncio
import importlib
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    import discord
    from fakes.discord.server import DiscordServer

TLS_BASE = "https://discord.com/api/v10"
TLS_GATEWAY = "wss://gateway.discord.gg/"


@contextmanager
def library_points_at(base_url: str, gateway_url: str) -> Iterator[None]:
    """discord.py in this process speaks to these addresses, until the block ends."""
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = base_url
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


def connector(server: "DiscordServer", trusted: ssl.SSLContext) -> aiohttp.TCPConnector:
    """For `Client(connector=...)`: Discord's own names lead to the server, which speaks TLS."""
    return aiohttp.TCPConnector(resolver=_Resolver(server.ports), ssl=trusted)


@asynccontextmanager
async def running(client: "discord.Client", token: str) -> AsyncIterator["discord.Client"]:
    """The client, logged in and ready; closed after the block. What kept it from that is raised."""
    task = asyncio.create_task(client.start(token))
    ready = asyncio.create_task(_ready(client))
    try:
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=60)
        if not ready.done():
            await asyncio.wait_for(task, 0.1)
            raise TimeoutError("the client did not become ready")
        yield client
    finally:
        ready.cancel()
        await client.close()
        await asyncio.gather(task, return_exceptions=True)


async def _ready(client: "discord.Client") -> None:
    while client.user is None:  # before the login there is nothing to wait for
        await asyncio.sleep(0.005)
    await client.wait_until_ready()


class _Hurried:
    """The module asyncio, but its sleep only makes a note."""

    def __init__(self, slept: list[float]) -> None:
        self._slept = slept

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float, result: Any = None) -> Any:
        self._slept.append(seconds)
        return await asyncio.sleep(0, result)


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """discord.py's own pauses between attempts take no time; gives the list of their seconds."""
    slept: list[float] = []
    names = ("discord.http", "discord.client", "discord.webhook.async_", "discord.gateway")
    modules = [importlib.import_module(name) for name in names]
    for module in modules:
        module.__dict__["asyncio"] = _Hurried(slept)
    try:
        yield slept
    finally:
        for module in modules:
            module.__dict__["asyncio"] = asyncio


class _Resolver(AbstractResolver):
    def __init__(self, ports: tuple[int, int]) -> None:
        self._rest, self._gateway = ports

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._gateway if host.startswith("gateway") else self._rest,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""
