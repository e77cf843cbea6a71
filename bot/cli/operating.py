"""`paperround run` and `demo`: the service, and a first look at it."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.cli.base import SERVICE, Bar, app, current, fail, out


@app.command("run", rich_help_panel=SERVICE)
def run() -> None:
    """Run the service: read what is dropped into the inbox, send what is due.

    It runs until Ctrl-C or SIGTERM, and after a crash goes on where it was.
    """
    # The first process of a container hears only what it listens for, and imports take seconds.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    from bot import service
    from bot.platforms import Misconfigured
    from matching.encoder import ModelUnavailable

    settings = current()
    logs.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(service.run(settings, out))
    except (ModelUnavailable, Misconfigured) as error:
        fail(str(error))


@app.command("demo", rich_help_panel=SERVICE)
def demo(
    dump: Annotated[
        Path | None,
        typer.Argument(help="A dump of yours; otherwise a sample of invented papers."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option(help="Also save what is printed as a picture.", hidden=True)
    ] = None,
) -> None:
    """See what two people and a channel would be sent, from a sample dump or one of yours.

    It uses a database of its own that is thrown away.
    """
    from bot.demo import show
    from matching.encoder import ModelUnavailable
    from storage.dumps import NotADump

    try:
        asyncio.run(show(out, dump, Bar, current().model, svg))
    except (NotADump, ModelUnavailable) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{dump} can't be read: {error.strerror}")
