"""The command line: `paperround`.

Each module here adds its commands to `app`, once one of them is given (see `shelf`). Answers for
people are drawn with rich on standard output, answers for programs (`--json`) are one JSON object a
line, and whatever else there is to say goes to standard error. Exit codes: 0 done, 1 refused or
failed (one sentence says why), 2 wrong usage, 3 done in part.
"""

import sys

from bot.cli.base import app, complain

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; what a person can mend is one sentence, not a stack trace."""
    try:
        app()
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say, and nobody to hear.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if not isinstance(error, _mendable()):
            raise
        complain(str(error))
        sys.exit(1)


def _mendable() -> tuple[type[Exception], ...]:
    from bot.settings import BadSetting
    from bot.timetable import BadTime
    from storage.schema import DatabaseUnusable

    return (BadSetting, BadTime, DatabaseUnusable, FileExistsError)
