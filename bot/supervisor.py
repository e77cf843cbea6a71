"""The supervisor: keeps each platform connected, and none of them from another's work.

A platform that is lost is connected anew after a growing wait. One that can't work with its
settings is told of in one sentence; the service ends only when no other is left.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from bot.platforms import Misconfigured, Platform
from bot.troubles import Troubles

if TYPE_CHECKING:
    from bot.commands import Commands

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0

STEADY_S = 120.0
"""A connection that held for so long was a good one: the next wait is the first again."""

log = structlog.get_logger()


async def listen(
    platforms: Sequence[Platform], commands: "Commands", troubles: Troubles | None = None
) -> None:
    """Let every platform listen until cancelled.

    Returns when none has anybody to listen to. Raises Misconfigured when all that had are refused.
    """
    met = troubles or Troubles()
    running = [asyncio.create_task(_keep(one, commands, met)) for one in platforms]
    try:
        refused: list[Misconfigured] = []
        waiting = set(running)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception()
                if isinstance(error, Misconfigured):
                    refused.append(error)
                elif error is not None:
                    raise error
        if refused:
            raise refused[0]
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _keep(platform: Platform, commands: "Commands", troubles: Troubles) -> None:
    loop = asyncio.get_running_loop()
    wait = FIRST_WAIT_S
    while True:
        began = loop.time()
        try:
            await platform.listen(commands)
        except Misconfigured as error:
            log.error("platform refused", platform=platform.name, error=str(error))
            troubles.begin(f"refused {platform.name}", f"{platform.name} is not used: {error}")
            raise
        except Exception:  # whatever a library raises: the next connection starts from nothing
            log.exception("platform lost", platform=platform.name)
        else:
            return
        if loop.time() - began >= STEADY_S:
            wait = FIRST_WAIT_S
        await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads reconnections
        wait = min(wait * 2, LONGEST_WAIT_S)
