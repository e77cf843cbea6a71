"""The service on Slack as a process that may be killed: a small encoder, and leases of seconds.

Settings come from the environment, as for `paperround run`.
"""

import asyncio
import signal
import sys
from datetime import timedelta
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS)]  # in this order: tests/bot is not the bot

from fakes.words_encoder import WordsEncoder
from rich.console import Console

from bot import dispatcher, settings
from bot.platforms.chosen import chosen
from bot.platforms.slack import limits
from bot.service import Service, utc_now
from matching.library import Library
from storage.database import Database

dispatcher.LEASE = timedelta(seconds=2)
dispatcher.SEND_DEADLINE = timedelta(seconds=1.5)
dispatcher.FIRST_WAIT = timedelta(seconds=0.1)
limits.PER_MESSAGE = timedelta(0)


async def main() -> None:
    found = settings.load()
    async with await Database.open(found.db) as db:
        library = Library(db, WordsEncoder())
        made = chosen(found, db, utc_now, Console(quiet=True))
        service = Service(library, made, found)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, service.stop)
        await service.run()


if __name__ == "__main__":
    asyncio.run(main())
