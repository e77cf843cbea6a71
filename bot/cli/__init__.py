"""The command line: `paperround`.

Each module here adds its commands to `app`. Answers for people are drawn with rich on standard
output, answers for programs (`--json`) are one JSON object a line, and whatever else there is to
say goes to standard error. Exit codes: 0 done, 1 refused or failed (one sentence says why), 2 wrong
usage, 3 done in part.
"""

import sys

from bot.cli import (  # noqa: F401 - each adds its commands
    alerting,
    changing,
    chat,
    data,
    digesting,
    doctor,
    importing,
    ingesting,
    interests,
    missing,
    operating,
    outbox,
    people,
    reading,
    receipts,
    starting,
)
from bot.cli.base import app, complain
from bot.settings import BadSetting
from bot.timetable import BadTime
from storage.schema import DatabaseUnusable


def main() -> None:
    """Run the command line; what a person can mend is one sentence, not a stack trace."""
    try:
        app()
    except (BadSetting, BadTime, DatabaseUnusable, FileExistsError) as error:
        complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say, and nobody to hear.
        sys.stderr.close()
        sys.exit(0)
