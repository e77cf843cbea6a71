"""Batches of a file of JSON lines, one a transaction, each read when it is asked for."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from storage.dumps import NotADump, snapshot
from storage.dumps.snapshot import Plain
from storage.dumps.unpacking import GZIP
from storage.records import Reject

BATCH = 10_000
"""Lines a transaction: some twenty megabytes, less than half a second."""

LONGEST_LINE = 1024 * 1024
"""Of arXiv's snapshot none has a tenth of it."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some lines of a file."""

    lines: int
    papers: list[Plain]
    rejects: list[Reject]
    end: int
    """How many lines of the file are read with it."""
    position: int
    """Bytes of the file, as it lies there, that are read with it."""


def batches(file: IO[bytes], name: str, done: int) -> Iterator[Batch]:
    """All of a file that comes after `done` lines, which are passed over."""
    is_packed = file.read(2) == GZIP
    file.seek(0)
    source: IO[bytes] = gzip.GzipFile(fileobj=file) if is_packed else file  # type: ignore[assignment]
    number = 0
    while True:
        lines: list[tuple[int, bytes]] = []
        long: list[Reject] = []
        began = number
        while number - began < BATCH:
            try:
                line = source.readline(LONGEST_LINE)
            except (EOFError, gzip.BadGzipFile, OSError) as error:
                raise NotADump(
                    f"{name}: the archive is damaged after line {number:,} ({error}); what came "
                    "before is stored: fetch it again, and ingest the whole one"
                ) from error
            if not line:
                break
            number += 1
            is_long = len(line) == LONGEST_LINE
            while is_long and line and not line.endswith(b"\n"):
                line = source.readline(LONGEST_LINE)
            if number <= done:
                began = number
            elif is_long:
                long.append(Reject(line=number, reason="a line of more than a megabyte"))
            elif not line.isspace():
                lines.append((number, line))
        if number == began:
            return
        read = snapshot.read(lines)
        papers = [one for one in read if isinstance(one, Plain)]
        rejects = [one for one in read if isinstance(one, Reject)]
        yield Batch(
            lines=number - began,
            papers=papers,
            rejects=sorted(rejects + long, key=lambda one: one.line),
            end=number,
            position=file.tell(),
        )
