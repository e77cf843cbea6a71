"""`paperround ingest --no-embed`: long files, for searching."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import typer

from bot.cli.base import Bar, complain, current, now, say, say_json
from bot.messages import counted
from matching.bulk import BulkReport, store_file
from storage.database import Database
from storage.dumps import NotADump


def store_files(files: list[str], as_json: bool) -> None:
    """Store each file; exit code 1 where one was refused, 3 where lines of one were."""
    reports = asyncio.run(_store(files, as_json))
    if len(reports) < len(files):
        raise typer.Exit(1)
    if any(one.rejects for one in reports):
        raise typer.Exit(3)


async def _store(files: list[str], as_json: bool) -> list[BulkReport]:
    reports = []
    async with await Database.open(current().db) as db:
        for name in files:
            bar = Bar(f"Storing {Path(name).name}", of="bytes")
            try:
                report = await store_file(db, Path(name), now(), bar)
            except NotADump as error:
                complain(str(error), before="refused ")
                continue
            except OSError as error:
                complain(f"{name} can't be read: {error.strerror}", before="refused ")
                continue
            finally:
                bar.stop()
            reports.append(report)
            _tell(report, as_json)
    return reports


def _tell(report: BulkReport, as_json: bool) -> None:
    if as_json:
        say_json(**asdict(report))
        return
    if report.was_known:
        say((f"{report.name} ", "bold"), "was stored to its end before: nothing was done.")
        return
    if report.passed_over:
        say(f"  Went on after line {report.passed_over:,}, up to where it was stored before.")
    say(
        (f"{report.name} ", "bold"),
        f"{counted(report.lines, 'line')}: ",
        (f"{report.new:,} new", "green"),
        f", {report.known:,} known, {counted(report.rejects, 'reject')}. Searches find them by "
        "words now, and by meaning once the service has had the time.",
    )
    for reject in report.first_rejects[:10]:
        say(f"  line {reject.line:,}: {reject.reason}", style="yellow")
