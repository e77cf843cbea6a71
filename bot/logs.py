"""Logs: past-tense events with facts, one a line, on standard error.

Each carries the trace of what it belongs to. Names, interests, message bodies and tokens are never
facts of a log line.
"""

import logging
import sys
from typing import Literal

import structlog


def configure(level: str, format: Literal["text", "json"]) -> None:  # noqa: A002 - the setting's name
    """Set up structlog for this process."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,  # the trace (`storage.traces`)
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _through_structlog(shared, renderer)


def _through_structlog(
    shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor
) -> None:
    """What libraries log looks like our own lines, so that a collector reads them all."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # A tick that is still at work when the next is due is no news: it runs when it can.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
