"""The stand-in in a process of its own, told what to do over HTTP (`control`).

PYTHONPATH=tests python -m fakes.slack.process     # prints its addresses as one JSON line
"""

import asyncio
import json
import sys

from fakes.slack.server import SlackServer


async def _serve() -> None:
    async with SlackServer() as server:
        about = {
            "api_url": server.api_url,
            "control_url": server.url,
            "bot_token": server.bot_token,
            "app_token": server.app_token,
            "team": server.workspace.id,
        }
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
